#include "base/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/strbuf.h"

#define VECTORS "tests/data/glob-vectors.json"

static struct glob *compile(const char *pattern)
{
	struct fail f = FAIL_INIT;
	struct glob *g = NULL;

	if (glob_new(&g, pattern, &f) < 0)
		fail_msg("%s: %s", pattern, f.text);
	return g;
}

/* What npm's glob says, row by row; all differences are printed. */
static void agrees_with_npm(void **state)
{
	struct json_doc *d = NULL;
	struct fail f = FAIL_INIT;
	size_t rows = 0, wrong = 0;

	(void)state;
	if (json_load(&d, AT_FDCWD, VECTORS, VECTORS, 0, &f) < 0)
		fail_msg("%s", f.text);
	for (const json *row = json_first(json_root(d)); row; row = json_next(row), rows++) {
		const json *pattern = json_first(row), *path = json_next(pattern), *hides = json_next(path);
		struct glob *g = compile(json_string(pattern));
		bool match = glob_match(g, json_string(path)), prunes = glob_prunes(g, json_string(path));
		if (match != json_bool(hides, false) || prunes != json_bool(json_next(hides), false)) {
			print_message("# %s on %s: matches %d, prunes %d\n", json_string(pattern), json_string(path), match,
				prunes);
			wrong++;
		}
		glob_free(g);
	}
	json_doc_free(d);
	assert_true(rows > 800);
	assert_int_equal(wrong, 0);
}

static void expect(const char *pattern, const char *path, bool match, bool prunes)
{
	struct glob *g = compile(pattern);

	if (glob_match(g, path) != match)
		fail_msg("%s on %s: expected a match: %d", pattern, path, match);
	if (glob_prunes(g, path) != prunes)
		fail_msg("%s on %s: expected to prune: %d", pattern, path, prunes);
	glob_free(g);
}

/* The client tries each path with a slash added, too. */
static void tries_with_slash(void **state)
{
	(void)state;
	expect("a/**", "a", true, true);
	expect("a/", "a", true, false);
	expect("**/.*/**", "x/.y", true, true);
	expect("a/*", "a", false, false);
	expect("a/**/", "a/b", true, false);
}

/* Only a pattern that ends in a globstar hides what is below a directory. */
static void prunes_by_globstar_only(void **state)
{
	(void)state;
	expect("node_modules", "node_modules", true, false);
	expect("node_modules/**", "node_modules", true, true);
	expect("**/node_modules/**", "a/b/node_modules", true, true);
	expect("{a/**,b}", "a", true, true);
	expect("{a/**,b}", "b", true, false);
	expect("/a/**", "a", false, false);
	expect("./a/**", "a", true, true);
	expect("a/**/*", "a", false, false);
}

static void tells_what_it_reaches(void **state)
{
	static const struct { const char *pattern, *dir; bool reaches; } rows[] = {
		{ "a/b.txt", "a", true }, { "a/b.txt", "b", false }, { "a/b.txt", "a/b.txt", false },
		{ "**/x", "any/thing", true }, { ".well/**", ".well/a/b", true }, { ".well/**", ".git", false },
		{ "*/x", "a", true }, { "*/x", "a/b", false }, { "{a,b}/x", "b", true }, { "*.js", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct glob *g = compile(rows[i].pattern);
		if (glob_reaches(g, rows[i].dir) != rows[i].reaches)
			fail_msg("%s below %s: expected %d", rows[i].pattern, rows[i].dir, rows[i].reaches);
		glob_free(g);
	}
}

/* Patterns that make a backtracking matcher run for years. */
static void stays_linear(void **state)
{
	static const char *const patterns[] = {
		"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", "+(a|+(a|+(a)))b", "*(*(*(a)*)*)b", "+(a|aa|aaa)+(a|aa)+(a|aa)b",
		"!(*(a)b)!(*(a)c)!(+(a)d)b", "?(a)?(a)?(a)?(a)?(a)?(a)?(a)?(a)?(a)?(a)?(a)?(a)aaaaaaaaaaaaaaaab",
			"+(*a|*a|*a)b",
		"**/*a*/**/*a*/**/*a*/**/*a*/**/*b*", "!(+(!(+(a))))",
	};
	char name[256], path[4096] = "";

	(void)state;
	memset(name, 'a', 250);
	name[250] = '\0';
	for (size_t i = 0; i < 40; i++)
		snprintf(path + strlen(path), sizeof path - strlen(path), "%saaaaaaaaaa", i ? "/" : "");
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct glob *g = compile(patterns[i]);
		uint64_t steps = 0;
		glob_match_counted(g, name, &steps);
		glob_match_counted(g, path, &steps);
		if (steps > 4000000)
			fail_msg("%s took %llu steps", patterns[i], (unsigned long long)steps);
		glob_free(g);
	}
}

static void refuses(const char *pattern)
{
	struct fail f = FAIL_INIT;
	struct glob *g = NULL;

	assert_int_equal(glob_new(&g, pattern, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_true(f.text[0] != '\0');
}

static void has_limits(void **state)
{
	struct strbuf s = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 11; i++)
		strbuf_addstr(&s, "{a,b}");
	refuses(s.buf);
	strbuf_setlen(&s, 50);
	glob_free(compile(s.buf));
	refuses("{1..1025}");
	glob_free(compile("{1..1024}"));
	strbuf_setlen(&s, 0);
	for (int i = 0; i < 4096; i++)
		strbuf_addch(&s, 'a');
	glob_free(compile(s.buf));
	strbuf_addch(&s, 'a');
	refuses(s.buf);
	strbuf_setlen(&s, 0);
	for (int i = 0; i < 20; i++)
		strbuf_addstr(&s, "!(a)");
	refuses(s.buf);
	strbuf_setlen(&s, 0);
	for (int i = 0; i < 1300; i++)
		strbuf_addstr(&s, "@(");
	refuses(s.buf);
	strbuf_setlen(&s, 0);
	for (int i = 0; i < 4000; i++)
		strbuf_addch(&s, '{');
	glob_free(compile(s.buf));
	strbuf_clear(&s);
}

static void keeps_its_text(void **state)
{
	struct glob *g = compile("./a/{b,c}");

	(void)state;
	assert_string_equal(glob_text(g), "./a/{b,c}");
	glob_free(g);
	g = compile("");
	assert_false(glob_match(g, "a"));
	glob_free(g);
	glob_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_npm),
		cmocka_unit_test(tries_with_slash),
		cmocka_unit_test(prunes_by_globstar_only),
		cmocka_unit_test(tells_what_it_reaches),
		cmocka_unit_test(stays_linear),
		cmocka_unit_test(has_limits),
		cmocka_unit_test(keeps_its_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
