#include "deploy/compare_content.h"

#include <string.h>

#include "deploy/served.h"
#include "host/packer.h"

struct comparing {                      /* one place's */
	struct web_turn turn;
	struct served_item *items;
	size_t *at;                     /* beside items: of the plan */
	size_t count;
	struct served_sum sum;
};

bool compare_content_unsure(const struct run *r)
{
	const struct place_wish *pw = r->data;
	const struct packer *packer = fleet_packer(r->fleet);

	return pw->have.compressor && (!packer || strcmp(pw->have.compressor, packer->compressor) != 0);
}

static void list_doubts(struct run *r, struct comparing *c)
{
	const struct place_wish *pw = r->data;

	c->items = arena_alloc(&r->mem, (pw->plan.count + 1) * sizeof *c->items);
	c->at = arena_alloc(&r->mem, (pw->plan.count + 1) * sizeof *c->at);
	for (size_t i = 0; i < pw->plan.count; i++) {
		const struct plan_item *it = &pw->plan.items[i];

		if (strcmp(pw->why[i], PLAN_WHY_UNSURE) != 0)
			continue;
		c->items[c->count] = (struct served_item){ .path = it->path, .sha256 = it->want->blob->sha256 };
		c->at[c->count++] = i;
	}
}

static void keep_doubts(struct run *r, const struct op *op)
{
	run_note(r, "not compared with what is served: %s", op->fail.text);
}

static void was_compared(struct op *op)
{
	struct run *r = op->owner;
	struct place_wish *pw = r->data;
	const struct comparing *c = pw->comparing;

	run_asked(r, c->sum.requests);
	web_turn_end(pw->wish->web);
	for (size_t i = 0; op->rc == 0 && i < c->count; i++)
		pw->why[c->at[i]] = c->items[i].what ? PLAN_WHY_CONTENT : PLAN_WHY_ENCODING;
	if (op->rc < 0 && op->fail.kind != FAIL_CANCELLED) {
		keep_doubts(r, op);
		op->rc = 0;
	}
	run_done(r, op->rc);
}

static void have_turn(struct op *op)
{
	struct run *r = op->owner;
	struct place_wish *pw = r->data;
	struct comparing *c = pw->comparing;
	const struct place_plan *plan = pw->report;
	const struct served_site site = { .name = r->row.place, .url = r->row.url,
		.rules = served_rules_live(r->target, plan->config, plan->config_count) };

	if (op->rc < 0)
		run_done(r, -1);
	else
		served_compare(pw->wish->web, &site, c->items, c->count, &c->sum, run_op(r, was_compared));
}

void compare_content(struct run *r)
{
	struct place_wish *pw = r->data;
	struct comparing *c = arena_alloc(&r->mem, sizeof *c);

	pw->comparing = c;
	if (pw->wish->web)
		list_doubts(r, c);
	if (c->count)
		web_turn(pw->wish->web, &c->turn, run_op(r, have_turn));
	else
		run_done(r, 0);
}
