#include "test.h"

#include "deploy/rollback_resume.h"

static struct ledger_row row(const char *run, const char *place, const char *from, const char *to)
{
	struct ledger_row r = { .run = { .run = run, .command = "rollback", .config = "steps 1" },
	                        .has_place = place != NULL };

	r.place.place = place;
	r.place.from = from;
	r.place.to = to;
	return r;
}

static struct rollback_rest *two(struct rollback_rest *places, const char *a, const char *b)
{
	places[0] = (struct rollback_rest){ .place = "a", .live = a };
	places[1] = (struct rollback_rest){ .place = "b", .live = b };
	return places;
}

static void test_finishes_what_died(void **state)
{
	const struct ledger_row rows[] = { row("1", "a", "C", "B"), row("1", "b", "C", "B") };
	struct rollback_rest p[2];

	(void)state;
	assert_true(rollback_resume(two(p, "B", "C"), 2, rows, 2, "steps 1"));
	assert_string_equal(p[0].to, "B");
	assert_string_equal(p[1].to, "B");
	assert_true(rollback_resume(two(p, "B", "B"), 2, rows, 2, "steps 1"));
	assert_string_equal(p[0].to, "B");
	assert_false(rollback_resume(p, 0, rows, 2, "steps 1"));
}

static void test_finishes_what_was_interrupted_or_failed_in_part(void **state)
{
	struct ledger_row rows[] = { row("1", "a", "C", "B"), row("1", "b", "C", "B") };
	struct rollback_rest p[2];

	(void)state;
	rows[0].run.ended_s = rows[1].run.ended_s = 1;
	rows[0].run.exit = rows[1].run.exit = 8;
	assert_true(rollback_resume(two(p, "B", "C"), 2, rows, 2, "steps 1"));
	rows[0].run.exit = rows[1].run.exit = 3;
	assert_true(rollback_resume(two(p, "B", "C"), 2, rows, 2, "steps 1"));
	assert_string_equal(p[1].to, "B");
}

static void test_what_could_not_be_read_goes_by_itself(void **state)
{
	struct ledger_row rows[] = { row("1", "a", "C", "B"), row("1", "b", NULL, NULL) };
	struct rollback_rest p[2];

	(void)state;
	rows[0].run.ended_s = rows[1].run.ended_s = 1;
	rows[0].run.exit = rows[1].run.exit = 3;
	assert_true(rollback_resume(two(p, "B", "C"), 2, rows, 2, "steps 1"));
	assert_string_equal(p[0].to, "B");
	assert_null(p[1].to);
	assert_false(rollback_resume(two(p, "B", "D"), 2, rows, 2, "steps 1"));         /* it never served what a did */
	rows[1].run.run = rows[0].run.run = "2";
	rows[0].place.from = NULL;
	assert_false(rollback_resume(two(p, "B", NULL), 2, rows, 2, "steps 1"));
	rows[0].place.from = "C";
	rows[1].place.place = "c";
	assert_false(rollback_resume(two(p, "B", "C"), 2, rows, 2, "steps 1"));         /* it was not asked for then */
}

static void test_what_changed_nothing_does_not_hide_the_rest(void **state)
{
	struct ledger_row rows[] = { row("3", "a", "B", "B"), row("3", "b", NULL, NULL), row("2", NULL, NULL, NULL),
	                             row("1", "a", "C", "B"), row("1", "b", NULL, NULL) };
	static const int exits[] = { 4, 4, 5, 3, 3 };
	struct rollback_rest p[2];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		rows[i].run.ended_s = 1;
		rows[i].run.exit = exits[i];
	}
	assert_true(rollback_resume(two(p, "B", "C"), 2, rows, 5, "steps 1"));
	assert_string_equal(p[0].to, "B");
	assert_null(p[1].to);
	assert_false(rollback_resume(two(p, "B", "C"), 2, rows, 3, "steps 1"));         /* nothing but those */
	rows[2].run.exit = 0;
	assert_false(rollback_resume(two(p, "B", "C"), 2, rows, 5, "steps 1"));
}

static void test_goes_on_after_a_second_death(void **state)
{
	const struct ledger_row rows[] = { row("3", NULL, NULL, NULL), row("2", "b", "C", "B"), row("1", "a", "C", "B"),
	                                   row("1", "b", "C", "B") };
	struct rollback_rest p[2];

	(void)state;
	assert_true(rollback_resume(two(p, "B", "C"), 2, rows, 4, "steps 1"));
	assert_string_equal(p[0].to, "B");
}

static void test_other_commands_are_new(void **state)
{
	struct ledger_row rows[] = { row("1", "a", "C", "B"), row("1", "b", "C", "B") };
	struct rollback_rest p[2];

	(void)state;
	assert_false(rollback_resume(two(p, "B", "C"), 2, rows, 2, "steps 2"));
	assert_false(rollback_resume(two(p, "B", "C"), 1, rows, 2, "steps 1"));         /* a smaller selection */
	assert_false(rollback_resume(two(p, "B", "D"), 2, rows, 2, "steps 1"));         /* somebody deployed D */
	assert_false(rollback_resume(two(p, "B", NULL), 2, rows, 2, "steps 1"));
	assert_false(rollback_resume(two(p, "B", "C"), 2, rows, 1, "steps 1"));         /* b is not in it */
	rows[0].run.ended_s = rows[1].run.ended_s = 1;
	assert_false(rollback_resume(two(p, "B", "C"), 2, rows, 2, "steps 1"));
	rows[0].run.exit = rows[1].run.exit = 4;        /* nothing moved: it is simply asked for again */
	assert_false(rollback_resume(two(p, "B", "C"), 2, rows, 2, "steps 1"));
	rows[0].run.exit = rows[1].run.exit = 0;
	rows[0].run.ended_s = rows[1].run.ended_s = 0;
	rows[0].run.command = rows[1].run.command = "deploy";
	assert_false(rollback_resume(two(p, "B", "C"), 2, rows, 2, "steps 1"));
	assert_false(rollback_resume(two(p, "B", "C"), 2, rows, 0, "steps 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finishes_what_died),
		cmocka_unit_test(test_finishes_what_was_interrupted_or_failed_in_part),
		cmocka_unit_test(test_what_could_not_be_read_goes_by_itself),
		cmocka_unit_test(test_what_changed_nothing_does_not_hide_the_rest),
		cmocka_unit_test(test_goes_on_after_a_second_death),
		cmocka_unit_test(test_other_commands_are_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
