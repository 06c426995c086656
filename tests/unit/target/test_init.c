#include "target/init.h"

#include <sys/stat.h>

#include "../support/test.h"
#include "target/fbjson.h"
#include "target/project.h"

static int run(const struct scratch *s, struct init_request *rq, struct strbuf *report, struct fail *f)
{
	rq->dir = s->path;
	return init_project(rq, report, f);
}

static void holds(const struct scratch *s, const char *path, const char *expected)
{
	char *text = scratch_read(s, path);

	assert_string_equal(text, expected);
	free(text);
}

/* What init wrote must load without a word. */
static void loads(const struct scratch *s, size_t targets)
{
	struct project *p = NULL;
	struct problems problems = PROBLEMS_INIT;
	struct target_list list;
	struct fail f = FAIL_INIT;

	if (project_load(&p, s->path, NULL, &problems, &f) < 0 || project_resolve(p, NULL, &list, &problems, &f) < 0)
		fail_msg("%s", f.text);
	assert_int_equal(problems.count, 0);
	assert_int_equal(list.count, targets);
	project_free(p);
	problems_clear(&problems);
}

static void plain_project(void **state)
{
	struct scratch *s = *state;
	struct init_request rq = { .name = "shop", .dist = "web/dist" };
	struct strbuf report = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	assert_int_equal(run(s, &rq, &report, &f), 0);
	assert_string_equal(report.buf, "wrote manifests/local.json\nwrote targets/shop.json\nwrote slipway.json\n");
	holds(s, "manifests/local.json", "{\n  \"kind\": \"dir\",\n  \"root\": \"www/${target}\"\n}\n");
	holds(s, "targets/shop.json", "{\n  \"host\": \"local\"\n}\n");
	loads(s, 1);
	strbuf_clear(&report);
}

static void several_targets(void **state)
{
	struct scratch *s = *state;
	const char *const names[] = { "a", "b" };
	struct init_request rq = { .name = "shop", .root = "/srv/www", .targets = names, .target_count = 2 };
	struct strbuf report = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	assert_int_equal(run(s, &rq, &report, &f), 0);
	holds(s, "manifests/local.json", "{\n  \"kind\": \"dir\",\n  \"root\": \"/srv/www/${target}\"\n}\n");
	loads(s, 2);
	strbuf_clear(&report);
}

static void never_overwrites(void **state)
{
	struct scratch *s = *state;
	struct init_request rq = { .name = "shop" };
	struct strbuf report = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	assert_int_equal(mkdirat(s->fd, "targets", 0755), 0);
	scratch_write(s, "targets/shop.json", "mine");
	assert_int_equal(run(s, &rq, &report, &f), -1);
	assert_int_equal(f.kind, FAIL_USAGE);
	assert_string_equal(f.text, "init never overwrites, but targets/shop.json is there already");
	assert_string_equal(report.buf, "");
	holds(s, "targets/shop.json", "mine");
	assert_int_equal(scratch_count(s, "."), 1);
	rq.name = "sh op";
	assert_int_equal(run(s, &rq, &report, &f), -1);
	assert_int_equal(f.kind, FAIL_USAGE);
}

/* The shape that a real company has: the inner "hosting" never applied. */
static void firebase_nested_hosting(void **state)
{
	struct scratch *s = *state;
	struct init_request rq = { .name = "kiosks" };
	struct strbuf report = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	scratch_write(s, "firebase.json",
	              "// real\n{\"hosting\": [{\"public\": \"dist\", \"target\": \"jarupa\", \"hosting\": {\"public\": "
	              "\"dist\", \"target\": \"\", \"ignore\": [\"x\"], \"rewrites\": [{\"source\": \"**\", "
	              "\"destination\": \"/index.html\"}]}},{\"public\": \"dist\", \"target\": \"purchase-limit\"},"
	              "{\"public\": \"dist\", \"target\": \"default\"}]}");
	scratch_write(s, ".firebaserc",
	              "{\"projects\": {\"staging\": \"tpb-kiosk-fe-vue\"}, \"targets\": {\"tpb-kiosk-fe-vue\": "
	              "{\"hosting\": {\"purchase-limit\": [\"purchase-limit\"], \"jarupa\": [\"tpb-kiosk-jarupa\"]}}}}");
	assert_int_equal(run(s, &rq, &report, &f), 0);
	assert_string_equal(report.buf,
	                    "wrote manifests/hosting.json\nwrote targets/jarupa.json\nwrote targets/purchase-limit.json\n"
	                    "wrote slipway.json\n"
	                    "note: for project tpb-kiosk-fe-vue (the only alias, staging)\n"
	                    "note: entry 3 of hosting is for target \"default\", which .firebaserc gives no site in "
	                    "project tpb-kiosk-fe-vue: it was left out\n"
	                    "note: build dist: firebase deploys its dot files; in a slipway.json project only those are "
	                    "deployed that \"include\" names\n"
	                    "note: jarupa: \"hosting\" inside the entry has no effect on what firebase serves, so its "
	                    "ignore, rewrites never applied: move up what is meant; it is kept under \"x-was-ignored\"\n");
	holds(s, "manifests/hosting.json", "{\n  \"kind\": \"firebase\",\n  \"project\": \"tpb-kiosk-fe-vue\"\n}\n");
	holds(s, "targets/jarupa.json",
	      "{\n  \"host\": \"hosting\",\n  \"site\": \"tpb-kiosk-jarupa\",\n  \"x-was-ignored\": {\n    \"hosting\": {\n"
	      "      \"public\": \"dist\",\n      \"target\": \"\",\n      \"ignore\": [\n        \"x\"\n      ],\n"
	      "      \"rewrites\": [\n        {\n          \"source\": \"**\",\n          \"destination\": "
	      "\"/index.html\"\n"
	      "        }\n      ]\n    }\n  }\n}\n");
	loads(s, 2);
	strbuf_clear(&report);
}

