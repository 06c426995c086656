/* mem: allocation that cannot fail (out of memory aborts the program: activation is last and every step repeats, so
 * dying anywhere is safe), growable arrays, and arenas (one lifetime, one free). */
#ifndef SLIPWAY_BASE_MEM_H
#define SLIPWAY_BASE_MEM_H

#include <stddef.h>

/* As their namesakes, but never NULL, not even for size 0. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);

/* Makes room for `need` items of `size` bytes in a growable array; *cap is the room it has now. Returns the (moved)
 * array; growth is geometric, so appending n items costs O(n).
 *   v = vec_grow(v, &cap, n + 1, sizeof *v); v[n++] = x;                                                        */
void *vec_grow(void *items, size_t *cap, size_t need, size_t size);

/* An arena: pieces live until arena_clear. Not thread-safe: one thread at a time, handed over whole. With
 * SLIPWAY_ARENA_DEBUG defined (sanitizer builds) each piece is a malloc of its own, so overruns are seen. */
struct arena_block;
struct arena {
	struct arena_block *head;
	size_t bytes;               /* handed out so far */
};
#define ARENA_INIT { NULL, 0 }

void *arena_alloc(struct arena *a, size_t size);            /* zeroed, aligned for any type */
void *arena_bytes(struct arena *a, size_t size);            /* not zeroed, byte-aligned: strings */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);
void *arena_memdup(struct arena *a, const void *p, size_t size);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Everything of `from` lives in `into` from here on; `from` is empty. */
void arena_join(struct arena *into, struct arena *from);
void arena_clear(struct arena *a);                          /* frees all; usable again */

#endif
