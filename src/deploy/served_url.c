#include "deploy/served_url.h"

#include <string.h>

#include "net/http.h"

int served_base(struct strbuf *origin, struct strbuf *prefix, const char *url, struct fail *f)
{
	struct strbuf shown = STRBUF_INIT;
	int rc = 0;

	strbuf_addescaped(&shown, url, strnlen(url, 200));
	if (!http_split(url, origin, prefix) || strchr(url, '?'))
		rc = fail_set(f, FAIL_CONFIG, "%s is no address that files can be asked at", shown.buf);
	else if (strncmp(origin->buf, "https:", 6) != 0 && !http_is_loopback(origin->buf))
		rc = fail_set(f, FAIL_CONFIG, "%s must be https (plain http may go to loopback only)", shown.buf);
	while (prefix->len && prefix->buf[prefix->len - 1] == '/')
		strbuf_setlen(prefix, prefix->len - 1);
	strbuf_clear(&shown);
	return rc;
}

static bool ends_in(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(text + len - n, end, n) == 0;
}

static bool is_index(const char *file, size_t len)
{
	return ends_in(file, len, "index.html") && (len == 10 || file[len - 11] == '/');
}

/* The clean address without what it may end in; *directory: it is a directory's. */
static void clean_stem(struct strbuf *out, const char *prefix, const char *file, bool *directory)
{
	size_t len = strlen(file);
	struct strbuf stem = STRBUF_INIT;

	*directory = is_index(file, len);
	len -= *directory ? (len > 10 ? 11 : 10) : 5;
	strbuf_add(&stem, file, len);
	strbuf_addstr(out, prefix);
	if (len)
		strbuf_addch(out, '/');
	http_escape(out, stem.buf, "/");
	strbuf_clear(&stem);
}

static bool is_clean(const char *file, const struct served_rules *rules)
{
	return rules->clean_urls && ends_in(file, strlen(file), ".html") && strcmp(file, ".html") != 0;
}

void served_path(struct strbuf *out, const char *prefix, const char *file, const struct served_rules *rules)
{
	size_t before = out->len;
	bool directory;

	if (!is_clean(file, rules)) {
		strbuf_addf(out, "%s/", prefix);
		http_escape(out, file, "/");
		return;
	}
	clean_stem(out, prefix, file, &directory);
	/* The site's own root ends in a slash, whatever the rules say. */
	if (rules->slash == SLASH_ALWAYS || (directory && rules->slash == SLASH_UNSET) || out->len == before)
		strbuf_addch(out, '/');
}

bool served_moved(struct strbuf *out, const char *location, const char *origin, const char *prefix, const char *asked,
                  const char *file, const struct served_rules *rules)
{
	struct strbuf there = STRBUF_INIT, path = STRBUF_INIT, stem = STRBUF_INIT;
	bool directory, moved = false;

	if (!is_clean(file, rules))
		return false;
	clean_stem(&stem, prefix, file, &directory);
	if (location[0] == '/' && location[1] != '/')
		strbuf_add(&path, location, strcspn(location, "?#"));
	else if (!http_split(location, &there, &path) || strcmp(there.buf, origin) != 0)
		strbuf_setlen(&path, 0);
	if (path.len && strcmp(path.buf, asked) != 0) {
		size_t len = path.len - (path.buf[path.len - 1] == '/');

		moved = len == stem.len && memcmp(path.buf, stem.buf, len) == 0;
	}
	if (moved)
		strbuf_addstr(out, path.buf);
	strbuf_clear(&there);
	strbuf_clear(&path);
	strbuf_clear(&stem);
	return moved;
}
