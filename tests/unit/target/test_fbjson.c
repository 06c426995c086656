/* firebase.json as a project: shapes, the project's id, filters, what is ignored, and where messages point. */
#include "target/fbjson.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "project_dir.h"

#define RC "{\"projects\": {\"staging\": \"p-1\"}, \"targets\": {\"p-1\": {\"hosting\": " \
	"{\"one\": [\"site-1\"], \"two\": [\"site-2a\", \"site-2b\"], \"none\": []}}}}"

static int open_with(struct project_dir *d, const struct fbjson_request *firebase)
{
	const struct project_request rq = { .dir = d->path, .firebase = firebase };

	project_free(d->project);
	d->project = NULL;
	problems_clear(&d->problems);
	d->fail = (struct fail)FAIL_INIT;
	int rc = project_open(&d->project, &rq, &d->problems, &d->fail);
	size_t count = 0;
	const struct environment *e = d->project ? project_environments(d->project, &count) : NULL;
	struct fail again = FAIL_INIT;

	if (count && project_resolve(d->project, e->name, &d->targets, &d->problems, &again) < 0 && rc == 0)
		d->fail = again;
	return count && d->problems.errors == 0 ? rc : -1;
}

static void begin(struct project_dir *d, const char *config, const char *rc)
{
	project_dir_init(d);
	project_dir_write(d, "firebase.json", config);
	if (rc)
		project_dir_write(d, ".firebaserc", rc);
}

/* The targets and their sites: "one=site-1 two=site-2a,site-2b". */
static const char *sites(const struct project_dir *d)
{
	static char text[1000];
	struct arena mem = ARENA_INIT;
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < d->targets.count; i++) {
		size_t count;
		const char *const *list = target_strings(&d->targets.items[i], "site", &count, &mem);

		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s=", i ? " " : "", d->targets.items[i].name);
		for (size_t k = 0; k < count; k++)
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", k ? "," : "", list[k]);
	}
	arena_clear(&mem);
	return text;
}

static void serves(const char *config, const char *rc, const struct fbjson_request *rq, const char *expected)
{
	struct project_dir d;

	begin(&d, config, rc);
	if (open_with(&d, rq) < 0)
		fail_msg("%s: %s", config, d.fail.text);
	assert_string_equal(sites(&d), expected);
	project_dir_clear(&d);
}

/* The errors alone, a line each. */
static void refuses(const char *config, const char *expected)
{
	struct project_dir d;
	char text[4000] = "";

	begin(&d, config, RC);
	assert_int_equal(open_with(&d, NULL), -1);
	assert_int_equal(d.fail.kind, FAIL_CONFIG);
	for (size_t i = 0; i < d.problems.count; i++) {
		const struct document_problem *p = &d.problems.items[i];

		if (p->level == PROBLEM_ERROR)
			(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s:%u:%u: %s\n", p->file, p->line,
			               p->column, p->text);
	}
	assert_string_equal(text, expected);
	project_dir_clear(&d);
}

static void shapes(void **state)
{
	(void)state;
	serves("{\"hosting\": {\"public\": \"dist\"}}", RC, NULL, "p-1=");
	serves("{\"hosting\": {\"public\": \"dist\", \"site\": \"s\"}}", RC, NULL, "s=");
	serves("{\"hosting\": {\"public\": \"/srv/dist\", \"target\": \"one\"}, \"firestore\": {\"rules\": 1}}", RC, NULL,
	       "one=site-1");
	serves("// c\n{\"hosting\": [{\"public\": \".\", \"target\": \"two\"}, {\"public\": \"a/../b\", \"site\": "
	       "\"a.b/c\"}]}", RC, NULL, "a.b-c=a.b/c two=site-2a,site-2b");
	serves("{\"hosting\": 1, \"hosting\": {\"public\": \"x\", \"public\": \"dist\"}}", RC, NULL, "p-1=");
	serves("{\"hosting\": [{\"site\": \"s\", \"public\": \"d\"}, {\"site\": \"s \", \"public\": \"d\"}]}", RC, NULL,
	       "s= s-=s ");
	serves("{\"hosting\": {\"redirects\": [{\"source\": \"**\", \"destination\": \"https://new.example\"}]}}", RC, NULL,
	       "p-1=");
	serves("{\"hosting\": {\"rewrites\": [{\"source\": \"**\", \"function\": \"f\"}]}}", RC, NULL, "p-1=");
}

