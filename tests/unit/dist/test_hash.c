#include "dist/hash.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "dist/secret_scan.h"
#include "reading.h"

/* What happens between the first look at a file and its reading. */
struct meddler {
	struct reading_test *t;
	const char *what;
};

static void append(struct reading_test *t, const char *path, const char *text)
{
	int fd = openat(t->scratch.fd, path, O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

/* Same size, and the times put back as they were: only ctime tells. */
static void overwrite_quietly(struct reading_test *t, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(t->scratch.fd, path, &st, 0), 0);
	int fd = openat(t->scratch.fd, path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, "HELLO", 5), 0);
	close(fd);
	struct timespec times[2] = { st.st_atim, st.st_mtim };
	assert_int_equal(utimensat(t->scratch.fd, path, times, 0), 0);
}

static void meddle(void *arg, const char *path)
{
	const struct meddler *m = arg;
	char whole[100];

	snprintf(whole, sizeof whole, "dist/%s", path);
	if (strcmp(m->what, "grow") == 0)
		append(m->t, whole, "more");
	else if (strcmp(m->what, "shrink") == 0)
		scratch_write(&m->t->scratch, whole, "h");
	else if (strcmp(m->what, "overwrite") == 0)
		overwrite_quietly(m->t, whole);
}

/* One file, as the walk would hand it over. */
static struct found look_at(struct reading_test *t, const char *path)
{
	struct stat st;
	char whole[100];

	snprintf(whole, sizeof whole, "dist/%s", path);
	assert_int_equal(fstatat(t->scratch.fd, whole, &st, 0), 0);
	return (struct found){ .device = st.st_dev, .blob = { .size = (uint64_t)st.st_size, .source = BLOB_FILE,
		.path = path, .inode = st.st_ino, .mtime_ns = file_mtime_ns(&st), .ctime_ns = file_ctime_ns(&st) } };
}

static size_t hash_one(struct reading_test *t, struct found *f, struct index *x, struct meddler *m, struct notes *notes)
{
	struct build_progress progress = { .files_seen = 0 };
	struct found *files[] = { f };
	atomic_size_t *pending;
	int root = open(t->dist, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	struct hasher *h = hash_start(&(struct hash_request){ .root = root, .index = x, .pool = t->pool,
		.progress = &progress, .opened = m ? meddle : NULL, .opened_arg = m }, files, 1, &pending);
	pool_wait(t->pool);
	assert_int_equal(atomic_load(pending), 0);
	assert_int_equal(hash_finish(h, notes), 0);
	close(root);
	return (size_t)atomic_load(&progress.bytes_hashed);
}

static void expect_changed(struct reading_test *t, const char *what, size_t size)
{
	struct meddler m = { t, what };
	struct notes notes = { NULL, 0, 0 };
	char *data = calloc(1, size);

	assert_non_null(data);
	reading_put(t, "a", data, size);
	struct found f = look_at(t, "a");
	hash_one(t, &f, NULL, &m, &notes);
	if (notes.count != 1 || f.known || !f.failed)
		fail_msg("%s at %zu bytes went unnoticed", what, size);
	assert_string_equal(notes.items[0].rule, "changed while the build was read");
	notes_clear(&notes);
	free(data);
}

static void notices_change_while_read(void **state)
{
	static const size_t sizes[] = { 5, 100000, HASH_BLOCK - 1, HASH_BLOCK, HASH_BLOCK + 1, 2 * HASH_BLOCK };
	static const char *const whats[] = { "grow", "shrink", "overwrite" };

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (size_t k = 0; k < sizeof whats / sizeof *whats; k++)
			expect_changed(*state, whats[k], sizes[i]);
	expect_changed(*state, "grow", 0);
}

/* Between the walk and the open: replaced, gone, or something else altogether. */
static void notices_replacement(void **state)
{
	struct reading_test *t = *state;
	struct notes notes = { NULL, 0, 0 };
	char path[100];

	reading_text(t, "a", "hello");
	struct found f = look_at(t, "a");
	reading_text(t, "b", "hello");
	assert_int_equal(renameat(t->scratch.fd, "dist/b", t->scratch.fd, "dist/a"), 0);
	hash_one(t, &f, NULL, NULL, &notes);
	assert_int_equal(notes.count, 1);
	assert_int_equal(unlinkat(t->scratch.fd, "dist/a", 0), 0);
	hash_one(t, &f, NULL, NULL, &notes);
	assert_int_equal(notes.count, 2);
	assert_string_equal(notes.items[1].rule, "vanished while the build was read");
	snprintf(path, sizeof path, "%s/a", t->dist);
	assert_int_equal(mkfifo(path, 0644), 0);
	hash_one(t, &f, NULL, NULL, &notes);
	assert_int_equal(notes.count, 3);
	notes_clear(&notes);
}

/* All sizes around the blocks, with and without an index, and from the content index: the same digest. */
static void agrees_with_sha256(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, HASH_BLOCK - 1, HASH_BLOCK, HASH_BLOCK + 1, 3 * HASH_BLOCK,
		3 * HASH_BLOCK + 17 };
	struct reading_test *t = *state;
	uint8_t sha[SHA256_SIZE];
	struct index *x;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char *data = malloc(sizes[i] + 1);
		assert_non_null(data);
		for (size_t k = 0; k < sizes[i]; k++)
			data[k] = (char)(k * 31 + k / 251 + i);
		reading_put(t, "a", data, sizes[i]);
		sha256_bytes(data, sizes[i], sha);
		for (int round = 0; round < 4; round++) {
			struct notes notes = { NULL, 0, 0 };
			struct found f = look_at(t, "a");
			assert_int_equal(index_open(&x, t->cache, &t->fail), 0);
			assert_int_equal(hash_one(t, &f, round == 0 ? NULL : x, NULL, &notes), sizes[i]);
			index_close(x);
			assert_int_equal(notes.count, 0);
			assert_true(f.known);
			assert_memory_equal(f.blob.sha256, sha, SHA256_SIZE);
		}
		free(data);
	}
}

