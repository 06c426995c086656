#include "net/loop.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"

#define NS_PER_MS 1000000

/* An op that op_finish completed, until its done() runs. */
struct finished {
	struct finished *next;
	struct op *op;
	int rc;
};

struct signals {
	int fd;                     /* signalfd, or -1 */
	unsigned count;
	int last;
	sigset_t before;            /* the mask that loop_free restores */
};

struct loop {
	struct pool *pool;
	struct timer *timers;       /* by due_ns */
	struct finished *ready, **ready_tail;
	struct signals *signals;    /* apart, since looking at a const loop may find new ones */
	struct pollfd *polled;      /* the pool, the signals (poll ignores fd -1), then the watches, */
	struct watch **owners;      /* and whose each is: owners[i]->slot == i */
	size_t count, polled_cap, owners_cap;
};
enum { SLOT_POOL, SLOT_SIGNALS, SLOTS_OWN };

static int catch(struct signals *s, struct fail *f)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	s->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->fd < 0)
		return fail_errno(f, errno, "cannot watch for signals");
	pthread_sigmask(SIG_BLOCK, &set, &s->before);
	return 0;
}

int loop_new(struct loop **out, unsigned threads, bool catch_signals, struct fail *f)
{
	struct loop *l = xcalloc(1, sizeof *l);

	l->ready_tail = &l->ready;
	l->signals = xcalloc(1, sizeof *l->signals);
	l->signals->fd = -1;
	if ((catch_signals && catch(l->signals, f) < 0) || pool_new(&l->pool, threads, f) < 0) {
		loop_free(l);
		return -1;
	}
	l->polled = vec_grow(NULL, &l->polled_cap, SLOTS_OWN, sizeof *l->polled);
	l->owners = vec_grow(NULL, &l->owners_cap, SLOTS_OWN, sizeof(struct watch *));
	l->polled[SLOT_POOL] = (struct pollfd){ .fd = pool_fd(l->pool), .events = POLLIN };
	l->polled[SLOT_SIGNALS] = (struct pollfd){ .fd = l->signals->fd, .events = POLLIN };
	l->count = SLOTS_OWN;
	*out = l;
	return 0;
}

static void run_ready(struct loop *l)
{
	struct finished *next, *r = l->ready;

	l->ready = NULL;
	l->ready_tail = &l->ready;
	for (; r; r = next) {
		struct op *op = r->op;
		next = r->next;
		op->rc = r->rc;
		free(r);
		op->done(op);
	}
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	/* Every op completes, and a completion may start another one. */
	if (l->pool) {
		do {
			pool_wait(l->pool);
			run_ready(l);
		} while (l->ready || pool_drain(l->pool) > 0);
		pool_free(l->pool);
	}
	if (l->signals->fd >= 0) {
		loop_signals(l, NULL);  /* what came and was not looked at must not fire when the mask is lifted */
		close(l->signals->fd);
		pthread_sigmask(SIG_SETMASK, &l->signals->before, NULL);
	}
	free(l->signals);
	free(l->polled);
	free(l->owners);
	free(l);
}

struct pool *loop_pool(struct loop *l)
{
	return l->pool;
}

void loop_timer_stop(struct loop *l, struct timer *t)
{
	if (!t->armed)
		return;
	for (struct timer **at = &l->timers; *at; at = &(*at)->next) {
		if (*at == t) {
			*at = t->next;
			break;
		}
	}
	t->next = NULL;
	t->armed = false;
}

void loop_timer(struct loop *l, struct timer *t, int64_t delay_ms)
{
	struct timer **at = &l->timers;

	loop_timer_stop(l, t);
	t->due_ns = clock_mono_ns() + (delay_ms > 0 ? delay_ms : 0) * NS_PER_MS;
	while (*at && (*at)->due_ns <= t->due_ns)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	t->armed = true;
}

