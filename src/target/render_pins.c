#include "target/render.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"

/* A precache entry is one small object; nothing farther away belongs to it. */
#define ENTRY_REACH 400

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);

	return n >= e && strcasecmp(name + n - e, end) == 0;
}

static bool is_page(const char *path)
{
	return ends_with(path, ".html") || ends_with(path, ".htm") || ends_with(path, ".xhtml");
}

static bool is_worker(const char *path)
{
	static const char *const words[] = { "sw", "worker", "precache", "workbox" };
	const char *name = base_name(path);

	if (!ends_with(name, ".js") && !ends_with(name, ".mjs") && !ends_with(name, ".json"))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

bool render_may_pin(const char *path)
{
	return strcmp(base_name(path), "ngsw.json") == 0 || is_page(path) || is_worker(path);
}

/* Is this reference, found in the document, the file at wanted? Absolute ones count from the tree's top, and also
 * from the document's directory: an application built for /app/ is often served from a tree that begins there. */
static bool leads_to(const char *document, const char *reference, size_t len, const char *wanted)
{
	size_t dir = (size_t)(base_name(document) - document), n = strlen(wanted);
	size_t cut = 0;

	while (cut < len && reference[cut] != '?' && reference[cut] != '#')
		cut++;
	len = cut;
	if (len && reference[0] == '/') {
		reference++;
		len--;
		if (len == n && memcmp(reference, wanted, n) == 0)
			return true;
	}
	while (len > 1 && memcmp(reference, "./", 2) == 0) {
		reference += 2;
		len -= 2;
	}
	return dir + len == n && memcmp(document, wanted, dir) == 0 && memcmp(reference, wanted + dir, len) == 0;
}

static bool pinned_by_ngsw(const char *path, const char *text, size_t len, const char *wanted)
{
	struct json_doc *d = NULL;
	struct fail ignored = FAIL_INIT;
	const json *table;
	bool found = false;

	if (json_parse(&d, path, text, len, JSON_DUPLICATES_LAST_WINS, &ignored) < 0)
		return false;
	table = json_get(json_root(d), "hashTable");
	for (const json *c = json_type(table) == JSON_OBJECT ? json_first(table) : NULL; c && !found; c = json_next(c))
		found = leads_to(path, json_key(c), strlen(json_key(c)), wanted);
	json_doc_free(d);
	return found;
}

/* Looks at every quoted text; the object around a hit must speak of a revision. */
static bool pinned_by_precache(const char *path, const char *text, size_t len, const char *wanted)
{
	const char *end = text + len, *name = base_name(wanted);
	size_t n = strlen(name);

	for (const char *p = text; (p = memmem(p, (size_t)(end - p), name, n)) != NULL; p++) {
		const char *start = p, *stop = p + n, *open = p, *close = stop;

		while (start > text && !strchr("\"'`\n{},", start[-1]))
			start--;
		if (stop == end || !strchr("\"'`?#", *stop) || !leads_to(path, start, (size_t)(stop - start), wanted))
			continue;
		while (open > text && p - open < ENTRY_REACH && *open != '{' && *open != '}')
			open--;
		while (close < end && close - p < ENTRY_REACH && *close != '}')
			close++;
		if (*open == '{' && memmem(open, (size_t)(close - open), "revision", 8))
			return true;
	}
	return false;
}

/* The value of an attribute inside a tag, quoted or bare. */
static const char *attribute(const char *tag, size_t len, const char *name, size_t *value_len)
{
	size_t n = strlen(name);

	for (size_t i = 1; i + n < len; i++) {
		const char *v = tag + i + n, *end = tag + len;

		if (strncasecmp(tag + i, name, n) != 0 || !strchr(" \t\r\n\"'", tag[i - 1]))
			continue;
		while (v < end && strchr(" \t\r\n", *v))
			v++;
		if (v == end || *v++ != '=')
			continue;
		while (v < end && strchr(" \t\r\n", *v))
			v++;
		if (v < end && (*v == '"' || *v == '\'')) {
			const char *close = memchr(v + 1, *v, (size_t)(end - v - 1));

			*value_len = close ? (size_t)(close - v - 1) : 0;
			return close ? v + 1 : NULL;
		}
		for (*value_len = 0; v + *value_len < end && !strchr(" \t\r\n>", v[*value_len]); ++*value_len)
			continue;
		return v;
	}
	return NULL;
}

static bool pinned_by_integrity(const char *path, const char *text, size_t len, const char *wanted)
{
	const char *end = text + len;

	for (const char *p = text; (p = memchr(p, '<', (size_t)(end - p))) != NULL; p++) {
		const char *close = memchr(p, '>', (size_t)(end - p)), *value;
		size_t tag = (size_t)((close ? close : end) - p), n;

		if (!attribute(p, tag, "integrity", &n) || n == 0)
			continue;
		value = attribute(p, tag, "src", &n);
		if (!value)
			value = attribute(p, tag, "href", &n);
		if (value && leads_to(path, value, n, wanted))
			return true;
	}
	return false;
}

bool render_pins(const char *path, const char *text, size_t len, const char *pinned_path)
{
	if (strcmp(base_name(path), "ngsw.json") == 0)
		return pinned_by_ngsw(path, text, len, pinned_path);
	if (is_page(path))
		return pinned_by_integrity(path, text, len, pinned_path);
	return is_worker(path) && pinned_by_precache(path, text, len, pinned_path);
}