static void shapes_that_cannot_be_deployed(void **state)
{
	(void)state;
	refuses("{}", "firebase.json:1:1: it has no \"hosting\", so there is nothing to deploy\n");
	refuses("{\"hosting\": []}", "firebase.json:1:13: \"hosting\" is empty, so there is nothing to deploy\n");
	refuses("{\"hosting\": \"h.json\"}", "firebase.json:1:13: \"hosting\" is neither an object nor a list\n");
	refuses("{\"hosting\": {}}",
	        "firebase.json:1:13: hosting has no \"public\" directory, and no rewrite or redirect that does without\n");
	refuses("{\"hosting\": [{\"public\": \"d\"}, 7]}",
	        "firebase.json:1:14: entry 1 of hosting has neither \"site\" nor \"target\", one of which each entry of a "
	        "list needs\nfirebase.json:1:31: entry 2 of hosting is not an object\n");
	refuses("{\"hosting\": {\"public\": \"d\", \"site\": \"s\",\n \"target\": \"one\"}}",
	        "firebase.json:2:12: hosting has both \"site\" and \"target\", which firebase refuses\n");
	refuses("{\"hosting\": {\"public\": \"d\", \"target\": \"none\"}}",
	        "firebase.json:1:39: hosting is for target \"none\", which .firebaserc gives no site in project p-1\n");
	refuses("{\"hosting\": {\"public\": \"d\", \"target\": [\"one\"]}}",
	        "firebase.json:1:39: hosting has a \"site\" or \"target\" that is not a name\n");
	refuses("{\"hosting\": [{\"public\": \"a\", \"site\": \"site-2b\"}, {\"public\": \"b\", \"target\": \"two\"}]}",
	        "firebase.json:1:76: entry 2 of hosting is for site \"site-2b\", as entry 1 is\n");
	refuses("{\"hosting\": {\"source\": \".\"}}",
	        "firebase.json:1:24: hosting has a \"source\", but slipway deploys files and builds no web framework\n");
	refuses("{\"hosting\": {\"public\": \"a/../../b\"}}",
	        "firebase.json:1:24: hosting has a \"public\" outside the directory of firebase.json\n");
	refuses("{\"hosting\": {\"public\": 1}}",
	        "firebase.json:1:24: hosting has a \"public\" that is not a directory's name\n");
	refuses("{\"hosting\": {\"public\": \"d\", \"predeploy\": {\"a\": 1}}}",
	        "firebase.json:1:42: hosting has a \"predeploy\" that is neither a command nor a list of them\n");
	refuses("{\"hosting\": {\"public\": \"d\", \"ignore\": [1]}}",
	        "firebase.json:1:39: hosting has an \"ignore\" that is no list of strings\n");
	refuses("{\"hosting\": {\"rewrites\": [{\"source\": \"/f\", \"function\": \"f\"}, {\"source\": \"**\", "
	        "\"destination\": \"/\"}]}}",
	        "firebase.json:1:62: hosting rewrites to a file, which needs a \"public\" directory\n");
	refuses("{\"hosting\": {\"redirects\": [{\"source\": \"/\", \"destination\": \"/\"}], \"i18n\": {\"root\": "
	        "\"/x\"}}}",
	        "firebase.json:1:74: hosting has \"i18n\", which needs a \"public\" directory\n");
}

static void syntax_is_json_with_comments(void **state)
{
	(void)state;
	refuses("{\n \"hosting\": {\"public\": \"d\",},\n}", "firebase.json:2:27: trailing comma\n");
	refuses("{\"hosting\": {'public': \"d\"}}", "firebase.json:1:14: expected a key in double quotes\n");
	refuses("", "firebase.json:1:1: the document is empty\n");
}

/* Values are judged as in our own documents, where they stand. */
static void values_point_into_firebase_json(void **state)
{
	(void)state;
	refuses("{\"hosting\": {\"public\": \"d\",\n \"redirects\": [{\"source\": \"/a\", \"destination\": \"/b\", "
	        "\"type\": 200}],\n"
	        " \"rewrites\": [{\"source\": \"/\", \"run\": {\"serviceId\": \"s\"}, \"region\": \"r\"},\n"
	        "  {\"source\": \"/\", \"regex\": \"/\", \"destination\": \"/\"}],\n \"ignore\": [\"ok\", \"{1..3000}\"]}}",
	        "firebase.json:2:62: expected at least 300\n"
	        "firebase.json:3:58: \"region\" stands only beside a \"function\" that is a string\n"
	        "firebase.json:4:3: exactly one of \"source\", \"glob\", \"regex\" must stand here, not 2\n"
	        "firebase.json:5:19: braces expand to more than 1024 alternatives\n");
}

