/* The smaller commands on real directories whose releases were laid down by hand. */
#include "kiosks.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "deploy/fleet.h"

#define D0 "20200101-080000-00000000"
#define A "20200101-090000-aaaaaaaa"
#define B "20200101-100000-bbbbbbbb"
#define C "20200101-110000-cccccccc"
#define D "20200101-120000-dddddddd"
#define HOUR_A 1577869200LL             /* 2020-01-01T09:00:00Z */

static struct rollback_options plain(void)
{
	return (struct rollback_options){ .before_s = -1 };
}

static void three_with_a_and_b(struct kiosks *k)
{
	static const char *const names[] = { "a", "b", "c" };

	kiosks_begin(k, 3, "");
	for (size_t i = 0; i < 3; i++) {
		kiosks_put(k, names[i], A, "A");
		kiosks_put(k, names[i], B, "B");
	}
}

static void expect_live(struct kiosks *k, const char *a, const char *b, const char *c)
{
	assert_string_equal(kiosks_live(k, "a"), a);
	assert_string_equal(kiosks_live(k, "b"), b);
	assert_string_equal(kiosks_live(k, "c"), c);
}

/* ---- rollback ---- */

static void a_rollback_says_where_then_goes(void **state)
{
	struct context *c;
	struct rollback_options o = plain();
	struct rollback_report report;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	c = kiosks_open(&k, "rollback", NULL);
	assert_int_equal(rollback_run(c, &o, &report), 0);
	assert_non_null(strstr(k.notes.buf, "a  " B " -> " A "\n"));
	assert_int_equal(report.move_count, 3);
	assert_string_equal(report.moves[2].from, B);
	assert_string_equal(report.moves[2].to, A);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(report.outcome.rows[i]->result, RESULT_DEPLOYED);
		assert_string_equal(report.outcome.rows[i]->previous, B);
		assert_string_equal(report.outcome.rows[i]->release, A);
		assert_string_equal(report.outcome.rows[i]->live, A);
		assert_int_equal(report.outcome.rows[i]->sent_bytes, 0);
	}
	assert_true(report.outcome.changed_something);
	kiosks_close(&k);
	expect_live(&k, A, A, A);
	assert_int_equal(faccessat(k.dir.fd, "srv/a/.slipway/lock", F_OK, 0), -1);
	kiosks_end(&k);
}

static void differing_groups_are_shown_and_nothing_moves(void **state)
{
	struct rollback_report report;
	struct rollback_options o = plain();
	struct context *c;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	kiosks_put(&k, "c", C, "C");
	c = kiosks_open(&k, "rollback", NULL);
	assert_int_equal(rollback_run(c, &o, &report), -1);
	assert_int_equal(outcome_exit(&report.outcome), 2);
	assert_non_null(strstr(k.notes.buf, "  2 targets serve " B ": a, b\n"));
	assert_non_null(strstr(k.notes.buf, "  1 target serves " C ": c\n"));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(report.outcome.rows[i]->result, RESULT_SKIPPED);
	kiosks_close(&k);
	expect_live(&k, B, B, C);
	o.undo = B;
	kiosks_rollback(&k, "*", o, 0);
	expect_live(&k, A, A, C);
	o = plain();
	o.to = "20200101-09";
	kiosks_rollback(&k, "*", o, 0);
	expect_live(&k, A, A, A);
	kiosks_end(&k);
}

static void each_before_and_steps(void **state)
{
	struct rollback_options o = plain();
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	kiosks_put(&k, "c", C, "C");
	o.each = true;
	kiosks_rollback(&k, "*", o, 0);
	expect_live(&k, A, A, B);
	o = plain();
	o.before_s = HOUR_A + 7200;
	kiosks_rollback(&k, "*", o, 0);
	expect_live(&k, B, B, B);
	kiosks_put(&k, "a", C, "C");
	kiosks_put(&k, "a", D, "D");
	o = plain();
	o.steps = 2;
	kiosks_rollback(&k, "a", o, 0);
	assert_string_equal(kiosks_live(&k, "a"), B);
	kiosks_end(&k);
}

