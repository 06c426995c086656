#include "dist/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "test.h"

#define HOUR ((int64_t)3600)

static struct spool *opened(const struct scratch *s, uint64_t limit)
{
	struct spool *spool;
	struct fail f = FAIL_INIT;

	if (spool_new(&spool, s->path, limit, &f) < 0)
		fail_msg("%s", f.text);
	return spool;
}

/* Content n: `size` bytes that begin with its number. */
static struct gzipped content(char *out, unsigned n, size_t size)
{
	struct gzipped what = { .size = size };

	memset(out, '.', size);
	memcpy(out, &n, sizeof n);
	sha256_bytes(out, size, what.sha256);
	return what;
}

static struct gzipped put(struct spool *spool, unsigned n, size_t size)
{
	struct spool_file file;
	struct fail f = FAIL_INIT;
	char data[8192];
	struct gzipped what = content(data, n, size);

	if (spool_begin(spool, &file, &f) < 0)
		fail_msg("%s", f.text);
	assert_int_equal(file_write_all(file.fd, data, size), 0);
	if (spool_commit(spool, &file, &what, &f) < 0)
		fail_msg("%s", f.text);
	return what;
}

/* Whether it is there; then it is right. */
static bool has(struct spool *spool, unsigned n, size_t size)
{
	char want[8192], got[8192];
	struct gzipped what = content(want, n, size);
	int fd = spool_open(spool, &what, true);

	if (fd < 0)
		return false;
	assert_int_equal(pread(fd, got, sizeof got, 0), size);
	assert_memory_equal(got, want, size);
	close(fd);
	return true;
}

static void path_of(char out[100], unsigned n, size_t size)
{
	char data[8192], hex[SHA256_HEX];
	struct gzipped what = content(data, n, size);

	hex_encode(hex, what.sha256, SHA256_SIZE);
	snprintf(out, 100, "spool/%c/%s", hex[0], hex);
}

static void set_age(const struct scratch *s, const char *path, int64_t seconds)
{
	struct timespec t[2] = { { .tv_sec = clock_wall_s() - seconds }, { .tv_sec = clock_wall_s() - seconds } };

	assert_int_equal(utimensat(s->fd, path, t, 0), 0);
}

static int64_t age(const struct scratch *s, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(s->fd, path, &st, 0), 0);
	return clock_wall_s() - st.st_mtim.tv_sec;
}

static int mode(const struct scratch *s, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(s->fd, path, &st, 0), 0);
	return (int)st.st_mode & 0777;
}

static uint64_t total(const struct scratch *s)
{
	char *text = scratch_read(s, "spool/total");
	uint64_t value = strtoull(text, NULL, 10);

	free(text);
	return value;
}

static void keeps_by_digest(void **state)
{
	const struct scratch *s = *state;
	struct spool *spool = opened(s, SPOOL_LIMIT);
	char path[100];

	assert_false(has(spool, 1, 100));
	put(spool, 1, 100);
	put(spool, 2, 5000);
	assert_true(has(spool, 1, 100));
	assert_true(has(spool, 2, 5000));
	assert_false(has(spool, 1, 101));
	/* Writing it again is fine. */
	put(spool, 1, 100);
	spool_free(spool);

	path_of(path, 1, 100);
	assert_int_equal(mode(s, path), 0600);
	assert_int_equal(mode(s, "spool/total"), 0600);
	path[7] = '\0';
	assert_int_equal(mode(s, path), 0700);
	assert_int_equal(mode(s, "spool"), 0700);
	spool = opened(s, SPOOL_LIMIT);
	assert_true(has(spool, 1, 100));
	assert_true(has(spool, 2, 5000));
	spool_free(spool);
	spool_free(NULL);
}

