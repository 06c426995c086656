#include "deploy/rollback_resume.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Ended by itself, but interrupted (8) or with some places left behind (3). */
static bool fell_short(const struct ledger_run *r)
{
	return r->ended_s == 0 || r->exit == 3 || r->exit == 8;
}

/* Changed nothing: what went before is as unfinished as it was. */
static bool moved_nothing(const struct ledger_run *r)
{
	return r->exit == 4 || r->exit == 5;
}

/* How many rows at the front are of rollbacks in these words, up to the oldest one that fell short. */
static size_t unfinished(const struct ledger_row *rows, size_t count, const char *config)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct ledger_run *r = &rows[i].run;

		if (!same(r->command, "rollback") || !same(r->config, config) || !(fell_short(r) || moved_nothing(r)))
			break;
		if (fell_short(r))
			n = i + 1;
	}
	return n;
}

/* A second run that died as well knows only what was left for it: the newest row of each place counts. */
static const struct ledger_place *intent(const struct ledger_row *rows, size_t count, const char *place)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].has_place && rows[i].place.to && same(rows[i].place.place, place))
			return &rows[i].place;
	return NULL;
}

static bool took_part(const struct ledger_row *rows, size_t count, const char *place)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].has_place && same(rows[i].place.place, place))
			return true;
	return false;
}

/* What all places were moved from; NULL when that was not one release. */
static const char *origin(const struct ledger_row *rows, size_t count)
{
	const char *from = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct ledger_place *p = &rows[i].place;

		if (!rows[i].has_place || !p->to || same(p->from, p->to))
			continue;
		if (!p->from || (from && strcmp(from, p->from) != 0))
			return NULL;
		from = p->from;
	}
	return from;
}

static bool among(const struct rollback_rest *places, size_t count, const char *place)
{
	for (size_t i = 0; i < count; i++)
		if (same(places[i].place, place))
			return true;
	return false;
}

bool rollback_resume(struct rollback_rest *places, size_t count, const struct ledger_row *rows, size_t row_count,
                     const char *config)
{
	row_count = unfinished(rows, row_count, config);
	for (size_t i = 0; i < row_count; i++)
		if (rows[i].has_place && rows[i].place.to && !among(places, count, rows[i].place.place))
			return false;
	const char *from = origin(rows, row_count);
	for (size_t i = 0; i < count; i++) {
		const struct ledger_place *p = intent(rows, row_count, places[i].place);

		if (p ? !same(places[i].live, p->from) && !same(places[i].live, p->to)
		      : !from || !same(places[i].live, from) || !took_part(rows, row_count, places[i].place))
			return false;
		places[i].to = p ? p->to : NULL;
	}
	return row_count > 0 && count > 0;
}
