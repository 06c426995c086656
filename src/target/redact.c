#include "target/redact.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

/* Lines of a value of several lines are looked for one by one when they are long enough to mean something. */
#define LINE_MIN 12

struct form { char *text; size_t len; };

struct redactor {
	struct form *forms;             /* longest first */
	size_t count, cap;
	/* A bit for each pair of bytes that a form begins with: most places of a long text need no closer look. */
	uint8_t beginnings[65536 / 8];
};

static unsigned beginning(const char *text)
{
	return (unsigned)(unsigned char)text[0] << 8 | (unsigned char)text[1];
}

struct redactor *redactor_new(void)
{
	return xcalloc(1, sizeof(struct redactor));
}

void redactor_free(struct redactor *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		explicit_bzero(r->forms[i].text, r->forms[i].len);
		free(r->forms[i].text);
	}
	free(r->forms);
	free(r);
}

static void add_form(struct redactor *r, const char *text, size_t len)
{
	size_t at = r->count;

	if (len < REDACT_MIN)
		return;
	for (size_t i = 0; i < r->count; i++)
		if (r->forms[i].len == len && memcmp(r->forms[i].text, text, len) == 0)
			return;
	r->forms = vec_grow(r->forms, &r->cap, r->count + 1, sizeof *r->forms);
	while (at > 0 && r->forms[at - 1].len < len) {
		r->forms[at] = r->forms[at - 1];
		at--;
	}
	r->forms[at] = (struct form){ xstrndup(text, len), len };
	r->count++;
	r->beginnings[beginning(text) / 8] |= (uint8_t)(1U << beginning(text) % 8);
}

static void wipe(struct strbuf *s)
{
	if (s->len)
		explicit_bzero(s->buf, s->len);
	strbuf_clear(s);
}

/* A form in memory of its own, which ends here. */
static void give_form(struct redactor *r, char *text, size_t len)
{
	add_form(r, text, len);
	explicit_bzero(text, len);
	free(text);
}

static char *put_unit(char *out, uint32_t unit, const char *digits)
{
	*out++ = '\\';
	*out++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*out++ = digits[unit >> shift & 15];
	return out;
}

/* As some writers do: "/" escaped; with digits, only ASCII (RFC 8259 7: two units beyond U+FFFF). */
static void add_json_form(struct redactor *r, const char *text, size_t len, bool slashes, const char *digits)
{
	char *out = xmalloc(len * 3), *end = out;
	uint32_t cp = 0;

	for (size_t i = 0, n; i < len; i += n) {
		n = digits ? utf8_decode(text + i, len - i, &cp) : 1;
		if (slashes && text[i] == '/')
			*end++ = '\\';
		if (n <= 1) {
			n = 1;
			*end++ = text[i];
		} else if (cp > 0xFFFF) {
			end = put_unit(end, 0xD800 + ((cp - 0x10000) >> 10), digits);
			end = put_unit(end, 0xDC00 + ((cp - 0x10000) & 0x3FF), digits);
		} else {
			end = put_unit(end, cp, digits);
		}
	}
	give_form(r, out, (size_t)(end - out));
}

static bool is_ascii(const char *text)
{
	while (*text && !((unsigned char)*text & 0x80))
		text++;
	return !*text;
}

/* Without the quotes. */
static void add_json(struct redactor *r, const char *value)
{
	static const char *const digits[] = { NULL, "0123456789abcdef", "0123456789ABCDEF" };
	size_t forms = is_ascii(value) ? 2 : 6;
	struct strbuf quoted = STRBUF_INIT;
	struct jw w;

	jw_init(&w, &quoted, 0);
	jw_str(&w, value);
	for (size_t i = 0; i < forms; i++)
		add_json_form(r, quoted.buf + 1, quoted.len - 2, i & 1, digits[i / 2]);
	wipe(&quoted);
}

static bool unreserved(char c, const char *also)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c)) ||
	       (c && strchr(also, c));
}

/* also: what this writer leaves alone besides RFC 3986's unreserved set. */
static void add_url(struct redactor *r, const char *value, size_t len, const char *digits, bool plus, const char *also)
{
	char *out = xmalloc(len * 3), *end = out;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (unreserved(value[i], also)) {
			*end++ = value[i];
		} else if (c == ' ' && plus) {
			*end++ = '+';
		} else {
			*end++ = '%';
			*end++ = digits[c >> 4];
			*end++ = digits[c & 15];
		}
	}
	give_form(r, out, (size_t)(end - out));
}

