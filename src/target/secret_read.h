/* secret_read: gets the bytes that a reference leads to. */
#ifndef SLIPWAY_TARGET_SECRET_READ_H
#define SLIPWAY_TARGET_SECRET_READ_H

#include <stddef.h>
#include "base/fail.h"
#include "base/json.h"

#define SECRET_MAX ((size_t)64 * 1024)

/* Fills value (SECRET_MAX + 1 bytes, the caller's to wipe) and len. Failures name the reference, never the value.
 * root: the project's directory, absolute; rootfd: an open fd of it. */
int secret_read(char *value, size_t *len, const json *ref, const char *root, int rootfd, struct fail *f);

#endif
