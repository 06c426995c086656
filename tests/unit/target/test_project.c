#include "target/project.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "project_dir.h"

#define MINIMAL "{ \"slipway\": 1, \"builds\": { \"web\": { \"dir\": \"dist\" } }"
#define DIR_HOST "{ \"kind\": \"dir\", \"root\": \"www/${target}\" }"

static void setting_is(const struct target *t, const char *key, const char *canonical, const char *origin)
{
	struct strbuf text = STRBUF_INIT;

	assert_non_null(target_value(t, key));
	json_canonical(&text, target_value(t, key));
	assert_string_equal(text.buf, canonical);
	strbuf_clear(&text);
	for (size_t i = 0; i < t->setting_count; i++)
		if (strcmp(t->settings[i].key, key) == 0)
			assert_string_equal(t->settings[i].origin, origin);
}

static void var_is(const struct target *t, const char *name, enum var_kind kind, const char *text)
{
	const struct var *v = target_var(t, name);

	assert_non_null(v);
	assert_int_equal(v->kind, kind);
	if (text)
		assert_string_equal(v->text, text);
	else
		assert_null(v->text);
}

static void string_is(const struct target *t, const char *key, const char *expected)
{
	struct arena mem = ARENA_INIT;

	assert_string_equal(target_string(t, key, &mem), expected);
	arena_clear(&mem);
}

/* The example of the design, with the layers in their order. */
static void layers_win_in_order(void **state)
{
	struct project_dir d;
	const struct target *t;
	size_t count;

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, "slipway.json",
		"// the fleet\n{ \"slipway\": 1, \"name\": \"fleet\",\n"
		"  \"builds\": { \"kiosk\": { \"dir\": \"dist/${environment}\", \"ignore\": [\"**/*.map\"], \"command\": "
		"\"make\" } },\n"
		"  \"environments\": {\n"
		"    \"base\": { \"vars\": { \"RFID\": \"http://localhost:3000\", \"LEVEL\": \"base\" } },\n"
		"    \"staging\": { \"extends\": \"base\", \"branches\": [\"staging\"], \"vars\": { \"LEVEL\": \"staging\" "
		"} },\n"
		"    \"production\": { \"extends\": \"base\", \"branches\": [\"main\"], \"approve\": \"ask\",\n"
		"      \"keep\": { \"last\": 5 }, \"ignore\": [\"b/**\"] } },\n"
		"  \"defaults\": { \"keep\": { \"last\": 8, \"within\": \"14d\" }, \"ignore\": [\"a/**\"], \"tags\": [\"x\"],\n"
		"    \"vars\": { \"LEVEL\": \"defaults\", \"ONE\": 1.50, \"YES\": true } } }\n");
	project_dir_write(&d, "manifests/kiosks.json",
		"{ \"kind\": \"dir\", \"root\": \"www/${environment}/${target}\", \"tags\": [\"host\"], \"url\": "
		"\"http://${target}.example\" }");
	project_dir_write(&d, "targets/jarupa.json",
		"{ \"tags\": [\"kiosk\", \"west\"],\n  \"vars\": { \"CATALOG_ID\": 12, \"NEXT\": \"${LEVEL}-${CATALOG_ID}\" "
		"},\n"
		"  \"environments\": { \"staging\": {}, \"production\": { \"vars\": { \"LEVEL\": \"entry\" }, \"live\": "
		"\"x/${TARGET}\" } } }");
	assert_int_equal(project_dir_load(&d), 0);
	assert_string_equal(project_name(d.project), "fleet");
	assert_string_equal(project_builds(d.project, &count)->command, "make");
	assert_true(project_environment(d.project, "base")->abstract);
	assert_int_equal(project_dir_resolve(&d, "production"), 0);
	assert_string_equal(project_dir_problems(&d), "");
	t = project_dir_target(&d, "jarupa");
	assert_string_equal(t->kind, "dir");
	assert_string_equal(t->host, "kiosks");
	assert_string_equal(t->build, "kiosk");
	assert_string_equal(t->environment, "production");
	setting_is(t, "keep", "{\"last\":5,\"within\":\"14d\"}", "slipway.json:8:7");
	setting_is(t, "ignore", "[\"a/**\",\"b/**\"]", "slipway.json:8:30");
	setting_is(t, "tags", "[\"kiosk\",\"west\"]", "targets/jarupa.json:1:3");
	setting_is(t, "durability", "\"switch\"", "built-in");
	string_is(t, "root", "www/production/jarupa");
	string_is(t, "live", "x/JARUPA");
	string_is(t, "url", "http://jarupa.example");
	var_is(t, "LEVEL", VAR_STRING, "entry");
	var_is(t, "NEXT", VAR_STRING, "entry-12");
	var_is(t, "ONE", VAR_NUMBER, "1.50");
	var_is(t, "YES", VAR_BOOL, "true");
	var_is(t, "RFID", VAR_STRING, "http://localhost:3000");
	var_is(t, "target", VAR_STRING, "jarupa");
	assert_int_equal(t->place_count, 1);
	assert_string_equal(t->places[0], "jarupa");
	assert_int_equal(project_dir_resolve(&d, "staging"), 0);
	var_is(project_dir_target(&d, "jarupa"), "LEVEL", VAR_STRING, "staging");
	string_is(project_dir_target(&d, "jarupa"), "root", "www/staging/jarupa");
	project_dir_clear(&d);
}

