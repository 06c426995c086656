/* The stories that the engine is for, told on real directories. */
#include "kiosks.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { FLEET = 5 };
static const char *const names[FLEET] = { "a", "b", "c", "d", "e" };

/* A deploy that must end with this exit code. Returns its release id, "" when it made none. */
static const char *deploy_with(struct kiosks *k, const char *target, struct deploy_options o, int exit_code)
{
	static _Thread_local char id[64];
	struct deploy_report report;
	struct context *c;

	o.secrets_known = true;
	c = kiosks_open(k, "deploy", target, NULL);
	deploy_run(c, &o, &report);
	kiosks_expect_exit(k, &report.outcome, exit_code);
	snprintf(id, sizeof id, "%s", report.outcome.release ? report.outcome.release : "");
	kiosks_close(k);
	return id;
}

static const char *deploy(struct kiosks *k, const char *target, int exit_code)
{
	return deploy_with(k, target, (struct deploy_options){ .again = false }, exit_code);
}

static struct rollback_options plain(void)
{
	return (struct rollback_options){ .before_s = -1 };
}

static void build(struct kiosks *k, const char *what)
{
	char text[64];

	snprintf(text, sizeof text, "console.log('%s')\n", what);
	kiosks_build(k, "app.js", text);
}

static void expect_served(struct kiosks *k, const char *name, const char *what)
{
	char *text = kiosks_served(k, name, "app.js");
	char want[64];

	snprintf(want, sizeof want, "console.log('%s')\n", what);
	assert_string_equal(text, want);
	free(text);
}

static void expect_all(struct kiosks *k, const char *what)
{
	for (size_t i = 0; i < FLEET; i++)
		expect_served(k, names[i], what);
}

/* Requirement 14: the fleet on B, hotfix C on one. Leaves the ids in a, b, c. */
static void incident(struct kiosks *k, char a[64], char b[64], char c[64])
{
	kiosks_begin(k, FLEET, "");
	build(k, "A");
	snprintf(a, 64, "%s", deploy(k, "*", 0));
	build(k, "B");
	snprintf(b, 64, "%s", deploy(k, "*", 0));
	build(k, "C");
	snprintf(c, 64, "%s", deploy(k, "c", 0));
	assert_true(strcmp(a, b) < 0 && strcmp(b, c) < 0);
}

static void the_incident(void **state)
{
	struct rollback_options o = plain();
	char a[64], b[64], c[64];
	struct kiosks k;

	(void)state;
	incident(&k, a, b, c);
	kiosks_rollback(&k, "*", o, 2);
	assert_non_null(strstr(k.notes.buf, "4 targets serve "));
	assert_non_null(strstr(k.notes.buf, "1 target serves "));
	for (size_t i = 0; i < FLEET; i++)
		expect_served(&k, names[i], i == 2 ? "C" : "B");

	o.undo = b;
	kiosks_rollback(&k, "*", o, 0);
	assert_non_null(strstr(k.notes.buf, " -> "));
	for (size_t i = 0; i < FLEET; i++)
		expect_served(&k, names[i], i == 2 ? "C" : "A");
	kiosks_rollback(&k, "*", o, 0);
	for (size_t i = 0; i < FLEET; i++)
		expect_served(&k, names[i], i == 2 ? "C" : "A");

	o = plain();
	o.to = a;
	kiosks_rollback(&k, "*", o, 0);
	expect_all(&k, "A");
	for (size_t i = 0; i < FLEET; i++)
		assert_string_equal(kiosks_live(&k, names[i]), a);
	kiosks_end(&k);
}

static void the_incident_without_any_record(void **state)
{
	struct rollback_options o = plain();
	struct fail f = FAIL_INIT;
	char a[64], b[64], c[64];
	struct kiosks k;

	(void)state;
	incident(&k, a, b, c);
	assert_int_equal(file_remove_tree(k.dir.fd, ".slipway", &f), 0);
	kiosks_rollback(&k, "*", o, 2);
	assert_int_equal(file_remove_tree(k.dir.fd, ".slipway", &f), 0);
	o.each = true;
	kiosks_rollback(&k, "*", o, 0);
	for (size_t i = 0; i < FLEET; i++)
		expect_served(&k, names[i], i == 2 ? "B" : "A");
	assert_int_equal(file_remove_tree(k.dir.fd, ".slipway", &f), 0);
	o = plain();
	o.to = b;
	kiosks_rollback(&k, "*", o, 0);
	expect_all(&k, "B");
	kiosks_end(&k);
}

