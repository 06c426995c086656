/* manifest_text: the text form of a manifest, line by line. */
#include <inttypes.h>
#include <string.h>
#include "base/clock.h"
#include "base/json.h"
#include "release/manifest.h"

static void put_digest(struct jw *w, const char *key, const uint8_t *digest)
{
	char hex[SHA256_HEX];

	hex_encode(hex, digest, SHA256_SIZE);
	jw_kstr(w, key, hex);
}

void manifest_format_header(struct strbuf *out, const struct release_header *h)
{
	char created[CLOCK_TEXT];
	struct jw w;

	clock_format(created, h->created_s);
	jw_init(&w, out, 0);
	jw_object(&w);
	jw_kstr(&w, "schema", "slipway.release/1");
	jw_kstr(&w, "id", h->id);
	jw_kstr(&w, "parent", h->parent);
	put_digest(&w, "tree", h->tree);
	put_digest(&w, "build", h->build);
	jw_kstr(&w, "environment", h->environment);
	jw_kstr(&w, "target", h->target);
	jw_kstr(&w, "created", created);
	jw_kstr(&w, "by", h->by);
	jw_kstr(&w, "commit", h->commit);
	jw_kstr(&w, "branch", h->branch);
	jw_kstr(&w, "ci", h->ci);
	jw_kstr(&w, "message", h->message);
	jw_kstr(&w, "approver", h->approver);
	jw_kbool(&w, "foreign", h->foreign);
	jw_kint(&w, "files", (int64_t)h->files);
	jw_kint(&w, "bytes", (int64_t)h->bytes);
	jw_end(&w);
	strbuf_addch(out, '\n');
}

void manifest_format_entry(struct strbuf *out, const struct manifest_entry *e)
{
	const char *p = e->path;

	strbuf_addstr(out, "{\"p\":\"");
	/* A legal path has neither backslashes nor control characters, so the quote is all there is to escape. */
	for (const char *quote; (quote = strchr(p, '"')) != NULL; p = quote + 1) {
		strbuf_add(out, p, (size_t)(quote - p));
		strbuf_addstr(out, "\\\"");
	}
	strbuf_addstr(out, p);
	strbuf_addstr(out, "\",\"s\":\"");
	strbuf_addhex(out, e->sha256, SHA256_SIZE);
	strbuf_addf(out, "\",\"n\":%" PRIu64 ",\"m\":%" PRId64, e->size, e->mtime_s);
	if (e->has_headers) {
		strbuf_addstr(out, ",\"h\":\"");
		strbuf_addhex(out, e->headers, SHA256_SIZE);
		strbuf_addch(out, '"');
	}
	strbuf_addstr(out, "}\n");
}

static bool eat(const char **p, const char *end, const char *literal)
{
	size_t n = strlen(literal);

	if ((size_t)(end - *p) < n || memcmp(*p, literal, n) != 0)
		return false;
	*p += n;
	return true;
}

static bool eat_path(struct strbuf *out, const char **p, const char *end)
{
	strbuf_setlen(out, 0);
	while (*p < end && **p != '"') {
		const char *from = *p;

		if (*from == '\\') {
			if (!eat(p, end, "\\\""))
				return false;
			strbuf_addch(out, '"');
			continue;
		}
		while (*p < end && **p != '"' && **p != '\\')
			++*p;
		strbuf_add(out, from, (size_t)(*p - from));
	}
	return eat(p, end, "\"");
}

static bool eat_digest(uint8_t *out, const char **p, const char *end)
{
	if (end - *p < SHA256_HEX - 1 || !hex_decode(out, *p, SHA256_SIZE))
		return false;
	*p += SHA256_HEX - 1;
	return eat(p, end, "\"");
}

static bool eat_number(int64_t *out, const char **p, const char *end, bool negative_too)
{
	bool negative = negative_too && eat(p, end, "-");
	const char *from = *p;
	int64_t n = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
		if (n > (INT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (**p - '0');
	}
	*out = negative ? -n : n;
	return *p > from && (*from != '0' || *p == from + 1);
}

bool manifest_parse_entry(struct manifest_entry *e, struct strbuf *path, const char *line, size_t len)
{
	const char *p = line, *end = line + len;
	int64_t size;

	*e = (struct manifest_entry){ 0 };
	if (!eat(&p, end, "{\"p\":\"") || !eat_path(path, &p, end) || !eat(&p, end, ",\"s\":\"") ||
	    !eat_digest(e->sha256, &p, end) || !eat(&p, end, ",\"n\":") || !eat_number(&size, &p, end, false) ||
	    !eat(&p, end, ",\"m\":") || !eat_number(&e->mtime_s, &p, end, true))
		return false;
	if (eat(&p, end, ",\"h\":\"")) {
		e->has_headers = true;
		if (!eat_digest(e->headers, &p, end))
			return false;
	}
	e->path = path->buf;
	e->size = (uint64_t)size;
	return eat(&p, end, "}") && p == end;
}

/* Compares a path with the one in an entry line, as strcmp does. */
static int compare_path(const char *path, const char *line, size_t len)
{
	size_t i = strlen("{\"p\":\"");

	for (;; path++, i++) {
		if (i < len && line[i] == '\\')
			i++;
		else if (i >= len || line[i] == '"')
			return *path != '\0';
		if (i >= len || *path != line[i])
			return (unsigned char)*path < (unsigned char)(i < len ? line[i] : '\0') ? -1 : 1;
	}
}

void manifest_match(const char *text, size_t len, const struct tree *want,
                    void (*same)(void *arg, size_t index, int64_t mtime_s), void *arg)
{
	const char *end = text + len, *nl = memchr(text, '\n', len);
	struct strbuf path = STRBUF_INIT;
	struct manifest_entry e;
	size_t w = 0;

	/* The first line is the header; what follows the last newline is no whole line. */
	for (text = nl ? nl + 1 : end; w < want->count; text = nl + 1) {
		const struct blob *b;
		int order = 1;

		nl = memchr(text, '\n', (size_t)(end - text));
		if (!nl)
			break;
		while (w < want->count && (order = compare_path(want->entries[w].path, text, (size_t)(nl - text))) < 0)
			w++;
		if (w == want->count || order > 0)
			continue;
		b = want->entries[w].blob;
		if (manifest_parse_entry(&e, &path, text, (size_t)(nl - text)) && e.size == b->size &&
		    memcmp(e.sha256, b->sha256, SHA256_SIZE) == 0)
			same(arg, w, e.mtime_s);
		w++;
	}
	strbuf_clear(&path);
}
