#include "deploy/history_merge.h"

#include <stdlib.h>
#include <string.h>

enum { SAME_EVENT_S = 600 };

struct told {                           /* an item on its way to the story */
	struct history_item it;
	uint64_t seq;                   /* the switch log's: orders what happened within one second; 0 = ledger only */
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *result_of(const char *action)
{
	if (same(action, "undo"))
		return "rolled_back";
	if (same(action, "pin") || same(action, "unpin") || same(action, "drifted") || same(action, "clean"))
		return NULL;
	return "deployed";
}

static struct history_item from_ledger(const struct ledger_row *row)
{
	const struct ledger_run *run = &row->run;
	struct history_item it = { .at_s = run->started_s, .action = run->command, .release = run->release,
	                           .by = run->who.by, .message = run->message, .source = "ledger",
	                           .commit = run->who.commit, .ci = run->who.ci };

	if (!row->has_place) {
		it.result = run->ended_s ? NULL : "interrupted";
		return it;
	}
	it.at_s = row->place.at_s;
	it.target = row->place.target;
	it.place = row->place.place;
	it.from = row->place.from;
	it.release = row->place.to ? row->place.to : run->release;
	it.result = same(row->place.state, "intended") ? (run->ended_s ? "unknown" : "interrupted") : row->place.state;
	it.error = row->place.error;
	return it;
}

static struct history_item from_log(const struct history_log *l, const struct switch_record *r)
{
	return (struct history_item){ .at_s = r->at_s, .target = l->target, .place = l->place, .action = r->action,
	                              .release = r->id && *r->id ? r->id : NULL, .from = r->from, .by = r->by,
	                              .message = r->reason, .result = result_of(r->action), .source = "host" };
}

/* Can a ledger row of this state be a switch that the host saw? Unchanged, held, skipped and pending ones never
 * touched the link. */
static bool may_have_switched(const char *result)
{
	return result && (same(result, "deployed") || same(result, "rolled_back") || same(result, "unknown") ||
	                  same(result, "interrupted") || same(result, "failed"));
}

static int64_t apart(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

/* The ledger's row for a logged switch, or NULL. items[0..n) are the ledger's. */
static struct told *partner(struct told *items, size_t n, const struct history_item *seen)
{
	struct told *best = NULL;

	if (!seen->result || !same(seen->result, "deployed"))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct history_item *it = &items[i].it;

		if (!same(it->source, "ledger") || !may_have_switched(it->result) || !same(it->place, seen->place) ||
		    !same(it->release, seen->release) || apart(it->at_s, seen->at_s) > SAME_EVENT_S)
			continue;
		if (!best || apart(it->at_s, seen->at_s) < apart(best->it.at_s, seen->at_s))
			best = &items[i];
	}
	return best;
}

static int newest_first(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int by_place;

	if (x->it.at_s != y->it.at_s)
		return x->it.at_s > y->it.at_s ? -1 : 1;
	by_place = strcmp(x->it.place ? x->it.place : "", y->it.place ? y->it.place : "");
	if (by_place)
		return by_place;
	if (x->seq != y->seq)
		return x->seq > y->seq ? -1 : 1;
	return strcmp(y->it.release ? y->it.release : "", x->it.release ? x->it.release : "");
}

static void tell_both(struct told *t, const struct history_item *seen, uint64_t seq)
{
	t->seq = seq;
	t->it.at_s = seen->at_s;
	t->it.source = "both";
	t->it.from = t->it.from ? t->it.from : seen->from;
	t->it.by = t->it.by ? t->it.by : seen->by;
}

void history_merge(struct history_item **out, size_t *count, const struct ledger_row *rows, size_t row_count,
                   const struct history_log *logs, size_t log_count, struct arena *mem)
{
	size_t room = row_count + 1, n = row_count;
	struct told *told;

	for (size_t i = 0; i < log_count; i++)
		room += logs[i].log->count;
	told = arena_alloc(mem, room * sizeof *told);
	for (size_t i = 0; i < row_count; i++)
		told[i].it = from_ledger(&rows[i]);
	for (size_t i = 0; i < log_count; i++)
		for (size_t k = logs[i].log->count; k-- > 0;) {
			const struct switch_record *r = &logs[i].log->records[k];
			struct history_item seen = from_log(&logs[i], r);
			struct told *twin = partner(told, row_count, &seen);

			if (twin)
				tell_both(twin, &seen, r->seq);
			else
				told[n++] = (struct told){ .it = seen, .seq = r->seq };
		}
	qsort(told, n, sizeof *told, newest_first);
	*out = arena_alloc(mem, room * sizeof **out);
	for (size_t i = 0; i < n; i++)
		(*out)[i] = told[i].it;
	*count = n;
}

size_t history_filter(struct history_item *items, size_t count, const struct history_options *o)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (o->since_s > 0 && items[i].at_s < o->since_s)
			continue;
		if (o->until_s > 0 && items[i].at_s >= o->until_s)
			continue;
		if (o->result && !same(o->result, items[i].result))
			continue;
		if (o->limit && n == o->limit)
			break;
		items[n++] = items[i];
	}
	return n;
}