static void ways_exclude_each_other(void **state)
{
	struct rollback_options o = plain();
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	o.undo = B;
	o.to = A;
	kiosks_rollback(&k, "*", o, 2);
	o = plain();
	o.to = A;
	o.steps = 2;
	kiosks_rollback(&k, "*", o, 2);
	o = plain();
	o.before_s = clock_wall_s() + 3600;
	kiosks_rollback(&k, "*", o, 2);
	o = plain();
	o.to = "2019";
	kiosks_rollback(&k, "*", o, 2);
	expect_live(&k, B, B, B);
	kiosks_end(&k);
}

static void nowhere_to_go_stops_all(void **state)
{
	struct rollback_report report;
	struct rollback_options o = plain();
	struct context *c;
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, 3, "");
	kiosks_put(&k, "a", A, "A");
	kiosks_put(&k, "a", B, "B");
	kiosks_put(&k, "b", B, "B");
	kiosks_put(&k, "c", A, "A");
	kiosks_put(&k, "c", B, "B");
	c = kiosks_open(&k, "rollback", NULL);
	assert_int_equal(rollback_run(c, &o, &report), -1);
	assert_int_equal(outcome_exit(&report.outcome), 4);
	assert_int_equal(report.outcome.rows[0]->result, RESULT_SKIPPED);
	assert_int_equal(report.outcome.rows[1]->result, RESULT_FAILED);
	assert_non_null(strstr(report.outcome.error.text, "b has no earlier good release"));
	assert_null(strstr(k.notes.buf, "->"));
	kiosks_close(&k);
	expect_live(&k, B, B, B);
	kiosks_end(&k);
}

static void one_that_cannot_be_read_does_not_hold_the_others(void **state)
{
	struct rollback_report report;
	struct rollback_options o = plain();
	struct fail f = FAIL_INIT;
	struct context *c;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	assert_int_equal(file_remove_tree(k.dir.fd, "srv/b", &f), 0);
	scratch_write(&k.dir, "srv/b", "not a directory");
	c = kiosks_open(&k, "rollback", NULL);
	rollback_run(c, &o, &report);
	kiosks_expect_exit(&k, &report.outcome, 3);
	assert_int_equal(report.outcome.rows[0]->result, RESULT_DEPLOYED);
	assert_int_equal(report.outcome.rows[1]->result, RESULT_FAILED);
	assert_true(report.outcome.rows[1]->fail.text[0]);
	kiosks_close(&k);
	assert_string_equal(kiosks_live(&k, "a"), A);
	assert_string_equal(kiosks_live(&k, "c"), A);
	kiosks_end(&k);
}

static void deploy_to_b(struct kiosks *k, const char *text)
{
	if (!strstr(text, "b  ") || !strstr(text, "->"))
		return;
	k->meanwhile = NULL;
	kiosks_put(k, "b", C, "C");
}

static void what_moved_meanwhile_is_left_alone(void **state)
{
	struct rollback_report report;
	struct rollback_options o = plain();
	struct context *c;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	k.meanwhile = deploy_to_b;
	c = kiosks_open(&k, "rollback", NULL);
	rollback_run(c, &o, &report);
	kiosks_expect_exit(&k, &report.outcome, 3);
	assert_int_equal(report.outcome.rows[1]->result, RESULT_FAILED);
	assert_int_equal(report.outcome.rows[1]->fail.kind, FAIL_CONFLICT);
	assert_non_null(strstr(report.outcome.rows[1]->fail.text, C));
	assert_null(report.outcome.rows[1]->release);
	kiosks_close(&k);
	expect_live(&k, A, C, A);
	kiosks_end(&k);
}

