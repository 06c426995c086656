#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"

size_t utf8_decode(const char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;

	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}

	size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
	if (p[0] < 0xC2 || p[0] > 0xF4 || n > len)
		return 0;
	uint32_t value = p[0] & (0xFFU >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3FU);
	}
	if (value < least[n] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
		return 0;
	*cp = value;
	return n;
}

size_t utf8_encode(char *out, uint32_t cp)
{
	static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3F));
	out[0] = (char)(lead[n] | cp);
	return n;
}

const char *utf8_category(uint32_t cp)
{
	return utf8proc_category_string((utf8proc_int32_t)cp);
}

bool utf8_valid(const char *s, size_t len)
{
	uint32_t cp;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_decode(s + i, len - i, &cp);
		if (n == 0)
			return false;
	}
	return true;
}

size_t utf8_width(const char *s, size_t len)
{
	size_t width = 0;
	uint32_t cp;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_decode(s + i, len - i, &cp);
		if (n == 0) {
			n = 1;
			width++;
		} else {
			int columns = utf8proc_charwidth((utf8proc_int32_t)cp);
			width += columns > 0 ? (size_t)columns : 0;
		}
	}
	return width;
}

static bool is_ascii(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

void utf8_fold_key(struct strbuf *out, const char *s, size_t len)
{
	if (is_ascii(s, len)) {
		for (size_t i = 0; i < len; i++)
			strbuf_addch(out, (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]));
		return;
	}

	/* Decomposed first: marks that folding turns into letters must be in canonical order before they are folded. */
	utf8proc_uint8_t *apart = NULL, *key = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, &apart,
		UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
	if (n >= 0)
		n = utf8proc_map(apart, n, &key, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
	if (n >= 0)
		strbuf_add(out, key, (size_t)n);
	else
		strbuf_add(out, s, len);
	free(apart);
	free(key);
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Rows of the usual table, three kept: insertions, deletions, replacements, and swaps of neighbours. */
static size_t distance(const char *a, size_t la, const char *b, size_t lb, size_t limit)
{
	size_t *rows = xmalloc(3 * (lb + 1) * sizeof *rows);
	size_t *before = rows, *above = rows + lb + 1, *row = above + lb + 1;

	for (size_t j = 0; j <= lb; j++)
		above[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t best = row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
			if (row[j] < best)
				best = row[j];
		}
		size_t *spare = before;
		before = above;
		above = row;
		row = spare;
		if (best > limit + 1)
			break;
	}
	size_t d = above[lb];
	free(rows);
	return d;
}

size_t utf8_distance(const char *a, const char *b, size_t limit)
{
	size_t la = strlen(a), lb = strlen(b);

	if ((la > lb ? la - lb : lb - la) > limit)
		return limit + 1;

	size_t d = distance(a, la, b, lb, limit);
	return d > limit ? limit + 1 : d;
}

const char *utf8_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t limit = 1 + strlen(word) / 4;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t d = utf8_distance(word, candidates[i], limit);
		if (d <= limit) {
			nearest = candidates[i];
			if (d == 0)
				break;
			limit = d - 1;
		}
	}
	return nearest;
}
