#include "deploy/commands.h"

#include <string.h>

#include "deploy/history_merge.h"
#include "deploy/errand.h"

/* Filters other than the environment and the targets are applied after merging: a switch that only one of the two
 * records dates inside the window would else lose its partner. */
static void read_ledger(struct errand *v, struct ledger_row **rows, size_t *count)
{
	struct context *c = v->c;
	const char **names = arena_alloc(&c->mem, (c->target_count ? c->target_count : 1) * sizeof *names);
	struct ledger_filter filter = { .environment = c->env.environment ? c->env.environment->name : NULL,
	                                .targets = names,
	                                .target_count = c->target_count };
	struct fail f = FAIL_INIT;

	*rows = NULL;
	*count = 0;
	for (size_t i = 0; i < c->target_count; i++)
		names[i] = c->targets[i]->name;
	if (!c->ledger)
		errand_note(v, NULL, "the hosts' switch logs only: %s",
		            c->ledger_note ? c->ledger_note : "there is no ledger here");
	else if (ledger_history(c->ledger, &filter, rows, count, &c->mem, &f) < 0)
		errand_note(v, NULL, "the hosts' switch logs only: %s", f.text);
}

/* An unreachable host hides its own log, not the rest of the story. */
static size_t read_logs(struct errand *v, struct history_log *logs)
{
	size_t n = 0;

	fleet_read(v->fleet);
	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];

		if (r->active)
			logs[n++] = (struct history_log){ .target = r->row.target, .place = r->row.place, .log = &r->live.log };
		else if (r->row.fail.kind != FAIL_NONE)
			errand_note(v, NULL, "%s: only what the ledger knows: %s", r->row.place, r->row.fail.text);
	}
	return n;
}

int history_run(struct context *c, const struct history_options *o, struct history_report *out)
{
	struct history_log *logs;
	struct ledger_row *rows;
	size_t row_count, log_count;
	struct errand v;
	int rc;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	logs = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *logs);
	log_count = read_logs(&v, logs);
	read_ledger(&v, &rows, &row_count);
	history_merge(&out->items, &out->count, rows, row_count, logs, log_count, &c->mem);
	out->count = history_filter(out->items, out->count, o);
	rc = errand_close(&v, 0);
	for (size_t i = 0; i < out->outcome.row_count; i++)
		if (!out->outcome.interrupted)
			out->outcome.rows[i]->result = RESULT_UNCHANGED;
	return rc;
}
