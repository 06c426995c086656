#include "deploy/commands.h"

#include <string.h>

#include "base/clock.h"
#include "deploy/errand.h"
#include "deploy/rollback_choose.h"
#include "deploy/rollback_resume.h"

/* How many names a printed group shows. */
enum { NAMES_IN_GROUP = 8 };
/* A run that died is finished by the same command for so long; as for deploys. */
enum { RESUME_WITHIN_S = 12 * 3600 };

struct going {                          /* one place's */
	const char *from, *to;
	bool foreign;                   /* never sealed: the list saw it, the step will see it again */
	enum release_state state;
};

static const char *going_to(struct run *r)
{
	return ((struct going *)r->data)->to;
}

static const char *going_from(struct run *r)
{
	return ((struct going *)r->data)->from;
}

static int wish_of(struct rollback_wish *w, const struct context *c, const struct rollback_options *o, struct fail *f)
{
	int ways = (o->undo != NULL) + (o->to != NULL) + (o->before_s >= 0);

	if (ways > 1)
		return fail_set(f, FAIL_USAGE, "--undo, --to and --before exclude each other");
	if (o->steps && (o->to || o->before_s >= 0))
		return fail_set(f, FAIL_USAGE, "--steps goes with a plain rollback or --undo, not with --to or --before");
	if (o->before_s > c->now_s)
		return fail_set(f, FAIL_USAGE, "--before names a time that is still to come");
	w->way = o->undo ? ROLLBACK_UNDO : o->to ? ROLLBACK_TO : o->before_s >= 0 ? ROLLBACK_BEFORE : ROLLBACK_BACK;
	w->id = o->undo ? o->undo : o->to;
	w->before_s = o->before_s;
	w->steps = o->steps ? o->steps : 1;
	w->each = o->each;
	return 0;
}

