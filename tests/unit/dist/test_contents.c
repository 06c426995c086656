#include "dist/contents.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dist/cachedb.h"
#include "dist/index.h"
#include "dist/secret_scan.h"
#include "test.h"

static const struct xxh128 key = { 11, 22 };
static const struct known_content content = { .sha256 = { 1, 2, 3 }, .verdict = SECRET_AWS_KEY };

/* The cache of the only contents that are open. */
static struct cachedb *cache;

static struct contents *opened(const struct scratch *s)
{
	struct contents *c;
	struct fail f = FAIL_INIT;

	if (cachedb_open(&cache, s->path, &f) < 0)
		fail_msg("%s", f.text);
	c = contents_new(cache);
	contents_load(c);
	return c;
}

static void closed(struct contents *c)
{
	contents_free(c);
	cachedb_free(cache);
}

static void saved(struct contents *c, int want)
{
	struct fail f = FAIL_INIT;
	int rc = contents_save(c, &f);

	if (rc != want)
		fail_msg("got %d: %s", rc, f.text);
	closed(c);
}

static void learn(const struct scratch *s)
{
	struct contents *c = opened(s);

	contents_learn(c, key, 5, &content);
	saved(c, 1);
}

/* A content is known rightly or not at all. */
static bool knows(const struct scratch *s)
{
	struct known_content out;
	struct contents *c = opened(s);
	bool known = contents_find(c, key, 5, &out);

	if (known) {
		assert_memory_equal(out.sha256, content.sha256, SHA256_SIZE);
		assert_int_equal(out.verdict, content.verdict);
	}
	closed(c);
	return known;
}

