/* console: everything said on stderr and the stream of --events, and the reporter that the engine calls. One per
 * command.
 *
 * Nothing else writes to stderr once it is open: the live picture would be torn. What goes out is redacted by
 * value with the secrets once they are known (console.secrets). The cursor is never hidden and rests on an empty
 * line below the picture, so that a kill at any moment leaves a sane terminal. */
#ifndef SLIPWAY_CMD_CONSOLE_H
#define SLIPWAY_CMD_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/strbuf.h"
#include "cmd/display.h"
#include "cmd/term.h"
#include "deploy/report.h"
#include "net/loop.h"
#include "target/secret.h"

enum progress_choice { PROGRESS_AUTO, PROGRESS_PLAIN, PROGRESS_NONE };

struct console_options {
	enum color_choice color;
	enum progress_choice progress;
	const char *events;             /* file name, or NULL */
	bool quiet, yes;
	int verbose;
	bool changes;                   /* the command changes places: a result line for each */
	void (*leave)(int signal);      /* called on the second signal, terminal restored; does not return */
};

struct console {
	struct reporter reporter;       /* first: the engine's pointer is ours */
	struct console_options o;
	struct term term;
	const struct secrets *secrets;  /* or NULL */
	struct loop *loop;              /* or NULL */
	const char *(*activity)(void *arg, struct strbuf *out);    /* what goes on before there are rows; may be NULL */
	void *activity_arg;

	struct display_row *rows;
	size_t count;
	size_t name_width;
	bool live;                      /* draws a picture */
	size_t drawn;                   /* its lines on the screen now */
	struct strbuf picture;          /* as drawn: a terminal that became narrower has wrapped it */
	int64_t started_ns, drawn_ns, said_ns;
	unsigned frame;
	unsigned phases_said;           /* bit per phase that the plain log has named */

	int events_fd;                  /* -1 = none */
	int events_error;               /* errno of the first write that failed */
};

/* Opens the events file (created or truncated, 0644; "-" is refused) before anything else happens. */
int console_open(struct console *c, const struct console_options *o, struct fail *f);
/* Ends the picture, closes the events file; FAIL_LOCAL when the events could not all be written. */
int console_close(struct console *c, struct fail *f);

/* A line of the conversation; not with -q. `text` is already fit for a terminal. */
void console_say(struct console *c, enum style style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same, also with -q: warnings and errors. */
void console_warn(struct console *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void console_error(struct console *c, const struct fail *f);
/* Whole lines, already styled. */
void console_lines(struct console *c, struct strbuf *lines);
/* The last event: "end" with the exit code. */
void console_end(struct console *c, int exit_code);
/* Takes the picture away until the next tick. */
void console_rest(struct console *c);

/* Is there a terminal to ask on? */
bool console_can_ask(const struct console *c);
/* 0 = yes; FAIL_USAGE = no or nobody there; FAIL_CANCELLED = a signal. */
int console_confirm(struct console *c, const char *question, const char *word, struct fail *f);
/* A line of --events; detail is a compact JSON object or NULL. */
void console_event(struct console *c, const char *name, const struct row *row, const char *detail);

#endif
