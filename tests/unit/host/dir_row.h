/* dir_row: the dir host's row of the conformance suite. A place NAME lies below the scratch directory's NAME/. */
#ifndef SLIPWAY_TEST_HOST_DIR_ROW_H
#define SLIPWAY_TEST_HOST_DIR_ROW_H

#include "conformance.h"

extern const struct host_row dir_row;

#endif
