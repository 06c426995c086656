#include "dist/secret_scan.h"

#include <stdint.h>
#include <string.h>

#define KEY_LENGTH 40           /* base64 characters in a row that are no word of a program */
#define KEY_LETTERS 8           /* different ones among them, or it is a row of x */
#define HEADER_LINES 6

struct window {
	const char *p;
	size_t len;
	bool first, last;
};

const char *secret_rule(enum secret s)
{
	switch (s) {
	case SECRET_PRIVATE_KEY: return "private key inside";
	case SECRET_SERVICE_ACCOUNT: return "service-account key inside";
	case SECRET_AWS_KEY: return "AWS access key id inside";
	case SECRET_NONE: break;
	}
	return NULL;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_base64(char c)
{
	return is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
}

static bool is_at(const struct window *w, size_t i, const char *text, size_t len)
{
	return i <= w->len && w->len - i >= len && memcmp(w->p + i, text, len) == 0;
}

/* What may stand between a header and its key: white space, also escaped, and the joints of string literals. */
static size_t skip_joint(const struct window *w, size_t i)
{
	while (i < w->len) {
		char c = w->p[i];
		if (c == '\\' && i + 1 < w->len && strchr("\\nrt\"'", w->p[i + 1]) && w->p[i + 1])
			i += 2;
		else if (c && strchr(" \t\r\n\"'`+,", c))
			i++;
		else
			break;
	}
	return i;
}

static size_t run_length(const struct window *w, size_t i, unsigned *letters)
{
	uint64_t seen[2] = { 0, 0 };
	size_t n = 0;

	*letters = 0;
	for (; i + n < w->len && n < 2 * KEY_LENGTH && is_base64(w->p[i + n]); n++) {
		unsigned char c = (unsigned char)w->p[i + n] & 127;
		*letters += !(seen[c / 64] >> c % 64 & 1);
		seen[c / 64] |= (uint64_t)1 << c % 64;
	}
	return n;
}

/* i is behind a header's dashes: does a key follow, after up to HEADER_LINES lines such as "Proc-Type: 4,ENCRYPTED"? */
static bool key_follows(const struct window *w, size_t i)
{
	for (unsigned line = 0; line <= HEADER_LINES; line++) {
		unsigned letters;
		size_t start = skip_joint(w, i), n = run_length(w, start, &letters);
		if (start == i && line == 0)
			return false;
		if (n >= KEY_LENGTH)
			return letters >= KEY_LETTERS;
		if (n == 0 || start + n >= w->len || w->p[start + n] != ':')
			return false;
		for (i = start + n; i < w->len && i < start + 200 && w->p[i] != '\n' && w->p[i] != '\\'; i++)
			;
	}
	return false;
}

static bool holds(const char *p, size_t len, const char *text, size_t text_len)
{
	return memmem(p, len, text, text_len) != NULL;
}

/* i is behind five or more dashes. */
static enum secret check_block(const struct window *w, size_t i)
{
	static const char begin[] = "BEGIN ", label[] = "PRIVATE KEY", field[] = "\"private_key\"";

	if (!is_at(w, i, begin, sizeof begin - 1))
		return SECRET_NONE;
	size_t name = i + sizeof begin - 1, end = name;
	while (end < w->len && end < name + 40 && w->p[end] != '-')
		end++;
	if (!is_at(w, end, "-----", 5) || !holds(w->p + name, end - name, label, sizeof label - 1) ||
	    !key_follows(w, end + 5))
		return SECRET_NONE;
	size_t before = i < 64 ? i : 64;
	return holds(w->p + i - before, before, field, sizeof field - 1) ? SECRET_SERVICE_ACCOUNT : SECRET_PRIVATE_KEY;
}

static bool is_key_id_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
}

static bool joins_word(char c)
{
	return is_alnum(c) || c == '_' || c == '+' || c == '/';
}

/* AKIA or ASIA and 16 more, alone: inside base64 the same letters mean nothing. */
static enum secret check_key_id(const struct window *w, size_t i)
{
	enum { LENGTH = 20 };

	if (i + LENGTH > w->len || (i == 0 && !w->first) || (i > 0 && joins_word(w->p[i - 1])))
		return SECRET_NONE;
	for (size_t k = 4; k < LENGTH; k++)
		if (!is_key_id_letter(w->p[i + k]))
			return SECRET_NONE;
	/* At the end of a window the next one decides. */
	if (i + LENGTH == w->len ? !w->last : joins_word(w->p[i + LENGTH]))
		return SECRET_NONE;
	return memcmp(w->p + i + LENGTH - 7, "EXAMPLE", 7) == 0 ? SECRET_NONE : SECRET_AWS_KEY;
}

/* Looks at every fourth byte or so: of "AKIA", "ASIA" and "----", each ends in a byte that says how far to go at
 * least. */
enum secret secret_scan(const void *data, size_t len, bool first, bool last)
{
	static const uint8_t skip[256] = {
		['A'] = 1, ['-'] = 1, ['I'] = 2, ['K'] = 3, ['S'] = 3,
	};
	const struct window w = { data, len, first, last };
	enum secret found = SECRET_NONE;

	for (size_t i = 3; i < len && found == SECRET_NONE;) {
		uint8_t step = skip[(unsigned char)w.p[i]];
		if (step != 1) {
			i += step ? step - 1U : 4;
		} else if (w.p[i] == 'A') {
			const char *p = w.p + i - 3;
			if (p[0] == 'A' && (p[1] == 'K' || p[1] == 'S') && p[2] == 'I')
				found = check_key_id(&w, i - 3);
			i++;
		} else if (memcmp(w.p + i - 3, "----", 4) == 0) {
			size_t start = i - 3;
			while (start > 0 && w.p[start - 1] == '-')
				start--;
			while (i < len && w.p[i] == '-')
				i++;
			if (i - start >= 5)
				found = check_block(&w, i);
			i += 3;
		} else {
			i++;
		}
	}
	return found;
}
