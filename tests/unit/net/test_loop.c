#include "net/loop.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "test.h"

static struct loop *new_loop(bool signals)
{
	struct fail f = FAIL_INIT;
	struct loop *l = NULL;

	if (loop_new(&l, 2, signals, &f) < 0)
		fail_msg("%s", f.text);
	return l;
}

struct tick {
	struct timer timer;
	struct loop *loop;
	int *order, place, again;
	int64_t fired_ns;
};

static void tick_fire(struct timer *t)
{
	struct tick *k = (struct tick *)t;

	k->fired_ns = clock_mono_ns();
	k->place = ++*k->order;
	if (k->again-- > 0)
		loop_timer(k->loop, t, 0);
}

static void test_timers_fire_in_order(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	int order = 0;
	struct tick a = { .timer = { .fire = tick_fire }, .loop = l, .order = &order }, b = a, c = a, d = a;
	int64_t begin = clock_mono_ns();

	loop_timer(l, &a.timer, 30);
	loop_timer(l, &b.timer, 5);
	loop_timer(l, &c.timer, 10);
	loop_timer(l, &d.timer, 1);
	loop_timer_stop(l, &d.timer);
	loop_timer_stop(l, &d.timer);
	loop_timer(l, &b.timer, 20);    /* re-armed: now after c */
	while (a.timer.armed)
		loop_turn(l, -1);
	assert_int_equal(c.place, 1);
	assert_int_equal(b.place, 2);
	assert_int_equal(a.place, 3);
	assert_int_equal(d.place, 0);
	assert_true(a.fired_ns - begin >= 30000000);
	assert_true(c.fired_ns - begin >= 10000000);
	loop_free(l);
}

static void test_a_timer_that_rearms_lets_go(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	int order = 0;
	struct tick a = { .timer = { .fire = tick_fire }, .loop = l, .order = &order, .again = 100 };

	loop_timer(l, &a.timer, 0);
	loop_turn(l, 1000);
	assert_in_range(order, 1, 5);
	while (a.timer.armed)
		loop_turn(l, 1000);
	assert_int_equal(order, 101);
	loop_free(l);
}

static void test_a_turn_waits_no_longer(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	int64_t begin = clock_mono_ns();

	loop_turn(l, 0);
	loop_turn(l, 20);
	int64_t took = clock_mono_ns() - begin;
	assert_true(took >= 19000000);
	assert_true(took < 15000000000);
	loop_free(l);
}

struct reader {
	struct watch watch;
	struct loop *loop;
	struct reader *other;       /* unwatched when this one reads */
	int calls;
	char got[64];
};

static void reader_ready(struct watch *w, short revents)
{
	struct reader *r = (struct reader *)w;

	assert_true(revents & (POLLIN | POLLHUP));
	ssize_t n = read(w->fd, r->got, sizeof r->got - 1);
	r->got[n > 0 ? n : 0] = '\0';
	r->calls++;
	if (n <= 0)
		loop_unwatch(r->loop, w);
	if (r->other)
		loop_unwatch(r->loop, &r->other->watch);
}

static void test_watches(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	struct reader r = { .watch = { .events = POLLIN, .ready = reader_ready }, .loop = l };
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	r.watch.fd = ends[0];
	loop_watch(l, &r.watch);
	loop_turn(l, 0);
	assert_int_equal(r.calls, 0);
	assert_int_equal(write(ends[1], "hello", 5), 5);
	loop_turn(l, 10000);
	assert_string_equal(r.got, "hello");
	close(ends[1]);
	loop_turn(l, 10000);
	assert_int_equal(r.calls, 2);
	loop_turn(l, 0);
	assert_int_equal(r.calls, 2);
	loop_unwatch(l, &r.watch);
	close(ends[0]);
	loop_free(l);
}

