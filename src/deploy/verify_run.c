#include "deploy/commands.h"

#include <string.h>

#include "deploy/errand.h"
#include "deploy/verify_served.h"

struct verifying {                      /* one place's */
	const char *id;                 /* what is read; NULL = not found */
	struct verify_report report;
	struct switch_note note;
};

static void start_verify(struct run *r)
{
	struct verifying *y = r->data;

	r->ops->verify(r->place, y->id, &y->report, run_op(r, run_op_done));
}

/* Marks are best effort: a place that may be read but not written is verified all the same. */
static void marked(struct op *op)
{
	run_done(op->owner, 0);
}

static void start_mark(struct run *r)
{
	struct verifying *y = r->data;

	if (y->note.action)
		r->ops->mark(r->place, y->id, &y->note, run_op(r, marked));
	else
		run_done(r, 0);
}

static void leave(struct run *r, enum fail_kind kind, const char *text, const char *hint)
{
	struct fail f = FAIL_INIT;

	fail_set(&f, kind, "%s", text);
	if (hint)
		fail_hint(&f, "%s", hint);
	fail_stage(&f, "verify");
	run_leave(r, RESULT_FAILED, &f);
}

static void choose(struct errand *v, struct run *r, const struct verify_options *o)
{
	struct verifying *y = r->data;
	bool ambiguous = false, able = o->served ? r->ops->fetch != NULL : r->ops->verify != NULL;

	if (!able) {
		leave(r, FAIL_CONFIG, arena_printf(&v->c->mem, "a %s host cannot %s", r->row.kind,
		                                   o->served ? "say what it holds" : "read back what it holds"), NULL);
		return;
	}
	y->id = o->release ? errand_release(r, o->release, &ambiguous) : r->live.id;
	if (ambiguous)
		leave(r, FAIL_USAGE, arena_printf(&v->c->mem, "more than one release begins with \"%s\"", o->release), NULL);
	else if (!y->id && o->release)
		leave(r, FAIL_MISSING, arena_printf(&v->c->mem, "it has no release \"%s\"", o->release),
		      "`slipway releases` lists them");
	else if (!y->id)
		leave(r, FAIL_MISSING, "nothing is live", NULL);
}

/* Only what is live can drift, and only a change of the verdict is worth a line in the switch log. */
static void judge(struct errand *v, struct run *r)
{
	struct verifying *y = r->data;
	bool was = switchlog_drifted(&r->live.log) != NULL, is = y->report.count > 0;

	if (!r->ops->mark || !r->live.id || strcmp(y->id, r->live.id) != 0 || was == is)
		return;
	y->note.action = is ? "drifted" : "clean";
	y->note.by = v->c->who.by;
	if (is)
		y->note.reason = arena_printf(&v->c->mem, "%s: %s%s", y->report.findings[0].path, y->report.findings[0].what,
		                              y->report.count > 1 ? " and more" : "");
}

static void verify_held(struct errand *v)
{
	static const struct phase reading = { .id = PHASE_VERIFY, .start = start_verify };
	static const struct phase marking = { .id = PHASE_RECORD, .start = start_mark };

	fleet_phase(v->fleet, &reading);
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active)
			judge(v, &v->runs[i]);
	fleet_phase(v->fleet, &marking);
}

/* reports: one a place. */
static void verify(struct errand *v, const struct verify_options *o, struct verify_report *reports)
{
	struct verifying *y = errand_items(v, sizeof *y);

	fleet_read(v->fleet);
	if (o->release)
		fleet_list(v->fleet);
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active)
			choose(v, &v->runs[i], o);
	if (o->served) {
		verify_served(v, reports);
		return;
	}
	verify_held(v);
	for (size_t i = 0; i < v->count; i++)
		reports[i] = y[i].report;
}

static int refuse(const struct context *c, const struct verify_options *o, struct fail *f)
{
	if (o->served && o->release)
		return fail_set(f, FAIL_USAGE, "--served looks at what is live: --release does not go with it");
	if (o->served && !c->http)
		return fail_set(f, FAIL_LOCAL, "there is no network here");
	return 0;
}

int verify_run(struct context *c, const struct verify_options *o, struct verify_run_report *out)
{
	struct verify_report *reports;
	bool difference = false;
	struct errand v;
	int rc;

	memset(out, 0, sizeof *out);
	if (refuse(c, o, &out->outcome.error) < 0)
		return -1;
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	reports = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *reports);
	verify(&v, o, reports);
	out->places = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *out->places);
	for (size_t i = 0; i < v.count; i++) {
		out->places[i] = (struct verify_row){ .row = &v.runs[i].row, .report = reports[i].id ? &reports[i] : NULL };
		difference = difference || reports[i].count > 0;
	}
	rc = errand_close(&v, 0);
	out->outcome.difference = difference;
	return rc;
}
