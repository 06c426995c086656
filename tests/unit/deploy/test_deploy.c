#include "engine.h"

#include <signal.h>
#include <unistd.h>

#define BAD "20261101-100000-aaaaaaaa"

static void all_places_get_the_release(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 3, "");
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(outcome_exit(&out.outcome), 0);
	assert_true(release_id_valid(out.outcome.release));
	for (const char *name = "a\0b\0c\0"; *name; name += 2) {
		const struct row *row = engine_row(&out.outcome, name);
		const struct fake_place *p = engine_place(&e, name);
		assert_int_equal(row->result, RESULT_DEPLOYED);
		assert_string_equal(row->live, out.outcome.release);
		assert_null(row->previous);
		assert_int_equal(row->added, 2);
		assert_int_equal(row->sent_files, 2);
		assert_string_equal(p->live, out.outcome.release);
		assert_string_equal(p->releases[0].header.target, name);
		assert_int_equal(p->releases[0].header.files, 2);
		assert_null(p->lock.token);
	}
	assert_int_equal(out.outcome.build_count, 1);
	assert_int_equal(out.outcome.builds[0].files, 2);
	assert_non_null(strstr(e.events.buf, "run.begin - "));
	assert_non_null(strstr(e.events.buf, "build.read - "));
	assert_non_null(strstr(e.events.buf, "place.result a {\"result\":\"deployed\"}"));
	assert_non_null(strstr(e.events.buf, "run.end - "));
	engine_end(&e);
}

static void the_second_deploy_touches_nothing(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 2, "");
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_UNCHANGED);
	assert_int_equal(engine_row(&out.outcome, "b")->kept, 2);
	assert_null(out.outcome.release);
	/* One look and nothing else. */
	assert_string_equal(e.world.calls.buf, "a:read b:read ");
	assert_int_equal(outcome_exit(&out.outcome), 0);
	engine_end(&e);
}

static void a_changed_variable_changes_the_places_it_concerns(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 2, ", \"defaults\": { \"render\": [\"app.js\"] }");
	scratch_write(&e.dir, "dist/app.js", "who('{{WHO}}')");
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_memory_not_equal(engine_place(&e, "a")->releases[0].tree.id, engine_place(&e, "b")->releases[0].tree.id,
				SHA256_SIZE);
	char *text = scratch_read(&e.dir, "slipway.json");
	char *who = strstr(text, "\"WHO\": \"b\"");
	who[8] = 'x';
	scratch_write(&e.dir, "slipway.json", text);
	free(text);
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_UNCHANGED);
	assert_int_equal(engine_row(&out.outcome, "b")->result, RESULT_DEPLOYED);
	assert_int_equal(engine_row(&out.outcome, "b")->changed, 1);
	assert_int_equal(engine_row(&out.outcome, "b")->kept, 1);
	assert_int_equal(fake_calls(&e.world, "a", "lock"), 0);
	engine_end(&e);
}

/* ---- failures ---- */

static void one_failure_leaves_the_others_deployed(void **state)
{
	static const struct deploy_options retry = { .retry_failed = true };
	struct engine e;
	struct deploy_report out;
	char first[RELEASE_ID_SIZE];
	(void)state;

	engine_begin(&e, 3, "");
	fake_fault(&e.world, (struct fake_fault){ .op = "seal", .place = "b", .kind = FAIL_LOCAL, .times = 1 });
	engine_deploy(&e, NULL, &out);
	assert_int_equal(outcome_exit(&out.outcome), 3);
	assert_int_equal(engine_row(&out.outcome, "b")->result, RESULT_FAILED);
	assert_string_equal(engine_row(&out.outcome, "b")->fail.stage, "seal");
	assert_null(engine_row(&out.outcome, "b")->live);
	assert_int_equal(engine_row(&out.outcome, "c")->result, RESULT_DEPLOYED);
	memcpy(first, out.outcome.release, sizeof first);

	/* Those that failed, and no others; under the id of the run that it finishes. */
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, &retry, &out), 0);
	assert_int_equal(out.outcome.row_count, 1);
	assert_int_equal(engine_row(&out.outcome, "b")->result, RESULT_DEPLOYED);
	assert_string_equal(out.outcome.release, first);
	assert_int_equal(fake_calls(&e.world, "a", "read"), 0);

	engine_again(&e);
	assert_int_equal(engine_deploy(&e, &retry, &out), 0);
	assert_int_equal(out.outcome.row_count, 0);
	assert_int_equal(outcome_exit(&out.outcome), 0);
	engine_end(&e);
}