static void lose_a_manifest(struct kiosks *k, const char *text)
{
	if (strstr(text, "->"))
		unlinkat(k->dir.fd, "srv/b/.slipway/releases/" A ".jsonl", 0);
}

static void an_incomplete_release_is_not_gone_back_to(void **state)
{
	struct rollback_report report;
	struct rollback_options o = plain();
	struct context *c;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	k.meanwhile = lose_a_manifest;
	c = kiosks_open(&k, "rollback", NULL);
	rollback_run(c, &o, &report);
	kiosks_expect_exit(&k, &report.outcome, 3);
	assert_int_equal(report.outcome.rows[1]->result, RESULT_FAILED);
	kiosks_close(&k);
	expect_live(&k, A, B, A);
	kiosks_end(&k);
}

static void interrupt(struct kiosks *k, const char *text)
{
	if (!strstr(text, "->"))
		return;
	k->meanwhile = NULL;
	raise(SIGINT);
}

static void an_interrupted_rollback_moves_nothing_and_can_be_repeated(void **state)
{
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	k.signals = true;
	k.meanwhile = interrupt;
	kiosks_rollback(&k, "*", plain(), 8);
	expect_live(&k, B, B, B);
	assert_int_equal(faccessat(k.dir.fd, "srv/a/.slipway/lock", F_OK, 0), -1);
	kiosks_rollback(&k, "*", plain(), 0);
	expect_live(&k, A, A, A);
	kiosks_end(&k);
}

/* Rolled back in part: the same command again finishes it, and goes no further back where it had arrived. */
static void a_rollback_that_failed_on_one_place_is_finished(void **state)
{
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, 2, "");
	for (int i = 0; i < 2; i++) {
		kiosks_put(&k, i ? "b" : "a", D0, "D0");
		kiosks_put(&k, i ? "b" : "a", A, "A");
		kiosks_put(&k, i ? "b" : "a", B, "B");
	}
	k.meanwhile = lose_a_manifest;
	kiosks_rollback(&k, "*", plain(), 3);
	assert_string_equal(kiosks_live(&k, "a"), A);
	assert_string_equal(kiosks_live(&k, "b"), B);
	k.meanwhile = NULL;
	kiosks_release(&k, "b", A, D0, "A");
	kiosks_rollback(&k, "*", plain(), 0);
	assert_non_null(strstr(k.notes.buf, "finishing"));
	assert_string_equal(kiosks_live(&k, "a"), A);
	assert_string_equal(kiosks_live(&k, "b"), A);
	kiosks_rollback(&k, "*", plain(), 0);
	assert_string_equal(kiosks_live(&k, "a"), D0);
	assert_string_equal(kiosks_live(&k, "b"), D0);
	kiosks_end(&k);
}

static void a_rollback_works_without_state_and_with_a_broken_one(void **state)
{
	struct fail f = FAIL_INIT;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	scratch_write(&k.dir, ".slipway", "a file where the state should be");
	kiosks_rollback(&k, "*", plain(), 0);
	assert_non_null(strstr(k.notes.buf, "not recorded"));
	expect_live(&k, A, A, A);
	assert_int_equal(file_remove_tree(k.dir.fd, ".slipway", &f), 0);
	kiosks_end(&k);
}

static void a_foreign_directory_can_be_gone_back_to(void **state)
{
	struct fail f = FAIL_INIT;
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, 1, "");
	assert_int_equal(file_mkdirs(k.dir.fd, "srv/a/releases/by-hand", 0755, &f), 0);
	scratch_write(&k.dir, "srv/a/releases/by-hand/app.js", "hand");
	kiosks_link(&k, "a", "by-hand");
	kiosks_put(&k, "a", A, "A");
	kiosks_rollback(&k, "*", plain(), 0);
	assert_string_equal(kiosks_live(&k, "a"), "by-hand");
	kiosks_end(&k);
}

/* ---- locks ---- */

