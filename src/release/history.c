#include "release/history.h"

#include <string.h>

const struct release_info *release_find(const struct release_list *l, const char *id)
{
	for (size_t i = 0; id && i < l->count; i++)
		if (strcmp(l->items[i].header.id, id) == 0)
			return &l->items[i];
	return NULL;
}

const struct release_info *release_prefix(const struct release_list *l, const char *prefix, bool *ambiguous)
{
	const struct release_info *found = release_find(l, prefix);

	*ambiguous = false;
	if (found || !*prefix)
		return found;
	for (size_t i = 0; i < l->count; i++) {
		if (strncmp(l->items[i].header.id, prefix, strlen(prefix)) != 0)
			continue;
		if (found) {
			*ambiguous = true;
			return NULL;
		}
		found = &l->items[i];
	}
	return found;
}

const struct release_info *release_live(const struct release_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].live)
			return &l->items[i];
	return NULL;
}

/* The one before `r` along parents; a first release of ours has none, a release whose parent is gone or that never told
 * one (foreign) falls back to the list's order. */
static const struct release_info *step_back(const struct release_list *l, const struct release_info *r)
{
	const struct release_info *parent = release_find(l, r->header.parent);

	if (parent)
		return parent;
	if (!r->header.parent && !r->header.foreign)
		return NULL;
	for (const struct release_info *older = r + 1; older < l->items + l->count; older++)
		if (!older->bad)
			return older;
	return NULL;
}

const struct release_info *release_previous(const struct release_list *l, const struct release_info *from,
	unsigned steps)
{
	const struct release_info *r = from;

	/* Damaged parents could form a ring: no honest walk is longer than the list. */
	for (size_t hops = 0; steps && hops < l->count; hops++) {
		r = step_back(l, r);
		if (!r || r == from)
			return NULL;
		if (!r->bad)
			steps--;
	}
	return steps ? NULL : r;
}

void release_promoted(struct release_list *l, const struct switchlog *log)
{
	for (size_t i = 0; i < l->count; i++)
		for (size_t k = log->count; k-- > 0;) {
			const struct switch_record *r = &log->records[k];

			if (!r->id || strcmp(r->id, l->items[i].header.id) != 0 || !r->from)
				continue;
			if (strcmp(r->action, "promote") == 0) {
				l->items[i].header.parent = r->from;
				break;
			}
		}
}

size_t release_retain(const struct release_list *l, const struct keep_policy *keep, int64_t now_s, bool foreign,
	bool *drop)
{
	const struct release_info *live = release_live(l);
	size_t dropped = 0;
	unsigned rank = 0;

	memset(drop, 0, l->count * sizeof *drop);
	for (size_t i = 0; live && i < l->count; i++) {
		const struct release_info *r = &l->items[i];
		bool young = keep->within_s > 0 && now_s - r->header.created_s < keep->within_s;

		if (r->header.foreign && !foreign)
			continue;
		if (rank++ < keep->last || young || r <= live || r->pinned)
			continue;
		if (live->header.parent && strcmp(live->header.parent, r->header.id) == 0)
			continue;
		drop[i] = true;
		dropped++;
	}
	return dropped;
}
