#include "deploy/history_merge.h"

#include <stdlib.h>
#include <string.h>

enum { SAME_EVENT_S = 600 };

struct told {                           /* an item on its way to the story */
	struct history_item it;
	uint64_t seq;                   /* the switch log's: orders what happened within one second; 0 = ledger only */
	size_t row;                     /* which of the ledger's, from 1, newest first; 0 = host only */
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

/* Can a ledger row of this state be a switch that the host saw, and how likely is it? Unchanged, held, skipped and
 * pending ones never touched the link. 0 = it cannot. */
static int likelihood(const char *result)
{
	if (!result)
		return 0;
	if (same(result, "deployed") || same(result, "rolled_back"))
		return 3;
	if (same(result, "unknown") || same(result, "interrupted"))
		return 2;
	return same(result, "failed") ? 1 : 0;
}

static int64_t apart(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static bool fits_better(const struct told *a, const struct told *b, int64_t at_s)
{
	int x = likelihood(a->it.result), y = likelihood(b->it.result);

	return x != y ? x > y : apart(a->it.at_s, at_s) < apart(b->it.at_s, at_s);
}

/* The ledger's row for a logged switch, or NULL. items[0..n) are the ledger's. A run that failed and was run again has
 * two rows of the same release: the one that says so made the switch. */
static struct told *partner(struct told *items, size_t n, const struct history_item *seen)
{
	struct told *best = NULL;

	if (!seen->result || !same(seen->result, "deployed"))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct history_item *it = &items[i].it;

		if (!same(it->source, "ledger") || !likelihood(it->result) || !same(it->place, seen->place) ||
		    !same(it->release, seen->release) || apart(it->at_s, seen->at_s) > SAME_EVENT_S)
			continue;
		if (!best || fits_better(&items[i], best, seen->at_s))
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
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return strcmp(y->it.release ? y->it.release : "", x->it.release ? x->it.release : "");
}

static bool same_moment(const struct told *a, const struct told *b)
{
	return a->it.at_s == b->it.at_s && same(a->it.place, b->it.place);
}

/* What only the ledger tells of one second and place was sorted behind what the log tells; its place is before the
 * older rows of the ledger. */
static void settle(struct told *t, size_t n)
{
	for (size_t first = 0, i = 0; i < n; i++) {
		struct told it = t[i];

		if (!same_moment(&t[first], &it))
			first = i;
		if (it.seq)
			continue;
		size_t k = first;
		while (k < i && !(t[k].row > it.row))
			k++;
		memmove(&t[k + 1], &t[k], (i - k) * sizeof it);
		t[k] = it;
	}
}

static void tell_both(struct told *t, const struct history_item *seen, uint64_t seq)
{
	t->seq = seq;
	if (likelihood(t->it.result) == 2)      /* the run did not get to know; the host does */
		t->it.result = seen->result;
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
		told[i] = (struct told){ .it = from_ledger(&rows[i]), .row = i + 1 };
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
	settle(told, n);
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
