/* outcome: filling the parts of an outcome that plan and deploy have in common. */
#ifndef SLIPWAY_DEPLOY_OUTCOME_H
#define SLIPWAY_DEPLOY_OUTCOME_H

#include "deploy/builds.h"
#include "deploy/report.h"

/* The builds' rows, and the list that the report shows. */
void outcome_builds(struct outcome *o, struct context *c, const struct builds *b, const struct build **list,
		    size_t *count);
/* The run as a whole failed: error and, when cancelled, interrupted; secrets are redacted. */
void outcome_fail(struct outcome *o, const struct context *c, const struct fail *f);

#endif
