/* conformance: what every host kind must do, as tests written against host.h only. A kind joins by a row: how to make
 * a fresh place, how to look at it as a visitor does, how others change it behind the host's back, and which promises
 * are not its own. What a kind promises by a trait or a slot of its table (host.h) is asked of it by that. */
#ifndef SLIPWAY_TEST_HOST_CONFORMANCE_H
#define SLIPWAY_TEST_HOST_CONFORMANCE_H

#include "base/strbuf.h"
#include "host/host.h"
#include "../support/test.h"

enum damage { DAMAGE_FLIP, DAMAGE_REMOVE, DAMAGE_ADD };

enum row_flags {
	ROW_BACK_TO_NOTHING = 1,        /* a place that served something can be switched back to nothing */
	ROW_LISTS_STAGED = 2,           /* a release is listed once it is sealed; else once it was live */
	ROW_WHOLE_SIZES = 4,            /* bytes that it reports are those of the contents, not of their packed form */
	ROW_OPAQUE_FOREIGN = 8          /* what others made has no manifest and no header */
};

#define ROW_ID 64

struct host_row {
	const char *kind;
	unsigned flags;
	/* Makes what must be there before a session is opened, and appends the place's settings as a JSON object. `name`
	 * tells places of one test apart; the same name is the same place. */
	void (*settings)(struct strbuf *json, const struct scratch *s, const char *name);
	/* What a visitor gets for a path: malloc'd, NULL = not found. */
	char *(*served)(const struct scratch *s, const char *name, const char *path);
	/* NULL: contents are stored under their digests, out of anybody's reach. */
	void (*damage)(const struct scratch *s, const char *name, const char *id, const char *path, enum damage what);
	/* A release that slipway did not make, with one file index.html ("foreign"); what was live is live afterwards. */
	void (*make_foreign)(const struct scratch *s, const char *name, char id[ROW_ID]);
	/* Somebody else makes `id` live, without telling us. */
	void (*switch_behind)(const struct scratch *s, const char *name, const char *id);
	const char *behind;             /* the action that the switch log then shows */
	/* The lease of the lock that is held there runs out. NULL: locks have no lease, they end with their holder. */
	void (*expire_lock)(const struct scratch *s, const char *name);
};

/* Runs the whole suite for a kind; the result of cmocka. */
int conformance_run(const struct host_row *row);
/* Its parts: each fills in the tests that apply to the row behind `start` (at most CONFORMANCE_MAX); how many. */
#define CONFORMANCE_MAX 64
size_t conformance_releases(struct CMUnitTest *out, void *start);
size_t conformance_staging(struct CMUnitTest *out, void *start);
size_t conformance_locks(struct CMUnitTest *out, void *start);
size_t conformance_upkeep(struct CMUnitTest *out, void *start);

#endif