static void retry_without_a_record_takes_what_is_behind(void **state)
{
	static const struct deploy_options retry = { .retry_failed = true };
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 2, "");
	fake_fault(&e.world, (struct fake_fault){ .op = "begin", .place = "b", .kind = FAIL_LOCAL, .times = 1 });
	engine_deploy(&e, NULL, &out);
	context_close_state(&e.c);
	assert_int_equal(unlinkat(e.dir.fd, ".slipway/ledger.db", 0), 0);
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, &retry, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_UNCHANGED);
	assert_int_equal(engine_row(&out.outcome, "b")->result, RESULT_DEPLOYED);
	engine_end(&e);
}

static void a_file_that_changed_ends_the_run(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 3, "");
	fake_fault(&e.world, (struct fake_fault){ .op = "put", .place = "b", .kind = FAIL_BUILD });
	assert_int_equal(engine_deploy(&e, NULL, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 7);
	assert_int_equal(fake_calls(&e.world, NULL, "step"), 0);
	assert_int_equal(engine_row(&out.outcome, "b")->result, RESULT_FAILED);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_SKIPPED);
	assert_null(engine_place(&e, "a")->lock.token);
	engine_end(&e);
}

static void too_many_failures_switch_nothing(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 4, ", \"rollout\": { \"max_failures\": \"25%\" }");
	fake_fault(&e.world, (struct fake_fault){ .op = "begin", .place = "a", .kind = FAIL_LOCAL });
	fake_fault(&e.world, (struct fake_fault){ .op = "begin", .place = "b", .kind = FAIL_LOCAL });
	assert_int_equal(engine_deploy(&e, NULL, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 4);
	assert_int_equal(fake_calls(&e.world, NULL, "step"), 0);
	assert_int_equal(engine_row(&out.outcome, "c")->result, RESULT_SKIPPED);
	engine_end(&e);
}

static void as_many_as_allowed_may_fail(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 4, ", \"rollout\": { \"max_failures\": \"25%\" }");
	fake_fault(&e.world, (struct fake_fault){ .op = "begin", .place = "a", .kind = FAIL_LOCAL });
	engine_deploy(&e, NULL, &out);
	assert_int_equal(outcome_exit(&out.outcome), 3);
	assert_int_equal(engine_row(&out.outcome, "c")->result, RESULT_DEPLOYED);
	engine_end(&e);
}

static void a_held_lock_stops_everything(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 2, "");
	engine_place(&e, "b")->lock = (struct lock_info){ .by = "bob", .token = "theirs" };
	assert_int_equal(engine_deploy(&e, NULL, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 5);
	assert_int_equal(fake_calls(&e.world, NULL, "begin"), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_SKIPPED);
	assert_null(engine_place(&e, "a")->lock.token);
	engine_end(&e);
}

static void a_blocked_place_fails_with_its_hint(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 2, "");
	engine_place(&e, "a")->blocked = "the document root is a real directory";
	engine_deploy(&e, NULL, &out);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_FAILED);
	assert_string_equal(engine_row(&out.outcome, "a")->fail.hint, "slipway adopt it");
	assert_int_equal(engine_row(&out.outcome, "b")->result, RESULT_DEPLOYED);
	assert_int_equal(outcome_exit(&out.outcome), 3);
	engine_end(&e);
}

static void the_fuse_blows_before_anything_changes(void **state)
{
	static const struct deploy_options allow = { .allow_removals = true };
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 2, "");
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(unlinkat(e.dir.fd, "dist/index.html", 0), 0);
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, NULL, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 7);
	assert_int_equal(fake_calls(&e.world, NULL, "lock"), 0);
	assert_non_null(strstr(out.outcome.error.text, "index.html"));
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, &allow, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->removed, 1);
	engine_end(&e);
}