/* Did a run of this id happen, though no selected place may hold its release? */
static bool ledger_knows(struct context *c, const char *id)
{
	struct ledger_filter filter = { .environment = c->env.environment ? c->env.environment->name : NULL };
	struct ledger_row *rows = NULL;
	struct fail ignored = FAIL_INIT;
	size_t count = 0;

	if (!c->ledger || !id || !release_id_valid(id) ||
	    ledger_history(c->ledger, &filter, &rows, &count, &c->mem, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (rows[i].run.release && strcmp(rows[i].run.release, id) == 0)
			return true;
	return false;
}

/* What a run left that died between the switch to what is live now and its record; NULL when nothing is missing. */
static const char *unrecorded(const struct run *r)
{
	const struct switch_record *last = switchlog_last(&r->live.log);

	if (!r->live.log.completed || !last || !last->id || !r->live.id || strcmp(last->id, r->live.id) != 0)
		return NULL;
	return last->from;
}

/* What a place does about its goal. It stays when it is there already; but what it left must be on record as bad. */
static void set_going(struct errand *v, struct run *r, const char *to, const struct rollback_wish *wish)
{
	const struct release_info *it = release_find(&r->list, to);
	const char *left = unrecorded(r), *from = r->live.id;
	struct going *g = r->data;

	if (!to || (r->live.id && strcmp(r->live.id, to) == 0)) {
		if (!left || (wish->way == ROLLBACK_UNDO && strncmp(left, wish->id, strlen(wish->id)) != 0)) {
			run_leave(r, RESULT_UNCHANGED, NULL);
			return;
		}
		from = left;
		to = r->live.id;
	}
	g->from = from ? arena_strdup(&v->c->mem, from) : NULL;
	g->to = arena_strdup(&v->c->mem, to);
	g->foreign = it && it->header.foreign;
	errand_wish(v, r, g->to);
}

/* Is this the same plain rollback whose run died? Then its places go where that run was taking them; those that it
 * could not read are left to choose(). */
static bool resume(struct errand *v, const struct rollback_wish *wish)
{
	struct context *c = v->c;
	struct ledger_filter filter = { .environment = c->env.environment ? c->env.environment->name : NULL,
	                                .since_s = c->now_s - RESUME_WITHIN_S };
	struct rollback_rest *places = arena_alloc(&c->mem, (v->count ? v->count : 1) * sizeof *places);
	struct ledger_row *rows = NULL;
	struct fail ignored = FAIL_INIT;
	size_t count = 0, n = 0;
	char age[CLOCK_TEXT];

	if (!c->ledger || ledger_history(c->ledger, &filter, &rows, &count, &c->mem, &ignored) < 0)
		return false;
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active)
			places[n++] = (struct rollback_rest){ .place = v->runs[i].row.place, .live = v->runs[i].live.id };
	if (!rollback_resume(places, n, rows, count, v->config))
		return false;
	clock_age(age, c->now_s > rows[0].run.started_s ? c->now_s - rows[0].run.started_s : 0);
	errand_note(v, NULL, "finishing the rollback that was cut short %s ago", age);
	n = 0;
	for (size_t i = 0; i < v->count; i++) {
		const char *to = v->runs[i].active ? places[n++].to : NULL;

		if (to)
			set_going(v, &v->runs[i], to, wish);
	}
	return true;
}

/* One step back is nearly always among the newest, which some kinds have read already. */
static void list(struct errand *v, const struct rollback_wish *wish)
{
	if (wish->way == ROLLBACK_BACK || wish->way == ROLLBACK_UNDO)
		fleet_recent(v->fleet);
	else
		fleet_list(v->fleet);
}

/* True when there was more to list than the newest. */
static bool list_rest(struct errand *v)
{
	bool more = false;

	for (size_t i = 0; i < v->count; i++)
		more |= v->runs[i].active && v->runs[i].live.recent && !v->runs[i].live.recent_whole;
	if (more)
		fleet_list(v->fleet);
	return more;
}

static bool is_open(const struct run *r)
{
	return r->active && !((const struct going *)r->data)->to;
}

/* Chooses for the places that could be read and have no goal yet; the others have their failure already. */
static int choose(struct errand *v, const struct rollback_wish *wish, struct fail *f)
{
	struct rollback_place *places = arena_alloc(&v->c->mem, (v->count ? v->count : 1) * sizeof *places);
	struct rollback_group *groups;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < v->count; i++)
		if (is_open(&v->runs[i]))
			places[n++] = (struct rollback_place){ .name = v->runs[i].row.place, .live = v->runs[i].live.id,
			                                       .list = &v->runs[i].list, .log = &v->runs[i].live.log };
	if (n == 0)
		return 0;
	if (wish->way == ROLLBACK_BACK && !wish->each) {
		size_t count = rollback_groups(&groups, places, n, &v->c->mem);

		for (size_t i = 0; count > 1 && i < count; i++)
			errand_note(v, NULL, "  %s", rollback_group_text(&groups[i], NAMES_IN_GROUP, &v->c->mem));
	}
	rc = rollback_choose(places, n, wish, &v->c->mem, f);
	if (rc < 0 && f->kind == FAIL_MISSING && list_rest(v)) {
		for (size_t i = n = 0; i < v->count; i++)
			if (is_open(&v->runs[i]))
				places[n++].lost = false;
		*f = (struct fail)FAIL_INIT;
		rc = rollback_choose(places, n, wish, &v->c->mem, f);
	}
	n = 0;
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];
		struct fail lost = FAIL_INIT;

		if (!is_open(r))
			continue;
		if (places[n].lost) {
			fail_set(&lost, FAIL_MISSING, "no release to go back to");
			fail_stage(&lost, "plan");
			run_leave(r, RESULT_FAILED, &lost);
		} else if (rc == 0) {
			set_going(v, r, places[n].to ? places[n].to->header.id : NULL, wish);
		}
		n++;
	}
	return rc;
}

static void say_bad(struct errand *v, const struct run *r, const char *to)
{
	const struct release_info *it = release_find(&r->list, to);
	char age[CLOCK_TEXT];

	if (!it || !it->bad)
		return;
	if (!it->bad_record) {
		errand_note(v, NULL, "  (%s was rolled back before)", to);
		return;
	}
	clock_age(age, v->c->now_s > it->bad_record->at_s ? v->c->now_s - it->bad_record->at_s : 0);
	errand_note(v, NULL, "  (%s was rolled back %s ago by %s%s%s)", to, age,
	            it->bad_record->by ? it->bad_record->by : "somebody",
	          it->bad_record->reason ? ": " : "", it->bad_record->reason ? it->bad_record->reason : "");
}

static void say_passed(struct errand *v, const struct run *r, const char *to)
{
	const struct rollback_place p = { .name = r->row.place, .live = r->live.id, .list = &r->list, .log = &r->live.log };
	const char **ids;
	size_t n = rollback_passed(&ids, &p, to, &v->c->mem);

	for (size_t i = 0; i < n; i++)
		errand_note(v, NULL, "  (passes over %s, which is gone from there)", ids[i]);
}