static void problems_are(const char *config, const char *target, const char *expected)
{
	struct project_dir d;
	struct fail f = FAIL_INIT;

	project_dir_init(&d);
	project_dir_write(&d, "slipway.json", config);
	project_dir_write(&d, "manifests/local.json", DIR_HOST);
	if (target)
		project_dir_write(&d, "targets/one.json", target);
	(void)project_dir_load(&d);
	if (d.project)
		(void)project_resolve(d.project, NULL, &d.targets, &d.problems, &f);
	assert_string_equal(project_dir_problems(&d), expected);
	project_dir_clear(&d);
}

static void keys_are_checked(void **state)
{
	(void)state;
	problems_are(MINIMAL ",\n \"defualts\": {} }", "{}",
	             "E slipway.json:2:2: unknown key \"defualts\": did you mean \"defaults\"?\n");
	problems_are(MINIMAL ",\n \"x-note\": 1, \"defaults\": { \"x-y\": [], \"vars\": { \"x-z\": null } } }",
	             "{ \"x-a\": 1 }", "");
	problems_are(MINIMAL " }", "{ \"hots\": \"local\", \"zzzzz\": 1 }",
	             "E targets/one.json:1:3: unknown key \"hots\": did you mean \"host\"?\n"
	             "E targets/one.json:1:20: unknown key \"zzzzz\"\n");
	problems_are(MINIMAL " }", "{ \"keep\": { \"last\": 0, \"within\": \"2 weeks\" }, \"tags\": \"a\", \"url\": 7 }",
	             "E targets/one.json:1:21: expected at least 1\n"
	             "E targets/one.json:1:34: \"2 weeks\" is not a duration such as \"30s\", \"15m\", \"2h\" or \"14d\"\n"
	             "E targets/one.json:1:55: \"tags\": expected a list, got a string\n"
	             "E targets/one.json:1:67: \"url\": expected an http:// or https:// address without user name, got "
	             "a number\n");
	problems_are(MINIMAL " }", "{ \"durability\": \"fulll\" }",
	             "E targets/one.json:1:17: \"fulll\" is not one of \"none\", \"switch\" or \"full\": did you mean "
	             "\"full\"?\n");
	problems_are(MINIMAL " }",
	             "{ \"vars\": { \"lower\": 1, \"T\": { \"env\": \"A\", \"file\": \"b\" }, \"TARGET\": \"x\" } }",
	             "E targets/one.json:1:13: \"lower\" is not a variable's name (A-Z, 0-9, \"_\"; the first not a "
	             "digit)\n"
	             "E targets/one.json:1:30: exactly one of \"env\", \"file\", \"command\" must stand here, not 2\n"
	             "E targets/one.json:1:59: TARGET is the target's own name and cannot be set\n");
	problems_are(MINIMAL " }", "{ \"width\": 3 }", "E targets/one.json:1:3: \"width\" cannot stand here\n");
	problems_are("{ \"slipway\": 2 }", "{}",
	             "E slipway.json:1:14: this project is of format 2; this slipway reads format 1 | use a newer "
	             "slipway\n");
	problems_are("{ \"slipway\": 1, }", "{}", "E slipway.json:1:15: trailing comma\n");
}