static void test_a_callback_unwatches_another(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	struct reader a = { .watch = { .events = POLLIN, .ready = reader_ready }, .loop = l }, b = a;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "both are ready", 14), 14);
	a.watch.fd = b.watch.fd = ends[0];
	a.other = &b;
	b.other = &a;
	loop_watch(l, &a.watch);
	loop_watch(l, &b.watch);
	loop_turn(l, 10000);
	assert_int_equal(a.calls + b.calls, 1);
	close(ends[0]);
	close(ends[1]);
	loop_unwatch(l, &a.watch);
	loop_unwatch(l, &b.watch);
	loop_free(l);
}

enum { CROWD = 40 };
struct member {
	struct watch watch;         /* first */
	struct crowd *crowd;
	int calls;
};
struct crowd {
	struct loop *loop;
	struct member members[CROWD], late;
	unsigned state;
};

/* Leaves, takes a few others along, and lets one in: whoever is served afterwards must still be watched. */
static void member_ready(struct watch *w, short revents)
{
	struct member *m = (struct member *)w;
	struct crowd *c = m->crowd;

	assert_true(revents & POLLIN);
	assert_true(w->slot > 0);
	m->calls++;
	loop_unwatch(c->loop, w);
	for (int i = 0; i < 2; i++) {
		c->state = c->state * 1103515245 + 12345;
		loop_unwatch(c->loop, &c->members[c->state / 65536 % CROWD].watch);
	}
	loop_watch(c->loop, &c->late.watch);
}

static void test_a_crowd_that_leaves_while_it_is_served(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct crowd c = { .loop = l, .state = seed };
		int served = 0, left = 0;
		for (int i = 0; i <= CROWD; i++) {
			struct member *m = i < CROWD ? &c.members[i] : &c.late;
			*m = (struct member){ .watch = { .fd = ends[0], .events = POLLIN, .ready = member_ready }, .crowd = &c };
			if (i < CROWD)
				loop_watch(l, &m->watch);
		}
		loop_turn(l, 1000);
		assert_int_equal(c.late.calls, 0);      /* it came while they were served: next turn */
		for (int i = 0; i < CROWD; i++) {
			assert_in_range(c.members[i].calls, 0, 1);
			served += c.members[i].calls;
			left += c.members[i].watch.slot > 0;
		}
		assert_in_range(served, CROWD / 4, CROWD);
		assert_int_equal(left, 0);
		loop_turn(l, 1000);
		assert_int_equal(c.late.calls, 1);
		loop_unwatch(l, &c.late.watch);
	}
	close(ends[0]);
	close(ends[1]);
	loop_free(l);
}

static void test_watching_again_changes_the_events(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	struct reader r = { .watch = { .events = POLLOUT, .ready = reader_ready }, .loop = l };
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "hello", 5), 5);
	r.watch.fd = ends[0];
	loop_watch(l, &r.watch);
	loop_turn(l, 0);
	assert_int_equal(r.calls, 0);
	r.watch.events = POLLIN;
	loop_watch(l, &r.watch);
	loop_turn(l, 1000);
	assert_int_equal(r.calls, 1);
	loop_unwatch(l, &r.watch);
	loop_unwatch(l, &r.watch);
	close(ends[0]);
	close(ends[1]);
	loop_free(l);
}

struct step {
	struct op op;
	struct loop *loop;
	pthread_t home;
	int answer, dones, again;
	bool worked, wrong_thread;
};

static int step_work(void *arg, struct op *op)
{
	struct step *s = arg;

	s->worked = true;
	s->wrong_thread = pthread_equal(pthread_self(), s->home);
	return s->answer < 0 ? fail_set(&op->fail, FAIL_CONFLICT, "held") : 0;
}

static void step_done(struct op *op)
{
	struct step *s = op->owner;

	s->dones++;
	s->wrong_thread |= !pthread_equal(pthread_self(), s->home);
	if (s->again-- > 0)
		op_finish(s->loop, op, 0);
}

static void step_init(struct step *s, struct loop *l, int answer)
{
	*s = (struct step){ .loop = l, .home = pthread_self(), .answer = answer };
	s->op.done = step_done;
	s->op.owner = s;
}

