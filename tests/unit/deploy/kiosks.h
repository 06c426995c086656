/* kiosks: a small fleet of real directories with a real project in front of it, for tests that tell a story. Every
 * command gets a context of its own, as every run of the program does. */
#ifndef SLIPWAY_TEST_KIOSKS_H
#define SLIPWAY_TEST_KIOSKS_H

#include "test.h"

#include "base/strbuf.h"
#include "deploy/commands.h"
#include "deploy/context.h"
#include "target/problems.h"

struct kiosks {
	struct scratch dir;             /* slipway.json, dist/, srv/NAME/ */
	struct reporter reporter;
	struct strbuf notes;            /* what the last command said, a line each */
	unsigned asked;                 /* questions since the command began */
	bool answer;                    /* yes */
	bool signals;                   /* SIGINT interrupts the command instead of the test */
	const struct host_ops *(*find_host)(const char *kind);      /* NULL = real directories */
	/* Called with each note, in the midst of a command: what another one would do meanwhile. */
	void (*meanwhile)(struct kiosks *k, const char *text);
	/* of the command that runs */
	struct problems problems;
	struct context c;
};

/* count kiosks named a, b, c, ... on roots srv/a, srv/b, ...; build in dist/. extra: more text for slipway.json's
 * object, with its leading comma, or "". */
void kiosks_begin(struct kiosks *k, size_t count, const char *extra);
void kiosks_end(struct kiosks *k);
/* One file of the build. */
void kiosks_build(struct kiosks *k, const char *path, const char *text);

/* Between these two: one command. names: NULL-terminated targets, none = all. */
struct context *kiosks_open(struct kiosks *k, const char *command, ...) __attribute__((sentinel));
void kiosks_close(struct kiosks *k);

/* The outcome's exit code, or the test fails with everything that the command said. */
void kiosks_expect_exit(const struct kiosks *k, const struct outcome *o, int exit_code);
/* A rollback with the reason "white screen" that must end with this exit code. */
void kiosks_rollback(struct kiosks *k, const char *names, struct rollback_options o, int exit_code);

/* Places by hand, without a deploy: a sealed release of one file, app.js (parent NULL = none); the link alone, as
 * somebody with a shell would set it; link and switch log; and all of it, as a deploy five seconds after the id's
 * time would have left it. */
void kiosks_release(struct kiosks *k, const char *name, const char *id, const char *parent, const char *app);
void kiosks_link(struct kiosks *k, const char *name, const char *id);
void kiosks_switch(struct kiosks *k, const char *name, const char *id, const char *action, int64_t at_s);
void kiosks_put(struct kiosks *k, const char *name, const char *id, const char *app);

/* What a kiosk's document root serves under a path; malloc'd. Fails the test when it is not there. */
char *kiosks_served(struct kiosks *k, const char *name, const char *path);
/* The id that a kiosk's link points to, "" when there is none; static for the next call. */
const char *kiosks_live(struct kiosks *k, const char *name);

#endif
