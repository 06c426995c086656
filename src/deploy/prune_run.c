#include "deploy/commands.h"

#include <string.h>

#include "deploy/channel.h"
#include "deploy/errand.h"
#include "deploy/keep.h"

struct pruning {                        /* one place's */
	struct keep_policy keep;
	const char **ids;               /* what goes, oldest first */
	size_t count, next;
	uint64_t freed, freed_now;
};

/* ---- the policy ---- */

static int policy_of(struct keep_policy *out, const struct target *t, const struct prune_options *o, struct fail *f)
{
	if (o->keep < 0)
		return keep_policy_of(out, t, f);
	*out = (struct keep_policy){ .last = (unsigned)o->keep };
	return 0;
}

/* Another channel of the place serves it; the host would not let it go. */
static bool is_previewed(const struct run *r, const char *id)
{
	for (size_t i = 0; i < r->channels.count; i++)
		if (r->channels.items[i].live && strcmp(r->channels.items[i].live, id) == 0)
			return true;
	return false;
}

static void choose_drops(struct errand *v, struct run *r, bool foreign)
{
	struct pruning *p = r->data;
	bool *drop = arena_alloc(&v->c->mem, (r->list.count ? r->list.count : 1) * sizeof *drop);
	size_t n = release_retain(&r->list, &p->keep, v->c->now_s, foreign, drop);

	p->ids = arena_alloc(&v->c->mem, (n ? n : 1) * sizeof *p->ids);
	p->count = 0;
	for (size_t i = r->list.count; i-- > 0;)
		if (drop[i] && !is_previewed(r, r->list.items[i].header.id))
			p->ids[p->count++] = arena_strdup(&v->c->mem, r->list.items[i].header.id);
}

/* ---- removing ---- */

static void drop_next(struct run *r);

static void dropped(struct op *op)
{
	struct run *r = op->owner;
	struct pruning *p = r->data;

	if (op->rc < 0) {
		fail_wrap(&op->fail, "%s", p->ids[p->next]);
		run_done(r, -1);
		return;
	}
	p->freed += p->freed_now;
	p->next++;
	drop_next(r);
}

static void drop_next(struct run *r)
{
	struct pruning *p = r->data;

	if (p->next == p->count || fleet_interrupted(r->fleet)) {
		run_done(r, 0);
		return;
	}
	p->freed_now = 0;
	r->ops->drop(r->place, p->ids[p->next], &p->freed_now, run_op(r, dropped));
}

static void start_drop(struct run *r)
{
	if (r->ops->drop)
		drop_next(r);
	else
		run_done(r, 0);
}

static void start_sweep(struct run *r)
{
	if (r->ops->sweep)
		r->ops->sweep(r->place, NULL, run_op(r, run_op_done));
	else
		run_done(r, 0);
}

/* ---- the command ---- */

static void choose(struct errand *v, const struct prune_options *o)
{
	fleet_list(v->fleet);
	channel_list_all(v->fleet);
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active)
			choose_drops(v, &v->runs[i], o->foreign);
}

/* A place whose root is not there yet has nothing to drop, and locking it would create it. */
static int gather(struct errand *v, const struct prune_options *o, struct fail *f)
{
	for (size_t i = 0; i < v->count; i++)
		if (policy_of(&((struct pruning *)v->runs[i].data)->keep, v->runs[i].target, o, f) < 0)
			return -1;
	fleet_read(v->fleet);
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active && v->runs[i].live.absent)
			run_leave(&v->runs[i], RESULT_UNCHANGED, NULL);
	choose(v, o);
	return 0;
}

/* The choice is made again under the lock: what was not live when it was listed may be live by now. */
static int prune(struct errand *v, const struct prune_options *o, struct fail *f)
{
	static const struct phase sweeping = { .id = PHASE_PRUNE, .start = start_sweep, .changes = true };
	static const struct phase dropping = { .id = PHASE_PRUNE, .start = start_drop, .changes = true };

	if (gather(v, o, f) < 0)
		return -1;
	if (o->dry_run || !fleet_active(v->fleet) || fleet_interrupted(v->fleet))
		return 0;
	if (fleet_lock(v->fleet, o->lock_timeout_ms, o->skip_locked, f) < 0)
		return -1;
	fleet_read(v->fleet);
	choose(v, o);
	errand_begin_record(v, NULL);
	fleet_phase(v->fleet, &sweeping);
	fleet_phase(v->fleet, &dropping);
	return 0;
}

static void fill(const struct errand *v, const struct prune_options *o, struct prune_report *out)
{
	out->places = arena_alloc(&v->c->mem, (v->count ? v->count : 1) * sizeof *out->places);
	for (size_t i = 0; i < v->count; i++) {
		const struct pruning *p = v->runs[i].data;

		out->places[i] = (struct prune_row){ .row = &v->runs[i].row, .dropped = p->ids, .freed_bytes = p->freed,
		                                     .count = o->dry_run ? p->count : p->next };
	}
}

int prune_run(struct context *c, const struct prune_options *o, struct prune_report *out)
{
	struct fail f = FAIL_INIT;
	struct errand v;
	int rc;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	errand_items(&v, sizeof(struct pruning));
	rc = prune(&v, o, &f) < 0 ? errand_refuse(&v, &f) : 0;
	fill(&v, o, out);
	return errand_close(&v, rc);
}
