#include "base/clock.h"

#include <time.h>

#include "test.h"

#define NOW 1795424701         /* 2026-11-23T09:05:01Z */

static void test_format(void **state)
{
	(void)state;
	char text[CLOCK_TEXT];

	clock_format(text, NOW);
	assert_string_equal(text, "2026-11-23T09:05:01Z");
	clock_format(text, 0);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	clock_format(text, INT64_MAX);
	assert_string_equal(text, "@9223372036854775807");
}

static int64_t parsed(const char *text)
{
	struct fail f = FAIL_INIT;
	int64_t t = -1;

	if (clock_parse(&t, text, NOW, &f) < 0)
		fail_msg("%s: %s", text, f.text);
	return t;
}

static void test_parse_utc(void **state)
{
	(void)state;
	assert_int_equal(parsed("2026-11-23T09:05:01Z"), NOW);
	assert_int_equal(parsed("2026-11-23t09:05:01z"), NOW);
	assert_int_equal(parsed("2026-11-23 09:05:01Z"), NOW);
	assert_int_equal(parsed("2026-11-23T09:05:01.999Z"), NOW);
	assert_int_equal(parsed("2026-11-23T10:35:01+01:30"), NOW);
	assert_int_equal(parsed("2026-11-23T04:05:01-05:00"), NOW);
	assert_int_equal(parsed("20261123-090501"), NOW);
	assert_int_equal(parsed("2028-02-29T00:00:00Z"), 1835395200);
	assert_int_equal(parsed("2000-02-29T00:00:00Z"), 951782400);
	assert_int_equal(parsed("2016-12-31T23:59:60Z"), 1483228800);
}

static void test_parse_local(void **state)
{
	(void)state;
	setenv("TZ", "EAST-2", 1);      /* two hours east of UTC */
	tzset();
	assert_int_equal(parsed("2026-11-23 11:05:01"), NOW);
	assert_int_equal(parsed("2026-11-23 11:05"), NOW - 1);
	assert_int_equal(parsed("2026-11-23"), NOW - 301 - 11 * 3600);
	assert_int_equal(parsed("20261123-090501"), NOW);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void test_parse_ages(void **state)
{
	(void)state;
	assert_int_equal(parsed("90m"), NOW - 5400);
	assert_int_equal(parsed("2h"), NOW - 7200);
	assert_int_equal(parsed("3d"), NOW - 3 * 86400);
	assert_int_equal(parsed("1w"), NOW - 7 * 86400);
	assert_int_equal(parsed("0s"), NOW);
}

static void test_parse_refuses(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "now", "2h30", "-2h", "2 h", "12", "h", "2026", "2026-11", "2026-11-23T", "2026-11-23T09:05Z",
		"2026-11-23T09:05:01", "2026-11-23T09:05:01.Z", "2026-11-23T09:05:01+1", "2026-11-23T09:05:01+01:99",
		"2026-11-23T09:05:01Zx", "2026-13-01", "2026-00-01", "2026-02-29", "2100-02-29", "2026-04-31", "2026-11-00",
		"2026-11-23 24:00", "2026-11-23 09:60", "2026-11-23 09:05:61", "2026-11-23 9:05", "2026-11-23  09:05",
		"1969-12-31", "20261123", "20261123-0905", "20261123-090501-1a2b3c4d", "20261323-090501", "2026-11-23 ",
		"99999999999999999999h", "2026-11-23T09:05:-1Z",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct fail f = FAIL_INIT;
		int64_t t;
		if (clock_parse(&t, bad[i], NOW, &f) == 0)
			fail_msg("\"%s\" was taken for a time", bad[i]);
		assert_int_equal(f.kind, FAIL_USAGE);
		assert_non_null(strstr(f.text, bad[i]));
	}
}

static void test_durations(void **state)
{
	(void)state;
	static const struct { const char *text; int64_t ms; } rows[] = {
		{ "500ms", 500 }, { "30s", 30000 }, { "15m", 900000 }, { "2h", 7200000 }, { "14d", 1209600000 },
		{ "1w", 604800000 }, { "0s", 0 },
	};
	static const char *const bad[] = { "", "30", "s", "1.5h", "-1s", "1h30m", "1 h", "1H", "1y",
		"9223372036854775807w" };
	struct fail f = FAIL_INIT;
	int64_t ms;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(clock_parse_duration(&ms, rows[i].text, &f), 0);
		assert_int_equal(ms, rows[i].ms);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(clock_parse_duration(&ms, bad[i], &f), -1);
		assert_int_equal(f.kind, FAIL_CONFIG);
	}
}

static void test_ages(void **state)
{
	(void)state;
	static const struct { int64_t seconds; const char *text; } rows[] = {
		{ -5, "0 s" }, { 0, "0 s" }, { 59, "59 s" }, { 60, "1 min" }, { 3599, "59 min" }, { 3600, "1 h" },
		{ 86399, "23 h" }, { 86400, "1 d" }, { 1000LL * 86400, "1000 d" },
	};
	char text[CLOCK_TEXT];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		clock_age(text, rows[i].seconds);
		assert_string_equal(text, rows[i].text);
	}
}

static void test_clocks_run(void **state)
{
	(void)state;
	int64_t mono = clock_mono_ns(), wall = clock_wall_ns();

	assert_true(clock_mono_ns() >= mono);
	assert_true(clock_wall_s() - wall / 1000000000 <= 1);
	assert_true(wall > (int64_t)1600000000 * 1000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_parse_utc),
		cmocka_unit_test(test_parse_local),
		cmocka_unit_test(test_parse_ages),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
