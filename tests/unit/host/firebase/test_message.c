#include "../../support/test.h"
#include "host/firebase/message.h"

static void round_trip(void **state)
{
	const struct message in = { .text = "new menu {\"a\":1} \"quoted\"", .by = "ana@ci-7", .action = "deploy",
		.environment = "production", .ci = "https://ci.example/7" };
	struct strbuf text = STRBUF_INIT;
	struct arena mem = ARENA_INIT;
	struct message out;

	(void)state;
	message_format(&text, &in);
	message_parse(&out, text.buf, &mem);
	assert_string_equal(out.text, in.text);
	assert_string_equal(out.by, in.by);
	assert_string_equal(out.action, "deploy");
	assert_string_equal(out.environment, "production");
	assert_string_equal(out.ci, in.ci);
	assert_null(out.approver);
	strbuf_clear(&text);
	arena_clear(&mem);
}

static void no_text(void **state)
{
	const struct message in = { .action = "rollback", .by = "ben" };
	struct strbuf text = STRBUF_INIT;
	struct arena mem = ARENA_INIT;
	struct message out;

	(void)state;
	message_format(&text, &in);
	assert_string_equal(text.buf, "{\"by\":\"ben\",\"action\":\"rollback\"}");
	message_parse(&out, text.buf, &mem);
	assert_null(out.text);
	assert_string_equal(out.action, "rollback");
	strbuf_clear(&text);
	arena_clear(&mem);
}

/* What others wrote is text, whatever it looks like. */
static void foreign(void **state)
{
	static const char *const texts[] = { "fix", "{", "}", "x }", "see {\"by\":\"me\"}", "{\"action\":7}",
			"a{\"action\":\"x\"}" };
	struct arena mem = ARENA_INIT;
	struct message out;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		message_parse(&out, texts[i], &mem);
		assert_string_equal(out.text, texts[i]);
		assert_null(out.action);
	}
	message_parse(&out, "", &mem);
	assert_null(out.text);
	arena_clear(&mem);
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

/* 512 characters at most, the tail whole, no character cut in two. */
static void long_text(void **state)
{
	struct strbuf long_text = STRBUF_INIT, text = STRBUF_INIT;
	struct arena mem = ARENA_INIT;
	struct message out;

	(void)state;
	for (int i = 0; i < 400; i++)
		strbuf_addstr(&long_text, "aß€😀");
	const struct message in = { .text = long_text.buf, .by = long_text.buf, .action = "deploy" };
	message_format(&text, &in);
	assert_int_equal(characters(text.buf), MESSAGE_MOST);
	message_parse(&out, text.buf, &mem);
	assert_string_equal(out.action, "deploy");
	assert_int_equal(characters(out.by), 80);
	assert_memory_equal(out.text, long_text.buf, strlen(out.text));
	strbuf_clear(&long_text);
	strbuf_clear(&text);
	arena_clear(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(no_text), cmocka_unit_test(foreign),
		cmocka_unit_test(long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
