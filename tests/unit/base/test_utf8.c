#include "base/utf8.h"

#include "test.h"

static void test_validity(void **state)
{
	(void)state;
	static const char *const good[] = {
		"", "abc", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
		"\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
	};
	static const char *const bad[] = {
		"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE0\x80\x80", "\xE2\x82",
		"\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
		"\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "abc\xC3", "\xF0\x9F\x9A", "\xE2\x28\xA1",
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(utf8_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	assert_true(utf8_valid("a\0b", 3));
}

static void test_decoding_every_code_point(void **state)
{
	(void)state;
	for (uint32_t cp = 1; cp <= 0x10FFFF; cp += cp < 0x3000 ? 1 : 61) {
		char s[4];
		uint32_t got = 0;
		size_t n = 1;
		if (cp < 0x80) {
			s[0] = (char)cp;
		} else {
			n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
			uint32_t rest = cp;
			for (size_t i = n; i-- > 1; rest >>= 6)
				s[i] = (char)(0x80 | (rest & 0x3F));
			s[0] = (char)((0xF00U >> n & 0xFF) | rest);
		}
		bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
		assert_int_equal(utf8_decode(s, n, &got), surrogate ? 0 : n);
		if (!surrogate)
			assert_int_equal(got, cp);
		for (size_t cut = 0; cut < n; cut++)
			assert_int_equal(utf8_decode(s, cut, &got), 0);
	}
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(utf8_width("abc", 3), 3);
	assert_int_equal(utf8_width("\xC3\xA9", 2), 1);
	assert_int_equal(utf8_width("e\xCC\x81", 3), 1);                     /* combining */
	assert_int_equal(utf8_width("\xE4\xB8\xAD\xE6\x96\x87", 6), 4);      /* wide */
	assert_int_equal(utf8_width("\xFF\xFE", 2), 2);
	assert_int_equal(utf8_width("", 0), 0);
}

static bool one_name(const char *a, const char *b)
{
	struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;

	utf8_fold_key(&x, a, strlen(a));
	utf8_fold_key(&y, b, strlen(b));
	bool equal = strcmp(x.buf, y.buf) == 0;
	strbuf_clear(&x);
	strbuf_clear(&y);
	return equal;
}

static void test_folding(void **state)
{
	(void)state;
	assert_true(one_name("README.md", "readme.MD"));
	assert_true(one_name("\xC3\xA9", "e\xCC\x81"));                      /* NFC, NFD */
	assert_true(one_name("\xC3\x89t\xC3\xA9", "e\xCC\x81te\xCC\x81"));
	assert_true(one_name("stra\xC3\x9F" "e", "STRASSE"));
	assert_true(one_name("\xCE\xA3", "\xCF\x82"));                       /* sigma, final sigma */
	assert_true(one_name("\xE1\xBE\xB3", "\xCE\x91\xCE\x99"));           /* alpha with iota subscript */
	assert_true(one_name("\xE2\x84\xAA", "k"));                          /* Kelvin sign */
	assert_false(one_name("a.js", "b.js"));
	assert_false(one_name("\xC3\xA9", "e"));
	assert_false(one_name("a b", "ab"));
}

static void test_distance(void **state)
{
	(void)state;
	assert_int_equal(utf8_distance("deploy", "deploy", 3), 0);
	assert_int_equal(utf8_distance("delpoy", "deploy", 3), 1);
	assert_int_equal(utf8_distance("deply", "deploy", 3), 1);
	assert_int_equal(utf8_distance("deeploy", "deploy", 3), 1);
	assert_int_equal(utf8_distance("deplox", "deploy", 3), 1);
	assert_int_equal(utf8_distance("kitten", "sitting", 5), 3);
	assert_int_equal(utf8_distance("kitten", "sitting", 2), 3);
	assert_int_equal(utf8_distance("kitten", "sitting", 1), 2);
	assert_int_equal(utf8_distance("", "abc", 5), 3);
	assert_int_equal(utf8_distance("abc", "", 5), 3);
	assert_int_equal(utf8_distance("", "", 0), 0);
	assert_int_equal(utf8_distance("a", "a much longer one", 2), 3);
}

static void test_nearest(void **state)
{
	(void)state;
	static const char *const words[] = { "deploy", "rollback", "status", "releases", "verify" };

	assert_string_equal(utf8_nearest("depoly", words, 5), "deploy");
	assert_string_equal(utf8_nearest("rolback", words, 5), "rollback");
	assert_string_equal(utf8_nearest("verify", words, 5), "verify");
	assert_null(utf8_nearest("frobnicate", words, 5));
	assert_null(utf8_nearest("x", words, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_validity),
		cmocka_unit_test(test_decoding_every_code_point),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
