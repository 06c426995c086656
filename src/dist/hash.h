/* hash: reads what the file index could not vouch for. XXH3-128 always; SHA-256 and the content scan only for content
 * that the content index does not know, in the same pass. Files are read in blocks, so memory does not grow with
 * them; a file that is not, before and after, what the walk saw is noted as changed.
 *
 * One pass for a file, with one exception: a large file (over HASH_BLOCK) whose size is known to the content index is
 * first taken for known content, and read again when it is not. */
#ifndef SLIPWAY_DIST_HASH_H
#define SLIPWAY_DIST_HASH_H

#include <stdatomic.h>
#include "base/pool.h"
#include "dist/build.h"
#include "dist/index.h"
#include "dist/walk.h"

#define HASH_BLOCK ((size_t)1024 * 1024)

struct hash_request {
	int root;                       /* fd of the build directory */
	struct index *index;            /* NULL: every content is new, nothing is remembered */
	struct file_index *files;       /* NULL with index */
	struct pool *pool;
	struct build_progress *progress;
	const atomic_bool *cancel;      /* may be NULL */
	/* NULL but in tests: called between the first look at a file and its reading */
	void (*opened)(void *arg, const char *path);
	void *opened_arg;
};

struct hasher;
/* Submits jobs for the files that are neither known nor failed; `files` and what it points at must outlive the
 * hasher. The caller drains the pool until *pending is 0. */
struct hasher *hash_start(const struct hash_request *rq, struct found **files, size_t count, atomic_size_t **pending);
/* Problems are moved to notes. errno of a shortage, or 0. */
int hash_finish(struct hasher *h, struct notes *notes);

#endif
