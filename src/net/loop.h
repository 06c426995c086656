/* loop: the one thread that owns hosts, runs, timers and output. Waits on the pool, extra descriptors (the sockets of
 * net/http.h, pipes, pidfds), timers and signals with one poll(2).
 *
 * op: one asynchronous step of a host. Completes exactly once, on the loop thread: done, failed or cancelled. */
#ifndef SLIPWAY_NET_LOOP_H
#define SLIPWAY_NET_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/mem.h"
#include "base/pool.h"

struct loop;
struct timer {
	int64_t due_ns;                     /* monotonic */
	void (*fire)(struct timer *t);
	struct timer *next;                 /* the loop's; NULL and !armed when idle */
	bool armed;
};

/* threads as in pool_new. With catch_signals, SIGINT and SIGTERM are counted instead of killing the process: they are
 * blocked in the calling thread (whoever spawns a child unblocks them there) and read by loop_turn and loop_signals. */
int loop_new(struct loop **out, unsigned threads, bool catch_signals, struct fail *f);
/* Ops under way complete first (their done() runs); accepts NULL. */
void loop_free(struct loop *l);
struct pool *loop_pool(struct loop *l);
/* Arms (or re-arms) a timer. With no delay it fires at the end of this turn or of the next: the way to put off what may
 * not be done where one stands. */
void loop_timer(struct loop *l, struct timer *t, int64_t delay_ms);
void loop_timer_stop(struct loop *l, struct timer *t);
/* Watches an fd for poll(2) events until unwatched. fd and events are read by loop_watch only: call it again after
 * changing them. All of it takes constant time, and a callback may watch and unwatch anything. */
struct watch {
	int fd;
	short events;
	void (*ready)(struct watch *w, short revents);
	size_t slot;                        /* the loop's; 0 = not watched */
};
void loop_watch(struct loop *l, struct watch *w);
void loop_unwatch(struct loop *l, struct watch *w);     /* harmless when it is not watched */
/* One turn: waits at most max_ms (negative: no limit) for anything, then runs what is due. */
void loop_turn(struct loop *l, int max_ms);
/* How many SIGINT/SIGTERM came so far (the second one leaves at once: the caller decides), and the last one's number.
 * Looks for new ones itself, so that a tick in the middle of blocking work may ask; equal signals that come at once
 * count once. */
unsigned loop_signals(const struct loop *l, int *last);

struct op {
	void (*done)(struct op *op);        /* the caller's; runs on the loop thread, exactly once */
	void *owner;                        /* the caller's */
	struct arena *mem;                  /* where the step allocates its results; untouched by the caller until done */
	atomic_bool cancel;                 /* set by the caller; the step looks at it between slices */
	int rc;                             /* 0 or -1, valid in done */
	struct fail fail;
};

/* A step whose work is one blocking function: runs it on a worker, then op->done on the loop. The function fills
 * op->rc and op->fail through its return value: 0 or -1. An op whose cancel is set before a worker takes it ends with
 * FAIL_CANCELLED, and the function is not called. */
void op_run(struct loop *l, struct op *op, int (*work)(void *arg, struct op *op), void *arg);
/* Completes an op at once (on the next turn), for steps that need no work. */
void op_finish(struct loop *l, struct op *op, int rc);

#endif
