/* walk: one pass over a build directory, spread over the pool: names, rules, stat, and what the file index knows.
 *
 * A folder is listed and sorted by one job; its names are judged and examined in slices, so that one huge directory
 * is shared, too. Only the folder being read is open. Files come out in tree order without a sort. */
#ifndef SLIPWAY_DIST_WALK_H
#define SLIPWAY_DIST_WALK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/fail.h"
#include "dist/beneath.h"
#include "dist/build.h"
#include "dist/index.h"
#include "dist/rules.h"
#include "release/blob.h"

/* One file of the build. */
struct found {
	struct blob blob;               /* sha256 valid when known */
	uint64_t device;
	uint32_t verdict;               /* enum secret; valid when known */
	bool known;                     /* by the file index, or hashed */
	bool failed;                    /* a problem was noted for it */
};

enum note_kind { NOTE_HIDDEN, NOTE_PROBLEM };
struct note {
	enum note_kind kind;
	char *path;                     /* malloc'd; as it is, not escaped */
	char *rule;                     /* malloc'd */
	bool builtin, is_dir;
};
struct notes {
	struct note *items;
	size_t count, cap;
};
void notes_add(struct notes *n, enum note_kind kind, const char *path, const char *rule, bool builtin, bool is_dir);
void notes_clear(struct notes *n);

struct walk_request {
	const struct beneath *root;
	const struct blob_dir *dir;     /* goes into the blobs */
	const struct rules *rules;
	const struct file_index *index; /* NULL: nothing is known */
	struct pool *pool;
	struct build_progress *progress;
	const atomic_bool *cancel;      /* may be NULL */
};

struct folder;
struct walk {
	struct walk_request rq;
	struct folder *top;
	atomic_size_t pending;          /* jobs under way; the walk is complete at 0 */
	atomic_size_t linked;           /* folders entered through links: bounded, as links multiply without a loop */
	atomic_int shortage;            /* errno of a descriptor or memory shortage, which is nobody's file's fault */
	size_t files;                   /* after walk_finish */
	struct notes notes;             /* after walk_finish: in tree order */
};

/* Submits the first job. The caller drains the pool until pending is 0, then calls walk_finish (which only counts and
 * collects). */
void walk_start(struct walk *w, const struct walk_request *rq);
void walk_finish(struct walk *w);
/* Calls each(arg, file) for all files in tree order; the files live until walk_clear. */
void walk_each(const struct walk *w, void (*each)(void *arg, struct found *file), void *arg);
void walk_clear(struct walk *w);

#endif
