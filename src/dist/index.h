/* index: the disposable memory of contents, in the cache directory: cache.db (SQLite, dist/cachedb.h) is the content
 * index (XXH3-128 + size -> SHA-256, verdict of the content scan; SHA-256 -> SHA-256 and size of the gzip form);
 * files-<hash of the build's real path>.idx (a flat file, dist/flat.h) is the file index of one build directory (path,
 * device, inode, size, mtime, ctime -> content).
 *
 * The racy rule: a file is entered only if both its times are older, by a clear margin, than the moment its reading
 * began. A later change then gives it another ctime, and a row is trusted only if all fields match. A younger file is
 * read again next time. Damaged or older files are made anew; a damaged cache.db is said, through index_warning. A
 * newer format: FAIL_STATE. A cache directory that cannot be written: works without saving and says so once, through
 * index_warning. Several processes may share a directory: the last to save adds to what the others saved. */
#ifndef SLIPWAY_DIST_INDEX_H
#define SLIPWAY_DIST_INDEX_H

#include <stdbool.h>
#include <stdint.h>
#include "base/digest.h"
#include "base/fail.h"
#include "dist/xxh.h"

struct gzipped;                         /* dist/gzip.h */
struct index;
/* dir = .slipway or SLIPWAY_CACHE_DIR (created 0700, with a .gitignore, if need be). */
int index_open(struct index **out, const char *dir, struct fail *f);
/* Saves what was learnt; never fails the run. Called by index_close, too; earlier by whoever wants to print the
 * warning. */
void index_save(struct index *x);
void index_close(struct index *x);                      /* accepts NULL */
const char *index_warning(const struct index *x);       /* NULL or one sentence */

/* What is the gzip form of this content, when it was packed before (dist/packings.h). On one thread. */
bool index_packing(struct index *x, const uint8_t sha256[SHA256_SIZE], uint64_t size, struct gzipped *out);
void index_learn_packing(struct index *x, const uint8_t sha256[SHA256_SIZE], uint64_t size, const struct gzipped *gz);

/* ---- for the room ---- */

#define INDEX_RACY_NS ((int64_t)2000000000)             /* coarser than any file system's clock */

struct file_stamp {
	uint64_t device, inode, size;
	int64_t mtime_ns, ctime_ns;
};

struct known_content {
	uint8_t sha256[SHA256_SIZE];
	uint32_t verdict;               /* enum secret: what the scan found in it */
};

/* The file index of one build directory; owned by x. root is its real path. FAIL_STATE as for index_open. */
struct file_index;
int index_files(struct file_index **out, struct index *x, const char *root, struct fail *f);
/* Any thread. path is relative to the root. */
bool file_index_find(const struct file_index *i, const char *path, const struct file_stamp *s,
                     struct known_content *out);
/* read_ns: wall time before the file was opened. Leaves out what is too young. Any thread. */
void file_index_add(struct file_index *i, const char *path, const struct file_stamp *s, int64_t read_ns,
                    const struct known_content *known);
/* Before content is asked for: reads the content index, once. A run that knows all its files never needs it. */
void index_load_contents(struct index *x);
/* Any thread. */
bool index_content(const struct index *x, struct xxh128 key, uint64_t size, struct known_content *out);
void index_learn(struct index *x, struct xxh128 key, uint64_t size, const struct known_content *known);
/* May a content of this size be known? False only when none is. Any thread. */
bool index_has_size(const struct index *x, uint64_t size);

#endif
