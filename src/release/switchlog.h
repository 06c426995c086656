/* switchlog: the append-only record of every switch of a place, a JSON line each: seq, id, from, at, by, action,
 * reason. The live link is the truth; a log that lags is completed from it. Besides switches it carries marks.
 *
 * actions: "deploy", "rollback", "repair", "adopt", "promote" (what a preview channel serves), "disable", "enable",
 * "undo" (a deploy taken back by the engine), "found" (completed from the live link: somebody else switched), and
 * the marks "pin", "unpin" (id = the release), "drifted", "clean" (what verify saw). */
#ifndef SLIPWAY_RELEASE_SWITCHLOG_H
#define SLIPWAY_RELEASE_SWITCHLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"

struct switch_record {                  /* strings NULL when unknown */
	uint64_t seq;
	const char *id, *from;          /* from NULL = nothing was live; id "" = nothing is live any more */
	int64_t at_s;
	const char *by, *action, *reason;
};

struct switchlog {
	struct switch_record *records;  /* oldest first */
	size_t count;
	bool torn;                      /* the last line was cut short by a crash; it is not among the records */
	bool completed;                 /* the last record is not in the log: a host added it from the live link */
};

void switch_format(struct strbuf *out, const struct switch_record *r);      /* with its newline */
/* Parses the text; damaged lines in the middle are skipped and counted into *damaged, never an error. */
void switchlog_parse(struct switchlog *log, const char *text, size_t len, struct arena *mem, size_t *damaged);

/* The newest record that moved away from `id` by rollback or undo and was not followed by a switch back to it: the
 * release is bad, and this says who, when, why. A rollback onto a bad release takes an earlier rollback back and makes
 * nothing bad. NULL = not bad. */
const struct switch_record *switchlog_bad(const struct switchlog *log, const char *id);
bool switchlog_pinned(const struct switchlog *log, const char *id);
/* The newest drifted mark on what is live that no later clean or switch took away, or NULL. */
const struct switch_record *switchlog_drifted(const struct switchlog *log);
/* What was live at a moment, by the records: NULL when nothing or unknown. */
const char *switchlog_live_at(const struct switchlog *log, int64_t at_s);
/* The newest switch (marks skipped), or NULL. */
const struct switch_record *switchlog_last(const struct switchlog *log);

#endif