static void hold_all(struct kiosks *k, struct fleet **fleet)
{
	struct fail f = FAIL_INIT;
	struct context *c = kiosks_open(k, "deploy", NULL);

	assert_int_equal(fleet_open(fleet, c, &f), 0);
	assert_int_equal(fleet_lock(*fleet, 0, false, &f), 0);
}

static void let_go(struct kiosks *k, struct fleet *fleet)
{
	fleet_unlock(fleet);
	fleet_close(fleet);
	kiosks_close(k);
}

static void held_locks_stop_a_rollback_before_it_begins(void **state)
{
	struct rollback_options o = plain();
	struct kiosks k, other;
	struct fleet *fleet;

	(void)state;
	three_with_a_and_b(&k);
	other = k;
	other.notes = (struct strbuf)STRBUF_INIT;
	hold_all(&other, &fleet);
	kiosks_rollback(&k, "*", o, 5);
	expect_live(&k, B, B, B);
	let_go(&other, fleet);
	strbuf_clear(&other.notes);
	kiosks_rollback(&k, "*", o, 0);
	expect_live(&k, A, A, A);
	kiosks_end(&k);
}

static void unlock(struct kiosks *k, bool force, int exit_code, bool freed)
{
	const struct unlock_options o = { .force = force };
	struct context *c = kiosks_open(k, "unlock", "a", NULL);
	struct unlock_report report;

	unlock_run(c, &o, &report);
	kiosks_expect_exit(k, &report.outcome, exit_code);
	assert_int_equal(report.places[0].freed, freed);
	kiosks_close(k);
}

static void a_live_lock_is_freed_only_by_force(void **state)
{
	struct kiosks k, other;
	struct fleet *fleet;

	(void)state;
	three_with_a_and_b(&k);
	other = k;
	other.notes = (struct strbuf)STRBUF_INIT;
	unlock(&k, false, 0, false);
	assert_string_equal(k.notes.buf, "");
	hold_all(&other, &fleet);
	unlock(&k, false, 5, false);
	assert_non_null(strstr(k.notes.buf, "locked by ana@desk"));
	unlock(&k, true, 2, false);             /* asked, and nobody agreed */
	assert_int_equal(k.asked, 1);
	k.answer = true;
	unlock(&k, true, 0, true);
	assert_int_equal(faccessat(k.dir.fd, "srv/a/.slipway/lock", F_OK, 0), -1);
	assert_int_equal(faccessat(k.dir.fd, "srv/b/.slipway/lock", F_OK, 0), 0);
	let_go(&other, fleet);
	strbuf_clear(&other.notes);
	kiosks_end(&k);
}

static void a_stale_lock_is_freed(void **state)
{
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	scratch_write(&k.dir, "srv/a/.slipway/lock",
	              "{\"by\":\"bo@ci\",\"host\":\"elsewhere\",\"pid\":1,\"command\":\"deploy\","
	              "\"since\":\"2020-01-01T00:00:00Z\","
	              "\"expires\":\"2020-01-01T00:02:00Z\",\"token\":\"00112233445566778899aabbccddeeff\"}\n");
	unlock(&k, false, 0, true);
	assert_non_null(strstr(k.notes.buf, "bo@ci"));
	assert_non_null(strstr(k.notes.buf, "stale"));
	assert_int_equal(k.asked, 0);
	assert_int_equal(faccessat(k.dir.fd, "srv/a/.slipway/lock", F_OK, 0), -1);
	kiosks_end(&k);
}

/* ---- status, verify ---- */

static void status(struct kiosks *k, struct status_options o, struct status_report *report, int exit_code)
{
	struct context *c = kiosks_open(k, "status", NULL);

	assert_int_equal(status_run(c, &o, report), 0);
	kiosks_expect_exit(k, &report->outcome, exit_code);
}

