#include "deploy/errand.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"

static void tell(const struct errand *v, const char *event, int exit_code)
{
	struct reporter *rep = v->c->reporter;
	struct strbuf detail = STRBUF_INIT;
	struct jw w;

	jw_init(&w, &detail, 0);
	jw_object(&w);
	jw_kstr(&w, "command", v->c->command);
	jw_kstr(&w, "environment", v->c->env.environment ? v->c->env.environment->name : NULL);
	if (exit_code >= 0)
		jw_kint(&w, "exit", exit_code);
	jw_end(&w);
	rep->event(rep, event, NULL, detail.buf);
	strbuf_clear(&detail);
}

int errand_open(struct errand *v, struct context *c, struct outcome *o)
{
	struct fail f = FAIL_INIT;

	memset(v, 0, sizeof *v);
	v->c = c;
	v->o = o;
	memset(o, 0, sizeof *o);
	o->started_ns = clock_mono_ns();
	tell(v, "run.begin", -1);
	if (fleet_open(&v->fleet, c, &f) < 0)
		return errand_refuse(v, &f);
	v->runs = fleet_runs(v->fleet, &v->count);
	v->wished = arena_alloc(&c->mem, (v->count ? v->count : 1) * sizeof *v->wished);
	return 0;
}

int errand_refuse(struct errand *v, const struct fail *f)
{
	v->o->error = *f;
	if (v->c->secrets)
		secrets_redact_fail(v->c->secrets, &v->o->error);
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];

		/* Silently: five hundred lines that say "skipped" would hide the one that says why. */
		if (r->row.result == RESULT_NONE)
			r->row.result = RESULT_SKIPPED;
		r->active = false;
	}
	return -1;
}

static void end_record(struct errand *v)
{
	struct fail f = FAIL_INIT;

	if (!*v->run_id)
		return;
	if (ledger_end(v->c->ledger, v->run_id, outcome_exit(v->o), clock_wall_s(), &f) < 0)
		errand_note(v, NULL, "not recorded: %s", f.text);
	v->run_id[0] = '\0';
}

int errand_close(struct errand *v, int rc)
{
	struct outcome *o = v->o;

	if (!v->fleet) {
		o->ended_ns = clock_mono_ns();
		tell(v, "run.end", outcome_exit(o));
		return rc;
	}
	fleet_unlock(v->fleet);
	if (fleet_interrupted(v->fleet)) {
		o->interrupted = true;
		rc = -1;
	}
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].row.result == RESULT_NONE)
			run_leave(&v->runs[i], o->interrupted ? RESULT_INTERRUPTED : rc < 0 ? RESULT_SKIPPED : RESULT_UNCHANGED,
			          NULL);
	fleet_fill(v->fleet, o);
	o->ended_ns = clock_mono_ns();
	end_record(v);
	fleet_close(v->fleet);
	v->fleet = NULL;
	tell(v, "run.end", outcome_exit(o));
	return rc;
}

void *errand_items(struct errand *v, size_t size)
{
	char *items = arena_alloc(&v->c->mem, (v->count ? v->count : 1) * size);

	for (size_t i = 0; i < v->count; i++)
		v->runs[i].data = items + i * size;
	return items;
}

size_t errand_index(const struct errand *v, const struct run *r)
{
	return (size_t)(r - v->runs);
}

void errand_note(struct errand *v, const struct row *row, const char *fmt, ...)
{
	struct strbuf b = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	v->c->reporter->note(v->c->reporter, row, b.buf);
	strbuf_clear(&b);
}

const char *errand_release(const struct run *r, const char *text, bool *ambiguous)
{
	const struct release_info *it = release_prefix(&r->list, text, ambiguous);

	return it ? it->header.id : NULL;
}

size_t errand_moves(struct errand *v, struct place_move **out)
{
	struct place_move *moves = arena_alloc(&v->c->mem, (v->count ? v->count : 1) * sizeof *moves);
	size_t width = 0, n = 0;

	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active && strlen(v->runs[i].row.place) > width)
			width = strlen(v->runs[i].row.place);
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];
		const char *from = r->live.id, *to = v->wished[i];

		if (!r->active)
			continue;
		moves[n++] = (struct place_move){ .row = &r->row, .from = from, .to = to };
		errand_note(v, NULL, "%-*s  %s -> %s", (int)width, r->row.place, from ? from : "nothing",
		            to ? to : "nothing");
	}
	*out = moves;
	return n;
}

