/* hooks: what the entries of a firebase.json run before and after a deploy ("predeploy", "postdeploy"). Only deploy
 * runs them, and only those of the targets it deploys; each entry's once, in the order of firebase.json; by a shell, in
 * the project's root, with GCLOUD_PROJECT, PROJECT_DIR and RESOURCE_DIR as the official client sets them. */
#ifndef SLIPWAY_DEPLOY_HOOKS_H
#define SLIPWAY_DEPLOY_HOOKS_H

#include "deploy/context.h"

/* Of the context's targets, before the builds are read. The first that fails ends the run (FAIL_BUILD). */
int hooks_before(struct context *c, struct fail *f);
/* After the last switch: of the targets all places of which hold what they should, at least one of them since this
 * run. One that fails ends its own entry's hooks and takes nothing back; the others run. The first failure (FAIL_LOCAL)
 * is the result, the rest is told. */
int hooks_after(struct context *c, const struct outcome *o, struct fail *f);

#endif