static void all_documents_at_once(void **state)
{
	struct project_dir d;

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, "slipway.json", MINIMAL ", \"defaults\": { \"keep\": 1 } }");
	project_dir_write(&d, "manifests/a.json", "{ \"kind\": \"dir\", \"bucket\": \"x\" }");
	project_dir_write(&d, "manifests/b.json", "{ \"kind\": \"ftp\" }");
	project_dir_write(&d, "manifests/c.json", "[]");
	project_dir_write(&d, "targets/one.json", "{ \"host\": \"a\"");
	project_dir_write(&d, "targets/two.json", "[ { \"host\": \"a\" }, { \"name\": \"tw o\" } ]");
	assert_int_equal(project_dir_load(&d), -1);
	assert_int_equal(d.fail.kind, FAIL_CONFIG);
	assert_non_null(d.project);
	assert_string_equal(project_dir_problems(&d),
		"E manifests/a.json:1:18: \"bucket\" means nothing to this kind of host\n"
		"E manifests/b.json:1:11: \"ftp\" is not one of \"dir\", \"firebase\", \"s3\" or \"ssh\"\n"
		"E manifests/c.json:1:1: expected an object, got a list\n"
		"E slipway.json:1:79: \"keep\": expected an object, got a number\n"
		"E targets/one.json:1:14: the document ends here, too early\n"
		"E targets/two.json:1:3: a target in a list needs a \"name\"\n"
		"E targets/two.json:1:30: \"tw o\" is not a name (letters, digits, \".\", \"_\", \"-\"; at most 63; the "
		"first a "
		"letter or digit)\n");
	assert_non_null(strstr(d.fail.text, "and 6 more"));
	project_dir_clear(&d);
}

static void environments_are_checked(void **state)
{
	(void)state;
	problems_are(MINIMAL ",\n\"environments\": { \"a\": { \"extends\": \"b\" }, \"b\": { \"extends\": \"c\" }, "
	                     "\"c\": { \"extends\": \"a\" } } }",
	             NULL, "E slipway.json:2:37: environments extend each other: a -> b -> c -> a\n");
	problems_are(MINIMAL ",\n\"environments\": { \"prod\": { \"extends\": \"bsae\" }, \"base\": {} } }",
	             "{ \"environments\": [\"prod\"] }",
	             "E slipway.json:2:40: environment \"prod\" extends \"bsae\", which does not exist | did you mean "
	             "\"base\"?\n");
	problems_are(MINIMAL ",\n\"environments\": { \"a\": {}, \"b\": {} } }", "{}",
	             "E targets/one.json:1:1: target \"one\" does not say in which environments it is | add "
	             "\"environments\": an object "
	             "with a key for each, or a list of names\n");
	problems_are(MINIMAL ",\n\"environments\": { \"live\": {} } }", "{ \"environments\": { \"lvie\": {} } }",
	             "E targets/one.json:1:21: target \"one\" names environment \"lvie\", which does not exist | did "
	             "you mean \"live\"?\n");
	problems_are(MINIMAL " }", "{ \"environments\": [\"live\"] }",
	             "E targets/one.json:1:20: target \"one\" names environment \"live\", but the project has no "
	             "environments\n");
	problems_are(MINIMAL ",\n\"environments\": { \"base\": {}, \"live\": { \"extends\": \"base\" } } }", "{}", "");
}

