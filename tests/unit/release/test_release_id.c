#include "../support/test.h"

#include "release/release_id.h"

static void valid_ones(void **state)
{
	(void)state;
	assert_true(release_id_valid("20261123-090501-1a2b3c4d"));
	assert_true(release_id_valid("20240229-235959-00000000"));
	assert_int_equal(release_id_time("19700101-000001-ffffffff"), 1);
	assert_int_equal(release_id_time("20261123-090501-1a2b3c4d"), 1795424701);
}

static void others(void **state)
{
	static const char *const bad[] = { "", "v41", "20261123-090501-1a2b3c4", "20261123-090501-1a2b3c4d0",
		"20261123-090501-1A2B3C4D", "20261123-090501-1a2b3c4g", "20261123x090501-1a2b3c4d", "20261123-090501x1a2b3c4d",
		"20260229-090501-1a2b3c4d", "20261301-090501-1a2b3c4d", "20261123-240000-1a2b3c4d", "20261123-096001-1a2b3c4d",
		"20261123-090560-1a2b3c4d", "2026112a-090501-1a2b3c4d", "+0261123-090501-1a2b3c4d", ".20261123-090501-1a2b3c4d",
		"20261100-090501-1a2b3c4d", "19691231-235959-1a2b3c4d" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (release_id_valid(bad[i]))
			fail_msg("%s", bad[i]);
	assert_false(release_id_valid(NULL));
}

static void suffixes(void **state)
{
	const uint8_t one[1][SHA256_SIZE] = { { 0x1a, 0x2b, 0x3c, 0x4d, 0x5e } };
	const uint8_t ab[2][SHA256_SIZE] = { { 1 }, { 2 } }, ba[2][SHA256_SIZE] = { { 2 }, { 1 } };
	char x[9], y[9];

	(void)state;
	release_id_suffix(x, one, 1);
	assert_string_equal(x, "1a2b3c4d");
	release_id_suffix(x, ab, 2);
	release_id_suffix(y, ba, 2);
	assert_string_equal(x, y);
	release_id_suffix(y, ab, 1);
	assert_string_not_equal(x, y);
}

static void making(void **state)
{
	struct fail f = FAIL_INIT;
	char id[RELEASE_ID_SIZE];

	(void)state;
	assert_int_equal(release_id_make(id, 1795424701, -1, "1a2b3c4d", &f), 0);
	assert_string_equal(id, "20261123-090501-1a2b3c4d");
	assert_int_equal(release_id_make(id, 1795424701, 1795424701, "1a2b3c4d", &f), 0);
	assert_string_equal(id, "20261123-090502-1a2b3c4d");
	assert_int_equal(release_id_make(id, 1795424701, 1795424600, "1a2b3c4d", &f), 0);
	assert_string_equal(id, "20261123-090501-1a2b3c4d");
	assert_int_equal(release_id_make(id, 1795424701, 1795425000, "1a2b3c4d", &f), 0);
	assert_int_equal(release_id_time(id), 1795425001);
	assert_int_equal(release_id_make(id, 1795424701, 1795425001, "1a2b3c4d", &f), -1);
	assert_int_equal(f.kind, FAIL_CONFLICT);
	assert_non_null(strstr(f.text, "2026-11-23T09:05:01Z"));
	assert_non_null(strstr(f.text, "2026-11-23T09:10:01Z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_ones), cmocka_unit_test(others), cmocka_unit_test(suffixes), cmocka_unit_test(making),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
