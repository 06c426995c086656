#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "pattern.h"

enum match_kind { MATCH_NOTHING, MATCH_GLOB, MATCH_PATTERN };
struct matcher {
	enum match_kind kind;
	bool negated;                       /* a glob that begins with "!" */
	struct glob *glob;
	struct pattern pattern;
	const json *rule;
	struct matcher *next;
};

/* "/blog/:year/:rest*" as an expression with named groups. */
static bool capturing(struct matcher *m, const char *glob)
{
	struct strbuf re = STRBUF_INIT;

	strbuf_addstr(&re, *glob == '/' ? "^" : "^/");
	for (const char *p = glob; *p; p++) {
		if (*p == ':' && p > glob && p[-1] == '/') {
			size_t name = strspn(p + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
			bool across = p[1 + name] == '*';
			strbuf_addf(&re, "(?P<%.*s>%s)", (int)name, p + 1, across ? ".*" : "[^/]+");
			p += name + across;
		} else if (*p == '*') {
			strbuf_addstr(&re, p[1] == '*' ? ".*" : "[^/]*");
			p += p[1] == '*';
		} else {
			strbuf_addf(&re, strchr("\\^$.|?+()[]{}", *p) ? "\\%c" : "%c", *p);
		}
	}
	strbuf_addstr(&re, "/?$");
	bool good = pattern_init(&m->pattern, re.buf);
	strbuf_clear(&re);
	return good;
}

static void prepare(struct matcher *m)
{
	const char *glob = json_string(json_get(m->rule, "glob")), *regex = json_string(json_get(m->rule, "regex"));
	struct fail f;

	if (regex) {
		m->kind = pattern_init(&m->pattern, regex) ? MATCH_PATTERN : MATCH_NOTHING;
		return;
	}
	if (strstr(glob, "/:")) {
		m->kind = capturing(m, glob) ? MATCH_PATTERN : MATCH_NOTHING;
		return;
	}
	m->negated = *glob == '!' && glob[1] != '(';
	glob += m->negated;
	glob += *glob == '/';
	m->kind = glob_new(&m->glob, glob, &f) == 0 ? MATCH_GLOB : MATCH_NOTHING;
}

/* Our globs match relative paths, and the empty one is none of them: "/" is met by "**" and by itself. */
static bool matches(const struct matcher *m, const char *path, regmatch_t groups[PATTERN_GROUPS])
{
	if (m->kind == MATCH_PATTERN)
		return pattern_find(&m->pattern, path, groups);
	if (m->kind == MATCH_NOTHING)
		return false;
	const char *text = glob_text(m->glob);
	bool hit = path[1] ? glob_match(m->glob, path + 1) : !*text || strcmp(text, "**") == 0;
	return hit != m->negated;
}

static const struct matcher *first_match(const struct matcher *m, const char *path, regmatch_t groups[PATTERN_GROUPS])
{
	while (m && !matches(m, path, groups))
		m = m->next;
	return m;
}

static struct matcher *read_list(const json *list)
{
	struct matcher *first = NULL, **end = &first;

	for (const json *v = json_first(list); v; v = json_next(v)) {
		*end = xcalloc(1, sizeof **end);
		(*end)->rule = v;
		prepare(*end);
		end = &(*end)->next;
	}
	return first;
}

static void free_list(struct matcher *m)
{
	while (m) {
		struct matcher *next = m->next;
		glob_free(m->glob);
		if (m->kind == MATCH_PATTERN)
			pattern_clear(&m->pattern);
		free(m);
		m = next;
	}
}

struct rules *rules_new(const char *config)
{
	struct rules *r = xcalloc(1, sizeof *r);
	struct fail f;

	if (json_parse(&r->doc, "config", config, strlen(config), 0, &f) < 0)
		return r;
	const json *root = json_root(r->doc);
	const char *slash = json_string(json_get(root, "trailingSlashBehavior"));
	r->clean_urls = json_bool(json_get(root, "cleanUrls"), false);
	r->slash = !slash ? SLASH_AS_IS : strcmp(slash, "ADD") == 0 ? SLASH_ADD : SLASH_REMOVE;
	r->headers = read_list(json_get(root, "headers"));
	r->redirects = read_list(json_get(root, "redirects"));
	r->rewrites = read_list(json_get(root, "rewrites"));
	return r;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	free_list(r->headers);
	free_list(r->redirects);
	free_list(r->rewrites);
	json_doc_free(r->doc);
	free(r);
}

/* The group that ":name" or ":2" at p names; 0 when none does. *len is the length of the name. */
static int named_group(const struct pattern *p, const char *name, size_t *len)
{
	*len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	if (*name >= '1' && *name <= '9' && *len == 1)
		return *name - '0';
	for (int i = 1; i < PATTERN_GROUPS; i++)
		if (p->names[i] && strlen(p->names[i]) == *len && memcmp(p->names[i], name, *len) == 0)
			return i;
	return 0;
}

static const char *expand(const struct matcher *m, const char *path, const regmatch_t *groups, const char *location,
			  struct arena *a)
{
	struct strbuf out = STRBUF_INIT;
	size_t len;

	for (const char *p = location; *p; p++) {
		int g = *p == ':' && m->kind == MATCH_PATTERN ? named_group(&m->pattern, p + 1, &len) : 0;
		if (!g) {
			strbuf_addch(&out, *p);
			continue;
		}
		if (groups[g].rm_so >= 0)
			strbuf_add(&out, path + groups[g].rm_so, (size_t)(groups[g].rm_eo - groups[g].rm_so));
		p += len + (p[1 + len] == '*');
	}
	const char *text = arena_strdup(a, out.buf);
	strbuf_clear(&out);
	return text;
}

int rules_redirect(const struct rules *r, const char *path, struct arena *a, const char **location)
{
	regmatch_t groups[PATTERN_GROUPS];
	const struct matcher *m = first_match(r->redirects, path, groups);
	int64_t status;

	if (!m)
		return 0;
	*location = expand(m, path, groups, json_string(json_get(m->rule, "location")), a);
	return json_int(json_get(m->rule, "statusCode"), &status) ? (int)status : 301;
}

const char *rules_rewrite(const struct rules *r, const char *path)
{
	regmatch_t groups[PATTERN_GROUPS];
	const struct matcher *m = first_match(r->rewrites, path, groups);
	const char *to = m ? json_string(json_get(m->rule, "path")) : NULL;

	return m && !to ? "" : to;
}

void rules_headers(const struct rules *r, const char *path, void (*add)(void *arg, const char *name, const char *value),
		   void *arg)
{
	regmatch_t groups[PATTERN_GROUPS];

	for (const struct matcher *m = r->headers; m; m = m->next)
		if (matches(m, path, groups))
			for (const json *v = json_first(json_get(m->rule, "headers")); v; v = json_next(v))
				add(arg, json_key(v), json_string(v));
}
