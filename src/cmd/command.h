/* command: what a verb is, and one invocation of it.
 *
 * commands.c holds the table: name, flags (the setup that main does before the verb runs), one line of help, and
 * the verb. A verb fills its report in run(); text() and json() say it afterwards, also when run() failed
 * half-way, so both take whatever is there. */
#ifndef SLIPWAY_CMD_COMMAND_H
#define SLIPWAY_CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include "base/json.h"
#include "base/mem.h"
#include "cmd/console.h"
#include "cmd/opts.h"
#include "cmd/page.h"
#include "deploy/context.h"
#include "target/problems.h"

struct common_opts {                    /* options everywhere */
	const char *dir, *config, *environment, *events, *project, *only;
	struct strlist tags, except;
	int jobs, verbose;
	int color, progress;            /* enum color_choice, enum progress_choice */
	bool json, quiet, yes, help, version;
};

enum command_flags {
	NEEDS_PROJECT = 1,              /* load it, choose the environment, resolve the targets; first line printed */
	NEEDS_ENGINE = 2,               /* select TARGETs; loop, secrets, state (optional) */
	NEEDS_STATE = 4,                /* the state must be usable */
	TAKES_TARGETS = 8,              /* words are TARGETs */
	WANTS_TARGET = 16,              /* at least one must be named */
	TAKES_WORDS = 32,               /* words are the verb's own */
	SHOWS_PLACES = 64,              /* --json has release, builds, targets and totals */
	CHANGES_PLACES = 128            /* a result line for each place */
};

struct invocation;
struct cmd_verb {
	int (*run)(struct invocation *in, struct fail *f);
	int (*words)(struct invocation *in, struct fail *f);                    /* takes its own, leaves TARGETs; or NULL */
	void (*text)(struct invocation *in, struct page *page);                 /* the result for people; NULL = none */
	void (*json)(struct invocation *in, struct jw *w);                      /* its own members; NULL = none */
	void (*json_place)(struct invocation *in, struct jw *w, size_t i);      /* members of targets[i]; NULL = none */
	void (*defaults)(void *opts);                                           /* of the options struct; NULL = zeros */
	bool (*no_cache)(const void *opts);                                     /* NULL = the index is used */
	const struct opt_row *opts;
	size_t opt_count, opts_size;
	const char *usage;              /* after "slipway ": "deploy [TARGET...] [options]" */
	const char *about;              /* paragraphs for --help, at most 80 columns */
};

struct command {
	const char *name;
	unsigned flags;
	const char *help;               /* one line */
	const struct cmd_verb *verb;
};

const struct command *commands_all(size_t *count);      /* in the order help shows */
const struct command *command_find(const char *name);
const char *command_nearest(const char *name);
struct opt_table common_table(struct common_opts *into);

struct invocation {
	const struct command *command;  /* NULL until known */
	struct common_opts common;
	void *opts;                     /* the verb's options struct */
	struct strlist words;
	struct console console;
	bool talking;                   /* console is open */
	struct context context;
	struct problems problems;
	struct outcome outcome_without; /* for verbs without places, and until a verb sets its own */
	struct outcome *outcome;
	void *report;                   /* the verb's own; NULL = nothing to show */
	struct arena mem;
};

#endif
