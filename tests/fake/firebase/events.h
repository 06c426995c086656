/* events: the one loop of the stand-in: descriptors (epoll, level-triggered) and timers (a heap). Nothing here blocks
 * but events_turn. */
#ifndef FAKE_EVENTS_H
#define FAKE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"

struct events;
/* A watched descriptor. ready() gets epoll's event bits and may stop watching and free its own source, no other. */
struct source {
	int fd;
	void (*ready)(struct source *s, uint32_t bits);
};
/* A timer. Zeroed = idle. fire() may free it. */
struct delay {
	int64_t due_ns;             /* clock_mono_ns */
	size_t place;               /* 1 + its index in the heap; 0 = idle */
	void (*fire)(struct delay *d);
};

int events_new(struct events **out, struct fail *f);
void events_free(struct events *e);                     /* accepts NULL; closes no source */
/* Begins (or changes) watching s->fd for `bits` (EPOLLIN, EPOLLOUT); with 0 only hang-ups are told. */
int events_watch(struct events *e, struct source *s, uint32_t bits, struct fail *f);
void events_change(struct events *e, struct source *s, uint32_t bits);
void events_unwatch(struct events *e, struct source *s);
/* Arms the timer, again if it was armed; ms >= 0. */
void events_delay(struct events *e, struct delay *d, int64_t ms);
void events_cancel(struct events *e, struct delay *d);  /* idle ones too */
/* Waits for something and runs what is due. */
void events_turn(struct events *e);

#endif
