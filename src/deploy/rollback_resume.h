/* rollback_resume: a plain rollback whose run died, was interrupted or failed on some places is finished by the same
 * command, not repeated: places that had moved already must not go one release further back.
 *
 * Pure: it looks at the ledger's rows and at what the places serve. Such runs are the newest ones of the ledger:
 * rollbacks that were asked for in the same words (`config`) and have no end, or ended with 3 or 8; those that ended
 * with 4 or 5 after them changed nothing. Every place must serve what such a run moved it from or to; else somebody
 * did something in between, and the command means what it says. A place that could not be read then is one of them
 * while it serves what the others were moved from: it goes back by itself. */
#ifndef SLIPWAY_DEPLOY_ROLLBACK_RESUME_H
#define SLIPWAY_DEPLOY_ROLLBACK_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include "deploy/ledger.h"

struct rollback_rest {
	const char *place;              /* name */
	const char *live;               /* NULL = nothing */
	/* The answer: where the died run was taking it, maybe live; borrows from rows. NULL = to its own previous
	 * release: it was never chosen. */
	const char *to;
};

/* rows: newest first, as ledger_history gives them. True: there is at least one place, and each has its answer. */
bool rollback_resume(struct rollback_rest *places, size_t count, const struct ledger_row *rows, size_t row_count,
                     const char *config);

#endif
