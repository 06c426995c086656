#include "test.h"

#include "deploy/history_merge.h"

#define A "20261123-090000-aaaaaaaa"
#define B "20261123-100000-bbbbbbbb"

static struct ledger_row row(const char *command, const char *place, const char *state, const char *from,
                             const char *to, int64_t at_s)
{
	return (struct ledger_row){ .run = { .run = "1", .command = command, .message = "from the ledger",
	                                     .ended_s = at_s + 1,
	                                     .started_s = at_s, .who = { .by = "ci@runner", .commit = "abc" } },
	                            .place = { .target = place, .place = place, .state = state, .from = from, .to = to,
	                                       .at_s = at_s },
	                            .has_place = true };
}

static void a_switch_in_both_is_told_once(void **state)
{
	struct switch_record r[] = { { .seq = 1, .id = A, .at_s = 1000, .action = "deploy", .by = "ci@runner" },
	                             { .seq = 2, .id = B, .from = A, .at_s = 2000, .action = "deploy", .by = "ana@desk",
	                               .reason = "hotfix" } };
	struct switchlog log = { .records = r, .count = 2 };
	struct history_log logs[] = { { "bern", "bern", &log } };
	struct ledger_row rows[] = { row("deploy", "bern", "deployed", NULL, A, 1003) };
	struct arena mem = ARENA_INIT;
	struct history_item *items;
	size_t count;

	(void)state;
	history_merge(&items, &count, rows, 1, logs, 1, &mem);
	assert_int_equal(count, 2);
	assert_string_equal(items[0].release, B);
	assert_string_equal(items[0].source, "host");
	assert_string_equal(items[0].message, "hotfix");
	assert_string_equal(items[0].from, A);
	assert_string_equal(items[1].release, A);
	assert_string_equal(items[1].source, "both");
	assert_string_equal(items[1].message, "from the ledger");
	assert_string_equal(items[1].commit, "abc");
	assert_int_equal(items[1].at_s, 1000);
	arena_clear(&mem);
}

static void each_record_is_used_once_and_only_its_own(void **state)
{
	struct switch_record r[] = { { .seq = 1, .id = A, .at_s = 1000, .action = "deploy" },
	                             { .seq = 2, .id = B, .from = A, .at_s = 1100, .action = "deploy" },
	                             { .seq = 3, .id = A, .from = B, .at_s = 1200, .action = "rollback" },
	                             { .seq = 4, .id = A, .at_s = 9000, .action = "deploy" } };
	struct switchlog log = { .records = r, .count = 4 };
	struct history_log logs[] = { { "chur", "chur", &log }, { "bern", "bern", &log } };
	struct ledger_row rows[] = { row("rollback", "bern", "deployed", B, A, 1201), row("deploy", "bern", "deployed", A,
	                                                                                  B, 1101),
	                             row("deploy", "bern", "unchanged", A, A, 1050), row("deploy", "bern", "failed", A, A,
	                                                                                 1020) };
	struct arena mem = ARENA_INIT;
	struct history_item *items;
	size_t count, both = 0, elsewhere = 0;

	(void)state;
	history_merge(&items, &count, rows, 4, logs, 2, &mem);
	for (size_t i = 0; i < count; i++)
		if (strcmp(items[i].source, "both") == 0) {
			assert_string_equal(items[i].place, "bern");
			assert_int_not_equal(items[i].at_s, 9000);
			both++;
		} else {
			elsewhere += strcmp(items[i].place, "chur") == 0;
		}
	assert_int_equal(both, 3);              /* the failed one may have switched: it did at 1000 */
	assert_int_equal(elsewhere, 4);
	assert_int_equal(count, 4 + 8 - 3);
	for (size_t i = 1; i < count; i++)
		assert_true(items[i - 1].at_s >= items[i].at_s);
	arena_clear(&mem);
}

