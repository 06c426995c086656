#include "deploy/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/db.h"
#include "deploy/ledger_inside.h"

#define REUSE_WITHIN_S (12 * 3600)

#define RUN_COLUMNS                                                                                        \
	"r.run, r.command, r.environment, r.release, r.message, r.builds, r.config, r.by_whom, r.commit_id," \
	" r.branch, r.ci, r.started_s, r.ended_s, r.exit"
#define RUN_COLUMN_COUNT 14
#define PLACE_COLUMNS                                                                                   \
	"p.run, p.target, p.place, p.host, p.kind, p.state, p.from_id, p.to_id, p.tree, p.stage, p.error," \
	" p.added, p.changed, p.removed, p.sent_bytes, p.seconds, p.at_s"

static const char *text_of(struct db_row *row, int column, struct arena *mem)
{
	const char *text = db_text(row, column);

	return text ? arena_strdup(mem, text) : NULL;
}

static void run_of(struct ledger_run *out, struct db_row *row, struct arena *mem)
{
	*out = (struct ledger_run){
		.run = text_of(row, 0, mem), .command = text_of(row, 1, mem), .environment = text_of(row, 2, mem),
		.release = text_of(row, 3, mem), .message = text_of(row, 4, mem), .builds = text_of(row, 5, mem),
		.config = text_of(row, 6, mem),
		.who = { .by = text_of(row, 7, mem), .commit = text_of(row, 8, mem), .branch = text_of(row, 9, mem),
			 .ci = text_of(row, 10, mem) },
		.started_s = db_int(row, 11), .ended_s = db_int(row, 12), .exit = (int)db_int(row, 13),
	};
}

/* `at` is the column of p.run. */
static void place_of(struct ledger_place *out, struct db_row *row, int at, struct arena *mem)
{
	*out = (struct ledger_place){
		.run = text_of(row, at, mem), .target = text_of(row, at + 1, mem), .place = text_of(row, at + 2, mem),
		.host = text_of(row, at + 3, mem), .kind = text_of(row, at + 4, mem), .state = text_of(row, at + 5, mem),
		.from = text_of(row, at + 6, mem), .to = text_of(row, at + 7, mem), .tree = text_of(row, at + 8, mem),
		.stage = text_of(row, at + 9, mem), .error = text_of(row, at + 10, mem),
		.added = (uint64_t)db_int(row, at + 11), .changed = (uint64_t)db_int(row, at + 12),
		.removed = (uint64_t)db_int(row, at + 13), .sent_bytes = (uint64_t)db_int(row, at + 14),
		.seconds = db_double(row, at + 15), .at_s = db_int(row, at + 16),
	};
}

int ledger_unfinished(struct ledger *l, const struct ledger_run *wish, int64_t now_s, struct ledger_run *out,
		      struct arena *mem, struct fail *f)
{
	struct db_row *row;

	/* A rerun has the release of the run it goes on with: the release is unfinished when its newest run has no end,
	 * or when a place's newest row of all its runs is neither deployed, unchanged nor held. */
	if (db_query(l->db, &row, f,
		     "SELECT " RUN_COLUMNS " FROM runs r WHERE r.command = 'deploy' AND r.environment IS ?"
		     " AND instr(r.builds, ?) > 0 AND r.config = ? AND r.release IS NOT NULL AND r.started_s > ?"
		     " AND r.seq = (SELECT max(n.seq) FROM runs n WHERE n.release = r.release AND n.command = 'deploy')"
		     " AND (r.ended_s = 0 OR EXISTS (SELECT 1 FROM places p JOIN runs q ON q.run = p.run"
		     "   WHERE q.release = r.release AND q.command = 'deploy'"
		     "   AND p.state NOT IN ('deployed', 'unchanged', 'held')"
		     "   AND p.seq = (SELECT max(s.seq) FROM places s JOIN runs t ON t.run = s.run"
		     "                WHERE t.release = r.release AND t.command = 'deploy' AND s.place = p.place)))"
		     " ORDER BY r.seq DESC LIMIT 1",
		     "sssi", wish->environment, wish->builds, wish->config, now_s - REUSE_WITHIN_S) < 0)
		return ledger_fail(f);
	int rc = db_next(row, f);
	if (rc == 1)
		run_of(out, row, mem);
	db_done(row);
	return rc < 0 ? ledger_fail(f) : rc;
}

