/* init from firebase.json and .firebaserc, read as the official client reads them: later duplicates win, what it
 * ignores is ignored here too, but kept under "x-was-ignored" so that nobody loses what they wrote. */
#include "target/draft.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "target/keys.h"

struct entry {                          /* one of "hosting" */
	const json *value;
	const char *name;               /* of our target */
	const json *sites;              /* list, or NULL: site holds the name */
	const char *site, *build;
};

struct build_draft { const char *name, *dir; const json *ignore; };

struct reading {
	struct draft *draft;
	const struct init_request *request;
	struct json_doc *config, *rc;   /* rc may be NULL */
	const json *hosting;
	const char *project;
	struct entry *entries;
	size_t entry_count;
	struct build_draft *builds;
	size_t build_count;
	const json *shared_from;        /* entry whose hosting keys all others repeat: they go into the host manifest */
};

static const char *const hosting_keys[] = { "rewrites", "redirects", "headers", "cleanUrls", "trailingSlash",
                                            "appAssociation", "i18n" };
#define HOSTING_KEYS (sizeof hosting_keys / sizeof hosting_keys[0])

static void note(struct reading *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct reading *r, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	strbuf_addstr(&r->draft->notes, "note: ");
	strbuf_addescaped(&r->draft->notes, text.buf, text.len);
	strbuf_addch(&r->draft->notes, '\n');
	strbuf_clear(&text);
}

/* ---- the project's id: the only alias, else "default" ---- */
static int find_project(struct reading *r, struct fail *f)
{
	const json *projects = r->rc ? json_get(json_root(r->rc), "projects") : NULL, *only = json_first(projects);
	const json *chosen = json_count(projects) == 1 ? only : json_get(projects, "default");

	r->project = json_string(chosen);
	if (!r->project)
		r->project = json_string(json_get(json_root(r->config), "firebase"));
	if (r->project)
		return 0;
	fail_set(f, FAIL_CONFIG, json_count(projects) > 1 ? ".firebaserc has several projects and none called \"default\"" :
	         "firebase.json says what to deploy, but nothing says to which project");
	return fail_hint(f, "write .firebaserc: { \"projects\": { \"default\": \"PROJECT-ID\" } }");
}

/* ---- entries ---- */
static const json *sites_of(const struct reading *r, const char *target)
{
	const json *targets = r->rc ? json_get(json_root(r->rc), "targets") : NULL;

	return json_get(json_get(json_get(targets, r->project), "hosting"), target);
}

static bool name_taken(const struct reading *r, const char *name)
{
	for (size_t i = 0; i < r->entry_count; i++)
		if (strcmp(r->entries[i].name, name) == 0)
			return true;
	return false;
}

static bool usable(struct reading *r, const json *value, struct entry *e, size_t number)
{
	const char *site = json_string(json_get(value, "site")), *target = json_string(json_get(value, "target"));

	*e = (struct entry){ .value = value, .site = site ? site : r->project };
	if (json_type(value) != JSON_OBJECT) {
		note(r, "entry %zu of hosting is not an object and was left out", number);
	} else if (!json_string(json_get(value, "public"))) {
		note(r, "entry %zu of hosting has no \"public\" directory and was left out", number);
	} else if (site && target) {
		note(r, "entry %zu of hosting has both \"site\" and \"target\": firebase refuses it; it was left out", number);
	} else if (target) {
		e->sites = sites_of(r, target);
		e->name = draft_name(r->draft, target);
		if (json_count(e->sites) > 0)
			return true;
		note(r, "entry %zu of hosting is for target \"%s\", which .firebaserc gives no site: it was left "
		        "out", number, target);
	} else {
		e->name = draft_name(r->draft, e->site);
		return true;
	}
	return false;
}

static int read_entries(struct reading *r, struct fail *f)
{
	bool list = json_type(r->hosting) == JSON_ARRAY;
	size_t number = 0;

	if (!list && json_type(r->hosting) != JSON_OBJECT)
		return fail_set(f, FAIL_CONFIG, r->hosting ? "firebase.json: \"hosting\" is neither an object nor a list" :
		                "firebase.json has no \"hosting\"");
	r->entries = xcalloc(json_count(r->hosting) + 1, sizeof *r->entries);
	for (const json *c = list ? json_first(r->hosting) : r->hosting; c; c = list ? json_next(c) : NULL) {
		struct entry e;

		number++;
		if (!usable(r, c, &e, number))
			continue;
		for (unsigned n = 2; name_taken(r, e.name); n++)
			e.name = arena_printf(&r->draft->mem, "%s-%u", e.name, n);
		r->entries[r->entry_count++] = e;
	}
	if (r->entry_count == 0)
		return fail_set(f, FAIL_CONFIG, "firebase.json: no entry of hosting can be deployed");
	return 0;
}

/* ---- builds: one for each pair of directory and ignore list ---- */
static bool same(const json *a, const json *b)
{
	return a && b ? json_equal(a, b) : a == b;
}

