#include "deploy/commands.h"

#include <string.h>

#include "deploy/errand.h"

static void start_check(struct run *r)
{
	if (r->ops->check)
		r->ops->check(r->place, r->data, run_op(r, run_op_done));
	else
		run_done(r, 0);
}

/* A place with a finding fails as a row, with its first finding; the report has them all. */
static void judge(struct run *r)
{
	const struct check_report *report = r->data;
	const struct check_finding *first = NULL;
	struct fail f = FAIL_INIT;
	size_t wrong = 0;

	for (size_t i = 0; i < report->count; i++) {
		if (report->items[i].ok)
			continue;
		first = first ? first : &report->items[i];
		wrong++;
	}
	if (!first)
		return;
	if (wrong > 1)
		fail_set(&f, FAIL_CONFIG, "%s (and %zu more)", first->what, wrong - 1);
	else
		fail_set(&f, FAIL_CONFIG, "%s", first->what);
	if (first->hint)
		fail_hint(&f, "%s", first->hint);
	fail_stage(&f, "check");
	run_leave(r, RESULT_FAILED, &f);
}

int check_online_run(struct context *c, struct check_online_report *out)
{
	static const struct phase checking = { .id = PHASE_READ, .start = start_check };
	struct errand v;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	errand_items(&v, sizeof(struct check_report));
	fleet_phase(v.fleet, &checking);
	out->places = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *out->places);
	for (size_t i = 0; i < v.count; i++) {
		out->places[i] = (struct check_row){ .row = &v.runs[i].row, .report = v.runs[i].data };
		if (v.runs[i].active)
			judge(&v.runs[i]);
	}
	return errand_close(&v, 0);
}
