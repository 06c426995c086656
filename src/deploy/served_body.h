/* served_body: the digest of a body that comes piece by piece: of its bytes as they are, or of the gzip form that our
 * compressor makes of them, by which some hosts name contents. For the latter the whole body is needed: it waits in
 * memory, and from 128 KiB on in a file without a name. */
#ifndef SLIPWAY_DEPLOY_SERVED_BODY_H
#define SLIPWAY_DEPLOY_SERVED_BODY_H

#include <stdbool.h>
#include "base/digest.h"
#include "base/fail.h"
#include "base/strbuf.h"

struct served_body {
	bool gzip;
	const char *dir;                /* for the file; borrowed */
	struct sha256 *sum;             /* of the bytes as they are */
	struct strbuf kept;
	int fd;                         /* -1 = none */
	uint64_t size;
};
#define SERVED_BODY_INIT { .kept = STRBUF_INIT, .fd = -1 }

/* Empty; dir: where files without a name may lie. */
void served_body_begin(struct served_body *b, bool gzip, const char *dir);
/* FAIL_LOCAL: the disk. */
int served_body_feed(struct served_body *b, const void *data, size_t len, struct fail *f);
/* For the gzip form this compresses: on a worker. */
int served_body_digest(struct served_body *b, uint8_t out[SHA256_SIZE], struct fail *f);
void served_body_clear(struct served_body *b);          /* usable again after begin */

#endif
