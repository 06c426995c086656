#include "deploy/commands.h"

#include <string.h>

#include "deploy/channel.h"
#include "deploy/errand.h"
#include "deploy/held.h"

struct promoting {                      /* one place's */
	const char *channel;
	const char *id;                 /* what the channel serves */
};

static const char *promoted_id(struct run *r)
{
	return ((struct promoting *)r->data)->id;
}

/* ---- what the channel serves ---- */

static void was_asked(struct op *op)
{
	struct run *r = op->owner;
	const struct promoting *p = r->data;
	bool missing = op->rc < 0 && op->fail.kind == FAIL_MISSING;

	if (missing || (op->rc == 0 && !p->id)) {
		fail_set(&op->fail, FAIL_MISSING, missing ? "it has no channel %s" : "its channel %s serves nothing",
		         p->channel);
		fail_hint(&op->fail, "deploy --channel %s puts a release there; slipway channels lists them", p->channel);
		op->rc = -1;
	}
	run_done(r, op->rc);
}

static void start_ask(struct run *r)
{
	struct promoting *p = r->data;
	struct op *op = run_op(r, was_asked);

	if (r->ops->channel_live) {
		r->ops->channel_live(r->place, p->channel, &p->id, op);
	} else {
		channel_none(r->row.kind, &op->fail);
		run_done(r, -1);
	}
}

/* ---- what follows from it ---- */

static void settle(struct errand *v, struct run *r, bool again)
{
	struct promoting *p = r->data;
	const struct switch_record *bad = switchlog_bad(&r->live.log, p->id);

	if (r->live.id && strcmp(r->live.id, p->id) == 0) {
		run_leave(r, RESULT_UNCHANGED, NULL);
	} else if (bad && !again) {
		held_leave(r, bad);
		fail_hint(&r->row.fail, "promote --again makes it live all the same");
	} else {
		p->id = arena_strdup(&v->c->mem, p->id);
		errand_wish(v, r, p->id);
	}
}

static int promote(struct errand *v, const struct promote_options *o, struct moves_report *out, struct fail *f)
{
	static const struct phase asking = { .id = PHASE_PLAN, .start = start_ask };
	const struct switch_wish wish = { .to = promoted_id, .action = "promote", .reason = v->c->message };
	struct promoting *p = errand_items(v, sizeof *p);

	for (size_t i = 0; i < v->count; i++)
		p[i].channel = o->channel;
	fleet_read(v->fleet);
	fleet_phase(v->fleet, &asking);
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active)
			settle(v, &v->runs[i], o->again);
	out->move_count = errand_moves(v, &out->moves);
	if (o->dry_run || !fleet_active(v->fleet) || fleet_interrupted(v->fleet))
		return 0;
	if (fleet_lock(v->fleet, o->lock_timeout_ms, o->skip_locked, f) < 0)
		return -1;
	fleet_read(v->fleet);
	errand_begin_record(v, NULL);
	errand_intend(v);
	fleet_switch(v->fleet, &wish);
	errand_record(v);
	return 0;
}

int promote_run(struct context *c, const struct promote_options *o, struct moves_report *out)
{
	struct fail f = FAIL_INIT;
	struct errand v;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	return errand_close(&v, promote(&v, o, out, &f) < 0 ? errand_refuse(&v, &f) : 0);
}
