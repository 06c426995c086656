#include "dist/packings.h"

#include <sqlite3.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dist/cachedb.h"
#include "test.h"

#define SMALL 5
#define LARGE (GZIP_WHOLE_MOST + 1)

/* The index over one cache.db, opened and closed as runs do. */
struct set {
	struct scratch dir;
	struct cachedb *db;
	struct packings *p;
};

static void open_set(struct set *t)
{
	struct fail f = FAIL_INIT;

	if (cachedb_open(&t->db, t->dir.path, &f) < 0)
		fail_msg("%s", f.text);
	t->p = packings_new(t->db);
}

static void close_set(struct set *t)
{
	packings_free(t->p);
	cachedb_free(t->db);
}

static void save(struct set *t, int want)
{
	struct fail f = FAIL_INIT;
	int rc = packings_save(t->p, &f);

	if (rc != want)
		fail_msg("got %d: %s", rc, f.text);
}

static void again(struct set *t)
{
	close_set(t);
	open_set(t);
}

static int setup(void **state)
{
	struct set *t = calloc(1, sizeof *t);

	assert_non_null(t);
	scratch_begin(&t->dir);
	open_set(t);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct set *t = *state;

	close_set(t);
	scratch_end(&t->dir);
	free(t);
	return 0;
}

/* Content n and what is known of it. */
static void learn(struct set *t, unsigned n, uint64_t size, uint64_t packed)
{
	uint8_t sha[SHA256_SIZE];
	struct gzipped gz = { .sha256 = { 7 }, .size = packed };

	sha256_bytes(&n, sizeof n, sha);
	packings_learn(t->p, sha, size, &gz);
}

/* The packed size, 0 when it is not known. */
static uint64_t known(struct set *t, unsigned n, uint64_t size)
{
	uint8_t sha[SHA256_SIZE];
	struct gzipped gz;

	sha256_bytes(&n, sizeof n, sha);
	if (!packings_find(t->p, sha, size, &gz))
		return 0;
	assert_int_equal(gz.sha256[0], 7);
	return gz.size;
}

static int64_t ask(struct set *t, const char *text)
{
	char path[100];
	sqlite3 *d;
	sqlite3_stmt *q;

	snprintf(path, sizeof path, "%s/cache.db", t->dir.path);
	assert_int_equal(sqlite3_open(path, &d), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(d, text, -1, &q, NULL), SQLITE_OK);
	int64_t value = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	sqlite3_close(d);
	return value;
}

static void remembers(void **state)
{
	struct set *t = *state;

	assert_int_equal(known(t, 1, SMALL), 0);
	save(t, 0);
	assert_int_equal(scratch_count(&t->dir, "."), 0);
	for (unsigned n = 0; n < 500; n++)
		learn(t, n, n % 3 ? SMALL : LARGE, n + 100);
	save(t, 1);
	again(t);
	for (unsigned n = 0; n < 500; n++) {
		assert_int_equal(known(t, n, n % 3 ? SMALL : LARGE), n + 100);
		/* The other compressor made nothing of it. */
		assert_int_equal(known(t, n, n % 3 ? LARGE : SMALL), 0);
	}
	assert_int_equal(known(t, 500, SMALL), 0);
	save(t, 0);
	/* What is learnt anew takes its place. */
	learn(t, 1, SMALL, 77);
	save(t, 1);
	again(t);
	assert_int_equal(known(t, 1, SMALL), 77);
	assert_int_equal(ask(t, "SELECT count(*) FROM packing"), 500);
	assert_int_equal(ask(t, "SELECT count(DISTINCT compressor) FROM packing"), 2);
}

static void trusts_only_sealed_rows(void **state)
{
	static const char *const lies[] = {
		"UPDATE packing SET gz_size = gz_size + 1", "UPDATE packing SET gz_sha256 = zeroblob(32)",
		"UPDATE packing SET gz_sha256 = x'07'", "UPDATE packing SET sha256 = zeroblob(32)",
		"UPDATE packing SET compressor = 'libdeflate-9-99-6'", "DELETE FROM packing",
	};
	struct set *t = *state;

	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		learn(t, 1, SMALL, 30);
		save(t, 1);
		again(t);
		assert_int_equal(known(t, 1, SMALL), 30);
		ask(t, lies[i]);
		again(t);
		assert_int_equal(known(t, 1, SMALL), 0);
	}
}

/* used_s follows use, in steps of a week; what nobody used for three months goes when something is saved. */
static void sheds_the_unused(void **state)
{
	struct set *t = *state;
	char text[200];
	long long now = (long long)clock_wall_s();

	for (unsigned n = 0; n < 4; n++)
		learn(t, n, n == 3 ? LARGE : SMALL, 10 + n);
	save(t, 1);
	snprintf(text, sizeof text, "UPDATE packing SET used_s = %lld - 86400 * CASE gz_size WHEN 10 THEN 3 ELSE 100 END",
		now);
	ask(t, text);
	again(t);
	assert_int_equal(known(t, 0, SMALL), 10);
	save(t, 0);
	again(t);
	assert_int_equal(known(t, 1, SMALL), 11);
	assert_int_equal(known(t, 3, LARGE), 13);
	save(t, 1);
	snprintf(text, sizeof text, "SELECT count(*) FROM packing WHERE gz_size IN (11, 13) AND used_s >= %lld", now);
	assert_int_equal(ask(t, text), 2);
	assert_int_equal(ask(t, "SELECT count(*) FROM packing"), 3);
}

/* A damaged file is made anew, with what was learnt. */
static void survives_damage(void **state)
{
	struct set *t = *state;

	scratch_write(&t->dir, "cache.db", "no database at all, but a text");
	assert_int_equal(known(t, 1, SMALL), 0);
	assert_non_null(strstr(cachedb_note(t->db), "was damaged"));
	learn(t, 1, SMALL, 30);
	scratch_write(&t->dir, "cache.db", "damaged again");
	save(t, 1);
	again(t);
	assert_int_equal(known(t, 1, SMALL), 30);
	assert_null(cachedb_note(t->db));
}

#define SET(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET(remembers),
		SET(trusts_only_sealed_rows),
		SET(sheds_the_unused),
		SET(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
