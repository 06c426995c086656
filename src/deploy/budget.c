#include "deploy/budget.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int failure_budget(size_t *out, const char *max_failures, size_t places, struct fail *f)
{
	char *end;

	*out = SIZE_MAX;
	if (!max_failures)
		return 0;
	if (*max_failures < '0' || *max_failures > '9')
		return fail_set(f, FAIL_CONFIG, "rollout.max_failures is neither a number nor a share");
	unsigned long n = strtoul(max_failures, &end, 10);
	if (*end == '\0') {
		*out = n;
		return 0;
	}
	if (strcmp(end, "%") != 0 || n > 100)
		return fail_set(f, FAIL_CONFIG, "rollout.max_failures is neither a number nor a share");
	*out = places * n / 100;
	if (*out == 0 && n > 0)
		*out = 1;
	return 0;
}