const char *errand_holder(const struct lock_info *l, struct arena *mem)
{
	char age[CLOCK_TEXT];

	clock_age(age, l->now_s > l->since_s ? l->now_s - l->since_s : 0);
	return arena_printf(mem, "%s (%s), %s since %s", l->by ? l->by : "somebody", l->where ? l->where : "somewhere",
	                    l->command ? l->command : "a command", age);
}

/* ---- the ledger's account ---- */

static void give_up_record(struct errand *v, const struct fail *f)
{
	errand_note(v, NULL, "this run is not recorded in .slipway: %s", f->text);
	v->run_id[0] = '\0';
}

void errand_begin_record(struct errand *v, const char *release)
{
	struct context *c = v->c;
	struct ledger_run r = { .run = v->run_id, .command = c->command, .release = release, .message = c->message,
	                        .config = v->config,
	                        .environment = c->env.environment ? c->env.environment->name : NULL, .who = c->who };
	struct fail f = FAIL_INIT;
	uint8_t random[16];

	if (!c->ledger) {
		if (c->ledger_note)
			errand_note(v, NULL, "this run is not recorded in .slipway: %s", c->ledger_note);
		return;
	}
	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return;
	hex_encode(v->run_id, random, sizeof random);
	r.started_s = clock_wall_s();
	if (ledger_begin(c->ledger, &r, &f) < 0)
		give_up_record(v, &f);
}

static struct ledger_place account(const struct errand *v, const struct run *r, const char *state)
{
	const struct row *row = &r->row;
	struct ledger_place p = { .run = v->run_id, .target = row->target, .place = row->place, .host = row->host,
	                          .kind = row->kind, .state = state, .from = row->previous, .to = row->release,
	                          .sent_bytes = row->sent_bytes, .at_s = clock_wall_s() };

	if (!p.to)
		p.to = v->wished[errand_index(v, r)];
	if (!p.to && row->result == RESULT_UNCHANGED)
		p.to = row->live;
	if (row->fail.kind != FAIL_NONE) {
		p.stage = row->fail.stage;
		p.error = row->fail.text;
	}
	if (row->started_ns && row->ended_ns > row->started_ns)
		p.seconds = (double)(row->ended_ns - row->started_ns) / 1e9;
	return p;
}

void errand_wish(struct errand *v, const struct run *r, const char *id)
{
	v->wished[errand_index(v, r)] = id;
}

void errand_intend(struct errand *v)
{
	struct ledger_place *p = arena_alloc(&v->c->mem, (v->count ? v->count : 1) * sizeof *p);
	struct fail f = FAIL_INIT;
	size_t n = 0;

	if (!*v->run_id)
		return;
	/* Who fell out before is told with them: whatever ends this run, the next one knows who belonged to it. */
	for (size_t i = 0; i < v->count; i++)
		if (v->runs[i].active || v->runs[i].row.fail.kind != FAIL_NONE)
			p[n++] = account(v, &v->runs[i], v->runs[i].active ? "intended" : result_name(v->runs[i].row.result));
	if (n && ledger_intend(v->c->ledger, p, n, &f) < 0)
		give_up_record(v, &f);
}

void errand_record(struct errand *v)
{
	struct ledger_place *p = arena_alloc(&v->c->mem, (v->count ? v->count : 1) * sizeof *p);
	struct fail f = FAIL_INIT;

	if (!*v->run_id || !v->count)
		return;
	for (size_t i = 0; i < v->count; i++) {
		enum result result = v->runs[i].row.result;

		p[i] = account(v, &v->runs[i], result_name(result == RESULT_NONE ? RESULT_SKIPPED : result));
	}
	if (ledger_result(v->c->ledger, p, v->count, &f) < 0)
		give_up_record(v, &f);
}
