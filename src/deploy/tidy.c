#include "deploy/tidy.h"

#include <stdlib.h>

#include "deploy/keep.h"

struct tidying {                        /* r->data while it lasts */
	const char *keep_id;
	struct release_list list;
	bool *drop;
	size_t next;
	uint64_t freed;
};

static void drop_next(struct run *r);

static void was_dropped(struct op *op)
{
	struct run *r = op->owner;
	struct tidying *t = r->data;

	if (op->rc < 0) {
		if (op->fail.kind != FAIL_CANCELLED)
			run_note(r, "release %s was not dropped: %s", t->list.items[t->next].header.id, op->fail.text);
		run_done(r, 0);
		return;
	}
	t->next++;
	drop_next(r);
}

static void drop_next(struct run *r)
{
	struct tidying *t = r->data;

	while (t->next < t->list.count && !t->drop[t->next])
		t->next++;
	if (t->next == t->list.count || fleet_interrupted(r->fleet))
		run_done(r, 0);
	else
		r->ops->drop(r->place, t->list.items[t->next].header.id, &t->freed, run_op(r, was_dropped));
}

static void was_listed(struct op *op)
{
	struct run *r = op->owner;
	struct tidying *t = r->data;
	struct keep_policy keep;
	struct fail f = FAIL_INIT;

	if (op->rc == 0 && keep_policy_of(&keep, r->target, &f) == 0) {
		t->drop = arena_alloc(&r->mem, t->list.count + 1);
		release_retain(&t->list, &keep, fleet_context(r->fleet)->now_s, false, t->drop);
		drop_next(r);
		return;
	}
	if (op->rc == 0 || op->fail.kind != FAIL_CANCELLED)
		run_note(r, "old releases were not dropped: %s", op->rc < 0 ? op->fail.text : f.text);
	run_done(r, 0);
}

static void list_again(struct run *r)
{
	struct tidying *t = r->data;

	if (r->ops->drop)
		r->ops->list(r->place, &t->list, run_op(r, was_listed));
	else
		run_done(r, 0);
}

static void was_swept(struct op *op)
{
	struct run *r = op->owner;

	if (op->rc < 0 && op->fail.kind != FAIL_CANCELLED)
		run_note(r, "leftovers of earlier runs were not removed: %s", op->fail.text);
	if (op->rc < 0 && op->fail.kind == FAIL_CANCELLED)
		run_done(r, 0);
	else
		list_again(r);
}

static void start_tidy(struct run *r)
{
	struct tidying *t = r->data;

	if (r->row.result != RESULT_DEPLOYED || r->ops->traits & HOST_RETAINS)
		run_done(r, 0);
	else if (r->ops->sweep)
		r->ops->sweep(r->place, t->keep_id, run_op(r, was_swept));
	else
		list_again(r);
}

void tidy_all(struct fleet *fl, const char *keep_id)
{
	static const struct phase ph = { .id = PHASE_PRUNE, .start = start_tidy, .changes = true, .once = true };
	size_t count;
	struct run *runs = fleet_runs(fl, &count);
	struct tidying *items = xcalloc(count, sizeof *items);
	void **data = xcalloc(count, sizeof *data);

	for (size_t i = 0; i < count; i++) {
		data[i] = runs[i].data;
		items[i].keep_id = keep_id;
		runs[i].data = &items[i];
	}
	fleet_phase(fl, &ph);
	for (size_t i = 0; i < count; i++)
		runs[i].data = data[i];
	free(data);
	free(items);
}
