/* contents: the content index, cache.db in the cache directory: XXH3-128 + size -> SHA-256, verdict of the content
 * scan, and room for the SHA-256 and size of its gzip form.
 *
 * Read whole, once, when a file must be read; a run that knows all its files looks at the first 100 bytes only.
 * Measured on 100,000 rows: 40 ms to load them, 15 us for one row asked of SQLite, and that under a lock; so loading
 * wins from 3,000 unknown files on, and costs those 40 ms at most below. Written in one transaction, in key order
 * (400 ms; 1,000 in any order), unsynced: whatever a power cut leaves is either found good or made anew.
 *
 * SQLite does not notice a flipped bit in a row, and a wrong SHA-256 would send a content as another: each row carries
 * a seal over what it says and the rules that its verdict was made by. A row whose seal does not fit is not there. */
#ifndef SLIPWAY_DIST_CONTENTS_H
#define SLIPWAY_DIST_CONTENTS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/fail.h"
#include "dist/xxh.h"

#define CONTENTS_NAME "cache.db"

struct contents;
struct known_content;                   /* dist/index.h */

/* FAIL_STATE, naming the file: it has a newer format, or is another program's. dir need not exist. */
int contents_open(struct contents **out, const char *dir, struct fail *f);
/* Reads the rows, once; before any other thread asks. Never fails for want of a usable file; a damaged one is removed
 * and noted. */
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
const char *contents_note(const struct contents *c);    /* NULL, or one sentence: it was damaged */
void contents_free(struct contents *c);                 /* accepts NULL; saves nothing */

#endif
