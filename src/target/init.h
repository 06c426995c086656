/* init: writes a project from firebase.json + .firebaserc (what is served today; what was written but ignored as
 * "x-was-ignored") or from flags. Never overwrites. */
#ifndef SLIPWAY_TARGET_INIT_H
#define SLIPWAY_TARGET_INIT_H

#include "base/fail.h"
#include "base/strbuf.h"

struct fbjson_request;                /* fbjson.h */

struct init_request {
	const char *dir;                /* where */
	const char *name;               /* NULL = the directory's name */
	const char *dist;               /* build directory; NULL = "dist" */
	const char *kind;               /* NULL = from firebase.json, else "dir" */
	const char *root;               /* dir: the targets' root, may hold ${target}; NULL = "www/${target}" */
	const char *const *targets;     /* names; none = one named like the project */
	size_t target_count;
	const struct fbjson_request *firebase;        /* how firebase.json's project is found; NULL = nothing special */
};
/* Appends a line per file written to report. All or nothing: an existing file is FAIL_USAGE before anything is
 * written. */
int init_project(const struct init_request *rq, struct strbuf *report, struct fail *f);

#endif
