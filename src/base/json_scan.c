#include "base/json_scan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

/* cJSON copies a number into 64 bytes and silently cuts what is longer. */
#define NUMBER_MAX 60

struct scanner {
	char *text;
	size_t len, at;
	unsigned flags, depth;
	struct json_scan *out;
};

static int wrong(struct scanner *s, size_t at, const char *why)
{
	s->out->wrong_at = at;
	s->out->wrong = why;
	return -1;
}

static size_t sequence_length(unsigned char lead)
{
	return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Characters that are wrong anywhere, comments included. */
static int scan_characters(struct scanner *s)
{
	if (s->len >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0)
		return wrong(s, 0, "begins with a byte order mark: save it as UTF-8 without one");
	for (size_t i = 0; i < s->len;) {
		unsigned char c = (unsigned char)s->text[i];
		size_t n = sequence_length(c);

		if (c < 0x20 && c != '\n' && c != '\r' && c != '\t')
			return wrong(s, i, "control character (write it as \\u00XX)");
		if (n > s->len - i || (n > 1 && !utf8_valid(s->text + i, n)))
			return wrong(s, i, "not valid UTF-8");
		i += n;
	}
	return 0;
}

static void blank(char *from, const char *end)
{
	for (; from < end; from++)
		if (*from != '\n' && *from != '\r')
			*from = ' ';
}

static int skip_comment(struct scanner *s)
{
	char *start = s->text + s->at, *end;

	if (!(s->flags & JSON_COMMENTS))
		return wrong(s, s->at, "comments are not allowed here");
	if (start[1] == '/') {
		end = strchr(start, '\n');
		end = end ? end : s->text + s->len;
	} else if (start[1] == '*') {
		end = strstr(start + 2, "*/");
		if (!end)
			return wrong(s, s->at, "this comment is never closed");
		end += 2;
	} else {
		return wrong(s, s->at, "unexpected \"/\"");
	}
	blank(start, end);
	s->at = (size_t)(end - s->text);
	return 0;
}

static int skip_space(struct scanner *s)
{
	for (;;) {
		s->at += strspn(s->text + s->at, " \t\r\n");
		if (s->text[s->at] != '/')
			return 0;
		if (skip_comment(s) < 0)
			return -1;
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex4(const char *p)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10
			: -1;

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* At the backslash of \uXXXX. */
static int scan_unicode_escape(struct scanner *s)
{
	const char *p = s->text + s->at;
	int unit = hex4(p + 2), low;

	if (unit < 0)
		return wrong(s, s->at, "\\u needs four hexadecimal digits");
	if (unit == 0)
		return wrong(s, s->at, "\\u0000 is not allowed");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return wrong(s, s->at, "half of a surrogate pair");
	s->at += 6;
	if (unit < 0xd800 || unit > 0xdbff)
		return 0;
	low = p[6] == '\\' && p[7] == 'u' ? hex4(p + 8) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return wrong(s, s->at - 6, "half of a surrogate pair");
	s->at += 6;
	return 0;
}

static int scan_string(struct scanner *s)
{
	size_t start = s->at++;

	for (;;) {
		char c = s->text[s->at];

		if (c == '"') {
			s->at++;
			return 0;
		}
		if (c == '\0' || c == '\n' || c == '\r')
			return wrong(s, start, "this string is never closed");
		if (c == '\t')
			return wrong(s, s->at, "tab inside a string (write it as \\t)");
		if (c != '\\') {
			s->at++;
		} else if (s->text[s->at + 1] == 'u') {
			if (scan_unicode_escape(s) < 0)
				return -1;
		} else if (s->text[s->at + 1] && strchr("\"\\/bfnrt", s->text[s->at + 1])) {
			s->at += 2;
		} else {
			return wrong(s, s->at, "unknown escape in a string");
		}
	}
}

static bool skip_digits(const char **p)
{
	const char *from = *p;

	while (is_digit(**p))
		(*p)++;
	return *p > from;
}

static int scan_number(struct scanner *s)
{
	const char *start = s->text + s->at, *p = start;

	if (*p == '-')
		p++;
	if (*p == '0' && is_digit(p[1]))
		return wrong(s, s->at, "a number must not begin with 0");
	if (!skip_digits(&p))
		return wrong(s, s->at, "a digit is missing in this number");
	if (*p == '.') {
		p++;
		if (!skip_digits(&p))
			return wrong(s, s->at, "a digit is missing in this number");
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		if (*p == '+' || *p == '-')
			p++;
		if (!skip_digits(&p))
			return wrong(s, s->at, "a digit is missing in this number");
	}
	if (p - start > NUMBER_MAX)
		return wrong(s, s->at, "this number is too long");
	s->at += (size_t)(p - start);
	return 0;
}

static int scan_word(struct scanner *s)
{
	static const char *const words[] = { "true", "false", "null" };
	const char *p = s->text + s->at;
	size_t len = strcspn(p, " \t\r\n,:]}/\"[{");

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strlen(words[i]) == len && memcmp(p, words[i], len) == 0) {
			s->at += len;
			return 0;
		}
	}
	if (*p == '\'')
		return wrong(s, s->at, "strings stand in double quotes");
	return wrong(s, s->at, *p ? "expected a value" : "the document ends here, too early");
}

static int scan_value(struct scanner *s, uint32_t key);

/* After an item: 1 there is another, 0 the container is closed (and passed), -1. */
static int scan_separator(struct scanner *s, char closer, const char *missing)
{
	if (skip_space(s) < 0)
		return -1;
	if (s->text[s->at] == closer) {
		s->at++;
		return 0;
	}
	if (s->text[s->at] != ',')
		return wrong(s, s->at, s->text[s->at] ? missing : "the document ends here, too early");
	size_t comma = s->at++;
	if (skip_space(s) < 0)
		return -1;
	if (s->text[s->at] == closer)
		return wrong(s, comma, "trailing comma");
	return 1;
}

static int scan_member(struct scanner *s)
{
	uint32_t key = (uint32_t)s->at;

	if (s->text[s->at] != '"')
		return wrong(s, s->at, s->text[s->at] ? "expected a key in double quotes"
			: "the document ends here, too early");
	if (scan_string(s) < 0 || skip_space(s) < 0)
		return -1;
	if (s->text[s->at] != ':')
		return wrong(s, s->at, "expected \":\" after the key");
	s->at++;
	return skip_space(s) < 0 ? -1 : scan_value(s, key);
}

static int scan_container(struct scanner *s)
{
	bool object = s->text[s->at] == '{';
	char closer = object ? '}' : ']';
	int more = 1;

	if (++s->depth > JSON_DEPTH_MAX)
		return wrong(s, s->at, "nested too deeply (more than 64 levels)");
	s->at++;
	if (skip_space(s) < 0)
		return -1;
	if (s->text[s->at] == closer) {
		s->at++;
		more = 0;
	}
	while (more > 0) {
		if ((object ? scan_member(s) : scan_value(s, JSON_NO_KEY)) < 0)
			return -1;
		more = scan_separator(s, closer, object ? "expected \",\" or \"}\"" : "expected \",\" or \"]\"");
	}
	s->depth--;
	return more;
}

static int scan_value(struct scanner *s, uint32_t key)
{
	struct json_scan *o = s->out;
	char c = s->text[s->at];

	o->spots = vec_grow(o->spots, &o->cap, o->count + 1, sizeof *o->spots);
	o->spots[o->count++] = (struct json_spot){ (uint32_t)s->at, key };
	if (c == '{' || c == '[')
		return scan_container(s);
	if (c == '"')
		return scan_string(s);
	if (c == '-' || is_digit(c))
		return scan_number(s);
	return scan_word(s);
}

int json_scan(struct json_scan *out, char *text, size_t len, unsigned flags)
{
	struct scanner s = { .text = text, .len = len, .flags = flags, .out = out };

	if (len >= JSON_NO_KEY / 4)
		return wrong(&s, 0, "the document is too large");
	if (scan_characters(&s) < 0 || skip_space(&s) < 0)
		return -1;
	if (s.at == len)
		return wrong(&s, 0, "the document is empty");
	if (scan_value(&s, JSON_NO_KEY) < 0 || skip_space(&s) < 0)
		return -1;
	if (s.at < len)
		return wrong(&s, s.at, "text after the end of the document");
	return 0;
}

void json_scan_clear(struct json_scan *s)
{
	free(s->spots);
	*s = (struct json_scan){ 0 };
}