static void status_tells_live_from_drifted_from_empty(void **state)
{
	struct status_report report;
	struct fail f = FAIL_INIT;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	kiosks_link(&k, "b", A);
	assert_int_equal(file_remove_tree(k.dir.fd, "srv/c", &f), 0);
	status(&k, (struct status_options){ .deep = false }, &report, 0);
	assert_int_equal(report.places[0].health, PLACE_LIVE);
	assert_string_equal(report.places[0].header->id, B);
	assert_int_equal(report.places[1].health, PLACE_DRIFTED);
	assert_non_null(strstr(report.places[1].note, "other than slipway"));
	assert_int_equal(report.places[2].health, PLACE_EMPTY);
	kiosks_close(&k);
	status(&k, (struct status_options){ .exit_code = true }, &report, 1);
	kiosks_close(&k);
	kiosks_end(&k);
}

static void status_sees_the_unreachable_and_the_behind(void **state)
{
	struct status_report report;
	struct fail f = FAIL_INIT;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	kiosks_put(&k, "a", C, "C");
	kiosks_release(&k, "b", C, B, "C");     /* sealed there, never switched to */
	assert_int_equal(file_remove_tree(k.dir.fd, "srv/c", &f), 0);
	scratch_write(&k.dir, "srv/c", "not a directory");
	status(&k, (struct status_options){ .deep = false }, &report, 4);
	assert_int_equal(report.places[0].health, PLACE_LIVE);
	assert_int_equal(report.places[1].health, PLACE_BEHIND);
	assert_string_equal(report.places[1].wanted, C);
	assert_int_equal(report.places[2].health, PLACE_UNREACHABLE);
	assert_non_null(report.places[2].note);
	kiosks_close(&k);
	kiosks_end(&k);
}

static void verify(struct kiosks *k, struct verify_options o, int exit_code, bool found)
{
	struct context *c = kiosks_open(k, "verify", "a", NULL);
	struct verify_run_report report;

	verify_run(c, &o, &report);
	kiosks_expect_exit(k, &report.outcome, exit_code);
	if (exit_code <= 1)
		assert_int_equal(report.places[0].report->count > 0, found);
	kiosks_close(k);
}

static void spoil(struct kiosks *k, const char *path, const char *text)
{
	assert_int_equal(fchmodat(k->dir.fd, path, 0644, 0), 0);
	scratch_write(&k->dir, path, text);
}

static size_t lines(struct kiosks *k, const char *path)
{
	char *text = scratch_read(&k->dir, path);
	size_t n = 0;

	for (const char *p = text; *p; p++)
		n += *p == '\n';
	free(text);
	return n;
}

static void verify_marks_each_change_of_its_verdict_once(void **state)
{
	struct status_report report;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	verify(&k, (struct verify_options){ .served = false }, 0, false);
	assert_int_equal(lines(&k, "srv/a/.slipway/switches.jsonl"), 2);
	spoil(&k, "srv/a/releases/" B "/app.js", "X");
	verify(&k, (struct verify_options){ .served = false }, 1, true);
	verify(&k, (struct verify_options){ .served = false }, 1, true);
	assert_int_equal(lines(&k, "srv/a/.slipway/switches.jsonl"), 3);
	status(&k, (struct status_options){ .deep = false }, &report, 0);
	assert_int_equal(report.places[0].health, PLACE_DRIFTED);
	assert_non_null(strstr(report.places[0].note, "app.js"));
	kiosks_close(&k);
	spoil(&k, "srv/a/releases/" B "/app.js", "B");
	assert_int_equal(fchmodat(k.dir.fd, "srv/a/releases/" B "/app.js", 0444, 0), 0);
	const struct timespec times[2] = { { .tv_sec = HOUR_A + 3600 }, { .tv_sec = HOUR_A + 3600 } };
	assert_int_equal(utimensat(k.dir.fd, "srv/a/releases/" B "/app.js", times, 0), 0);
	verify(&k, (struct verify_options){ .served = false }, 0, false);
	assert_int_equal(lines(&k, "srv/a/.slipway/switches.jsonl"), 4);
	kiosks_end(&k);
}

