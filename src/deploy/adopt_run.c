#include "deploy/commands.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "deploy/errand.h"

struct adopting {                       /* one place's */
	struct adopt_request rq;
	struct adopt_report report;
	bool asked;                     /* the report was filled */
};

static void adopted(struct op *op)
{
	struct run *r = op->owner;
	struct adopting *a = r->data;

	a->asked = op->rc == 0;
	run_done(r, op->rc);
}

static void start_adopt(struct run *r)
{
	struct adopting *a = r->data;

	if (r->row.result != RESULT_NONE) {
		run_done(r, 0);
		return;
	}
	r->ops->adopt(r->place, &a->rq, &a->report, run_op(r, adopted));
}

/* A foreign name: not a release id, so that no deploy ever takes it for one of its own. */
static const char *adopted_id(struct context *c)
{
	time_t now = (time_t)c->now_s;
	char text[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof text, "adopted-%Y%m%d-%H%M%S", &tm);
	return arena_strdup(&c->mem, text);
}

static void leave(struct run *r, enum result result, enum fail_kind kind, const char *text)
{
	struct fail f = FAIL_INIT;

	fail_set(&f, kind, "%s", text);
	fail_stage(&f, "plan");
	run_leave(r, result, &f);
}

/* Without --from, what is adopted is the directory that stands where the link should be. */
static void prepare(struct errand *v, const struct adopt_options *o)
{
	const char *id = adopted_id(v->c);

	fleet_read(v->fleet);
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];
		struct adopting *a = r->data;

		if (!r->active)
			continue;
		a->rq = (struct adopt_request){ .id = id, .by = v->c->who.by, .from = o->from, .dry_run = true };
		if (!r->ops->adopt)
			leave(r, RESULT_FAILED, FAIL_CONFIG,
			      arena_printf(&v->c->mem, "a %s host has no directory to adopt", r->row.kind));
		else if (!o->from && !r->live.blocked && r->live.id)
			run_leave(r, RESULT_UNCHANGED, NULL);
		else if (!o->from && !r->live.blocked)
			leave(r, RESULT_FAILED, FAIL_MISSING, "there is nothing to adopt: no directory stands there");
	}
}

/* What was done is final; what would need a gap that nobody has agreed to was left alone, and still counts among the
 * active. */
static size_t settle(struct errand *v, int64_t *longest_us)
{
	size_t gaps = 0;

	*longest_us = 0;
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];
		const struct adopting *a = r->data;

		if (!r->active || r->row.result != RESULT_NONE)
			continue;
		if (a->report.needs_gap && !a->rq.accept_gap) {
			gaps++;
			*longest_us = a->report.gap_us > *longest_us ? a->report.gap_us : *longest_us;
			continue;
		}
		r->row.release = r->row.live = a->rq.id;
		v->o->changed_something = true;
		run_finish(r, RESULT_DEPLOYED);
	}
	return gaps;
}

/* Whether a place can be swapped in one step shows only when it is tried: the kernel and the file system decide. */
static int confirm_gap(struct errand *v, size_t gaps, int64_t longest_us, struct fail *f)
{
	struct reporter *rep = v->c->reporter;
	const char *question;

	if (v->c->yes)
		return 0;
	question = arena_printf(&v->c->mem, "%zu place%s cannot be swapped in one step: visitors would find nothing for "
		"about %.1f ms; go on?", gaps, gaps == 1 ? "" : "s", (double)longest_us / 1000.0);
	return rep->confirm(rep, question, NULL, f);
}

static void adopt_with_gap(struct errand *v, const struct phase *doing, size_t gaps, int64_t longest_us)
{
	struct fail no = FAIL_INIT;
	bool agreed = confirm_gap(v, gaps, longest_us, &no) == 0;

	fail_stage(&no, "switch");
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];
		struct adopting *a = r->data;

		if (!r->active || r->row.result != RESULT_NONE)
			continue;
		a->rq.accept_gap = agreed;
		if (!agreed)
			run_leave(r, RESULT_SKIPPED, &no);
	}
	if (!agreed && !v->o->changed_something)
		v->o->error = no;
	fleet_phase(v->fleet, doing);
	settle(v, &longest_us);
}

static int adopt(struct errand *v, const struct adopt_options *o, struct fail *f)
{
	static const struct phase looking = { .id = PHASE_PLAN, .start = start_adopt };
	static const struct phase doing = { .id = PHASE_SWITCH, .start = start_adopt, .changes = true, .once = true };
	int64_t longest_us;
	size_t gaps;

	prepare(v, o);
	fleet_phase(v->fleet, &looking);
	if (o->dry_run || !fleet_active(v->fleet) || fleet_interrupted(v->fleet))
		return 0;
	if (fleet_lock(v->fleet, 0, false, f) < 0)
		return -1;
	for (size_t i = 0; i < v->count; i++) {
		struct adopting *a = v->runs[i].data;

		a->rq.dry_run = false;
		if (v->runs[i].active)
			errand_wish(v, &v->runs[i], a->rq.id);
	}
	errand_begin_record(v, NULL);
	errand_intend(v);
	fleet_phase(v->fleet, &doing);
	gaps = settle(v, &longest_us);
	if (gaps)
		adopt_with_gap(v, &doing, gaps, longest_us);
	errand_record(v);
	return v->o->error.kind == FAIL_NONE ? 0 : -1;
}

int adopt_run(struct context *c, const struct adopt_options *o, struct adopt_run_report *out)
{
	struct fail f = FAIL_INIT;
	struct errand v;
	int rc;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	errand_items(&v, sizeof(struct adopting));
	rc = adopt(&v, o, &f);
	if (f.kind != FAIL_NONE)
		errand_refuse(&v, &f);
	out->places = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *out->places);
	for (size_t i = 0; i < v.count; i++) {
		const struct adopting *a = v.runs[i].data;

		out->places[i] = (struct adopt_row){ .row = &v.runs[i].row, .report = a->asked ? &a->report : NULL };
	}
	return errand_close(&v, rc);
}
