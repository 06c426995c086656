#include "target/select.h"

#include "../support/test.h"

static const char *const kiosk_west[] = { "kiosk", "west" }, *const kiosk_east[] = { "kiosk", "east" },
	*const cms[] = { "cms" };
static const char *const p_chai[] = { "chai" }, *const p_dao[] = { "dao/a", "dao/b" }, *const p_cms[] = { "cms" };
static struct target items[] = {
	{ .name = "chai", .tags = kiosk_west, .tag_count = 2, .places = p_chai, .place_count = 1 },
	{ .name = "cms", .tags = cms, .tag_count = 1, .places = p_cms, .place_count = 1 },
	{ .name = "dao", .tags = kiosk_east, .tag_count = 2, .places = p_dao, .place_count = 2 },
};
static const struct target_list list = { items, 3 };

/* Words are separated by blanks; NULL = none given. The answer lists names with the number of places where that is
 * not all. */
static void check(const char *names, const char *tags, const char *except, const char *expected)
{
	struct arena mem = ARENA_INIT;
	struct strbuf got = STRBUF_INIT;
	struct selection s = { 0 };
	const char *words[3][8];
	const char *given[3] = { names, tags, except };
	size_t n[3] = { 0, 0, 0 }, count;
	const struct target **out;
	struct fail f = FAIL_INIT;

	for (int i = 0; i < 3; i++) {
		for (const char *p = given[i]; p && *p;) {
			size_t len = strcspn(p, " ");

			words[i][n[i]++] = arena_strndup(&mem, p, len);
			p += len + (p[len] == ' ');
		}
	}
	s = (struct selection){ words[0], n[0], words[1], n[1], words[2], n[2] };
	if (select_targets(&out, &count, &list, &s, &mem, &f) < 0) {
		assert_int_equal(f.kind, FAIL_USAGE);
		strbuf_addf(&got, "%s%s%s", f.text, f.hint[0] ? " | " : "", f.hint);
		count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(&got, "%s%s", i ? " " : "", out[i]->name);
		for (size_t k = 0; k < out[i]->place_count && out[i]->place_count < 2 && strchr(out[i]->places[k], '/'); k++)
			strbuf_addf(&got, "(%s)", out[i]->places[k]);
	}
	assert_string_equal(got.buf, expected);
	strbuf_clear(&got);
	arena_clear(&mem);
}

static void names(void **state)
{
	(void)state;
	check(NULL, NULL, NULL, "chai cms dao");
	check("dao chai", NULL, NULL, "chai dao");
	check("c*", NULL, NULL, "chai cms");
	check("dao/b", NULL, NULL, "dao(dao/b)");
	check("dao/b dao", NULL, NULL, "dao");
	check("dao dao/b", NULL, NULL, "dao");
	check("dao/*", NULL, NULL, "dao");
	check("chia", NULL, NULL, "there is no target \"chia\" | did you mean \"chai\"?");
	check("x*", NULL, NULL, "no target matches \"x*\"");
	check("chai nope", NULL, NULL, "there is no target \"nope\"");
}

static void tags(void **state)
{
	(void)state;
	check(NULL, "kiosk", NULL, "chai dao");
	check(NULL, "kiosk,west", NULL, "chai");
	check(NULL, "west cms", NULL, "chai cms");
	check("c*", "kiosk", NULL, "chai");
	check(NULL, "west,east", NULL, "no target is left by this selection");
	check(NULL, "kisok", NULL, "there is no tag \"kisok\" | did you mean \"kiosk\"?");
	check(NULL, ",", NULL, "--tag needs a tag");
}

static void except(void **state)
{
	(void)state;
	check(NULL, NULL, "dao,cms", "chai");
	check(NULL, NULL, "c*", "dao");
	check(NULL, NULL, "dao/a", "chai cms dao(dao/b)");
	check("dao/a", NULL, "dao/a", "no target is left by this selection");
	check(NULL, NULL, "doa", "there is no target \"doa\" | did you mean \"dao\"?");
}

int main(void)
{
	const struct CMUnitTest all[] = { cmocka_unit_test(names), cmocka_unit_test(tags), cmocka_unit_test(except) };

	return cmocka_run_group_tests_name("target/select", all, NULL, NULL);
}
