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
	run_done(r, missing ? 0 : op->rc);
}

static void start_delete(struct run *r)
{
	const struct deleting *d = r->data;

	if (r->ops->channel_delete)
		r->ops->channel_delete(r->place, d->channel, run_op(r, was_deleted));
	else
		run_done(r, 0);
}

static int confirm(struct errand *v, const char *channel, struct fail *f)
{
	struct reporter *rep = v->c->reporter;
	size_t n = 0;

	for (size_t i = 0; i < v->count; i++)
		n += v->runs[i].active && v->runs[i].ops->channel_delete;
	if (v->c->yes || n == 0)
		return 0;
	return rep->confirm(rep, arena_printf(&v->c->mem, "delete channel %s of %zu target%s, and what it serves?", channel,
	                                      n, n == 1 ? "" : "s"), NULL, f);
}

int channel_delete_run(struct context *c, const char *channel, struct channel_delete_report *out)
{
	static const struct phase deleting = { .id = PHASE_PRUNE, .start = start_delete, .changes = true };
	struct fail f = FAIL_INIT;
	struct errand v;
	struct deleting *d;
	int rc = 0;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	d = errand_items(&v, sizeof *d);
	for (size_t i = 0; i < v.count; i++)
		d[i].channel = channel;
	if (confirm(&v, channel, &f) < 0)
		rc = errand_refuse(&v, &f);
	else
		fleet_phase(v.fleet, &deleting);
	out->places = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *out->places);
	for (size_t i = 0; i < v.count; i++) {
		out->places[i] = (struct channel_delete_row){ .row = &v.runs[i].row, .deleted = d[i].deleted };
		out->outcome.changed_something = out->outcome.changed_something || d[i].deleted;
	}
	return errand_close(&v, rc);
}
