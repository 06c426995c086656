/* kiosks: a small fleet of real directories with a real project in front of it, for tests that tell a story. Every command gets a
 * context of its own, as every run of the program does. */
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
	/* of the command that runs */
	struct problems problems;
	struct context c;
};

/* count kiosks named a, b, c, ... on roots srv/a, srv/b, ...; build in dist/. extra: more text for slipway.json's object, with its
 * leading comma, or "". */
void kiosks_begin(struct kiosks *k, size_t count, const char *extra);
void kiosks_end(struct kiosks *k);
/* One file of the build. */
void kiosks_build(struct kiosks *k, const char *path, const char *text);

/* Between these two: one command. names: NULL-terminated targets, none = all. */
struct context *kiosks_open(struct kiosks *k, const char *command, ...) __attribute__((sentinel));
void kiosks_close(struct kiosks *k);

/* A deploy of everything named by one string ("a" or "*"), which must end with this exit code. Returns the release id (the last one made
 * here; in the kiosks' own memory until the next call) or NULL. */
const char *kiosks_deploy(struct kiosks *k, const char *names, int exit_code);
/* A rollback that must end with this exit code. */
void kiosks_rollback(struct kiosks *k, const char *names, struct rollback_options o, int exit_code);
/* What a kiosk's document root serves under a path; malloc'd. Fails the test when it is not there. */
char *kiosks_served(struct kiosks *k, const char *name, const char *path);
/* The id that a kiosk's link points to, "" when there is none; static for the next call. */
const char *kiosks_live(struct kiosks *k, const char *name);

#endif
