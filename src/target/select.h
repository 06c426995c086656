/* select: which targets a command line means. names (globs) AND tags; -t a,b = a and b, repeated -t = or; minus
 * --except. */
#ifndef SLIPWAY_TARGET_SELECT_H
#define SLIPWAY_TARGET_SELECT_H

#include "base/fail.h"
#include "base/mem.h"
#include "target/project.h"

struct selection {
	const char *const *names;       /* none = all; a name may be target/site */
	size_t name_count;
	const char *const *tags;        /* each "a,b,c" */
	size_t tag_count;
	const char *const *except;      /* each "a,b" of names or globs */
	size_t except_count;
};
/* Fills out with pointers into list, in name order. An unknown name or tag, a glob that matches nothing and an
 * empty result are FAIL_USAGE, with the nearest known name. Naming target/site selects that place alone: *out then
 * holds a copy of the target (in mem) with only the named places. */
int select_targets(const struct target ***out, size_t *count, const struct target_list *list, const struct selection *s,
                   struct arena *mem, struct fail *f);

#endif
