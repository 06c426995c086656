#include "base/strmap.h"

#include "base/mem.h"
#include "test.h"

static void test_set_and_get(void **state)
{
	(void)state;
	struct strmap m = STRMAP_INIT;
	int one = 1, two = 2;

	assert_null(strmap_get(&m, "a"));
	assert_null(strmap_set(&m, "a", &one));
	assert_ptr_equal(strmap_get(&m, "a"), &one);
	assert_null(strmap_get(&m, "A"));
	assert_ptr_equal(strmap_set(&m, "a", &two), &one);
	assert_ptr_equal(strmap_get(&m, "a"), &two);
	assert_int_equal(m.count, 1);
	assert_null(strmap_set(&m, "", &one));
	assert_ptr_equal(strmap_get(&m, ""), &one);
	strmap_clear(&m);
	assert_null(strmap_get(&m, "a"));
	strmap_set(&m, "a", &one);
	assert_int_equal(m.count, 1);
	strmap_clear(&m);
}

static void test_many_keys(void **state)
{
	(void)state;
	struct strmap m = STRMAP_INIT;
	struct arena a = ARENA_INIT;
	enum { N = 50000 };
	char **keys = xcalloc(N, sizeof *keys);

	for (int i = 0; i < N; i++) {
		keys[i] = arena_printf(&a, "assets/%d/chunk.js", i);
		assert_null(strmap_set(&m, keys[i], &keys[i]));
	}
	assert_int_equal(m.count, N);
	for (int i = 0; i < N; i++) {
		char key[64];
		snprintf(key, sizeof key, "assets/%d/chunk.js", i);
		assert_ptr_equal(strmap_get(&m, key), &keys[i]);
		snprintf(key, sizeof key, "assets/%d/chunk.jt", i);
		assert_null(strmap_get(&m, key));
	}
	strmap_clear(&m);
	arena_clear(&a);
	free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_get),
		cmocka_unit_test(test_many_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
