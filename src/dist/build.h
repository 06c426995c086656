/* build: a directory that a front-end build wrote, read once: walk, rules, hash, tree.
 *
 * The room. build_read goes through four steps, each spread over the pool:
 *   walk (walk.c, beneath.c, rules.c)  one pass with directory descriptors, at most one open a worker. Links are
 *       followed inside the build and never out of it; loops, dangling links, special files, unsafe names are
 *       problems. Each name is judged by the rules (content, hidden, refused), each file examined once and looked up
 *       in the file index. Files come out in tree order.
 *   hash (hash.c, xxh.c, secret_scan.c)  what the index cannot vouch for is read: XXH3-128; SHA-256 and the scan for
 *       credentials only for content never seen before. A file that changes from the walk's look at it to the end of
 *       its reading is a problem.
 *   collect (build.c, collide.c)  one blob for each distinct content; colliding names; the tree and its id.
 *   remember (index.c)  the file index (flat.c, a flat file) and the content index (contents.c, cache.db); saved by
 *       index_close, never by build_read.
 *
 * What holds: build_read either gives a tree, every file of which was the same before and after its content was
 * known, or lists all problems at once and gives none. It writes nothing and opens nothing outside the build. A file
 * that only the index vouches for has the device, inode, size, mtime and ctime it had when it was read, and was read
 * well after its last change.
 *
 * Choices. Refused beats hidden: a `.env` in the build is a problem although dot files are hidden, and although a
 * rule of the user hides it; only `allow_unsafe` lifts that. What lies below a hidden directory (node_modules/, a
 * pruned glob) is not looked at, unless an `include` reaches into it. Contents of hidden files are not scanned.
 * Hidden always: dot files and directories (but .well-known/, and .htaccess where asked), node_modules/, editor
 * backups, firebase-debug.log, and slipway.json and .slipway/ at the top (less in a firebase.json project: rules.h).
 * Empty directories are not content. A file reached under two paths is two entries and one blob. */
#ifndef SLIPWAY_DIST_BUILD_H
#define SLIPWAY_DIST_BUILD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/fail.h"
#include "base/mem.h"
#include "base/pool.h"
#include "release/tree.h"

struct index;                           /* dist/index.h: the file index and the content index */
struct walk;

struct build_rules {
	const char *const *ignore;      /* globs, in order; may be NULL */
	size_t ignore_count;
	const char *const *include;     /* re-admits what ignore or the built-in rules hide */
	size_t include_count;
	const char *const *allow_unsafe;    /* lifts the refusals */
	size_t allow_unsafe_count;
	bool htaccess;                  /* a chosen host is dir or ssh: .htaccess is content */
	bool as_firebase;               /* of a firebase.json: hides what the official client hides (rules.h) */
	bool folds_names;               /* a chosen host folds case or normalisation: colliding names are refused */
};

/* Why a path is not in the tree. One row per hidden path, or per pruned directory (is_dir, then the files below are not
 * counted one by one). */
struct hidden {
	const char *path;               /* escaped for printing */
	/* the glob, or the built-in's name: "dot file", "dot directory", "node_modules", "editor backup",
	 * "firebase-debug.log", "slipway's own"; as_firebase: its glob */
	const char *rule;
	bool builtin, is_dir;
};

/* What stands between the build and a deploy: a refused file or an unsafe name. */
struct problem {
	const char *path;               /* escaped for printing */
	/* "is a link that leaves the build", "private key inside", "has a control character", ...; never the value found */
	const char *rule;
	bool builtin;                   /* "allow_unsafe" lifts it */
};

struct build {
	const char *name;               /* key in slipway.json's "builds" */
	const char *dir;                /* as the user wrote it */
	struct blob_dir root;           /* kept open for later reads; closed by build_close */
	struct tree tree;               /* tree.id is the build id */
	struct hidden *hidden;
	size_t hidden_count, hidden_user, hidden_builtin;       /* the counts are of files and pruned directories */
	struct problem *problems;       /* in path order */
	size_t problem_count;
	bool empty;                     /* meant to have no files: build_none */
	size_t hashed_files;            /* read in this run (the rest came from the index) */
	uint64_t hashed_bytes;
	struct arena mem;               /* owns everything above but the files, which are the walk's */
	struct walk *walk;
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
	/* May be NULL. Called on the calling thread whenever there is nothing to do but wait: does so until something of
	 * the pool has ended, but no longer than a moment, and drains the pool. Other work may go on meanwhile. */
	void (*wait)(void *arg);
	void *wait_arg;
};

/* Reads it. -1: FAIL_BUILD when problems were found (they are listed in b->problems; the text names the first and the
 * count), FAIL_MISSING when the directory is absent, FAIL_CONFIG for a glob that does not compile, FAIL_STATE for a
 * newer index, FAIL_LOCAL for a shortage of descriptors, FAIL_CANCELLED. b is initialised either way; build_close it.
 * Call it on the thread that drains the pool: jobs of others that finish meanwhile are drained, too. b must not be
 * moved (blobs point at b->root). */
int build_read(struct build *b, const struct build_request *rq, struct fail *f);
/* A build without a directory and without files: for sites that only rewrite or redirect. */
void build_none(struct build *b, const char *name);
/* Closes the directory: its files can no longer be read, but what is known of them stays until build_close. */
void build_shut(struct build *b);
void build_close(struct build *b);

#endif
