/* project_inside: what the files of this room share about a loaded project. Nobody else includes it. */
#ifndef SLIPWAY_TARGET_PROJECT_INSIDE_H
#define SLIPWAY_TARGET_PROJECT_INSIDE_H

#include "target/project.h"

struct part {                           /* a value and the document it stands in */
	const struct json_doc *doc;
	const json *value;
};

struct host_def {
	const char *name, *kind;        /* kind NULL: unknown, reported */
	struct part part;
};

struct target_def {
	const char *name, *file;
	struct part part;
};

struct environment_def {
	struct part part;
	const struct environment_def **chain;   /* from the farthest ancestor to itself; just itself in a cycle */
	size_t chain_count;
	bool looped;                            /* part of a cycle, or extends something unknown */
};

struct resolved {                       /* one environment's targets */
	struct target_list list;
	bool done;
};

struct fbjson;

struct project {
	char *root;
	int dirfd;
	const char *name, *config_name;
	struct json_doc **docs;                 /* owned; all but firebase.json and .firebaserc */
	size_t doc_count, doc_cap;
	struct part config;                     /* value NULL when slipway.json could not be read */
	struct fbjson *firebase;              /* of a firebase.json project: config is made from it; else NULL */
	struct hook_def *hooks;
	size_t hook_count;
	struct json_doc *builtin;               /* the built-in layer */
	const char *targets_dir, *manifests_dir, *overlays_dir;
	struct build_def *builds;
	size_t build_count;
	struct environment *environments;       /* beside environment_defs */
	struct environment_def *environment_defs;
	size_t environment_count;
	struct rollout rollout;
	struct host_def *hosts;                 /* sorted by name */
	size_t host_count, host_cap;
	struct target_def *targets;             /* sorted by name */
	size_t target_count, target_cap;
	struct resolved *resolved;              /* one per environment; one alone without environments */
	bool cross_checked;
	json **owned;                           /* merged values */
	size_t owned_count, owned_cap;
	struct arena mem;
};

/* documents.c: reads one document into the project's list; NULL after a problem. */
const struct json_doc *project_read_document(struct project *p, const char *path, struct problems *problems);
/* The project frees it from now on. */
const struct json_doc *project_own_document(struct project *p, struct json_doc *d);
/* Fills targets and hosts from slipway.json and the directories. */
void documents_read(struct project *p, struct problems *problems);
/* environments.c */
void environments_read(struct project *p, struct problems *problems);
/* Marks abstract ones and checks what targets say about where they are; needs the targets. */
void environments_settle(struct project *p, struct problems *problems);
const struct environment_def *environment_def(const struct project *p, const char *name);
/* The object a target's entry for an environment holds; NULL when the target is not in it. A listed name gives an
 * empty part. */
bool target_def_entry(const struct target_def *t, const char *environment, struct part *out);
bool target_def_in(const struct project *p, const struct target_def *t, const char *environment);
/* project.c */
const struct host_def *project_host(const struct project *p, const char *name);
const json *project_own(struct project *p, json *value);        /* freed with the project */
/* Strings of a list (or of a single string), unexpanded. */
const char *const *strings_of(const json *v, size_t *count, struct arena *mem);
/* "did you mean" for a name, or what there is: a hint in mem, or NULL. */
const char *nearest_hint(const char *word, const char *const *names, size_t count, struct arena *mem);

#endif