static void firebase_keys_go_where_they_belong(void **state)
{
	struct scratch *s = *state;
	struct init_request rq = { .name = "site" };
	struct strbuf report = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	scratch_write(s, "firebase.json",
	              "{\"hosting\": [{\"public\": \"dist/\", \"site\": \"one\", \"ignore\": [\"**/.*\", \"**/*.map\"], "
	              "\"cleanUrls\": true, \"trailingSlash\": null, \"predeploy\": [\"make\"], \"rewrites\": "
	              "[{\"source\": \"**\", \"destination\": \"/${x}.html\"}], \"redirects\": [{\"source\": \"/a\"}]}, "
	              "{\"public\": \"admin/dist\", \"site\": \"two\"}]}");
	scratch_write(s, ".firebaserc", "{\"projects\": {\"default\": \"p\", \"prod\": \"q\"}}");
	assert_int_equal(run(s, &rq, &report, &f), 0);
	holds(s, "targets/one.json",
	      "{\n  \"host\": \"hosting\",\n  \"build\": \"dist\",\n  \"rewrites\": [\n    {\n      \"source\": \"**\",\n"
	      "      \"destination\": \"/$${x}.html\"\n    }\n  ],\n  \"cleanUrls\": true,\n  \"trailingSlash\": false,\n"
	      "  \"x-was-ignored\": {\n    \"redirects\": [\n      {\n"
	      "        \"source\": \"/a\"\n      }\n    ]\n  }\n}\n");
	holds(s, "targets/two.json", "{\n  \"host\": \"hosting\",\n  \"build\": \"dist-2\"\n}\n");
	holds(s, "slipway.json",
	      "{\n  \"slipway\": 1,\n  \"name\": \"site\",\n  \"builds\": {\n    \"dist\": {\n      \"dir\": \"dist/\",\n"
	      "      \"ignore\": [\n        \"**/firebase-debug.log\",\n        \"**/firebase-debug.*.log\",\n"
	      "        \"**/.*\",\n        \"**/*.map\"\n      ],\n      \"command\": \"make\"\n    },\n    \"dist-2\": "
	      "{\n      \"dir\": \"admin/dist\",\n"
	      "      \"ignore\": [\n        \"**/firebase-debug.log\",\n        \"**/firebase-debug.*.log\"\n      ]\n    "
	      "}\n"
	      "  }\n}\n");
	loads(s, 2);
	strbuf_clear(&report);
}

/* predeploy becomes the command of a build only where its meaning survives. */
static void firebase_hooks(void **state)
{
	struct scratch *s = *state;
	struct init_request rq = { .name = "site" };
	struct strbuf report = STRBUF_INIT;
	struct fail f = FAIL_INIT;
	char *text;

	scratch_write(s, "firebase.json",
	              "{\"hosting\": [{\"public\": \"a\", \"site\": \"a\", \"predeploy\": [\"cd web; make\", \"X=${HOME} "
	              "y\"]},{\"public\": \"b\", \"site\": \"b1\", \"predeploy\": \"make b1\"},{\"public\": \"b\", "
	              "\"site\": \"b2\", \"predeploy\": \"make b2\"},{\"public\": \"c\", \"site\": \"c\", \"predeploy\": "
	              "\"make $RESOURCE_DIR\", \"postdeploy\": \"x\"}]}");
	scratch_write(s, ".firebaserc", "{\"projects\": {\"a\": \"p\"}}");
	assert_int_equal(run(s, &rq, &report, &f), 0);
	text = scratch_read(s, "slipway.json");
	assert_non_null(strstr(text, "\"command\": \"(cd web; make) && (X=$${HOME} y)\""));
	assert_null(strstr(text, "make b1"));
	assert_null(strstr(text, "RESOURCE_DIR"));
	free(text);
	text = scratch_read(s, "targets/c.json");
	assert_non_null(strstr(text, "\"predeploy\": \"make $RESOURCE_DIR\""));
	assert_non_null(strstr(text, "\"postdeploy\": \"x\""));
	free(text);
	assert_non_null(strstr(report.buf, "note: \"predeploy\" is the command of build a: slipway deploy --build-first"));
	assert_non_null(strstr(report.buf, "note: c: \"postdeploy\" is a hook: run it before or after slipway"));
	loads(s, 4);
	strbuf_clear(&report);
}

