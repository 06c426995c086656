#include "target/resolve.h"

#include <stdlib.h>
#include <string.h>

/* Where something lies, made comparable: places of different groups never meet; in one group two meet when they
 * are equal, or, in a nesting group, when one is a path prefix of the other. */
struct spot {
	const char *group, *path;       /* of a nesting group: path ends in "/", or is empty */
	bool nesting;
	const struct target *target;
	const char *shown;              /* for the message */
};

struct spots {
	struct spot *items;
	size_t count, cap;
	struct project *project;
};

static void add(struct spots *s, struct spot spot)
{
	s->items = vec_grow(s->items, &s->cap, s->count + 1, sizeof *s->items);
	s->items[s->count++] = spot;
}

/* Resolves ".", ".." and double slashes by the text alone; absolute, ends in "/". */
static const char *lexical(const char *base, const char *path, struct arena *mem)
{
	struct strbuf out = STRBUF_INIT, whole = STRBUF_INIT;
	const char *result;

	if (path[0] != '/')
		strbuf_addf(&whole, "%s/", base);
	strbuf_addstr(&whole, path);
	strbuf_addch(&out, '/');
	for (const char *p = whole.buf; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (out.len > 1 && out.buf[out.len - 2] != '/')
				strbuf_setlen(&out, out.len - 1);
			if (out.len > 1)
				strbuf_setlen(&out, out.len - 1);
		} else if (n && !(n == 1 && p[0] == '.')) {
			strbuf_add(&out, p, n);
			strbuf_addch(&out, '/');
		}
		p += n + (p[n] == '/');
	}
	result = arena_strndup(mem, out.buf, out.len);
	strbuf_clear(&out);
	strbuf_clear(&whole);
	return result;
}

static void add_directory(struct spots *s, const struct target *t, const char *group, const char *base)
{
	struct arena *mem = &s->project->mem;
	const char *root = target_string(t, "root", mem), *live = target_string(t, "live", mem);

	if (root)
		add(s, (struct spot){ group, lexical(base, root, mem), true, t, root });
	if (live)
		add(s, (struct spot){ arena_printf(mem, "%s live", group), lexical(base, live, mem), false, t, live });
}

static void add_bucket(struct spots *s, const struct target *t)
{
	struct arena *mem = &s->project->mem;
	const char *bucket = target_string(t, "bucket", mem), *prefix = target_string(t, "prefix", mem);
	const char *endpoint = target_string(t, "endpoint", mem);
	size_t n = prefix ? strlen(prefix) : 0;

	if (!bucket)
		return;
	prefix = n == 0 ? "" : prefix[n - 1] == '/' ? prefix : arena_printf(mem, "%s/", prefix);
	add(s, (struct spot){ arena_printf(mem, "s3 %s %s", endpoint ? endpoint : "", bucket), prefix, true, t,
	                      arena_printf(mem, "s3://%s/%s", bucket, prefix) });
}

static void add_sites(struct spots *s, const struct target *t)
{
	struct arena *mem = &s->project->mem;
	const char *channel = target_string(t, "channel", mem);
	size_t count;
	const char *const *sites = target_strings(t, "site", &count, mem);

	for (size_t i = 0; i < (count ? count : 1); i++) {
		const char *site = count ? sites[i] : t->name;

		add(s, (struct spot){ "firebase", arena_printf(mem, "%s %s", site, channel ? channel : "live"), false, t,
		                      arena_printf(mem, "site %s", site) });
	}
}

static void add_target(struct spots *s, const struct target *t)
{
	if (strcmp(t->kind, "dir") == 0) {
		add_directory(s, t, "dir", s->project->root);
	} else if (strcmp(t->kind, "ssh") == 0) {
		const char *address = target_string(t, "address", &s->project->mem);
		int64_t port = 22;

		(void)json_int(target_value(t, "port"), &port);
		add_directory(s, t, arena_printf(&s->project->mem, "ssh %s %lld", address ? address : "", (long long)port), "");
	} else if (strcmp(t->kind, "s3") == 0) {
		add_bucket(s, t);
	} else {
		add_sites(s, t);
	}
}

