#include "deploy/decide.h"

#include <string.h>

#include "base/clock.h"
#include "base/strmap.h"
#include "deploy/channel.h"
#include "deploy/compare_content.h"
#include "deploy/held.h"
#include "deploy/served.h"
#include "host/packer.h"

/* ---- nothing to do? ---- */

static void leave_unchanged(struct run *r)
{
	struct place_wish *pw = r->data;

	r->row.kept = pw->want->tree.count;
	r->row.uncounted = false;
	r->row.release = NULL;
	run_leave(r, RESULT_UNCHANGED, NULL);
}

static bool serves(const struct run *r)
{
	const struct place_wish *pw = r->data;

	return pw->want->exact && r->live.id && r->live.has_header &&
	       memcmp(r->live.header.tree, pw->label, SHA256_SIZE) == 0;
}

static const char *since(char text[CLOCK_TEXT], int64_t at_s)
{
	clock_format(text, at_s);
	return text;
}

/* What verify saw is believed until a switch or another verify: such content is never linked from. */
static void judge_drift(const struct wish *w, struct run *r)
{
	struct place_wish *pw = r->data;
	const struct switch_record *drifted = switchlog_drifted(&r->live.log);
	char text[CLOCK_TEXT];

	pw->fresh = drifted != NULL;
	if (!serves(r))
		return;
	if (!drifted) {
		if (w->o->repair)
			run_note(r, "not marked as drifted, so nothing is repaired; slipway verify looks");
		leave_unchanged(r);
	} else if (!w->o->repair) {
		run_note(r, "drifted since %s; mend with slipway deploy --repair", since(text, drifted->at_s));
		leave_unchanged(r);
	}
}

static void judge_live(const struct wish *w, struct run *r)
{
	struct place_wish *pw = r->data;
	struct fail f = FAIL_INIT;

	pw->base = r->live.id;
	memset(pw->base_tree, 0, SHA256_SIZE);
	if (r->live.has_header)
		memcpy(pw->base_tree, r->live.header.tree, SHA256_SIZE);
	if (r->live.blocked) {
		fail_set(&f, FAIL_CONFLICT, "%s", r->live.blocked);
		if (r->live.blocked_hint)
			fail_hint(&f, "%s", r->live.blocked_hint);
		fail_stage(&f, "read");
		run_leave(r, RESULT_FAILED, &f);
		return;
	}
	judge_drift(w, r);
}

/* ---- a bad one? ---- */

static bool was_live(const struct run *r, const char *id)
{
	for (size_t i = 0; i < r->live.log.count; i++)
		if (r->live.log.records[i].id && strcmp(r->live.log.records[i].id, id) == 0)
			return true;
	return false;
}

/* The newest release with the wanted tree that was ever live decides: what was rolled back once and deployed --again
 * since is good. */
static void judge_bad(const struct wish *w, struct run *r)
{
	const struct place_wish *pw = r->data;

	if (w->o->again || !pw->want->exact || serves(r))
		return;
	for (size_t i = 0; i < r->list.count; i++) {
		const struct release_info *it = &r->list.items[i];
		if (memcmp(it->header.tree, pw->label, SHA256_SIZE) != 0)
			continue;
		if (it->bad)
			held_leave(r, it->bad_record);
		if (it->bad || was_live(r, it->header.id))
			return;
	}
}

/* ---- the difference ---- */

static const char *why_of(const struct place_wish *pw, const struct plan_item *it, bool unsure)
{
	for (size_t i = 0; it->want && i < pw->want->unknown_count; i++)
		if (strcmp(pw->want->unknown[i], it->path) == 0)
			return PLAN_WHY_AT_DEPLOY;
	if (it->kind != PLAN_CHANGE)
		return it->kind == PLAN_ADD ? "new" : "gone";
	return unsure ? PLAN_WHY_UNSURE : PLAN_WHY_CONTENT;
}

/* A kept release behind the live one may hold, at its path, what the live one lacks: then less is sent than planned. */
static bool others_may_hold(const struct run *r)
{
	const struct place_wish *pw = r->data;

	for (size_t i = 0; pw->plan.send_files > 0 && i < r->list.count; i++)
		if (!r->list.items[i].live && !r->list.items[i].header.foreign)
			return true;
	return false;
}

