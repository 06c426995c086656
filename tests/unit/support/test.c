#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

void scratch_begin(struct scratch *s)
{
	snprintf(s->path, sizeof s->path, "/tmp/slipway-unit.XXXXXX");
	assert_non_null(mkdtemp(s->path));
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->fd >= 0);
}

void scratch_end(struct scratch *s)
{
	struct fail f = FAIL_INIT;

	close(s->fd);
	if (file_remove_tree(AT_FDCWD, s->path, &f) < 0)
		fail_msg("%s", f.text);
}

void scratch_write(const struct scratch *s, const char *path, const char *text)
{
	int fd = openat(s->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(close(fd), 0);
}

char *scratch_read(const struct scratch *s, const char *path)
{
	struct strbuf b = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	if (file_read(&b, s->fd, path, 16U << 20, 0, &f) < 0)
		fail_msg("%s", f.text);
	return strbuf_detach(&b);
}

int scratch_count(const struct scratch *s, const char *path)
{
	int count = 0;
	int fd = openat(s->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return -1;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(dir);
	return count;
}

void skip_or_fail(const char *reason)
{
	if (getenv("SLIPWAY_CI"))
		fail_msg("needed here: %s", reason);
	skip_here(reason);
}

void skip_here(const char *reason)
{
	fprintf(stderr, "# skipped: %s\n", reason);
}

int scratch_setup(void **state)
{
	struct scratch *s = malloc(sizeof *s);

	if (!s)
		return -1;
	scratch_begin(s);
	*state = s;
	return 0;
}

int scratch_teardown(void **state)
{
	scratch_end(*state);
	free(*state);
	return 0;
}
