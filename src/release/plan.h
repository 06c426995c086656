/* plan: the difference between what is wanted and what a place has. Every wanted path is in exactly one of add, change,
 * keep; applying add, change and remove to `have` yields `want`. No I/O. */
#ifndef SLIPWAY_RELEASE_PLAN_H
#define SLIPWAY_RELEASE_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/mem.h"
#include "release/tree.h"

enum plan_kind { PLAN_KEEP, PLAN_ADD, PLAN_CHANGE, PLAN_REMOVE };

struct plan_item {
	enum plan_kind kind;
	const char *path;
	const struct entry *want;       /* NULL for PLAN_REMOVE */
	const struct entry *have;       /* NULL for PLAN_ADD */
};

struct plan {
	struct plan_item *items;        /* in path order; PLAN_KEEP is only counted */
	size_t count;
	size_t add, change, remove, keep;
	uint64_t send_bytes;            /* content of add + change that `have` does not hold under any path */
	size_t send_files;
	bool first;                     /* there was nothing before */
};

/* have NULL = nothing is live. Items live in mem and point into both trees. */
void plan_build(struct plan *p, const struct tree *want, const struct tree *have, struct arena *mem);

/* For places that take over only what stays at its path: send_files and send_bytes become those of every add and
 * change. */
void plan_count_paths(struct plan *p);

/* The fuse. Refused (FAIL_BUILD): 0 files, which nothing lifts; */
int plan_fuse_empty(size_t want, struct fail *f);
/* an entry page (`entry_pages`, paths) that is live but missing now, removal of > 50 % and > 20 files; */
int plan_fuse(const struct plan *p, const struct tree *want, const struct tree *have, const char *const *entry_pages,
              size_t entry_count, bool allow_removals, struct fail *f);
/* and where only the number of the live files is known: so few that so many must have gone. */
int plan_fuse_counts(size_t want, uint64_t have, bool allow_removals, struct fail *f);

#endif
