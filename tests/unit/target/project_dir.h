/* project_dir: a project in a temporary directory, for the tests of this room. */
#ifndef SLIPWAY_TESTS_TARGET_PROJECT_DIR_H
#define SLIPWAY_TESTS_TARGET_PROJECT_DIR_H

#include "target/project.h"

struct project_dir {
	char path[64];
	struct project *project;
	struct problems problems;
	struct target_list targets;
	struct fail fail;
};

void project_dir_init(struct project_dir *d);
void project_dir_write(const struct project_dir *d, const char *path, const char *text);
/* Loads and, for an environment (NULL: none), resolves; the last return value. */
int project_dir_load(struct project_dir *d);
int project_dir_resolve(struct project_dir *d, const char *environment);
/* The rows of problems, a line each: "E file:line:column: text | hint\n" (E, W or H). Static storage until the
 * next call. */
const char *project_dir_problems(const struct project_dir *d);
const struct target *project_dir_target(const struct project_dir *d, const char *name);
void project_dir_clear(struct project_dir *d);

#endif
