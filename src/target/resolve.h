/* resolve: the steps that project_resolve is made of. */
#ifndef SLIPWAY_TARGET_RESOLVE_H
#define SLIPWAY_TARGET_RESOLVE_H

#include "target/project_inside.h"
#include "target/vars.h"

/* settings.c: every string of a target's settings expands, fits its form, and globs compile; required keys are
 * there; a project file's endpoint is trusted. */
void settings_check(struct project *p, const struct target_def *def, const struct target *t, struct problems *problems);
/* settings.c: does the pattern compile, and does it mean what somebody used to .gitignore thinks? */
void glob_check(const struct project *p, const struct json_doc *doc, const json *v, const char *text,
                struct problems *problems);
/* places.c: no two places of the project are one. Looks at every resolved environment. */
void places_check(struct project *p, struct problems *problems);
/* hints.c: values that all environments repeat. */
void hints_add(struct project *p, struct problems *problems);
/* Where a target's setting stands: its document and value (the last layer's); false for the built-in layer. */
bool setting_part(const struct target *t, const char *key, struct part *out);
const struct target_def *target_def_of(const struct project *p, const char *name);

#endif