int ledger_failed_targets(struct ledger *l, const char *environment, const char *channel, const char ***names,
			  size_t *count, struct arena *mem, struct fail *f)
{
	struct db_row *row;
	size_t cap = 0, n = 0;
	const char **found = NULL;
	int rc;

	if (db_query(l->db, &row, f,
		     "SELECT DISTINCT p.target FROM places p JOIN runs r ON r.run = p.run WHERE r.command = 'deploy'"
		     " AND r.environment IS ?1 AND p.state NOT IN ('deployed', 'unchanged')"
		     " AND substr(p.place, instr(p.place || '@', '@') + 1) = ?2"
		     " AND p.seq = (SELECT max(s.seq) FROM places s JOIN runs t ON t.run = s.run WHERE t.command = 'deploy'"
		     "              AND t.environment IS r.environment AND s.place = p.place) ORDER BY p.target",
		     "ss", environment, channel ? channel : "") < 0)
		return ledger_fail(f);
	while ((rc = db_next(row, f)) == 1) {
		found = vec_grow(found, &cap, n + 1, sizeof *found);
		found[n++] = text_of(row, 0, mem);
	}
	db_done(row);
	*names = arena_memdup(mem, found, n * sizeof *found);
	*count = n;
	free(found);
	return rc < 0 ? ledger_fail(f) : 0;
}

int ledger_last(struct ledger *l, const char *environment, const char *place, struct ledger_place *out,
		struct arena *mem, struct fail *f)
{
	struct db_row *row;

	if (db_query(l->db, &row, f,
		     "SELECT " PLACE_COLUMNS " FROM places p JOIN runs r ON r.run = p.run WHERE r.environment IS ?"
		     " AND p.place = ? ORDER BY p.seq DESC LIMIT 1",
		     "ss", environment, place) < 0)
		return ledger_fail(f);
	int rc = db_next(row, f);
	if (rc == 1)
		place_of(out, row, 0, mem);
	db_done(row);
	return rc < 0 ? ledger_fail(f) : rc;
}

static bool wanted(const struct ledger_filter *filter, const struct ledger_row *it)
{
	if (filter->result && (!it->has_place || strcmp(it->place.state, filter->result) != 0))
		return false;
	if (filter->target_count == 0)
		return true;
	for (size_t i = 0; it->has_place && i < filter->target_count; i++)
		if (strcmp(filter->targets[i], it->place.target) == 0 || strcmp(filter->targets[i], it->place.place) == 0)
			return true;
	return false;
}

int ledger_history(struct ledger *l, const struct ledger_filter *filter, struct ledger_row **rows, size_t *count,
		   struct arena *mem, struct fail *f)
{
	struct db_row *row;
	struct ledger_row *found = NULL;
	size_t cap = 0, n = 0;
	int rc = 0;

	/* The newest row of a run and place stands for both: an intent without a result shows as intended. */
	if (db_query(l->db, &row, f,
		     "SELECT " RUN_COLUMNS ", " PLACE_COLUMNS " FROM runs r LEFT JOIN places p ON p.run = r.run"
		     " AND p.seq = (SELECT max(s.seq) FROM places s WHERE s.run = p.run AND s.place = p.place)"
		     " WHERE (?1 IS NULL OR r.environment = ?1) AND coalesce(p.at_s, r.started_s) >= ?2"
		     " AND (?3 <= 0 OR coalesce(p.at_s, r.started_s) <= ?3) ORDER BY r.seq DESC, p.place",
		     "sii", filter->environment, filter->since_s, filter->until_s) < 0)
		return ledger_fail(f);
	while ((!filter->limit || n < filter->limit) && (rc = db_next(row, f)) == 1) {
		struct ledger_row it = { .has_place = db_text(row, RUN_COLUMN_COUNT) != NULL };
		run_of(&it.run, row, mem);
		if (it.has_place)
			place_of(&it.place, row, RUN_COLUMN_COUNT, mem);
		if (!wanted(filter, &it))
			continue;
		found = vec_grow(found, &cap, n + 1, sizeof *found);
		found[n++] = it;
	}
	db_done(row);
	*rows = arena_memdup(mem, found, n * sizeof *found);
	*count = n;
	free(found);
	return rc < 0 ? ledger_fail(f) : 0;
}