static const struct history_item *at(const struct history_item *items, size_t count, int64_t at_s, const char *source)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].at_s == at_s && strcmp(items[i].source, source) == 0)
			return &items[i];
	fail_msg("nothing at %lld from %s", (long long)at_s, source);
	return NULL;
}

static void only_what_can_be_the_same_is(void **state)
{
	struct switch_record r[] = { { .seq = 1, .id = A, .at_s = 1000, .action = "deploy" },
	                             { .seq = 2, .id = B, .from = A, .at_s = 1099, .action = "deploy" },
	                             { .seq = 3, .id = A, .from = B, .at_s = 1110, .action = "undo" },
	                             { .seq = 4, .id = B, .from = A, .at_s = 1120, .action = "deploy" } };
	struct switchlog log = { .records = r, .count = 4 };
	struct history_log logs[] = { { "bern", "bern", &log } };
	struct ledger_row rows[] = { row("deploy", "bern", "deployed", B, A, 1111), row("deploy", "bern", "unknown", A, B,
	                                                                                1100),
	                             row("deploy", "bern", "failed", A, B, 1050), row("deploy", "bern", "unchanged", A, A,
	                                                                              1000) };
	struct arena mem = ARENA_INIT;
	struct history_item *items;
	size_t count;

	(void)state;
	log.count = 3;
	history_merge(&items, &count, rows, 4, logs, 1, &mem);
	assert_int_equal(count, 4 + 3 - 2);
	assert_string_equal(at(items, count, 1099, "both")->result, "deployed");        /* the ledger did not know */
	assert_string_equal(at(items, count, 1000, "both")->release, A);
	assert_string_equal(at(items, count, 1110, "host")->action, "undo");
	assert_string_equal(at(items, count, 1050, "ledger")->result, "failed");
	assert_string_equal(at(items, count, 1000, "ledger")->result, "unchanged");
	log.count = 4;                  /* one row for two switches to B: it is told with one of them only */
	history_merge(&items, &count, &rows[1], 1, logs, 1, &mem);
	assert_int_equal(count, 4);
	arena_clear(&mem);
}

static void within_a_second_the_log_gives_the_order(void **state)
{
	struct switch_record r[] = { { .seq = 1, .id = A, .at_s = 1000, .action = "deploy" },
	                             { .seq = 2, .id = B, .from = A, .at_s = 1000, .action = "deploy" },
	                             { .seq = 3, .id = A, .from = B, .at_s = 1000, .action = "rollback" } };
	struct switchlog log = { .records = r, .count = 3 };
	struct history_log logs[] = { { "bern", "bern", &log } };
	struct arena mem = ARENA_INIT;
	struct history_item *items;
	size_t count;

	(void)state;
	history_merge(&items, &count, NULL, 0, logs, 1, &mem);
	assert_int_equal(count, 3);
	assert_string_equal(items[0].action, "rollback");
	assert_string_equal(items[1].release, B);
	assert_string_equal(items[2].release, A);
	assert_null(items[2].from);
	arena_clear(&mem);
}

static void within_a_second_the_ledger_gives_the_rest_of_the_order(void **state)
{
	struct switch_record r[] = { { .seq = 1, .id = A, .at_s = 1000, .action = "deploy" },
	                             { .seq = 2, .id = B, .from = A, .at_s = 1000, .action = "deploy" } };
	struct switchlog log = { .records = r, .count = 2 };
	struct history_log logs[] = { { "bern", "bern", &log } };
	struct ledger_row rows[] = { row("rollback", "bern", "failed", B, NULL, 1000), row("deploy", "bern", "deployed", A,
	                                                                                   B, 1000),
	                             row("deploy", "bern", "pending", A, B, 1000), row("deploy", "bern", "deployed", NULL,
	                                                                               A, 1000) };
	struct arena mem = ARENA_INIT;
	struct history_item *items;
	size_t count;

	(void)state;
	history_merge(&items, &count, rows, 4, logs, 1, &mem);
	assert_int_equal(count, 4);
	assert_string_equal(items[0].result, "failed");
	assert_string_equal(items[1].release, B);
	assert_string_equal(items[2].result, "pending");
	assert_string_equal(items[3].release, A);
	arena_clear(&mem);
}