static void references_are_checked(void **state)
{
	(void)state;
	problems_are(MINIMAL " }", "{ \"host\": \"locla\", \"build\": \"wbe\" }",
	             "E targets/one.json:1:11: there is no host manifest \"locla\" | did you mean \"local\"?\n");
	problems_are(MINIMAL " }", "{ \"build\": \"wbe\" }",
	             "E targets/one.json:1:12: there is no build \"wbe\" | did you mean \"web\"?\n");
	problems_are(MINIMAL " }", "{ \"root\": \"${NOPE}/x\", \"overlays\": [\"none\"] }",
	             "E targets/one.json:1:11: unknown variable \"${NOPE}\" | for target one\n"
	             "E targets/one.json:1:36: there is no directory \"overlays/none\"\n");
	problems_are(MINIMAL " }", "{ \"vars\": { \"A\": \"${B}\", \"B\": \"${A}\" } }",
	             "E targets/one.json:1:18: variables name each other: \"A\" leads back to itself\n"
	             "E targets/one.json:1:31: variables name each other: \"A\" leads back to itself\n");
	problems_are(MINIMAL " }",
	             "{ \"vars\": { \"S\": { \"env\": \"X\" }, \"A\": \"x${S}\" }, \"url\": \"http://${S}\" }",
	             "E targets/one.json:1:39: \"${S}\" is a secret: it can only be rendered into a file, as {{S}}\n"
	             "E targets/one.json:1:57: \"${S}\" is a secret: it can only be rendered into a file, as {{S}} | "
	             "for target one\n");
	problems_are(MINIMAL " }", "{ \"vars\": { \"V\": \"0x\" }, \"keep\": { \"within\": \"${V}\" } }",
	             "E targets/one.json:1:46: \"0x\" is not a duration such as \"30s\", \"15m\", \"2h\" or \"14d\"\n");
	problems_are("{ \"slipway\": 1, \"builds\": { \"web\": { \"dir\": \"d/${target}\" } } }", "{}",
	             "E slipway.json:1:45: unknown variable \"${target}\" | a build's directory knows the variables of "
	             "defaults and "
	             "environments only\n");
}

static void expansion_is_bounded(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct project_dir d;

	(void)state;
	strbuf_addstr(&text, "{ \"vars\": { \"A\": \"xxxxxxxxxxxxxxxx\"");
	for (char c = 'B'; c <= 'Z'; c++)
		strbuf_addf(&text, ", \"%c\": \"${%c}${%c}\"", c, c - 1, c - 1);
	strbuf_addstr(&text, " } }");
	project_dir_init(&d);
	project_dir_write(&d, "slipway.json", MINIMAL " }");
	project_dir_write(&d, "manifests/local.json", DIR_HOST);
	project_dir_write(&d, "targets/one.json", text.buf);
	assert_int_equal(project_dir_load(&d), 0);
	assert_int_equal(project_dir_resolve(&d, NULL), -1);
	assert_non_null(strstr(project_dir_problems(&d), "expands to more than 64 KiB"));
	strbuf_clear(&text);
	project_dir_clear(&d);
}

static void dollar_can_be_escaped(void **state)
{
	struct project_dir d;

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, "slipway.json", MINIMAL " }");
	project_dir_write(&d, "manifests/local.json", DIR_HOST);
	project_dir_write(&d, "targets/my-one.json",
	                  "{ \"vars\": { \"A\": \"$${B} $5 ${target}\", \"S\": { \"env\": \"${TARGET}_TOKEN\" } } }");
	assert_int_equal(project_dir_load(&d), 0);
	assert_int_equal(project_dir_resolve(&d, NULL), 0);
	var_is(project_dir_target(&d, "my-one"), "A", VAR_STRING, "${B} $5 my-one");
	var_is(project_dir_target(&d, "my-one"), "S", VAR_SECRET, NULL);
	assert_string_equal(json_string(json_get(target_var(project_dir_target(&d, "my-one"), "S")->ref, "env")),
	                    "MY_ONE_TOKEN");
	project_dir_clear(&d);
}

static void shared(const char *hosts, const char *targets, const char *expected)
{
	struct strbuf config = STRBUF_INIT;
	struct project_dir d;

	project_dir_init(&d);
	strbuf_addf(&config, MINIMAL ",\n\"manifests\": %s,\n\"targets\": %s }", hosts, targets);
	project_dir_write(&d, "slipway.json", config.buf);
	assert_int_equal(project_dir_load(&d), 0);
	(void)project_dir_resolve(&d, NULL);
	assert_string_equal(project_dir_problems(&d), expected);
	strbuf_clear(&config);
	project_dir_clear(&d);
}

