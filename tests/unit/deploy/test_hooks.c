/* predeploy and postdeploy of a firebase.json, on places in memory. */
#include "engine.h"

#include <signal.h>
#include <unistd.h>

static const struct host_ops *as_firebase(const char *kind)
{
	return strcmp(kind, "firebase") == 0 ? fake_find("dir") : NULL;
}

/* The engine's project, replaced by a firebase.json with these entries (inside the list). Hooks write to "log". */
static void begin(struct engine *e, const char *entries)
{
	struct strbuf text = STRBUF_INIT;

	engine_begin(e, 1, "");
	assert_int_equal(unlinkat(e->dir.fd, "slipway.json", 0), 0);
	strbuf_addf(&text, "{\"hosting\": [%s]}", entries);
	scratch_write(&e->dir, "firebase.json", text.buf);
	scratch_write(&e->dir, ".firebaserc", "{\"projects\": {\"prod\": \"p-1\"}, \"targets\": {\"p-1\": {\"hosting\": "
	              "{\"a\": [\"site-a\"], \"b\": [\"b1\", \"b2\"]}}}}");
	scratch_write(&e->dir, "log", "");
	strbuf_clear(&text);
	engine_again(e);
	e->c.find_host = as_firebase;
}

static void again(struct engine *e)
{
	engine_again(e);
	e->c.find_host = as_firebase;
}

static void logged(struct engine *e, const char *expected)
{
	char *text = scratch_read(&e->dir, "log");

	assert_string_equal(text, expected);
	free(text);
	scratch_write(&e->dir, "log", "");
}

#define ENTRY(more) "{\"public\": \"dist\", \"ignore\": [\"**/.*\"], " more "}"
#define B ENTRY("\"target\": \"b\", \"predeploy\": \"echo b >>log\", \"postdeploy\": [\"echo B >>log\"]")
#define A ENTRY("\"target\": \"a\", \"predeploy\": [\"echo a1 >>log\", \"echo a2 >>log\"], " \
	"\"postdeploy\": \"echo A >>log\"")
#define BOTH B "," A

static void they_run_in_the_order_of_the_entries(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	begin(&e, BOTH);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(outcome_exit(&out.outcome), 0);
	logged(&e, "b\na1\na2\nB\nA\n");
	assert_string_equal(engine_row(&out.outcome, "b/b1")->target, "b");
	assert_non_null(strstr(e.notes.buf, "run: predeploy of b: echo b >>log\n"));
	again(&e);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	/* Nothing changed: there is no deploy to come after. */
	logged(&e, "b\na1\na2\n");
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_UNCHANGED);
	engine_end(&e);
}

static void the_build_that_predeploy_makes_is_deployed(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	begin(&e, ENTRY("\"target\": \"a\", \"predeploy\": \"MODE=made sh -c 'echo $MODE >dist/$MODE.js'\""));
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->added, 3);
	char *made = scratch_read(&e.dir, "dist/made.js");
	assert_string_equal(made, "made\n");
	free(made);
	engine_end(&e);
}

static void they_know_where_they_are(void **state)
{
	struct engine e;
	struct deploy_report out;
	struct strbuf expected = STRBUF_INIT;
	(void)state;

	begin(&e, ENTRY("\"target\": \"a\", \"predeploy\": "
	      "\"echo $GCLOUD_PROJECT $PROJECT_DIR $RESOURCE_DIR $(pwd) ${SLIPWAY_ENVIRONMENT-none} >>log\""));
	assert_int_equal(setenv("GCLOUD_PROJECT", "another", 1), 0);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(unsetenv("GCLOUD_PROJECT"), 0);
	strbuf_addf(&expected, "p-1 %s %s/dist %s none\n", e.dir.path, e.dir.path, e.dir.path);
	logged(&e, expected.buf);
	strbuf_clear(&expected);
	engine_end(&e);
}

static void only_those_of_selected_targets_run(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	begin(&e, BOTH);
	e.c.target_count = 1;
	assert_string_equal(e.c.targets[0]->name, "a");
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	logged(&e, "a1\na2\nA\n");
	engine_end(&e);
}

static void a_plan_runs_none(void **state)
{
	static const struct deploy_options o = { .dist = NULL };
	struct engine e;
	struct plan_report out;
	(void)state;

	begin(&e, BOTH);
	assert_int_equal(plan_run(&e.c, &o, &out), 0);
	logged(&e, "");
	engine_end(&e);
}