static void a_rerun_made_the_switch(void **state)
{
	struct switch_record r[] = { { .seq = 1, .id = B, .from = A, .at_s = 1001, .action = "deploy" } };
	struct switchlog log = { .records = r, .count = 1 };
	struct history_log logs[] = { { "bern", "bern", &log } };
	struct ledger_row rows[] = { row("deploy", "bern", "deployed", A, B, 1004), row("deploy", "bern", "failed", A, B,
	                                                                                1001) };
	struct arena mem = ARENA_INIT;
	struct history_item *items;
	size_t count;

	(void)state;
	history_merge(&items, &count, rows, 2, logs, 1, &mem);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(items[i].source, strcmp(items[i].result, "failed") == 0 ? "ledger" : "both");
	arena_clear(&mem);
}

static void states_become_results(void **state)
{
	struct switch_record r[] = { { .seq = 1, .id = A, .at_s = 10, .action = "undo" }, { .seq = 2, .id = A, .at_s = 20,
	                                                                                    .action = "pin" } };
	struct switchlog log = { .records = r, .count = 2 };
	struct history_log logs[] = { { "bern", "bern", &log } };
	struct ledger_row rows[] = { row("deploy", "bern", "intended", A, B, 90000), row("deploy", "bern", "intended", A,
	                                                                                 B, 80000),
	                             { .run = { .command = "prune", .started_s = 70000, .ended_s = 70001 } },
	                             { .run = { .command = "deploy", .started_s = 60000, .release = B } } };
	struct arena mem = ARENA_INIT;
	struct history_item *items;
	size_t count;

	(void)state;
	rows[1].run.ended_s = 0;
	history_merge(&items, &count, rows, 4, logs, 1, &mem);
	assert_int_equal(count, 6);
	assert_string_equal(items[0].result, "unknown");
	assert_string_equal(items[1].result, "interrupted");
	assert_null(items[2].result);
	assert_null(items[2].place);
	assert_string_equal(items[3].result, "interrupted");
	assert_string_equal(items[3].release, B);
	assert_null(items[4].result);
	assert_string_equal(items[5].result, "rolled_back");
	arena_clear(&mem);
}

static void filters_keep_what_was_asked_for(void **state)
{
	struct history_item all[] = { { .at_s = 400, .result = "deployed" }, { .at_s = 300, .result = "failed" },
	                              { .at_s = 200, .result = "deployed" }, { .at_s = 100, .result = NULL } };
	struct history_item items[4];
	struct history_options o = { .since_s = 0 };

	(void)state;
	memcpy(items, all, sizeof all);
	assert_int_equal(history_filter(items, 4, &o), 4);
	o.result = "deployed";
	assert_int_equal(history_filter(items, 4, &o), 2);
	assert_int_equal(items[1].at_s, 200);
	memcpy(items, all, sizeof all);
	o = (struct history_options){ .since_s = 200, .until_s = 400 };
	assert_int_equal(history_filter(items, 4, &o), 2);
	assert_int_equal(items[0].at_s, 300);
	memcpy(items, all, sizeof all);
	o = (struct history_options){ .limit = 3, .since_s = -1, .until_s = -1 };
	assert_int_equal(history_filter(items, 4, &o), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_switch_in_both_is_told_once),
		cmocka_unit_test(each_record_is_used_once_and_only_its_own),
		cmocka_unit_test(only_what_can_be_the_same_is),
		cmocka_unit_test(within_a_second_the_log_gives_the_order),
		cmocka_unit_test(within_a_second_the_ledger_gives_the_rest_of_the_order),
		cmocka_unit_test(a_rerun_made_the_switch),
		cmocka_unit_test(states_become_results),
		cmocka_unit_test(filters_keep_what_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
