/* retry: whether and when a failed step is tried again. A pure function of what happened: no clock, no randomness of
 * its own.
 *
 * * Only what may pass by itself is repeated: connection trouble and a far side that asks us to come back. Full
 * jitter: the wait is anywhere between nothing and a ceiling that doubles, so that a fleet does not come back all at
 * once. */
#ifndef SLIPWAY_NET_RETRY_H
#define SLIPWAY_NET_RETRY_H

#include <stdint.h>
#include "base/fail.h"

#define RETRY_BASE_MS 500               /* ceiling of the first wait */
#define RETRY_CAP_MS 30000              /* ceiling of all waits */
#define RETRY_TRIES 6                   /* a step is tried at most so often */
#define RETRY_PATIENCE_MS 60000         /* a longer Retry-After makes the place pending */

enum retry_verdict {
	RETRY_NEVER,                    /* it cannot help, or there were tries enough */
	RETRY_WAIT,                     /* again after delay_ms */
	RETRY_PENDING                   /* the far side wants more time than a run should wait */
};
struct retry {
	enum retry_verdict verdict;
	uint32_t delay_ms;
};

/* tries: how often the step was tried so far, at least 1. budget: retries that the whole run has left. random: any 32
 * bits. */
struct retry retry_judge(const struct fail *f, unsigned tries, unsigned budget, uint32_t random);
/* The budget of a run that plans so many requests: 50 and a tenth. */
unsigned retry_budget(uint64_t planned_requests);
/* Where nothing was tried any more though it may pass by itself, and no hint says more: says that. */
void retry_advise(struct fail *f);

#endif