static const char *fresh_build_name(struct reading *r, const char *dir)
{
	size_t n = strlen(dir);
	const char *base, *name;
	char *copy;

	while (n && dir[n - 1] == '/')
		n--;
	copy = arena_strndup(&r->draft->mem, dir, n);
	base = strrchr(copy, '/') ? strrchr(copy, '/') + 1 : copy;
	name = base = draft_name(r->draft, base);
	for (unsigned k = 2;; k++) {
		bool taken = false;

		for (size_t i = 0; i < r->build_count; i++)
			taken |= strcmp(r->builds[i].name, name) == 0;
		if (!taken)
			return name;
		name = arena_printf(&r->draft->mem, "%s-%u", base, k);
	}
}

static void choose_builds(struct reading *r)
{
	r->builds = xcalloc(r->entry_count, sizeof *r->builds);
	for (size_t i = 0; i < r->entry_count; i++) {
		const char *dir = json_string(json_get(r->entries[i].value, "public"));
		const json *ignore = json_get(r->entries[i].value, "ignore");
		size_t k = 0;

		while (k < r->build_count && !(strcmp(r->builds[k].dir, dir) == 0 && same(r->builds[k].ignore, ignore)))
			k++;
		if (k == r->build_count) {
			const char *name = fresh_build_name(r, dir);

			r->builds[r->build_count++] = (struct build_draft){ .name = name, .dir = dir, .ignore = ignore };
		}
		r->entries[i].build = r->builds[k].name;
	}
}

static void write_builds(struct reading *r, struct jw *w)
{
	jw_key(w, "builds");
	jw_object(w);
	for (size_t i = 0; i < r->build_count; i++) {
		const struct build_draft *b = &r->builds[i];
		const char *dir = r->request->dist && r->build_count == 1 ? r->request->dist : b->dir;

		jw_key(w, b->name);
		jw_object(w);
		jw_kstr(w, "dir", draft_literal(r->draft, dir));
		jw_key(w, "ignore");
		jw_array(w);
		jw_str(w, "**/firebase-debug.log");
		jw_str(w, "**/firebase-debug.*.log");
		for (const json *c = json_type(b->ignore) == JSON_ARRAY ? json_first(b->ignore) : NULL; c; c = json_next(c))
			if (json_string(c) && *json_string(c))
				jw_str(w, draft_literal(r->draft, json_string(c)));
		jw_end(w);
		jw_end(w);
	}
	jw_end(w);
}

/* ---- hosting keys ---- */
struct fitting { struct reading *reading; };

static char *literal_string(void *arg, const char *text)
{
	struct fitting *fit = arg;

	return xstrdup(draft_literal(fit->reading->draft, text));
}

/* Does a value fit what slipway's documents allow? The official client lets more pass, and the service refuses it
 * later. */
static bool fits(const char *key, const json *v)
{
	struct problems problems = PROBLEMS_INIT;
	struct strbuf text = STRBUF_INIT;
	struct json_doc *d = NULL;
	struct fail ignored = FAIL_INIT;
	bool ok = false;

	json_canonical(&text, v);
	if (json_parse(&d, key, text.buf, text.len, 0, &ignored) == 0) {
		shape_check(shape_key(keys_layered, key)->shape, d, json_root(d), &problems);
		ok = problems.errors == 0;
	}
	json_doc_free(d);
	strbuf_clear(&text);
	problems_clear(&problems);
	return ok;
}

static bool is_hosting_key(const char *key)
{
	for (size_t i = 0; i < HOSTING_KEYS; i++)
		if (strcmp(hosting_keys[i], key) == 0)
			return true;
	return false;
}

/* What the client does with a value of the wrong type for these two is to look whether it is true. */
static bool truthy(const json *v)
{
	const char *s = json_string(v);

	return s ? *s != '\0' : json_type(v) == JSON_BOOL ? json_bool(v, false) :
	       json_type(v) == JSON_NUMBER ? json_number(v, 0) > 0 || json_number(v, 0) < 0 : json_type(v) != JSON_NULL;
}

static void write_hosting_keys(struct reading *r, const json *entry, struct jw *w)
{
	struct fitting fit = { r };

	for (size_t i = 0; i < HOSTING_KEYS; i++) {
		const json *v = json_get(entry, hosting_keys[i]);
		json *literal;

		if (!v)
			continue;
		if (strcmp(hosting_keys[i], "cleanUrls") == 0 || strcmp(hosting_keys[i], "trailingSlash") == 0) {
			jw_kbool(w, hosting_keys[i], truthy(v));
			continue;
		}
		if (!fits(hosting_keys[i], v))
			continue;
		literal = json_map_strings(v, literal_string, &fit);
		jw_key(w, hosting_keys[i]);
		jw_json(w, literal);
		json_free(literal);
	}
}

static bool known_elsewhere(const char *key)
{
	static const char *const words[] = { "public", "site", "target", "ignore" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i], key) == 0)
			return true;
	return false;
}