/* What goes over the wire is the gzip form. */
static void count_packed(struct run *r, struct place_plan *out)
{
	struct packer *packer = fleet_packer(r->fleet);
	struct strmap seen = STRMAP_INIT;

	if (!packer || !(r->ops->traits & HOST_BODY_GZIP))
		return;
	const struct packed **wire = arena_alloc(&r->mem, (out->plan.count + 1) * sizeof *wire);
	out->plan.send_bytes = 0;
	for (size_t i = 0; i < out->plan.count; i++) {
		const struct entry *want = out->plan.items[i].want;
		char hex[SHA256_HEX];
		const struct packed *packed = want ? packer->find(packer, want->blob) : NULL;
		if (!packed)
			continue;
		/* The packer goes with the fleet, the report stays. */
		wire[i] = arena_memdup(&r->mem, packed, sizeof *packed);
		hex_encode(hex, wire[i]->sha256, SHA256_SIZE);
		if (!strmap_set(&seen, arena_strdup(&r->mem, hex), r))
			out->plan.send_bytes += wire[i]->size;
	}
	out->wire = wire;
	strmap_clear(&seen);
}

const uint8_t *place_plan_wire(const struct place_plan *p, size_t i)
{
	return p->wire && p->wire[i] ? p->wire[i]->sha256 : NULL;
}

static void report_plan(struct run *r)
{
	struct place_wish *pw = r->data;
	struct place_plan *out = pw->report;
	bool unsure = compare_content_unsure(r);

	pw->why = arena_alloc(&r->mem, (pw->plan.count + 1) * sizeof *pw->why);
	for (size_t i = 0; i < pw->plan.count; i++)
		pw->why[i] = why_of(pw, &pw->plan.items[i], unsure);
	out->plan = pw->plan;
	out->why = pw->why;
	out->exact = pw->want->exact && !others_may_hold(r) && !(r->ops->traits & HOST_UNLISTED);
	count_packed(r, out);
	if (r->ops->compare_config) {
		struct config_changes changes = { NULL, 0 };
		r->ops->compare_config(r->place, &changes, &r->mem);
		out->config = changes.items;
		out->config_count = changes.count;
	}
}

static const char *const *entry_pages(const struct run *r, size_t *count)
{
	static const char *const index_page[] = { "index.html" };
	const char *const *pages = target_strings(r->target, "entry", count, &fleet_context(r->fleet)->mem);

	if (*count)
		return pages;
	*count = 1;
	return index_page;
}

static bool has_files(struct place_wish *pw)
{
	return pw->build->empty || plan_fuse_empty(pw->want->tree.count, &pw->refused) == 0;
}

/* The fuse, and names that fall together there: told for the whole run, before anything changes. */
static void judge_safety(struct run *r, const struct tree *have)
{
	struct place_wish *pw = r->data;
	size_t count = 0;
	const char *const *pages = entry_pages(r, &count);

	pw->refused = (struct fail)FAIL_INIT;
	if (has_files(pw) &&
	    plan_fuse(&pw->plan, &pw->want->tree, have, pages, count, pw->wish->o->allow_removals, &pw->refused) == 0 &&
	    r->live.folds_names)
		compose_check_folding(&pw->want->tree, &pw->refused);
}

static void make_plan(struct run *r, const struct tree *have)
{
	struct place_wish *pw = r->data;

	r->row.uncounted = false;
	plan_build(&pw->plan, &pw->want->tree, have, pw->report ? &r->mem : &pw->scratch);
	if (r->ops->traits & HOST_BY_PATH)
		plan_count_paths(&pw->plan);
	r->row.added = pw->plan.add;
	r->row.changed = pw->plan.change;
	r->row.removed = pw->plan.remove;
	r->row.kept = pw->plan.keep;
	judge_safety(r, have);
	if (pw->report)
		report_plan(r);
	else
		pw->plan.items = NULL;
	arena_clear(&pw->scratch);
	pw->planned = true;
}

static void was_fetched(struct op *op)
{
	struct run *r = op->owner;
	struct place_wish *pw = r->data;

	if (op->rc == 0) {
		make_plan(r, pw->have.tree.entries ? &pw->have.tree : NULL);
	} else if (op->fail.kind == FAIL_MISSING || op->fail.kind == FAIL_CORRUPT) {
		/* A damaged record must not keep the place from getting a sound one. */
		run_note(r, "what is live cannot be compared (%s): everything counts as new", op->fail.text);
		make_plan(r, NULL);
		op->rc = 0;
	}
	if (op->rc == 0)
		compare_content(r);
	else
		run_done(r, -1);
}

/* Only the number of the live files is known, unless an entry page is missing: then it matters whether it is live. */
static bool needs_list(const struct run *r)
{
	const struct place_wish *pw = r->data;
	size_t count = 0;
	const char *const *pages = entry_pages(r, &count);

	for (size_t i = 0; !pw->wish->o->allow_removals && i < count; i++)
		if (!tree_find(&pw->want->tree, pages[i]))
			return true;
	return false;
}

