#include "deploy/commands.h"

#include <string.h>

#include "base/clock.h"
#include "deploy/decide.h"
#include "deploy/outcome.h"

static int look(struct wish *w, struct fleet *fl, struct fail *f)
{
	fleet_read(fl);
	int rc = decide(w, fl, f);
	if (rc == 0 && fleet_interrupted(fl))
		rc = fail_set(f, FAIL_CANCELLED, "interrupted");
	return rc;
}

static bool any_difference(const struct outcome *o)
{
	for (size_t i = 0; i < o->row_count; i++)
		if (o->rows[i]->result == RESULT_NONE)
			return true;
	return false;
}

static int plan_fleet(struct wish *w, struct plan_report *out, struct fail *f)
{
	struct fleet *fl;
	size_t count;

	if (fleet_open(&fl, w->c, f) < 0)
		return -1;
	fleet_runs(fl, &count);
	out->places = arena_alloc(&w->c->mem, (count + 1) * sizeof *out->places);
	wish_attach(w, fl, out->places);
	int rc = look(w, fl, f);
	fleet_fill(fl, &out->outcome);
	out->outcome.difference = any_difference(&out->outcome);
	fleet_close(fl);
	return rc;
}

int plan_run(struct context *c, const struct deploy_options *o, struct plan_report *out)
{
	struct fail f = FAIL_INIT;
	struct wish w;

	memset(out, 0, sizeof *out);
	out->outcome.started_ns = clock_mono_ns();
	int rc = wish_make(&w, c, o, true, &f);
	if (w.builds)
		outcome_builds(&out->outcome, c, w.builds, &out->builds, &out->build_count);
	if (rc == 0)
		rc = plan_fleet(&w, out, &f);
	if (rc < 0)
		outcome_fail(&out->outcome, c, &f);
	wish_free(&w);
	out->outcome.ended_ns = clock_mono_ns();
	return rc;
}
