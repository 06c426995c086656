#include "target/fbjson.h"

#include <string.h>

#include "target/keys.h"

/* What an entry may say. The client has no "allow_unsafe" and passes over it. */
static const char *const known_keys[] = {
	"public", "source", "site", "target", "ignore", "redirects", "rewrites", "headers", "cleanUrls", "trailingSlash",
	"appAssociation", "i18n", "predeploy", "postdeploy", "frameworksBackend", "allow_unsafe"
};
#define KNOWN_KEYS (sizeof known_keys / sizeof *known_keys)

bool fbjson_knows_key(const char *key)
{
	for (size_t i = 0; i < KNOWN_KEYS; i++)
		if (strcmp(known_keys[i], key) == 0)
			return true;
	return false;
}

bool fbjson_counts(const struct fbjson_entry *e)
{
	return e->chosen && !e->wrong;
}

const char *fbjson_entry_words(const struct fbjson *fb, const struct fbjson_entry *e, struct arena *mem)
{
	return fb->list ? arena_printf(mem, "entry %zu of hosting", e->number) : "hosting";
}

const char *const *fbjson_strings(const struct fbjson_entry *e, const char *key, size_t *count, struct arena *mem)
{
	const json *v = json_get(e->value, key);
	const char **list = arena_alloc(mem, ((json_type(v) == JSON_ARRAY ? json_count(v) : 1) + 1) * sizeof *list);

	*count = 0;
	if (json_string(v) && *json_string(v))
		list[(*count)++] = json_string(v);
	for (const json *c = json_type(v) == JSON_ARRAY ? json_first(v) : NULL; c; c = json_next(c))
		if (json_string(c) && *json_string(c))
			list[(*count)++] = json_string(c);
	return list;
}

const char *fbjson_lost_keys(const json *inner, struct arena *mem)
{
	const char *lost = "";

	for (const json *c = json_type(inner) == JSON_OBJECT ? json_first(inner) : NULL; c; c = json_next(c)) {
		const char *key = json_key(c);

		if (fbjson_knows_key(key) && strcmp(key, "public") != 0 && strcmp(key, "site") != 0 &&
		    strcmp(key, "target") != 0)
			lost = arena_printf(mem, "%s%s%s", lost, *lost ? ", " : "", key);
	}
	return lost;
}

/* ---- what can be wrong with an entry ---- */
static void wrong(struct fbjson_entry *e, const json *at, const char *why, const char *hint)
{
	e->at = at ? at : e->value;
	e->wrong = why;
	e->hint = hint;
}

static bool is_set(const json *v)
{
	return v && json_type(v) != JSON_NULL && !(json_string(v) && !*json_string(v));
}

/* Leaves it the directory it is below? By the text alone, as the client looks. */
static bool escapes(const char *path)
{
	size_t depth = 0;

	for (const char *p = path; *p; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.') {
			if (depth-- == 0)
				return true;
		} else if (!(n == 1 && p[0] == '.')) {
			depth++;
		}
		p += n;
	}
	return false;
}

/* A rewrite to a function or service, or a redirect, serves without files. */
static bool serves_without_files(const struct fbjson_entry *e)
{
	const json *rewrites = json_get(e->value, "rewrites"), *redirects = json_get(e->value, "redirects");

	for (const json *c = json_first(rewrites); c; c = json_next(c))
		if (json_type(c) == JSON_OBJECT && !is_set(json_get(c, "destination")))
			return true;
	return json_type(redirects) == JSON_ARRAY && json_count(redirects) > 0;
}

