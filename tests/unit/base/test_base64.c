#include "base/base64.h"

#include "../support/test.h"

/* RFC 4648, section 10. */
static void the_vectors_of_the_rfc(void **state)
{
	static const struct { const char *plain, *standard, *url; } rows[] = {
		{ "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" }, { "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" }, { "fooba", "Zm9vYmE=", "Zm9vYmE" }, { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/", "-_-_" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strbuf standard = STRBUF_INIT, url = STRBUF_INIT, back = STRBUF_INIT;

		base64_encode(&standard, rows[i].plain, strlen(rows[i].plain));
		base64url_encode(&url, rows[i].plain, strlen(rows[i].plain));
		assert_string_equal(standard.buf, rows[i].standard);
		assert_string_equal(url.buf, rows[i].url);
		assert_true(base64_decode(&back, standard.buf, standard.len));
		assert_true(base64_decode(&back, url.buf, url.len));
		assert_int_equal(back.len, 2 * strlen(rows[i].plain));
		assert_memory_equal(back.buf + back.len / 2, rows[i].plain, back.len / 2);
		strbuf_clear(&standard);
		strbuf_clear(&url);
		strbuf_clear(&back);
	}
}

static void lines_are_taken(void **state)
{
	static const char text[] = " Zm9v\r\nYg =\t=\n";
	struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_true(base64_decode(&out, text, strlen(text)));
	assert_string_equal(out.buf, "foob");
	strbuf_clear(&out);
}

static void what_is_no_base64(void **state)
{
	static const char *const bad[] = { "Z", "Zm9vY", "Zh==", "Zm9=", "Zg===", "Z=g=", "Zm9v!", "{\"a\":1}", "Zm\x80v" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct strbuf out = STRBUF_INIT;

		strbuf_addstr(&out, "kept");
		if (base64_decode(&out, bad[i], strlen(bad[i])))
			fail_msg("%s was taken", bad[i]);
		assert_string_equal(out.buf, "kept");
		strbuf_clear(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc),
		cmocka_unit_test(lines_are_taken),
		cmocka_unit_test(what_is_no_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
