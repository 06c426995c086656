#include "deploy/commands.h"

#include <string.h>

#include "deploy/status_judge.h"
#include "deploy/errand.h"

struct looked {                         /* one place's */
	struct verify_report deep;
};

static void start_deep(struct run *r)
{
	struct looked *l = r->data;

	if (r->live.id && r->ops->verify)
		r->ops->verify(r->place, r->live.id, &l->deep, run_op(r, run_op_done));
	else
		run_done(r, 0);
}

static const struct ledger_place *last_of(struct errand *v, const struct run *r)
{
	struct context *c = v->c;
	struct ledger_place *last = arena_alloc(&c->mem, sizeof *last);
	struct fail f = FAIL_INIT;
	int found;

	if (!c->ledger)
		return NULL;
	found = ledger_last(c->ledger, c->env.environment ? c->env.environment->name : NULL, r->row.place, last, &c->mem,
	                    &f);
	if (found < 0)
		errand_note(v, &r->row, "the record could not be read: %s", f.text);
	return found > 0 ? last : NULL;
}

static void judge(struct errand *v, struct run *r, const char *newest, struct status_row *out)
{
	const struct status_facts facts = { .live = &r->live, .last = last_of(v, r), .newest = newest,
	                                    .now_s = v->c->now_s };
	const struct looked *l = r->data;
	struct status_verdict verdict = status_judge(&facts, &v->c->mem);

	out->health = verdict.health;
	out->wanted = verdict.wanted;
	out->note = verdict.note;
	out->header = r->live.has_header ? &r->live.header : NULL;
	if (l->deep.count == 0)
		return;
	out->health = PLACE_DRIFTED;
	out->note = arena_printf(&v->c->mem, "%zu finding%s, first: %s: %s", l->deep.count, l->deep.count == 1 ? "" : "s",
	                         l->deep.findings[0].path, l->deep.findings[0].what);
}

/* A place that was read and then failed on the way (the deep look) still has its live release; only one that never
 * answered is unreachable. */
static void judge_all(struct errand *v, struct status_row *out)
{
	const char *newest = NULL;

	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active)
			newest = status_newest(newest, v->runs[i].live.id);
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];

		out[i].row = &r->row;
		if (r->active) {
			judge(v, r, newest, &out[i]);
		} else {
			out[i].health = PLACE_UNREACHABLE;
			out[i].note = r->row.fail.kind != FAIL_NONE ? r->row.fail.text : NULL;
		}
	}
}

int status_run(struct context *c, const struct status_options *o, struct status_report *out)
{
	static const struct phase deep = { .id = PHASE_VERIFY, .start = start_deep };
	struct errand v;
	int rc;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	errand_items(&v, sizeof(struct looked));
	out->places = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *out->places);
	fleet_read(v.fleet);
	if (o->deep)
		fleet_phase(v.fleet, &deep);
	judge_all(&v, out->places);
	rc = errand_close(&v, 0);
	for (size_t i = 0; o->exit_code && i < v.count; i++)
		out->outcome.difference = out->outcome.difference || out->places[i].health != PLACE_LIVE;
	return rc;
}
