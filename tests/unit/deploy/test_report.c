#include "test.h"

#include "deploy/report.h"

static int exit_of(struct outcome o, enum result a, enum result b)
{
	struct row rows[2] = { { .result = a }, { .result = b } };
	struct row *pointers[2] = { &rows[0], &rows[1] };

	if (a == RESULT_FAILED)
		rows[0].fail.kind = FAIL_LOCAL;
	o.rows = pointers;
	o.row_count = 2;
	return outcome_exit(&o);
}

static struct outcome with_error(enum fail_kind kind)
{
	struct outcome o = { .error = { .kind = kind } };

	return o;
}

static void everything_holds(void **state)
{
	const struct outcome clean = { .row_count = 0 }, changed = { .changed_something = true };
	(void)state;

	assert_int_equal(outcome_exit(&clean), 0);
	assert_int_equal(exit_of(clean, RESULT_UNCHANGED, RESULT_UNCHANGED), 0);
	assert_int_equal(exit_of(changed, RESULT_DEPLOYED, RESULT_UNCHANGED), 0);
	assert_int_equal(exit_of(clean, RESULT_NONE, RESULT_NONE), 0);
}

static void a_difference_is_1_where_nothing_else_is_wrong(void **state)
{
	const struct outcome found = { .difference = true };
	(void)state;

	assert_int_equal(exit_of(found, RESULT_UNCHANGED, RESULT_NONE), 1);
	assert_int_equal(exit_of(found, RESULT_FAILED, RESULT_UNCHANGED), 4);
}

static void what_does_not_hold_is_3_or_4(void **state)
{
	static const enum result not_held[] = { RESULT_FAILED, RESULT_PENDING, RESULT_SKIPPED, RESULT_HELD };
	const struct outcome clean = { .difference = false }, changed = { .changed_something = true };
	(void)state;

	for (size_t i = 0; i < sizeof not_held / sizeof not_held[0]; i++) {
		assert_int_equal(exit_of(clean, not_held[i], RESULT_UNCHANGED), 4);
		assert_int_equal(exit_of(changed, not_held[i], RESULT_DEPLOYED), 3);
	}
	/* An unknown may have changed something, and what was rolled back did. */
	assert_int_equal(exit_of(clean, RESULT_UNKNOWN, RESULT_UNCHANGED), 3);
	assert_int_equal(exit_of(clean, RESULT_ROLLED_BACK, RESULT_UNCHANGED), 3);
}

static void a_row_with_a_failure_does_not_hold_even_undecided(void **state)
{
	struct row row = { .result = RESULT_NONE, .fail = { .kind = FAIL_LINK } };
	struct row *rows = &row;
	struct outcome o = { .rows = &rows, .row_count = 1 };
	(void)state;

	assert_int_equal(outcome_exit(&o), 4);
}

static void errors_of_the_run_have_their_exits(void **state)
{
	static const struct { enum fail_kind kind; int exit; } table[] = {
		{ FAIL_USAGE, 2 }, { FAIL_CONFIG, 2 }, { FAIL_CONFLICT, 5 }, { FAIL_STATE, 6 }, { FAIL_BUILD, 7 },
		{ FAIL_CANCELLED, 8 }, { FAIL_LOCAL, 4 }, { FAIL_AUTH, 4 }, { FAIL_REMOTE, 4 }, { FAIL_LINK, 4 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_int_equal(exit_of(with_error(table[i].kind), RESULT_SKIPPED, RESULT_SKIPPED), table[i].exit);
}

static void precedence(void **state)
{
	struct outcome o = with_error(FAIL_STATE);
	(void)state;

	o.changed_something = true;
	assert_int_equal(exit_of(o, RESULT_DEPLOYED, RESULT_FAILED), 6);
	assert_int_equal(exit_of(o, RESULT_DEPLOYED, RESULT_INTERRUPTED), 8);
	o.interrupted = true;
	assert_int_equal(exit_of(o, RESULT_DEPLOYED, RESULT_DEPLOYED), 8);
	o = with_error(FAIL_BUILD);
	o.difference = true;
	assert_int_equal(exit_of(o, RESULT_FAILED, RESULT_SKIPPED), 7);
	/* A lock that was lost half-way is no "not started". */
	o = with_error(FAIL_CONFLICT);
	o.changed_something = true;
	assert_int_equal(exit_of(o, RESULT_DEPLOYED, RESULT_SKIPPED), 3);
}

static void names(void **state)
{
	(void)state;
	for (int r = RESULT_NONE; r <= RESULT_INTERRUPTED; r++)
		assert_non_null(result_name((enum result)r));
	for (int p = PHASE_WAIT; p <= PHASE_DONE; p++)
		assert_non_null(phase_name((enum phase_id)p));
	assert_string_equal(result_name(RESULT_ROLLED_BACK), "rolled_back");
	assert_string_equal(phase_name(PHASE_STAGE), "stage");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_holds),
		cmocka_unit_test(a_difference_is_1_where_nothing_else_is_wrong),
		cmocka_unit_test(what_does_not_hold_is_3_or_4),
		cmocka_unit_test(a_row_with_a_failure_does_not_hold_even_undecided),
		cmocka_unit_test(errors_of_the_run_have_their_exits),
		cmocka_unit_test(precedence),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
