#include "../support/test.h"

#include "release/history.h"

/* Newest first: letters are ids, each with its parent ("-" none). */
static struct release_list list_of(struct release_info *items, const char *const (*rows)[2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		items[i] = (struct release_info){ .header = { .id = rows[i][0], .parent = rows[i][1],
			.created_s = 1000 - (int64_t)i * 100 } };
	return (struct release_list){ items, n };
}

static const char *back(const struct release_list *l, const char *from, unsigned steps)
{
	const struct release_info *r = release_previous(l, release_find(l, from), steps);

	return r ? r->header.id : "none";
}

static void finding(void **state)
{
	static const char *const rows[][2] = { { "20261123-c", "x" }, { "20261123-b", NULL }, { "20261122-a", NULL },
		{ "2026", NULL } };
	struct release_info items[4];
	struct release_list l = list_of(items, rows, 4);
	bool ambiguous;

	(void)state;
	assert_null(release_find(&l, NULL));
	assert_null(release_find(&l, "20261123"));
	assert_ptr_equal(release_find(&l, "20261123-b"), &items[1]);
	assert_null(release_prefix(&l, "20261123", &ambiguous));
	assert_true(ambiguous);
	assert_ptr_equal(release_prefix(&l, "20261122", &ambiguous), &items[2]);
	assert_false(ambiguous);
	assert_ptr_equal(release_prefix(&l, "2026", &ambiguous), &items[3]);
	assert_null(release_prefix(&l, "x", &ambiguous));
	assert_false(ambiguous);
	assert_null(release_prefix(&l, "", &ambiguous));
	assert_null(release_live(&l));
	items[2].live = true;
	assert_ptr_equal(release_live(&l), &items[2]);
}

static void parents(void **state)
{
	static const char *const rows[][2] = { { "e", "c" }, { "d", "c" }, { "c", "b" }, { "b", "a" }, { "a", NULL } };
	struct release_info items[5];
	struct release_list l = list_of(items, rows, 5);

	(void)state;
	assert_string_equal(back(&l, "e", 1), "c");
	assert_string_equal(back(&l, "e", 2), "b");
	assert_string_equal(back(&l, "e", 3), "a");
	assert_string_equal(back(&l, "e", 4), "none");
	assert_string_equal(back(&l, "a", 1), "none");
	items[2].bad = true;
	assert_string_equal(back(&l, "e", 1), "b");
	assert_string_equal(back(&l, "c", 1), "b");
	assert_string_equal(back(&l, "e", 2), "a");
	items[4].bad = true;
	assert_string_equal(back(&l, "e", 2), "none");
}

static void gone_parents(void **state)
{
	static const char *const rows[][2] = { { "d", "gone" }, { "c", NULL }, { "b", NULL }, { "a", NULL } };
	struct release_info items[4];
	struct release_list l = list_of(items, rows, 4);

	(void)state;
	assert_string_equal(back(&l, "d", 1), "c");
	items[1].bad = true;
	assert_string_equal(back(&l, "d", 1), "b");
	items[2].header.foreign = true;
	assert_string_equal(back(&l, "b", 1), "a");
	assert_string_equal(back(&l, "a", 1), "none");
}

static void rings_end(void **state)
{
	static const char *const rows[][2] = { { "b", "a" }, { "a", "b" }, { "self", "self" } };
	struct release_info items[3];
	struct release_list l = list_of(items, rows, 3);

	(void)state;
	items[1].bad = true;
	assert_string_equal(back(&l, "b", 1), "none");
	assert_string_equal(back(&l, "b", 9), "none");
	assert_string_equal(back(&l, "self", 1), "none");
}

static void drops(const struct release_list *l, unsigned last, int64_t within, bool foreign, const char *expected)
{
	struct keep_policy keep = { .last = last, .within_s = within };
	bool drop[8];
	char got[9] = "", *end = got;
	size_t n = release_retain(l, &keep, 1000, foreign, drop), counted = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (drop[i])
			*end++ = l->items[i].header.id[0];
		counted += drop[i];
	}
	assert_string_equal(got, expected);
	assert_int_equal(n, counted);
}

static void retention(void **state)
{
	static const char *const rows[][2] = { { "g", "f" }, { "f", "b" }, { "e", "d" }, { "d", "c" }, { "c", "b" },
		{ "b", "a" }, { "a", NULL } };
	struct release_info items[7];
	struct release_list l = list_of(items, rows, 7);

	(void)state;
	drops(&l, 1, 0, false, "");     /* nothing live: nothing is known, nothing goes */
	items[1].live = true;
	drops(&l, 3, 0, false, "dca");  /* b is live's parent */
	drops(&l, 0, 0, false, "edca"); /* g is newer than live */
	drops(&l, 9, 0, false, "");
	drops(&l, 1, 350, false, "ca"); /* e is 200 s old, d 300 */
	items[4].pinned = true;
	drops(&l, 3, 0, false, "da");
	items[3].header.foreign = true;
	drops(&l, 3, 0, false, "a");
	drops(&l, 3, 0, true, "da");
	drops(&l, 5, 0, false, "a");    /* the foreign one takes no slot */
}

static void a_promoted_release_came_after_what_it_took_over_from(void **state)
{
	/* d and b were staged on a channel, where they had no parent, and promoted; d was also rolled back and put back. */
	static const char *const rows[][2] = { { "d", NULL }, { "c", "b" }, { "b", NULL }, { "a", NULL } };
	struct switch_record records[] = {
		{ .id = "a", .action = "deploy" }, { .id = "b", .from = "a", .action = "promote" },
		{ .id = "c", .from = "b", .action = "deploy" }, { .id = "d", .from = "c", .action = "promote" },
		{ .id = "c", .from = "d", .action = "rollback" }, { .id = "d", .from = "c", .action = "rollback" },
		{ .id = "", .from = "d", .action = "disable" }, { .id = "d", .from = NULL, .action = "enable" },
	};
	const struct switchlog log = { .records = records, .count = sizeof records / sizeof *records };
	struct release_info items[4];
	struct release_list l = list_of(items, rows, 4);

	(void)state;
	assert_string_equal(back(&l, "d", 1), "none");
	release_promoted(&l, &log);
	assert_string_equal(back(&l, "d", 1), "c");
	assert_string_equal(back(&l, "d", 2), "b");
	assert_string_equal(back(&l, "d", 3), "a");
	assert_string_equal(back(&l, "d", 4), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding), cmocka_unit_test(parents), cmocka_unit_test(gone_parents),
		cmocka_unit_test(rings_end), cmocka_unit_test(retention),
		cmocka_unit_test(a_promoted_release_came_after_what_it_took_over_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