static void rolling_back_twice_goes_two_back(void **state)
{
	struct rollback_options o = plain();
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, FLEET, "");
	build(&k, "A");
	deploy(&k, "*", 0);
	build(&k, "B");
	deploy(&k, "*", 0);
	build(&k, "C");
	deploy(&k, "*", 0);
	kiosks_rollback(&k, "*", o, 0);
	expect_all(&k, "B");
	kiosks_rollback(&k, "*", o, 0);
	expect_all(&k, "A");
	kiosks_rollback(&k, "*", o, 4);
	assert_null(strstr(k.notes.buf, " -> "));
	expect_all(&k, "A");
	kiosks_end(&k);
}

static void a_bad_build_is_held_until_again(void **state)
{
	struct rollback_options o = plain();
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, FLEET, "");
	build(&k, "A");
	deploy(&k, "*", 0);
	build(&k, "B");
	deploy(&k, "*", 0);
	kiosks_rollback(&k, "*", o, 0);
	deploy(&k, "*", 4);
	expect_all(&k, "A");
	deploy_with(&k, "*", (struct deploy_options){ .again = true }, 0);
	expect_all(&k, "B");
	kiosks_end(&k);
}

static void a_dry_run_moves_nothing(void **state)
{
	struct rollback_options o = plain();
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, FLEET, "");
	build(&k, "A");
	deploy(&k, "*", 0);
	build(&k, "B");
	deploy(&k, "*", 0);
	o.dry_run = true;
	kiosks_rollback(&k, "*", o, 0);
	assert_non_null(strstr(k.notes.buf, " -> "));
	expect_all(&k, "B");
	kiosks_end(&k);
}

static void one_without_a_past_stops_all_and_except_helps(void **state)
{
	struct rollback_options o = plain();
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, 2, "");
	build(&k, "A");
	deploy(&k, "a", 0);
	build(&k, "B");
	deploy(&k, "*", 0);
	assert_string_equal(kiosks_live(&k, "a"), kiosks_live(&k, "b"));
	kiosks_rollback(&k, "*", o, 4);
	expect_served(&k, "a", "B");
	kiosks_rollback(&k, "a", o, 0);
	expect_served(&k, "a", "A");
	expect_served(&k, "b", "B");
	kiosks_end(&k);
}

static void expect_health(struct kiosks *k, const char *name, const char *health)
{
	static const struct status_options cheap = { .deep = false };
	struct context *c = kiosks_open(k, "status", name, NULL);
	struct status_report report;

	assert_int_equal(status_run(c, &cheap, &report), 0);
	assert_string_equal(place_health_name(report.places[0].health), health);
	assert_int_equal(outcome_exit(&report.outcome), 0);
	kiosks_close(k);
}

/* Requirement 15. */
static void verify_finds_then_repair_mends(void **state)
{
	static const struct verify_options live = { .release = NULL };
	struct verify_run_report report;
	struct context *c;
	struct kiosks k;
	char path[128];

	(void)state;
	kiosks_begin(&k, 1, "");
	build(&k, "A");
	deploy(&k, "a", 0);
	c = kiosks_open(&k, "verify", NULL);
	assert_int_equal(verify_run(c, &live, &report), 0);
	assert_int_equal(outcome_exit(&report.outcome), 0);
	assert_int_equal(report.places[0].report->count, 0);
	kiosks_close(&k);
	expect_health(&k, "a", "live");

	snprintf(path, sizeof path, "%s/srv/a/current/app.js", k.dir.path);
	assert_int_equal(chmod(path, 0644), 0);
	scratch_write(&k.dir, "srv/a/current/app.js", "console.log('X')\n");
	snprintf(path, sizeof path, "%s/srv/a/current/index.html", k.dir.path);
	assert_int_equal(unlink(path), 0);
	scratch_write(&k.dir, "srv/a/current/extra.txt", "who put this here\n");
	c = kiosks_open(&k, "verify", NULL);
	assert_int_equal(verify_run(c, &live, &report), 0);
	assert_int_equal(outcome_exit(&report.outcome), 1);
	assert_true(report.places[0].report->count >= 3);
	kiosks_close(&k);
	expect_health(&k, "a", "drifted");

	deploy_with(&k, "*", (struct deploy_options){ .repair = true }, 0);
	expect_served(&k, "a", "A");
	expect_health(&k, "a", "live");
	kiosks_end(&k);
}

