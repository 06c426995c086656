/* context: what every command of the engine works with. Built once by cmd/ (from options), borrowed by everything
 * below. */
#ifndef SLIPWAY_DEPLOY_CONTEXT_H
#define SLIPWAY_DEPLOY_CONTEXT_H

#include "base/mem.h"
#include "deploy/ledger.h"
#include "deploy/report.h"
#include "dist/index.h"
#include "net/loop.h"
#include "target/environment.h"
#include "target/project.h"
#include "target/secret.h"

struct host_ops;
struct host_store;
struct http;

struct context {
	struct project *project;
	struct env_choice env;
	struct target_list all;                 /* every target of the environment */
	const struct target **targets;          /* the selected ones, name order */
	size_t target_count;
	struct loop *loop;
	struct http *http;                      /* the run's one network engine; NULL in tests without network */
	struct host_store *store;               /* what hosts share for the whole run; emptied before http goes */
	const char *channel;                    /* --channel, or NULL */
	int64_t channel_ttl_s;                  /* --expires; 0 = not given */
	struct secrets *secrets;
	struct ledger *ledger;                  /* NULL: read-only commands with unusable state (ledger_note says why) */
	const char *ledger_note;
	const char *cache_dir;                  /* .slipway or SLIPWAY_CACHE_DIR; NULL: state could not be opened */
	struct index *index;                    /* in cache_dir; NULL with --no-cache */
	struct builds *builds;                  /* what commands have read; freed by context_close_state */
	struct reporter *reporter;
	struct provenance who;
	const char *command;                    /* "deploy" */
	const char *message;                    /* -m, or NULL */
	unsigned jobs;                          /* -j; 0 = default */
	bool yes;
	int64_t now_s;                          /* wall clock when the command began */
	/* Tables of hosts by kind; NULL = host_find. Tests put their own here. */
	const struct host_ops *(*find_host)(const char *kind);
	struct arena mem;                       /* lives as long as the command */
};

/* Opens .slipway (0700, own .gitignore) under the project root: ledger and index. need_state: FAIL_STATE ends the
 * command; else the ledger may stay NULL with ledger_note set. no_cache leaves index NULL. */
enum state_need { STATE_OPTIONAL, STATE_REQUIRED };
int context_open_state(struct context *c, enum state_need need, bool no_cache, struct fail *f);
void context_close_state(struct context *c);

#endif
