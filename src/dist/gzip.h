/* gzip: the compressed form by which hosts name contents. Level 6 for ever: other bytes would be another name, and all
 * places would be sent everything again. Up to 32 MiB libdeflate compresses the whole buffer at once; above, zlib in a
 * stream, since libdeflate has none. The header says nothing of the file (RFC 1952: no name, mtime 0, XFL 0, OS 3), so
 * equal contents have equal bytes, whatever the thread, the run or the size of the pieces that were fed.
 *
 * Also the way back, with a ceiling: what comes from elsewhere may grow a thousandfold. */
#ifndef SLIPWAY_DIST_GZIP_H
#define SLIPWAY_DIST_GZIP_H

#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"
#include "base/fail.h"

#define GZIP_WHOLE_MOST ((uint64_t)32 * 1024 * 1024)
#define GZIP_ID_SIZE 48

struct gzipped {                        /* what a gzip stream is */
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;
};

/* What compresses a content of this size: "libdeflate-1-14-6", "zlib-1-2-13-6" (library, version, level; lower case,
 * digits, dashes). libdeflate's version is that of the header this program was built with: the library tells none. */
void gzip_id(char out[GZIP_ID_SIZE], uint64_t size);

/* A compressor: kept between contents, for one thread at a time. */
struct gzip;
struct gzip *gzip_new(void);
void gzip_free(struct gzip *z);         /* accepts NULL */

/* How much room the stream of len bytes may need. */
size_t gzip_room(struct gzip *z, size_t len);
/* At most GZIP_WHOLE_MOST bytes at once; room as gzip_room says. */
void gzip_whole(struct gzip *z, void *out, size_t room, const void *data, size_t len, struct gzipped *sum);

/* A longer content, in pieces, into the file `to` (-1: only its sum is wanted). */
void gzip_begin(struct gzip *z, int to);
void gzip_feed(struct gzip *z, const void *data, size_t len);
/* 0, or the errno of the first write that failed: nothing was written after it, but the sum is right all the same. */
int gzip_end(struct gzip *z, struct gzipped *sum);

/* Unpacks what is fed piece by piece. More than `most` bytes come out, or it is no gzip: FAIL_CORRUPT, and nothing can
 * be fed any more. Several streams one after another are one, as RFC 1952 has it. */
struct gunzip;
struct gunzip *gunzip_new(uint64_t most);
/* sink takes up to 64 KiB at a time; -1 from it (with f filled) ends the feeding. */
int gunzip_feed(struct gunzip *g, const void *data, size_t len, int (*sink)(void *arg, const void *data, size_t len,
	struct fail *f), void *arg, struct fail *f);
int gunzip_end(const struct gunzip *g, struct fail *f);         /* FAIL_CORRUPT: it was cut off */
void gunzip_free(struct gunzip *g);     /* accepts NULL */

#endif
