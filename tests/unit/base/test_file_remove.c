#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "test.h"

static void removed(const struct scratch *s, const char *name)
{
	struct fail f = FAIL_INIT;
	struct stat st;

	if (file_remove_tree(s->fd, name, &f) < 0)
		fail_msg("%s", f.text);
	assert_int_equal(fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(errno, ENOENT);
}

static void test_absent_and_single(void **state)
{
	const struct scratch *s = *state;
	struct fail f = FAIL_INIT;

	assert_int_equal(file_remove_tree(s->fd, "absent", &f), 0);
	scratch_write(s, "file", "x");
	removed(s, "file");
	assert_int_equal(mkfifoat(s->fd, "fifo", 0), 0);
	removed(s, "fifo");
	assert_int_equal(mkdirat(s->fd, "dir", 0755), 0);
	removed(s, "dir");
	assert_int_equal(f.kind, FAIL_NONE);
}

static void test_links_are_not_followed(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(mkdirat(s->fd, "outside", 0755), 0);
	scratch_write(s, "outside/precious", "x");
	assert_int_equal(mkdirat(s->fd, "tree", 0755), 0);
	assert_int_equal(symlinkat("../outside", s->fd, "tree/up"), 0);
	assert_int_equal(symlinkat("/", s->fd, "tree/root"), 0);
	assert_int_equal(symlinkat(".", s->fd, "tree/self"), 0);
	removed(s, "tree");
	assert_int_equal(symlinkat("outside", s->fd, "link"), 0);
	removed(s, "link");
	assert_int_equal(scratch_count(s, "outside"), 1);
}

static void test_hostile_names(void **state)
{
	const struct scratch *s = *state;
	static const char *const names[] = { "-rf", "\n", "\xff\xfe", " ", "*", "...", "\x1b[2J", "a\\b" };
	char path[300];

	assert_int_equal(mkdirat(s->fd, "tree", 0755), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "tree/%s", names[i]);
		assert_int_equal(mkdirat(s->fd, path, 0755), 0);
		snprintf(path, sizeof path, "tree/%s/f", names[i]);
		scratch_write(s, path, "x");
	}
	memset(path, 'n', 260);
	memcpy(path, "tree/", 5);
	path[260] = '\0';
	scratch_write(s, path, "x");
	removed(s, "tree");
}

static void test_many_files(void **state)
{
	const struct scratch *s = *state;
	char path[64];

	assert_int_equal(mkdirat(s->fd, "tree", 0755), 0);
	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof path, "tree/%d", i);
		scratch_write(s, path, "");
	}
	removed(s, "tree");
}

/* Deeper than any path can say, and with few descriptors to spare. */
static void test_any_depth(void **state)
{
	const struct scratch *s = *state;
	struct rlimit before, few;
	int fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);

	assert_int_equal(mkdirat(fd, "deep", 0755), 0);
	int at = openat(fd, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(fd);
	for (int i = 0; i < 3000; i++) {
		assert_int_equal(mkdirat(at, "dddddddddd", 0755), 0);
		int file = openat(at, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
		assert_true(file >= 0);
		close(file);
		int next = openat(at, "dddddddddd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(at);
		at = next;
	}
	close(at);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	struct fail f = FAIL_INIT;
	int rc = file_remove_tree(s->fd, "deep", &f);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(rc, 0);
	assert_int_equal(scratch_count(s, "."), 0);
}

static void test_bad_names(void **state)
{
	const struct scratch *s = *state;
	static const char *const names[] = { "", ".", "..", "tree/", "tree/.", "tree/.." };

	assert_int_equal(mkdirat(s->fd, "tree", 0755), 0);
	scratch_write(s, "tree/kept", "x");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct fail f = FAIL_INIT;
		assert_int_equal(file_remove_tree(s->fd, names[i], &f), -1);
		assert_int_equal(f.code, EINVAL);
	}
	assert_int_equal(scratch_count(s, "tree"), 1);
}

static int in_child(int (*step)(const struct scratch *s), const struct scratch *s)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(step(s));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int remove_closed_doors(const struct scratch *s)
{
	struct fail f = FAIL_INIT;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 99;
	if (mkdirat(s->fd, "tree", 0755) < 0 || mkdirat(s->fd, "tree/a", 0755) < 0 || mkdirat(s->fd, "tree/a/b", 0755) < 0)
		return 98;
	scratch_write(s, "tree/a/b/f", "x");
	if (fchmodat(s->fd, "tree/a/b", 0, 0) < 0 || fchmodat(s->fd, "tree/a", 0555, 0) < 0 ||
		fchmodat(s->fd, "tree", 0111, 0) < 0)
		return 97;
	if (file_remove_tree(s->fd, "tree", &f) < 0)
		return 1;
	return faccessat(s->fd, "tree", F_OK, 0) < 0 ? 0 : 2;
}

static void test_closed_doors_are_opened(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(fchmod(s->fd, 0777), 0);
	assert_int_equal(in_child(remove_closed_doors, s), 0);
	assert_int_equal(scratch_count(s, "."), 0);
}

static int remove_anothers(const struct scratch *s)
{
	struct fail f = FAIL_INIT;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 99;
	if (file_remove_tree(s->fd, "tree", &f) == 0)
		return 1;
	return f.kind == FAIL_AUTH && strstr(f.text, "cannot remove tree: f") ? 0 : 2;
}

static void test_no_permission_is_reported(void **state)
{
	const struct scratch *s = *state;

	if (geteuid() != 0) {
		skip_here("only root can make a file that another user may not remove");
		return;
	}
	assert_int_equal(fchmod(s->fd, 0755), 0);
	assert_int_equal(mkdirat(s->fd, "tree", 0755), 0);
	scratch_write(s, "tree/f", "x");
	assert_int_equal(in_child(remove_anothers, s), 0);
	assert_int_equal(scratch_count(s, "tree"), 1);
}

/* 77: this machine does not let us mount. */
static int remove_over_mount(const struct scratch *s)
{
	struct fail f = FAIL_INIT;
	char path[128];

	snprintf(path, sizeof path, "%s/tree/mnt", s->path);
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", path, "tmpfs", 0, "size=64k") < 0)
		return 77;
	/* s->fd belongs to the mount namespace that was left. */
	struct scratch here = { .fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	scratch_write(&here, "tree/mnt/precious", "x");
	if (file_remove_tree(here.fd, "tree", &f) == 0)
		return 1;
	if (f.code != EXDEV)
		return 2;
	return faccessat(here.fd, "tree/mnt/precious", F_OK, 0) == 0 ? 0 : 3;
}

static void test_mounts_are_not_entered(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(mkdirat(s->fd, "tree", 0755), 0);
	assert_int_equal(mkdirat(s->fd, "tree/mnt", 0755), 0);
	int rc = in_child(remove_over_mount, s);
	if (rc == 77)
		skip_here("mounting is not permitted");
	else
		assert_int_equal(rc, 0);
}

int main(void)
{
#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)
	const struct CMUnitTest tests[] = {
		SCRATCH(test_absent_and_single),
		SCRATCH(test_links_are_not_followed),
		SCRATCH(test_hostile_names),
		SCRATCH(test_many_files),
		SCRATCH(test_any_depth),
		SCRATCH(test_bad_names),
		SCRATCH(test_closed_doors_are_opened),
		SCRATCH(test_no_permission_is_reported),
		SCRATCH(test_mounts_are_not_entered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