static void judge_files(struct fbjson_entry *e)
{
	const json *dir = json_get(e->value, "public"), *source = json_get(e->value, "source");
	const json *rewrites = json_get(e->value, "rewrites");

	if (is_set(source)) {
		wrong(e, source, "has a \"source\", but slipway deploys files and builds no web framework",
		      "build it, and name the result with \"public\" instead");
	} else if (is_set(dir) && !json_string(dir)) {
		wrong(e, dir, "has a \"public\" that is not a directory's name", NULL);
	} else if (e->dir && e->dir[0] != '/' && escapes(e->dir)) {
		wrong(e, dir, "has a \"public\" outside the directory of firebase.json", NULL);
	} else if (!e->dir && is_set(json_get(e->value, "i18n"))) {
		wrong(e, json_get(e->value, "i18n"), "has \"i18n\", which needs a \"public\" directory", NULL);
	} else if (!e->dir && !serves_without_files(e)) {
		wrong(e, NULL, "has no \"public\" directory, and no rewrite or redirect that does without", NULL);
	} else if (!e->dir) {
		for (const json *c = json_first(rewrites); c; c = json_next(c))
			if (is_set(json_get(c, "destination")))
				wrong(e, c, "rewrites to a file, which needs a \"public\" directory", NULL);
	}
}