static void warns_of_what_is_ignored(void **state)
{
	struct project_dir d;

	(void)state;
	begin(&d, "{\"hosting\": [\n"
	      " {\"public\": \"dist\", \"target\": \"one\", \"hosting\": {\"public\": \"dist\", \"target\": \"\", "
	      "\"ignore\": [],\n"
	      "  \"rewrites\": [{\"source\": \"**\", \"destination\": \"/index.html\"}]}},\n"
	      " {\"public\": \"dist\", \"target\": \"two\", \"hosting\": {}, \"rewrite\": [], \"x-mine\": 1},\n"
	      " {\"public\": \"dist\", \"site\": \"three\", \"i18n\": {\"root\": \"/intl\"},\n"
	      "  \"rewrites\": [{\"source\": \"a\", \"glob\": \"b\", \"destination\": \"/\", \"run\": {}, \"note\": "
	      "\"${n}\"}]}]}", RC);
	project_dir_write(&d, "dist/index.html", "x");
	assert_int_equal(open_with(&d, NULL), 0);
	assert_string_equal(project_dir_problems(&d),
	    "W firebase.json:2:38: the \"hosting\" inside an entry is ignored, as firebase ignores it, so its ignore, "
	    "rewrites never applied; 1 more entry has it | move them out of it, one level up, if they are meant; slipway "
	    "init keeps them in view\n"
	    "H firebase.json:4:31: target \"two\" has 2 sites in .firebaserc, which firebase refuses; slipway deploys to "
	    "all of them\n"
	    "W firebase.json:4:53: unknown key \"rewrite\" is ignored, as firebase ignores it | did you mean "
	    "\"rewrites\"?\n"
	    "W firebase.json:5:55: there is no directory \"dist/intl\"\n"
	    "W firebase.json:6:17: \"source\" is ignored beside \"glob\", as firebase ignores it\n"
	    "W firebase.json:6:65: \"run\" is ignored beside \"destination\", as firebase ignores it\n"
	    "W firebase.json:6:76: unknown key \"note\" is ignored, as firebase ignores it\n");
	project_dir_clear(&d);
}

/* Nothing expands, and a directory that happens to be called like one of ours is none. */
static void only_firebase_documents_count(void **state)
{
	struct project_dir d;
	struct arena mem = ARENA_INIT;
	const struct target *t;
	const char *dir = NULL;
	struct fail f = FAIL_INIT;
	size_t count;

	(void)state;
	begin(&d, "{\"hosting\": {\"public\": \"d${x}\", \"ignore\": [\"${y}/**\"], \"trailingSlash\": null, "
	      "\"cleanUrls\": 1, \"rewrites\": [{\"source\": \"**\", \"destination\": \"/${z}\"}], \"headers\": null, "
	      "\"allow_unsafe\": [\"a\"]}}", RC);
	project_dir_write(&d, "targets/x.json", "broken");
	project_dir_write(&d, "manifests/x.json", "broken");
	project_dir_write(&d, "overlays/p-1/index.html", "x");
	assert_int_equal(open_with(&d, NULL), 0);
	t = project_dir_target(&d, "p-1");
	assert_string_equal(t->kind, "firebase");
	assert_string_equal(target_string(t, "project", &mem), "p-1");
	assert_int_equal(t->overlay_count, 0);
	assert_string_equal(t->places[0], "p-1");
	assert_int_equal(json_type(target_value(t, "trailingSlash")), JSON_BOOL);
	assert_false(json_bool(target_value(t, "trailingSlash"), true));
	assert_true(json_bool(target_value(t, "cleanUrls"), false));
	assert_null(target_value(t, "headers"));
	const json *to = json_get(json_first(target_value(t, "rewrites")), "destination");
	assert_int_equal(target_expand(t, json_string(to), &dir, &mem, &f), 0);
	assert_string_equal(dir, "/${z}");
	const struct build_def *b = project_builds(d.project, &count);
	assert_int_equal(count, 1);
	assert_true(b->as_firebase);
	assert_string_equal(b->allow_unsafe[0], "a");
	assert_int_equal(project_expand(d.project, t->environment, b->dir, &dir, &mem, &f), 0);
	assert_string_equal(dir, "d${x}");
	assert_string_equal(project_name(d.project), "p-1");
	arena_clear(&mem);
	project_dir_clear(&d);
}

