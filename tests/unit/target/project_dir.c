#include "project_dir.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

void project_dir_init(struct project_dir *d)
{
	*d = (struct project_dir){ .path = "/tmp/slipway-test-XXXXXX", .problems = PROBLEMS_INIT, .fail = FAIL_INIT };
	assert_non_null(mkdtemp(d->path));
}

void project_dir_write(const struct project_dir *d, const char *path, const char *text)
{
	int dirfd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *slash = strrchr(path, '/');
	struct fail f = FAIL_INIT;

	if (slash) {
		char *dir = strndup(path, (size_t)(slash - path));

		assert_int_equal(file_mkdirs(dirfd, dir, 0755, &f), 0);
		free(dir);
	}
	if (!slash || slash[1])
		assert_int_equal(file_replace(dirfd, path, text, strlen(text), 0, &f), 0);
	close(dirfd);
}

int project_dir_load(struct project_dir *d)
{
	return project_load(&d->project, d->path, NULL, &d->problems, &d->fail);
}

int project_dir_resolve(struct project_dir *d, const char *environment)
{
	return project_resolve(d->project, environment, &d->targets, &d->problems, &d->fail);
}

const char *project_dir_problems(const struct project_dir *d)
{
	static char text[16384];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < d->problems.count; i++) {
		const struct document_problem *p = &d->problems.items[i];

		used += (size_t)snprintf(text + used, sizeof text - used, "%c %s:%u:%u: %s%s%s\n", "EWH"[p->level], p->file,
		                         p->line,
		                         p->column, p->text, p->hint ? " | " : "", p->hint ? p->hint : "");
		assert_true(used < sizeof text);
	}
	return text;
}

const struct target *project_dir_target(const struct project_dir *d, const char *name)
{
	for (size_t i = 0; i < d->targets.count; i++)
		if (strcmp(d->targets.items[i].name, name) == 0)
			return &d->targets.items[i];
	fail_msg("no target %s", name);
	return NULL;
}

void project_dir_clear(struct project_dir *d)
{
	struct fail f = FAIL_INIT;

	project_free(d->project);
	problems_clear(&d->problems);
	assert_int_equal(file_remove_tree(AT_FDCWD, d->path, &f), 0);
}