static void sql(const struct scratch *s, const char *text)
{
	char path[100];
	sqlite3 *d;

	snprintf(path, sizeof path, "%s/cache.db", s->path);
	assert_int_equal(sqlite3_open(path, &d), SQLITE_OK);
	if (sqlite3_exec(d, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(d));
	sqlite3_close(d);
}

static int64_t ask(const struct scratch *s, const char *text)
{
	char path[100];
	sqlite3 *d;
	sqlite3_stmt *q;

	snprintf(path, sizeof path, "%s/cache.db", s->path);
	assert_int_equal(sqlite3_open(path, &d), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(d, text, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(d);
	return value;
}

static void keeps_what_the_design_says(void **state)
{
	const struct scratch *s = *state;
	struct stat st;

	assert_false(knows(s));
	assert_int_equal(scratch_count(s, "."), 0);
	learn(s);
	assert_true(knows(s));
	assert_int_equal(scratch_count(s, "."), 1);
	assert_int_equal(fstatat(s->fd, "cache.db", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(ask(s, "PRAGMA user_version"), 2);
	assert_true(ask(s, "PRAGMA application_id") != 0);
	assert_int_equal(ask(s, "SELECT count(*) FROM content WHERE length(xxh) = 16 AND size = 5 AND length(sha256) = 32"
		" AND verdict = 3 AND used_s > 1000000000"), 1);
	saved(opened(s), 0);
}

/* SQLite's own versions of the file, with which it says that it cannot write it, and what we refuse it by. */
static bool is_refusal(off_t at)
{
	return at == 18 || at == 19 || (at >= 60 && at < 64) || (at >= 68 && at < 72);
}

/* Every byte that is not zero and a while of zeros, flipped: the content is known rightly or not known, and the next
 * save mends it. */
static void survives_any_flip(void **state)
{
	const struct scratch *s = *state;
	static char good[1 << 16];
	struct stat st;

	learn(s);
	int fd = openat(s->fd, "cache.db", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(read(fd, good, sizeof good), st.st_size);
	close(fd);
	for (off_t at = 0; at < st.st_size; at++) {
		if (is_refusal(at) || (at > 1000 && good[at] == 0))
			continue;
		fd = openat(s->fd, "cache.db", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		assert_int_equal(write(fd, good, (size_t)st.st_size), st.st_size);
		assert_int_equal(pwrite(fd, &(char){ (char)~good[at] }, 1, at), 1);
		close(fd);
		knows(s);
		learn(s);
		if (!knows(s))
			fail_msg("byte %lld, flipped, keeps it from learning", (long long)at);
	}
}

static void makes_a_damaged_one_anew(void **state)
{
	const struct scratch *s = *state;
	static const char *const bad[] = { "no database at all, but a text", "SQLite format 3" };
	struct known_content out;

	for (size_t i = 0; i < 2; i++) {
		scratch_write(s, "cache.db", bad[i]);
		struct contents *c = opened(s);
		assert_non_null(cachedb_note(cache));
		assert_non_null(strstr(cachedb_note(cache), "cache.db was damaged; the cache is made anew"));
		assert_false(contents_find(c, key, 5, &out));
		contents_learn(c, key, 5, &content);
		saved(c, 1);
		assert_true(knows(s));
		assert_int_equal(scratch_count(s, "."), 1);
	}
	/* Damaged after it was read. */
	struct contents *c = opened(s);
	contents_learn(c, key, 6, &content);
	scratch_write(s, "cache.db", bad[0]);
	struct fail f = FAIL_INIT;
	assert_int_equal(contents_save(c, &f), 1);
	assert_non_null(cachedb_note(cache));
	closed(c);
	assert_int_equal(ask(s, "SELECT size FROM content"), 6);
}

static void refuses(const struct scratch *s, const char *word)
{
	struct fail f = FAIL_INIT;

	assert_int_equal(cachedb_open(&cache, s->path, &f), -1);
	assert_int_equal(f.kind, FAIL_STATE);
	assert_non_null(strstr(f.text, "cache.db"));
	assert_non_null(strstr(f.text, word));
}

/* The first format had no packings, and room for them in each content. */
static void makes_an_older_one_anew(void **state)
{
	const struct scratch *s = *state;

	sql(s, "PRAGMA application_id = 1936488291; PRAGMA user_version = 1; CREATE TABLE content (xxh BLOB NOT NULL,"
		" size INTEGER NOT NULL, sha256 BLOB NOT NULL, verdict INTEGER NOT NULL, gz_sha256 BLOB, gz_size INTEGER,"
		" used_s INTEGER NOT NULL, seal INTEGER NOT NULL, PRIMARY KEY (xxh, size)) WITHOUT ROWID;"
		"INSERT INTO content VALUES (x'00', 1, x'00', 0, NULL, NULL, 1, 1)");
	assert_false(knows(s));
	learn(s);
	assert_true(knows(s));
	assert_int_equal(ask(s, "PRAGMA user_version"), 2);
	assert_int_equal(ask(s, "SELECT count(*) FROM content"), 1);
	assert_int_equal(ask(s, "SELECT count(*) FROM packing"), 0);
}

static void refuses_by_name(void **state)
{
	const struct scratch *s = *state;

	learn(s);
	sql(s, "PRAGMA user_version = 9");
	refuses(s, "has format 9, this slipway knows formats up to 2");
	sql(s, "PRAGMA user_version = 2; PRAGMA application_id = 5");
	refuses(s, "another program");
	assert_int_equal(ask(s, "SELECT count(*) FROM content"), 1);
}

/* A verdict that another version's rules made, or a row that somebody changed, is not believed. */
static void trusts_only_sealed_rows(void **state)
{
	const struct scratch *s = *state;

	learn(s);
	sql(s, "UPDATE content SET verdict = 0");
	assert_false(knows(s));
	learn(s);
	assert_true(knows(s));
	sql(s, "UPDATE content SET sha256 = zeroblob(32)");
	assert_false(knows(s));
	sql(s, "UPDATE content SET sha256 = x'0102'");
	assert_false(knows(s));
}

/* used_s follows use, in steps of a week; what nobody used for three months goes when something is saved. */
static void sheds_the_unused(void **state)
{
	const struct scratch *s = *state;
	struct known_content out;
	struct contents *c = opened(s);
	char text[200];
	int64_t now = clock_wall_s();

	for (uint64_t i = 0; i < 3; i++)
		contents_learn(c, (struct xxh128){ i, i }, i, &content);
	saved(c, 1);
	snprintf(text, sizeof text, "UPDATE content SET used_s = %lld - 86400 * CASE size WHEN 0 THEN 3 ELSE 100 END",
		(long long)now);
	sql(s, text);
	c = opened(s);
	assert_true(contents_find(c, (struct xxh128){ 0, 0 }, 0, &out));
	saved(c, 0);
	c = opened(s);
	assert_true(contents_find(c, (struct xxh128){ 1, 1 }, 1, &out));
	saved(c, 1);
	snprintf(text, sizeof text, "SELECT count(*) FROM content WHERE size = 1 AND used_s >= %lld", (long long)now);
	assert_int_equal(ask(s, text), 1);
	assert_int_equal(ask(s, "SELECT count(*) FROM content"), 2);
}

static void holds_many(void **state)
{
	const struct scratch *s = *state;
	struct known_content out, known = content;
	struct contents *c = opened(s);

	for (uint64_t i = 0; i < 5000; i++) {
		known.sha256[4] = (uint8_t)i;
		contents_learn(c, (struct xxh128){ i * 0x9E3779B97F4A7C15U, i % 7 }, i % 1000, &known);
	}
	saved(c, 1);
	c = opened(s);
	for (uint64_t i = 0; i < 5000; i++) {
		assert_true(contents_find(c, (struct xxh128){ i * 0x9E3779B97F4A7C15U, i % 7 }, i % 1000, &out));
		assert_int_equal(out.sha256[4], (uint8_t)i);
	}
	assert_false(contents_find(c, (struct xxh128){ 0, 0 }, 1, &out));
	assert_true(contents_has_size(c, 999));
	assert_false(contents_has_size(c, 1000000));
	saved(c, 0);
}

#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH(keeps_what_the_design_says),
		SCRATCH(survives_any_flip),
		SCRATCH(makes_a_damaged_one_anew),
		SCRATCH(makes_an_older_one_anew),
		SCRATCH(refuses_by_name),
		SCRATCH(trusts_only_sealed_rows),
		SCRATCH(sheds_the_unused),
		SCRATCH(holds_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
