#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

#define DEFAULT_MAX ((size_t)1 << 30)

char strbuf_empty[1];

/* As realloc, which would leave the old bytes in freed memory. */
static char *moved(struct strbuf *s, size_t cap)
{
	char *text = xmalloc(cap);

	memcpy(text, s->buf, s->len + 1);
	if (s->buf != strbuf_empty) {
		explicit_bzero(s->buf, s->cap);
		free(s->buf);
	}
	return text;
}

/* Makes room for len more bytes and the NUL; false past the ceiling. */
static bool grow(struct strbuf *s, size_t len)
{
	size_t max = s->max ? s->max : DEFAULT_MAX;

	if (s->failed || len > max || s->len > max - len) {
		s->failed = true;
		return false;
	}

	size_t need = s->len + len + 1;
	if (need <= s->cap)
		return true;

	size_t cap = s->cap ? s->cap + s->cap / 2 : 64;
	if (cap < need)
		cap = need;
	s->buf = s->secret ? moved(s, cap) : xrealloc(s->buf == strbuf_empty ? NULL : s->buf, cap);
	s->cap = cap;
	return true;
}

void strbuf_add(struct strbuf *s, const void *data, size_t len)
{
	if (!grow(s, len))
		return;
	if (len)
		memcpy(s->buf + s->len, data, len);
	s->len += len;
	s->buf[s->len] = '\0';
}

void strbuf_addstr(struct strbuf *s, const char *text)
{
	strbuf_add(s, text, strlen(text));
}

void strbuf_addch(struct strbuf *s, char c)
{
	strbuf_add(s, &c, 1);
}

void strbuf_addf(struct strbuf *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(s, fmt, ap);
	va_end(ap);
}

void strbuf_vaddf(struct strbuf *s, const char *fmt, va_list ap)
{
	va_list measure;

	va_copy(measure, ap);
	int len = vsnprintf(NULL, 0, fmt, measure);
	va_end(measure);
	if (len < 0) {
		s->failed = true;
		return;
	}
	if (!grow(s, (size_t)len))
		return;
	vsnprintf(s->buf + s->len, (size_t)len + 1, fmt, ap);
	s->len += (size_t)len;
}

void strbuf_addhex(struct strbuf *s, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;

	if (len > SIZE_MAX / 2 || !grow(s, 2 * len)) {
		s->failed = true;
		return;
	}
	for (size_t i = 0; i < len; i++) {
		s->buf[s->len++] = digits[p[i] >> 4];
		s->buf[s->len++] = digits[p[i] & 15];
	}
	s->buf[s->len] = '\0';
}

struct range {
	uint32_t first, last;
};

/* Code points that are invisible or reorder what stands around them: a name that holds one reads as another name. */
static bool deceives(uint32_t cp)
{
	static const struct range ranges[] = {
		{ 0x00, 0x1F },     { 0x7F, 0x9F },     { 0xAD, 0xAD },     { 0x34F, 0x34F },   { 0x61C, 0x61C },
		{ 0x115F, 0x1160 }, { 0x17B4, 0x17B5 }, { 0x180B, 0x180F }, { 0x200B, 0x200F }, { 0x2028, 0x202E },
		{ 0x2060, 0x206F }, { 0x3164, 0x3164 }, { 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF }, { 0xFFA0, 0xFFA0 },
		{ 0xFFF9, 0xFFFB }, { 0xE0000, 0xE0FFF },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}

void strbuf_addescaped(struct strbuf *s, const char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t cp;
		n = utf8_decode(text + i, len - i, &cp);
		if (n == 0) {
			strbuf_addf(s, "\\x%02X", (unsigned)(unsigned char)text[i]);
			n = 1;
		} else if (!deceives(cp)) {
			strbuf_add(s, text + i, n);
		} else if (cp < 0x80) {
			strbuf_addf(s, "\\x%02X", (unsigned)cp);
		} else {
			strbuf_addf(s, "\\u{%X}", (unsigned)cp);
		}
	}
}

void strbuf_setlen(struct strbuf *s, size_t len)
{
	if (len >= s->len)
		return;
	s->len = len;
	s->buf[len] = '\0';
}

bool strbuf_failed(const struct strbuf *s)
{
	return s->failed;
}

char *strbuf_detach(struct strbuf *s)
{
	char *text = s->buf == strbuf_empty ? xstrdup("") : s->buf;

	*s = (struct strbuf){ .buf = strbuf_empty, .max = s->max, .secret = s->secret };
	return text;
}

void strbuf_clear(struct strbuf *s)
{
	if (s->buf != strbuf_empty) {
		if (s->secret)
			explicit_bzero(s->buf, s->cap);
		free(s->buf);
	}
	*s = (struct strbuf){ .buf = strbuf_empty, .max = s->max, .secret = s->secret };
}
