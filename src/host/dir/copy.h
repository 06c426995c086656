/* copy: bytes from one descriptor to another. */
#ifndef SLIPWAY_HOST_DIR_COPY_H
#define SLIPWAY_HOST_DIR_COPY_H

#include "host/dir/stage.h"

/* Copies the whole content of `from` to the empty file `to`: shared blocks where the file system can,
 * copy_file_range, else read and write. The caller vouches for the source. 0, or -1 with errno; ECANCELED when op was
 * cancelled; ESTALE when the source does not have `size` bytes. */
int copy_file(struct staging *st, int from, int to, uint64_t size, struct op *op);
/* Reads and writes, hashing on the way; EBADMSG when it is not the content of that digest. */
int copy_checked(int from, int to, uint64_t size, const uint8_t sha256[SHA256_SIZE], struct op *op);

#endif
