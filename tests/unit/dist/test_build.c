#include "dist/build.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "reading.h"

/* ---- what a tree is ---- */

static void reads_a_tree(void **state)
{
	struct reading_test *t = *state;
	uint8_t sha[SHA256_SIZE];
	char buf[16];

	reading_text(t, "index.html", "<html>");
	reading_text(t, "assets/app.js", "one");
	reading_text(t, "assets-2/app.js", "one");
	reading_text(t, "assets.txt", "");
	assert_int_equal(mkdirat(t->scratch.fd, "dist/void", 0755), 0);
	assert_int_equal(reading_run(t, NULL, false), 0);

	const struct tree *tree = &t->build.tree;
	assert_int_equal(tree->count, 4);
	assert_int_equal(tree->bytes, 12);
	assert_string_equal(tree->entries[0].path, "assets-2/app.js");
	assert_string_equal(tree->entries[1].path, "assets.txt");
	assert_string_equal(tree->entries[2].path, "assets/app.js");
	assert_string_equal(tree->entries[3].path, "index.html");
	sha256_bytes("<html>", 6, sha);
	assert_memory_equal(tree->entries[3].blob->sha256, sha, SHA256_SIZE);
	assert_int_equal(t->build.hashed_files, 4);
	assert_int_equal(t->build.hashed_bytes, 12);
	assert_int_equal(blob_read(tree->entries[3].blob, buf, sizeof buf, &t->fail), 0);
	assert_memory_equal(buf, "<html>", 6);
}

static void equal_content_is_one_blob(void **state)
{
	struct reading_test *t = *state;

	reading_text(t, "a", "same");
	reading_text(t, "b/c", "same");
	reading_text(t, "d", "other");
	assert_int_equal(symlinkat("a", t->scratch.fd, "dist/e"), 0);
	assert_int_equal(reading_run(t, NULL, true), 0);
	const struct blob *a = tree_find(&t->build.tree, "a")->blob;
	assert_ptr_equal(tree_find(&t->build.tree, "b/c")->blob, a);
	assert_ptr_equal(tree_find(&t->build.tree, "e")->blob, a);
	assert_ptr_not_equal(tree_find(&t->build.tree, "d")->blob, a);
}

/* The same with one thread or many, from the index or from the files. */
static void identity_is_content(void **state)
{
	struct reading_test *t = *state;
	uint8_t id[SHA256_SIZE];
	char path[40], text[40];

	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof path, "d%d/%s%d.js", i % 7, i % 3 ? "a" : "b/c", i);
		snprintf(text, sizeof text, "content %d", i % 1000);
		reading_text(t, path, text);
	}
	assert_int_equal(reading_run(t, NULL, false), 0);
	assert_int_equal(t->build.tree.count, 3000);
	memcpy(id, t->build.tree.id, sizeof id);
	pool_free(t->pool);
	assert_int_equal(pool_new(&t->pool, 1, &t->fail), 0);
	assert_int_equal(reading_run(t, NULL, true), 0);
	assert_memory_equal(t->build.tree.id, id, sizeof id);
	assert_int_equal(reading_run(t, NULL, true), 0);
	assert_memory_equal(t->build.tree.id, id, sizeof id);
	reading_text(t, "d1/a1.js", "Content 1");
	assert_int_equal(reading_run(t, NULL, true), 0);
	assert_memory_not_equal(t->build.tree.id, id, sizeof id);
}

/* A directory with more names than one slice holds. */
static void huge_directory_stays_in_order(void **state)
{
	struct reading_test *t = *state;
	char path[40];

	for (int i = 0; i < 2500; i++) {
		snprintf(path, sizeof path, i % 100 ? "f%04d" : "f%04d/x", i);
		reading_text(t, path, "");
	}
	assert_int_equal(reading_run(t, NULL, false), 0);
	assert_int_equal(t->build.tree.count, 2500);
	for (size_t i = 1; i < t->build.tree.count; i++)
		assert_true(strcmp(t->build.tree.entries[i - 1].path, t->build.tree.entries[i].path) < 0);
}

static void empty_and_absent(void **state)
{
	struct reading_test *t = *state;

	assert_int_equal(reading_run(t, NULL, true), 0);
	assert_int_equal(t->build.tree.count, 0);
	assert_int_equal(rmdir(t->dist), 0);
	assert_int_equal(reading_run(t, NULL, true), -1);
	assert_int_equal(t->fail.kind, FAIL_MISSING);
	assert_non_null(strstr(t->fail.hint, "--dist"));
	scratch_write(&t->scratch, "dist", "a file");
	assert_int_equal(reading_run(t, NULL, true), -1);
	assert_int_equal(t->fail.kind, FAIL_MISSING);
}

/* ---- hostile trees ---- */

