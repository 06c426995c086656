/* spool: gzip forms of contents, kept in the cache directory from when they are made until they are sent, and for the
 * next run. Disposable: spool/a/abcd...(64 hex, the SHA-256 of what the file holds), 0700 and 0600, written aside and
 * renamed, unsynced. Several processes may share it: a file is whole or not there, and whoever has one open keeps it.
 *
 * What an earlier run left is believed after its digest was checked (a power cut leaves empty files; 1 ms for 1 MB):
 * the file that fails is removed, and the content counts as not there.
 *
 * Bounded: who has written looks at the end whether there is more than the limit, and removes what was used least
 * recently (by mtime, which opening refreshes). The sum is not counted each time: the file `total` says what was there
 * after the last look and what has been added since, and is itself counted anew once a day. Within one run the spool
 * grows as the run needs. What a killed process wrote aside is removed after an hour. */
#ifndef SLIPWAY_DIST_SPOOL_H
#define SLIPWAY_DIST_SPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include "base/fail.h"
#include "dist/gzip.h"

#define SPOOL_NAME "spool"
#define SPOOL_LIMIT ((uint64_t)2 * 1024 * 1024 * 1024)

struct spool;
/* Creates dir/spool, and dir, if need be. FAIL_LOCAL, FAIL_AUTH: it cannot be had. */
int spool_new(struct spool **out, const char *dir, uint64_t limit, struct fail *f);
/* Keeps the bound, when anything was written. Accepts NULL. */
void spool_free(struct spool *s);

/* The file that holds it, open for reading, or -1: it is not there. With `verify` its bytes are read and compared. Any
 * thread. */
int spool_open(struct spool *s, const struct gzipped *what, bool verify);

/* Writing, on any thread: spool_begin, write to fd, then spool_commit with what was written, or spool_abandon. */
struct spool_file {
	int fd;
	char name[48];
};
int spool_begin(struct spool *s, struct spool_file *file, struct fail *f);
/* The file can be opened under its digest from now on. Either way it is closed. */
int spool_commit(struct spool *s, struct spool_file *file, const struct gzipped *what, struct fail *f);
void spool_abandon(struct spool *s, struct spool_file *file);

#endif
