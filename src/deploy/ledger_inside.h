/* ledger_inside: what ledger.c (opening, writing) and ledger_read.c (questions) share. */
#ifndef SLIPWAY_DEPLOY_LEDGER_INSIDE_H
#define SLIPWAY_DEPLOY_LEDGER_INSIDE_H

#include "base/db.h"
#include "deploy/ledger.h"

struct ledger {
	struct db *db;
	char *path;                     /* malloc'd */
	char *warning;                  /* malloc'd, or NULL */
};

/* Damage that shows only now is unusable state too. Returns -1. */
int ledger_fail(struct fail *f);

#endif