static void abandons_without_trace(void **state)
{
	const struct scratch *s = *state;
	struct spool *spool = opened(s, SPOOL_LIMIT);
	struct spool_file file;
	struct fail f = FAIL_INIT;

	assert_int_equal(spool_begin(spool, &file, &f), 0);
	assert_int_equal(file_write_all(file.fd, "half", 4), 0);
	assert_int_equal(scratch_count(s, "spool"), 1);
	spool_abandon(spool, &file);
	spool_free(spool);
	assert_int_equal(scratch_count(s, "spool"), 0);
}

/* What a power cut or a bad disk made of it is not handed out, and goes. */
static void believes_nothing(void **state)
{
	const struct scratch *s = *state;
	struct spool *spool = opened(s, SPOOL_LIMIT);
	char path[100], text[101];

	for (int damage = 0; damage < 4; damage++) {
		put(spool, 1, 100);
		path_of(path, 1, 100);
		memset(text, 'x', 100);
		text[damage == 0 ? 0 : damage == 1 ? 99 : 100] = '\0';
		if (damage == 3) {
			assert_int_equal(unlinkat(s->fd, path, 0), 0);
			assert_int_equal(symlinkat("/etc/passwd", s->fd, path), 0);
		} else {
			scratch_write(s, path, text);
		}
		assert_false(has(spool, 1, 100));
		struct stat st;
		if (damage < 3)
			assert_int_equal(fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW), -1);
	}
	put(spool, 1, 100);
	assert_true(has(spool, 1, 100));
	spool_free(spool);
}

static void drops_what_was_used_least_recently(void **state)
{
	const struct scratch *s = *state;
	struct spool *spool = opened(s, 40000);
	char path[100];

	for (unsigned i = 0; i < 9; i++)
		put(spool, i, 4000);
	spool_free(spool);
	assert_int_equal(total(s), 36000);
	for (unsigned i = 0; i < 9; i++) {
		path_of(path, i, 4000);
		set_age(s, path, (10 - i) * 3 * HOUR);
	}
	/* The oldest is used; then too much is written. */
	spool = opened(s, 40000);
	assert_true(has(spool, 0, 4000));
	path_of(path, 0, 4000);
	assert_true(age(s, path) < 60);
	put(spool, 9, 4000);
	put(spool, 10, 4000);
	spool_free(spool);

	/* Down to seven eighths: 35,000. */
	assert_int_equal(total(s), 32000);
	spool = opened(s, 40000);
	for (unsigned i = 1; i < 4; i++)
		assert_false(has(spool, i, 4000));
	for (unsigned i = 4; i < 11; i++)
		assert_true(has(spool, i, 4000));
	assert_true(has(spool, 0, 4000));
	spool_free(spool);
}

/* The sum is carried on, and counted anew when it is old, damaged or gone. */
static void counts_seldom(void **state)
{
	const struct scratch *s = *state;
	struct spool *spool = opened(s, SPOOL_LIMIT);

	put(spool, 1, 1000);
	spool_free(spool);
	assert_int_equal(total(s), 1000);
	scratch_write(s, "spool/total", "77000\n");
	set_age(s, "spool/total", 20 * HOUR);
	spool = opened(s, SPOOL_LIMIT);
	put(spool, 2, 500);
	spool_free(spool);
	assert_int_equal(total(s), 77500);
	assert_true(age(s, "spool/total") >= 20 * HOUR);
	for (int i = 0; i < 3; i++) {
		if (i == 0)
			set_age(s, "spool/total", 25 * HOUR);
		else if (i == 1)
			scratch_write(s, "spool/total", "many");
		else
			assert_int_equal(unlinkat(s->fd, "spool/total", 0), 0);
		spool = opened(s, SPOOL_LIMIT);
		put(spool, 3, 100);
		spool_free(spool);
		assert_int_equal(total(s), 1600);
		assert_true(age(s, "spool/total") < 60);
	}
	/* Who only reads writes nothing. */
	assert_int_equal(unlinkat(s->fd, "spool/total", 0), 0);
	spool = opened(s, SPOOL_LIMIT);
	assert_true(has(spool, 1, 1000));
	spool_free(spool);
	assert_int_equal(faccessat(s->fd, "spool/total", F_OK, 0), -1);
}

