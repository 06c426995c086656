/* conformance: what every host kind must do, as tests written against host.h only. A kind joins by a row: how to make
 * a fresh place, how to look at it as a visitor does, and how to damage it behind the host's back. */
#ifndef SLIPWAY_TEST_HOST_CONFORMANCE_H
#define SLIPWAY_TEST_HOST_CONFORMANCE_H

#include "base/strbuf.h"
#include "host/host.h"
#include "../support/test.h"

enum damage { DAMAGE_FLIP, DAMAGE_REMOVE, DAMAGE_ADD };

struct host_row {
	const char *kind;
	/* Appends the place's settings as a JSON object. `name` tells places of one test apart. */
	void (*settings)(struct strbuf *json, const struct scratch *s, const char *name);
	/* What a visitor gets for a path: malloc'd, NULL = not found. */
	char *(*served)(const struct scratch *s, const char *name, const char *path);
	void (*damage)(const struct scratch *s, const char *name, const char *id, const char *path, enum damage what);
	/* A release that slipway did not make, with one file index.html. */
	void (*make_foreign)(const struct scratch *s, const char *name, const char *id);
	/* Somebody else makes `id` live, without a word in the log. */
	void (*switch_behind)(const struct scratch *s, const char *name, const char *id);
	/* The lease of the lock that is held there runs out. */
	void (*expire_lock)(const struct scratch *s, const char *name);
};

/* Runs the whole suite for a kind; the result of cmocka. */
int conformance_run(const struct host_row *row);
/* Its parts: each fills in its tests (at most CONFORMANCE_MAX) for the row behind `start` and returns how many. */
#define CONFORMANCE_MAX 64
size_t conformance_releases(struct CMUnitTest *out, void *start);
size_t conformance_locks(struct CMUnitTest *out, void *start);
size_t conformance_upkeep(struct CMUnitTest *out, void *start);

#endif
