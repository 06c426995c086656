#include "../support/test.h"
#include "deploy/fanout.h"

#define MIB ((uint64_t)1024 * 1024)

/* `files` contents of `size` bytes, of which the first `shared` are the same for all; the others are this tree's
 * own. */
static struct fanout_place place(struct arena *mem, const void *group, size_t files, size_t shared,
		uint64_t size, int salt)
{
	struct tree *t = arena_alloc(mem, sizeof *t);
	struct entry *entries = arena_alloc(mem, (files + 1) * sizeof *entries);
	size_t *missing = arena_alloc(mem, (files + 1) * sizeof *missing);

	for (size_t i = 0; i < files; i++) {
		struct blob *b = arena_alloc(mem, sizeof *b);
		int own = i < shared ? 0 : salt;
		memcpy(b->sha256, &i, sizeof i);
		memcpy(b->sha256 + 8, &own, sizeof own);
		b->size = size;
		entries[i] = (struct entry){ .path = arena_printf(mem, "f%06zu", i), .blob = b };
		missing[i] = i;
	}
	t->entries = entries;
	t->count = files;
	return (struct fanout_place){ .group = group, .want = t, .missing = missing, .count = files };
}

static size_t followers(const struct fanout_place *places, size_t count, size_t seed)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += places[i].seed == seed;
	return n;
}

static void many_files(void **state)
{
	struct arena mem = ARENA_INIT;
	struct fanout_place places[50];

	(void)state;
	for (int i = 0; i < 50; i++)
		places[i] = place(&mem, "a", 100, 99, 10, i + 1);
	fanout_choose(places, 50);
	assert_true(places[0].seed == FANOUT_NONE);
	assert_int_equal(followers(places, 50, 0), 49);
	arena_clear(&mem);
}

static void few_and_small(void **state)
{
	struct arena mem = ARENA_INIT;
	struct fanout_place places[50];

	(void)state;
	for (int i = 0; i < 50; i++)
		places[i] = place(&mem, "a", 10, 10, 1000, i + 1);
	fanout_choose(places, 50);
	assert_int_equal(followers(places, 50, FANOUT_NONE), 50);
	arena_clear(&mem);
}

/* One large file is enough: 9 MiB for two further sites. */
static void large_bytes(void **state)
{
	struct arena mem = ARENA_INIT;
	struct fanout_place places[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		places[i] = place(&mem, "a", 1, 1, 9 * MIB, i + 1);
	fanout_choose(places, 3);
	assert_int_equal(followers(places, 3, 0), 2);
	fanout_choose(places, 2);
	assert_int_equal(followers(places, 2, FANOUT_NONE), 2);
	arena_clear(&mem);
}

static void groups_stay_apart(void **state)
{
	struct arena mem = ARENA_INIT;
	struct fanout_place places[40];

	(void)state;
	for (int i = 0; i < 40; i++)
		places[i] = place(&mem, i % 2 ? "a" : "b", 100, 100, 10, i + 1);
	fanout_choose(places, 40);
	for (int i = 0; i < 40; i++)
		if (places[i].seed != FANOUT_NONE)
			assert_int_equal(places[i].seed % 2, i % 2);
	assert_int_equal(followers(places, 40, FANOUT_NONE), 2);
	arena_clear(&mem);
}

/* Two builds, and places that lack nothing or something else. */
static void the_unlike_are_sent(void **state)
{
	struct arena mem = ARENA_INIT;
	struct fanout_place places[30];

	(void)state;
	for (int i = 0; i < 30; i++)
		places[i] = place(&mem, "a", i < 20 ? 200 : 300, i < 20 ? 199 : 0, 10, i + 1);
	places[3].count = 0;
	fanout_choose(places, 30);
	for (int i = 20; i < 30; i++)
		assert_true(places[i].seed == FANOUT_NONE);
	assert_true(places[3].seed == FANOUT_NONE);
	assert_int_equal(followers(places, 30, 0), 18);
	arena_clear(&mem);
}

static void who_lacks_little_need_not_wait(void **state)
{
	(void)state;
	assert_false(fanout_concerns(0, 0));
	assert_false(fanout_concerns(7, 262143));
	assert_true(fanout_concerns(8, 100));
	assert_true(fanout_concerns(1, 262144));
}

static void none_at_all(void **state)
{
	(void)state;
	fanout_choose(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_files), cmocka_unit_test(few_and_small), cmocka_unit_test(large_bytes),
		cmocka_unit_test(groups_stay_apart), cmocka_unit_test(the_unlike_are_sent), cmocka_unit_test(none_at_all),
		cmocka_unit_test(who_lacks_little_need_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