static void test_ops_work_elsewhere_and_end_here(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	static struct step steps[300];
	int left;

	for (int i = 0; i < 300; i++) {
		step_init(&steps[i], l, i % 3 == 0 ? -1 : 0);
		op_run(l, &steps[i].op, step_work, &steps[i]);
	}
	do {
		loop_turn(l, 10000);
		left = 300;
		for (int i = 0; i < 300; i++)
			left -= steps[i].dones;
	} while (left > 0);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(steps[i].dones, 1);
		assert_true(steps[i].worked);
		assert_false(steps[i].wrong_thread);
		assert_int_equal(steps[i].op.rc, i % 3 == 0 ? -1 : 0);
		assert_int_equal(steps[i].op.fail.kind, i % 3 == 0 ? FAIL_CONFLICT : FAIL_NONE);
	}
	loop_free(l);
}

static void test_a_cancelled_op_is_not_begun(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	struct step s;

	step_init(&s, l, 0);
	atomic_store(&s.op.cancel, true);
	op_run(l, &s.op, step_work, &s);
	while (s.dones == 0)
		loop_turn(l, 10000);
	assert_false(s.worked);
	assert_int_equal(s.op.rc, -1);
	assert_int_equal(s.op.fail.kind, FAIL_CANCELLED);
	loop_free(l);
}

static void test_finished_ops_come_on_the_next_turn(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	struct step a, b;

	step_init(&a, l, 0);
	step_init(&b, l, 0);
	a.again = 2;
	op_finish(l, &a.op, -1);
	op_finish(l, &b.op, 0);
	assert_int_equal(a.dones, 0);
	loop_turn(l, 10000);
	assert_int_equal(a.dones, 1);
	assert_int_equal(a.op.rc, -1);
	assert_int_equal(b.dones, 1);
	loop_turn(l, 10000);
	assert_int_equal(a.dones, 2);
	assert_int_equal(a.op.rc, 0);
	loop_free(l);
	assert_int_equal(a.dones, 3);
}

static void test_free_completes_what_runs(void **state)
{
	(void)state;
	struct loop *l = new_loop(false);
	static struct step steps[50];

	for (int i = 0; i < 50; i++) {
		step_init(&steps[i], l, 0);
		steps[i].again = 1;
		op_run(l, &steps[i].op, step_work, &steps[i]);
	}
	loop_free(l);
	for (int i = 0; i < 50; i++)
		assert_int_equal(steps[i].dones, 2);
	loop_free(NULL);
}

static void test_signals_are_counted(void **state)
{
	(void)state;
	struct loop *l = new_loop(true);
	int last = -1;

	assert_int_equal(loop_signals(l, &last), 0);
	assert_int_equal(last, 0);
	kill(getpid(), SIGINT);
	loop_turn(l, 10000);
	assert_int_equal(loop_signals(l, &last), 1);
	assert_int_equal(last, SIGINT);
	kill(getpid(), SIGTERM);
	assert_int_equal(loop_signals(l, &last), 2);    /* without a turn: blocking work asks in between */
	assert_int_equal(last, SIGTERM);
	kill(getpid(), SIGINT);                         /* not looked at before the end: must not kill us then */
	loop_free(l);

	sigset_t mask;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGINT));
	assert_false(sigismember(&mask, SIGTERM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_fire_in_order),
		cmocka_unit_test(test_a_timer_that_rearms_lets_go),
		cmocka_unit_test(test_a_turn_waits_no_longer),
		cmocka_unit_test(test_watches),
		cmocka_unit_test(test_a_callback_unwatches_another),
		cmocka_unit_test(test_a_crowd_that_leaves_while_it_is_served),
		cmocka_unit_test(test_watching_again_changes_the_events),
		cmocka_unit_test(test_ops_work_elsewhere_and_end_here),
		cmocka_unit_test(test_a_cancelled_op_is_not_begun),
		cmocka_unit_test(test_finished_ops_come_on_the_next_turn),
		cmocka_unit_test(test_free_completes_what_runs),
		cmocka_unit_test(test_signals_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
