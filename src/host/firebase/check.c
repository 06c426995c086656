/* check: what `check --online` wants to know before a release night: does the credential get a token, may it read this
 * site, is this machine's clock right. GET projects/P/sites/S (projects.sites.get). */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "host/firebase/call.h"

#define SKEW_MOST_S 60

struct finding { struct check_report *out; struct arena *mem; };

static void add(struct finding *fi, bool ok, const char *what, const char *hint)
{
	fi->out->items[fi->out->count++] = (struct check_finding){ .ok = ok, .what = arena_strdup(fi->mem, what),
		.hint = hint && *hint ? arena_strdup(fi->mem, hint) : NULL };
}

static void check_clock(struct finding *fi, int64_t date_s)
{
	int64_t skew = date_s - clock_wall_s();

	if (date_s < 0)
		return;
	if (skew > -SKEW_MOST_S && skew < SKEW_MOST_S)
		add(fi, true, "this machine's clock agrees with the service's", NULL);
	else
		add(fi, false, arena_printf(fi->mem, "this machine's clock is %" PRId64 " s %s", skew < 0 ? -skew : skew,
					    skew < 0 ? "ahead" : "behind"), "set it: tokens and release ids depend on it");
}

static void have_site(struct call *c)
{
	struct place *p = c->place;
	struct op *op = c->op;
	struct finding fi = { .out = c->owner, .mem = op->mem };
	bool cancelled = c->rc < 0 && c->rq.fail.kind == FAIL_CANCELLED;

	fi.out->items = arena_alloc(op->mem, 3 * sizeof *fi.out->items);
	if (cancelled)
		call_fail(c, op);
	else if (c->rc == 0)
		add(&fi, true, arena_printf(op->mem, "site %s of project %s can be read", p->site, p->project), NULL);
	else
		add(&fi, false, c->rq.fail.text, c->rq.fail.hint);
	check_clock(&fi, c->rq.status ? c->rq.date_s : -1);
	call_free(c);
	op_finish(p->session->loop, op, cancelled ? -1 : 0);
}

void firebase_check(struct place *p, struct check_report *out, struct op *op)
{
	struct call *c = call_new(p, op, "GET", have_site);

	*out = (struct check_report){ NULL, 0 };
	c->owner = out;
	call_site(c);
	call_send(c);
}