static void builds_are_shared(void **state)
{
	struct project_dir d;
	size_t count;

	(void)state;
	begin(&d, "{\"hosting\": [{\"public\": \"a/dist\", \"site\": \"s1\"}, {\"public\": \"a/dist\", \"site\": \"s2\"},"
	      "{\"public\": \"a/dist\", \"site\": \"s3\", \"ignore\": \"x\"}, {\"public\": \"b/dist/\", \"site\": \"s4\"},"
	      "{\"site\": \"s5\", \"redirects\": [{\"source\": \"/\", \"destination\": \"/\"}]}]}", RC);
	assert_int_equal(open_with(&d, NULL), 0);
	const struct build_def *b = project_builds(d.project, &count);
	assert_int_equal(count, 4);
	assert_string_equal(project_dir_target(&d, "s1")->build, "dist");
	assert_string_equal(project_dir_target(&d, "s2")->build, "dist");
	assert_string_equal(project_dir_target(&d, "s3")->build, "dist-2");
	assert_string_equal(project_dir_target(&d, "s4")->build, "dist-3");
	assert_string_equal(project_dir_target(&d, "s5")->build, "empty");
	assert_string_equal(b[1].ignore[0], "x");
	assert_null(b[3].dir);
	project_dir_clear(&d);
}

static void explanations_name_firebase_json(void **state)
{
	struct project_dir d;
	struct strbuf text = STRBUF_INIT;

	(void)state;
	begin(&d, "{\"hosting\": {\"public\": \"dist\",\n  \"target\": \"one\",\n  \"cleanUrls\": true}}", RC);
	assert_int_equal(open_with(&d, NULL), 0);
	target_explain(project_dir_target(&d, "one"), &text);
	assert_non_null(strstr(text.buf, "one in p-1: host hosting (firebase), build dist, from firebase.json\n"));
	assert_non_null(strstr(text.buf, "  cleanUrls              true                                         "
	                                 "firebase.json:3:3\n"));
	assert_non_null(strstr(text.buf, "firebase.json:2:3\n"));
	assert_non_null(strstr(text.buf, "p-1                                          host hosting\n"));
	strbuf_clear(&text);
	project_dir_clear(&d);
}

/* ---- the project's id ---- */

/* In store, @ is the project's directory. */
static void id_is(const char *config, const char *rc, const char *option, const char *store, const char *id,
                  const char *why)
{
	struct project_dir d;
	struct strbuf path = STRBUF_INIT;

	begin(&d, config, rc);
	strbuf_addf(&path, "%s/store.json", d.path);
	if (store) {
		struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "%.*s%s%s", (int)strcspn(store, "@"), store, d.path, strchr(store, '@') + 1);
		project_dir_write(&d, "store.json", text.buf);
		strbuf_clear(&text);
	}
	const struct fbjson_request rq = { .project = option, .store = path.buf };
	if (open_with(&d, &rq) < 0)
		fail_msg("%s", d.fail.text);
	assert_string_equal(project_firebase(d.project), id);
	assert_string_equal(project_firebase_why(d.project), why);
	strbuf_clear(&path);
	project_dir_clear(&d);
}

static void no_id(const char *config, const char *rc, const char *option, enum fail_kind kind, const char *text)
{
	struct project_dir d;
	const struct fbjson_request rq = { .project = option };

	begin(&d, config, rc);
	assert_int_equal(open_with(&d, &rq), -1);
	assert_int_equal(d.fail.kind, kind);
	assert_string_equal(d.fail.text, text);
	project_dir_clear(&d);
}

