#include "dist/rules.h"

#include <sys/stat.h>
#include <unistd.h>

#include "reading.h"

static struct verdict judge(const struct build_rules *source, const char *path, bool is_dir)
{
	struct fail f = FAIL_INIT;
	struct rules *r;

	if (rules_new(&r, source, NULL, &f) < 0)
		fail_msg("%s", f.text);
	struct verdict v = is_dir ? rules_judge_dir(r, path, NULL) : rules_judge_file(r, path, NULL);
	rules_free(r);
	return v;
}

static void expect(const struct build_rules *source, const char *path, enum judgement is)
{
	size_t len = strlen(path);
	bool is_dir = path[len - 1] == '/';
	char name[300];

	snprintf(name, sizeof name, "%.*s", (int)(len - is_dir), path);
	struct verdict v = judge(source, name, is_dir);
	if (v.is != is)
		fail_msg("%s: judged %d (%s), expected %d", path, (int)v.is, v.rule ? v.rule : "-", (int)is);
	assert_int_equal(v.rule == NULL, is == RULE_KEEP);
}

static void built_in(void **state)
{
	static const char *const kept[] = { "index.html", "a/b.js", "assets/", ".well-known/", ".well-known/x",
		"environment.js", "env.js", "a/slipway.json", "id_rsa.pub", "server.pem", "git/", "x~y", "a#b",
		"credentials.json",
		"firebase-debug.txt", "firebase-debug.log.txt", "node_modules2/", "README.md" };
	static const char *const hidden[] = { ".hidden", "a/.DS_Store", ".vscode/", "a/.cache/", "node_modules/",
		"a/node_modules/", "x.js~", "#x#", ".#x", ".x.js.swp", "a/.x.swo", "slipway.json", ".slipway/", ".htaccess",
		"firebase-debug.log", "a/firebase-debug.1.log", ".well-known/.x" };
	static const char *const refused[] = { ".git/", "a/.git/", ".git", ".env", ".env.local", "a/.ENV", ".envrc",
		"id_rsa", "keys/id_ed25519", "ID_RSA", "x.p12", "a/x.PFX", "x.jks", ".npmrc", ".netrc", "_netrc", ".htpasswd",
		".ssh/", ".aws/", "x.kdbx", "putty.ppk", "application_default_credentials.json", ".git-credentials" };
	const struct build_rules none = { .ignore = NULL };

	(void)state;
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		expect(&none, kept[i], RULE_KEEP);
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		expect(&none, hidden[i], RULE_HIDE);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		expect(&none, refused[i], RULE_REFUSE);
	const struct build_rules apache = { .htaccess = true };
	expect(&apache, ".htaccess", RULE_KEEP);
	expect(&apache, "a/.htaccess", RULE_KEEP);
	expect(&apache, ".htpasswd", RULE_REFUSE);
}

static void names_the_rule(void **state)
{
	static const char *const ignore[] = { "**/*.map", "docs/**" };
	const struct build_rules rules = { .ignore = ignore, .ignore_count = 2 };
	struct fail f = FAIL_INIT;
	struct rules *r;

	(void)state;
	assert_int_equal(rules_new(&r, &rules, NULL, &f), 0);
	struct verdict v = rules_judge_file(r, "a/b.map", NULL);
	assert_int_equal(v.is, RULE_HIDE);
	assert_string_equal(v.rule, "**/*.map");
	assert_false(v.builtin);
	v = rules_judge_dir(r, "docs", NULL);
	assert_int_equal(v.is, RULE_HIDE);
	assert_string_equal(v.rule, "docs/**");
	v = rules_judge_dir(r, "node_modules", NULL);
	assert_true(v.builtin);
	assert_string_equal(v.rule, "node_modules");
	rules_free(r);
}

/* Refused beats hidden, whoever hides it; allow_unsafe gives it back to the other rules. */
static void refused_beats_hidden(void **state)
{
	static const char *const ignore[] = { "**/.env", ".git/**", "keys/**", "**/*.p12" },
		*const allow[] = { ".env", ".git/**", "*.p12" }, *const include[] = { ".env", "a.p12" };
	const struct build_rules strict = { .ignore = ignore, .ignore_count = 4 };
	const struct build_rules lax = { .allow_unsafe = allow, .allow_unsafe_count = 3 };
	const struct build_rules both = { .allow_unsafe = allow, .allow_unsafe_count = 3, .include = include,
		.include_count = 2 };

	(void)state;
	expect(&strict, ".env", RULE_REFUSE);
	expect(&strict, ".git/", RULE_REFUSE);
	expect(&strict, "a/x.p12", RULE_REFUSE);
	expect(&strict, "keys/", RULE_HIDE);
	expect(&lax, ".env", RULE_HIDE);
	expect(&lax, "a/.env", RULE_REFUSE);
	expect(&lax, ".git/", RULE_HIDE);
	expect(&lax, "a.p12", RULE_KEEP);
	expect(&both, ".env", RULE_KEEP);
}