static void a_failing_predeploy_changes_nothing(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	begin(&e, ENTRY("\"target\": \"a\", \"predeploy\": [\"exit 3\", \"echo never >>log\"], \"postdeploy\": "
	                "\"echo P >>log\""));
	assert_int_equal(engine_deploy(&e, NULL, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 7);
	assert_string_equal(out.outcome.error.text, "predeploy of a: its command ended with 3");
	assert_string_equal(out.outcome.error.stage, "predeploy");
	assert_string_equal(e.world.calls.buf, "");
	logged(&e, "");
	engine_end(&e);
}

/* A place that failed keeps its target's hooks from running, and no other's. */
static void postdeploy_is_for_what_was_deployed(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	begin(&e, BOTH);
	fake_fault(&e.world, (struct fake_fault){ .op = "seal", .place = "b/b2", .kind = FAIL_AUTH });
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(outcome_exit(&out.outcome), 3);
	assert_int_equal(engine_row(&out.outcome, "b/b1")->result, RESULT_DEPLOYED);
	assert_int_equal(engine_row(&out.outcome, "b/b2")->result, RESULT_FAILED);
	logged(&e, "b\na1\na2\nA\n");
	e.world.fault_count = 0;
	again(&e);
	assert_int_equal(engine_deploy(&e, &(struct deploy_options){ .retry_failed = true }, &out), 0);
	logged(&e, "b\nB\n");
	engine_end(&e);
}

static void a_failing_postdeploy_takes_nothing_back(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	begin(&e, ENTRY("\"target\": \"b\", \"postdeploy\": [\"false\", \"echo never >>log\"]") ","
	      ENTRY("\"target\": \"a\", \"postdeploy\": [\"echo A >>log; exit 9\"]"));
	assert_int_equal(engine_deploy(&e, NULL, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 3);
	assert_string_equal(out.outcome.error.text, "postdeploy of b: its command ended with 1");
	assert_non_null(strstr(out.outcome.error.hint, "run it by hand"));
	assert_non_null(strstr(e.notes.buf, "problem: postdeploy of a: its command ended with 9\n"));
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_int_equal(engine_row(&out.outcome, "b/b1")->result, RESULT_DEPLOYED);
	logged(&e, "A\n");
	engine_end(&e);
}

static void an_interrupted_hook_ends_the_run(void **state)
{
	struct engine e;
	struct deploy_report out;
	struct strbuf entries = STRBUF_INIT;
	(void)state;

	strbuf_addf(&entries, ENTRY("\"target\": \"a\", \"predeploy\": [\"kill -INT %ld; exec sleep 20\", "
	                            "\"echo never >>log\"]"), (long)getpid());
	begin(&e, entries.buf);
	assert_int_equal(engine_deploy(&e, NULL, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 8);
	assert_string_equal(out.outcome.error.text, "interrupted while predeploy of a ran its command");
	assert_string_equal(e.world.calls.buf, "");
	logged(&e, "");
	strbuf_clear(&entries);
	engine_end(&e);
}

/* A site that only redirects: no directory, no files, and no fuse for that. */
static void a_site_without_files_is_deployed(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	begin(&e, "{\"target\": \"a\", \"redirects\": [{\"source\": \"**\", \"destination\": \"https://new.example\"}]}");
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_int_equal(out.outcome.builds[0].files, 0);
	assert_string_equal(out.outcome.builds[0].name, "empty");
	engine_end(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_run_in_the_order_of_the_entries),
		cmocka_unit_test(the_build_that_predeploy_makes_is_deployed),
		cmocka_unit_test(they_know_where_they_are),
		cmocka_unit_test(only_those_of_selected_targets_run),
		cmocka_unit_test(a_plan_runs_none),
		cmocka_unit_test(a_failing_predeploy_changes_nothing),
		cmocka_unit_test(postdeploy_is_for_what_was_deployed),
		cmocka_unit_test(a_failing_postdeploy_takes_nothing_back),
		cmocka_unit_test(an_interrupted_hook_ends_the_run),
		cmocka_unit_test(a_site_without_files_is_deployed),
	};

	return cmocka_run_group_tests_name("deploy/hooks", tests, NULL, NULL);
}
