/* glob_part: one path part of a pattern, compiled. Matching is linear in part length times pattern length (a set of
 * states, no backtracking); a negation's answer is kept for each position. */
#ifndef SLIPWAY_BASE_GLOB_PART_H
#define SLIPWAY_BASE_GLOB_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/mem.h"

struct glob_part;
/* text has no "/"; it is copied. FAIL_CONFIG when it is too complicated. */
int glob_part_new(struct glob_part **out, const char *text, struct arena *mem, struct fail *f);
bool glob_part_is_globstar(const struct glob_part *p);
/* Adds what it took to *steps. A globstar matches any part. */
bool glob_part_match(const struct glob_part *p, const char *s, size_t len, uint64_t *steps);

#endif
