#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static void test_read_whole(void **state)
{
	const struct scratch *s = *state;
	struct strbuf b = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	scratch_write(s, "a", "hello");
	strbuf_addstr(&b, "> ");
	assert_int_equal(file_read(&b, s->fd, "a", 5, 0, &f), 0);
	assert_string_equal(b.buf, "> hello");
	scratch_write(s, "empty", "");
	assert_int_equal(file_read(&b, s->fd, "empty", 0, 0, &f), 0);
	assert_string_equal(b.buf, "> hello");
	assert_int_equal(f.kind, FAIL_NONE);
	strbuf_clear(&b);
}

static void test_read_ceiling(void **state)
{
	const struct scratch *s = *state;
	struct strbuf b = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	scratch_write(s, "a", "hello");
	assert_int_equal(file_read(&b, s->fd, "a", 4, 0, &f), -1);
	assert_string_equal(f.text, "a is larger than 4 bytes");
	assert_int_equal(b.len, 0);

	struct strbuf small = STRBUF_MAX(3);
	assert_int_equal(file_read(&small, s->fd, "a", 100, 0, &f), -1);
	assert_int_equal(f.kind, FAIL_LOCAL);
	strbuf_clear(&small);

	/* Sparse, and far larger than anyone would read: refused after max bytes, not after all of them. */
	int fd = openat(s->fd, "big", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(ftruncate(fd, (off_t)5 << 30), 0);
	close(fd);
	assert_int_equal(file_read(&b, s->fd, "big", 1000000, 0, &f), -1);
	assert_int_equal(b.len, 0);
	strbuf_clear(&b);
}

static void refuses_to_read(const struct scratch *s, const char *path, unsigned flags, enum fail_kind kind)
{
	struct strbuf b = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	assert_int_equal(file_read(&b, s->fd, path, 100, flags, &f), -1);
	assert_int_equal(f.kind, kind);
	strbuf_clear(&b);
}

static void test_read_refuses(void **state)
{
	const struct scratch *s = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	assert_int_equal(mkfifoat(s->fd, "fifo", 0644), 0);
	assert_int_equal(mkdirat(s->fd, "dir", 0755), 0);
	assert_int_equal(symlinkat("loop", s->fd, "loop"), 0);
	assert_int_equal(symlinkat("a", s->fd, "link"), 0);
	scratch_write(s, "a", "x");
	snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", s->path);
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(sock, (const struct sockaddr *)&address, sizeof address), 0);

	refuses_to_read(s, "fifo", 0, FAIL_LOCAL);      /* and does not wait for a writer */
	refuses_to_read(s, "dir", 0, FAIL_LOCAL);
	refuses_to_read(s, "socket", 0, FAIL_LOCAL);
	refuses_to_read(s, "/dev/null", 0, FAIL_LOCAL);
	refuses_to_read(s, "loop", 0, FAIL_LOCAL);
	refuses_to_read(s, "link", FILE_NOFOLLOW, FAIL_LOCAL);
	refuses_to_read(s, "absent", 0, FAIL_MISSING);
	refuses_to_read(s, "a/b", 0, FAIL_MISSING);
	close(sock);
}

static void test_messages_are_escaped(void **state)
{
	const struct scratch *s = *state;
	struct strbuf b = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	file_read(&b, s->fd, "no\x1b[2J", 1, 0, &f);
	assert_string_equal(f.text, "cannot open no\\x1B[2J: No such file or directory");
}

