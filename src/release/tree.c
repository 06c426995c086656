#include "release/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"

#define PATH_BYTES 4095
#define PART_BYTES 255
#define CHUNK ((size_t)64 * 1024)

static const char *part_problem(const char *part, size_t len)
{
	if (len == 0)
		return "has an empty part";
	if (part[0] == '.' && (len == 1 || (len == 2 && part[1] == '.')))
		return "has a . or .. part";
	if (len > PART_BYTES)
		return "has a part longer than 255 bytes";
	return NULL;
}

/* Printable ASCII is nearly every path: it is told in one pass, and only the rest is decoded. */
static const char *text_problem(const char *path, size_t len)
{
	bool ascii = true;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)path[i];
		if (c < 0x20 || c == 0x7f)
			return "has a control character";
		if (c == '\\')
			return "has a backslash";
		ascii = ascii && c < 0x80;
	}
	if (ascii)
		return NULL;
	if (!utf8_valid(path, len))
		return "is not valid UTF-8";
	/* U+0080 to U+009F: terminals and logs obey them like the ASCII ones. */
	for (size_t i = 0; i + 1 < len; i++)
		if ((unsigned char)path[i] == 0xC2 && (unsigned char)path[i + 1] < 0xA0)
			return "has a control character";
	return NULL;
}

const char *path_problem(const char *path, size_t len)
{
	static const char own[] = ".slipway";
	const char *problem;

	if (len == 0)
		return "is empty";
	problem = text_problem(path, len);
	if (problem)
		return problem;

	for (size_t start = 0; start <= len;) {
		const char *slash = memchr(path + start, '/', len - start);
		size_t part = slash ? (size_t)(slash - path) - start : len - start;
		problem = part_problem(path + start, part);
		if (problem)
			return problem;
		if (start == 0 && part == sizeof own - 1 && memcmp(path, own, part) == 0)
			return "begins with .slipway";
		start += part + 1;
	}
	return len > PATH_BYTES ? "is longer than 4095 bytes" : NULL;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static int fail_path(struct fail *f, const char *path, const char *why)
{
	struct strbuf name = STRBUF_INIT;

	strbuf_addescaped(&name, path, strlen(path));
	fail_set(f, FAIL_BUILD, "%s %s", name.buf, why);
	strbuf_clear(&name);
	return -1;
}

/* A walk hands entries over in order; only merged trees need the sort. */
static bool is_sorted(const struct entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(entries[i - 1].path, entries[i].path) >= 0)
			return false;
	return true;
}

static int check(const struct entry *entries, size_t count, struct fail *f)
{
	for (size_t i = 0; i < count; i++) {
		const char *why = path_problem(entries[i].path, strlen(entries[i].path));
		if (why)
			return fail_path(f, entries[i].path, why);
		if (i > 0 && strcmp(entries[i - 1].path, entries[i].path) == 0)
			return fail_path(f, entries[i].path, "stands in the tree twice");
	}
	return 0;
}

/* Decimal, without a NUL; how many digits. printf would take longer than the digest. */
static size_t format_size(char *out, uint64_t n)
{
	char digits[20];
	size_t len = 0;

	do
		digits[len++] = (char)('0' + n % 10);
	while (n /= 10);
	for (size_t i = 0; i < len; i++)
		out[i] = digits[len - 1 - i];
	return len;
}

/* Writes one entry's text; at most PATH_BYTES + 160 bytes. */
static size_t format(char *out, const struct entry *e)
{
	size_t path = strlen(e->path);
	char *p = out;

	hex_encode(p, e->blob->sha256, SHA256_SIZE);
	p += 2 * SHA256_SIZE;
	*p++ = ' ';
	p += format_size(p, e->blob->size);
	*p++ = ' ';
	if (e->headers)
		hex_encode(p, e->headers, SHA256_SIZE);
	else
		*p = '-';
	p += e->headers ? 2 * SHA256_SIZE : 1;
	*p++ = ' ';
	memcpy(p, e->path, path + 1);
	return (size_t)(p - out) + path + 1;
}

static void identify(struct tree *t)
{
	static const char head[] = "slipway.tree/1\n";
	char *text = xmalloc(CHUNK + PATH_BYTES + 160);
	size_t len = sizeof head - 1;

	struct sha256 *h = sha256_new();
	memcpy(text, head, len);
	for (size_t i = 0; i < t->count; i++) {
		len += format(text + len, &t->entries[i]);
		t->bytes += t->entries[i].blob->size;
		if (len >= CHUNK) {
			sha256_update(h, text, len);
			len = 0;
		}
	}
	sha256_update(h, text, len);
	sha256_final(h, t->id);
	sha256_free(h);
	free(text);
}

int tree_init(struct tree *t, struct entry *entries, size_t count, struct fail *f)
{
	*t = (struct tree){ .entries = entries, .count = count };
	if (count > 1 && !is_sorted(entries, count))
		qsort(entries, count, sizeof *entries, by_path);
	if (check(entries, count, f) < 0)
		return -1;
	identify(t);
	return 0;
}

const struct entry *tree_find(const struct tree *t, const char *path)
{
	const struct entry key = { .path = path };

	return t->count ? bsearch(&key, t->entries, t->count, sizeof key, by_path) : NULL;
}
