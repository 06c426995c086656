#include "base/pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

#define MAX_THREADS 16

struct queue {
	struct job *head, **tail;
};

struct pool {
	pthread_mutex_t lock;       /* guards everything below but fd and the threads */
	pthread_cond_t work;        /* todo has a job, or stopping */
	pthread_cond_t finished;    /* done has a job */
	struct queue todo, done;
	size_t left;                /* submitted and not yet drained */
	bool stopping;
	int fd;                     /* eventfd: done is not empty */
	unsigned count;
	pthread_t threads[MAX_THREADS];
};

static void push(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->tail = j;
	q->tail = &j->next;
}

static struct job *pop(struct queue *q)
{
	struct job *j = q->head;

	if (j) {
		q->head = j->next;
		if (!q->head)
			q->tail = &q->head;
	}
	return j;
}

static void announce(int fd)
{
	uint64_t one = 1;

	while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

static void *worker(void *arg)
{
	struct pool *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct job *j = pop(&p->todo);
		if (j) {
			pthread_mutex_unlock(&p->lock);
			j->run(j);
			pthread_mutex_lock(&p->lock);
			bool first = !p->done.head;
			push(&p->done, j);
			pthread_cond_signal(&p->finished);
			/* Written under the lock: a drain that empties the queue must find the mark that belongs to it. */
			if (first)
				announce(p->fd);
		} else if (p->stopping) {
			break;
		} else {
			pthread_cond_wait(&p->work, &p->lock);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static unsigned cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (unsigned)n : 1;
}

/* Returns how many could be started. Signals belong to the loop thread, so workers begin with all of them blocked. */
static unsigned start(struct pool *p, unsigned threads, int *err)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (p->count < threads) {
		*err = pthread_create(&p->threads[p->count], NULL, worker, p);
		if (*err)
			break;
		p->count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return p->count;
}

int pool_new(struct pool **out, unsigned threads, struct fail *f)
{
	int err = 0;

	if (threads == 0)
		threads = cores();
	if (threads > MAX_THREADS)
		threads = MAX_THREADS;

	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return fail_errno(f, errno, "cannot start workers");
	struct pool *p = xcalloc(1, sizeof *p);
	p->fd = fd;
	p->todo.tail = &p->todo.head;
	p->done.tail = &p->done.head;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->finished, NULL);
	/* Fewer threads than asked for is slower, not wrong. */
	if (start(p, threads, &err) == 0) {
		pool_free(p);
		return fail_errno(f, err, "cannot start workers");
	}
	*out = p;
	return 0;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	if (p->count)
		pool_wait(p);
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->count; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->finished);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	close(p->fd);
	free(p);
}

unsigned pool_threads(const struct pool *p)
{
	return p->count;
}

void pool_submit(struct pool *p, struct job *j)
{
	pthread_mutex_lock(&p->lock);
	push(&p->todo, j);
	p->left++;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void pool_submit_urgent(struct pool *p, struct job *j)
{
	pthread_mutex_lock(&p->lock);
	j->next = p->todo.head;
	if (!j->next)
		p->todo.tail = &j->next;
	p->todo.head = j;
	p->left++;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

int pool_fd(const struct pool *p)
{
	return p->fd;
}

size_t pool_drain(struct pool *p)
{
	uint64_t count;
	struct job *next;

	pthread_mutex_lock(&p->lock);
	struct job *j = p->done.head;
	p->done.head = NULL;
	p->done.tail = &p->done.head;
	if (j)
		(void)!read(p->fd, &count, sizeof count);
	pthread_mutex_unlock(&p->lock);

	size_t drained = 0;
	for (; j; j = next, drained++) {
		next = j->next;         /* done() may free or resubmit j */
		j->done(j);
	}
	pthread_mutex_lock(&p->lock);
	p->left -= drained;
	size_t left = p->left;
	pthread_mutex_unlock(&p->lock);
	return left;
}

void pool_wait(struct pool *p)
{
	do {
		pthread_mutex_lock(&p->lock);
		while (!p->done.head && p->left > 0)
			pthread_cond_wait(&p->finished, &p->lock);
		pthread_mutex_unlock(&p->lock);
	} while (pool_drain(p) > 0);
}
