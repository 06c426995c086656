#include "deploy/commands.h"

#include <string.h>

#include "deploy/channel.h"
#include "deploy/errand.h"

/* ---- list ---- */

static bool was_listed(const struct run *r)
{
	return r->active && r->ops->channels;
}

int channels_run(struct context *c, struct channels_report *out)
{
	struct errand v;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	channel_list_all(v.fleet);
	out->places = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *out->places);
	for (size_t i = 0; i < v.count; i++) {
		struct run *r = &v.runs[i];

		out->places[i] = (struct channels_row){ .row = &r->row, .list = was_listed(r) ? &r->channels : NULL };
		if (r->active && !r->ops->channels)
			run_note(r, "a %s host has no channels", r->row.kind);
	}
	return errand_close(&v, 0);
}

/* ---- delete ---- */

struct deleting {                       /* one place's */
	const char *channel;
	bool deleted;
};

static void was_deleted(struct op *op)
{
	struct run *r = op->owner;
	struct deleting *d = r->data;
	bool missing = op->rc < 0 && op->fail.kind == FAIL_MISSING;

	d->deleted = op->rc == 0;
	if (d->deleted)
		run_finish(r, RESULT_DEPLOYED);
	run_done(r, missing ? 0 : op->rc);
}

static void start_delete(struct run *r)
{
	const struct deleting *d = r->data;

	r->ops->channel_delete(r->place, d->channel, run_op(r, was_deleted));
}

/* Rows are named after the channel, as they were when it was deployed to. */
static void prepare(struct errand *v, const char *channel)
{
	struct deleting *d = errand_items(v, sizeof *d);

	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];

		d[i].channel = channel;
		r->row.place = arena_printf(&v->c->mem, "%s@%s", r->row.place, channel);
		if (r->active && !r->ops->channel_delete)
			run_leave(r, RESULT_UNCHANGED, NULL);
	}
}

static int confirm(struct errand *v, const char *channel, struct fail *f)
{
	struct reporter *rep = v->c->reporter;
	size_t n = fleet_active(v->fleet);

	if (v->c->yes || n == 0)
		return 0;
	return rep->confirm(rep, arena_printf(&v->c->mem, "delete channel %s of %zu target%s?", channel, n,
	                                      n == 1 ? "" : "s"), NULL, f);
}

static int delete(struct errand *v, const char *channel, struct fail *f)
{
	static const struct phase deleting = { .id = PHASE_DELETE, .start = start_delete, .changes = true };

	prepare(v, channel);
	if (confirm(v, channel, f) < 0)
		return -1;
	if (fleet_active(v->fleet) == 0)
		return 0;
	errand_begin_record(v, NULL);
	errand_intend(v);
	fleet_phase(v->fleet, &deleting);
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active && v->runs[i].row.result == RESULT_NONE)
			run_leave(&v->runs[i], RESULT_UNCHANGED, NULL);
	errand_record(v);
	return 0;
}

int channel_delete_run(struct context *c, const char *channel, struct channel_delete_report *out)
{
	struct fail f = FAIL_INIT;
	struct errand v;
	int rc;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	rc = delete(&v, channel, &f) < 0 ? errand_refuse(&v, &f) : 0;
	out->places = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *out->places);
	for (size_t i = 0; i < v.count; i++) {
		const struct deleting *d = v.runs[i].data;

		out->places[i] = (struct channel_delete_row){ .row = &v.runs[i].row, .deleted = d->deleted };
		out->outcome.changed_something = out->outcome.changed_something || d->deleted;
	}
	return errand_close(&v, rc);
}
