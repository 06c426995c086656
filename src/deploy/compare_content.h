/* compare_content: plan --compare-content. What another compressor made is known to a service by digests that say
 * nothing of the contents; so the paths that a plan calls changed are fetched from where the place is seen, and held
 * against the wanted contents. */
#ifndef SLIPWAY_DEPLOY_COMPARE_CONTENT_H
#define SLIPWAY_DEPLOY_COMPARE_CONTENT_H

#include "deploy/decide.h"

/* Is what the place serves known by digests that the wanted contents cannot be held against? Then a change may be one
 * of the encoding alone. */
bool compare_content_unsure(const struct run *r);
/* After the plan was made, within its phase: settles why of the paths in doubt, then run_done(r, 0). A place that
 * cannot be asked keeps its doubts, with a note. */
void compare_content(struct run *r);

#endif
