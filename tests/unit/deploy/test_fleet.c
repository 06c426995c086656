#include "engine.h"

#include <signal.h>
#include <unistd.h>

#include "deploy/fleet.h"

#define OLD "20261101-100000-aaaaaaaa"
#define NEW "20261102-100000-bbbbbbbb"

static struct fleet *open_fleet(struct engine *e)
{
	struct fleet *fl;
	struct fail f = FAIL_INIT;

	if (fleet_open(&fl, &e->c, &f) < 0)
		fail_msg("%s", f.text);
	return fl;
}

static struct run *run_named(struct fleet *fl, const char *name)
{
	size_t count;
	struct run *runs = fleet_runs(fl, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(runs[i].row.place, name) == 0)
			return &runs[i];
	fail_msg("no run %s", name);
	return NULL;
}

static void one_failure_moves_no_other(void **state)
{
	struct engine e;
	struct fleet *fl;
	(void)state;

	engine_begin(&e, 3, "");
	fake_fault(&e.world, (struct fake_fault){ .op = "read", .place = "b", .kind = FAIL_AUTH });
	fl = open_fleet(&e);
	fleet_read(fl);
	assert_int_equal(fleet_active(fl), 2);
	assert_int_equal(run_named(fl, "b")->row.result, RESULT_FAILED);
	assert_string_equal(run_named(fl, "b")->row.fail.stage, "read");
	assert_int_equal(run_named(fl, "a")->row.result, RESULT_NONE);
	assert_int_equal(fake_calls(&e.world, "b", "read"), 1);
	fleet_close(fl);
	engine_end(&e);
}

static void trouble_with_the_link_is_tried_again(void **state)
{
	struct engine e;
	struct fleet *fl;
	(void)state;

	engine_begin(&e, 1, "");
	fake_fault(&e.world, (struct fake_fault){ .op = "read", .kind = FAIL_LINK, .times = 1 });
	fl = open_fleet(&e);
	fleet_read(fl);
	assert_int_equal(fleet_active(fl), 1);
	assert_int_equal(fake_calls(&e.world, "a", "read"), 2);
	fleet_close(fl);
	engine_end(&e);
}

static void a_far_side_that_wants_long_makes_the_place_pending(void **state)
{
	struct engine e;
	struct fleet *fl;
	(void)state;

	engine_begin(&e, 1, "");
	fake_fault(&e.world, (struct fake_fault){ .op = "read", .kind = FAIL_BUSY, .retry_after_ms = 61000 });
	fl = open_fleet(&e);
	fleet_read(fl);
	assert_int_equal(run_named(fl, "a")->row.result, RESULT_PENDING);
	assert_int_equal(fake_calls(&e.world, "a", "read"), 1);
	fleet_close(fl);
	engine_end(&e);
}

/* ---- the lock ---- */

static void hold(struct engine *e, const char *name)
{
	engine_place(e, name)->lock = (struct lock_info){ .by = "bob", .where = "ci-7 pid 4711", .command = "deploy",
		.since_s = 100, .now_s = 160, .token = "theirs" };
}

static bool nobody_of_us_holds(struct engine *e)
{
	for (size_t i = 0; i < e->world.count; i++)
		if (e->world.places[i].ours)
			return false;
	return true;
}

