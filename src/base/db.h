/* db: the little of SQLite that the cache and the ledger need. One connection, one thread. */
#ifndef SLIPWAY_BASE_DB_H
#define SLIPWAY_BASE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"

struct db;
struct db_row;                      /* a prepared statement in flight */
enum db_flags { DB_SYNC_FULL = 1, DB_READ_ONLY = 2, DB_SYNC_OFF = 4 };  /* off: for what can be made anew */

/* Opens or creates (0600); checks application id `app` and user_version: a newer one is FAIL_STATE and names both; an
 * older or new file runs `schema` (a script that creates version `version`). A damaged file is FAIL_CORRUPT: the caller
 * decides. A full disk, a read-only file or missing permission is FAIL_STATE. */
int db_open(struct db **out, const char *path, uint32_t app, int version, const char *schema, unsigned flags,
	struct fail *f);
/* The same refusals (newer, another program's) from the file's first bytes, without opening the database: 0 for what
 * is usable, and for what is absent, unreadable or damaged, too. Not while this process has it open: that would drop
 * its locks. */
int db_peek(const char *path, uint32_t app, int version, struct fail *f);
/* Did it turn out to be damaged since it was opened? */
bool db_damaged(const struct db *d);
void db_close(struct db *d);
int db_exec(struct db *d, const char *sql, struct fail *f);
/* Prepares (cached by text address: pass literals; FAIL_CORRUPT when the tables do not fit it) and binds by a format:
 * i int64_t, s const char * (NULL binds NULL), b const void * + size_t, d double. */
int db_query(struct db *d, struct db_row **out, struct fail *f, const char *sql, const char *format, ...);
/* db_query + step to the end. */
int db_run(struct db *d, struct fail *f, const char *sql, const char *format, ...);
int db_next(struct db_row *r, struct fail *f);      /* 1 row, 0 end, -1 */
int64_t db_int(struct db_row *r, int column);
double db_double(struct db_row *r, int column);
const char *db_text(struct db_row *r, int column);  /* NULL for NULL; valid until the next db_next */
const void *db_blob(struct db_row *r, int column, size_t *len);
void db_done(struct db_row *r);                     /* accepts NULL */

#endif