static void the_project_is_found_in_order(void **state)
{
	static const char config[] = "{\"hosting\": {\"public\": \"d\", \"site\": \"s\"}}";
	static const char old[] = "{\"hosting\": {\"public\": \"d\", \"site\": \"s\"}, \"firebase\": \"b\"}";
	static const char rc[] = "{\"projects\": {\"default\": \"p-d\", \"b\": \"p-b\"}}";
	static const char store[] = "{\"activeProjects\": {\"@\": \"b\", \"/\": \"p-root\"}}";
	static const char above[] = "{\"activeProjects\": {\"/other@\": \"b\", \"/tmp\": \"p-tmp\"}}";

	(void)state;
	id_is(old, rc, "b", store, "p-b", "-P b");
	id_is(old, rc, "p-x", store, "p-x", "-P");
	id_is(old, rc, NULL, store, "p-b", "firebase use b");
	id_is(old, rc, NULL, above, "p-tmp", "firebase use");
	id_is(old, rc, NULL, "broken @", "p-b", "\"firebase\" in firebase.json b");
	id_is(old, NULL, NULL, NULL, "b", "\"firebase\" in firebase.json");
	id_is(config, "{\"projects\": {\"only\": \"p-o\"}}", NULL, NULL, "p-o", "the only alias, only");
	id_is(config, rc, NULL, NULL, "p-d", "alias default");
	id_is(config, rc, "example.com:p", NULL, "example.com:p", "-P");
	no_id(config, "{\"projects\": {\"a\": \"x\", \"b\": \"y\"}}", NULL, FAIL_CONFIG,
	      ".firebaserc: which project? There is a, b");
	no_id(config, NULL, NULL, FAIL_CONFIG, "firebase.json: nothing says to which project it belongs");
	no_id(config, "{broken", NULL, FAIL_CONFIG, "firebase.json: nothing says to which project it belongs");
	no_id(config, rc, "No Such", FAIL_USAGE, "\"No Such\" (-P) is neither an alias of .firebaserc nor a project's id");
	no_id(config, rc, "123", FAIL_USAGE, "\"123\" (-P) is a project's number, not its id");
	no_id(config, "{\"projects\": {\"a\": \"X\"}}", NULL, FAIL_CONFIG,
	      "\"X\" (the only alias, a) is neither an alias of .firebaserc nor a project's id");
}

static void a_broken_rc_counts_as_empty(void **state)
{
	struct project_dir d;
	const struct fbjson_request rq = { .project = "p-1" };

	(void)state;
	begin(&d, "{\"hosting\": {\"public\": \"d\", \"site\": \"s\"}}", "{\"projects\": {},}");
	assert_int_equal(open_with(&d, &rq), 0);
	assert_string_equal(project_dir_problems(&d), "W .firebaserc:1:16: trailing comma | it counts as empty, as it "
	                                              "does for firebase\n");
	project_dir_clear(&d);
}

/* Targets are looked up under the id, and what is recorded is told apart by it. */
static void projects_have_their_own_sites(void **state)
{
	static const char config[] = "{\"hosting\": {\"public\": \"d\", \"target\": \"t\"}}";
	static const char rc[] = "{\"projects\": {\"stg\": \"p-s\", \"prod\": \"p-p\"}, \"targets\": {\"p-s\": "
		"{\"hosting\": {\"t\": [\"stg-t\"]}}, \"p-p\": {\"hosting\": {\"t\": \"odd\"}}, \"stg\": {\"hosting\": "
		"{\"t\": [\"never\"]}}}}";
	const struct fbjson_request stg = { .project = "stg" }, prod = { .project = "p-p" };
	struct project_dir d;

	(void)state;
	begin(&d, config, rc);
	assert_int_equal(open_with(&d, &stg), 0);
	assert_string_equal(sites(&d), "t=stg-t");
	assert_string_equal(d.targets.items[0].environment, "p-s");
	assert_int_equal(open_with(&d, &prod), -1);
	assert_non_null(strstr(d.fail.hint, "add to .firebaserc: \"targets\": { \"p-p\": { \"hosting\": { \"t\": "
	                "[\"SITE\"] } } }"));
	project_dir_clear(&d);
}

/* ---- filters ---- */
static const char fleet[] = "{\"hosting\": [{\"public\": \"d\", \"target\": \"one\"}, {\"public\": \"d\", \"target\": "
    "\"two\"},{\"public\": \"d\", \"site\": \"three\"}, {\"public\": \"d\", \"target\": \"gone\"}]}";

static void only_is(const char *only, const char *expected)
{
	const struct fbjson_request rq = { .only = only };

	serves(fleet, RC, &rq, expected);
}

