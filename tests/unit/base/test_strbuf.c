#include "base/strbuf.h"

#include "test.h"

static void test_empty_is_a_string(void **state)
{
	(void)state;
	struct strbuf s = STRBUF_INIT;

	assert_string_equal(s.buf, "");
	strbuf_add(&s, "", 0);
	strbuf_setlen(&s, 0);
	assert_string_equal(s.buf, "");
	assert_false(strbuf_failed(&s));
	char *text = strbuf_detach(&s);
	assert_string_equal(text, "");
	free(text);
	strbuf_clear(&s);
	text = strbuf_detach(&s);
	assert_string_equal(text, "");
	free(text);
}

static void test_appends(void **state)
{
	(void)state;
	struct strbuf s = STRBUF_INIT;

	strbuf_addstr(&s, "one");
	strbuf_addch(&s, ' ');
	strbuf_addf(&s, "%s-%04d", "two", 3);
	strbuf_addhex(&s, "\x00\xAB\xFF", 3);
	strbuf_add(&s, "\0z", 2);
	assert_int_equal(s.len, 20);
	assert_memory_equal(s.buf, "one two-000300abff\0z", 21);
	strbuf_setlen(&s, 7);
	assert_string_equal(s.buf, "one two");
	strbuf_setlen(&s, 100);
	assert_int_equal(s.len, 7);
	char *text = strbuf_detach(&s);
	assert_string_equal(text, "one two");
	assert_string_equal(s.buf, "");
	free(text);
}

static void test_long_formats(void **state)
{
	(void)state;
	struct strbuf s = STRBUF_INIT;

	for (int i = 0; i < 1000; i++)
		strbuf_addf(&s, "%0100d", i);
	assert_int_equal(s.len, 100000);
	assert_string_equal(s.buf + 100000 - 3, "999");
	strbuf_clear(&s);
}

static void test_the_ceiling_sticks(void **state)
{
	(void)state;
	struct strbuf s = STRBUF_MAX(10);

	strbuf_addstr(&s, "0123456789");
	assert_false(strbuf_failed(&s));
	strbuf_addch(&s, 'x');
	assert_true(strbuf_failed(&s));
	assert_string_equal(s.buf, "0123456789");
	strbuf_setlen(&s, 2);
	strbuf_addch(&s, 'y');
	assert_true(strbuf_failed(&s));
	assert_string_equal(s.buf, "01");
	strbuf_clear(&s);
	assert_false(strbuf_failed(&s));
	assert_int_equal(s.max, 10);

	strbuf_addf(&s, "%s", "01234567890");
	assert_true(strbuf_failed(&s));
	assert_int_equal(s.len, 0);
	strbuf_clear(&s);
	strbuf_addhex(&s, "abcdef", 6);
	assert_true(strbuf_failed(&s));
	strbuf_clear(&s);
}

static void test_impossible_lengths(void **state)
{
	(void)state;
	struct strbuf s = STRBUF_INIT;

	strbuf_add(&s, "x", SIZE_MAX);
	assert_true(strbuf_failed(&s));
	strbuf_clear(&s);
	strbuf_addhex(&s, "x", SIZE_MAX / 2 + 1);
	assert_true(strbuf_failed(&s));
	strbuf_clear(&s);
}

static void escapes(const char *text, size_t len, const char *want)
{
	struct strbuf s = STRBUF_INIT;

	strbuf_addescaped(&s, text, len);
	assert_string_equal(s.buf, len ? want : "");
	strbuf_clear(&s);
}

static void test_escaping(void **state)
{
	(void)state;
	escapes("plain/\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\xA2", 15, "plain/\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\xA2");
	escapes("a\nb\tc\x1b[0m\x7f", 10, "a\\x0Ab\\x09c\\x1B[0m\\x7F");
	escapes("\0", 1, "\\x00");
	escapes("\xFF\xC3(", 3, "\\xFF\\xC3(");
	escapes("\xED\xA0\x80", 3, "\\xED\\xA0\\x80");                         /* a surrogate */
	escapes("\xC2\x85", 2, "\\u{85}");                                       /* a C1 control */
	escapes("x\xE2\x80\xAEtxt.exe", 11, "x\\u{202E}txt.exe");                /* right to left */
	escapes("a\xE2\x80\x8B" "b", 5, "a\\u{200B}b");                          /* zero width */
	escapes("\xEF\xBB\xBF", 3, "\\u{FEFF}");
	escapes("\xE2\x80\xA8", 3, "\\u{2028}");
	escapes("\xF3\xA0\x81\x81", 4, "\\u{E0041}");                            /* a tag */
	escapes("cut \xE2\x82", 6, "cut \\xE2\\x82");
}

/* The one before it grew lies in freed memory: that cannot be looked at, but what is kept and cleared can. */
static void test_secret_ones(void **state)
{
	(void)state;
	struct strbuf s = STRBUF_SECRET;

	for (int i = 0; i < 100; i++)
		strbuf_addf(&s, "%d,", i);
	assert_int_equal(s.len, 290);
	assert_memory_equal(s.buf, "0,1,2,", 6);
	assert_string_equal(s.buf + 284, "98,99,");
	strbuf_clear(&s);
	assert_true(s.secret);
	assert_string_equal(s.buf, "");
	strbuf_addstr(&s, "again");
	char *text = strbuf_detach(&s);
	assert_string_equal(text, "again");
	assert_true(s.secret);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_is_a_string),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_long_formats),
		cmocka_unit_test(test_the_ceiling_sticks),
		cmocka_unit_test(test_impossible_lengths),
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_secret_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