static void locks_all_or_none(void **state)
{
	struct engine e;
	struct fleet *fl;
	struct fail f = FAIL_INIT;
	(void)state;

	engine_begin(&e, 3, "");
	hold(&e, "b");
	fl = open_fleet(&e);
	assert_int_equal(fleet_lock(fl, 0, false, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFLICT);
	assert_non_null(strstr(f.text, "b by bob (ci-7 pid 4711) for deploy since 1 min ago"));
	assert_non_null(strstr(f.hint, "slipway unlock b"));
	assert_true(nobody_of_us_holds(&e));
	assert_int_equal(run_named(fl, "b")->row.result, RESULT_SKIPPED);
	assert_int_equal(run_named(fl, "b")->row.fail.kind, FAIL_CONFLICT);
	assert_string_equal(engine_place(&e, "b")->lock.token, "theirs");
	fleet_close(fl);
	engine_end(&e);
}

static void skips_what_is_locked_when_asked(void **state)
{
	struct engine e;
	struct fleet *fl;
	struct fail f = FAIL_INIT;
	(void)state;

	engine_begin(&e, 3, "");
	hold(&e, "b");
	fl = open_fleet(&e);
	assert_int_equal(fleet_lock(fl, 0, true, &f), 0);
	assert_int_equal(run_named(fl, "b")->row.result, RESULT_SKIPPED);
	assert_true(run_named(fl, "a")->locked);
	assert_int_equal(fleet_active(fl), 2);
	fleet_unlock(fl);
	assert_true(nobody_of_us_holds(&e));
	fleet_close(fl);
	engine_end(&e);
}

static void free_on_second_look(struct fake_world *w, struct fake_place *p, const char *op)
{
	if (strcmp(op, "lock") == 0 && strcmp(p->name, "b") == 0 && ++w->hooked == 2)
		p->lock = (struct lock_info){ .token = NULL };
}

static void waits_for_a_lock(void **state)
{
	struct engine e;
	struct fleet *fl;
	struct fail f = FAIL_INIT;
	(void)state;

	engine_begin(&e, 2, "");
	hold(&e, "b");
	e.world.hook = free_on_second_look;
	fl = open_fleet(&e);
	assert_int_equal(fleet_lock(fl, 20000, false, &f), 0);
	assert_true(run_named(fl, "a")->locked && run_named(fl, "b")->locked);
	/* What was got in the first round was given back while waiting. */
	assert_int_equal(fake_calls(&e.world, "a", "lock"), 2);
	assert_int_equal(fake_calls(&e.world, "a", "unlock"), 1);
	assert_non_null(strstr(e.notes.buf, "b: locked by bob"));
	fleet_unlock(fl);
	fleet_close(fl);
	engine_end(&e);
}

static void signal_at_lock(struct fake_world *w, struct fake_place *p, const char *op)
{
	(void)w;
	if (strcmp(op, "lock") == 0 && strcmp(p->name, "b") == 0)
		kill(getpid(), SIGINT);
}

static void interruption_ends_the_wait(void **state)
{
	struct engine e;
	struct fleet *fl;
	struct fail f = FAIL_INIT;
	(void)state;

	engine_begin(&e, 2, "");
	hold(&e, "b");
	e.world.hook = signal_at_lock;
	fl = open_fleet(&e);
	assert_int_equal(fleet_lock(fl, 600000, false, &f), -1);
	assert_int_equal(f.kind, FAIL_CANCELLED);
	assert_true(nobody_of_us_holds(&e));
	fleet_close(fl);
	engine_end(&e);
}

static void a_failing_lock_is_the_places_own_trouble(void **state)
{
	struct engine e;
	struct fleet *fl;
	struct fail f = FAIL_INIT;
	(void)state;

	engine_begin(&e, 2, "");
	fake_fault(&e.world, (struct fake_fault){ .op = "lock", .place = "a", .kind = FAIL_AUTH });
	fl = open_fleet(&e);
	assert_int_equal(fleet_lock(fl, 0, false, &f), 0);
	assert_int_equal(run_named(fl, "a")->row.result, RESULT_FAILED);
	assert_true(run_named(fl, "b")->locked);
	fleet_unlock(fl);
	fleet_close(fl);
	engine_end(&e);
}

/* ---- the switch ---- */

static const char *to_new(struct run *r)
{
	(void)r;
	return NEW;
}

/* Two places that serve OLD and hold NEW. */
static struct fleet *ready(struct engine *e)
{
	struct fleet *fl;
	struct fail f = FAIL_INIT;

	engine_begin(e, 2, "");
	for (const char *name = "a\0b\0"; *name; name += 2) {
		fake_release(&e->world, engine_place(e, name), OLD, true);
		fake_release(&e->world, engine_place(e, name), NEW, false);
	}
	fl = open_fleet(e);
	fleet_read(fl);
	assert_int_equal(fleet_lock(fl, 0, false, &f), 0);
	return fl;
}

static struct outcome switch_all(struct engine *e, struct fleet *fl)
{
	static const struct switch_wish wish = { .to = to_new, .action = "deploy" };
	struct outcome o;

	memset(&o, 0, sizeof o);
	fleet_switch(fl, &wish);
	fleet_unlock(fl);
	fleet_fill(fl, &o);
	assert_true(nobody_of_us_holds(e));
	return o;
}

static void done(struct engine *e, struct fleet *fl)
{
	fleet_close(fl);
	engine_end(e);
}

static void switches_after_flushing(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o = switch_all(&e, fl);
	const struct row *a = engine_row(&o, "a");
	(void)state;

	assert_int_equal(a->result, RESULT_DEPLOYED);
	assert_string_equal(a->live, NEW);
	assert_string_equal(a->previous, OLD);
	assert_int_equal(fake_calls(&e.world, NULL, "flush"), 1);
	assert_true(strstr(e.world.calls.buf, "flush") < strstr(e.world.calls.buf, "step"));
	assert_true(o.changed_something);
	assert_int_equal(outcome_exit(&o), 0);
	assert_non_null(strstr(e.events.buf, "switch a {\"action\":\"deploy\",\"from\":\"" OLD "\",\"to\":\"" NEW "\"}"));
	done(&e, fl);
}

static void a_failed_flush_switches_nothing(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	fake_fault(&e.world, (struct fake_fault){ .op = "flush", .kind = FAIL_LOCAL });
	o = switch_all(&e, fl);
	assert_int_equal(fake_calls(&e.world, NULL, "step"), 0);
	assert_int_equal(engine_row(&o, "b")->result, RESULT_FAILED);
	assert_string_equal(engine_row(&o, "b")->fail.stage, "flush");
	assert_string_equal(engine_row(&o, "b")->live, OLD);
	assert_int_equal(outcome_exit(&o), 4);
	done(&e, fl);
}

static void a_failed_flush_is_one_places_trouble(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	fake_fault(&e.world, (struct fake_fault){ .op = "flush", .place = "a", .kind = FAIL_LOCAL });
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_FAILED);
	assert_string_equal(engine_row(&o, "a")->fail.stage, "flush");
	assert_string_equal(engine_row(&o, "a")->live, OLD);
	assert_int_equal(engine_row(&o, "b")->result, RESULT_DEPLOYED);
	assert_int_equal(outcome_exit(&o), 3);
	done(&e, fl);
}

