#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

void jw_init(struct jw *w, struct strbuf *out, int indent)
{
	*w = (struct jw){ .out = out, .indent = indent };
}

static void new_line(struct jw *w)
{
	if (w->indent > 0)
		strbuf_addf(w->out, "\n%*s", (int)w->depth * w->indent, "");
}

static void before_value(struct jw *w)
{
	if (w->keyed) {
		w->keyed = false;
		return;
	}
	if (w->comma)
		strbuf_addch(w->out, ',');
	if (w->depth)
		new_line(w);
}

static void open_with(struct jw *w, char opener, char closer)
{
	before_value(w);
	assert(w->depth < sizeof w->closers);
	strbuf_addch(w->out, opener);
	w->closers[w->depth++] = closer;
	w->comma = false;
}

void jw_object(struct jw *w)
{
	open_with(w, '{', '}');
}

void jw_array(struct jw *w)
{
	open_with(w, '[', ']');
}

void jw_end(struct jw *w)
{
	assert(w->depth > 0 && !w->keyed);
	w->depth--;
	if (w->comma)
		new_line(w);
	strbuf_addch(w->out, w->closers[w->depth]);
	w->comma = true;
}

static size_t valid_prefix(const char *p, size_t len)
{
	unsigned char c = (unsigned char)*p;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return n <= len && utf8_valid(p, n) ? n : 0;
}

static void add_quoted(struct strbuf *out, const char *text)
{
	static const char plain[] = "\"\\\b\f\n\r\t", named[] = "\"\\bfnrt";
	size_t len = strlen(text);

	strbuf_addch(out, '"');
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)text[i];
		const char *special = strchr(plain, c);
		size_t n = valid_prefix(text + i, len - i);

		if (special)
			strbuf_addf(out, "\\%c", named[special - plain]);
		else if (c < 0x20)
			strbuf_addf(out, "\\u%04x", (unsigned)c);
		else if (n)
			strbuf_add(out, text + i, n);
		else
			strbuf_addstr(out, "\xef\xbf\xbd");
		i += n ? n : 1;
	}
	strbuf_addch(out, '"');
}

void jw_key(struct jw *w, const char *key)
{
	assert(!w->keyed && w->depth > 0);
	before_value(w);
	add_quoted(w->out, key);
	strbuf_addstr(w->out, w->indent > 0 ? ": " : ":");
	w->comma = false;
	w->keyed = true;
}

static void add_plain(struct jw *w, const char *text)
{
	before_value(w);
	strbuf_addstr(w->out, text);
	w->comma = true;
}

void jw_str(struct jw *w, const char *value)
{
	if (!value) {
		jw_null(w);
		return;
	}
	before_value(w);
	add_quoted(w->out, value);
	w->comma = true;
}

void jw_int(struct jw *w, int64_t value)
{
	before_value(w);
	strbuf_addf(w->out, "%lld", (long long)value);
	w->comma = true;
}

void jw_double(struct jw *w, double value, int decimals)
{
	if (!isfinite(value)) {
		jw_null(w);
		return;
	}
	before_value(w);
	strbuf_addf(w->out, "%.*f", decimals, value);
	w->comma = true;
}

void jw_bool(struct jw *w, bool value)
{
	add_plain(w, value ? "true" : "false");
}

void jw_null(struct jw *w)
{
	add_plain(w, "null");
}

/* The shortest text that reads back as the same double. */
static void add_number(struct jw *w, double value)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	add_plain(w, text);
}

void jw_json(struct jw *w, const json *value)
{
	enum json_type type = json_type(value);

	if (type == JSON_NULL) {
		jw_null(w);
	} else if (type == JSON_BOOL) {
		jw_bool(w, json_bool(value, false));
	} else if (type == JSON_NUMBER) {
		add_number(w, json_number(value, 0));
	} else if (type == JSON_STRING) {
		jw_str(w, json_string(value));
	} else {
		open_with(w, type == JSON_ARRAY ? '[' : '{', type == JSON_ARRAY ? ']' : '}');
		for (const json *c = json_first(value); c; c = json_next(c)) {
			if (type == JSON_OBJECT)
				jw_key(w, json_key(c));
			jw_json(w, c);
		}
		jw_end(w);
	}
}

static int by_key(const void *a, const void *b)
{
	const json *const *x = a, *const *y = b;

	return strcmp(json_key(*x), json_key(*y));
}

static void write_sorted(struct jw *w, const json *value)
{
	size_t count = json_count(value), n = 0;
	const json **members;

	if (json_type(value) == JSON_ARRAY) {
		jw_array(w);
		for (const json *c = json_first(value); c; c = json_next(c))
			write_sorted(w, c);
		jw_end(w);
		return;
	}
	if (json_type(value) != JSON_OBJECT) {
		jw_json(w, value);
		return;
	}
	members = xcalloc(count + 1, sizeof *members);
	for (const json *c = json_first(value); c; c = json_next(c))
		members[n++] = c;
	qsort(members, n, sizeof *members, by_key);
	jw_object(w);
	for (size_t i = 0; i < n; i++) {
		jw_key(w, json_key(members[i]));
		write_sorted(w, members[i]);
	}
	jw_end(w);
	free(members);
}

void json_canonical(struct strbuf *out, const json *v)
{
	struct jw w;

	jw_init(&w, out, 0);
	write_sorted(&w, v);
}

void jw_kstr(struct jw *w, const char *key, const char *value)
{
	jw_key(w, key);
	jw_str(w, value);
}

void jw_kint(struct jw *w, const char *key, int64_t value)
{
	jw_key(w, key);
	jw_int(w, value);
}

void jw_kbool(struct jw *w, const char *key, bool value)
{
	jw_key(w, key);
	jw_bool(w, value);
}
