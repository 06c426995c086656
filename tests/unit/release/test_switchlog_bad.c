#include "test.h"

#include <string.h>

#include "release/switchlog.h"

static struct switchlog log_of(struct switch_record *r, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		r[i].seq = i + 1;
		r[i].at_s = 1000 + (int64_t)i;
	}
	return (struct switchlog){ .records = r, .count = count };
}

static void a_rollback_makes_what_it_leaves_bad(void **state)
{
	struct switch_record r[] = { { .id = "A", .action = "deploy" }, { .id = "B", .from = "A", .action = "deploy" },
	                             { .id = "A", .from = "B", .action = "rollback", .reason = "white screen" } };
	struct switchlog log = log_of(r, 3);

	(void)state;
	assert_ptr_equal(switchlog_bad(&log, "B"), &r[2]);
	assert_null(switchlog_bad(&log, "A"));
}

static void going_two_back_makes_both_bad(void **state)
{
	struct switch_record r[] = { { .id = "A", .action = "deploy" }, { .id = "B", .from = "A", .action = "deploy" },
	                             { .id = "C", .from = "B", .action = "deploy" }, { .id = "B", .from = "C",
	                                                                               .action = "rollback" },
	                             { .id = "A", .from = "B", .action = "rollback" } };
	struct switchlog log = log_of(r, 5);

	(void)state;
	assert_non_null(switchlog_bad(&log, "C"));
	assert_non_null(switchlog_bad(&log, "B"));
	assert_null(switchlog_bad(&log, "A"));
}

static void taking_a_rollback_back_makes_nothing_bad(void **state)
{
	struct switch_record r[] = { { .id = "A", .action = "deploy" }, { .id = "B", .from = "A", .action = "deploy" },
	                             { .id = "A", .from = "B", .action = "rollback" }, { .id = "B", .from = "A",
	                                                                                 .action = "rollback" },
	                             { .id = "A", .from = "B", .action = "rollback" } };
	struct switchlog log = log_of(r, 4);

	(void)state;
	assert_null(switchlog_bad(&log, "A"));
	assert_null(switchlog_bad(&log, "B"));
	log = log_of(r, 5);
	assert_null(switchlog_bad(&log, "A"));
	assert_ptr_equal(switchlog_bad(&log, "B"), &r[4]);
}

static void a_deploy_taken_back_by_the_engine_is_bad(void **state)
{
	struct switch_record r[] = { { .id = "A", .action = "deploy" }, { .id = "B", .from = "A", .action = "deploy" },
	                             { .id = "A", .from = "B", .action = "undo" }, { .id = "A", .action = "pin" } };
	struct switchlog log = log_of(r, 4);

	(void)state;
	assert_ptr_equal(switchlog_bad(&log, "B"), &r[2]);
}

static void drift_is_of_what_is_live(void **state)
{
	struct switch_record r[] = { { .id = "A", .action = "deploy" }, { .id = "B", .from = "A", .action = "deploy" },
	                             { .id = "A", .action = "drifted" }, { .id = "B", .action = "drifted" },
	                             { .id = "A", .action = "clean" } };
	struct switchlog log = log_of(r, 3);

	(void)state;
	/* A verify of A that was overtaken by the switch to B. */
	assert_null(switchlog_drifted(&log));
	log = log_of(r, 5);
	assert_ptr_equal(switchlog_drifted(&log), &r[3]);
	log.count = 1;
	assert_null(switchlog_drifted(&log));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rollback_makes_what_it_leaves_bad),
		cmocka_unit_test(going_two_back_makes_both_bad),
		cmocka_unit_test(taking_a_rollback_back_makes_nothing_bad),
		cmocka_unit_test(a_deploy_taken_back_by_the_engine_is_bad),
		cmocka_unit_test(drift_is_of_what_is_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