static void test_replace(void **state)
{
	const struct scratch *s = *state;
	struct fail f = FAIL_INIT;
	struct stat st;

	assert_int_equal(file_replace(s->fd, "a", "one", 3, FILE_SYNC, &f), 0);
	assert_int_equal(file_replace(s->fd, "a", "two!", 4, FILE_PRIVATE, &f), 0);
	char *text = scratch_read(s, "a");
	assert_string_equal(text, "two!");
	free(text);
	assert_int_equal(fstatat(s->fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(mkdirat(s->fd, "d", 0755), 0);
	assert_int_equal(file_replace(s->fd, "d/b", "", 0, FILE_SYNC, &f), 0);
	assert_int_equal(scratch_count(s, "."), 2);
	assert_int_equal(scratch_count(s, "d"), 1);
}

static void test_replace_takes_the_longest_name(void **state)
{
	const struct scratch *s = *state;
	struct fail f = FAIL_INIT;
	char name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	assert_int_equal(file_replace(s->fd, name, "x", 1, 0, &f), 0);
	assert_int_equal(scratch_count(s, "."), 1);
}

static void test_replace_replaces_a_link(void **state)
{
	const struct scratch *s = *state;
	struct fail f = FAIL_INIT;
	struct stat st;

	scratch_write(s, "victim", "safe");
	assert_int_equal(symlinkat("victim", s->fd, "a"), 0);
	assert_int_equal(file_replace(s->fd, "a", "new", 3, 0, &f), 0);
	char *text = scratch_read(s, "victim");
	assert_string_equal(text, "safe");
	free(text);
	assert_int_equal(fstatat(s->fd, "a", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
}

/* RLIMIT_FSIZE stands for the full disk: the write comes up short, then fails. */
static void test_replace_on_a_full_disk(void **state)
{
	const struct scratch *s = *state;
	struct rlimit before, small;
	struct fail f = FAIL_INIT;
	static char data[100000];

	scratch_write(s, "a", "old");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 50000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int rc = file_replace(s->fd, "a", data, sizeof data, FILE_SYNC, &f);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, -1);
	assert_int_equal(f.kind, FAIL_LOCAL);
	assert_int_equal(f.code, EFBIG);
	char *text = scratch_read(s, "a");
	assert_string_equal(text, "old");
	free(text);
	assert_int_equal(scratch_count(s, "."), 1);
}

static void test_replace_fails(void **state)
{
	const struct scratch *s = *state;
	struct fail f = FAIL_INIT;

	assert_int_equal(file_replace(s->fd, "absent/a", "x", 1, 0, &f), -1);
	assert_int_equal(f.kind, FAIL_MISSING);
	assert_int_equal(mkdirat(s->fd, "dir", 0755), 0);
	assert_int_equal(file_replace(s->fd, "dir", "x", 1, 0, &f), -1);
	assert_int_equal(f.kind, FAIL_LOCAL);
	assert_int_equal(scratch_count(s, "."), 1);
	assert_int_equal(file_replace(AT_FDCWD, "/proc/slipway", "x", 1, 0, &f), -1);
}

static void test_write_to_full_device(void **state)
{
	(void)state;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, "x", 1), -1);
	assert_int_equal(errno, ENOSPC);
	close(fd);
	assert_int_equal(file_write_all(-1, "x", 1), -1);
	assert_int_equal(file_write_all(-1, "", 0), 0);
}

static void test_pipes_give_short_reads(void **state)
{
	(void)state;
	int ends[2];
	char got[10];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(file_write_all(ends[1], "abcdef", 6), 0);
	assert_int_equal(file_read_full(ends[0], got, 4), 4);
	assert_memory_equal(got, "abcd", 4);
	close(ends[1]);
	assert_int_equal(file_read_full(ends[0], got, 10), 2);
	assert_int_equal(file_read_full(ends[0], got, 10), 0);
	close(ends[0]);
	assert_int_equal(file_read_full(ends[0], got, 1), -1);
}

static mode_t mode_of(const struct scratch *s, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(s->fd, path, &st, 0), 0);
	return st.st_mode & 07777;
}

