/* keep: a target's "keep" setting as a policy. */
#ifndef SLIPWAY_DEPLOY_KEEP_H
#define SLIPWAY_DEPLOY_KEEP_H

#include "base/fail.h"
#include "release/history.h"
#include "target/project.h"

/* {"last": 10, "within": "14d"}, which are also the values of what is not said. FAIL_CONFIG for nonsense. */
int keep_policy_of(struct keep_policy *out, const struct target *t, struct fail *f);

#endif
