/* builds: the directories of a run (builds and overlays), each read once per directory and set of rules, however many
 * targets use it. The rules are the build's and then the target's; .htaccess counts for dir and ssh targets. */
#ifndef SLIPWAY_DEPLOY_BUILDS_H
#define SLIPWAY_DEPLOY_BUILDS_H

#include <stddef.h>
#include "deploy/context.h"
#include "dist/build.h"

struct builds;
/* dist: "DIR" (of the only build that the context's targets use) or "NAME=DIR", relative to the process's directory.
 * FAIL_USAGE for an unknown name, for a bare DIR with several builds, for one build named twice. */
int builds_new(struct builds **out, struct context *c, const char *const *dist, size_t dist_count, struct fail *f);
/* Closes the directories; what was read stays valid until context_close_state, for reports point at it. */
void builds_free(struct builds *b);
/* Frees what the context's commands have read. */
void builds_forget(struct context *c);

/* Runs the "command" of every build that the targets use, one after the other, in the project's root, with the
 * variables that all targets of the environment agree on; its output goes to stderr. FAIL_BUILD names the exit. */
int builds_command(struct builds *b, struct fail *f);
/* Reads what the context's targets use, overlays included. All directories are read even when one is refused, so that
 * all problems are known; -1 tells the first. Tells the reporter. */
int builds_read(struct builds *b, struct fail *f);
/* After builds_read: what t deploys, and the overlay in its directory `dir`. */
const struct build *builds_of(const struct builds *b, const struct target *t);
const struct build *builds_overlay(const struct builds *b, const struct target *t, const char *dir);
/* For reports: the builds without the overlays, ordered by name; the array lives in the context's memory. */
const struct build *builds_list(const struct builds *b, size_t *count);
/* The sorted ids, without repetition, hex, comma-separated; and as bytes for release_id_suffix. */
const char *builds_ids(const struct builds *b, const uint8_t (**ids)[SHA256_SIZE], size_t *count);

#endif
