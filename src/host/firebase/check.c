/* check: what `check --online` wants to know before a release night: does the credential get a token, may it read this
 * site, may it change it, is this machine's clock right. GET projects/P/sites/S (projects.sites.get); then a version
 * is created and deleted again (sites.versions.create, delete), since no other call of this API tells: visitors see
 * nothing of it, and one that stays would be given up by the service after 12 hours. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "host/firebase/call.h"

#define SKEW_MOST_S 60
#define FINDINGS_MOST 3         /* reading, the clock, changing */

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

/* Of one place; in its op's memory. */
struct checking {
	struct finding findings;
	const char *version;            /* what was created */
};

static void end(struct call *c, int rc)
{
	struct place *p = c->place;
	struct op *op = c->op;

	if (rc < 0)
		call_fail(c, op);
	call_free(c);
	op_finish(p->session->loop, op, rc);
}

static bool was_cancelled(const struct call *c)
{
	return c->rc < 0 && c->rq.fail.kind == FAIL_CANCELLED;
}

static void was_deleted(struct call *c)
{
	struct checking *k = c->owner;
	bool gone = c->rc < 0 && c->rq.status == 404;   /* by one whose answer was lost */

	if (!was_cancelled(c) && c->rc < 0 && !gone)
		add(&k->findings, false, arena_printf(k->findings.mem, "%s was created to try it and cannot be deleted: %s",
						      version_id(k->version), c->rq.fail.text), c->rq.fail.hint);
	else if (!was_cancelled(c))
		add(&k->findings, true, "versions can be created there, and deleted", NULL);
	end(c, was_cancelled(c) ? -1 : 0);
}

static void was_created(struct call *c)
{
	struct checking *k = c->owner;
	struct place *p = c->place;
	struct op *op = c->op;
	const char *name = json_string(json_get(c->answer, "name"));

	if (c->rc < 0 || !name || !strstr(name, "/versions/")) {
		if (!was_cancelled(c))
			add(&k->findings, false, c->rc < 0 ? c->rq.fail.text : "what was created is not named as a version",
			    c->rq.fail.hint);
		end(c, was_cancelled(c) ? -1 : 0);
		return;
	}
	k->version = arena_strdup(op->mem, name);
	call_free(c);
	c = call_new(p, op, "DELETE", was_deleted);
	c->owner = k;
	strbuf_addf(&c->path, "/v1beta1/%s", k->version);
	call_send(c);
}

static void try_to_create(struct place *p, struct checking *k, struct op *op)
{
	struct call *c = call_new(p, op, "POST", was_created);

	c->once = true;
	c->owner = k;
	call_site(c);
	strbuf_addstr(&c->path, "/versions");
	strbuf_addstr(&c->body, "{\"labels\":{\"slipway-check\":\"1\"}}");
	call_send(c);
}

static void have_site(struct call *c)
{
	struct place *p = c->place;
	struct op *op = c->op;
	struct checking *k = c->owner;
	bool readable = c->rc == 0;

	if (readable)
		add(&k->findings, true, arena_printf(op->mem, "site %s of project %s can be read", p->site, p->project), NULL);
	else if (!was_cancelled(c))
		add(&k->findings, false, c->rq.fail.text, c->rq.fail.hint);
	check_clock(&k->findings, c->rq.status ? c->rq.date_s : -1);
	if (!readable) {
		end(c, was_cancelled(c) ? -1 : 0);
		return;
	}
	call_free(c);
	try_to_create(p, k, op);
}

void firebase_check(struct place *p, struct check_report *out, struct op *op)
{
	struct call *c = call_new(p, op, "GET", have_site);
	struct checking *k = arena_alloc(op->mem, sizeof *k);

	*out = (struct check_report){ .items = arena_alloc(op->mem, FINDINGS_MOST * sizeof *out->items) };
	*k = (struct checking){ .findings = { .out = out, .mem = op->mem } };
	c->owner = k;
	call_site(c);
	call_send(c);
}