static void verify_looks_at_other_releases_without_marking(void **state)
{
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	spoil(&k, "srv/a/releases/" A "/app.js", "X");
	verify(&k, (struct verify_options){ .release = "20200101-09" }, 1, true);
	assert_int_equal(lines(&k, "srv/a/.slipway/switches.jsonl"), 2);
	verify(&k, (struct verify_options){ .release = B }, 0, false);
	verify(&k, (struct verify_options){ .release = "20200101" }, 4, false);
	verify(&k, (struct verify_options){ .release = "1999" }, 4, false);
	verify(&k, (struct verify_options){ .served = true, .release = B }, 2, false);
	kiosks_end(&k);
}

/* ---- releases, prune ---- */

static void four_on_a(struct kiosks *k)
{
	kiosks_begin(k, 1, "");
	kiosks_put(k, "a", A, "A");
	kiosks_put(k, "a", B, "B");
	kiosks_put(k, "a", C, "C");
	kiosks_put(k, "a", D, "D");
}

static void prune(struct kiosks *k, struct prune_options o, size_t dropped)
{
	struct context *c = kiosks_open(k, "prune", NULL);
	struct prune_report report;

	assert_int_equal(prune_run(c, &o, &report), 0);
	kiosks_expect_exit(k, &report.outcome, 0);
	assert_int_equal(report.places[0].count, dropped);
	assert_int_equal(report.places[0].freed_bytes > 0, dropped > 0 && !o.dry_run);
	for (size_t i = 1; i < dropped; i++)
		assert_true(strcmp(report.places[0].dropped[i - 1], report.places[0].dropped[i]) < 0);
	kiosks_close(k);
}

static void prune_drops_beyond_the_policy(void **state)
{
	struct kiosks k;

	(void)state;
	four_on_a(&k);
	prune(&k, (struct prune_options){ .keep = -1 }, 0);
	prune(&k, (struct prune_options){ .keep = 3, .dry_run = true }, 1);
	assert_int_equal(scratch_count(&k.dir, "srv/a/releases"), 4);
	prune(&k, (struct prune_options){ .keep = 0 }, 2);
	assert_int_equal(scratch_count(&k.dir, "srv/a/releases"), 2);
	assert_int_equal(scratch_count(&k.dir, "srv/a/.slipway/releases"), 2);
	assert_string_equal(kiosks_live(&k, "a"), D);
	kiosks_rollback(&k, "*", plain(), 0);
	assert_string_equal(kiosks_live(&k, "a"), C);
	kiosks_end(&k);
}

static void the_project_sets_the_policy(void **state)
{
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, 1, ", \"environments\": { \"shop\": { \"keep\": { \"last\": 2, \"within\": \"1d\" } } }");
	kiosks_put(&k, "a", A, "A");
	kiosks_put(&k, "a", B, "B");
	kiosks_put(&k, "a", C, "C");
	prune(&k, (struct prune_options){ .keep = -1 }, 1);
	kiosks_end(&k);
}

static void prune_without_a_root_makes_none(void **state)
{
	struct kiosks k;

	(void)state;
	kiosks_begin(&k, 1, "");
	prune(&k, (struct prune_options){ .keep = 1 }, 0);
	assert_int_equal(faccessat(k.dir.fd, "srv/a", F_OK, 0), -1);
	kiosks_end(&k);
}

static void pin(struct kiosks *k, struct releases_options o, int exit_code)
{
	struct context *c = kiosks_open(k, "releases", NULL);
	struct releases_report report;

	releases_run(c, &o, &report);
	kiosks_expect_exit(k, &report.outcome, exit_code);
	kiosks_close(k);
}

