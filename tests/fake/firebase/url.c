#include "url.h"

#include <string.h>

#include "base/digest.h"

char *url_decode(struct arena *a, const char *text, size_t len, enum url_kind kind)
{
	char *out = arena_bytes(a, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '%') {
			if (len - i < 3 || !hex_decode(out + n, text + i + 1, 1) || !out[n])
				return NULL;
			n++;
			i += 2;
		} else {
			out[n++] = kind == URL_FORM && text[i] == '+' ? ' ' : text[i];
		}
	}
	out[n] = '\0';
	return out;
}

static bool add(struct params *p, const char *name, const char *value)
{
	if (!name || !value || p->count == PARAMS_MAX || params_get(p, name))
		return false;
	p->list[p->count].name = name;
	p->list[p->count++].value = value;
	return true;
}

bool params_read(struct params *p, struct arena *a, const char *text, size_t len)
{
	const char *end = text + len;

	p->count = 0;
	while (text < end) {
		const char *stop = memchr(text, '&', (size_t)(end - text));
		if (!stop)
			stop = end;
		const char *is = memchr(text, '=', (size_t)(stop - text));
		const char *value = is ? is + 1 : stop;
		if (!add(p, url_decode(a, text, (size_t)((is ? is : stop) - text), URL_FORM),
			 url_decode(a, value, (size_t)(stop - value), URL_FORM)))
			return false;
		text = stop + 1;
	}
	return true;
}

/* One part: its header lines, an empty one, the value. */
static bool add_part(struct params *p, struct arena *a, const char *part, size_t len)
{
	static const char mark[] = "name=\"";
	const char *value = memmem(part, len, "\r\n\r\n", 4);
	const char *name = memmem(part, len, mark, sizeof mark - 1);

	if (!value || !name || name > value)
		return false;
	name += sizeof mark - 1;
	value += 4;
	const char *stop = memchr(name, '"', (size_t)(value - name));
	return stop && add(p, arena_strndup(a, name, (size_t)(stop - name)),
			   arena_strndup(a, value, (size_t)(part + len - value)));
}

bool params_read_multipart(struct params *p, struct arena *a, const char *content_type, const char *body, size_t len)
{
	static const char mark[] = "boundary=";
	const char *boundary = strstr(content_type, mark);

	p->count = 0;
	if (!boundary)
		return false;
	boundary += sizeof mark - 1;
	boundary += *boundary == '"';
	char *line = arena_printf(a, "\r\n--%.*s", (int)strcspn(boundary, "\";"), boundary);
	size_t size = strlen(line);
	if (len < size - 2 || memcmp(body, line + 2, size - 2) != 0)
		return false;
	const char *at = body + size - 2, *end = body + len;
	for (;;) {
		if (end - at >= 2 && memcmp(at, "--", 2) == 0)
			return true;
		const char *stop = memmem(at, (size_t)(end - at), line, size);
		if (!stop || !add_part(p, a, at, (size_t)(stop - at)))
			return false;
		at = stop + size;
	}
}

const char *params_get(const struct params *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->list[i].name, name) == 0)
			return p->list[i].value;
	return NULL;
}