/* What the client ignores inside values stays readable, and what it takes for the same is the same. */
static void firebase_values(void **state)
{
	struct scratch *s = *state;
	struct init_request rq = { .name = "site" };
	struct strbuf report = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	scratch_write(s, "firebase.json",
	              "{\"hosting\": {\"ignore\": \"**/.*\", \"rewrites\": null, \"redirects\": [{\"source\": \"/a\", "
	              "\"glob\": \"/b\", \"destination\": \"/c\", \"type\": 0, \"why\": \"${x}\"}], \"cleanUrls\": "
	              "\"yes\"}}");
	scratch_write(s, ".firebaserc", "{\"projects\": {\"default\": \"p\", \"x\": \"q\"}}");
	assert_int_equal(run(s, &rq, &report, &f), 0);
	holds(s, "manifests/hosting.json",
	      "{\n  \"kind\": \"firebase\",\n  \"project\": \"p\",\n  \"redirects\": [\n    {\n      \"x-source\": "
	      "\"/a\",\n"
	      "      \"glob\": \"/b\",\n      \"destination\": \"/c\",\n      \"x-why\": \"$${x}\"\n    }\n  ],\n"
	      "  \"cleanUrls\": true\n}\n");
	holds(s, "slipway.json",
	      "{\n  \"slipway\": 1,\n  \"name\": \"site\",\n  \"builds\": {\n    \"empty\": {\n      \"empty\": true\n    "
	      "}\n"
	      "  }\n}\n");
	holds(s, "targets/p.json", "{\n  \"host\": \"hosting\"\n}\n");
	loads(s, 1);
	strbuf_clear(&report);
}

static void firebase_refusals(void **state)
{
	static const struct fbjson_request other = { .project = "other" };
	struct scratch *s = *state;
	struct init_request rq = { .name = "site" };
	struct strbuf report = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	scratch_write(s, "firebase.json", "{\"hosting\": {\"public\": \"dist\"}}");
	assert_int_equal(run(s, &rq, &report, &f), -1);
	assert_string_equal(f.text, "firebase.json: nothing says to which project it belongs");
	scratch_write(s, ".firebaserc", "{\"projects\": {\"a\": \"p\", \"b\": \"q\"}}");
	assert_int_equal(run(s, &rq, &report, &f), -1);
	assert_string_equal(f.text, ".firebaserc: which project? There is a, b");
	scratch_write(s, ".firebaserc", "{\"projects\": {\"a\": \"p\"}}");
	scratch_write(s, "firebase.json", "{\"hosting\": {\"source\": \"app\"}}");
	assert_int_equal(run(s, &rq, &report, &f), -1);
	assert_string_equal(f.text, "firebase.json: no entry of hosting can be deployed: it has a \"source\", but slipway "
	                            "deploys files and builds no web framework");
	scratch_write(s, "firebase.json", "{\"hosting\": \"hosting.json\"}");
	assert_int_equal(run(s, &rq, &report, &f), -1);
	assert_string_equal(f.text, "firebase.json:1:13: \"hosting\" is neither an object nor a list");
	scratch_write(s, "firebase.json", "{\"hosting\": {\"public\": \"dist\"}}");
	rq.firebase = &other;
	assert_int_equal(run(s, &rq, &report, &f), 0);
	holds(s, "manifests/hosting.json", "{\n  \"kind\": \"firebase\",\n  \"project\": \"other\"\n}\n");
	holds(s, "targets/other.json", "{\n  \"host\": \"hosting\"\n}\n");
	loads(s, 1);
	assert_int_equal(run(s, &rq, &report, &f), -1);
	assert_int_equal(f.kind, FAIL_USAGE);
	strbuf_clear(&report);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_project), TEST(several_targets), TEST(never_overwrites), TEST(firebase_nested_hosting),
		TEST(firebase_keys_go_where_they_belong), TEST(firebase_hooks), TEST(firebase_values),
		TEST(firebase_refusals),
	};

	return cmocka_run_group_tests_name("target/init", tests, NULL, NULL);
}
