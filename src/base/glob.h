/* glob: path patterns with the semantics of npm's glob 10 / minimatch 9 as the official Firebase client uses them
 * (dot on, no negation, no comments, no basename matching): * ? [class] {a,b} @( ) +( ) *( ) ?( ) !( ) **, backslash
 * escapes; anchored both ends; a leading ./ is dropped. Matching is linear-ish: no exponential blow-up on
 * "*a*a*a*b". */
#ifndef SLIPWAY_BASE_GLOB_H
#define SLIPWAY_BASE_GLOB_H

#include <stdbool.h>
#include "base/fail.h"

struct glob;
/* Compiles; FAIL_CONFIG when braces expand to more than 1,024 alternatives or the pattern is longer than 4,096. */
int glob_new(struct glob **out, const char *pattern, struct fail *f);
void glob_free(struct glob *g);
const char *glob_text(const struct glob *g);
/* Does it match the whole path (relative, "/"-separated), or the path with a slash added (as the client tries)? */
bool glob_match(const struct glob *g, const char *path);
/* Does it hide everything below the directory `path` (pattern ends in a globstar that matches), so that a walk may skip
 * it? */
bool glob_prunes(const struct glob *g, const char *dir);

#endif
