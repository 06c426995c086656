/* environment: which environment a run is for, and who runs it. The only file of the room besides secret.c that
 * reads the process's environment. Order: --env; SLIPWAY_ENV; the branch (BITBUCKET_BRANCH, GITHUB_REF_NAME of a
 * branch, CI_COMMIT_BRANCH, else git HEAD, read without running git) against "branches" (names or globs), never in
 * a pull-request pipeline; the only one there is; else an error that lists them. */
#ifndef SLIPWAY_TARGET_ENVIRONMENT_H
#define SLIPWAY_TARGET_ENVIRONMENT_H

#include <stdbool.h>
#include "base/fail.h"
#include "base/mem.h"
#include "target/project.h"

struct env_choice {
	const struct environment *environment;      /* NULL: the project has no environments */
	const char *why;                            /* "--env", "SLIPWAY_ENV", "branch main", "the only one" */
};
int environment_choose(struct env_choice *out, const struct project *p, const char *option, struct arena *mem,
	struct fail *f);

/* May credentials go to this address of a project file? Yes to http(s) on this machine (localhost, 127.x.x.x,
 * [::1]) and to what SLIPWAY_ALLOW_ENDPOINTS lists (origins such as https://s3.example:9000, separated by commas
 * or blanks). */
bool endpoint_allowed(const char *url);

/* What release manifests record about a run; strings NULL when unknown. */
struct provenance {
	const char *by;         /* SLIPWAY_USER, the CI's actor, else user@host */
	const char *commit, *branch;
	const char *ci;         /* job URL or id */
};
void provenance_read(struct provenance *out, const char *project_root, struct arena *mem);

#endif
