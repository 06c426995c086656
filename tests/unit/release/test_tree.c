#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "release/tree.h"

static void test_path_rules(void **state)
{
	static const struct { const char *path; size_t len; const char *why; } rows[] = {
		{ "", 0, "is empty" },
		{ "a\nb", 3, "has a control character" },
		{ "a\x7f", 2, "has a control character" },
		{ "a\xc2\x85", 3, "has a control character" },
		{ "a\xff", 2, "is not valid UTF-8" },
		{ "a\xc0\xaf", 3, "is not valid UTF-8" },
		{ "a\\b", 3, "has a backslash" },
		{ "a//b", 4, "has an empty part" },
		{ "/a", 2, "has an empty part" },
		{ "a/", 2, "has an empty part" },
		{ "a/../b", 6, "has a . or .. part" },
		{ ".", 1, "has a . or .. part" },
		{ ".slipway", 8, "begins with .slipway" },
		{ ".slipway/x", 10, "begins with .slipway" },
		{ "a/.slipway", 10, NULL },
		{ ".slipways", 9, NULL },
		{ "...", 3, NULL },
		{ "-rf", 3, NULL },
		{ "$(x) %2e%2e", 11, NULL },
		{ "\xc3\xa9/\xe2\x80\xae", 6, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *why = path_problem(rows[i].path, rows[i].len);
		if (!rows[i].why)
			assert_null(why);
		else
			assert_string_equal(why, rows[i].why);
	}
}

static void test_path_lengths(void **state)
{
	char path[5000];

	(void)state;
	memset(path, 'a', sizeof path);
	assert_null(path_problem(path, 255));
	assert_string_equal(path_problem(path, 256), "has a part longer than 255 bytes");
	for (size_t i = 255; i < sizeof path; i += 256)
		path[i] = '/';
	assert_null(path_problem(path, 4095));
	assert_string_equal(path_problem(path, 4094 + 100), "is longer than 4095 bytes");
}

static struct blob blob_of(const char *text)
{
	struct blob b = { .size = strlen(text), .source = BLOB_MEMORY, .data = text };

	sha256_bytes(text, strlen(text), b.sha256);
	return b;
}

/* The id is the SHA-256 of the text form, written out here by hand. */
static void test_identity(void **state)
{
	struct blob one = blob_of("one"), two = blob_of("two!");
	uint8_t headers[SHA256_SIZE], id[SHA256_SIZE];
	char text[1024], hex1[SHA256_HEX], hex2[SHA256_HEX], hexh[SHA256_HEX];
	struct fail f = FAIL_INIT;

	(void)state;
	sha256_bytes("h", 1, headers);
	hex_encode(hex1, one.sha256, SHA256_SIZE);
	hex_encode(hex2, two.sha256, SHA256_SIZE);
	hex_encode(hexh, headers, SHA256_SIZE);
	struct entry entries[] = { { "b/x", &two, headers }, { "b.js", &one, NULL } };
	struct tree t;
	assert_int_equal(tree_init(&t, entries, 2, &f), 0);
	assert_string_equal(t.entries[0].path, "b.js");
	assert_int_equal(t.bytes, 7);
	int len = snprintf(text, sizeof text, "slipway.tree/1\n%s 3 - b.js%c%s 4 %s b/x", hex1, 0, hex2, hexh);
	sha256_bytes(text, (size_t)len + 1, id);
	assert_memory_equal(t.id, id, SHA256_SIZE);
	assert_ptr_equal(tree_find(&t, "b/x")->blob, &two);
	assert_null(tree_find(&t, "b"));
}

static void test_empty(void **state)
{
	uint8_t id[SHA256_SIZE];
	struct fail f = FAIL_INIT;
	struct tree t;

	(void)state;
	assert_int_equal(tree_init(&t, NULL, 0, &f), 0);
	sha256_bytes("slipway.tree/1\n", 15, id);
	assert_memory_equal(t.id, id, SHA256_SIZE);
	assert_null(tree_find(&t, "a"));
}

static void test_refusals(void **state)
{
	struct blob b = blob_of("x");
	struct fail f = FAIL_INIT;
	struct tree t;

	(void)state;
	struct entry twice[] = { { "a", &b, NULL }, { "b", &b, NULL }, { "a", &b, NULL } };
	assert_int_equal(tree_init(&t, twice, 3, &f), -1);
	assert_int_equal(f.kind, FAIL_BUILD);
	assert_string_equal(f.text, "a stands in the tree twice");
	struct entry bad[] = { { "a", &b, NULL }, { "x\ny", &b, NULL } };
	assert_int_equal(tree_init(&t, bad, 2, &f), -1);
	assert_null(strchr(f.text, '\n'));
	assert_non_null(strstr(f.text, "has a control character"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_rules),
		cmocka_unit_test(test_path_lengths),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
