/* build: a directory that a front-end build wrote, read once: walk, rules, hash, tree.
 *
 * build_read blocks: it spreads the walk and the hashing over the pool and waits. Nothing is written but the file
 * index. All problems of the build (unsafe names, refused files, unreadable ones, colliding names) are listed at
 * once. */
#ifndef SLIPWAY_DIST_BUILD_H
#define SLIPWAY_DIST_BUILD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/fail.h"
#include "base/mem.h"
#include "base/pool.h"
#include "release/tree.h"

struct index;                           /* dist/index.h: the file index and the content index (cache.db) */

struct build_rules {
	const char *const *ignore;      /* globs, in order; may be NULL */
	size_t ignore_count;
	const char *const *include;     /* re-admits what ignore or the built-in rules hide */
	size_t include_count;
	const char *const *allow_unsafe;    /* lifts the refusals */
	size_t allow_unsafe_count;
	bool htaccess;                  /* a chosen host is dir or ssh: .htaccess is content */
	bool folds_names;               /* a chosen host folds case or normalisation: colliding names are refused */
};

/* Why a path is not in the tree. One row per hidden path, or per pruned directory (is_dir, then the files below are not
 * counted one by one). */
struct hidden {
	const char *path;
	/* the glob, or the built-in's name ("dot file", "node_modules", "editor backup", ...) */
	const char *rule;
	bool builtin, is_dir;
};

/* What stands between the build and a deploy: a refused file or an unsafe name. */
struct problem {
	const char *path;               /* escaped for printing */
	/* "symlink leaves the build", "private key inside", "has a control character", ... */
	const char *rule;
};

struct build {
	const char *name;               /* key in slipway.json's "builds" */
	const char *dir;                /* as the user wrote it */
	struct blob_dir root;           /* kept open for later reads; closed by build_close */
	struct tree tree;               /* tree.id is the build id */
	struct hidden *hidden;
	size_t hidden_count, hidden_user, hidden_builtin;       /* the counts are of files and pruned directories */
	struct problem *problems;
	size_t problem_count;
	size_t hashed_files;            /* read in this run (the rest came from the index) */
	uint64_t hashed_bytes;
	struct arena mem;               /* owns everything above */
};

struct build_progress {                 /* read by the display while build_read runs; all monotonic */
	atomic_size_t files_seen, files_hashed;
	atomic_ullong bytes_seen, bytes_hashed;
};

struct build_request {
	const char *name, *dir;         /* dir relative to the process's directory or absolute */
	const struct build_rules *rules;
	struct index *index;            /* NULL = --no-cache: everything is read */
	struct pool *pool;
	struct build_progress *progress;    /* may be NULL */
	const atomic_bool *cancel;      /* may be NULL; looked at between files: FAIL_CANCELLED */
	void (*tick)(void *arg);        /* may be NULL; called on the calling thread some 10 times a second while waiting */
	void *tick_arg;
};

/* Reads it. -1: FAIL_BUILD when problems were found (they are listed in b->problems; the text names the first and the
 * count), FAIL_MISSING when the directory is absent. b is initialised either way; build_close it. */
int build_read(struct build *b, const struct build_request *rq, struct fail *f);
void build_close(struct build *b);

#endif
