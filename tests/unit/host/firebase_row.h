/* firebase_row: the firebase host's row of the conformance suite, against the stand-in server (firebase/standin.h),
 * which must run. A place NAME is a site of its own for each test. */
#ifndef SLIPWAY_TEST_HOST_FIREBASE_ROW_H
#define SLIPWAY_TEST_HOST_FIREBASE_ROW_H

#include "conformance.h"

extern const struct host_row firebase_row;

#endif