static void except_is(const char *except, const char *expected)
{
	const struct fbjson_request rq = { .except = &except, .except_count = 1 };

	serves(fleet, RC, &rq, expected);
}

static void not_so(const struct fbjson_request *rq, enum fail_kind kind, const char *text, const char *hint)
{
	struct project_dir d;

	begin(&d, fleet, RC);
	assert_int_equal(open_with(&d, rq), -1);
	assert_int_equal(d.fail.kind, kind);
	assert_string_equal(d.fail.text, text);
	assert_string_equal(d.fail.hint, hint);
	project_dir_clear(&d);
}

static void only_and_except(void **state)
{
	static const char *const words[] = { "hosting:one,functions a b*", "c,hosting" };
	const char *hosting = "hosting", *all = "hosting:one,hosting:two,hosting:three,hosting:gone";
	struct arena mem = ARENA_INIT;
	size_t count;

	(void)state;
	only_is("hosting:one", "one=site-1");
	only_is("hosting:three, hosting:two", "three= two=site-2a,site-2b");
	except_is("hosting:gone hosting:two", "one=site-1 three=");
	except_is("hosting:gone,hosting:nobody,functions,one", "one=site-1 three= two=site-2a,site-2b");
	not_so(&(struct fbjson_request){ .only = "hosting" }, FAIL_CONFIG,
	       "firebase.json:1:141: entry 4 of hosting is for target \"gone\", which .firebaserc gives no site in "
	       "project p-1",
	       "add to .firebaserc: \"targets\": { \"p-1\": { \"hosting\": { \"gone\": [\"SITE\"] } } }; or leave it out: "
	       "--only hosting:one,hosting:two,hosting:three");
	not_so(&(struct fbjson_request){ .only = "hosting:site-1" }, FAIL_USAGE,
	       "--only hosting:site-1: firebase.json has no entry with this site or target",
	       "there is one, two, three, gone");
	not_so(&(struct fbjson_request){ .only = "hosting:thre" }, FAIL_USAGE,
	       "--only hosting:thre: firebase.json has no entry with this site or target", "did you mean hosting:three?");
	not_so(&(struct fbjson_request){ .only = "functions:f" }, FAIL_USAGE,
	       "--only names functions:f: slipway deploys hosting and nothing else",
	       "deploy that with the firebase tools, and hosting with --only hosting");
	not_so(&(struct fbjson_request){ .only = "one" }, FAIL_USAGE,
	       "--only takes hosting or hosting:NAME, not \"one\"",
	       "--only hosting:one, or name the target: slipway deploy one");
	not_so(&(struct fbjson_request){ .only = " , " }, FAIL_USAGE, "--only names nothing", "");
	not_so(&(struct fbjson_request){ .only = "hosting", .except = &hosting, .except_count = 1 }, FAIL_USAGE,
	       "--only and --except cannot be used together", "");
	not_so(&(struct fbjson_request){ .except = &hosting, .except_count = 1 }, FAIL_USAGE,
	       "--except hosting leaves nothing to deploy", "");
	not_so(&(struct fbjson_request){ .except = &all, .except_count = 1 }, FAIL_USAGE,
	       "--except leaves nothing to deploy", "");
	const char *const *other = fbjson_other_words(words, 2, &count, &mem);
	assert_int_equal(count, 3);
	assert_string_equal(other[0], "a");
	assert_string_equal(other[1], "b*");
	assert_string_equal(other[2], "c");
	arena_clear(&mem);
}

/* A name does not depend on what the filters leave. */
static void names_survive_filters(void **state)
{
	static const char config[] = "{\"hosting\": [{\"public\": \"d\", \"site\": \"a b\"}, {\"public\": \"d\", "
	    "\"site\": \"a-b\"}]}";
	const struct fbjson_request rq = { .only = "hosting:a-b" };

	(void)state;
	serves(config, RC, &rq, "a-b-2=a-b");
	serves("{\"hosting\": {\"public\": \"d\"}}", RC, &(struct fbjson_request){ .only = "hosting:p-1" }, "p-1=");
}

