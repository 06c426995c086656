#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "release/blob.h"

struct scratch {
	char path[64];
	struct blob_dir dir;
};

static int setup(void **state)
{
	struct scratch *s = calloc(1, sizeof *s);

	if (!s)
		return -1;
	memcpy(s->path, "/tmp/slipway-blob-XXXXXX", 25);
	if (!mkdtemp(s->path))
		return -1;
	s->dir = (struct blob_dir){ open(s->path, O_RDONLY | O_DIRECTORY), "dist" };
	*state = s;
	return s->dir.fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct scratch *s = *state;
	struct fail f = FAIL_INIT;

	close(s->dir.fd);
	int rc = file_remove_tree(AT_FDCWD, s->path, &f);
	free(s);
	return rc;
}

static void put(struct scratch *s, const char *name, const char *text)
{
	int fd = openat(s->dir.fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static struct blob blob_at(struct scratch *s, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(s->dir.fd, name, &st, 0), 0);
	return (struct blob){ .size = (uint64_t)st.st_size, .source = BLOB_FILE, .dir = &s->dir, .path = name,
		.inode = st.st_ino, .mtime_ns = file_mtime_ns(&st), .ctime_ns = file_ctime_ns(&st) };
}

static void test_reads(void **state)
{
	struct fail f = FAIL_INIT;
	char buf[16] = "";

	put(*state, "a", "hello");
	struct blob b = blob_at(*state, "a");
	assert_int_equal(blob_read(&b, buf, sizeof buf, &f), 0);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(blob_read(&b, buf, 4, &f), -1);
	assert_int_equal(f.kind, FAIL_LOCAL);
	struct blob memory = { .size = 2, .source = BLOB_MEMORY, .data = "hi" };
	assert_int_equal(blob_read(&memory, buf, sizeof buf, &f), 0);
	assert_memory_equal(buf, "hi", 2);
	struct blob remote = { .size = 2 };
	assert_int_equal(blob_read(&remote, buf, sizeof buf, &f), -1);
	assert_int_equal(blob_open(&remote, &f), -1);
}

static void test_change(void **state)
{
	struct scratch *s = *state;
	struct fail f = FAIL_INIT;
	char buf[16];

	put(s, "a", "hello");
	struct blob b = blob_at(s, "a");
	put(s, "other", "hullo");
	assert_int_equal(renameat(s->dir.fd, "other", s->dir.fd, "a"), 0);
	struct timespec times[2] = { { b.mtime_ns / 1000000000, b.mtime_ns % 1000000000 },
		{ b.mtime_ns / 1000000000, b.mtime_ns % 1000000000 } };
	assert_int_equal(utimensat(s->dir.fd, "a", times, 0), 0);
	assert_int_equal(blob_read(&b, buf, sizeof buf, &f), -1);
	assert_int_equal(f.kind, FAIL_BUILD);
	assert_string_equal(f.text, "dist/a: changed while read");
}

/* Neither a vanished file nor a FIFO in its place may hang or pass. */
static void test_replaced(void **state)
{
	struct scratch *s = *state;
	struct fail f = FAIL_INIT;

	put(s, "a", "");
	struct blob b = blob_at(s, "a");
	assert_int_equal(unlinkat(s->dir.fd, "a", 0), 0);
	assert_int_equal(blob_open(&b, &f), -1);
	assert_int_equal(f.kind, FAIL_BUILD);
	assert_int_equal(mkfifoat(s->dir.fd, "a", 0644), 0);
	assert_int_equal(blob_open(&b, &f), -1);
	assert_int_equal(f.kind, FAIL_BUILD);
}

static void test_check_after_read(void **state)
{
	struct scratch *s = *state;
	struct fail f = FAIL_INIT;

	put(s, "a", "hello");
	struct blob b = blob_at(s, "a");
	int fd = blob_open(&b, &f);
	assert_true(fd >= 0);
	assert_int_equal(blob_check(&b, fd, &f), 0);
	put(s, "a", "hello, longer");
	assert_int_equal(blob_check(&b, fd, &f), -1);
	assert_int_equal(f.kind, FAIL_BUILD);
	close(fd);
}

static void test_equal(void **state)
{
	struct blob a = { .size = 1 }, b = { .size = 1, .source = BLOB_FILE }, c = { .size = 2 };

	(void)state;
	assert_true(blob_equal(&a, &b));
	assert_false(blob_equal(&a, &c));
	b.sha256[31] = 1;
	assert_false(blob_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_check_after_read, setup, teardown),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
