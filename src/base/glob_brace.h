/* glob_brace: {a,b} and {1..9}, expanded before anything else is read, the way npm's brace-expansion 2 does it: bash's
 * rules and bash's oddities ("{},a}b" stays, "${a}" stays, an empty alternative of a first group at top level is
 * dropped). */
#ifndef SLIPWAY_BASE_GLOB_BRACE_H
#define SLIPWAY_BASE_GLOB_BRACE_H

#include <stddef.h>
#include "base/fail.h"
#include "base/mem.h"

#define GLOB_ALTERNATIVES 1024

struct glob_strings {
	const char **items;         /* in the arena */
	size_t count, cap;
};
void glob_strings_add(struct glob_strings *s, const char *text, struct arena *mem);

/* Adds the alternatives of pattern to out. FAIL_CONFIG when there are more than GLOB_ALTERNATIVES, or they nest over
 * 100 deep. */
int glob_braces(struct glob_strings *out, const char *pattern, struct arena *mem, struct fail *f);

#endif
