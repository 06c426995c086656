/* world: one test's loop, scratch directory and places, and every host call as a function that waits for its answer. */
#ifndef SLIPWAY_TEST_HOST_WORLD_H
#define SLIPWAY_TEST_HOST_WORLD_H

#include "base/json.h"
#include "conformance.h"
#include "deploy/packs.h"

#define MAX_SPOTS 8
#define MAX_RESULTS 32

struct seat {                           /* a place with its session and settings */
	const char *name;
	struct target target;
	struct json_doc *doc;
	struct session *session;
	struct place *place;
};

struct world {
	const struct host_row *row;
	const struct host_ops *ops;
	struct scratch scratch;
	struct loop *loop;
	struct http *http;
	struct host_store *store;
	struct context context;         /* what packs need of it */
	struct reporter reporter;
	struct packs *packs;
	struct arena mem;
	struct seat seats[MAX_SPOTS];
	size_t seat_count;
	unsigned trees;
	struct arena results[MAX_RESULTS];      /* what ops have in op->mem; no more of them run at once */
	size_t result_count;
	struct fail fail;               /* of the last call */
};

/* What deploys say about themselves. */
#define MESSAGE "a \"message\"\nof two lines"

/* A row of a cmocka table, with the host row in `start`. */
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, world_setup, world_teardown, start)
/* Appends a table of them, when it applies. */
#define ADD_TESTS(out, n, applies, tests) ((applies) ? tests_add(out, n, tests, sizeof(tests) / sizeof *(tests)) : (n))
size_t tests_add(struct CMUnitTest *out, size_t n, const struct CMUnitTest *more, size_t count);
int world_setup(void **state);
int world_teardown(void **state);

struct world *world_new(const struct host_row *row);
void world_free(struct world *w);
/* A place in a session of its own, as another process would have it; the same name is the same place. */
struct seat *world_seat(struct world *w, const char *name);
/* With a setting more or changed: key and JSON value. */
struct seat *world_seat_with(struct world *w, const char *name, const char *key, const char *value);
/* Closes the newest seat. */
void world_unseat(struct world *w);
/* The process of this seat was killed and its lock is no more: it must not be used again. */
void world_kill(struct world *w, struct seat *s);

/* A build: pairs of path and text, ended by NULL. The files lie below the scratch directory. */
const struct tree *world_tree(struct world *w, ...);
/* One of `count` contents in memory: d00/f00000.txt and so on, each its number and, the first `salted`, salt. */
const struct tree *world_big_tree(struct world *w, size_t count, const char *salt, size_t salted);

struct op *world_op(struct world *w);
/* Turns the loop until the op is done; its rc. The failure is in w->fail. */
int world_wait(struct world *w, struct op *op);

/* Each waits; rc as the host said. */
int seat_lock(struct world *w, struct seat *s);
int seat_unlock(struct world *w, struct seat *s);
struct live_state seat_read(struct world *w, struct seat *s);
struct release_list seat_list(struct world *w, struct seat *s);
enum release_state seat_probe(struct world *w, struct seat *s, const char *id);
/* What header.tree of a release of this tree reads there. */
void seat_label(struct world *w, struct seat *s, const struct tree *want, uint8_t out[SHA256_SIZE]);
/* For what is live, as was just read. */
int seat_begin(struct world *w, struct seat *s, const char *id, const struct tree *want, bool fresh,
               struct missing *out);
int seat_put(struct world *w, struct seat *s, const struct missing *missing, struct stage_stats *stats);
int seat_seal(struct world *w, struct seat *s, struct stage_stats *stats);
int seat_switch(struct world *w, struct seat *s, const char *from, const char *to, const char *action);
int seat_verify(struct world *w, struct seat *s, const char *id, struct verify_report *out);
int seat_drop(struct world *w, struct seat *s, const char *id, uint64_t *freed);
/* begin, put, seal; what was missing is returned. All must succeed. */
struct missing seat_stage(struct world *w, struct seat *s, const char *id, const struct tree *want);
/* lock, stage, flush, switch from what is live, unlock. All must succeed. */
struct missing seat_deploy(struct world *w, struct seat *s, const char *id, const struct tree *want);
void assert_served(struct world *w, struct seat *s, const char *path, const char *text);
/* fetch(id) has exactly these entries, with these contents (which were staged in this world); verify finds nothing. */
void assert_holds(struct world *w, struct seat *s, const char *id, const struct tree *want);
/* The last call failed so. */
void assert_failed(struct world *w, int rc, enum fail_kind kind);

#endif