static void include_readmits(void **state)
{
	static const char *const ignore[] = { "**/*.map", "docs/**" },
		*const include[] = { "docs/api/**", ".config/public.json", "keep.map" };
	const struct build_rules rules = { .ignore = ignore, .ignore_count = 2, .include = include, .include_count = 3 };
	struct fail f = FAIL_INIT;
	struct rules *r;

	(void)state;
	expect(&rules, "keep.map", RULE_KEEP);
	expect(&rules, "other.map", RULE_HIDE);
	expect(&rules, "docs/", RULE_ENTER);
	expect(&rules, ".config/", RULE_ENTER);
	expect(&rules, ".cache/", RULE_HIDE);
	expect(&rules, "node_modules/", RULE_HIDE);
	assert_int_equal(rules_new(&r, &rules, NULL, &f), 0);
	struct verdict docs = rules_judge_dir(r, "docs", NULL);
	assert_int_equal(rules_judge_dir(r, "docs/api", &docs).is, RULE_ENTER);
	assert_int_equal(rules_judge_dir(r, "docs/img", &docs).is, RULE_HIDE);
	assert_int_equal(rules_judge_file(r, "docs/api/x.html", &docs).is, RULE_KEEP);
	assert_int_equal(rules_judge_file(r, "docs/x.html", &docs).is, RULE_HIDE);
	assert_string_equal(rules_judge_file(r, "docs/x.html", &docs).rule, "docs/**");
	rules_free(r);
}

static void bad_glob_is_named(void **state)
{
	static const char *const bad[] = { "ok", "{1..2000}" };
	const struct build_rules rules = { .include = bad, .include_count = 2 };
	struct fail f = FAIL_INIT;
	struct rules *r;

	(void)state;
	assert_int_equal(rules_new(&r, &rules, NULL, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.text, "include: \"{1..2000}\""));
}

/* The table of what the official client hides, and what slipway refuses all the same. */
static void as_the_official_client(void **state)
{
	static const char *const usual[] = { "firebase.json", "**/.*", "**/node_modules/**" };
	static const char *const kept[] = { "index.html", ".hidden", "a/.x", ".hid/", ".well-known/", "node_modules/", "x~",
		"a/#x#", ".htaccess", "firebase-debug.txt", ".firebase/", ".firebase/sub/y", "a/.firebase/z",
		"a/slipway.json" };
	static const char *const hidden[] = { "firebase-debug.log", "a/firebase-debug.1.log", ".firebase/x",
		"slipway.json", ".slipway/" };
	static const char *const refused[] = { ".git/", ".env", "a/.env.local", "id_rsa", "node_modules/x/.npmrc" };
	const struct build_rules bare = { .as_firebase = true };
	const struct build_rules rules = { .as_firebase = true, .ignore = usual, .ignore_count = 3 };

	(void)state;
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		expect(&bare, kept[i], RULE_KEEP);
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		expect(&bare, hidden[i], RULE_HIDE);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		expect(&bare, refused[i], RULE_REFUSE);
		expect(&rules, refused[i], RULE_REFUSE);
	}
	assert_true(judge(&bare, ".firebase/x", false).builtin);
	assert_string_equal(judge(&bare, ".firebase/x", false).rule, ".firebase/*");
	assert_false(judge(&rules, ".hidden", false).builtin);
	expect(&rules, "firebase.json", RULE_HIDE);
	expect(&rules, "a/firebase.json", RULE_KEEP);
	expect(&rules, ".well-known/.dotted", RULE_HIDE);
	expect(&rules, ".well-known/assetlinks.json", RULE_KEEP);
	expect(&rules, ".hid/f", RULE_KEEP);
	expect(&rules, "a/node_modules/", RULE_HIDE);
}

