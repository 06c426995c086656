#include "dist/index.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sched.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dist/secret_scan.h"
#include "dist/flat.h"
#include "test.h"

#define NAME 80
#define HOUR ((int64_t)3600 * 1000000000)

static const struct xxh128 key = { 11, 22 };

static struct index *open_index(const struct scratch *s, const char *name)
{
	struct index *x;
	struct fail f = FAIL_INIT;
	char dir[100];

	snprintf(dir, sizeof dir, "%s/%s", s->path, name);
	if (index_open(&x, dir, &f) < 0)
		fail_msg("%s", f.text);
	index_load_contents(x);
	return x;
}

static struct file_index *open_files(struct index *x, const char *root)
{
	struct file_index *i;
	struct fail f = FAIL_INIT;

	if (index_files(&i, x, root, &f) < 0)
		fail_msg("%s", f.text);
	return i;
}

static const struct known_content content = { .sha256 = { 1, 2, 3 }, .verdict = SECRET_AWS_KEY };

/* Read an hour after its last change. */
static struct file_stamp old_stamp(void)
{
	int64_t now = clock_wall_ns();

	return (struct file_stamp){ 1, 2, 3, now - HOUR, now - HOUR };
}

static bool knows(const struct file_index *i, const char *path, const struct file_stamp *s)
{
	struct known_content out;

	if (!file_index_find(i, path, s, &out))
		return false;
	assert_memory_equal(out.sha256, content.sha256, SHA256_SIZE);
	assert_int_equal(out.verdict, content.verdict);
	return true;
}