/* A large file of a size that is known, but with other content: read twice, judged right. */
static void is_not_fooled_by_size(void **state)
{
	struct reading_test *t = *state;
	size_t size = 2 * HASH_BLOCK + 5;
	char *data = calloc(1, size);
	uint8_t sha[SHA256_SIZE];
	struct index *x;

	assert_non_null(data);
	for (int round = 0; round < 3; round++) {
		struct notes notes = { NULL, 0, 0 };
		data[HASH_BLOCK + 7] = (char)round;
		reading_put(t, "a", data, size);
		struct found f = look_at(t, "a");
		assert_int_equal(index_open(&x, t->cache, &t->fail), 0);
		assert_int_equal(hash_one(t, &f, x, NULL, &notes), size);
		index_close(x);
		sha256_bytes(data, size, sha);
		assert_memory_equal(f.blob.sha256, sha, SHA256_SIZE);
		notes_clear(&notes);
	}
	free(data);
}

/* A key that lies across two blocks, at every offset. */
static void finds_secrets_across_blocks(void **state)
{
	static const char id[] = " AKI" "AZ7QW3ERTY5UIOPAS ";
	struct reading_test *t = *state;
	size_t size = 2 * HASH_BLOCK + 100;
	char *data = malloc(size);

	assert_non_null(data);
	for (size_t before = 0; before <= sizeof id; before += 3) {
		struct notes notes = { NULL, 0, 0 };
		memset(data, 'x', size);
		memcpy(data + HASH_BLOCK - before, id, sizeof id - 1);
		reading_put(t, "a", data, size);
		struct found f = look_at(t, "a");
		hash_one(t, &f, NULL, NULL, &notes);
		assert_int_equal(f.verdict, SECRET_AWS_KEY);
		notes_clear(&notes);
	}
	free(data);
}

/* Through build_read: what the index vouches for is not read, what has changed is, restored times or not. */
static void reads_only_what_changed(void **state)
{
	struct reading_test *t = *state;
	uint8_t id[SHA256_SIZE];

	reading_text(t, "a", "hello");
	reading_text(t, "b", "other");
	reading_age();
	assert_int_equal(reading_run(t, NULL, true), 0);
	assert_int_equal(t->build.hashed_files, 2);
	memcpy(id, t->build.tree.id, sizeof id);
	assert_int_equal(reading_run(t, NULL, true), 0);
	assert_int_equal(t->build.hashed_files, 0);
	assert_memory_equal(t->build.tree.id, id, sizeof id);
	assert_int_equal(reading_run(t, NULL, false), 0);
	assert_int_equal(t->build.hashed_files, 2);
	overwrite_quietly(t, "dist/a");
	assert_int_equal(reading_run(t, NULL, true), 0);
	assert_int_equal(t->build.hashed_files, 1);
	assert_memory_not_equal(t->build.tree.id, id, sizeof id);
	/* Too young to be entered: read again, and so is every change in the same tick. */
	overwrite_quietly(t, "dist/b");
	assert_int_equal(reading_run(t, NULL, true), 0);
	assert_int_equal(t->build.hashed_files, 2);
}

/* Sizes that do not fit 31 and 32 bits; holes, so that the disk need not. The longer list takes half a minute. */
static void reads_huge_files(void **state)
{
	struct reading_test *t = *state;
	static const struct { const char *name; off_t size; } files[] = {
		{ "2g+1", ((off_t)1 << 31) + 1 }, { "2g-1", ((off_t)1 << 31) - 1 }, { "2g", (off_t)1 << 31 },
		{ "5g", (off_t)5 << 30 },
	};
	size_t count = getenv("SLIPWAY_TEST_HUGE") ? 4 : 1;
	uint64_t bytes = 0;
	char path[120];

	for (size_t i = 0; i < count; i++) {
		reading_text(t, files[i].name, "");
		snprintf(path, sizeof path, "%s/%s", t->dist, files[i].name);
		assert_int_equal(truncate(path, files[i].size), 0);
		bytes += (uint64_t)files[i].size;
	}
	assert_int_equal(reading_run(t, NULL, false), 0);
	assert_int_equal(t->build.tree.count, count);
	assert_true(t->build.tree.bytes == bytes && t->build.hashed_bytes == bytes);
}

#define READING(test) cmocka_unit_test_setup_teardown(test, reading_setup, reading_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		READING(notices_change_while_read),
		READING(notices_replacement),
		READING(agrees_with_sha256),
		READING(is_not_fooled_by_size),
		READING(finds_secrets_across_blocks),
		READING(reads_only_what_changed),
		READING(reads_huge_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
