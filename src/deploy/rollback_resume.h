/* rollback_resume: a plain rollback whose run died, was interrupted or failed on some places is finished by the same
 * command, not repeated: places that had moved already must not go one release further back.
 *
 * Pure: it looks at the ledger's rows and at what the places serve. Such runs are the newest ones of the ledger:
 * rollbacks that were asked for in the same words (`config`) and have no end, or ended with 3 or 8. Every place must
 * serve what such a run moved it from or to; else somebody did something in between, and the command means what it
 * says. */
#ifndef SLIPWAY_DEPLOY_ROLLBACK_RESUME_H
#define SLIPWAY_DEPLOY_ROLLBACK_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include "deploy/ledger.h"

struct rollback_rest {
	const char *place;              /* name */
	const char *live;               /* NULL = nothing */
	const char *to;                 /* the answer: where the died run was taking it, maybe live; borrows from rows */
};

/* rows: newest first, as ledger_history gives them. True: every `to` is set and there is at least one place. */
bool rollback_resume(struct rollback_rest *places, size_t count, const struct ledger_row *rows, size_t row_count,
                     const char *config);

#endif
