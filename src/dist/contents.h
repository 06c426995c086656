/* contents: the content index, a table of cache.db (dist/cachedb.h): XXH3-128 + size -> SHA-256, verdict of the content
 * scan.
 *
 * Read whole, once, when a file must be read; a run that knows all its files looks at the first 100 bytes only.
 * Measured on 100,000 rows on a busy machine: 25 to 45 ms to load (150 at worst), 6 to 15 us for one row asked of
 * SQLite, and that under a lock: loading wins from some 4,000 unknown files on. Below, a lookup would save a run over
 * 100,000 files 40 ms of processor time. Written in key order (400 ms; 1,000 in any order).
 *
 * A wrong SHA-256 would send a content as another: the seal of a row covers what it says and the rules that its verdict
 * was made by. */
#ifndef SLIPWAY_DIST_CONTENTS_H
#define SLIPWAY_DIST_CONTENTS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/fail.h"
#include "dist/xxh.h"

struct cachedb;
struct contents;
struct known_content;                   /* dist/index.h */

/* cache is borrowed. */
struct contents *contents_new(struct cachedb *cache);
/* Reads the rows, once; before any other thread asks. */
void contents_load(struct contents *c);
/* Finds what was loaded, and marks it as used. Any thread. */
bool contents_find(const struct contents *c, struct xxh128 key, uint64_t size, struct known_content *out);
/* False only when no loaded content has this size. Any thread. */
bool contents_has_size(const struct contents *c, uint64_t size);
/* Any thread. */
void contents_learn(struct contents *c, struct xxh128 key, uint64_t size, const struct known_content *known);
/* Adds what was learnt to what others saved meanwhile, and sheds rows unused for long. 1 written, 0 nothing to write,
 * -1 FAIL_STATE. */
int contents_save(struct contents *c, struct fail *f);
void contents_free(struct contents *c);                 /* accepts NULL; saves nothing */

#endif