static void folding_hosts_refuse_names_that_collide(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 1, "");
	e.world.folds = true;
	scratch_write(&e.dir, "dist/App.js", "two()");
	assert_int_equal(engine_deploy(&e, NULL, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 7);
	assert_non_null(strstr(out.outcome.error.text, "App.js and app.js"));
	engine_end(&e);
}

/* ---- bad and drifted ---- */

static void a_bad_tree_is_held(void **state)
{
	static const struct deploy_options again = { .again = true };
	struct engine e;
	struct deploy_report out;
	struct fake_place *a;
	(void)state;

	engine_begin(&e, 1, "");
	a = engine_place(&e, "a");
	fake_release(&e.world, a, BAD, true);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	const char *bad = a->live;
	fake_log(a, a->releases[0].header.id, bad, "rollback", "white screen", e.c.now_s - 3600);
	a->live = a->releases[0].header.id;
	engine_again(&e);
	engine_deploy(&e, NULL, &out);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_HELD);
	assert_string_equal(engine_row(&out.outcome, "a")->held, "rolled back 1 h ago by ana: white screen");
	assert_int_equal(outcome_exit(&out.outcome), 4);
	assert_int_equal(fake_calls(&e.world, "a", "lock"), 0);

	/* --again makes a new release of it: the bad one stays bad. */
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, &again, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_string_not_equal(out.outcome.release, bad);
	engine_end(&e);
}

static void a_drifted_place_is_mended_on_request(void **state)
{
	static const struct deploy_options repair = { .repair = true };
	struct engine e;
	struct deploy_report out;
	struct fake_place *a;
	(void)state;

	engine_begin(&e, 1, "");
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	a = engine_place(&e, "a");
	fake_log(a, a->live, NULL, "drifted", NULL, e.c.now_s);
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_UNCHANGED);
	assert_int_equal(engine_row(&out.outcome, "a")->note_count, 1);
	assert_non_null(strstr(engine_row(&out.outcome, "a")->notes[0], "--repair"));
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, &repair, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_int_equal(a->count, 2);
	assert_true(a->releases[1].fresh);
	engine_end(&e);
}

/* ---- races ---- */

static void deploy_meanwhile(struct fake_world *w, struct fake_place *p, const char *op)
{
	if (strcmp(op, "lock") != 0)
		return;
	w->hook = NULL;
	fake_release(w, p, "20261120-100000-cccccccc", true);
}

static void a_place_that_moved_is_planned_anew(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 1, "");
	fake_release(&e.world, engine_place(&e, "a"), BAD, true);
	e.world.hook = deploy_meanwhile;
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_string_equal(engine_row(&out.outcome, "a")->previous, "20261120-100000-cccccccc");
	assert_string_equal(engine_place(&e, "a")->releases[2].header.parent, "20261120-100000-cccccccc");
	assert_non_null(strstr(e.notes.buf, "a: moved meanwhile"));
	engine_end(&e);
}

static void signal_at_put(struct fake_world *w, struct fake_place *p, const char *op)
{
	if (strcmp(op, "put") != 0 || strcmp(p->name, "b") != 0)
		return;
	w->hook = NULL;
	kill(getpid(), SIGINT);
}