static void places_are_not_shared(void **state)
{
	(void)state;
	shared("{ \"h\": { \"kind\": \"dir\" } }",
	       "{ \"a\": { \"root\": \"www/x/../a\" },\n\"b\": { \"root\": \"./www//a/\" } }",
	       "E slipway.json:4:6: a and b share a place: ./www//a/ | give each a place of its own\n");
	shared("{ \"h\": { \"kind\": \"dir\" } }",
	       "{ \"a\": { \"root\": \"www\" },\n\"b\": { \"root\": \"www/b\" }, \"c\": { \"root\": \"www2\" } }",
	       "E slipway.json:4:6: b lies inside the place of a: www/b is below www | give each a place of its own\n");
	shared("{ \"h\": { \"kind\": \"dir\" } }",
	       "{ \"a\": { \"root\": \"a\", \"live\": \"cur\" },\n\"b\": { \"root\": \"b\", \"live\": \"./cur\" } }",
	       "E slipway.json:4:6: a and b share a place: ./cur | give each a place of its own\n");
	shared("{ \"h\": { \"kind\": \"s3\", \"bucket\": \"x\" } }",
	       "{ \"a\": { \"prefix\": \"p\" },\n\"b\": { \"prefix\": \"p/q/\" }, \"c\": { \"prefix\": \"pq\" } }",
	       "E slipway.json:4:6: b lies inside the place of a: s3://x/p/q/ is below s3://x/p/ | give each a place of "
	       "its own\n");
	shared("{ \"h\": { \"kind\": \"firebase\", \"project\": \"x\" } }",
	       "{ \"a\": { \"site\": [\"s\", \"t\"] },\n\"b\": { \"site\": \"t\" }, \"c\": {} }",
	       "E slipway.json:4:6: a and b share a place: site t | give each a place of its own\n");
	shared("{ \"h\": { \"kind\": \"ssh\", \"address\": \"u@h\" }, \"g\": { \"kind\": \"ssh\", \"address\": \"u@g\" } }",
	       "{ \"a\": { \"host\": \"h\", \"root\": \"/w\" },\n\"b\": { \"host\": \"g\", \"root\": \"/w\" }, \"c\": { "
	       "\"host\": \"h\", \"root\": \"/w/\" } }",
	       "E slipway.json:4:42: a and c share a place: /w/ | give each a place of its own\n");
	shared("{ \"h\": { \"kind\": \"dir\" } }", "{ \"a\": {} }",
	       "E slipway.json:3:19: target \"a\" (host h, kind dir) has no \"root\" | set it here, in the environment, in "
	       "manifests/h.json or in defaults\n");
}

static void one_target_in_two_environments(void **state)
{
	problems_are(MINIMAL ",\n\"environments\": { \"a\": {}, \"b\": {} } }", "{ \"environments\": [\"a\", \"b\"] }",
	             "E targets/one.json:1:1: one in a and one in b share a place: www/one | give each a place of its "
	             "own\n");
	(void)state;
}

static void lists_of_sites_are_places(void **state)
{
	struct project_dir d;

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, "slipway.json",
	                  MINIMAL ", \"manifests\": { \"f\": { \"kind\": \"firebase\", \"project\": \"p\" } }, "
	                          "\"targets\": "
	                  "[ { \"name\": \"one\", \"site\": [\"${target}-a\", \"b\"] } ] }");
	assert_int_equal(project_dir_load(&d), 0);
	assert_int_equal(project_dir_resolve(&d, NULL), 0);
	assert_int_equal(d.targets.items[0].place_count, 2);
	assert_string_equal(d.targets.items[0].places[0], "one/one-a");
	assert_string_equal(d.targets.items[0].places[1], "one/b");
	project_dir_clear(&d);
}