static void judge_lists(struct fbjson_entry *e)
{
	static const char *const rows[][2] = {
		{ "ignore", "has an \"ignore\" that is no list of strings" },
		{ "allow_unsafe", "has an \"allow_unsafe\" that is no list of strings" },
		{ "predeploy", "has a \"predeploy\" that is neither a command nor a list of them" },
		{ "postdeploy", "has a \"postdeploy\" that is neither a command nor a list of them" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const json *v = json_get(e->value, rows[i][0]);
		bool fits = !v || json_type(v) == JSON_NULL || json_type(v) == JSON_STRING || json_type(v) == JSON_ARRAY;

		for (const json *c = json_type(v) == JSON_ARRAY ? json_first(v) : NULL; c; c = json_next(c))
			fits &= json_string(c) != NULL;
		if (!fits && !e->wrong)
			wrong(e, v, rows[i][1], NULL);
	}
}

/* "; or leave it out: --only hosting:a,hosting:b", or "" when nothing else can be deployed. */
static const char *other_scopes(struct fbjson *fb, const struct fbjson_entry *but)
{
	const char *text = "";

	for (size_t i = 0; i < fb->entry_count && strlen(text) < 120; i++) {
		const struct fbjson_entry *e = &fb->entries[i];

		if (e != but && e->site_count && (e->target || e->site))
			text = arena_printf(&fb->mem, "%s%s%s", text, *text ? ",hosting:" : "; or leave it out: --only hosting:",
			                    e->target ? e->target : e->site);
	}
	return text;
}

static void judge_sites(struct fbjson *fb, struct fbjson_entry *e)
{
	const json *site = json_get(e->value, "site"), *target = json_get(e->value, "target");
	const char *others;

	if ((is_set(site) && !e->site) || (is_set(target) && !e->target)) {
		wrong(e, is_set(site) && !e->site ? site : target, "has a \"site\" or \"target\" that is not a name", NULL);
	} else if (e->site && e->target) {
		wrong(e, target, "has both \"site\" and \"target\", which firebase refuses", "drop one of them");
	} else if (!e->site && !e->target && fb->list) {
		wrong(e, NULL, "has neither \"site\" nor \"target\", one of which each entry of a list needs", NULL);
	} else if (e->target && e->site_count == 0) {
		others = other_scopes(fb, e);
		wrong(e, target, arena_printf(&fb->mem, "is for target \"%s\", which .firebaserc gives no site in project %s",
		                              e->target, fb->project),
		      arena_printf(&fb->mem, "add to .firebaserc: \"targets\": { \"%s\": { \"hosting\": { \"%s\": [\"SITE\"] "
		                             "} } }%s", fb->project, e->target, others));
	}
}

/* The official client releases to such a site twice, and which release stays is not certain. */
static void judge_twice(struct fbjson *fb, struct fbjson_entry *e)
{
	for (struct fbjson_entry *o = fb->entries; o < e; o++)
		for (size_t i = 0; fbjson_counts(o) && i < o->site_count; i++)
			for (size_t k = 0; !e->wrong && k < e->site_count; k++)
				if (strcmp(o->sites[i], e->sites[k]) == 0)
					wrong(e, json_get(e->value, e->target ? "target" : "site"),
					      arena_printf(&fb->mem, "is for site \"%s\", as entry %zu is", e->sites[k], o->number),
					      "leave one of them, or give each a site of its own");
}

static void judge(struct fbjson *fb, struct fbjson_entry *e)
{
	if (json_type(e->value) != JSON_OBJECT) {
		wrong(e, NULL, "is not an object", NULL);
		return;
	}
	judge_sites(fb, e);
	if (!e->wrong)
		judge_files(e);
	if (!e->wrong)
		judge_lists(e);
	if (!e->wrong)
		judge_twice(fb, e);
}

/* ---- reading entries ---- */
static bool name_taken(const struct fbjson *fb, const char *name)
{
	for (size_t i = 0; i < fb->entry_count; i++)
		if (strcmp(fb->entries[i].name, name) == 0)
			return true;
	return false;
}

static const char *text_of(const json *object, const char *key)
{
	const char *text = json_string(json_get(object, key));

	return text && *text ? text : NULL;
}

static void find_sites(struct fbjson *fb, struct fbjson_entry *e)
{
	const json *targets = fb->rc ? json_get(json_root(fb->rc), "targets") : NULL;
	const json *sites = json_get(json_get(json_get(targets, fb->project), "hosting"), e->target ? e->target : "");
	const char **list = arena_alloc(&fb->mem, (json_count(sites) + 1) * sizeof *list);

	e->sites = list;
	if (!e->target && (e->site || !fb->list))
		list[e->site_count++] = e->site ? e->site : fb->project;
	for (const json *c = json_type(sites) == JSON_ARRAY && e->target ? json_first(sites) : NULL; c; c = json_next(c))
		if (json_string(c) && *json_string(c))
			list[e->site_count++] = json_string(c);
}

/* Names are given to all entries, so that what the filters leave does not change them. */
static void read_entry(struct fbjson *fb, const json *value)
{
	struct fbjson_entry *e = &fb->entries[fb->entry_count];
	const char *base;

	*e = (struct fbjson_entry){
		.value = value, .number = fb->entry_count + 1, .target = text_of(value, "target"),
		.site = text_of(value, "site"), .dir = text_of(value, "public"), .chosen = true
	};
	find_sites(fb, e);
	base = form_name_of(e->target ? e->target : e->site ? e->site : fb->project, &fb->mem);
	e->name = base;
	for (unsigned n = 2; name_taken(fb, e->name); n++)
		e->name = arena_printf(&fb->mem, "%.58s-%u", base, n);
	fb->entry_count++;
}

/* ---- builds: one for each set of directory and rules ---- */
static bool same_member(const struct fbjson_entry *a, const struct fbjson_entry *b, const char *key)
{
	const json *x = json_get(a->value, key), *y = json_get(b->value, key);

	return x && y ? json_equal(x, y) : x == y;
}

static bool same_build(const struct fbjson_entry *a, const struct fbjson_entry *b)
{
	return (a->dir && b->dir ? strcmp(a->dir, b->dir) == 0 : a->dir == b->dir) && same_member(a, b, "ignore") &&
	       same_member(a, b, "allow_unsafe");
}

static const char *build_name(struct fbjson *fb, const char *dir)
{
	size_t n = dir ? strlen(dir) : 0;
	const char *base, *name;

	while (n && dir[n - 1] == '/')
		n--;
	name = dir ? arena_strndup(&fb->mem, dir, n) : "empty";
	name = base = form_name_of(strrchr(name, '/') ? strrchr(name, '/') + 1 : name, &fb->mem);
	for (unsigned k = 2;; k++) {
		bool taken = false;

		for (size_t i = 0; i < fb->build_count; i++)
			taken |= strcmp(fb->builds[i].name, name) == 0;
		if (!taken)
			return name;
		name = arena_printf(&fb->mem, "%.58s-%u", base, k);
	}
}

static void find_builds(struct fbjson *fb)
{
	fb->builds = arena_alloc(&fb->mem, (fb->entry_count + 1) * sizeof *fb->builds);
	for (size_t i = 0; i < fb->entry_count; i++) {
		struct fbjson_entry *e = &fb->entries[i];

		if (!fbjson_counts(e))
			continue;
		for (e->build = 0; e->build < fb->build_count && !same_build(fb->builds[e->build].first, e); e->build++)
			continue;
		if (e->build == fb->build_count) {
			const char *name = build_name(fb, e->dir);

			fb->builds[fb->build_count++] = (struct fbjson_build){ name, e };
		}
	}
}

/* ---- the documents ---- */
static int load(struct fbjson *fb, int dirfd, const char *name, struct problems *problems, struct fail *f)
{
	const unsigned flags = JSON_COMMENTS | JSON_DUPLICATES_LAST_WINS;
	struct fail why = FAIL_INIT;

	if (json_load(&fb->config, dirfd, name, name, flags, &why) < 0) {
		problem_add_failure(problems, PROBLEM_ERROR, name, &why);
		return problems_fail(problems, f);
	}
	if (json_load(&fb->rc, dirfd, ".firebaserc", ".firebaserc", flags, &why) < 0 && why.kind != FAIL_MISSING) {
		fail_hint(&why, "it counts as empty, as it does for firebase");
		problem_add_failure(problems, PROBLEM_WARNING, ".firebaserc", &why);
	}
	return 0;
}

static int check_hosting(struct fbjson *fb, const json *hosting, struct problems *problems, struct fail *f)
{
	enum json_type type = json_type(hosting);

	fb->list = hosting && type == JSON_ARRAY;
	if (hosting && (type == JSON_OBJECT || (fb->list && json_count(hosting) > 0)))
		return 0;
	if (!hosting)
		problem_at(problems, PROBLEM_ERROR, fb->config, json_root(fb->config), JSON_AT_VALUE, NULL,
		           "it has no \"hosting\", so there is nothing to deploy");
	else
		problem_at(problems, PROBLEM_ERROR, fb->config, hosting, JSON_AT_VALUE, NULL, fb->list ?
		           "\"hosting\" is empty, so there is nothing to deploy" :
		           "\"hosting\" is neither an object nor a list");
	return problems_fail(problems, f);
}

int fbjson_read(struct fbjson *fb, int dirfd, const char *root, const char *name,
                  const struct fbjson_request *rq, struct problems *problems, struct fail *f)
{
	const json *hosting;

	*fb = (struct fbjson){ .mem = ARENA_INIT };
	if (load(fb, dirfd, name, problems, f) < 0)
		return -1;
	hosting = json_get(json_root(fb->config), "hosting");
	if (check_hosting(fb, hosting, problems, f) < 0 || fbjson_choose(fb, root, rq, problems, f) < 0)
		return -1;
	fb->entries = arena_alloc(&fb->mem, (json_count(hosting) + 1) * sizeof *fb->entries);
	for (const json *c = fb->list ? json_first(hosting) : hosting; c; c = fb->list ? json_next(c) : NULL)
		read_entry(fb, c);
	if (fbjson_filter(fb, rq, f) < 0)
		return -1;
	for (size_t i = 0; i < fb->entry_count; i++)
		if (fb->entries[i].chosen)
			judge(fb, &fb->entries[i]);
	find_builds(fb);
	return 0;
}

void fbjson_clear(struct fbjson *fb)
{
	json_doc_free(fb->config);
	json_doc_free(fb->rc);
	arena_clear(&fb->mem);
	*fb = (struct fbjson){ .mem = ARENA_INIT };
}
