#include "events.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct events {
	int epoll;
	struct delay **heap;        /* the earliest first; heap[i]->place == i + 1 */
	size_t count, cap;
};

int events_new(struct events **out, struct fail *f)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return fail_errno(f, errno, "epoll_create1");
	*out = xcalloc(1, sizeof **out);
	(*out)->epoll = fd;
	return 0;
}

void events_free(struct events *e)
{
	if (!e)
		return;
	close(e->epoll);
	free(e->heap);
	free(e);
}

int events_watch(struct events *e, struct source *s, uint32_t bits, struct fail *f)
{
	struct epoll_event event = { .events = bits, .data.ptr = s };

	if (epoll_ctl(e->epoll, EPOLL_CTL_ADD, s->fd, &event) < 0)
		return fail_errno(f, errno, "epoll_ctl");
	return 0;
}

void events_change(struct events *e, struct source *s, uint32_t bits)
{
	struct epoll_event event = { .events = bits, .data.ptr = s };
	int rc = epoll_ctl(e->epoll, EPOLL_CTL_MOD, s->fd, &event);

	assert(rc == 0);
	(void)rc;
}

void events_unwatch(struct events *e, struct source *s)
{
	epoll_ctl(e->epoll, EPOLL_CTL_DEL, s->fd, NULL);
}

static void put_at(struct events *e, size_t i, struct delay *d)
{
	e->heap[i] = d;
	d->place = i + 1;
}

static void sift_up(struct events *e, size_t i)
{
	struct delay *d = e->heap[i];

	for (; i > 0 && e->heap[(i - 1) / 2]->due_ns > d->due_ns; i = (i - 1) / 2)
		put_at(e, i, e->heap[(i - 1) / 2]);
	put_at(e, i, d);
}

static void sift_down(struct events *e, size_t i)
{
	struct delay *d = e->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= e->count)
			break;
		if (child + 1 < e->count && e->heap[child + 1]->due_ns < e->heap[child]->due_ns)
			child++;
		if (e->heap[child]->due_ns >= d->due_ns)
			break;
		put_at(e, i, e->heap[child]);
		i = child;
	}
	put_at(e, i, d);
}

void events_cancel(struct events *e, struct delay *d)
{
	if (!d->place)
		return;
	size_t i = d->place - 1;
	struct delay *last = e->heap[--e->count];

	d->place = 0;
	if (last == d)
		return;
	put_at(e, i, last);
	sift_up(e, i);
	sift_down(e, last->place - 1);
}

void events_delay(struct events *e, struct delay *d, int64_t ms)
{
	events_cancel(e, d);
	d->due_ns = clock_mono_ns() + ms * 1000000;
	e->heap = vec_grow(e->heap, &e->cap, e->count + 1, sizeof(struct delay *));
	put_at(e, e->count, d);
	sift_up(e, e->count++);
}

static int wait_ms(const struct events *e)
{
	if (!e->count)
		return -1;
	int64_t left = e->heap[0]->due_ns - clock_mono_ns();
	int64_t ms = (left + 999999) / 1000000;

	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

void events_turn(struct events *e)
{
	struct epoll_event got[256];
	int n = epoll_wait(e->epoll, got, (int)(sizeof got / sizeof got[0]), wait_ms(e));

	for (int i = 0; i < n; i++) {
		struct source *s = got[i].data.ptr;
		s->ready(s, got[i].events);
	}
	int64_t now = e->count ? clock_mono_ns() : 0;
	while (e->count && e->heap[0]->due_ns <= now) {
		struct delay *d = e->heap[0];
		events_cancel(e, d);
		d->fire(d);
	}
}
