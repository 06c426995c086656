#include "deploy/fleet.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "deploy/fleet_inside.h"
#include "net/retry.h"

#define SENDS_MOST 5                    /* how often the way is begun, and never again without a look at the place */

static bool same_id(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* ---- durability first ---- */

struct flushing {                       /* all places of one kind */
	struct op op;
	struct arena mem;
	bool over;
};

static void was_flushed(struct op *op)
{
	((struct flushing *)op->owner)->over = true;
}

static int flush_some(struct fleet *fl, const struct host_ops *ops, struct place *const *places, size_t count,
		      struct fail *f)
{
	struct flushing fg = { .mem = ARENA_INIT };
	int64_t cut_ns = 0;

	fg.op.done = was_flushed;
	fg.op.owner = &fg;
	fg.op.mem = &fg.mem;
	ops->flush(places, count, &fg.op);
	while (!fg.over) {
		fleet_turn(fl, 100);
		if (fleet_interrupted(fl) && !cut_ns)
			cut_ns = clock_mono_ns() + patience_ms(ops->kind) * 1000000;
		if (cut_ns && clock_mono_ns() >= cut_ns)
			atomic_store(&fg.op.cancel, true);
	}
	*f = fg.op.fail;
	fail_stage(f, "flush");
	arena_clear(&fg.mem);
	return fg.op.rc;
}

static void leave_unflushed(struct fleet *fl, const struct place *place, const struct fail *f)
{
	for (size_t i = 0; i < fl->count; i++)
		if (fl->runs[i].place == place)
			run_leave(&fl->runs[i], f->kind == FAIL_CANCELLED ? RESULT_INTERRUPTED : RESULT_FAILED, f);
}

/* All at once is the fast way; when it fails, each by itself tells whose trouble it is. */
static void flush_kind(struct fleet *fl, const struct host_ops *ops, struct place *const *places, size_t count)
{
	struct fail all = FAIL_INIT;

	if (flush_some(fl, ops, places, count, &all) == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		struct fail own = all;

		if (count == 1 || all.kind == FAIL_CANCELLED || fleet_interrupted(fl) ||
		    flush_some(fl, ops, places + i, 1, &own) < 0)
			leave_unflushed(fl, places[i], &own);
	}
}

static void flush_all(struct fleet *fl)
{
	struct place **places = xcalloc(fl->count, sizeof *places);

	for (size_t i = 0; i < fl->count; i++) {
		const struct host_ops *ops = fl->runs[i].ops;
		size_t n = 0;
		bool first = true;
		for (size_t k = 0; k < i; k++)
			first = first && fl->runs[k].ops != ops;
		if (!first || !ops || !ops->flush)
			continue;
		for (size_t k = i; k < fl->count; k++)
			if (fl->runs[k].active && fl->runs[k].ops == ops && seat_of(&fl->runs[k])->sw.fate == FATE_TODO)
				places[n++] = fl->runs[k].place;
		if (n && !fleet_interrupted(fl))
			flush_kind(fl, ops, places, n);
	}
	free(places);
}

/* ---- the steps ---- */

static void run_step(struct run *r);

static void tell_switch(const struct run *r)
{
	struct reporter *rep = r->fleet->c->reporter;
	const struct switching *sw = &seat_of(r)->sw;
	struct strbuf detail = STRBUF_INIT;
	struct jw w;

	jw_init(&w, &detail, 0);
	jw_object(&w);
	jw_kstr(&w, "action", r->fleet->wish->action);
	jw_kstr(&w, "from", sw->from);
	jw_kstr(&w, "to", sw->to);
	jw_end(&w);
	rep->event(rep, "switch", &r->row, detail.buf);
	strbuf_clear(&detail);
}

static void arrived(struct run *r)
{
	struct switching *sw = &seat_of(r)->sw;

	sw->fate = FATE_OVER;
	seat_of(r)->switched = true;
	r->row.live = sw->to;
	r->row.release = sw->to;
	r->row.previous = sw->from;
	tell_switch(r);
	run_finish(r, RESULT_DEPLOYED);
}

static void step_done(struct op *op)
{
	struct run *r = op->owner;
	struct switching *sw = &seat_of(r)->sw;

	if (op->rc == 0) {
		sw->next++;
		run_step(r);
	} else if (sw->fate == FATE_UNDO) {
		/* The reason stays the one of the way there. */
		sw->fate = FATE_LOST;
		run_done(r, 0);
	} else {
		sw->fate = FATE_DOUBT;
		sw->why = op->fail;
		fleet_say_late(r, &sw->why);
		run_done(r, 0);
	}
}

/* Steps in order; a group is over before the next one begins. */
static void run_step(struct run *r)
{
	struct switching *sw = &seat_of(r)->sw;
	const struct switch_wish *wish = r->fleet->wish;
	bool undo = sw->fate == FATE_UNDO;
	struct switch_note note = { .action = undo ? "undo" : wish->action, .by = r->fleet->c->who.by,
				    .reason = undo ? sw->why.text : wish->reason,
				    .ci = r->fleet->c->who.ci };

	if (sw->next < sw->plan.step_count) {
		r->ops->step(r->place, &sw->plan.steps[sw->next], &note, run_op(r, step_done));
		return;
	}
	if (!undo)
		arrived(r);
	run_done(r, 0);
}

static void begin_way(struct run *r)
{
	struct switching *sw = &seat_of(r)->sw;
	struct op *op = run_op(r, step_done);

	sw->next = 0;
	sw->sent++;
	if (same_id(sw->from, sw->to)) {
		sw->fate = FATE_OVER;
		run_finish(r, RESULT_UNCHANGED);
		run_done(r, 0);
	} else if (r->ops->switch_plan(r->place, sw->from, sw->to, &sw->plan, &r->mem, &op->fail) < 0) {
		sw->fate = FATE_OVER;
		run_done(r, -1);
	} else {
		run_step(r);
	}
}

static void pause_over(struct timer *t)
{
	begin_way(((struct seat *)((char *)t - offsetof(struct seat, pause)))->run);
}

static void start_switch(struct run *r)
{
	struct seat *s = seat_of(r);

	if (s->sw.sent == 0) {
		begin_way(r);
		return;
	}
	s->pause.fire = pause_over;
	loop_timer(r->fleet->c->loop, &s->pause, s->sw.delay_ms);
}

/* ---- after an unknown: what is live? ---- */

static void told_live(struct op *op)
{
	struct run *r = op->owner;

	if (op->rc == 0)
		r->row.live = seat_of(r)->sw.after.id;
	run_done(r, op->rc);
}

static void probed(struct op *op)
{
	struct run *r = op->owner;
	struct switching *sw = &seat_of(r)->sw;

	if (op->rc < 0) {
		run_done(r, -1);
		return;
	}
	sw->after = (struct live_state){ .newest_s = -1 };
	r->ops->read(r->place, &sw->after, run_op(r, told_live));
}

/* The probe speaks of the release, the read of the place: both are asked, since somebody else may have switched
 * meanwhile. */
static void start_probe(struct run *r)
{
	struct switching *sw = &seat_of(r)->sw;

	r->ops->probe(r->place, sw->to, &sw->state, run_op(r, probed));
}

static void leave_switch(struct run *r, enum result result)
{
	struct switching *sw = &seat_of(r)->sw;

	sw->fate = FATE_OVER;
	fail_stage(&sw->why, "switch");
	r->row.release = NULL;
	run_leave(r, result, &sw->why);
}

void switch_unknown(struct run *r, const struct fail *why)
{
	struct switching *sw = &seat_of(r)->sw;

	fail_wrap(&sw->why, "the switch went unanswered and what is live could not be read back (%s)", why->text);
	fail_hint(&sw->why, "slipway status %s tells what is live once it can be reached", run_words(r));
	r->row.live = NULL;
	leave_switch(r, RESULT_UNKNOWN);
}

/* Is the way to be begun again? Then delay_ms says when. */
static enum retry_verdict once_more(struct run *r)
{
	struct fleet *fl = r->fleet;
	struct switching *sw = &seat_of(r)->sw;
	struct retry answer = retry_judge(&sw->why, sw->sent, fl->retries, fleet_dice());

	if (answer.verdict != RETRY_WAIT)
		return answer.verdict;
	if (sw->sent >= SENDS_MOST || fleet_interrupted(fl))
		return RETRY_NEVER;
	fl->retries--;
	sw->delay_ms = answer.delay_ms;
	return RETRY_WAIT;
}

/* What the read-back means. The way is begun again only where the place is known to stand where it stood before. */
static void judge(struct run *r)
{
	struct switching *sw = &seat_of(r)->sw;
	enum retry_verdict again = RETRY_NEVER;

	if (sw->state == RELEASE_LIVE && same_id(sw->after.id, sw->to)) {
		run_note(r, "the switch is live, though it was answered with: %s", sw->why.text);
		arrived(r);
		return;
	}
	if (same_id(sw->after.id, sw->from))
		again = once_more(r);
	if (again == RETRY_WAIT) {
		sw->fate = FATE_TODO;
	} else if (again == RETRY_PENDING && sw->next == 0) {
		leave_switch(r, RESULT_PENDING);
	} else if (sw->next > 0) {
		sw->fate = FATE_UNDO;
	} else {
		leave_switch(r, sw->why.kind == FAIL_CANCELLED ? RESULT_INTERRUPTED : RESULT_FAILED);
	}
}

static bool in_doubt(const struct run *r)
{
	return r->active && seat_of(r)->sw.fate == FATE_DOUBT;
}

static void read_back(struct fleet *fl)
{
	static const struct phase ph = { .id = PHASE_VERIFY, .start = start_probe, .always = true };

	fleet_walk(fl, &ph, in_doubt);
	for (size_t i = 0; i < fl->count; i++)
		if (in_doubt(&fl->runs[i]))
			judge(&fl->runs[i]);
}

/* ---- taking back what stopped between two groups ---- */

static void start_undo(struct run *r)
{
	struct switching *sw = &seat_of(r)->sw;
	struct op *op = run_op(r, step_done);

	sw->next = 0;
	seat_of(r)->switched = true;
	if (sw->from && r->ops->switch_plan(r->place, sw->to, sw->from, &sw->plan, &r->mem, &op->fail) == 0) {
		run_step(r);
	} else {
		sw->fate = FATE_LOST;
		run_done(r, 0);
	}
}

static bool is_partial(const struct run *r)
{
	return r->active && seat_of(r)->sw.fate == FATE_UNDO;
}

static void undo_partial(struct fleet *fl)
{
	static const struct phase undo = {
		.id = PHASE_SWITCH, .start = start_undo, .changes = true, .always = true, .once = true
	};

	fleet_walk(fl, &undo, is_partial);
	for (size_t i = 0; i < fl->count; i++) {
		struct run *r = &fl->runs[i];
		struct switching *sw = &fl->seats[i].sw;
		if (!r->active || (sw->fate != FATE_UNDO && sw->fate != FATE_LOST))
			continue;
		bool lost = sw->fate == FATE_LOST;
		if (lost)
			fail_wrap(&sw->why, "stopped half-way, and what was switched could not be taken back");
		r->row.live = lost ? NULL : sw->from;
		leave_switch(r, lost ? RESULT_UNKNOWN : RESULT_FAILED);
	}
}

/* ---- all of it ---- */

static bool is_todo(const struct run *r)
{
	return r->active && seat_of(r)->sw.fate == FATE_TODO;
}

static bool any_todo(const struct fleet *fl)
{
	for (size_t i = 0; i < fl->count; i++)
		if (is_todo(&fl->runs[i]))
			return true;
	return false;
}

void fleet_switch(struct fleet *fl, const struct switch_wish *wish)
{
	static const struct phase ph = { .id = PHASE_SWITCH, .start = start_switch, .changes = true, .once = true };

	fl->wish = wish;
	for (size_t i = 0; i < fl->count; i++) {
		struct run *r = &fl->runs[i];
		const char *to = r->active && r->row.result == RESULT_NONE ? wish->to(r) : NULL;
		fl->seats[i].sw = (struct switching){ .fate = to ? FATE_TODO : FATE_NONE, .to = to };
		fl->seats[i].sw.from = wish->from && to ? wish->from(r) : r->live.id;
	}
	flush_all(fl);
	while (any_todo(fl)) {
		fleet_walk(fl, &ph, is_todo);
		read_back(fl);
	}
	undo_partial(fl);
	fl->wish = NULL;
}