void loop_watch(struct loop *l, struct watch *w)
{
	if (!w->slot) {
		l->polled = vec_grow(l->polled, &l->polled_cap, l->count + 1, sizeof *l->polled);
		l->owners = vec_grow(l->owners, &l->owners_cap, l->count + 1, sizeof(struct watch *));
		w->slot = l->count++;
		l->owners[w->slot] = w;
	}
	l->polled[w->slot] = (struct pollfd){ .fd = w->fd, .events = w->events };
}

/* The last one moves into the gap. */
void loop_unwatch(struct loop *l, struct watch *w)
{
	if (!w->slot)
		return;
	size_t last = --l->count;
	l->polled[w->slot] = l->polled[last];
	l->owners[w->slot] = l->owners[last];
	l->owners[w->slot]->slot = w->slot;
	w->slot = 0;
}

/* From the end, since what loop_unwatch moves down has then had its turn. A callback may unwatch any other, or close
 * its fd and watch a new one under the same number: an entry is cleared as it is served, and begins cleared. */
static void serve_watches(struct loop *l)
{
	for (size_t i = l->count; i-- > SLOTS_OWN;) {
		if (i >= l->count)
			continue;
		short revents = l->polled[i].revents;
		l->polled[i].revents = 0;
		if (revents)
			l->owners[i]->ready(l->owners[i], revents);
	}
}

/* Rounded up, so that a timer is due when poll returns and the loop does not spin through the last millisecond. */
static int patience(const struct loop *l, int max_ms)
{
	if (l->ready)
		return 0;
	if (!l->timers)
		return max_ms;
	int64_t ms = (l->timers->due_ns - clock_mono_ns() + NS_PER_MS - 1) / NS_PER_MS;
	if (ms < 0)
		ms = 0;
	return max_ms >= 0 && ms > max_ms ? max_ms : ms > 60000 ? 60000 : (int)ms;
}

/* Timers that fire() arms wait for the next turn, or one with no delay would never let go. */
static void fire_timers(struct loop *l)
{
	int64_t now = clock_mono_ns();

	while (l->timers && l->timers->due_ns <= now) {
		struct timer *t = l->timers;
		loop_timer_stop(l, t);
		t->fire(t);
	}
}

void loop_turn(struct loop *l, int max_ms)
{
	if (poll(l->polled, (nfds_t)l->count, patience(l, max_ms)) > 0) {
		loop_signals(l, NULL);
		serve_watches(l);
	}
	pool_drain(l->pool);
	run_ready(l);
	fire_timers(l);
}

unsigned loop_signals(const struct loop *l, int *last)
{
	struct signals *s = l->signals;
	struct signalfd_siginfo info;

	while (s->fd >= 0 && read(s->fd, &info, sizeof info) == (ssize_t)sizeof info) {
		s->count++;
		s->last = (int)info.ssi_signo;
	}
	if (last)
		*last = s->last;
	return s->count;
}

struct work {
	struct job job;             /* first: the pool's view */
	struct op *op;
	int (*work)(void *arg, struct op *op);
	void *arg;
};

static void work_run(struct job *j)
{
	struct work *w = (struct work *)j;

	if (atomic_load(&w->op->cancel))
		w->op->rc = fail_set(&w->op->fail, FAIL_CANCELLED, "interrupted before it began");
	else
		w->op->rc = w->work(w->arg, w->op);
}

static void work_done(struct job *j)
{
	struct work *w = (struct work *)j;
	struct op *op = w->op;

	free(w);
	op->done(op);
}

void op_run(struct loop *l, struct op *op, int (*work)(void *arg, struct op *op), void *arg)
{
	struct work *w = xmalloc(sizeof *w);

	*w = (struct work){ .job = { .run = work_run, .done = work_done }, .op = op, .work = work, .arg = arg };
	op->rc = 0;
	op->fail = (struct fail)FAIL_INIT;
	pool_submit(l->pool, &w->job);
}

void op_finish(struct loop *l, struct op *op, int rc)
{
	struct finished *r = xmalloc(sizeof *r);

	*r = (struct finished){ .op = op, .rc = rc };
	*l->ready_tail = r;
	l->ready_tail = &r->next;
}
