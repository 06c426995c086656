/* cachedb: the cache directory, and the database in it, cache.db, of which contents.c and packings.c have a table each.
 *
 * Disposable: read whole when it is first needed, written in one transaction at the end, unsynced. Whatever a power cut
 * leaves is either found good or made anew, and so is an older format. SQLite does not notice a flipped bit in a row:
 * rows carry a seal over what they say, and one whose seal does not fit is not there. Rows unused for three months go;
 * a million of the others stay. */
#ifndef SLIPWAY_DIST_CACHEDB_H
#define SLIPWAY_DIST_CACHEDB_H

#include <stdint.h>
#include "base/db.h"
#include "base/fail.h"

#define CACHEDB_NAME "cache.db"
#define CACHEDB_TOUCH_S ((int64_t)7 * 86400)      /* used_s is coarse: a run that only reads seldom writes */
#define CACHEDB_FORGET_S ((int64_t)90 * 86400)
#define CACHEDB_ROWS_MOST 1000000

/* Creates it, 0700, with a .gitignore so that nobody commits a cache, unless it is there. */
int cachedb_make_dir(const char *dir, struct fail *f);

struct cachedb;
/* FAIL_STATE, naming the file: it has a newer format, or is another program's. Nothing is opened; dir may be absent. */
int cachedb_open(struct cachedb **out, const char *dir, struct fail *f);
void cachedb_free(struct cachedb *c);                       /* accepts NULL */
/* Calls `read` with the database, if there is one. Never fails for want of a usable file: a damaged one is removed and
 * noted. False: nothing can be read, and what `read` had so far is to be forgotten. */
bool cachedb_read(struct cachedb *c, int (*read)(void *arg, struct db *d, struct fail *f), void *arg);
/* Calls `write` in a transaction, a second time when the file turns out to be damaged. */
int cachedb_write(struct cachedb *c, int (*write)(void *arg, struct db *d, struct fail *f), void *arg, struct fail *f);
const char *cachedb_note(const struct cachedb *c);          /* NULL, or one sentence: it was damaged */

/* Most significant byte first. */
void cachedb_put_be64(uint8_t out[8], uint64_t value);
uint64_t cachedb_get_be64(const uint8_t in[8]);

#endif
