/* project: slipway.json and the documents beside it (targets, manifests, overlays), loaded, checked and layered; or a
 * firebase.json with its .firebaserc, as it is (fbjson.h).
 *
 * Which one: going up from the directory, the first that has slipway.json or firebase.json; where both lie,
 * slipway.json. So a firebase.json wins over a slipway.json farther up, and slipway.json over a firebase.json beside it
 * or above it.
 *
 * Where documents lie: "targets" and "manifests" in slipway.json are either the name of a directory (default
 * "targets" and "manifests"; every *.json directly in it is a document, sub-directories are not looked into) or
 * the documents themselves: targets as an object by name or a list with names inside, manifests as an object by
 * name. Inline documents and those in the default directory add up; a name that occurs twice is an error. A file
 * in targets/ holds one target (name = file stem; a "name" inside must agree) or a list of targets. "overlays"
 * names the overlay directory.
 *
 * Order of calls: project_load, then environment_choose, then project_resolve, then select. Nothing here runs a
 * command, opens a host or resolves a secret. Paths in documents are relative to the project root (the directory
 * of slipway.json or firebase.json). */
#ifndef SLIPWAY_TARGET_PROJECT_H
#define SLIPWAY_TARGET_PROJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "target/problems.h"

struct project;
struct fbjson_request;                /* fbjson.h */

struct build_def {                      /* one of "builds" */
	const char *name;
	const char *dir;                /* may hold ${...}: expand with project_expand; NULL = "empty", without files */
	bool as_firebase;               /* of a firebase.json: ignored is what the official client ignores */
	const char *command;            /* or NULL; run by --build-first only */
	const char *const *ignore, *const *include, *const *allow_unsafe;
	size_t ignore_count, include_count, allow_unsafe_count;
};

struct environment {
	const char *name, *extends;     /* extends NULL = none */
	const char *const *branches;
	size_t branch_count;
	const char *approve;            /* NULL, "ask" or "signed" */
	bool abstract;                  /* only extended by others: cannot be chosen */
};

struct rollout {                        /* design 2 and 5.4; issue 6 gives it meaning beyond one wave */
	const json *waves;              /* array or NULL */
	int64_t pause_ms;
	const char *max_failures;       /* "10%" or "3"; NULL = no limit */
};

struct hook_def {                       /* what an entry of firebase.json runs before and after it is deployed */
	const char *target;
	const char *const *before, *const *after;       /* for a shell, in order */
	size_t before_count, after_count;
	const char *resource_dir;       /* absolute path of its build; NULL = it has none */
};

struct project_request {
	const char *dir;                /* where to look, and above */
	const char *config;             /* names the document outright: a slipway.json, or one with "hosting" in it */
	const struct fbjson_request *firebase;        /* how a firebase.json is read; NULL = nothing special */
};

/* Finds the project and loads every document. Problems of all documents are collected; -1 with FAIL_MISSING (no
 * project: the hint says `slipway init`), FAIL_USAGE (the request's firebase means nothing here) or FAIL_CONFIG. On -1
 * with errors in problems *out is still usable for `check`. */
int project_open(struct project **out, const struct project_request *rq, struct problems *problems, struct fail *f);
/* The same, with nothing but a directory and a document. */
int project_load(struct project **out, const char *dir, const char *config, struct problems *problems, struct fail *f);
void project_free(struct project *p);
const char *project_root(const struct project *p);      /* absolute path of the project's directory */
int project_dirfd(const struct project *p);             /* open fd of it, the project's */
const char *project_name(const struct project *p);
const char *project_config_name(const struct project *p);       /* "slipway.json", or what it is instead */
/* Of a firebase.json project: the Firebase project's id, and by what it was chosen; NULL for others. */
const char *project_firebase(const struct project *p);
const char *project_firebase_why(const struct project *p);
/* In the order of firebase.json; those of entries without hooks are left out. None in other projects. */
const struct hook_def *project_hooks(const struct project *p, size_t *count);
const struct build_def *project_builds(const struct project *p, size_t *count);
const struct environment *project_environments(const struct project *p, size_t *count);
const struct environment *project_environment(const struct project *p, const char *name);
const struct rollout *project_rollout(const struct project *p);