static void sweeps_what_the_dead_left(void **state)
{
	const struct scratch *s = *state;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct spool *spool;
		struct spool_file file;
		struct fail f = FAIL_INIT;
		if (spool_new(&spool, s->path, SPOOL_LIMIT, &f) < 0 || spool_begin(spool, &file, &f) < 0 ||
			file_write_all(file.fd, "half", 4) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(scratch_count(s, "spool"), 1);

	/* It may be another run that is still writing. */
	struct spool *spool = opened(s, SPOOL_LIMIT);
	put(spool, 1, 100);
	spool_free(spool);
	assert_int_equal(scratch_count(s, "spool"), 3);
	int fd = openat(s->fd, "spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fdopendir(fd);
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		char path[300];
		snprintf(path, sizeof path, "spool/%s", e->d_name);
		if (e->d_name[0] != '.')
			set_age(s, path, 2 * HOUR);
	}
	closedir(dir);
	spool = opened(s, SPOOL_LIMIT);
	put(spool, 1, 100);
	spool_free(spool);
	assert_int_equal(scratch_count(s, "spool"), 2);
}

static void says_what_it_cannot(void **state)
{
	const struct scratch *s = *state;
	struct spool *spool;
	struct spool_file file;
	struct fail f = FAIL_INIT;
	char path[100];

	scratch_write(s, "file", "");
	snprintf(path, sizeof path, "%s/file", s->path);
	assert_int_equal(spool_new(&spool, path, SPOOL_LIMIT, &f), -1);
	assert_true(f.text[0] != '\0');

	/* Removed while it is in use. */
	spool = opened(s, SPOOL_LIMIT);
	put(spool, 1, 100);
	assert_int_equal(file_remove_tree(s->fd, "spool", &f), 0);
	assert_false(has(spool, 1, 100));
	f = (struct fail)FAIL_INIT;
	assert_int_equal(spool_begin(spool, &file, &f), -1);
	assert_non_null(strstr(f.text, "the spool"));
	spool_free(spool);
	assert_int_equal(faccessat(s->fd, "spool", F_OK, 0), -1);
}

/* Writes, reads and drops what the other one has, for a while; 0 when all that was found was right. */
static int share(const struct scratch *s, unsigned seed)
{
	for (unsigned round = 0; round < 30; round++) {
		struct spool *spool;
		struct fail f = FAIL_INIT;
		if (spool_new(&spool, s->path, 20000, &f) < 0)
			return 1;
		for (unsigned i = 0; i < 8; i++) {
			char data[8192], got[8192];
			struct spool_file file;
			struct gzipped what = content(data, (round * 3 + i * seed) % 16, 3000);
			int fd = spool_open(spool, &what, true);
			if (fd >= 0 && (pread(fd, got, 3000, 0) != 3000 || memcmp(got, data, 3000) != 0))
				return 2;
			if (fd >= 0)
				close(fd);
			else if (spool_begin(spool, &file, &f) < 0 || file_write_all(file.fd, data, 3000) < 0 ||
				spool_commit(spool, &file, &what, &f) < 0)
				return 3;
		}
		spool_free(spool);
	}
	return 0;
}

static void several_share_it(void **state)
{
	const struct scratch *s = *state;
	pid_t pids[3];

	for (unsigned i = 0; i < 3; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(share(s, i * 2 + 1));
	}
	for (unsigned i = 0; i < 3; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH(keeps_by_digest),
		SCRATCH(abandons_without_trace),
		SCRATCH(believes_nothing),
		SCRATCH(drops_what_was_used_least_recently),
		SCRATCH(counts_seldom),
		SCRATCH(sweeps_what_the_dead_left),
		SCRATCH(says_what_it_cannot),
		SCRATCH(several_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