static void an_interrupted_run_is_finished_by_the_next(void **state)
{
	struct engine e;
	struct deploy_report out;
	char first[RELEASE_ID_SIZE];
	(void)state;

	engine_begin(&e, 2, "");
	e.world.hook = signal_at_put;
	assert_int_equal(engine_deploy(&e, NULL, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 8);
	assert_int_equal(fake_calls(&e.world, NULL, "step"), 0);
	assert_null(engine_row(&out.outcome, "b")->live);
	assert_int_equal(engine_row(&out.outcome, "b")->result, RESULT_INTERRUPTED);
	assert_null(engine_place(&e, "b")->lock.token);
	memcpy(first, out.outcome.release, sizeof first);

	engine_again(&e);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_string_equal(out.outcome.release, first);
	assert_string_equal(engine_place(&e, "b")->live, first);
	assert_int_equal(engine_place(&e, "b")->count, 1);
	engine_end(&e);
}

static void other_content_never_goes_under_an_old_id(void **state)
{
	struct engine e;
	struct deploy_report out;
	char first[RELEASE_ID_SIZE];
	(void)state;

	engine_begin(&e, 2, ", \"defaults\": { \"render\": [\"app.js\"], \"vars\": { \"KEY\": { \"file\": \"key\" } } }");
	scratch_write(&e.dir, "dist/app.js", "key('{{KEY}}')");
	scratch_write(&e.dir, "key", "one\n");
	engine_again(&e);
	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "b", .kind = FAIL_LOCAL, .times = 1 });
	engine_deploy(&e, NULL, &out);
	assert_int_equal(outcome_exit(&out.outcome), 3);
	memcpy(first, out.outcome.release, sizeof first);
	/* The same build and configuration, but another secret: b holds the id's release with the old one. */
	scratch_write(&e.dir, "key", "two\n");
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_string_not_equal(out.outcome.release, first);
	assert_string_equal(engine_place(&e, "b")->live, out.outcome.release);
	engine_end(&e);
}

static void a_sealed_release_is_only_switched(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 1, "");
	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "a", .kind = FAIL_LOCAL, .times = 1 });
	engine_deploy(&e, NULL, &out);
	assert_int_equal(outcome_exit(&out.outcome), 4);
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_int_equal(fake_calls(&e.world, "a", "begin"), 1);
	assert_int_equal(fake_calls(&e.world, "a", "put"), 0);
	engine_end(&e);
}

/* ---- the rest ---- */

static void trouble_with_old_releases_fails_no_deploy(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 1, ", \"defaults\": { \"keep\": { \"last\": 1, \"within\": \"0s\" } }");
	fake_release(&e.world, engine_place(&e, "a"), "20261001-100000-aaaaaaaa", false);
	fake_release(&e.world, engine_place(&e, "a"), "20261002-100000-aaaaaaaa", false);
	fake_release(&e.world, engine_place(&e, "a"), BAD, true);
	fake_fault(&e.world, (struct fake_fault){ .op = "drop", .place = "a", .kind = FAIL_AUTH });
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_int_equal(engine_row(&out.outcome, "a")->note_count, 1);
	assert_int_equal(outcome_exit(&out.outcome), 0);
	engine_end(&e);
}

static void old_releases_go(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 1, ", \"defaults\": { \"keep\": { \"last\": 1, \"within\": \"0s\" } }");
	fake_release(&e.world, engine_place(&e, "a"), "20261001-100000-aaaaaaaa", false);
	fake_release(&e.world, engine_place(&e, "a"), BAD, true);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_null(fake_find_release(engine_place(&e, "a"), "20261001-100000-aaaaaaaa"));
	/* The parent of what is live stays. */
	assert_non_null(fake_find_release(engine_place(&e, "a"), BAD));
	engine_end(&e);
}

static void a_build_that_is_not_there_is_refused(void **state)
{
	static const char *const dist[] = { "nowhere" };
	static const struct deploy_options o = { .dist = dist, .dist_count = 1 };
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 1, "");
	assert_int_equal(engine_deploy(&e, &o, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 2);
	assert_string_equal(e.world.calls.buf, "");
	engine_end(&e);
}

static const struct host_ops *none(const char *kind)
{
	(void)kind;
	return NULL;
}

static void an_unknown_kind_is_refused_up_front(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 1, "");
	e.c.find_host = none;
	assert_int_equal(engine_deploy(&e, NULL, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 2);
	assert_non_null(strstr(out.outcome.error.text, "this slipway cannot deploy to dir yet"));
	engine_end(&e);
}

static void the_build_command_runs_first(void **state)
{
	static const struct deploy_options o = { .build_first = true };
	struct engine e;
	struct deploy_report out;
	char *text;
	(void)state;

	engine_begin(&e, 2, "");
	text = scratch_read(&e.dir, "slipway.json");
	char *dir = strstr(text, "{ \"dir\": \"dist\" }");
	struct strbuf changed = STRBUF_INIT;
	strbuf_add(&changed, text, (size_t)(dir - text));
	strbuf_addstr(&changed, "{ \"dir\": \"dist\", \"command\": \"echo made >dist/made.js; test -z \\\"$WHO\\\"\" }");
	strbuf_addstr(&changed, dir + strlen("{ \"dir\": \"dist\" }"));
	scratch_write(&e.dir, "slipway.json", changed.buf);
	free(text);
	strbuf_clear(&changed);
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, &o, &out), 0);
	assert_int_equal(out.outcome.builds[0].files, 3);
	engine_end(&e);
}

