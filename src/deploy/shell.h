/* shell: runs a command of the user's documents: a build's command, a hook. */
#ifndef SLIPWAY_DEPLOY_SHELL_H
#define SLIPWAY_DEPLOY_SHELL_H

#include "deploy/context.h"

struct shell_command {
	const char *who;                /* "build kiosk": begins what is said about it */
	const char *command;
	char *const *vars;              /* "NAME=value", laid over the process's environment */
	size_t var_count;
	enum fail_kind kind;            /* of its failure */
	const char *stage;              /* of its failure */
};

/* Tells the reporter, runs the command by /bin/sh -c in the project's root, and waits. Its output goes to stderr, its
 * input is empty. Another end than 0 is s->kind; an interrupted command is asked to end (SIGTERM) and is
 * FAIL_CANCELLED. */
int shell_run(struct context *c, const struct shell_command *s, struct fail *f);

#endif