static void overlays_and_render(void **state)
{
	struct project_dir d;
	const struct target *t;

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, "slipway.json",
	                  MINIMAL ", \"overlays\": \"lay/\", \"environments\": { \"live\": {} }, \"defaults\": { "
	                          "\"overlays\": "
	                  "[\"brand\"], \"render\": [\"config.js\", { \"path\": \"${target}.txt\", \"from\": \"t.txt\", "
	                  "\"open\": \"<%\", "
	                  "\"close\": \"%>\" }] } }");
	project_dir_write(&d, "manifests/local.json", DIR_HOST);
	project_dir_write(&d, "targets/one.json", "{}");
	project_dir_write(&d, "lay/one/", "");
	project_dir_write(&d, "lay/brand/", "");
	project_dir_write(&d, "lay/live/", "");
	assert_int_equal(project_dir_load(&d), 0);
	assert_int_equal(project_dir_resolve(&d, "live"), 0);
	t = project_dir_target(&d, "one");
	assert_int_equal(t->overlay_count, 3);
	assert_string_equal(t->overlays[0], "lay/live");
	assert_string_equal(t->overlays[1], "lay/brand");
	assert_string_equal(t->overlays[2], "lay/one");
	assert_int_equal(t->render_count, 2);
	assert_string_equal(t->render[0].path, "config.js");
	assert_string_equal(t->render[0].open, "{{");
	assert_string_equal(t->render[1].path, "one.txt");
	assert_string_equal(t->render[1].from, "t.txt");
	assert_string_equal(t->render[1].close, "%>");
	project_dir_clear(&d);
}

static void overlay_of_two_meanings(void **state)
{
	struct project_dir d;

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, "slipway.json", MINIMAL ", \"environments\": { \"live\": {} } }");
	project_dir_write(&d, "manifests/local.json", DIR_HOST);
	project_dir_write(&d, "targets/live.json", "{}");
	project_dir_write(&d, "overlays/other/", "");
	assert_int_equal(project_dir_load(&d), 0);
	assert_int_equal(project_dir_resolve(&d, "live"), 0);
	project_free(d.project);
	project_dir_write(&d, "overlays/live/", "");
	assert_int_equal(project_dir_load(&d), 0);
	assert_int_equal(project_dir_resolve(&d, "live"), -1);
	assert_string_equal(project_dir_problems(&d), "E targets/live.json:0:0: target \"live\" is called like an "
	                                              "environment, so the "
	                    "overlay \"overlays/live\" could be meant for either | rename the target or the environment\n");
	project_dir_clear(&d);
}

static void repeated_literals_are_hinted(void **state)
{
	(void)state;
	problems_are(MINIMAL ",\n\"environments\": { \"base\": {},\n\"a\": { \"extends\": \"base\", \"vars\": { \"U\": "
	                     "\"1\", \"V\": \"1\" } },\n"
	             "\"b\": { \"extends\": \"base\", \"vars\": { \"U\": \"1\", \"V\": \"2\" } } } }",
	             "{ \"root\": \"x/${environment}\", \"environments\": { \"a\": { \"url\": \"http://x\" }, \"b\": { "
	             "\"url\": \"http://x\" } } }",
	             "H slipway.json:3:37: variable \"U\" is the same in every environment: it belongs into the "
	             "environment they extend, "
	             "or \"defaults\"\n"
	             "H targets/one.json:1:56: setting \"url\" is the same in every environment: it belongs into the "
	             "target itself\n");
}

static void endpoints_need_trust(void **state)
{
	const char *evil = "{ \"f\": { \"kind\": \"firebase\", \"project\": \"p\", \"endpoint\": "
	                   "\"http://127.0.0.1.evil.example\" } }";

	(void)state;
	shared("{ \"f\": { \"kind\": \"firebase\", \"project\": \"p\", \"endpoint\": \"http://127.0.0.1:8080\" } }",
	       "{ \"a\": {} }", "");
	shared(evil, "{ \"a\": {} }",
	       "E slipway.json:2:71: \"http://127.0.0.1.evil.example\" is neither this machine nor allowed: a "
	       "project must not choose who receives credentials | name it in SLIPWAY_ALLOW_ENDPOINTS if credentials "
	       "may be sent there\n");
}

