/* reading: a build directory, a cache beside it, and build_read on them, for the tests of this room. */
#ifndef SLIPWAY_TESTS_DIST_READING_H
#define SLIPWAY_TESTS_DIST_READING_H

#include "base/pool.h"
#include "dist/build.h"
#include "dist/index.h"
#include "test.h"

struct reading_test {
	struct scratch scratch;         /* holds dist/ and cache/ */
	char dist[80], cache[80];
	struct pool *pool;
	struct build build;
	struct fail fail;
	char warning[300];              /* the index's, "" when none */
};

/* A setup/teardown pair that puts a struct reading_test * into *state. */
int reading_setup(void **state);
int reading_teardown(void **state);
/* Writes dist/path with all directories above it. */
void reading_put(struct reading_test *t, const char *path, const void *data, size_t len);
void reading_text(struct reading_test *t, const char *path, const char *text);
/* All files below dist/ get times an hour ago... but ctime cannot be set: waits until the racy margin has passed. */
void reading_age(void);
/* Reads dist/ (closing what was read before); the last return value of build_read. */
int reading_run(struct reading_test *t, const struct build_rules *rules, bool cached);
/* The rule of a problem, or of a hidden path; NULL when there is none. */
const char *reading_problem(const struct reading_test *t, const char *path);
const char *reading_hidden(const struct reading_test *t, const char *path);
bool reading_has(const struct reading_test *t, const char *path);

#endif
