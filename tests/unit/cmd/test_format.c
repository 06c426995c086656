#include "cmd/format.h"

#include <string.h>

#include "cmd/grid.h"
#include "cmd/page.h"
#include "test.h"

static const char *text_of(struct strbuf *b)
{
	static char copy[512];
	size_t len = b->len < sizeof(copy) - 1 ? b->len : sizeof(copy) - 1;
	memcpy(copy, b->buf, len);
	copy[len] = '\0';
	strbuf_clear(b);
	return copy;
}

static void counts_are_grouped(void **state)
{
	struct strbuf b = STRBUF_INIT;
	(void)state;
	format_count(&b, 0);
	assert_string_equal(text_of(&b), "0");
	format_count(&b, 999);
	assert_string_equal(text_of(&b), "999");
	format_count(&b, 1234567);
	assert_string_equal(text_of(&b), "1,234,567");
	format_plural(&b, 1, "file", "files");
	assert_string_equal(text_of(&b), "1 file");
	format_plural(&b, 1088, "file", "files");
	assert_string_equal(text_of(&b), "1,088 files");
}

static void bytes_never_round_to_1024(void **state)
{
	struct strbuf b = STRBUF_INIT;
	(void)state;
	format_bytes(&b, 1023);
	assert_string_equal(text_of(&b), "1023 B");
	format_bytes(&b, 5120);
	assert_string_equal(text_of(&b), "5.0 KiB");
	format_bytes(&b, 1024 * 1024 - 1);
	assert_string_equal(text_of(&b), "1.0 MiB");
	format_bytes(&b, UINT64_MAX);
	assert_string_equal(text_of(&b), "16.0 EiB");
}

static void seconds_read_well(void **state)
{
	struct strbuf b = STRBUF_INIT;
	(void)state;
	format_seconds(&b, 949999999);
	assert_string_equal(text_of(&b), "0.9 s");
	format_seconds(&b, 12400000000);
	assert_string_equal(text_of(&b), "12 s");
	format_seconds(&b, 59960000000);
	assert_string_equal(text_of(&b), "1 min 00 s");
	format_seconds(&b, 185000000000);
	assert_string_equal(text_of(&b), "3 min 05 s");
	format_seconds(&b, -5);
	assert_string_equal(text_of(&b), "0.0 s");
	format_left(&b, 3);
	assert_string_equal(text_of(&b), "0:03");
	format_left(&b, 3723);
	assert_string_equal(text_of(&b), "1:02:03");
	format_age(&b, 100, 100);
	assert_string_equal(text_of(&b), "just now");
	format_age(&b, 95, 100);
	assert_string_equal(text_of(&b), "5 s ago");
	format_age(&b, 105, 100);
	assert_string_equal(text_of(&b), "in 5 s");
}

static void hostile_names_are_escaped(void **state)
{
	struct strbuf b = STRBUF_INIT;
	(void)state;
	format_name(&b, "a\x1b[31mb\n");
	assert_null(strpbrk(b.buf, "\x1b\n"));
	strbuf_clear(&b);
	format_name(&b, NULL);
	assert_string_equal(text_of(&b), "-");
}

static void tables_align(void **state)
{
	static const char *const headings[] = { "target", "files", "", "note" };
	struct arena mem = ARENA_INIT;
	struct strbuf b = STRBUF_INIT;
	struct grid t;
	(void)state;
	grid_init(&t, &mem, "lrll", headings);
	grid_add(&t, STYLE_NONE, "a");
	grid_add(&t, STYLE_NONE, "1");
	grid_add(&t, STYLE_NONE, "");
	grid_add(&t, STYLE_NONE, "");
	grid_name(&t, STYLE_GOOD, "caf\xc3\xa9-longer");
	grid_addf(&t, STYLE_NONE, "%d", 1088);
	grid_add(&t, STYLE_NONE, "");
	grid_add(&t, STYLE_NONE, "x");
	grid_print(&t, &b, false, 1);
	assert_string_equal(text_of(&b), " target       files  note\n"
	                                 " a                1\n"
	                                 " caf\xc3\xa9-longer   1088  x\n");
	grid_clear(&t);
	grid_init(&t, &mem, "lrll", headings);
	grid_print(&t, &b, false, 0);
	assert_string_equal(text_of(&b), "");
	grid_clear(&t);
	arena_clear(&mem);
}

static void words_wrap_and_stop(void **state)
{
	static const char *const words[] = { "alpha", "beta", "gamma", "delta", "epsilon" };
	struct page p = { .text = STRBUF_INIT, .term = { .columns = 20 } };
	(void)state;
	page_words(&p, words, 5, 0, 2, 0);
	assert_string_equal(text_of(&p.text), "alpha, beta, gamma,\n  delta, epsilon");
	page_words(&p, words, 5, 0, 2, 1);
	assert_string_equal(text_of(&p.text), "alpha, +4 more");
	page_wrap(&p, "one two three four five six", 4, 4);
	assert_string_equal(text_of(&p.text), "one two three\n    four five six");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_grouped),     cmocka_unit_test(bytes_never_round_to_1024),
		cmocka_unit_test(seconds_read_well),      cmocka_unit_test(hostile_names_are_escaped),
		cmocka_unit_test(tables_align),           cmocka_unit_test(words_wrap_and_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
