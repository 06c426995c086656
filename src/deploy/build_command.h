/* build_command: what deploy --build-first runs. */
#ifndef SLIPWAY_DEPLOY_BUILD_COMMAND_H
#define SLIPWAY_DEPLOY_BUILD_COMMAND_H

#include "deploy/context.h"

/* Runs `command` by /bin/sh -c in the project's root and waits. Its output goes to stderr, its input is empty. Its
 * environment is the process's and, over it, SLIPWAY_ENVIRONMENT and the variables (no secrets) of this build's
 * targets that have the same value in all of them. A failing command is FAIL_BUILD; an interrupted one is asked to end
 * and is FAIL_CANCELLED. */
int build_command(struct context *c, const char *build, const char *command, struct fail *f);

#endif