static char *run_script(struct reading_test *t, const char *kind)
{
	char out[100];

	snprintf(out, sizeof out, "%s/list", t->scratch.path);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
			_exit(99);
		execlp("bash", "bash", "tests/tools/hostile-tree.sh", t->dist, kind, (char *)NULL);
		_exit(99);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return scratch_read(&t->scratch, "list");
}

static size_t for_each_line(char *text, void (*each)(struct reading_test *t, const char *line), struct reading_test *t)
{
	size_t count = 0;

	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, count++) {
		*end = '\0';
		each(t, line);
	}
	return count;
}

static void expect_problem(struct reading_test *t, const char *line)
{
	if (!reading_problem(t, line))
		fail_msg("%s is no problem", line);
}

static void expect_file(struct reading_test *t, const char *line)
{
	if (!reading_has(t, line))
		fail_msg("%s is missing", line);
}

static void lists_every_bad_entry(void **state)
{
	struct reading_test *t = *state;
	char *list = run_script(t, "bad");

	assert_int_equal(reading_run(t, NULL, true), -1);
	assert_int_equal(t->fail.kind, FAIL_BUILD);
	assert_string_equal(t->fail.stage, "read");
	size_t count = for_each_line(list, expect_problem, t);
	assert_int_equal(t->build.problem_count, count);
	assert_true(count >= 30);
	/* Rules and paths are shown, values never. */
	for (size_t i = 0; i < count; i++) {
		assert_null(strstr(t->build.problems[i].rule, "AKIA"));
		assert_null(strpbrk(t->build.problems[i].path, "\n\t\x1b\x7f"));
	}
	assert_string_equal(reading_problem(t, "leaves"), "is a link that leaves the build");
	assert_string_equal(reading_problem(t, "climbs"), "is a link that leaves the build");
	assert_string_equal(reading_problem(t, "dangling"), "is a link to nothing");
	assert_string_equal(reading_problem(t, "loop/up"), "is a link to a directory around it");
	assert_string_equal(reading_problem(t, "fifo"), "is a FIFO");
	assert_string_equal(reading_problem(t, "keys/account.json"), "service-account key inside");
	/* The second time the scan's verdicts come from the index. */
	assert_int_equal(reading_run(t, NULL, true), -1);
	assert_int_equal(t->build.problem_count, count);
	free(list);
}

static void reads_every_odd_entry(void **state)
{
	struct reading_test *t = *state;
	char *list = run_script(t, "odd");

	assert_int_equal(reading_run(t, NULL, true), 0);
	size_t count = for_each_line(list, expect_file, t);
	assert_int_equal(t->build.tree.count, count);
	assert_true(count >= 45);
	for (size_t i = 0; i < count; i++) {
		int fd = blob_open(t->build.tree.entries[i].blob, &t->fail);
		if (fd < 0)
			fail_msg("%s", t->fail.text);
		close(fd);
	}
	free(list);
}

static void follows_links_inside(void **state)
{
	struct reading_test *t = *state;
	char whole[120];

	reading_text(t, "real/a.js", "a");
	reading_text(t, "real/deep/b.js", "b");
	assert_int_equal(symlinkat("real", t->scratch.fd, "dist/alias"), 0);
	assert_int_equal(symlinkat("alias", t->scratch.fd, "dist/second"), 0);
	assert_int_equal(symlinkat("../dist/real", t->scratch.fd, "dist/back"), 0);
	snprintf(whole, sizeof whole, "%s/real", t->dist);
	assert_int_equal(symlinkat(whole, t->scratch.fd, "dist/whole"), 0);
	assert_int_equal(reading_run(t, NULL, false), 0);
	assert_int_equal(t->build.tree.count, 10);
	assert_true(reading_has(t, "whole/deep/b.js"));
	assert_true(reading_has(t, "back/a.js"));
	assert_true(reading_has(t, "second/deep/b.js"));
}

/* Links that multiply without a loop end by count, not by memory. */
static void bounds_multiplying_links(void **state)
{
	struct reading_test *t = *state;
	char name[40], to[40];

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "dist/l%02d", i);
		assert_int_equal(mkdirat(t->scratch.fd, name, 0755), 0);
		for (int k = 0; k < 2; k++) {
			snprintf(name, sizeof name, "dist/l%02d/%c", i, "xy"[k]);
			snprintf(to, sizeof to, "../l%02d", i + 1);
			assert_int_equal(symlinkat(to, t->scratch.fd, name), 0);
		}
	}
	assert_int_equal(reading_run(t, NULL, false), -1);
	assert_int_equal(t->fail.kind, FAIL_BUILD);
}

static int limit_files(rlim_t files, struct rlimit *before)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, before) < 0)
		return -1;
	limit = *before;
	limit.rlim_cur = files;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

