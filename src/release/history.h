/* history: pure decisions over the list of a place's releases: which is previous, which may go. */
#ifndef SLIPWAY_RELEASE_HISTORY_H
#define SLIPWAY_RELEASE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include "release/manifest.h"
#include "release/switchlog.h"

struct release_info {
	struct release_header header;   /* foreign directories without a manifest: id, created_s (mtime), foreign */
	bool live, bad, pinned;
	const struct switch_record *bad_record;     /* who, when, why; or NULL */
};

struct release_list {
	struct release_info *items;     /* newest first */
	size_t count;
};

const struct release_info *release_find(const struct release_list *l, const char *id);
/* A unique prefix (or the whole) of an id; *ambiguous tells why NULL. */
const struct release_info *release_prefix(const struct release_list *l, const char *prefix, bool *ambiguous);
const struct release_info *release_live(const struct release_list *l);
/* The release `steps` back from `from` along parents, skipping bad ones; where a parent is gone, the newest older one
 * that is not bad. NULL when there is none. */
const struct release_info *release_previous(const struct release_list *l, const struct release_info *from,
	unsigned steps);

/* What was promoted here was staged on another channel, where its parent lies: on this place it came after what the log
 * says it took over from, which becomes its parent in the list. */
void release_promoted(struct release_list *l, const struct switchlog *log);

struct keep_policy {
	unsigned last;                  /* at least this many stay */
	int64_t within_s;               /* and all younger than this; 0 = no such rule */
};
/* Marks in drop[i] (count of them) what prune may remove: never live, parent of live, pinned, foreign (unless
 * `foreign`), nor anything newer than live. Returns how many. */
size_t release_retain(const struct release_list *l, const struct keep_policy *keep, int64_t now_s, bool foreign,
	bool *drop);

#endif