static void a_lost_answer_is_read_back_not_sent_again(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "a", .way = FAULT_AFTER, .kind = FAIL_LINK });
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_DEPLOYED);
	assert_int_equal(fake_calls(&e.world, "a", "step"), 1);
	assert_int_equal(fake_calls(&e.world, "a", "probe"), 1);
	assert_int_equal(fake_calls(&e.world, "b", "probe"), 0);
	assert_int_equal(outcome_exit(&o), 0);
	done(&e, fl);
}

static void a_lost_request_is_sent_again_after_a_look(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "a", .kind = FAIL_LINK, .times = 1 });
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_DEPLOYED);
	assert_int_equal(fake_calls(&e.world, "a", "step"), 2);
	assert_int_equal(fake_calls(&e.world, "a", "probe"), 1);
	assert_true(strstr(e.world.calls.buf, "a:probe ") > strstr(e.world.calls.buf, "a:step "));
	done(&e, fl);
}

static void it_is_not_sent_for_ever(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "a", .kind = FAIL_LINK });
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_FAILED);
	assert_string_equal(engine_row(&o, "a")->live, OLD);
	assert_string_equal(engine_row(&o, "a")->fail.stage, "switch");
	assert_int_equal(fake_calls(&e.world, "a", "step"), 5);
	assert_int_equal(engine_row(&o, "b")->result, RESULT_DEPLOYED);
	assert_int_equal(outcome_exit(&o), 3);
	done(&e, fl);
}

static void a_plain_failure_is_not_sent_again(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "a", .kind = FAIL_LOCAL });
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_FAILED);
	assert_int_equal(fake_calls(&e.world, "a", "step"), 1);
	assert_string_equal(engine_row(&o, "a")->live, OLD);
	done(&e, fl);
}

static void what_cannot_be_read_back_is_unknown(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "a", .way = FAULT_AFTER, .kind = FAIL_LINK });
	fake_fault(&e.world, (struct fake_fault){ .op = "probe", .place = "a", .kind = FAIL_AUTH });
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_UNKNOWN);
	assert_null(engine_row(&o, "a")->live);
	assert_int_equal(fake_calls(&e.world, "a", "step"), 1);
	assert_int_equal(outcome_exit(&o), 3);
	done(&e, fl);
}