static void plan_unlisted(struct run *r)
{
	struct place_wish *pw = r->data;

	pw->refused = (struct fail)FAIL_INIT;
	if (has_files(pw))
		(void)plan_fuse_counts(pw->want->tree.count, r->live.has_header ? r->live.header.files : 0,
			       pw->wish->o->allow_removals, &pw->refused);
	pw->planned = true;
}

static void fetch_live(struct run *r);

static void was_packed(struct op *op)
{
	if (op->rc < 0)
		run_done(op->owner, -1);
	else
		fetch_live(op->owner);
}

static void start_plan(struct run *r)
{
	struct place_wish *pw = r->data;
	struct packer *packer = fleet_packer(r->fleet);

	if (!pw->planned && pw->report && packer && r->ops->traits & HOST_BODY_GZIP)
		packer->pack(packer, pw->want->tree.entries, pw->want->tree.count, run_op(r, was_packed));
	else
		fetch_live(r);
}

static void fetch_live(struct run *r)
{
	struct place_wish *pw = r->data;
	struct op *op = run_op(r, was_fetched);

	pw->have = (struct manifest){ .mtimes = NULL };
	if (pw->planned) {
		run_done(r, 0);
	} else if (!pw->report && r->ops->traits & HOST_UNLISTED && !(r->live.id && needs_list(r))) {
		plan_unlisted(r);
		run_done(r, 0);
	} else if (!r->live.id || !r->live.has_header || !r->ops->fetch) {
		make_plan(r, NULL);
		run_done(r, 0);
	} else {
		/* A manifest is as large as a tree: where only the counts are wanted it goes away again. */
		op->mem = pw->report ? &r->mem : &pw->scratch;
		r->ops->fetch(r->place, r->live.id, &pw->want->tree, &pw->have, op);
	}
}

/* ---- all of it ---- */

static bool is_refused(const struct run *r)
{
	return r->active && ((const struct place_wish *)r->data)->refused.kind != FAIL_NONE;
}

/* The first is the run's failure; where there are more, each is told before. */
static int refusals(struct context *c, const struct run *runs, size_t count, struct fail *f)
{
	size_t refused = 0, told = 0;

	for (size_t i = 0; i < count; i++)
		refused += is_refused(&runs[i]);
	for (size_t i = 0; i < count; i++) {
		if (!is_refused(&runs[i]))
			continue;
		struct fail each = ((const struct place_wish *)runs[i].data)->refused;
		fail_wrap(&each, "%s", runs[i].row.place);
		if (refused > 1)
			c->reporter->problem(c->reporter, each.text);
		if (told++ == 0)
			*f = each;
	}
	if (refused > 1)
		fail_wrap(f, "%zu targets are refused, the first", refused);
	return refused ? fail_stage(f, "plan") : 0;
}

static int decide_open(struct wish *w, struct fleet *fl, struct fail *f)
{
	static const struct phase planning = { .id = PHASE_PLAN, .start = start_plan };
	size_t count;
	struct run *runs = fleet_runs(fl, &count);

	for (size_t i = 0; i < count; i++)
		if (runs[i].active && !((struct place_wish *)runs[i].data)->planned)
			judge_live(w, &runs[i]);
	fleet_recent(fl);
	for (size_t i = 0; i < count; i++)
		if (runs[i].active)
			judge_bad(w, &runs[i]);
	if (w->o->compare_content && w->c->http) {
		channel_urls(fl);
		w->web = web_new(w->c->http, w->c->loop, fleet_active(fl), w->c->cache_dir);
	}
	fleet_phase(fl, &planning);
	web_free(w->web);
	w->web = NULL;
	return refusals(w->c, runs, count, f);
}

int decide(struct wish *w, struct fleet *fl, struct fail *f)
{
	return decide_open(w, fl, f);
}

static bool moved(const struct run *r)
{
	const struct place_wish *pw = r->data;
	const char *is = r->live.id, *was = pw->base;
	bool same = is == was || (is && was && strcmp(is, was) == 0);

	return !same || (r->live.has_header && memcmp(r->live.header.tree, pw->base_tree, SHA256_SIZE) != 0);
}

int decide_moved(struct wish *w, struct fleet *fl, struct fail *f)
{
	size_t count;
	struct run *runs = fleet_runs(fl, &count);

	for (size_t i = 0; i < count; i++) {
		struct place_wish *pw = runs[i].data;
		if (!runs[i].active || !moved(&runs[i]))
			continue;
		const struct switch_record *last = switchlog_last(&runs[i].live.log);
		run_note(&runs[i], "moved meanwhile from %s to %s%s%s: planned anew", pw->base ? pw->base : "nothing",
			 runs[i].live.id ? runs[i].live.id : "nothing", last && last->by ? " by " : "",
			 last && last->by ? last->by : "");
		pw->planned = false;
	}
	return decide_open(w, fl, f);
}
