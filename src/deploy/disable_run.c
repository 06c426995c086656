#include "deploy/commands.h"

#include <string.h>

#include "deploy/errand.h"
#include "deploy/fleet_inside.h"

static void leave(struct run *r, enum fail_kind kind, const char *text, const char *hint)
{
	struct fail f = FAIL_INIT;

	fail_set(&f, kind, "%s", text);
	if (hint)
		fail_hint(&f, "%s", hint);
	fail_stage(&f, "plan");
	run_leave(r, RESULT_FAILED, &f);
}

/* ---- disable ---- */

struct disabling {                      /* one place's */
	struct switch_note note;
	struct fail why;                /* of a step that went wrong: what is live must be read back */
	struct live_state after;
};

static void arrived(struct run *r)
{
	r->row.live = NULL;
	run_finish(r, RESULT_DEPLOYED);
}

static void was_disabled(struct op *op)
{
	struct run *r = op->owner;
	struct disabling *d = r->data;

	if (op->rc == 0) {
		arrived(r);
	} else {
		d->why = op->fail;
		fleet_say_late(r, &d->why);
	}
	run_done(r, 0);
}

static void start_disable(struct run *r)
{
	struct disabling *d = r->data;

	r->ops->disable(r->place, &d->note, run_op(r, was_disabled));
}

/* The place tells whether a step whose answer was lost, or that somebody else overtook, was done. */
static void was_read_back(struct op *op)
{
	struct run *r = op->owner;
	struct disabling *d = r->data;

	fail_stage(&d->why, "switch");
	if (op->rc < 0) {
		fail_wrap(&d->why, "what is live could not be read back (%s)", op->fail.text);
		r->row.live = NULL;
		run_leave(r, RESULT_UNKNOWN, &d->why);
	} else if (!d->after.id) {
		run_note(r, "nothing is live, though the answer was: %s", d->why.text);
		arrived(r);
	} else {
		r->row.live = d->after.id;
		run_leave(r, d->why.kind == FAIL_CANCELLED ? RESULT_INTERRUPTED : RESULT_FAILED, &d->why);
	}
	run_done(r, 0);
}

static void start_read_back(struct run *r)
{
	struct disabling *d = r->data;

	d->after = (struct live_state){ .newest_s = -1 };
	if (r->row.result == RESULT_NONE)
		r->ops->read(r->place, &d->after, run_op(r, was_read_back));
	else
		run_done(r, 0);
}

static void leave_dark(struct errand *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active && !v->runs[i].live.id)
			run_leave(&v->runs[i], RESULT_UNCHANGED, NULL);
}

static int confirm(struct errand *v, struct fail *f)
{
	struct reporter *rep = v->c->reporter;
	size_t n = fleet_active(v->fleet);

	if (v->c->yes || n == 0)
		return 0;
	return rep->confirm(rep, arena_printf(&v->c->mem, "take %zu target%s off the net?", n, n == 1 ? "" : "s"), NULL, f);
}

static void do_disable(struct errand *v)
{
	static const struct phase disabling = { .id = PHASE_SWITCH, .start = start_disable, .changes = true, .once = true };
	static const struct phase reading = { .id = PHASE_VERIFY, .start = start_read_back, .always = true };

	errand_begin_record(v, NULL);
	errand_intend(v);
	fleet_phase(v->fleet, &disabling);
	fleet_phase(v->fleet, &reading);
	for (size_t i = 0; i < v->count; i++)
		v->o->changed_something = v->o->changed_something || v->runs[i].row.result == RESULT_DEPLOYED;
	errand_record(v);
}

static int disable(struct errand *v, const struct disable_options *o, struct moves_report *out, struct fail *f)
{
	struct disabling *d = errand_items(v, sizeof *d);

	fleet_read(v->fleet);
	leave_dark(v);
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];

		d[i].note = (struct switch_note){ .action = "disable", .by = v->c->who.by, .reason = v->c->message };
		if (r->active && !r->ops->disable)
			leave(r, FAIL_CONFIG, arena_printf(&v->c->mem, "a %s host cannot be disabled", r->row.kind), NULL);
	}
	out->move_count = errand_moves(v, &out->moves);
	if (o->dry_run || !fleet_active(v->fleet) || fleet_interrupted(v->fleet))
		return 0;
	if (confirm(v, f) < 0 || fleet_lock(v->fleet, o->lock_timeout_ms, o->skip_locked, f) < 0)
		return -1;
	fleet_read(v->fleet);
	leave_dark(v);
	do_disable(v);
	return 0;
}

int disable_run(struct context *c, const struct disable_options *o, struct moves_report *out)
{
	struct fail f = FAIL_INIT;
	struct errand v;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	return errand_close(&v, disable(&v, o, out, &f) < 0 ? errand_refuse(&v, &f) : 0);
}

/* ---- enable ---- */

struct enabling {                       /* one place's */
	const char *to;
};

static const char *going_to(struct run *r)
{
	return ((struct enabling *)r->data)->to;
}

static void leave_lit(struct errand *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active && v->runs[i].live.id)
			run_leave(&v->runs[i], RESULT_UNCHANGED, NULL);
}

/* What was live before, if the log tells and it is still there; else the newest that nobody rolled back. */
static const char *before_that(const struct run *r)
{
	const struct switch_record *last = switchlog_last(&r->live.log);
	const char *from = last && last->id && !*last->id ? last->from : NULL;

	if (from && release_find(&r->list, from))
		return from;
	for (size_t i = 0; i < r->list.count; i++)
		if (!r->list.items[i].bad)
			return r->list.items[i].header.id;
	return NULL;
}

static void choose(struct errand *v, struct run *r)
{
	struct enabling *e = r->data;
	const char *to = before_that(r);

	if (!to) {
		leave(r, FAIL_MISSING, "it has no release to put back", "slipway deploy makes one");
		return;
	}
	e->to = arena_strdup(&v->c->mem, to);
	errand_wish(v, r, e->to);
}

static int enable(struct errand *v, const struct disable_options *o, struct moves_report *out, struct fail *f)
{
	const struct switch_wish wish = { .to = going_to, .action = "enable", .reason = v->c->message };

	errand_items(v, sizeof(struct enabling));
	fleet_read(v->fleet);
	leave_lit(v);
	fleet_list(v->fleet);
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active)
			choose(v, &v->runs[i]);
	out->move_count = errand_moves(v, &out->moves);
	if (o->dry_run || !fleet_active(v->fleet) || fleet_interrupted(v->fleet))
		return 0;
	if (fleet_lock(v->fleet, o->lock_timeout_ms, o->skip_locked, f) < 0)
		return -1;
	fleet_read(v->fleet);
	leave_lit(v);
	errand_begin_record(v, NULL);
	errand_intend(v);
	fleet_switch(v->fleet, &wish);
	errand_record(v);
	return 0;
}

int enable_run(struct context *c, const struct disable_options *o, struct moves_report *out)
{
	struct fail f = FAIL_INIT;
	struct errand v;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	return errand_close(&v, enable(&v, o, out, &f) < 0 ? errand_refuse(&v, &f) : 0);
}