static void a_pin_holds_until_it_is_taken_away(void **state)
{
	struct kiosks k;

	(void)state;
	four_on_a(&k);
	pin(&k, (struct releases_options){ .pin = A }, 0);
	pin(&k, (struct releases_options){ .pin = A }, 0);
	assert_int_equal(lines(&k, "srv/a/.slipway/switches.jsonl"), 5);
	prune(&k, (struct prune_options){ .keep = 1 }, 1);
	pin(&k, (struct releases_options){ .unpin = "20200101-09" }, 0);
	prune(&k, (struct prune_options){ .keep = 1 }, 1);
	pin(&k, (struct releases_options){ .pin = "1999" }, 2);
	pin(&k, (struct releases_options){ .pin = "2020" }, 2);
	pin(&k, (struct releases_options){ .pin = D, .unpin = D }, 2);
	kiosks_end(&k);
}

static void releases_are_listed_with_what_became_of_them(void **state)
{
	struct releases_options none = { .pin = NULL };
	struct releases_report report;
	const struct release_info *r;
	struct context *c;
	struct kiosks k;

	(void)state;
	four_on_a(&k);
	kiosks_rollback(&k, "*", plain(), 0);
	c = kiosks_open(&k, "releases", NULL);
	assert_int_equal(releases_run(c, &none, &report), 0);
	r = report.places[0].list->items;
	assert_int_equal(report.places[0].list->count, 4);
	assert_string_equal(r[0].header.id, D);
	assert_true(r[0].bad && !r[0].live);
	assert_string_equal(r[0].bad_record->reason, "white screen");
	assert_true(r[1].live && !r[1].bad);
	kiosks_close(&k);
	kiosks_end(&k);
}

/* ---- history ---- */

static void history_needs_no_ledger(void **state)
{
	struct history_options o = { .limit = 0 };
	struct history_report report;
	struct fail f = FAIL_INIT;
	struct context *c;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	kiosks_rollback(&k, "*", plain(), 0);
	assert_int_equal(file_remove_tree(k.dir.fd, "srv/c", &f), 0);
	scratch_write(&k.dir, "srv/c", "not a directory");
	c = kiosks_open(&k, "history", NULL);
	assert_int_equal(history_run(c, &o, &report), 0);
	kiosks_expect_exit(&k, &report.outcome, 0);
	assert_non_null(strstr(k.notes.buf, "c: only what the ledger knows"));
	assert_int_equal(report.count, 7);
	assert_string_equal(report.items[0].source, "both");
	assert_string_equal(report.items[2].source, "ledger");
	assert_string_equal(report.items[2].place, "c");
	assert_string_equal(report.items[3].source, "host");
	kiosks_close(&k);
	o.limit = 2;
	c = kiosks_open(&k, "history", "b", NULL);
	assert_int_equal(history_run(c, &o, &report), 0);
	assert_int_equal(report.count, 2);
	assert_string_equal(report.items[0].action, "rollback");
	assert_string_equal(report.items[0].message, "white screen");
	assert_string_equal(report.items[1].action, "deploy");
	kiosks_close(&k);
	kiosks_end(&k);
}

/* ---- adopt ---- */

static void adopt(struct kiosks *k, bool dry_run, int exit_code, enum result result)
{
	const struct adopt_options o = { .dry_run = dry_run };
	struct context *c = kiosks_open(k, "adopt", "a", NULL);
	struct adopt_run_report report;

	adopt_run(c, &o, &report);
	kiosks_expect_exit(k, &report.outcome, exit_code);
	assert_string_equal(result_name(report.outcome.rows[0]->result), result_name(result));
	kiosks_close(k);
}