static bool was_served(const json *member)
{
	const char *key = json_key(member);

	if (known_elsewhere(key))
		return true;
	if (strcmp(key, "cleanUrls") == 0 || strcmp(key, "trailingSlash") == 0)
		return true;
	return is_hosting_key(key) && fits(key, member);
}

static const char *why_left_out(const char *key)
{
	if (is_hosting_key(key))
		return "does not fit slipway's documents: write it anew by hand";
	if (strcmp(key, "predeploy") == 0 || strcmp(key, "postdeploy") == 0)
		return "is a hook: run it before or after slipway";
	return "has no effect on what firebase serves";
}

static void write_ignored(struct reading *r, const struct entry *e, struct jw *w)
{
	bool any = false;

	for (const json *c = json_first(e->value); c; c = json_next(c)) {
		if (was_served(c))
			continue;
		if (!any) {
			jw_key(w, "x-was-ignored");
			jw_object(w);
		}
		any = true;
		jw_key(w, json_key(c));
		jw_json(w, c);
		note(r, "%s: \"%s\" %s; it is kept under \"x-was-ignored\"", e->name, json_key(c), why_left_out(json_key(c)));
	}
	if (any)
		jw_end(w);
}

static bool same_hosting(const json *a, const json *b)
{
	for (size_t i = 0; i < HOSTING_KEYS; i++)
		if (!same(json_get(a, hosting_keys[i]), json_get(b, hosting_keys[i])))
			return false;
	return true;
}

/* ---- the documents ---- */
static void write_site(struct reading *r, const struct entry *e, struct jw *w)
{
	if (!e->sites) {
		if (strcmp(e->site, e->name) != 0)
			jw_kstr(w, "site", draft_literal(r->draft, e->site));
		return;
	}
	if (json_count(e->sites) == 1) {
		jw_kstr(w, "site", draft_literal(r->draft, json_string(json_first(e->sites)) ?
		                                 json_string(json_first(e->sites)) : ""));
		return;
	}
	note(r, "%s: .firebaserc gives it several sites, which firebase refuses; slipway deploys them all", e->name);
	jw_key(w, "site");
	jw_array(w);
	for (const json *c = json_first(e->sites); c; c = json_next(c))
		if (json_string(c))
			jw_str(w, draft_literal(r->draft, json_string(c)));
	jw_end(w);
}

static void write_documents(struct reading *r, const char *name)
{
	struct jw w;

	draft_begin(r->draft, &w, "manifests/hosting.json");
	jw_kstr(&w, "kind", "firebase");
	jw_kstr(&w, "project", draft_literal(r->draft, r->project));
	if (r->shared_from)
		write_hosting_keys(r, r->shared_from, &w);
	draft_end(&w);
	for (size_t i = 0; i < r->entry_count; i++) {
		const struct entry *e = &r->entries[i];

		draft_begin(r->draft, &w, arena_printf(&r->draft->mem, "targets/%s.json", e->name));
		jw_kstr(&w, "host", "hosting");
		if (r->build_count > 1)
			jw_kstr(&w, "build", e->build);
		write_site(r, e, &w);
		if (!r->shared_from)
			write_hosting_keys(r, e->value, &w);
		write_ignored(r, e, &w);
		draft_end(&w);
	}
	draft_begin(r->draft, &w, "slipway.json");
	jw_kint(&w, "slipway", 1);
	jw_kstr(&w, "name", name);
	write_builds(r, &w);
	draft_end(&w);
}

static int load(struct reading *r, int dirfd, struct fail *f)
{
	unsigned flags = JSON_COMMENTS | JSON_DUPLICATES_LAST_WINS;
	struct fail why = FAIL_INIT;

	if (json_load(&r->config, dirfd, "firebase.json", "firebase.json", flags, f) < 0)
		return -1;
	if (json_load(&r->rc, dirfd, ".firebaserc", ".firebaserc", flags, &why) < 0 && why.kind != FAIL_MISSING)
		note(r, ".firebaserc cannot be read and counts as empty: %s", why.text);
	r->hosting = json_get(json_root(r->config), "hosting");
	return 0;
}

int draft_from_firebase(struct draft *d, int dirfd, const struct init_request *rq, const char *name, struct fail *f)
{
	struct reading r = { .draft = d, .request = rq };
	int rc = load(&r, dirfd, f);

	if (rc == 0 && rq->target_count)
		rc = fail_set(f, FAIL_USAGE, "targets come from firebase.json here; name none");
	rc = rc == 0 ? find_project(&r, f) : rc;
	rc = rc == 0 ? read_entries(&r, f) : rc;
	if (rc == 0) {
		r.shared_from = r.entries[0].value;
		for (size_t i = 1; i < r.entry_count && r.shared_from; i++)
			if (!same_hosting(r.entries[0].value, r.entries[i].value))
				r.shared_from = NULL;
		choose_builds(&r);
		write_documents(&r, name);
	}
	free(r.entries);
	free(r.builds);
	json_doc_free(r.config);
	json_doc_free(r.rc);
	return rc;
}
