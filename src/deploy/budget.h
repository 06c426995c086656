/* budget: how many places may fail before nothing more is switched. */
#ifndef SLIPWAY_DEPLOY_BUDGET_H
#define SLIPWAY_DEPLOY_BUDGET_H

#include <stddef.h>
#include "base/fail.h"

/* "3", or "10%" of `places`: rounded down, but at least 1 (of a share above 0). NULL = no limit, SIZE_MAX. FAIL_CONFIG
 * for anything else. More failures than this exceed it. */
int failure_budget(size_t *out, const char *max_failures, size_t places, struct fail *f);

#endif
