/* packings: what is known of gzip forms, a table of cache.db (dist/cachedb.h): SHA-256 of a content and the id of its
 * compressor (dist/gzip.h) -> SHA-256 and size of its gzip form. Keyed by SHA-256 and not by XXH3-128, since a file
 * that only the file index vouches for has no other key.
 *
 * Read whole, once, when something must be packed (measured: 1 ms for 1,000 rows, 40 ms for 100,000). All on one
 * thread. */
#ifndef SLIPWAY_DIST_PACKINGS_H
#define SLIPWAY_DIST_PACKINGS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/fail.h"
#include "dist/gzip.h"

struct cachedb;
struct packings;

/* cache is borrowed. */
struct packings *packings_new(struct cachedb *cache);
void packings_free(struct packings *p);         /* accepts NULL; saves nothing */
/* Of the content with this SHA-256 and size, by what would compress it here. Reads the rows first, if need be. Marks
 * the row as used. */
bool packings_find(struct packings *p, const uint8_t sha256[SHA256_SIZE], uint64_t size, struct gzipped *out);
/* To be saved; takes the place of what is known. What was learnt is not found before it was saved and read again. */
void packings_learn(struct packings *p, const uint8_t sha256[SHA256_SIZE], uint64_t size, const struct gzipped *gz);
/* Adds what was learnt to what others saved meanwhile, and sheds rows unused for long. 1 written, 0 nothing to write,
 * -1 FAIL_STATE. */
int packings_save(struct packings *p, struct fail *f);

#endif