static void somebody_else_switched(struct fake_world *w, struct fake_place *p, const char *op)
{
	if (strcmp(op, "probe") == 0 && strcmp(p->name, "a") == 0) {
		fake_release(w, p, "20261103-100000-cccccccc", true);
		w->hook = NULL;
	}
}

static void a_place_that_moved_elsewhere_is_left_alone(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "a", .kind = FAIL_LINK });
	e.world.hook = somebody_else_switched;
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_FAILED);
	assert_string_equal(engine_row(&o, "a")->live, "20261103-100000-cccccccc");
	assert_int_equal(fake_calls(&e.world, "a", "step"), 1);
	done(&e, fl);
}

static void half_a_switch_is_taken_back(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	e.world.steps = 3;
	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "a", .kind = FAIL_REMOTE, .skip = 2, .times = 1 });
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_FAILED);
	assert_string_equal(engine_row(&o, "a")->live, OLD);
	assert_string_equal(engine_place(&e, "a")->live, OLD);
	/* Three on the way there, three back. */
	assert_int_equal(fake_calls(&e.world, "a", "step"), 6);
	assert_string_equal(engine_place(&e, "a")->records[0].action, "undo");
	assert_int_equal(engine_row(&o, "b")->result, RESULT_DEPLOYED);
	assert_int_equal(outcome_exit(&o), 3);
	done(&e, fl);
}

static void half_a_switch_that_stays_is_unknown(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	e.world.steps = 3;
	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "a", .kind = FAIL_REMOTE, .skip = 1 });
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_UNKNOWN);
	assert_null(engine_row(&o, "a")->live);
	done(&e, fl);
}

static void signal_at_step(struct fake_world *w, struct fake_place *p, const char *op)
{
	if (strcmp(op, "step") == 0 && strcmp(p->name, "a") == 0 && !w->hooked++)
		kill(getpid(), SIGTERM);
}

static void interruption_abandons_a_hanging_switch(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	e.c.jobs = 1;
	e.world.hook = signal_at_step;
	fake_fault(&e.world, (struct fake_fault){ .op = "step", .place = "a", .way = FAULT_HANG });
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_INTERRUPTED);
	assert_string_equal(engine_row(&o, "a")->live, OLD);
	assert_true(o.interrupted);
	assert_int_equal(outcome_exit(&o), 8);
	done(&e, fl);
}

static void an_answer_in_time_counts_in_spite_of_an_interruption(void **state)
{
	struct engine e;
	struct fleet *fl = ready(&e);
	struct outcome o;
	(void)state;

	e.world.hook = signal_at_step;
	o = switch_all(&e, fl);
	assert_int_equal(engine_row(&o, "a")->result, RESULT_DEPLOYED);
	assert_string_equal(engine_row(&o, "a")->live, NEW);
	assert_int_equal(outcome_exit(&o), 8);
	done(&e, fl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_failure_moves_no_other),
		cmocka_unit_test(trouble_with_the_link_is_tried_again),
		cmocka_unit_test(a_far_side_that_wants_long_makes_the_place_pending),
		cmocka_unit_test(locks_all_or_none),
		cmocka_unit_test(skips_what_is_locked_when_asked),
		cmocka_unit_test(waits_for_a_lock),
		cmocka_unit_test(interruption_ends_the_wait),
		cmocka_unit_test(a_failing_lock_is_the_places_own_trouble),
		cmocka_unit_test(switches_after_flushing),
		cmocka_unit_test(a_failed_flush_switches_nothing),
		cmocka_unit_test(a_failed_flush_is_one_places_trouble),
		cmocka_unit_test(a_lost_answer_is_read_back_not_sent_again),
		cmocka_unit_test(a_lost_request_is_sent_again_after_a_look),
		cmocka_unit_test(it_is_not_sent_for_ever),
		cmocka_unit_test(a_plain_failure_is_not_sent_again),
		cmocka_unit_test(what_cannot_be_read_back_is_unknown),
		cmocka_unit_test(a_place_that_moved_elsewhere_is_left_alone),
		cmocka_unit_test(half_a_switch_is_taken_back),
		cmocka_unit_test(half_a_switch_that_stays_is_unknown),
		cmocka_unit_test(interruption_abandons_a_hanging_switch),
		cmocka_unit_test(an_answer_in_time_counts_in_spite_of_an_interruption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
