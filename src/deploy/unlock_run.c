#include "deploy/commands.h"

#include <string.h>

#include "deploy/errand.h"

struct holding {                        /* one place's */
	struct lock_info holder;        /* token NULL = free */
	bool freed;
};

static void start_peek(struct run *r)
{
	if (r->ops->peek_lock)
		r->ops->peek_lock(r->place, r->data, run_op(r, run_op_done));
	else
		run_done(r, 0);
}

/* The host has looked: a holder that it knows to be dead has expired. */
static bool is_stale(const struct lock_info *l)
{
	return l->now_s >= l->expires_s;
}

static void broken(struct op *op)
{
	struct run *r = op->owner;
	struct holding *h = r->data;

	h->freed = op->rc == 0;
	run_done(r, op->rc);
}

static void start_break(struct run *r)
{
	struct holding *h = r->data;

	if (h->holder.token && r->ops->break_lock)
		r->ops->break_lock(r->place, h->holder.token, run_op(r, broken));
	else
		run_done(r, 0);
}

/* Freeing a lock under a living holder is asked once for all places: the holder's next step fails there, and its
 * run with it. */
static int decide(struct errand *v, bool force, struct fail *f)
{
	struct reporter *rep = v->c->reporter;
	const struct run *live = NULL;
	size_t count = 0;

	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];
		const struct holding *h = r->data;

		if (!r->active || !h->holder.token)
			continue;
		errand_note(v, &r->row, "locked by %s%s", errand_holder(&h->holder, &v->c->mem),
		          is_stale(&h->holder) ? ": stale" : "");
		if (is_stale(&h->holder))
			continue;
		live = live ? live : r;
		count++;
	}
	if (!live)
		return 0;
	if (!force) {
		const struct holding *h = live->data;

		fail_set(f, FAIL_CONFLICT, "%s is locked by %s, and its lease runs another %lld s", live->row.place,
		         errand_holder(&h->holder, &v->c->mem), (long long)(h->holder.expires_s - h->holder.now_s));
		if (count > 1)
			fail_wrap(f, "%zu locks are live", count);
		fail_stage(f, "lock");
		return fail_hint(f, "wait for it, or `slipway unlock %s --force` if it is certain that it no longer runs",
		                 run_words(live));
	}
	if (v->c->yes)
		return 0;
	return rep->confirm(rep, arena_printf(&v->c->mem,
	                                      "%zu lock%s belong%s to a command that still runs; free %s anyway?", count,
	                                      count == 1 ? "" : "s", count == 1 ? "s" : "", count == 1 ? "it" : "them"),
		NULL, f);
}

int unlock_run(struct context *c, const struct unlock_options *o, struct unlock_report *out)
{
	static const struct phase peek = { .id = PHASE_READ, .start = start_peek };
	static const struct phase freeing = { .id = PHASE_UNLOCK, .start = start_break, .changes = true };
	struct fail f = FAIL_INIT;
	struct errand v;
	int rc = 0;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	errand_items(&v, sizeof(struct holding));
	fleet_phase(v.fleet, &peek);
	if (decide(&v, o->force, &f) < 0)
		rc = errand_refuse(&v, &f);
	else
		fleet_phase(v.fleet, &freeing);
	out->places = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *out->places);
	for (size_t i = 0; i < v.count; i++) {
		const struct holding *h = v.runs[i].data;

		out->places[i] = (struct unlock_row){ .row = &v.runs[i].row, .holder = h->holder.token ? &h->holder : NULL,
		                                      .freed = h->freed };
	}
	return errand_close(&v, rc);
}