static void announce(struct errand *v, const struct rollback_wish *wish, struct rollback_report *out)
{
	size_t width = 0;

	out->moves = arena_alloc(&v->c->mem, (v->count ? v->count : 1) * sizeof *out->moves);
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active && strlen(v->runs[i].row.place) > width)
			width = strlen(v->runs[i].row.place);
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];
		struct going *g = r->data;

		if (!r->active)
			continue;
		out->moves[out->move_count++] = (struct place_move){ .row = &r->row, .from = g->from, .to = g->to };
		errand_note(v, NULL, "%-*s  %s -> %s", (int)width, r->row.place, g->from ? g->from : "nothing", g->to);
		say_bad(v, r, g->to);
		if (wish->way == ROLLBACK_BACK || wish->way == ROLLBACK_UNDO)
			say_passed(v, r, g->to);
	}
}

/* Between the choice and the lock somebody may have deployed: what was announced would not be what happens. */
static void leave_moved(struct errand *v)
{
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];
		const struct going *g = r->data;
		const char *was = g->from, *is = r->live.id;
		const struct switch_record *last = switchlog_last(&r->live.log);
		struct fail f = FAIL_INIT;

		if (!r->active || was == is || (is && ((was && strcmp(was, is) == 0) || strcmp(g->to, is) == 0)))
			continue;
		fail_set(&f, FAIL_CONFLICT, "moved meanwhile from %s to %s%s%s: not touched", was ? was : "nothing",
		         is ? is : "nothing", last && last->by ? " by " : "", last && last->by ? last->by : "");
		fail_hint(&f, "look at `slipway status %s`, then roll back again", run_words(r));
		fail_stage(&f, "lock");
		run_leave(r, RESULT_FAILED, &f);
	}
}

static void probed(struct op *op)
{
	struct run *r = op->owner;
	struct going *g = r->data;

	if (op->rc < 0 || g->state == RELEASE_SEALED || g->state == RELEASE_LIVE) {
		run_done(r, op->rc);
		return;
	}
	fail_set(&op->fail, FAIL_MISSING, "release %s is %s", g->to, g->state == RELEASE_BEGUN ? "not complete" : "gone");
	fail_hint(&op->fail, "`slipway releases %s` lists what can be gone back to", run_words(r));
	run_done(r, -1);
}

static void start_probe(struct run *r)
{
	struct going *g = r->data;

	if (r->ops->probe && !g->foreign)
		r->ops->probe(r->place, g->to, &g->state, run_op(r, probed));
	else
		run_done(r, 0);
}

static int move(struct errand *v, const struct rollback_options *o, struct fail *f)
{
	static const struct phase probe = { .id = PHASE_READ, .start = start_probe };
	struct switch_wish wish = { .to = going_to, .from = going_from, .action = "rollback", .reason = v->c->message };

	if (fleet_lock(v->fleet, o->lock_timeout_ms, o->skip_locked, f) < 0)
		return -1;
	fleet_read_again(v->fleet);
	leave_moved(v);
	fleet_phase(v->fleet, &probe);
	errand_intend(v);
	fleet_switch(v->fleet, &wish);
	errand_record(v);
	return 0;
}

static bool any_failed(const struct errand *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].row.fail.kind != FAIL_NONE)
			return true;
	return false;
}

static int rollback(struct errand *v, const struct rollback_options *o, struct rollback_report *out, struct fail *f)
{
	struct rollback_wish wish = { .id = NULL };

	if (wish_of(&wish, v->c, o, f) < 0)
		return -1;
	errand_items(v, sizeof(struct going));
	fleet_read(v->fleet);
	list(v, &wish);
	if (fleet_interrupted(v->fleet))
		return 0;
	v->config = arena_printf(&v->c->mem, "steps %u%s", wish.steps, wish.each ? " each" : "");
	bool resumed = wish.way == ROLLBACK_BACK && resume(v, &wish);
	wish.id_known = wish.way == ROLLBACK_TO && ledger_knows(v->c, wish.id);
	if (choose(v, &wish, f) < 0)
		return -1;
	announce(v, &wish, out);
	/* A finished rest is recorded even when nothing was left to do: the next rollback is a new one. */
	if (o->dry_run || (!resumed && !fleet_active(v->fleet) && !any_failed(v)))
		return 0;
	errand_begin_record(v, NULL);
	if (!fleet_active(v->fleet)) {
		errand_record(v);
		return 0;
	}
	return move(v, o, f);
}

int rollback_run(struct context *c, const struct rollback_options *o, struct rollback_report *out)
{
	struct fail f = FAIL_INIT;
	struct errand v;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	return errand_close(&v, rollback(&v, o, out, &f) < 0 ? errand_refuse(&v, &f) : 0);
}