static void absolute_patterns_see_the_whole_path(void **state)
{
	static const char *const ignore[] = { "/srv/site/dist/a/**", "/index.html", "/srv/*/dist/*.map" };
	struct build_rules rules = { .ignore = ignore, .ignore_count = 3, .as_firebase = true };
	struct fail f = FAIL_INIT;
	struct rules *r;

	(void)state;
	assert_int_equal(rules_new(&r, &rules, "/srv/site/dist", &f), 0);
	assert_string_equal(rules_judge_dir(r, "a", NULL).rule, "/srv/site/dist/a/**");
	assert_int_equal(rules_judge_dir(r, "b", NULL).is, RULE_KEEP);
	assert_int_equal(rules_judge_file(r, "index.html", NULL).is, RULE_KEEP);
	assert_string_equal(rules_judge_file(r, "x.map", NULL).rule, "/srv/*/dist/*.map");
	rules_free(r);
	assert_int_equal(rules_new(&r, &rules, "/", &f), 0);
	assert_int_equal(rules_judge_file(r, "index.html", NULL).is, RULE_HIDE);
	rules_free(r);
	rules.as_firebase = false;
	assert_int_equal(rules_new(&r, &rules, "/", &f), 0);
	assert_int_equal(rules_judge_file(r, "index.html", NULL).is, RULE_KEEP);
	rules_free(r);
}

/* Through a real walk: counts, pruned directories as one row, and an include that reaches below. */
static void hides_in_a_walk(void **state)
{
	static const char *const ignore[] = { "**/*.map", "docs/**" }, *const include[] = { "docs/api/**" };
	const struct build_rules rules = { .ignore = ignore, .ignore_count = 2 };
	const struct build_rules wider = { .ignore = ignore, .ignore_count = 2, .include = include, .include_count = 1 };
	struct reading_test *t = *state;

	reading_text(t, "index.html", "x");
	reading_text(t, "a/app.js.map", "x");
	reading_text(t, "b/app.js.map", "x");
	reading_text(t, "docs/a", "x");
	reading_text(t, "docs/b", "x");
	reading_text(t, "docs/api/c", "x");
	reading_text(t, "node_modules/x/.npmrc", "x");
	reading_text(t, ".hidden", "x");
	reading_text(t, ".well-known/a", "x");
	assert_int_equal(reading_run(t, &rules, false), 0);
	assert_int_equal(t->build.tree.count, 2);
	assert_int_equal(t->build.hidden_count, 5);
	assert_int_equal(t->build.hidden_user, 3);
	assert_int_equal(t->build.hidden_builtin, 2);
	assert_string_equal(reading_hidden(t, "docs"), "docs/**");
	assert_string_equal(reading_hidden(t, "a/app.js.map"), "**/*.map");
	assert_string_equal(reading_hidden(t, ".hidden"), "dot file");
	assert_int_equal(reading_run(t, &wider, false), 0);
	assert_int_equal(t->build.tree.count, 3);
	assert_true(reading_has(t, "docs/api/c"));
	assert_string_equal(reading_hidden(t, "docs/a"), "docs/**");
	assert_null(reading_hidden(t, "docs"));
}

/* Hidden special files and links are nobody's problem. */
static void hidden_is_not_examined(void **state)
{
	struct reading_test *t = *state;
	char path[120];

	reading_text(t, "index.html", "x");
	snprintf(path, sizeof path, "%s/.fifo", t->dist);
	assert_int_equal(mkfifo(path, 0644), 0);
	snprintf(path, sizeof path, "%s/.dangling", t->dist);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(reading_run(t, NULL, false), 0);
	assert_int_equal(t->build.hidden_count, 2);
}

/* A secret that is allowed is content like any other, also when the index knows it. */
static void allows_contents(void **state)
{
	static const char *const allow[] = { "demo/**" };
	const struct build_rules rules = { .allow_unsafe = allow, .allow_unsafe_count = 1 };
	struct reading_test *t = *state;

	reading_text(t, "demo/aws.txt", "AKI" "AZ7QW3ERTY5UIOPAS");
	for (int round = 0; round < 2; round++) {
		assert_int_equal(reading_run(t, NULL, true), -1);
		assert_string_equal(reading_problem(t, "demo/aws.txt"), "AWS access key id inside");
		assert_int_equal(reading_run(t, &rules, true), 0);
		if (round == 0)
			reading_age();
	}
	assert_int_equal(reading_run(t, &rules, true), 0);
	assert_int_equal(reading_run(t, &rules, true), 0);
	assert_int_equal(t->build.hashed_files, 0);
	assert_int_equal(reading_run(t, NULL, true), -1);
}

#define READING(test) cmocka_unit_test_setup_teardown(test, reading_setup, reading_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in),
		cmocka_unit_test(names_the_rule),
		cmocka_unit_test(refused_beats_hidden),
		cmocka_unit_test(include_readmits),
		cmocka_unit_test(bad_glob_is_named),
		cmocka_unit_test(as_the_official_client),
		cmocka_unit_test(absolute_patterns_see_the_whole_path),
		READING(hides_in_a_walk),
		READING(hidden_is_not_examined),
		READING(allows_contents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
