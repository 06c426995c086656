#include "deploy/presume.h"

#include <string.h>

#include "deploy/fleet_inside.h"
#include "release/release_id.h"

/* A missing entry page must be looked for among the live files, which only a look can name. */
static bool has_entry_pages(const struct run *r)
{
	const struct place_wish *pw = r->data;
	size_t count = 0;
	const char *const *pages = target_strings(r->target, "entry", &count, &fleet_context(r->fleet)->mem);

	for (size_t i = 0; i < count; i++)
		if (!tree_find(&pw->want->tree, pages[i]))
			return false;
	return count > 0 || tree_find(&pw->want->tree, "index.html");
}

/* Only what a deploy of ours left is presumed to be there; after a rollback one had better look. */
static const char *recorded(const struct wish *w, const struct run *r, struct ledger_place *last)
{
	struct context *c = w->c;
	const char *env = c->env.environment ? c->env.environment->name : NULL;
	const struct place_wish *pw = r->data;
	struct fail ignored = FAIL_INIT;
	char want[SHA256_HEX];

	if (!c->ledger || ledger_last(c->ledger, env, r->row.place, last, &c->mem, &ignored) != 1)
		return NULL;
	if (!last->state || strcmp(last->state, "deployed") != 0 || !last->to || !release_id_valid(last->to) || !last->tree)
		return NULL;
	hex_encode(want, pw->label, SHA256_SIZE);
	return strcmp(last->tree, want) == 0 ? NULL : last->to;
}

void presume(struct wish *w, struct fleet *fl)
{
	static const struct release_list none = { NULL, 0 };
	size_t count;
	struct run *runs = fleet_runs(fl, &count);

	for (size_t i = 0; i < count; i++) {
		struct run *r = &runs[i];
		struct ledger_place last;
		const char *id;
		if (!r->active || !(r->ops->traits & HOST_FENCES) || w->o->repair || w->o->retry_failed)
			continue;
		id = has_entry_pages(r) ? recorded(w, r, &last) : NULL;
		if (!id)
			continue;
		r->presumed = true;
		r->live = (struct live_state){ .id = id, .newest_s = release_id_time(id), .recent = &none };
		r->row.live = r->row.previous = id;
	}
}

/* ---- after staging ---- */

static bool is_presumed(const struct run *r)
{
	return r->active && r->presumed;
}

static bool any_presumed(struct fleet *fl)
{
	size_t count;
	const struct run *runs = fleet_runs(fl, &count);

	for (size_t i = 0; i < count; i++)
		if (is_presumed(&runs[i]))
			return true;
	return false;
}

static void start_look(struct run *r)
{
	struct place_wish *pw = r->data;

	pw->late = true;
	r->presumed = false;
	fleet_start_read(r);
}

/* What stays behind is never released. */
static void was_abandoned(struct op *op)
{
	if (op->rc < 0)
		run_note(op->owner, "what was staged for nothing was not removed: %s", op->fail.text);
	run_done(op->owner, 0);
}

static void start_abandon(struct run *r)
{
	const struct place_wish *pw = r->data;

	r->ops->abandon(r->place, pw->wish->release, run_op(r, was_abandoned));
}

static bool same_id(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_orphan(const struct run *r)
{
	const struct place_wish *pw = r->data;

	return pw->late && r->ops->abandon && (!r->active || pw->stage_again);
}

/* Its staging stands on what is not live. */
static bool is_old(struct run *r, const char *presumed)
{
	struct place_wish *pw = r->data;

	if (same_id(r->live.id, presumed))
		return false;
	pw->stage_again = true;
	/* Anew, but under an id that is older than what is live? */
	if (r->live.newest_s >= release_id_time(pw->wish->release)) {
		const struct switch_record *last = switchlog_last(&r->live.log);
		struct fail f = FAIL_INIT;
		fail_set(&f, FAIL_CONFLICT, "moved: %s went live while this run was at work%s%s; it is left as it is",
			 r->live.id ? r->live.id : "nothing", last && last->by ? ", by " : "",
			 last && last->by ? last->by : "");
		fail_hint(&f, "look at slipway releases %s, then deploy again", r->row.place);
		fail_stage(&f, "seal");
		run_leave(r, RESULT_FAILED, &f);
		return false;
	}
	run_note(r, "the record was old: %s is live, not %s; staged anew", r->live.id ? r->live.id : "nothing", presumed);
	return true;
}

int presume_settle(struct wish *w, struct fleet *fl, struct staging *s, struct fail *f)
{
	static const struct phase look = { .id = PHASE_READ, .start = start_look };
	static const struct phase abandon = { .id = PHASE_STAGE, .start = start_abandon, .changes = true, .once = true };
	size_t count;
	struct run *runs = fleet_runs(fl, &count);
	bool anew = false;

	if (!any_presumed(fl))
		return 0;
	fleet_walk(fl, &look, is_presumed);
	for (size_t i = 0; i < count; i++) {
		struct place_wish *pw = runs[i].data;
		if (!runs[i].active || !pw->late)
			continue;
		anew |= is_old(&runs[i], pw->base);
		pw->planned = false;
	}
	int rc = decide(w, fl, f);
	for (size_t i = 0; rc < 0 && i < count; i++)
		((struct place_wish *)runs[i].data)->stage_again = true;
	fleet_walk(fl, &abandon, is_orphan);
	if (rc < 0)
		return -1;
	if (anew)
		stage_all(fl, s);
	return 0;
}

/* ---- what is live where a run did not come to its look ---- */

static void told(struct op *op)
{
	struct run *r = op->owner;

	if (op->rc == 0) {
		r->row.live = r->live.id;
		r->row.previous = r->row.previous ? r->row.previous : r->live.id;
	}
	run_done(r, 0);
}

static void start_tell(struct run *r)
{
	r->live = (struct live_state){ .newest_s = -1 };
	r->ops->read(r->place, &r->live, run_op(r, told));
}

/* Who is not reached need not be asked once more. */
static bool is_in_doubt(const struct run *r)
{
	enum fail_kind kind = r->row.fail.kind;
	bool left = r->row.result == RESULT_FAILED || r->row.result == RESULT_INTERRUPTED;

	if (!left || !(r->ops->traits & HOST_FENCES) || kind == FAIL_LINK || kind == FAIL_BUSY)
		return false;
	return r->presumed || (kind == FAIL_CONFLICT && strcmp(r->row.fail.stage, "seal") == 0);
}

void presume_tell(struct fleet *fl)
{
	static const struct phase tell = { .id = PHASE_VERIFY, .start = start_tell, .always = true, .once = true };
	size_t count;
	struct run *runs = fleet_runs(fl, &count);

	for (size_t i = 0; i < count; i++) {
		struct run *r = &runs[i];
		if (!r->ops || (!r->presumed && !is_in_doubt(r)))
			continue;
		r->row.live = NULL;
		if (r->presumed)
			r->row.previous = NULL;
	}
	fleet_walk(fl, &tell, is_in_doubt);
}
