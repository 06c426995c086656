#include "../support/test.h"

#include "release/switchlog.h"

static struct switchlog parse(const char *text, struct arena *mem, size_t *damaged)
{
	struct switchlog log;

	switchlog_parse(&log, text, strlen(text), mem, damaged);
	return log;
}

static void round_trip(void **state)
{
	struct switch_record r = { .seq = 7, .id = "b", .from = "a", .at_s = 1795424701, .by = "ana", .action = "rollback",
		.reason = "white\nscreen \"here\"" };
	struct strbuf text = STRBUF_INIT;
	struct arena mem = ARENA_INIT;
	struct switchlog log;
	size_t damaged;

	(void)state;
	switch_format(&text, &r);
	r.from = r.by = r.reason = NULL;
	r.id = "";
	switch_format(&text, &r);
	log = parse(text.buf, &mem, &damaged);
	assert_int_equal(log.count, 2);
	assert_int_equal(damaged, 0);
	assert_false(log.torn || log.completed);
	assert_int_equal(log.records[0].seq, 7);
	assert_int_equal(log.records[0].at_s, 1795424701);
	assert_string_equal(log.records[0].reason, "white\nscreen \"here\"");
	assert_null(log.records[1].from);
	assert_string_equal(log.records[1].id, "");
	strbuf_clear(&text);
	arena_clear(&mem);
}

#define LINE(seq, id, from, at, action) "{\"seq\":" #seq ",\"id\":\"" id "\",\"from\":" from ",\"at\":\"" at \
	"\",\"by\":null,\"action\":\"" action "\",\"reason\":null}\n"

static void damaged_lines(void **state)
{
	struct arena mem = ARENA_INIT;
	struct switchlog log;
	size_t damaged;

	(void)state;
	log = parse("", &mem, &damaged);
	assert_int_equal(log.count, 0);
	assert_null(switchlog_last(&log));
	log = parse(LINE(1, "a", "null", "2026-11-23T09:05:01Z", "deploy") "garbage\n\n{}\n[]\n{\"seq\":1}\n"
	            LINE(2, "b", "\"a\"", "2026-11-23T09:06:01Z", "deploy") "{\"seq\":3,\"id\":\"c", &mem, &damaged);
	assert_int_equal(log.count, 2);
	assert_int_equal(damaged, 4);
	assert_true(log.torn);
	assert_string_equal(switchlog_last(&log)->id, "b");
	arena_clear(&mem);
}

static void marks(void **state)
{
	struct arena mem = ARENA_INIT;
	struct switchlog log = parse(LINE(1, "a", "null", "2026-11-23T09:05:01Z", "deploy")
		LINE(2, "a", "null", "2026-11-23T09:06:01Z", "pin") LINE(3, "b", "\"a\"", "2026-11-23T09:07:01Z", "deploy")
		LINE(4, "b", "null", "2026-11-23T09:08:01Z", "drifted") LINE(5, "c", "null", "2026-11-23T09:09:01Z", "pin"),
		&mem, NULL);

	(void)state;
	assert_string_equal(switchlog_last(&log)->id, "b");
	assert_true(switchlog_pinned(&log, "a"));
	assert_false(switchlog_pinned(&log, "b"));
	assert_int_equal(switchlog_drifted(&log)->seq, 4);
	assert_null(switchlog_live_at(&log, 1795424700));
	assert_string_equal(switchlog_live_at(&log, 1795424701), "a");
	assert_string_equal(switchlog_live_at(&log, 1795424820), "a");
	assert_string_equal(switchlog_live_at(&log, 1795424821), "b");
	assert_string_equal(switchlog_live_at(&log, 1999999999), "b");
	log.count = 3;
	assert_null(switchlog_drifted(&log));
	arena_clear(&mem);
}

static void clean_again(void **state)
{
	struct arena mem = ARENA_INIT;
	struct switchlog log = parse(LINE(1, "a", "null", "2026-11-23T09:05:01Z", "drifted")
		LINE(2, "a", "null", "2026-11-23T09:06:01Z", "clean"), &mem, NULL);

	(void)state;
	assert_null(switchlog_drifted(&log));
	log = parse(LINE(1, "a", "null", "2026-11-23T09:05:01Z", "drifted")
		LINE(2, "b", "\"a\"", "2026-11-23T09:06:01Z", "repair"), &mem, NULL);
	assert_null(switchlog_drifted(&log));
	log = parse(LINE(1, "a", "null", "2026-11-23T09:05:01Z", "deploy")
		LINE(2, "", "\"a\"", "2026-11-23T09:06:01Z", "undo"), &mem, NULL);
	assert_null(switchlog_live_at(&log, 1999999999));
	assert_non_null(switchlog_bad(&log, "a"));
	arena_clear(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(damaged_lines), cmocka_unit_test(marks),
		cmocka_unit_test(clean_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
