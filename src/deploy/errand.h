/* errand: what the engine's smaller commands share: opening the fleet, ending with an outcome that can always be
 * printed, talking to the reporter, and the ledger's account of a run that is not a deploy. */
#ifndef SLIPWAY_DEPLOY_ERRAND_H
#define SLIPWAY_DEPLOY_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include "deploy/commands.h"
#include "deploy/context.h"
#include "deploy/fleet.h"
#include "deploy/report.h"

struct errand {
	struct context *c;
	struct outcome *o;
	struct fleet *fleet;
	struct run *runs;
	size_t count;
	char run_id[33];                /* the ledger's; "" = not recorded */
	const char *config;             /* how the ledger knows the same command again; NULL = not */
	const char **wished;            /* per run: where it was to go; NULL = nowhere */
};

/* Opens the fleet for the context's targets. -1: o->error says why, errand_close is still to be called. */
int errand_open(struct errand *v, struct context *c, struct outcome *o);
/* The run as a whole fails: o->error = *f, places without a result are skipped (never tried). Returns -1. */
int errand_refuse(struct errand *v, const struct fail *f);
/* Unlocks what is held, fills the outcome (places without a result are unchanged when rc is 0), ends the record,
 * closes the fleet; returns rc, or -1 when the run was interrupted. */
int errand_close(struct errand *v, int rc);

/* A zeroed array of one item a place, in row order, in the context's memory; r->data of run i points at item i. */
void *errand_items(struct errand *v, size_t size);
/* The runs' index of r. */
size_t errand_index(const struct errand *v, const struct run *r);
void errand_note(struct errand *v, const struct row *row, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A list of a place's releases is empty rather than absent when it could not be read. Does id name one of them, as
 * a whole or as a unique prefix? NULL: no; *ambiguous tells. */
const char *errand_release(const struct run *r, const char *text, bool *ambiguous);
/* A note for each active place, "jarupa  C -> A", from what is live to what errand_wish said; and the list of them. */
size_t errand_moves(struct errand *v, struct place_move **out);
/* "ana@ci-7 (ci-7 pid 4711), deploy since 5 min". */
const char *errand_holder(const struct lock_info *l, struct arena *mem);

/* The ledger's account. It is written when the ledger is there; a write that fails is a note and ends the account,
 * never the command: taking a release back must work on a full disk. errand_intend writes an intent for every
 * active run (from row.previous to what errand_wish said). errand_record writes every run's result, with where it
 * was to go even when it did not get there; errand_close ends the account. */
void errand_begin_record(struct errand *v, const char *release);
void errand_wish(struct errand *v, const struct run *r, const char *id);      /* id lives in the context's memory */
void errand_intend(struct errand *v);
void errand_record(struct errand *v);

#endif
