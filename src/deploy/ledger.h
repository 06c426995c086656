/* ledger: the local append-only record of runs (.slipway/ledger.db, SQLite, synchronous FULL). Behind this small
 * interface so that a shared one can come later. Damaged: set aside (ledger.db.damaged-TIME) and reported through
 * ledger_warning. Newer: FAIL_STATE. */
#ifndef SLIPWAY_DEPLOY_LEDGER_H
#define SLIPWAY_DEPLOY_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/mem.h"
#include "target/environment.h"

/* dir is .slipway. The warning is NULL or one sentence about what was set aside; it lives as long as the ledger. */
struct ledger;
int ledger_open(struct ledger **out, const char *dir, struct fail *f);
void ledger_close(struct ledger *l);
const char *ledger_warning(const struct ledger *l);

struct ledger_run {
	const char *run;                /* unique run id (hex) */
	const char *command, *environment, *release, *message;
	const char *builds;             /* sorted build ids, hex, comma-separated */
	/* digest of everything that decides the trees: equal builds + config = the same wish */
	const char *config;
	struct provenance who;
	int64_t started_s, ended_s;     /* ended 0 = unfinished */
	int exit;
};
struct ledger_place {
	const char *run, *target, *place, *host, *kind;
	const char *state;              /* "intended", then a result name */
	const char *from, *to;          /* release ids */
	const char *tree;               /* hex */
	const char *stage, *error;      /* of a failure */
	uint64_t added, changed, removed, sent_bytes;
	double seconds;
	int64_t at_s;
};

int ledger_begin(struct ledger *l, const struct ledger_run *r, struct fail *f);
/* All intents of a wave in one transaction, durable when it returns. */
int ledger_intend(struct ledger *l, const struct ledger_place *p, size_t count, struct fail *f);
int ledger_result(struct ledger *l, const struct ledger_place *p, size_t count, struct fail *f);
int ledger_end(struct ledger *l, const char *run, int exit_code, int64_t ended_s, struct fail *f);

/* The newest unfinished (no end, or not everything deployed) deploy run younger than 12 h with the same environment,
 * builds and config: its release id is used again. 1 found, 0 none, -1. */
int ledger_unfinished(struct ledger *l, const struct ledger_run *wish, int64_t now_s, struct ledger_run *out,
	struct arena *mem,
                      struct fail *f);
/* Targets with a place whose newest deploy in `environment` did not end as deployed or unchanged (for --retry-failed).
 * channel NULL: what visitors see; else places of that channel ("jarupa@pr-42"). */
int ledger_failed_targets(struct ledger *l, const char *environment, const char *channel, const char ***names,
	size_t *count, struct arena *mem, struct fail *f);
/* The newest row of a place; "intended" = its run still goes on or died. 1 found, 0 none, -1. */
int ledger_last(struct ledger *l, const char *environment, const char *place, struct ledger_place *out,
	struct arena *mem, struct fail *f);

struct ledger_filter {
	const char *environment, *const *targets;
	size_t target_count;
	int64_t since_s, until_s;
	const char *result;
	size_t limit;
};
struct ledger_row { struct ledger_run run; struct ledger_place place; bool has_place; };
/* Newest first. */
int ledger_history(struct ledger *l, const struct ledger_filter *filter, struct ledger_row **rows, size_t *count,
	struct arena *mem, struct fail *f);

#endif
