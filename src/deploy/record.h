/* record: a deploy's account in the ledger. Unlike those of the smaller commands it must be written before anything is
 * switched: a deploy whose intents cannot be recorded does not go on (FAIL_STATE). */
#ifndef SLIPWAY_DEPLOY_RECORD_H
#define SLIPWAY_DEPLOY_RECORD_H

#include <stdbool.h>
#include "deploy/decide.h"
#include "deploy/fleet.h"

struct record {
	struct context *c;
	char run[33];                   /* the ledger's id of this run; "" = not begun */
	const char *release;            /* where its places were to go; NULL = nowhere */
};

/* A context without a ledger records nothing, successfully. */
int record_begin(struct record *rec, struct wish *w, const char *release, struct fail *f);
/* Intents of the active runs, durable when it returns. */
int record_intend(struct record *rec, struct fleet *fl, const char *release, struct fail *f);
/* Results of all runs. */
int record_results(struct record *rec, struct fleet *fl, struct fail *f);
int record_end(struct record *rec, int exit_code, struct fail *f);
/* Nothing was to be done. It is worth a record when the ledger thinks otherwise of one of the places. */
int record_nothing(struct record *rec, struct wish *w, struct fleet *fl, struct fail *f);
/* The ledger's view of this run, as a wish for ledger_unfinished. */
struct ledger_run record_wish(const struct wish *w);

#endif
