#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_SIZE ((size_t)64 * 1024)

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "slipway: out of memory\n";

	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	abort();
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t size)
{
	void *moved = realloc(p, size ? size : 1);

	if (!moved)
		out_of_memory();
	return moved;
}

char *xstrndup(const char *s, size_t len)
{
	char *copy = xmalloc(len + 1);

	if (len)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

void *vec_grow(void *items, size_t *cap, size_t need, size_t size)
{
	if (need <= *cap)
		return items;

	size_t room = *cap < 8 ? 8 : *cap + *cap / 2;
	if (room < need)
		room = need;
	if (room < *cap || (size && room > SIZE_MAX / 2 / size))
		out_of_memory();
	items = xrealloc(items, room * size);
	*cap = room;
	return items;
}

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	alignas(max_align_t) unsigned char data[];
};

static struct arena_block *push_block(struct arena *a, size_t cap)
{
	if (cap > SIZE_MAX / 2)
		out_of_memory();

	struct arena_block *b = xmalloc(sizeof *b + cap);
	b->used = 0;
	b->cap = cap;
	/* A big piece goes behind the head, so that the head's free room is not lost. */
	if (a->head && cap > BLOCK_SIZE / 4 && cap != BLOCK_SIZE) {
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	return b;
}

static void *carve(struct arena *a, size_t size, size_t align)
{
#ifdef SLIPWAY_ARENA_DEBUG
	(void)align;
	struct arena_block *b = push_block(a, size);
	b->used = size;
	a->bytes += size;
	return b->data;
#else
	struct arena_block *b = a->head;
	size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;

	if (!b || at > b->cap || size > b->cap - at) {
		b = push_block(a, size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE);
		at = 0;
	}
	b->used = at + size;
	a->bytes += size;
	return b->data + at;
#endif
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p = carve(a, size, alignof(max_align_t));

	if (size)
		memset(p, 0, size);
	return p;
}

void *arena_bytes(struct arena *a, size_t size)
{
	return carve(a, size, 1);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_bytes(a, len + 1);

	if (len)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

void *arena_memdup(struct arena *a, const void *p, size_t size)
{
	void *copy = carve(a, size, alignof(max_align_t));

	if (size)
		memcpy(copy, p, size);
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return arena_strdup(a, "");

	char *text = arena_bytes(a, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

void arena_join(struct arena *into, struct arena *from)
{
	struct arena_block *last = from->head;

	if (!last)
		return;
	while (last->next)
		last = last->next;
	/* Behind the head, whose free room is still carved from. */
	if (into->head) {
		last->next = into->head->next;
		into->head->next = from->head;
	} else {
		into->head = from->head;
	}
	into->bytes += from->bytes;
	*from = (struct arena)ARENA_INIT;
}

void arena_clear(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->head; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena)ARENA_INIT;
}
