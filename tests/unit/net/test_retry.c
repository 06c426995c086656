#include "test.h"

#include "deploy/budget.h"
#include "net/retry.h"

static struct retry judge(enum fail_kind kind, unsigned tries, unsigned budget, uint32_t random)
{
	const struct fail f = { .kind = kind };

	return retry_judge(&f, tries, budget, random);
}

static void only_what_may_pass_is_tried_again(void **state)
{
	(void)state;
	for (int kind = FAIL_NONE; kind <= FAIL_CANCELLED; kind++)
		assert_int_equal(judge((enum fail_kind)kind, 1, 10, 0).verdict,
				 kind == FAIL_BUSY || kind == FAIL_LINK ? RETRY_WAIT : RETRY_NEVER);
}

static void waits_double_up_to_a_ceiling(void **state)
{
	uint32_t most = RETRY_BASE_MS;
	(void)state;

	for (unsigned tries = 1; tries < RETRY_TRIES; tries++) {
		assert_int_equal(judge(FAIL_LINK, tries, 10, 0).delay_ms, 0);
		assert_int_equal(judge(FAIL_LINK, tries, 10, most).delay_ms, most);
		assert_int_equal(judge(FAIL_LINK, tries, 10, most + 1).delay_ms, 0);
		for (uint32_t random = 0; random < 100000; random += 997)
			assert_true(judge(FAIL_LINK, tries, 10, random).delay_ms <= RETRY_CAP_MS);
		most = most * 2 < RETRY_CAP_MS ? most * 2 : RETRY_CAP_MS;
	}
}

static void there_is_an_end(void **state)
{
	(void)state;
	assert_int_equal(judge(FAIL_LINK, RETRY_TRIES - 1, 10, 0).verdict, RETRY_WAIT);
	assert_int_equal(judge(FAIL_LINK, RETRY_TRIES, 10, 0).verdict, RETRY_NEVER);
	assert_int_equal(judge(FAIL_LINK, 1, 0, 0).verdict, RETRY_NEVER);
	assert_int_equal(retry_budget(0), 50);
	assert_int_equal(retry_budget(1000), 150);
}

static void a_stated_time_is_the_least(void **state)
{
	const struct fail soon = { .kind = FAIL_BUSY, .retry_after_ms = RETRY_PATIENCE_MS };
	const struct fail late = { .kind = FAIL_BUSY, .retry_after_ms = RETRY_PATIENCE_MS + 1 };
	(void)state;

	for (uint32_t random = 0; random < 100000; random += 997)
		assert_in_range(retry_judge(&soon, 1, 1, random).delay_ms, RETRY_PATIENCE_MS,
				RETRY_PATIENCE_MS + RETRY_BASE_MS);
	assert_int_equal(retry_judge(&late, 1, 1, 0).verdict, RETRY_PENDING);
}

static void says_what_may_help(void **state)
{
	struct fail busy = { .kind = FAIL_BUSY }, late = { .kind = FAIL_BUSY, .retry_after_ms = 120000 },
		    other = { .kind = FAIL_AUTH }, known = { .kind = FAIL_LINK, .hint = "ask ana" };
	(void)state;

	retry_advise(&busy);
	assert_string_equal(busy.hint, "it may pass by itself: then give the same command again");
	retry_advise(&late);
	assert_string_equal(late.hint, "give the same command again in 120 s");
	retry_advise(&other);
	assert_string_equal(other.hint, "");
	retry_advise(&known);
	assert_string_equal(known.hint, "ask ana");
}

static size_t budget_of(const char *text, size_t places)
{
	struct fail f = FAIL_INIT;
	size_t n = 0;

	assert_int_equal(failure_budget(&n, text, places, &f), 0);
	return n;
}

static void failure_budgets(void **state)
{
	static const char *const bad[] = { "", "%", "-1", "101%", "3x", "1.5%", "10 %" };
	struct fail f = FAIL_INIT;
	size_t n;
	(void)state;

	assert_int_equal(budget_of(NULL, 5), SIZE_MAX);
	assert_int_equal(budget_of("3", 5), 3);
	assert_int_equal(budget_of("0", 5), 0);
	assert_int_equal(budget_of("10%", 25), 2);
	assert_int_equal(budget_of("10%", 5), 1);
	assert_int_equal(budget_of("0%", 5), 0);
	assert_int_equal(budget_of("100%", 5), 5);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(failure_budget(&n, bad[i], 5, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_may_pass_is_tried_again),
		cmocka_unit_test(waits_double_up_to_a_ceiling),
		cmocka_unit_test(there_is_an_end),
		cmocka_unit_test(a_stated_time_is_the_least),
		cmocka_unit_test(says_what_may_help),
		cmocka_unit_test(failure_budgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