static void adopting_puts_the_link_in_front(void **state)
{
	struct status_report report;
	struct fail f = FAIL_INIT;
	struct kiosks k;
	char *text;

	(void)state;
	kiosks_begin(&k, 1, "");
	adopt(&k, false, 4, RESULT_FAILED);
	assert_int_equal(file_mkdirs(k.dir.fd, "srv/a/current", 0755, &f), 0);
	scratch_write(&k.dir, "srv/a/current/app.js", "old");
	adopt(&k, true, 0, RESULT_UNCHANGED);
	assert_string_equal(kiosks_live(&k, "a"), "");
	adopt(&k, false, 0, RESULT_DEPLOYED);
	assert_memory_equal(kiosks_live(&k, "a"), "adopted-", 8);
	text = kiosks_served(&k, "a", "app.js");
	assert_string_equal(text, "old");
	free(text);
	adopt(&k, false, 0, RESULT_UNCHANGED);
	status(&k, (struct status_options){ .deep = true }, &report, 0);
	assert_int_equal(report.places[0].health, PLACE_LIVE);
	kiosks_close(&k);
	kiosks_end(&k);
}

/* ---- check ---- */

static void check_tells_what_is_wrong_where(void **state)
{
	struct check_online_report report;
	struct fail f = FAIL_INIT;
	struct context *c;
	struct kiosks k;

	(void)state;
	three_with_a_and_b(&k);
	c = kiosks_open(&k, "check", NULL);
	assert_int_equal(check_online_run(c, &report), 0);
	kiosks_expect_exit(&k, &report.outcome, 0);
	assert_true(report.places[0].report->count > 0);
	kiosks_close(&k);
	assert_int_equal(file_remove_tree(k.dir.fd, "srv/b", &f), 0);
	scratch_write(&k.dir, "srv/b", "not a directory");
	c = kiosks_open(&k, "check", NULL);
	check_online_run(c, &report);
	kiosks_expect_exit(&k, &report.outcome, 4);
	assert_int_equal(report.outcome.rows[1]->result, RESULT_FAILED);
	assert_int_equal(report.outcome.rows[0]->result, RESULT_UNCHANGED);
	kiosks_close(&k);
	kiosks_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rollback_says_where_then_goes),
		cmocka_unit_test(differing_groups_are_shown_and_nothing_moves),
		cmocka_unit_test(each_before_and_steps),
		cmocka_unit_test(ways_exclude_each_other),
		cmocka_unit_test(nowhere_to_go_stops_all),
		cmocka_unit_test(one_that_cannot_be_read_does_not_hold_the_others),
		cmocka_unit_test(what_moved_meanwhile_is_left_alone),
		cmocka_unit_test(an_incomplete_release_is_not_gone_back_to),
		cmocka_unit_test(an_interrupted_rollback_moves_nothing_and_can_be_repeated),
		cmocka_unit_test(a_rollback_that_failed_on_one_place_is_finished),
		cmocka_unit_test(a_rollback_works_without_state_and_with_a_broken_one),
		cmocka_unit_test(a_foreign_directory_can_be_gone_back_to),
		cmocka_unit_test(held_locks_stop_a_rollback_before_it_begins),
		cmocka_unit_test(a_live_lock_is_freed_only_by_force),
		cmocka_unit_test(a_stale_lock_is_freed),
		cmocka_unit_test(status_tells_live_from_drifted_from_empty),
		cmocka_unit_test(status_sees_the_unreachable_and_the_behind),
		cmocka_unit_test(verify_marks_each_change_of_its_verdict_once),
		cmocka_unit_test(verify_looks_at_other_releases_without_marking),
		cmocka_unit_test(prune_drops_beyond_the_policy),
		cmocka_unit_test(the_project_sets_the_policy),
		cmocka_unit_test(prune_without_a_root_makes_none),
		cmocka_unit_test(a_pin_holds_until_it_is_taken_away),
		cmocka_unit_test(releases_are_listed_with_what_became_of_them),
		cmocka_unit_test(history_needs_no_ledger),
		cmocka_unit_test(adopting_puts_the_link_in_front),
		cmocka_unit_test(check_tells_what_is_wrong_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