static void project_is_found_above(void **state)
{
	struct project_dir d;
	struct strbuf below = STRBUF_INIT;

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, "slipway.json", MINIMAL " }");
	project_dir_write(&d, "a/b/", "");
	strbuf_addf(&below, "%s/a/b", d.path);
	assert_int_equal(project_load(&d.project, below.buf, NULL, &d.problems, &d.fail), 0);
	assert_string_equal(project_config_name(d.project), "slipway.json");
	strbuf_clear(&below);
	project_dir_clear(&d);
}

static void found(struct project_dir *d, const char *below, const char *document)
{
	struct strbuf path = STRBUF_INIT;

	project_free(d->project);
	d->project = NULL;
	problems_clear(&d->problems);
	strbuf_addf(&path, "%s%s", d->path, below);
	(void)project_load(&d->project, path.buf, NULL, &d->problems, &d->fail);
	assert_non_null(d->project);
	assert_string_equal(project_config_name(d->project), document);
	strbuf_clear(&path);
}

static void the_nearest_project_counts(void **state)
{
	struct project_dir d;

	(void)state;
	project_dir_init(&d);
	assert_int_equal(project_dir_load(&d), -1);
	assert_int_equal(d.fail.kind, FAIL_MISSING);
	assert_null(d.project);
	assert_string_equal(d.fail.hint, "slipway init writes a project here");
	project_dir_write(&d, "slipway.json", MINIMAL " }");
	project_dir_write(&d, "kiosk/firebase.json", "{}");
	project_dir_write(&d, "kiosk/src/", "");
	found(&d, "", "slipway.json");
	found(&d, "/kiosk", "firebase.json");
	found(&d, "/kiosk/src", "firebase.json");
	project_dir_write(&d, "kiosk/slipway.json", MINIMAL " }");
	found(&d, "/kiosk/src", "slipway.json");
	project_dir_clear(&d);
}

static void explanation_names_origins(void **state)
{
	struct project_dir d;
	struct strbuf text = STRBUF_INIT;

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, "slipway.json", MINIMAL ",\n\"defaults\": { \"keep\": { \"within\": \"14d\" } } }");
	project_dir_write(&d, "manifests/local.json", DIR_HOST);
	project_dir_write(&d, "targets/one.json", "{ \"vars\": { \"T\": { \"env\": \"ONE_TOKEN\" } } }");
	assert_int_equal(project_dir_load(&d), 0);
	assert_int_equal(project_dir_resolve(&d, NULL), 0);
	target_explain(&d.targets.items[0], &text);
	assert_non_null(strstr(text.buf, "one: host local (dir), build web, from targets/one.json\n"));
	assert_non_null(strstr(text.buf,
	                       "  keep.last              10                                           built-in\n"));
	assert_non_null(strstr(text.buf,
	                       "  keep.within            14d                                          "
	                       "slipway.json:2:25\n"));
	assert_non_null(strstr(text.buf,
	                       "  root                   www/one                                      "
	                       "manifests/local.json:1:18\n"));
	assert_non_null(strstr(text.buf,
	                       "  T                      env ONE_TOKEN                                "
	                       "targets/one.json:1:13\n"));
	strbuf_clear(&text);
	project_dir_clear(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_win_in_order), cmocka_unit_test(keys_are_checked),
			cmocka_unit_test(all_documents_at_once),
		cmocka_unit_test(environments_are_checked), cmocka_unit_test(references_are_checked),
		cmocka_unit_test(expansion_is_bounded), cmocka_unit_test(dollar_can_be_escaped),
		cmocka_unit_test(places_are_not_shared), cmocka_unit_test(one_target_in_two_environments),
		cmocka_unit_test(lists_of_sites_are_places), cmocka_unit_test(overlays_and_render),
		cmocka_unit_test(overlay_of_two_meanings),
		cmocka_unit_test(repeated_literals_are_hinted), cmocka_unit_test(endpoints_need_trust),
		cmocka_unit_test(project_is_found_above), cmocka_unit_test(the_nearest_project_counts),
		cmocka_unit_test(explanation_names_origins),
	};

	return cmocka_run_group_tests_name("target/project", tests, NULL, NULL);
}
