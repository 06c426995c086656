/* history_merge: one story out of two records. Pure.
 *
 * The ledger knows the runs that were started here, also those that failed; a switch log knows every switch of its
 * place, wherever it was started. The same switch in both (same place, same release, at most ten minutes apart,
 * each used once) is told once, with source "both"; what a run left as unknown or was killed before it knew is
 * "deployed" then. */
#ifndef SLIPWAY_DEPLOY_HISTORY_MERGE_H
#define SLIPWAY_DEPLOY_HISTORY_MERGE_H

#include <stddef.h>
#include "base/mem.h"
#include "deploy/commands.h"
#include "deploy/ledger.h"
#include "release/switchlog.h"

struct history_log {                    /* one place's switch log */
	const char *target, *place;
	const struct switchlog *log;
};

/* Newest first. Rows of the ledger that are the same event keep the ledger's target, result and provenance and
 * take the host's time. */
void history_merge(struct history_item **out, size_t *count, const struct ledger_row *rows, size_t row_count,
                   const struct history_log *logs, size_t log_count, struct arena *mem);

/* Drops what the options do not ask for: since (inclusive), until (exclusive), result, limit; 0 or less and NULL =
 * no such filter. */
size_t history_filter(struct history_item *items, size_t count, const struct history_options *o);

#endif
