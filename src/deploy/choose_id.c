#include "deploy/choose_id.h"

#include <string.h>

#include "deploy/record.h"

static bool takes(const struct run *r, const char *id)
{
	const struct place_wish *pw = r->data;
	const struct release_info *it = release_find(&r->list, id);

	/* What the record calls live is not to be made anew under its own id. */
	if (r->presumed && strcmp(r->live.id, id) == 0)
		return false;
	if (pw->fresh || r->live.newest_s > release_id_time(id))
		return false;
	return !it || (!it->bad && !it->live && memcmp(it->header.tree, pw->label, SHA256_SIZE) == 0);
}

/* 1 found, 0 none. A ledger that cannot tell is no reason to stop: what is staged twice costs time only. */
static int unfinished(char out[RELEASE_ID_SIZE], struct wish *w, const struct run *runs, size_t count)
{
	struct ledger_run wish = record_wish(w), found;
	struct fail ignored = FAIL_INIT;

	if (!w->c->ledger || ledger_unfinished(w->c->ledger, &wish, w->c->now_s, &found, &w->c->mem, &ignored) != 1)
		return 0;
	if (!found.release || !release_id_valid(found.release))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (runs[i].active && !takes(&runs[i], found.release))
			return 0;
	memcpy(out, found.release, RELEASE_ID_SIZE);
	return 1;
}

int choose_id(char out[RELEASE_ID_SIZE], bool *known, struct wish *w, struct fleet *fl, struct fail *f)
{
	const uint8_t (*ids)[SHA256_SIZE];
	size_t count, id_count;
	struct run *runs = fleet_runs(fl, &count);
	int64_t newest = -1;
	char suffix[9];

	*known = unfinished(out, w, runs, count) == 1;
	if (*known)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (runs[i].live.newest_s > newest)
			newest = runs[i].live.newest_s;
	builds_ids(w->builds, &ids, &id_count);
	release_id_suffix(suffix, ids, id_count);
	if (release_id_make(out, w->c->now_s, newest, suffix, f) == 0)
		return 0;
	/* A clock that is wrong is not a held lock, which is what a conflict of the whole run means. */
	if (f->kind == FAIL_CONFLICT)
		f->kind = FAIL_LOCAL;
	return fail_stage(f, "plan");
}