static void needs_few_descriptors(void **state)
{
	struct reading_test *t = *state;
	struct rlimit before;
	struct strbuf path = STRBUF_INIT;

	for (int i = 0; i < 1500; i++)
		strbuf_addstr(&path, "d/");
	strbuf_addstr(&path, "f");
	reading_text(t, path.buf, "deep");
	assert_int_equal(limit_files(20, &before), 0);
	int rc = reading_run(t, NULL, true);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	if (rc < 0)
		fail_msg("%s", t->fail.text);
	assert_true(reading_has(t, path.buf));
	strbuf_clear(&path);
}

static void shortage_is_not_the_builds_fault(void **state)
{
	struct reading_test *t = *state;
	struct rlimit before;

	reading_text(t, "a/b", "x");
	/* The build directory itself still opens. */
	int next = dup(t->scratch.fd);
	close(next);
	assert_int_equal(limit_files((rlim_t)next + 1, &before), 0);
	int rc = reading_run(t, NULL, false);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(rc, -1);
	assert_int_equal(t->fail.kind, FAIL_LOCAL);
}

static void read_as_nobody(struct reading_test *t)
{
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0))
		_exit(98);
	struct pool *own;
	struct fail f = FAIL_INIT;
	if (pool_new(&own, 2, &f) < 0)
		_exit(97);
	t->pool = own;
	int rc = reading_run(t, NULL, false);
	const char *file = reading_problem(t, "locked"), *dir = reading_problem(t, "shut");
	_exit(rc == -1 && t->fail.kind == FAIL_BUILD && file && dir && strstr(file, "cannot be read") &&
		strstr(dir, "cannot be read") && t->build.problem_count == 2 ? 0 : 1);
}

static void lists_unreadable(void **state)
{
	struct reading_test *t = *state;
	int status;

	assert_int_equal(chmod(t->scratch.path, 0755), 0);
	reading_text(t, "open", "x");
	reading_text(t, "locked", "x");
	reading_text(t, "shut/x", "x");
	assert_int_equal(fchmodat(t->scratch.fd, "dist/locked", 0, 0), 0);
	assert_int_equal(fchmodat(t->scratch.fd, "dist/shut", 0, 0), 0);
	pool_free(t->pool);             /* only a process of one thread may fork and start threads */
	t->pool = NULL;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		read_as_nobody(t);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(fchmodat(t->scratch.fd, "dist/shut", 0700, 0), 0);
	assert_int_equal(pool_new(&t->pool, 1, &t->fail), 0);
	assert_int_equal(status, 0);
}

/* ---- names that meet ---- */

static void colliding_names(void **state)
{
	struct reading_test *t = *state;
	const struct build_rules folds = { .folds_names = true };

	reading_text(t, "Logo.png", "1");
	reading_text(t, "logo.PNG", "2");
	reading_text(t, "caf\xc3\xa9.html", "1");
	reading_text(t, "cafe\xcc\x81.html", "2");
	reading_text(t, "docs", "a file");
	reading_text(t, "DOCS/a", "in a directory");
	reading_text(t, "one/A", "not below one directory");
	reading_text(t, "two/a", "not below one directory");
	assert_int_equal(reading_run(t, NULL, false), 0);
	assert_int_equal(reading_run(t, &folds, false), -1);
	assert_int_equal(t->fail.kind, FAIL_BUILD);
	assert_int_equal(t->build.problem_count, 6);
	assert_non_null(strstr(reading_problem(t, "Logo.png"), "logo.PNG"));
	assert_non_null(strstr(reading_problem(t, "logo.PNG"), "Logo.png"));
	assert_non_null(reading_problem(t, "docs"));
	assert_null(reading_problem(t, "one/A"));
}

/* ---- interruption ---- */

static void can_be_cancelled(void **state)
{
	struct reading_test *t = *state;
	const struct build_rules rules = { .ignore = NULL };
	atomic_bool cancel;

	reading_text(t, "a", "x");
	atomic_init(&cancel, true);
	struct build_request rq = { .name = "kiosk", .dir = t->dist, .rules = &rules, .pool = t->pool, .cancel = &cancel };
	assert_int_equal(build_read(&t->build, &rq, &t->fail), -1);
	assert_int_equal(t->fail.kind, FAIL_CANCELLED);
}

static void close_of_nothing(void **state)
{
	struct build b = { .name = NULL };

	(void)state;
	build_close(&b);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
}

#define READING(test) cmocka_unit_test_setup_teardown(test, reading_setup, reading_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		READING(reads_a_tree),
		READING(equal_content_is_one_blob),
		READING(identity_is_content),
		READING(huge_directory_stays_in_order),
		READING(empty_and_absent),
		READING(lists_every_bad_entry),
		READING(reads_every_odd_entry),
		READING(follows_links_inside),
		READING(bounds_multiplying_links),
		READING(needs_few_descriptors),
		READING(shortage_is_not_the_builds_fault),
		READING(lists_unreadable),
		READING(colliding_names),
		READING(can_be_cancelled),
		cmocka_unit_test(close_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