static void remembers(void **state)
{
	const struct scratch *s = *state;
	struct file_stamp stamp = old_stamp();
	struct known_content out;
	struct index *x = open_index(s, "cache");
	struct file_index *i = open_files(x, "/b");

	assert_ptr_equal(open_files(x, "/b"), i);
	assert_false(knows(i, "a.js", &stamp));
	file_index_add(i, "a.js", &stamp, clock_wall_ns(), &content);
	index_learn(x, key, 5, &content);
	index_close(x);
	x = open_index(s, "cache");
	assert_null(index_warning(x));
	assert_true(knows(open_files(x, "/b"), "a.js", &stamp));
	assert_false(knows(open_files(x, "/b"), "b.js", &stamp));
	assert_false(knows(open_files(x, "/other"), "a.js", &stamp));
	assert_true(index_content(x, key, 5, &out));
	assert_int_equal(out.verdict, SECRET_AWS_KEY);
	assert_false(index_content(x, key, 6, &out));
	assert_true(index_has_size(x, 5));
	assert_false(index_has_size(x, 6));
	index_close(x);
	struct stat st;
	assert_int_equal(fstatat(s->fd, "cache", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	char *ignore = scratch_read(s, "cache/.gitignore");
	assert_string_equal(ignore, "*\n");
	free(ignore);
}

/* Each field of the stamp alone makes a row void: a restored mtime does not help. */
static void trusts_only_what_matches(void **state)
{
	const struct scratch *s = *state;
	struct file_stamp stamp = old_stamp();
	struct index *x = open_index(s, "cache");

	file_index_add(open_files(x, "/b"), "a", &stamp, clock_wall_ns(), &content);
	index_close(x);
	x = open_index(s, "cache");
	const struct file_index *i = open_files(x, "/b");
	assert_true(knows(i, "a", &stamp));
	struct file_stamp other[5] = { stamp, stamp, stamp, stamp, stamp };
	other[0].device++;
	other[1].inode++;
	other[2].size++;
	other[3].mtime_ns++;
	other[4].ctime_ns++;
	for (size_t k = 0; k < 5; k++)
		assert_false(knows(i, "a", &other[k]));
	index_close(x);
}

/* A file as young as its reading may change again without a trace: it is not entered. */
static void is_not_raced(void **state)
{
	const struct scratch *s = *state;
	int64_t now = clock_wall_ns();
	struct file_stamp young = { 1, 2, 3, now - HOUR, now - INDEX_RACY_NS + 1 }, fresh = { 1, 2, 3, now, now - HOUR },
		future = { 1, 2, 3, now + HOUR, now - HOUR }, old = { 1, 2, 3, now - HOUR, now - INDEX_RACY_NS };
	struct index *x = open_index(s, "cache");
	struct file_index *i = open_files(x, "/b");

	file_index_add(i, "young", &young, now, &content);
	file_index_add(i, "fresh", &fresh, now, &content);
	file_index_add(i, "future", &future, now, &content);
	file_index_add(i, "old", &old, now, &content);
	index_close(x);
	x = open_index(s, "cache");
	i = open_files(x, "/b");
	assert_false(knows(i, "young", &young));
	assert_false(knows(i, "fresh", &fresh));
	assert_false(knows(i, "future", &future));
	assert_true(knows(i, "old", &old));
	index_close(x);
}

static void write_byte(const struct scratch *s, const char *path, off_t at, uint8_t byte)
{
	int fd = openat(s->fd, path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

/* The file index of /b is the only one. */
static char *files_name(const struct scratch *s)
{
	char *name = xcalloc(1, NAME);
	DIR *dir = fdopendir(openat(s->fd, "cache", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	assert_non_null(dir);
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (strncmp(e->d_name, "files-", 6) == 0)
			snprintf(name, NAME, "cache/%.60s", e->d_name);
	closedir(dir);
	assert_true(name[0] != '\0');
	return name;
}

static bool knows_a(const struct scratch *s, const struct file_stamp *stamp)
{
	struct index *x = open_index(s, "cache");
	bool known = knows(open_files(x, "/b"), "a", stamp);

	index_close(x);
	return known;
}

static void save_a(const struct scratch *s, const struct file_stamp *stamp)
{
	struct index *x = open_index(s, "cache");

	file_index_add(open_files(x, "/b"), "a", stamp, clock_wall_ns(), &content);
	index_close(x);
}

/* Every byte of the file, flipped, and every length: the file is known or it is not, never wrong. */
static void survives_damage(void **state)
{
	const struct scratch *s = *state;
	struct file_stamp stamp = old_stamp();
	struct stat st;

	save_a(s, &stamp);
	char *name = files_name(s), *good = xcalloc(1, 1 << 16);
	int fd = openat(s->fd, name, O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(read(fd, good, 1 << 16), st.st_size);
	for (off_t at = 0; at < st.st_size; at++) {
		/* The version's own bytes: a newer one is another matter. */
		if (at >= 16 && at < 20)
			continue;
		write_byte(s, name, at, (uint8_t)~good[at]);
		assert_false(knows_a(s, &stamp));
		write_byte(s, name, at, (uint8_t)good[at]);
	}
	assert_true(knows_a(s, &stamp));
	for (off_t len = st.st_size - 1; len >= 0; len -= 7) {
		assert_int_equal(ftruncate(fd, len), 0);
		assert_false(knows_a(s, &stamp));
	}
	close(fd);
	save_a(s, &stamp);
	assert_true(knows_a(s, &stamp));
	free(good);
	free(name);
}

static void names_a_newer_format(void **state)
{
	const struct scratch *s = *state;
	struct file_stamp stamp = old_stamp();
	struct file_index *i;
	struct fail f = FAIL_INIT;

	save_a(s, &stamp);
	char *name = files_name(s);
	write_byte(s, name, 16, 9);
	struct index *x = open_index(s, "cache");
	assert_int_equal(index_files(&i, x, "/b", &f), -1);
	assert_int_equal(f.kind, FAIL_STATE);
	assert_non_null(strstr(f.text, ".idx has format 9, newer than the 1"));
	assert_non_null(strstr(f.hint, name));
	index_close(x);
	free(name);
}

static void leaves_older_rules_alone(void **state)
{
	const struct scratch *s = *state;
	static const struct flat_format before = { "files", 1, 1, 24 }, after = { "files", 1, 2, 24 };
	uint64_t row[3] = { 1, 2, 3 };
	struct flat *t;
	struct fail f = FAIL_INIT;

	assert_int_equal(flat_open(&t, s->fd, "t.idx", &before, &f), 0);
	flat_load(t);
	flat_add(t, row);
	assert_int_equal(flat_save(t, &f), 0);
	flat_free(t);
	assert_int_equal(flat_open(&t, s->fd, "t.idx", &after, &f), 0);
	flat_load(t);
	assert_int_equal(flat_count(t), 0);
	flat_free(t);
}

/* Two that began with the same file: the second to save keeps what the first learnt. */
static void two_add_up(void **state)
{
	const struct scratch *s = *state;
	struct known_content out;
	struct xxh128 other = { 5, 6 };
	struct index *a = open_index(s, "cache"), *b = open_index(s, "cache");

	index_learn(a, key, 5, &content);
	index_learn(b, other, 7, &content);
	index_close(a);
	index_close(b);
	a = open_index(s, "cache");
	assert_true(index_content(a, key, 5, &out));
	assert_true(index_content(a, other, 7, &out));
	index_close(a);
}

static void child_saves(const struct scratch *s, uint64_t number)
{
	for (uint64_t i = 0; i < 40; i++) {
		struct index *x = open_index(s, "cache");
		for (uint64_t k = 0; k < 200; k++)
			index_learn(x, (struct xxh128){ number << 32 | i << 16 | k, number }, k, &content);
		index_close(x);
	}
	_exit(0);
}

/* Many at once: all that they learnt is there afterwards, and no litter. */
static void many_at_once(void **state)
{
	const struct scratch *s = *state;
	pid_t pids[4];
	int status;

	index_close(open_index(s, "cache"));
	for (uint64_t i = 0; i < 4; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			child_saves(s, i);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	struct index *x = open_index(s, "cache");
	struct known_content out;
	size_t found = 0;
	for (uint64_t i = 0; i < 4; i++)
		found += index_content(x, (struct xxh128){ i << 32 | (uint64_t)39 << 16 | 1, i }, 1, &out);
	assert_int_equal(found, 4);
	index_close(x);
	assert_int_equal(scratch_count(s, "cache"), 2);
}

static void grows_and_sheds(void **state)
{
	const struct scratch *s = *state;
	static const struct flat_format format = { "files", 1, 1, 24 };
	struct flat *t;
	struct fail f = FAIL_INIT;

	assert_int_equal(flat_open(&t, s->fd, "t.idx", &format, &f), 0);
	flat_load(t);
	for (uint64_t i = 0; i < 10000; i++)
		flat_add(t, (uint64_t[]){ i * 0x9E3779B97F4A7C15U, i, i });
	flat_add(t, (uint64_t[]){ 0, 0, 77 });
	assert_int_equal(flat_save(t, &f), 0);
	assert_false(flat_changed(t));
	flat_free(t);
	assert_int_equal(flat_open(&t, s->fd, "t.idx", &format, &f), 0);
	flat_load(t);
	assert_int_equal(flat_count(t), 10000);
	for (uint64_t i = 1; i < 100; i++) {
		const uint64_t *row = flat_find(t, (struct xxh128){ i * 0x9E3779B97F4A7C15U, i });
		assert_non_null(row);
		assert_int_equal(row[2], i);
	}
	assert_null(flat_find(t, (struct xxh128){ 3, 4 }));
	/* 9,901 of 10,000 were not asked for: they are of files that are gone. */
	flat_add(t, (uint64_t[]){ 1, 1, 1 });
	assert_int_equal(flat_save(t, &f), 0);
	flat_free(t);
	assert_int_equal(flat_open(&t, s->fd, "t.idx", &format, &f), 0);
	flat_load(t);
	assert_int_equal(flat_count(t), 100);
	flat_free(t);
}

static void set_age(const struct scratch *s, const char *path, int64_t seconds)
{
	struct timespec times[2] = { { .tv_sec = clock_wall_s() - seconds }, { .tv_sec = clock_wall_s() - seconds } };

	scratch_write(s, path, "x");
	assert_int_equal(utimensat(s->fd, path, times, 0), 0);
}

static void sweeps_litter(void **state)
{
	const struct scratch *s = *state;

	index_close(open_index(s, "cache"));
	set_age(s, "cache/files-2123456789abcdef.idx.0123456789abcdef.tmp", 7200);
	set_age(s, "cache/files-0123456789abcdef.idx.0123456789abcdef.tmp", 60);
	set_age(s, "cache/files-0123456789abcdef.idx", (int64_t)86400 * 100);
	set_age(s, "cache/files-1123456789abcdef.idx", (int64_t)86400 * 30);
	set_age(s, "cache/ledger.db", (int64_t)86400 * 1000);
	struct index *x = open_index(s, "cache");
	index_learn(x, key, 5, &content);
	index_close(x);
	/* .gitignore, cache.db, the young file aside, the younger index, and what is not ours */
	assert_int_equal(scratch_count(s, "cache"), 5);
	assert_int_equal(faccessat(s->fd, "cache/ledger.db", F_OK, 0), 0);
	assert_int_equal(faccessat(s->fd, "cache/files-1123456789abcdef.idx", F_OK, 0), 0);
}

/* ---- a cache that cannot be kept ---- */

/* In a child that may not override permissions. */
static int as_nobody(int (*run)(const struct scratch *s), const struct scratch *s)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(98);
		_exit(run(s));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int use_read_only(const struct scratch *s)
{
	struct known_content out;
	struct index *x = open_index(s, "cache");
	int wrong = !index_warning(x) || !strstr(index_warning(x), "cannot be written");

	wrong |= !index_content(x, key, 5, &out);
	index_learn(x, (struct xxh128){ 9, 9 }, 9, &content);
	index_close(x);
	return wrong;
}

static void works_read_only(void **state)
{
	const struct scratch *s = *state;
	struct index *x = open_index(s, "cache");

	index_learn(x, key, 5, &content);
	index_close(x);
	assert_int_equal(chmod(s->path, 0755), 0);
	assert_int_equal(fchmodat(s->fd, "cache", 0555, 0), 0);
	assert_int_equal(fchmodat(s->fd, "cache/cache.db", 0444, 0), 0);
	assert_int_equal(as_nobody(use_read_only, s), 0);
	assert_int_equal(scratch_count(s, "cache"), 2);
	assert_int_equal(fchmodat(s->fd, "cache", 0755, 0), 0);
}

static int use_unmakeable(const struct scratch *s)
{
	struct known_content out;
	struct index *x = open_index(s, "not/here");

	int wrong = !index_warning(x) || index_content(x, key, 5, &out);
	index_learn(x, key, 5, &content);
	index_close(x);
	return wrong;
}

static void works_without_directory(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(fchmod(s->fd, 0555), 0);
	assert_int_equal(as_nobody(use_unmakeable, s), 0);
	assert_int_equal(fchmod(s->fd, 0700), 0);
	scratch_write(s, "file", "x");
	struct index *x = open_index(s, "file/cache");
	assert_non_null(index_warning(x));
	index_close(x);
}

/* In an own mount namespace: a file system of 64 KiB. */
static int use_full_disk(const struct scratch *s)
{
	char dir[100];

	snprintf(dir, sizeof dir, "%s/cache", s->path);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=64k") < 0)
		return 77;
	struct index *x = open_index(s, "cache");
	for (uint64_t i = 0; i < 10000; i++)
		index_learn(x, (struct xxh128){ i, i }, i, &content);
	index_save(x);
	int wrong = !index_warning(x) || !strstr(index_warning(x), "full");
	index_close(x);
	return wrong;
}

static void works_on_a_full_disk(void **state)
{
	const struct scratch *s = *state;
	int status;

	assert_int_equal(mkdirat(s->fd, "cache", 0700), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(use_full_disk(s));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		skip_here("a small file system cannot be mounted");
		return;
	}
	assert_int_equal(status, 0);
}

#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH(remembers),
		SCRATCH(trusts_only_what_matches),
		SCRATCH(is_not_raced),
		SCRATCH(survives_damage),
		SCRATCH(names_a_newer_format),
		SCRATCH(leaves_older_rules_alone),
		SCRATCH(two_add_up),
		SCRATCH(many_at_once),
		SCRATCH(grows_and_sheds),
		SCRATCH(sweeps_litter),
		SCRATCH(works_read_only),
		SCRATCH(works_without_directory),
		SCRATCH(works_on_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