/* ${NAME} with the variables of "defaults" and the environment's chain (no target): for build directories and
 * commands. $${ stands for a literal ${. FAIL_CONFIG for an unknown or secret name. */
int project_expand(struct project *p, const char *environment, const char *text, const char **out, struct arena *mem,
                   struct fail *f);

/* ---- the resolved view of one target in one environment ---- */

struct setting {                        /* one key of the layered view */
	const char *key;
	const json *value;              /* merged; strings not yet expanded */
	const char *origin;             /* "targets/jarupa.json:2:3", "built-in", "command line" */
};

enum var_kind { VAR_STRING, VAR_NUMBER, VAR_BOOL, VAR_SECRET };
struct var {
	const char *name;
	enum var_kind kind;
	const char *text;               /* string value; number or boolean as written; NULL for a secret */
	const json *ref;                /* VAR_SECRET: {"env"|"file"|"command": ...} */
	const char *origin;
};

struct render_rule {
	const char *path;               /* a path or glob in the target tree */
	const char *from;               /* template's path in the tree, or NULL = the file itself */
	const char *open, *close;       /* default "{{" and "}}" */
};

struct layer {                          /* what one document says about a target; later layers win */
	/* "built-in", "defaults", "host kiosks", "environment base", "target", "command line" */
	const char *label;
	const struct json_doc *doc;     /* NULL: the command line */
	const json *value;              /* object of settings and "vars" */
};

struct target {
	const char *name;
	const char *environment;        /* NULL when the project has none */
	const char *host;               /* name of the host manifest */
	const char *kind;               /* "dir", "firebase", "s3", "ssh" */
	const char *build;              /* key in builds */
	const char *const *tags;
	size_t tag_count;
	const char *const *places;      /* "target" or "target/site" */
	size_t place_count;
	struct setting *settings;       /* sorted by key */
	size_t setting_count;
	struct var *vars;               /* sorted by name; includes target, TARGET and environment's built-ins */
	size_t var_count;
	const char *const *overlays;    /* existing directories, relative to the root, in laying order */
	size_t overlay_count;
	struct render_rule *render;
	size_t render_count;
	const char *file;               /* document it came from */
	const struct layer *layers;     /* in order; for explain */
	size_t layer_count;
};

struct target_list {
	struct target *items;           /* sorted by name */
	size_t count;
};

/* All targets of an environment (NULL when the project has none), layered and checked: places shared by two
 * targets (also across environments, so all of them are looked at), missing hosts, unknown variables in ${...} are
 * problems. -1 with FAIL_CONFIG when problems has errors (also earlier ones, so `check` may go on after a failed
 * load). The list and everything in it lives in the project. A target's settings hold only keys that mean
 * something to its kind of host. */
int project_resolve(struct project *p, const char *environment, struct target_list *out, struct problems *problems,
                    struct fail *f);

const json *target_value(const struct target *t, const char *key);              /* NULL when unset */
/* A string setting with ${...} expanded, allocated in mem; NULL when unset. The load has checked that it expands. */
const char *target_string(const struct target *t, const char *key, struct arena *mem);
/* Strings of an array setting (or of a single string), expanded. */
const char *const *target_strings(const struct target *t, const char *key, size_t *count, struct arena *mem);
/* ${NAME} in any text, with the target's variables; $${ stands for a literal ${. FAIL_CONFIG for an unknown or
 * secret one. */
int target_expand(const struct target *t, const char *text, const char **out, struct arena *mem, struct fail *f);
const struct var *target_var(const struct target *t, const char *name);

/* `check --explain NAME`: every setting, variable, overlay and render rule with its value and origin; secrets by
 * reference. */
void target_explain(const struct target *t, struct strbuf *out);
void target_explain_json(const struct target *t, struct jw *w);

#endif