/* Requirement 13, and what status says of it. */
static void one_that_fails_is_behind_until_it_is_tried_again(void **state)
{
	static const struct status_options cheap = { .exit_code = true };
	struct status_report report;
	struct fail f = FAIL_INIT;
	struct context *c;
	struct kiosks k;
	char id[64];

	(void)state;
	kiosks_begin(&k, 3, "");
	assert_int_equal(file_mkdirs(k.dir.fd, "srv/b/.slipway", 0755, &f), 0);
	scratch_write(&k.dir, "srv/b/.slipway/releases", "not a directory");
	build(&k, "A");
	snprintf(id, sizeof id, "%s", deploy(&k, "*", 3));
	expect_served(&k, "a", "A");
	expect_served(&k, "c", "A");
	c = kiosks_open(&k, "status", NULL);
	assert_int_equal(status_run(c, &cheap, &report), 0);
	assert_string_equal(place_health_name(report.places[0].health), "live");
	assert_string_equal(place_health_name(report.places[1].health), "behind");
	assert_string_equal(report.places[1].wanted, id);
	assert_int_equal(outcome_exit(&report.outcome), 1);
	kiosks_close(&k);
	assert_int_equal(unlinkat(k.dir.fd, "srv/b/.slipway/releases", 0), 0);
	deploy_with(&k, "*", (struct deploy_options){ .retry_failed = true }, 0);
	assert_string_equal(kiosks_live(&k, "b"), id);
	assert_string_equal(kiosks_live(&k, "a"), id);
	expect_health(&k, "b", "live");
	kiosks_end(&k);
}

static void history_tells_each_switch_once(void **state)
{
	static const struct history_options all = { .limit = 0 };
	struct history_report report;
	struct fail f = FAIL_INIT;
	struct context *c;
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, 2, "");
	build(&k, "A");
	deploy(&k, "*", 0);
	build(&k, "B");
	deploy(&k, "*", 0);
	kiosks_rollback(&k, "*", plain(), 0);
	c = kiosks_open(&k, "history", NULL);
	assert_int_equal(history_run(c, &all, &report), 0);
	assert_int_equal(report.count, 6);
	for (size_t i = 0; i < report.count; i++)
		assert_string_equal(report.items[i].source, "both");
	assert_string_equal(report.items[0].action, "rollback");
	assert_string_equal(report.items[0].message, "white screen");
	kiosks_close(&k);
	assert_int_equal(file_remove_tree(k.dir.fd, ".slipway", &f), 0);
	c = kiosks_open(&k, "history", "a", NULL);
	assert_int_equal(history_run(c, &all, &report), 0);
	assert_int_equal(report.count, 3);
	assert_string_equal(report.items[0].source, "host");
	assert_string_equal(report.items[0].action, "rollback");
	kiosks_close(&k);
	kiosks_end(&k);
}

static void adopting_puts_the_link_in_front(void **state)
{
	struct adopt_options o = { .dry_run = true };
	struct adopt_run_report report;
	struct fail f = FAIL_INIT;
	struct context *c;
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, 1, "");
	k.answer = true;
	assert_int_equal(file_mkdirs(k.dir.fd, "srv/a/current", 0755, &f), 0);
	scratch_write(&k.dir, "srv/a/current/app.js", "console.log('old')\n");
	build(&k, "A");
	deploy(&k, "*", 4);
	expect_served(&k, "a", "old");
	c = kiosks_open(&k, "adopt", "a", NULL);
	assert_int_equal(adopt_run(c, &o, &report), 0);
	assert_non_null(report.places[0].report);
	kiosks_close(&k);
	assert_string_equal(kiosks_live(&k, "a"), "");
	o.dry_run = false;
	c = kiosks_open(&k, "adopt", "a", NULL);
	assert_int_equal(adopt_run(c, &o, &report), 0);
	assert_int_equal(outcome_exit(&report.outcome), 0);
	assert_int_equal(report.outcome.rows[0]->result, RESULT_DEPLOYED);
	kiosks_close(&k);
	expect_served(&k, "a", "old");
	assert_memory_equal(kiosks_live(&k, "a"), "adopted-", 8);
	c = kiosks_open(&k, "adopt", "a", NULL);
	assert_int_equal(adopt_run(c, &o, &report), 0);
	assert_int_equal(report.outcome.rows[0]->result, RESULT_UNCHANGED);
	kiosks_close(&k);
	deploy(&k, "*", 0);
	expect_served(&k, "a", "A");
	kiosks_rollback(&k, "*", plain(), 0);
	expect_served(&k, "a", "old");
	kiosks_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_incident),
		cmocka_unit_test(the_incident_without_any_record),
		cmocka_unit_test(rolling_back_twice_goes_two_back),
		cmocka_unit_test(a_bad_build_is_held_until_again),
		cmocka_unit_test(a_dry_run_moves_nothing),
		cmocka_unit_test(one_without_a_past_stops_all_and_except_helps),
		cmocka_unit_test(verify_finds_then_repair_mends),
		cmocka_unit_test(one_that_fails_is_behind_until_it_is_tried_again),
		cmocka_unit_test(history_tells_each_switch_once),
		cmocka_unit_test(adopting_puts_the_link_in_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