static void slipway_projects_take_no_filters(void **state)
{
	struct project_dir d;

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, "slipway.json", "{ \"slipway\": 1, \"builds\": { \"web\": { \"dir\": \"dist\" } } }");
	assert_int_equal(open_with(&d, &(struct fbjson_request){ .only = "hosting" }), -1);
	assert_int_equal(d.fail.kind, FAIL_USAGE);
	assert_string_equal(d.fail.text, "--only is for a firebase.json; this project has a slipway.json");
	assert_int_equal(open_with(&d, &(struct fbjson_request){ .project = "p" }), -1);
	assert_int_equal(d.fail.kind, FAIL_USAGE);
	assert_string_equal(d.fail.text, "-P is for a firebase.json; this project has a slipway.json");
	project_dir_clear(&d);
}

/* ---- hooks, and other names of the document ---- */
static void hooks_are_in_order(void **state)
{
	const struct fbjson_request rq = { .except = (const char *const[]){ "hosting:b" }, .except_count = 1 };
	struct project_dir d;
	struct strbuf dir = STRBUF_INIT;
	size_t count;

	(void)state;
	begin(&d, "{\"hosting\": [{\"public\": \"./x/dist/\", \"site\": \"z\", \"predeploy\": \"one\", \"postdeploy\": "
	      "[\"a\", \"b\"]},{\"public\": \"d\", \"site\": \"b\", \"predeploy\": \"never\"}, {\"public\": \"/srv/d\", "
	      "\"site\": \"c\"},{\"public\": \".\", \"site\": \"a\", \"predeploy\": [\"two\", \"\"], \"postdeploy\": "
	      "null},{\"site\": \"r\", \"redirects\": [{\"source\": \"/\", \"destination\": \"/\"}], \"postdeploy\": "
	      "\"x\"}]}", RC);
	assert_int_equal(open_with(&d, &rq), 0);
	const struct hook_def *h = project_hooks(d.project, &count);
	assert_int_equal(count, 3);
	assert_string_equal(h[0].target, "z");
	assert_int_equal(h[0].before_count, 1);
	assert_int_equal(h[0].after_count, 2);
	assert_string_equal(h[0].after[1], "b");
	strbuf_addf(&dir, "%s/x/dist", project_root(d.project));
	assert_string_equal(h[0].resource_dir, dir.buf);
	assert_string_equal(h[1].target, "a");
	assert_int_equal(h[1].before_count, 1);
	assert_int_equal(h[1].after_count, 0);
	assert_string_equal(h[1].resource_dir, project_root(d.project));
	assert_string_equal(h[2].target, "r");
	assert_null(h[2].resource_dir);
	strbuf_clear(&dir);
	project_dir_clear(&d);
}

static void a_named_document_may_be_either(void **state)
{
	struct project_dir d;
	struct project_request rq = { .config = "firebase.prod.json" };

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, ".firebaserc", RC);
	project_dir_write(&d, "slipway.json", "broken");
	project_dir_write(&d, "firebase.prod.json", "{\"hosting\": {\"public\": \"d\"}}");
	rq.dir = d.path;
	assert_int_equal(project_open(&d.project, &rq, &d.problems, &d.fail), 0);
	assert_string_equal(project_firebase(d.project), "p-1");
	project_free(d.project);
	project_dir_write(&d, "other.json", "{ \"slipway\": 1, \"builds\": { \"web\": { \"dir\": \"dist\" } } }");
	rq.config = "other.json";
	assert_int_equal(project_open(&d.project, &rq, &d.problems, &d.fail), 0);
	assert_null(project_firebase(d.project));
	project_dir_clear(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes), cmocka_unit_test(shapes_that_cannot_be_deployed),
		cmocka_unit_test(syntax_is_json_with_comments), cmocka_unit_test(values_point_into_firebase_json),
		cmocka_unit_test(warns_of_what_is_ignored), cmocka_unit_test(only_firebase_documents_count),
		cmocka_unit_test(builds_are_shared), cmocka_unit_test(explanations_name_firebase_json),
		cmocka_unit_test(the_project_is_found_in_order), cmocka_unit_test(a_broken_rc_counts_as_empty),
		cmocka_unit_test(projects_have_their_own_sites), cmocka_unit_test(only_and_except),
		cmocka_unit_test(names_survive_filters), cmocka_unit_test(slipway_projects_take_no_filters),
		cmocka_unit_test(hooks_are_in_order), cmocka_unit_test(a_named_document_may_be_either),
	};

	return cmocka_run_group_tests_name("target/firebase", tests, NULL, NULL);
}
