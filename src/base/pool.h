/* pool: worker threads. Threads get jobs, not structures: a worker touches only what its job owns; results are read in
 * done(), on the loop thread. */
#ifndef SLIPWAY_BASE_POOL_H
#define SLIPWAY_BASE_POOL_H

#include <stddef.h>
#include "base/fail.h"

struct pool;
struct job {
	void (*run)(struct job *j);         /* on a worker */
	void (*done)(struct job *j);        /* on the thread that calls pool_drain; may free j or submit again */
	struct job *next;                   /* the pool's */
};

/* threads 0 = one per online core (at most 16). Signals are blocked in workers. */
int pool_new(struct pool **out, unsigned threads, struct fail *f);
void pool_free(struct pool *p);             /* everything submitted runs, and its done() too; accepts NULL */
unsigned pool_threads(const struct pool *p);
void pool_submit(struct pool *p, struct job *j);            /* any thread */
/* Before everything that waits: for short jobs that must not be late, such as the renewal of a lease. */
void pool_submit_urgent(struct pool *p, struct job *j);
/* Runs done() of the finished jobs; returns how many jobs are still queued, running or undrained. Never blocks. */
size_t pool_drain(struct pool *p);
/* Becomes readable (poll) when there is something to drain. */
int pool_fd(const struct pool *p);
/* Blocks until everything submitted is done and drained. For callers without a loop. */
void pool_wait(struct pool *p);

#endif