static int by_place(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;
	int order = strcmp(x->group, y->group);

	if (order == 0)
		order = strcmp(x->path, y->path);
	if (order == 0)
		order = strcmp(x->target->name, y->target->name);
	if (order == 0 && x->target->environment && y->target->environment)
		order = strcmp(x->target->environment, y->target->environment);
	return order;
}

static bool meet(const struct spot *a, const struct spot *b)
{
	if (strcmp(a->group, b->group) != 0)
		return false;
	return a->nesting ? strncmp(a->path, b->path, strlen(a->path)) == 0 : strcmp(a->path, b->path) == 0;
}

static const char *who(const struct target *t, struct arena *mem)
{
	return t->environment ? arena_printf(mem, "%s in %s", t->name, t->environment) : t->name;
}

static void refuse(struct project *p, const struct spot *a, const struct spot *b, struct problems *problems)
{
	const char *first = who(a->target, &p->mem), *second = who(b->target, &p->mem);
	const struct target_def *def = target_def_of(p, b->target->name);

	if (strcmp(a->path, b->path) == 0)
		problem_at(problems, PROBLEM_ERROR, def->part.doc, def->part.value, JSON_AT_VALUE,
		           "give each a place of its own",
		           "%s and %s share a place: %s", first, second, b->shown);
	else
		problem_at(problems, PROBLEM_ERROR, def->part.doc, def->part.value, JSON_AT_VALUE,
		           "give each a place of its own",
		           "%s lies inside the place of %s: %s is below %s", second, first, b->shown, a->shown);
}

/* Its directory, as lexical gives it; NULL when it cannot be told here (others complain about that). */
static const char *build_of(struct project *p, const struct target *t)
{
	size_t count;
	const struct build_def *defs = project_builds(p, &count);
	struct fail ignored = FAIL_INIT;
	const char *dir;

	for (size_t i = 0; i < count; i++)
		if (t->build && defs[i].dir && strcmp(defs[i].name, t->build) == 0 &&
		    project_expand(p, t->environment, defs[i].dir, &dir, &p->mem, &ignored) == 0)
			return lexical(p->root, dir, &p->mem);
	return NULL;
}

/* A place below the build would be read as a part of it: each deploy would publish the releases before it. */
static void check_build(struct project *p, const struct spot *s, struct problems *problems)
{
	const struct target *t = s->target;
	const struct target_def *def = target_def_of(p, t->name);
	const char *dir = strcmp(t->kind, "dir") == 0 ? build_of(p, t) : NULL;

	if (dir && strncmp(s->path, dir, strlen(dir)) == 0)
		problem_at(problems, PROBLEM_ERROR, def->part.doc, def->part.value, JSON_AT_VALUE,
		           "choose a place beside the build", "%s lies inside its own build %s: %s",
		           who(t, &p->mem), t->build, s->shown);
}

void places_check(struct project *p, struct problems *problems)
{
	struct spots s = { .project = p };
	size_t outer = 0;

	for (size_t e = 0; e < (p->environment_count ? p->environment_count : 1); e++)
		for (size_t i = 0; i < p->resolved[e].list.count; i++)
			add_target(&s, &p->resolved[e].list.items[i]);
	if (s.count)
		qsort(s.items, s.count, sizeof *s.items, by_place);
	/* Whatever lies inside a place sorts right behind it, so the last one that is not inside another is enough to
	 * compare with. */
	for (size_t i = 1; i < s.count; i++) {
		if (meet(&s.items[outer], &s.items[i]))
			refuse(p, &s.items[outer], &s.items[i], problems);
		else
			outer = i;
	}
	for (size_t i = 0; i < s.count; i++)
		check_build(p, &s.items[i], problems);
	free(s.items);
}
