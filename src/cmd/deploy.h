/* deploy, plan: options that both have. */
#ifndef SLIPWAY_CMD_DEPLOY_H
#define SLIPWAY_CMD_DEPLOY_H

#include <stdbool.h>
#include <stdint.h>
#include "cmd/command.h"
#include "deploy/commands.h"

struct deploy_opts {
	struct strlist dist;
	const char *message, *channel, *expires;
	bool compare_content;
	bool dry_run, retry_failed, no_cache, skip_locked, build_first, repair, again, allow_removals, exit_code;
	int64_t lock_timeout_ms;
};
#define DEPLOY(field) offsetof(struct deploy_opts, field)

/* --channel and --expires, for the context. */
int deploy_channel(struct invocation *in, struct fail *f);
/* What the engine wants of the options; whether they say --no-cache. */
struct deploy_options deploy_options_of(const struct deploy_opts *o);
bool deploy_no_cache(const void *opts);

/* Runs a plan and makes it the invocation's report. */
int plan_make(struct invocation *in, struct fail *f);
void plan_text(struct invocation *in, struct page *page);
void plan_json(struct invocation *in, struct jw *w);
void plan_json_place(struct invocation *in, struct jw *w, size_t i);

#endif
