#include "../support/test.h"

#include "release/plan.h"

#define MANY 64

struct build {
	struct blob blobs[MANY];
	struct entry entries[MANY];
	char names[MANY][16];
	struct tree tree;
};

/* "path=content path=content": the content's first byte is its digest, its size 10 times that. */
static const struct tree *build(struct build *b, const char *text)
{
	struct fail f = FAIL_INIT;
	size_t n = 0;

	for (const char *p = text; *p; p += *p == ' ') {
		size_t len = strcspn(p, "=");

		memcpy(b->names[n], p, len);
		b->names[n][len] = '\0';
		b->blobs[n] = (struct blob){ .sha256 = { (uint8_t)p[len + 1] }, .size = (uint64_t)(p[len + 1] - '0') * 10 };
		b->entries[n] = (struct entry){ .path = b->names[n], .blob = &b->blobs[n] };
		n++;
		p += strcspn(p, " ");
	}
	assert_int_equal(tree_init(&b->tree, b->entries, n, &f), 0);
	return &b->tree;
}

static void differences(void **state)
{
	static const struct { enum plan_kind kind; const char *path; } expected[] = { { PLAN_REMOVE, "a" },
		{ PLAN_CHANGE, "c" }, { PLAN_ADD, "d" }, { PLAN_ADD, "e" }, { PLAN_ADD, "f" }, { PLAN_REMOVE, "z" } };
	struct build want, have;
	struct arena mem = ARENA_INIT;
	struct plan p;

	(void)state;
	plan_build(&p, build(&want, "b=1 c=3 d=1 e=4 f=4"), build(&have, "a=7 b=1 c=2 z=8"), &mem);
	assert_int_equal(p.count, 6);
	assert_int_equal(p.add, 3);
	assert_int_equal(p.change, 1);
	assert_int_equal(p.remove, 2);
	assert_int_equal(p.keep, 1);
	assert_false(p.first);
	for (size_t i = 0; i < p.count; i++) {
		assert_int_equal(p.items[i].kind, expected[i].kind);
		assert_string_equal(p.items[i].path, expected[i].path);
		assert_int_equal(p.items[i].want == NULL, expected[i].kind == PLAN_REMOVE);
		assert_int_equal(p.items[i].have == NULL, expected[i].kind == PLAN_ADD);
	}
	/* c's 3 and, once, the 4 of e and f; d's 1 is there as b. */
	assert_int_equal(p.send_files, 2);
	assert_int_equal(p.send_bytes, 70);
	/* By path: c's 3, d's 1, and the 4 of e and of f. */
	plan_count_paths(&p);
	assert_int_equal(p.send_files, 4);
	assert_int_equal(p.send_bytes, 120);
	arena_clear(&mem);
}

static void first_and_same(void **state)
{
	struct build want, have;
	struct arena mem = ARENA_INIT;
	struct plan p;

	(void)state;
	plan_build(&p, build(&want, "a=1 b=2"), NULL, &mem);
	assert_true(p.first);
	assert_int_equal(p.add, 2);
	assert_int_equal(p.send_bytes, 30);
	plan_build(&p, &want.tree, build(&have, "a=1 b=2"), &mem);
	assert_int_equal(p.count, 0);
	assert_int_equal(p.keep, 2);
	assert_null(p.items);
	arena_clear(&mem);
}

static void headers_count(void **state)
{
	static const uint8_t x[SHA256_SIZE] = { 1 }, y[SHA256_SIZE] = { 2 };
	struct build want, have;
	struct arena mem = ARENA_INIT;
	struct plan p;

	(void)state;
	build(&want, "a=1");
	build(&have, "a=1");
	want.entries[0].headers = x;
	plan_build(&p, &want.tree, &have.tree, &mem);
	assert_int_equal(p.change, 1);
	assert_int_equal(p.send_files, 0);
	have.entries[0].headers = y;
	plan_build(&p, &want.tree, &have.tree, &mem);
	assert_int_equal(p.change, 1);
	have.entries[0].headers = x;
	plan_build(&p, &want.tree, &have.tree, &mem);
	assert_int_equal(p.keep, 1);
	arena_clear(&mem);
}

static int fuse(const char *want_text, const char *have_text, bool allow, struct fail *f)
{
	static const char *const pages[] = { "index.html", "en/index.html" };
	struct build want, have;
	struct arena mem = ARENA_INIT;
	struct plan p;
	int rc;

	build(&want, want_text);
	if (have_text)
		build(&have, have_text);
	plan_build(&p, &want.tree, have_text ? &have.tree : NULL, &mem);
	rc = plan_fuse(&p, &want.tree, have_text ? &have.tree : NULL, pages, 2, allow, f);
	arena_clear(&mem);
	return rc;
}

static void the_fuse(void **state)
{
	struct fail f = FAIL_INIT;
	char many[512] = "index.html=1", fewer[512] = "index.html=1";

	(void)state;
	assert_int_equal(plan_fuse_empty(0, &f), -1);
	assert_int_equal(f.kind, FAIL_BUILD);
	assert_int_equal(plan_fuse_empty(1, &f), 0);
	assert_int_equal(fuse("", NULL, false, &f), 0);
	assert_int_equal(fuse("", "a=1 index.html=1", false, &f), -1);
	assert_int_equal(f.kind, FAIL_BUILD);
	assert_int_equal(fuse("a=1", NULL, false, &f), 0);
	assert_int_equal(fuse("a=1", "a=1 index.html=1", false, &f), -1);
	assert_non_null(strstr(f.text, "index.html"));
	assert_non_null(strstr(f.hint, "--allow-removals"));
	assert_int_equal(fuse("a=1", "a=1 index.html=1", true, &f), 0);
	assert_int_equal(fuse("a=1", "a=1", false, &f), 0);
	for (int i = 0; i < 41; i++) {
		snprintf(many + strlen(many), sizeof many - strlen(many), " f%d=1", i);
		if (i < 20)
			snprintf(fewer + strlen(fewer), sizeof fewer - strlen(fewer), " f%d=1", i);
	}
	/* 42 files; 21 are half of them, 22 more. */
	assert_int_equal(fuse(fewer, many, false, &f), 0);
	fewer[strlen(fewer) - strlen(" f19=1")] = '\0';
	assert_int_equal(fuse(fewer, many, false, &f), -1);
	assert_non_null(strstr(f.text, "22 of the 42"));
	assert_int_equal(fuse(fewer, many, true, &f), 0);
	assert_int_equal(fuse("index.html=1", "index.html=1 a=1 b=1 c=1", false, &f), 0);
}

static void counts_alone(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(plan_fuse_counts(0, 0, false, &f), 0);
	assert_int_equal(plan_fuse_counts(0, 21, false, &f), -1);
	assert_int_equal(f.kind, FAIL_BUILD);
	assert_int_equal(plan_fuse_counts(1, 0, false, &f), 0);
	assert_int_equal(plan_fuse_counts(10, 30, false, &f), 0);
	assert_int_equal(plan_fuse_counts(10, 31, false, &f), -1);
	assert_non_null(strstr(f.text, "31 are live"));
	assert_non_null(strstr(f.hint, "--allow-removals"));
	assert_int_equal(plan_fuse_counts(10, 31, true, &f), 0);
	assert_int_equal(plan_fuse_counts(100, 200, false, &f), 0);
	assert_int_equal(plan_fuse_counts(99, 200, false, &f), -1);
	assert_int_equal(plan_fuse_counts(200, 100, false, &f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences), cmocka_unit_test(first_and_same), cmocka_unit_test(headers_count),
		cmocka_unit_test(the_fuse), cmocka_unit_test(counts_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