/* Base64 of a text that holds the value `before` bytes after a multiple of three: only the characters that the
 * value alone decides. */
static void add_base64(struct redactor *r, const char *value, size_t len, size_t before, const char *alphabet)
{
	size_t first = (before * 8 + 5) / 6, count = (before + len) * 8 / 6 - first;
	char *out = xmalloc(count);

	for (size_t i = 0; i < count; i++) {
		size_t bit = (first + i) * 6 - before * 8, at = bit / 8, shift = bit % 8;
		unsigned two = (unsigned)(unsigned char)value[at] << 8;

		if (shift > 2) /* the next byte has a part in it */
			two |= (unsigned char)value[at + 1];
		out[i] = alphabet[two >> (10 - shift) & 63];
	}
	give_form(r, out, count);
}

static void add_lines(struct redactor *r, const char *value)
{
	if (!strchr(value, '\n'))
		return;
	for (const char *p = value; *p;) {
		size_t n = strcspn(p, "\r\n");

		if (n >= LINE_MIN)
			add_form(r, p, n);
		p += n + strspn(p + n, "\r\n");
	}
}

void redactor_add(struct redactor *r, const char *value, size_t len)
{
	static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	/* A component, as most, JavaScript and Go see it; a path; a whole address. */
	static const char *const kept[] = { "", "!*'()", "$&+=:@", "/", "!*'()/:@$&+,;=?#" };
	struct strbuf shown = STRBUF_INIT;

	if (len < REDACT_MIN)
		return;
	add_form(r, value, len);
	add_json(r, value);
	for (size_t i = 0; i < 4 * sizeof kept / sizeof *kept; i++)
		add_url(r, value, len, i & 1 ? "0123456789abcdef" : "0123456789ABCDEF", i & 2, kept[i / 4]);
	for (size_t before = 0; before < 3; before++) {
		add_base64(r, value, len, before, standard);
		add_base64(r, value, len, before, url);
	}
	strbuf_addescaped(&shown, value, len);
	add_form(r, shown.buf, shown.len);
	wipe(&shown);
	add_lines(r, value);
}

static const struct form *form_at(const struct redactor *r, const char *text, size_t len)
{
	if (len < REDACT_MIN || !(r->beginnings[beginning(text) / 8] >> beginning(text) % 8 & 1))
		return NULL;
	for (size_t i = 0; i < r->count; i++)
		if (r->forms[i].len <= len && memcmp(text, r->forms[i].text, r->forms[i].len) == 0)
			return &r->forms[i];
	return NULL;
}

/* How many of the bytes before `end` are the beginning of a value that was cut there. */
static size_t cut_before(const struct redactor *r, const char *text, size_t end)
{
	size_t most = 0;

	for (size_t i = 0; i < r->count; i++) {
		size_t n = r->forms[i].len - 1;

		for (n = n < end ? n : end; n > most && n >= REDACT_MIN; n--)
			if (memcmp(text + end - n, r->forms[i].text, n) == 0)
				most = n;
	}
	return most;
}

/* Messages of others are cut where they are long, which "..." tells. */
static bool is_cut(const struct strbuf *text, size_t at)
{
	return text->len - at >= 3 && memcmp(text->buf + at, "...", 3) == 0;
}

void redactor_apply(const struct redactor *r, struct strbuf *text)
{
	struct strbuf out = STRBUF_INIT;
	size_t from = 0;

	for (size_t i = 0; r->count && i < text->len;) {
		const struct form *hit = form_at(r, text->buf + i, text->len - i);
		size_t cut = !hit && is_cut(text, i) ? cut_before(r, text->buf + from, i - from) : 0;

		if (!hit && !cut) {
			i++;
			continue;
		}
		strbuf_add(&out, text->buf + from, i - cut - from);
		strbuf_addstr(&out, "[redacted]");
		from = i + (hit ? hit->len : 0);
		i = hit ? from : i + 3;
	}
	if (from == 0)
		return;
	strbuf_add(&out, text->buf + from, text->len - from);
	wipe(text);
	strbuf_add(text, out.buf, out.len);
	wipe(&out);
}

void redactor_cut_tail(const struct redactor *r, struct strbuf *text)
{
	strbuf_setlen(text, text->len - cut_before(r, text->buf, text->len));
}
