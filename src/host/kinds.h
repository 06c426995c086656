/* kinds: the tables of all kinds of host. */
#ifndef SLIPWAY_HOST_KINDS_H
#define SLIPWAY_HOST_KINDS_H

#include "host/host.h"

extern const struct host_ops dir_host;          /* host/dir/ops.c */
extern const struct host_ops firebase_host;     /* host/firebase/ops.c */

#endif