static void plan_changes_nothing_and_tells_why(void **state)
{
	static const struct deploy_options o = { .dist = NULL };
	struct engine e;
	struct deploy_report done;
	struct plan_report out;
	(void)state;

	engine_begin(&e, 2, "");
	assert_int_equal(engine_deploy(&e, NULL, &done), 0);
	scratch_write(&e.dir, "dist/app.js", "two()");
	scratch_write(&e.dir, "dist/new.js", "new()");
	engine_again(&e);
	assert_int_equal(plan_run(&e.c, &o, &out), 0);
	assert_true(out.outcome.difference);
	assert_int_equal(out.places[0].plan.count, 2);
	assert_string_equal(out.places[0].plan.items[0].path, "app.js");
	assert_string_equal(out.places[0].why[0], "content differs");
	assert_string_equal(out.places[0].why[1], "new");
	assert_true(out.places[0].exact);
	assert_string_equal(e.world.calls.buf, "a:read b:read a:list b:list a:fetch b:fetch ");
	engine_end(&e);
}

static void plan_leaves_secrets_alone(void **state)
{
	static const struct deploy_options o = { .dist = NULL };
	struct engine e;
	struct plan_report out;
	(void)state;

	engine_begin(&e, 1,
	             ", \"defaults\": { \"render\": [\"app.js\"], \"vars\": { \"KEY\": { \"file\": \"absent\" } } }");
	scratch_write(&e.dir, "dist/app.js", "key('{{KEY}}')");
	assert_int_equal(plan_run(&e.c, &o, &out), 0);
	assert_false(out.places[0].exact);
	assert_string_equal(out.places[0].why[0], "rendered value known at deploy");
	engine_again(&e);
	struct deploy_report refused;
	assert_int_equal(engine_deploy(&e, NULL, &refused), -1);
	assert_int_equal(outcome_exit(&refused.outcome), 2);
	assert_string_equal(e.world.calls.buf, "");
	engine_end(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_places_get_the_release),
		cmocka_unit_test(the_second_deploy_touches_nothing),
		cmocka_unit_test(a_changed_variable_changes_the_places_it_concerns),
		cmocka_unit_test(one_failure_leaves_the_others_deployed),
		cmocka_unit_test(retry_without_a_record_takes_what_is_behind),
		cmocka_unit_test(a_file_that_changed_ends_the_run),
		cmocka_unit_test(too_many_failures_switch_nothing),
		cmocka_unit_test(as_many_as_allowed_may_fail),
		cmocka_unit_test(a_held_lock_stops_everything),
		cmocka_unit_test(a_blocked_place_fails_with_its_hint),
		cmocka_unit_test(the_fuse_blows_before_anything_changes),
		cmocka_unit_test(folding_hosts_refuse_names_that_collide),
		cmocka_unit_test(a_bad_tree_is_held),
		cmocka_unit_test(a_drifted_place_is_mended_on_request),
		cmocka_unit_test(a_place_that_moved_is_planned_anew),
		cmocka_unit_test(an_interrupted_run_is_finished_by_the_next),
		cmocka_unit_test(other_content_never_goes_under_an_old_id),
		cmocka_unit_test(a_sealed_release_is_only_switched),
		cmocka_unit_test(trouble_with_old_releases_fails_no_deploy),
		cmocka_unit_test(old_releases_go),
		cmocka_unit_test(a_build_that_is_not_there_is_refused),
		cmocka_unit_test(an_unknown_kind_is_refused_up_front),
		cmocka_unit_test(the_build_command_runs_first),
		cmocka_unit_test(plan_changes_nothing_and_tells_why),
		cmocka_unit_test(plan_leaves_secrets_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