static void test_mkdirs(void **state)
{
	const struct scratch *s = *state;
	struct fail f = FAIL_INIT;
	mode_t mask = umask(0077);

	assert_int_equal(file_mkdirs(s->fd, "a/b//c/", 0755, &f), 0);
	umask(mask);
	assert_int_equal(mode_of(s, "a"), 0755);
	assert_int_equal(mode_of(s, "a/b/c"), 0755);
	assert_int_equal(file_mkdirs(s->fd, "a/b/c", 0700, &f), 0);
	assert_int_equal(mode_of(s, "a/b/c"), 0755);
	assert_int_equal(file_mkdirs(s->fd, "p", 0700, &f), 0);
	assert_int_equal(mode_of(s, "p"), 0700);
	assert_int_equal(file_mkdirs(s->fd, ".", 0700, &f), 0);
	assert_int_equal(file_mkdirs(AT_FDCWD, "/", 0700, &f), 0);
	assert_int_equal(fchmodat(s->fd, "p", 02700, 0), 0);
	assert_int_equal(file_mkdirs(s->fd, "p/q", 0750, &f), 0);
	assert_int_equal(mode_of(s, "p/q"), 02750);
	assert_int_equal(symlinkat("a", s->fd, "link"), 0);
	assert_int_equal(file_mkdirs(s->fd, "link/x", 0755, &f), 0);
	assert_int_equal(mode_of(s, "a/x"), 0755);
}

static void test_mkdirs_refuses(void **state)
{
	const struct scratch *s = *state;
	struct fail f = FAIL_INIT;

	scratch_write(s, "file", "x");
	assert_int_equal(file_mkdirs(s->fd, "file", 0755, &f), -1);
	assert_int_equal(f.kind, FAIL_MISSING);
	assert_int_equal(file_mkdirs(s->fd, "file/sub", 0755, &f), -1);
	assert_int_equal(file_mkdirs(s->fd, "", 0755, &f), -1);
	assert_int_equal(symlinkat("nowhere", s->fd, "dangling"), 0);
	assert_int_equal(file_mkdirs(s->fd, "dangling", 0755, &f), -1);
	assert_int_equal(file_mkdirs(AT_FDCWD, "/proc/slipway/x", 0755, &f), -1);
}

static void test_sync_and_times(void **state)
{
	const struct scratch *s = *state;
	struct fail f = FAIL_INIT;
	struct stat st = { .st_mtim = { 12, 34 }, .st_ctim = { 56, 78 } };

	assert_int_equal(file_sync_dir(s->fd, ".", &f), 0);
	assert_int_equal(file_sync_dir(s->fd, "absent", &f), -1);
	assert_int_equal(f.kind, FAIL_MISSING);
	assert_int_equal(file_mtime_ns(&st), 12000000034);
	assert_int_equal(file_ctime_ns(&st), 56000000078);
}

/* Steps that root could take anyway are shown to an unprivileged child. */
static int as_nobody(int (*step)(const struct scratch *s), const struct scratch *s)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0) ? 99 : step(s));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int replace_denied(const struct scratch *s)
{
	struct fail f = FAIL_INIT;
	int rc = file_replace(s->fd, "ro/a", "x", 1, 0, &f);

	return rc == -1 && f.kind == FAIL_AUTH && f.code == EACCES ? 0 : 1;
}

static void test_replace_without_permission(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(fchmod(s->fd, 0755), 0);
	assert_int_equal(mkdirat(s->fd, "ro", 0555), 0);
	assert_int_equal(as_nobody(replace_denied, s), 0);
	assert_int_equal(scratch_count(s, "ro"), 0);
}

int main(void)
{
#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)
	const struct CMUnitTest tests[] = {
		SCRATCH(test_read_whole),
		SCRATCH(test_read_ceiling),
		SCRATCH(test_read_refuses),
		SCRATCH(test_messages_are_escaped),
		SCRATCH(test_replace),
		SCRATCH(test_replace_takes_the_longest_name),
		SCRATCH(test_replace_replaces_a_link),
		SCRATCH(test_replace_on_a_full_disk),
		SCRATCH(test_replace_fails),
		cmocka_unit_test(test_write_to_full_device),
		cmocka_unit_test(test_pipes_give_short_reads),
		SCRATCH(test_mkdirs),
		SCRATCH(test_mkdirs_refuses),
		SCRATCH(test_sync_and_times),
		SCRATCH(test_replace_without_permission),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
