#include "net/retry.h"

#include <limits.h>

static uint32_t ceiling(unsigned tries)
{
	uint32_t ms = RETRY_BASE_MS;

	for (unsigned i = 1; i < tries && ms < RETRY_CAP_MS; i++)
		ms *= 2;
	return ms < RETRY_CAP_MS ? ms : RETRY_CAP_MS;
}

struct retry retry_judge(const struct fail *f, unsigned tries, unsigned budget, uint32_t random)
{
	struct retry never = { .verdict = RETRY_NEVER }, wait = { .verdict = RETRY_WAIT };

	if (f->kind != FAIL_BUSY && f->kind != FAIL_LINK)
		return never;
	if (f->retry_after_ms > RETRY_PATIENCE_MS)
		return (struct retry){ .verdict = RETRY_PENDING };
	if (tries >= RETRY_TRIES || budget == 0)
		return never;
	/* A stated time is the least that is waited; the jitter goes on top. */
	wait.delay_ms = f->retry_after_ms + random % (f->retry_after_ms ? RETRY_BASE_MS : ceiling(tries) + 1);
	return wait;
}

unsigned retry_budget(uint64_t planned_requests)
{
	uint64_t budget = 50 + planned_requests / 10;

	return budget < UINT_MAX ? (unsigned)budget : UINT_MAX;
}

void retry_advise(struct fail *f)
{
	if (*f->hint || (f->kind != FAIL_BUSY && f->kind != FAIL_LINK))
		return;
	if (f->retry_after_ms > RETRY_PATIENCE_MS)
		fail_hint(f, "give the same command again in %u s", f->retry_after_ms / 1000);
	else
		fail_hint(f, "it may pass by itself: then give the same command again");
}
