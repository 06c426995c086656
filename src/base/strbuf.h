/* strbuf: a growable byte string with a ceiling. Appends are sticky: past the ceiling nothing is added and
 * strbuf_failed() says so once, at the end. buf is NUL-terminated after the first append; empty is "". One that is
 * secret leaves nothing behind when it grows or is cleared. */
#ifndef SLIPWAY_BASE_STRBUF_H
#define SLIPWAY_BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *buf;
	size_t len, cap, max;       /* max 0 = the default ceiling, 1 GiB */
	bool failed, secret;
};
extern char strbuf_empty[1];        /* what buf points at before the first append; never written */
#define STRBUF_INIT { .buf = strbuf_empty }
#define STRBUF_MAX(n) { .buf = strbuf_empty, .max = (n) }
#define STRBUF_SECRET { .buf = strbuf_empty, .secret = true }

void strbuf_add(struct strbuf *s, const void *data, size_t len);
void strbuf_addstr(struct strbuf *s, const char *text);
void strbuf_addch(struct strbuf *s, char c);
void strbuf_addf(struct strbuf *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *s, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void strbuf_addhex(struct strbuf *s, const void *data, size_t len);       /* lower case */
/* Appends text made fit for a terminal: control characters, invalid UTF-8, and bidi/zero-width controls as \xNN or
 * \u{N}; everything else as it is. */
void strbuf_addescaped(struct strbuf *s, const char *text, size_t len);
void strbuf_setlen(struct strbuf *s, size_t len);                         /* shortens */
bool strbuf_failed(const struct strbuf *s);
char *strbuf_detach(struct strbuf *s);      /* the malloc'd string, never NULL; s is empty again */
void strbuf_clear(struct strbuf *s);        /* frees; usable again */

#endif
