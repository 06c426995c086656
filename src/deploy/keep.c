#include "deploy/keep.h"

#include "base/clock.h"
#include "base/json.h"

#define LAST_DEFAULT 10
#define WITHIN_DEFAULT_S (14 * 24 * 3600)

int keep_policy_of(struct keep_policy *out, const struct target *t, struct fail *f)
{
	const json *keep = target_value(t, "keep");
	const json *count = json_get(keep, "last");
	const char *within = json_string(json_get(keep, "within"));
	int64_t last = LAST_DEFAULT, ms = (int64_t)WITHIN_DEFAULT_S * 1000;

	if (count && (!json_int(count, &last) || last < 0 || last > 1000000))
		return fail_set(f, FAIL_CONFIG, "keep.last of %s is not a count", t->name);
	if (within && clock_parse_duration(&ms, within, f) < 0)
		return fail_wrap(f, "keep.within of %s", t->name);
	*out = (struct keep_policy){ .last = (unsigned)last, .within_s = ms / 1000 };
	return 0;
}
