#include "reading.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

int reading_setup(void **state)
{
	struct reading_test *t = calloc(1, sizeof *t);

	assert_non_null(t);
	scratch_begin(&t->scratch);
	snprintf(t->dist, sizeof t->dist, "%s/dist", t->scratch.path);
	snprintf(t->cache, sizeof t->cache, "%s/cache", t->scratch.path);
	assert_int_equal(mkdir(t->dist, 0755), 0);
	assert_int_equal(pool_new(&t->pool, 3, &t->fail), 0);
	*state = t;
	return 0;
}

int reading_teardown(void **state)
{
	struct reading_test *t = *state;

	build_close(&t->build);
	pool_free(t->pool);
	scratch_end(&t->scratch);
	free(t);
	return 0;
}

void reading_put(struct reading_test *t, const char *path, const void *data, size_t len)
{
	char whole[5000];
	struct fail f = FAIL_INIT;

	snprintf(whole, sizeof whole, "dist/%s", path);
	char *slash = strrchr(whole, '/');
	*slash = '\0';
	if (file_mkdirs(t->scratch.fd, whole, 0755, &f) < 0)
		fail_msg("%s", f.text);
	*slash = '/';
	int fd = openat(t->scratch.fd, whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		fail_msg("cannot write %s", whole);
	assert_int_equal(file_write_all(fd, data, len), 0);
	assert_int_equal(close(fd), 0);
}

void reading_text(struct reading_test *t, const char *path, const char *text)
{
	reading_put(t, path, text, strlen(text));
}

/* The margin of the racy rule is real time that must pass; nothing can be awaited instead. */
void reading_age(void)
{
	struct timespec margin = { INDEX_RACY_NS / 1000000000, 50000000 };

	nanosleep(&margin, NULL);
}

int reading_run(struct reading_test *t, const struct build_rules *rules, bool cached)
{
	static const struct build_rules none = { .ignore = NULL };
	struct index *index = NULL;

	build_close(&t->build);
	t->fail = (struct fail)FAIL_INIT;
	t->warning[0] = '\0';
	if (cached && index_open(&index, t->cache, &t->fail) < 0)
		return -1;
	struct build_request rq = { .name = "kiosk", .dir = t->dist, .rules = rules ? rules : &none, .index = index,
		.pool = t->pool };
	int rc = build_read(&t->build, &rq, &t->fail);
	if (index) {
		index_save(index);
		if (index_warning(index))
			snprintf(t->warning, sizeof t->warning, "%s", index_warning(index));
	}
	index_close(index);
	return rc;
}

const char *reading_problem(const struct reading_test *t, const char *path)
{
	for (size_t i = 0; i < t->build.problem_count; i++)
		if (strcmp(t->build.problems[i].path, path) == 0)
			return t->build.problems[i].rule;
	return NULL;
}

const char *reading_hidden(const struct reading_test *t, const char *path)
{
	for (size_t i = 0; i < t->build.hidden_count; i++)
		if (strcmp(t->build.hidden[i].path, path) == 0)
			return t->build.hidden[i].rule;
	return NULL;
}

bool reading_has(const struct reading_test *t, const char *path)
{
	return tree_find(&t->build.tree, path) != NULL;
}
