/* glob: path patterns with the semantics of npm's glob 10 / minimatch 9 as the official Firebase client uses them
 * (dot on, no negation, no comments, no basename matching): * ? [class] {a,b} @( ) +( ) *( ) ?( ) !( ) **, backslash
 * escapes; anchored both ends; a leading ./ is dropped; a pattern that begins with / is absolute and matches no path of
 * ours. Braces are expanded twice, as glob does, so "\{a,b\}" is "{a,b}" is a and b. "?" is one UTF-16 unit, as in
 * JavaScript. One difference: an escaped | is a character everywhere (minimatch 9 forgets to escape it inside
 * wildcards). Matching keeps what it knows instead of backtracking: no exponential blow-up on "*a*a*a*b" or
 * "+(a|+(a))b". A compiled pattern may be used by several threads. */
#ifndef SLIPWAY_BASE_GLOB_H
#define SLIPWAY_BASE_GLOB_H

#include <stdbool.h>
#include <stdint.h>
#include "base/fail.h"

struct glob;
/* Compiles; FAIL_CONFIG when braces expand to more than 1,024 alternatives, the pattern is longer than 4,096 bytes, or
 * its groups make it too complicated (20,000 nodes, 400 levels). */
int glob_new(struct glob **out, const char *pattern, struct fail *f);
void glob_free(struct glob *g);             /* accepts NULL */
const char *glob_text(const struct glob *g);
/* Does it match the whole path (relative, "/"-separated), or the path with a slash added (as the client tries)? */
bool glob_match(const struct glob *g, const char *path);
/* The same; adds the elementary steps it took to *steps (for whoever must bound them). */
bool glob_match_counted(const struct glob *g, const char *path, uint64_t *steps);
/* Does it hide everything below the directory `path` (pattern ends in a globstar that matches), so that a walk may skip
 * it? */
bool glob_prunes(const struct glob *g, const char *dir);
/* Could it match something below the directory? False only when it cannot. */
bool glob_reaches(const struct glob *g, const char *dir);

#endif
