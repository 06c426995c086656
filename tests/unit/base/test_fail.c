#include "base/fail.h"

#include <errno.h>

#include "test.h"

static void test_set_fills_and_clears(void **state)
{
	(void)state;
	struct fail f = { .kind = FAIL_AUTH, .code = 7, .retry_after_ms = 9, .stage = "lock", .hint = "old" };

	assert_int_equal(fail_set(&f, FAIL_BUSY, "%s says %d", "far side", 503), -1);
	assert_int_equal(f.kind, FAIL_BUSY);
	assert_string_equal(f.text, "far side says 503");
	assert_int_equal(f.code, 0);
	assert_int_equal(f.retry_after_ms, 0);
	assert_string_equal(f.stage, "");
	assert_string_equal(f.hint, "");
}

static void test_arguments_may_be_its_own_text(void **state)
{
	(void)state;
	struct fail f = FAIL_INIT;

	fail_set(&f, FAIL_LOCAL, "disk full");
	fail_set(&f, FAIL_STATE, "ledger: %s", f.text);
	assert_string_equal(f.text, "ledger: disk full");
	fail_wrap(&f, "%s", f.text);
	assert_string_equal(f.text, "ledger: disk full: ledger: disk full");
	fail_hint(&f, "see %s", f.text);
	assert_string_equal(f.hint, "see ledger: disk full: ledger: disk full");
}

static void test_errno_chooses_the_kind(void **state)
{
	(void)state;
	static const struct { int err; enum fail_kind kind; } rows[] = {
		{ EACCES, FAIL_AUTH }, { EPERM, FAIL_AUTH }, { EROFS, FAIL_AUTH }, { ENOENT, FAIL_MISSING },
		{ ENOTDIR, FAIL_MISSING }, { ENOSPC, FAIL_LOCAL }, { EIO, FAIL_LOCAL }, { EMFILE, FAIL_LOCAL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fail f = FAIL_INIT;
		assert_int_equal(fail_errno(&f, rows[i].err, "cannot open %s", "x"), -1);
		assert_int_equal(f.kind, rows[i].kind);
		assert_int_equal(f.code, rows[i].err);
	}
	struct fail f = FAIL_INIT;
	fail_errno(&f, ENOSPC, "cannot write a");
	assert_string_equal(f.text, "cannot write a: No space left on device");
}

static void test_errno_survives_a_long_context(void **state)
{
	(void)state;
	struct fail f = FAIL_INIT;
	char name[2000];

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	fail_errno(&f, EIO, "cannot read %s", name);
	assert_non_null(strstr(f.text, ": Input/output error"));
	fail_wrap(&f, "%s", name);
	assert_true(strlen(f.text) < sizeof f.text);
	assert_non_null(strstr(f.text, ": cannot read xxx"));
}

static void test_wrap_keeps_everything_else(void **state)
{
	(void)state;
	struct fail f = FAIL_INIT;

	fail_errno(&f, EACCES, "open");
	fail_hint(&f, "chmod it");
	fail_stage(&f, "lock");
	assert_int_equal(fail_wrap(&f, "jarupa (%d)", 1), -1);
	assert_string_equal(f.text, "jarupa (1): open: Permission denied");
	assert_int_equal(f.kind, FAIL_AUTH);
	assert_int_equal(f.code, EACCES);
	assert_string_equal(f.hint, "chmod it");
	assert_string_equal(f.stage, "lock");
}

static void test_first_stage_wins(void **state)
{
	(void)state;
	struct fail f = FAIL_INIT;

	fail_set(&f, FAIL_LINK, "x");
	assert_int_equal(fail_stage(&f, "switch"), -1);
	fail_stage(&f, "deploy");
	assert_string_equal(f.stage, "switch");
	fail_set(&f, FAIL_LINK, "x");
	fail_stage(&f, "a name far too long for it");
	assert_string_equal(f.stage, "a name far too ");
}

static void test_no_control_character_gets_through(void **state)
{
	(void)state;
	struct fail f = FAIL_INIT;

	fail_set(&f, FAIL_BUILD, "a\nb\x1b[2J\x7f");
	assert_string_equal(f.text, "a?b?[2J?");
}

static void test_a_cut_leaves_whole_characters(void **state)
{
	(void)state;
	struct fail f = FAIL_INIT;
	char text[sizeof f.text + 10];

	/* A three-byte character across the end at each of its positions. */
	for (size_t pad = 1; pad <= 3; pad++) {
		memset(text, 'x', sizeof text);
		memcpy(text + sizeof f.text - 1 - pad, "\xE2\x82\xAC", 3);
		text[sizeof text - 1] = '\0';
		fail_set(&f, FAIL_LOCAL, "%s", text);
		size_t len = strlen(f.text);
		/* A complete one at the very end may go too; half a one may not stay. */
		assert_true(len >= sizeof f.text - 4);
		for (size_t i = 0; i < len; i++)
			assert_int_equal((unsigned char)f.text[i], 'x');
	}
}

static void test_every_kind_has_a_name(void **state)
{
	(void)state;
	for (int k = FAIL_NONE; k <= FAIL_CANCELLED; k++)
		for (int other = FAIL_NONE; other < k; other++)
			assert_string_not_equal(fail_kind_name((enum fail_kind)k), fail_kind_name((enum fail_kind)other));
	assert_string_equal(fail_kind_name(FAIL_CANCELLED), "cancelled");
	assert_string_equal(fail_kind_name(FAIL_USAGE), "usage");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_fills_and_clears),
		cmocka_unit_test(test_arguments_may_be_its_own_text),
		cmocka_unit_test(test_errno_chooses_the_kind),
		cmocka_unit_test(test_errno_survives_a_long_context),
		cmocka_unit_test(test_wrap_keeps_everything_else),
		cmocka_unit_test(test_first_stage_wins),
		cmocka_unit_test(test_no_control_character_gets_through),
		cmocka_unit_test(test_a_cut_leaves_whole_characters),
		cmocka_unit_test(test_every_kind_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
