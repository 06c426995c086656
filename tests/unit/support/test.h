/* What every unit test needs: cmocka with its headers in the order it wants, and a scratch directory. */
#ifndef SLIPWAY_TEST_H
#define SLIPWAY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A test's own directory: path and descriptor. Removed by scratch_end, whatever is in it. */
struct scratch {
	char path[64];
	int fd;
};
void scratch_begin(struct scratch *s);
void scratch_end(struct scratch *s);
/* Writes a file below the scratch directory, or fails the test. */
void scratch_write(const struct scratch *s, const char *path, const char *text);
/* The whole file below the scratch directory as a malloc'd string, or fails the test. */
char *scratch_read(const struct scratch *s, const char *path);
/* Entries of a directory below the scratch directory, "." and ".." not counted; -1 when it cannot be opened. */
int scratch_count(const struct scratch *s, const char *path);

/* Says why the rest of a test cannot run on this machine: the test passes with the reason visible, and fails under
 * SLIPWAY_CI. Return after it. (cmocka's skip() prints "not ok" in TAP.) */
void skip_or_fail(const char *reason);
/* The same for what a kernel or sandbox forbids, in CI too. */
void skip_here(const char *reason);

/* A setup/teardown pair that puts a struct scratch * into *state. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

#endif
