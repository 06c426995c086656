#include "target/fbjson_project.h"

#include <string.h>
#include <sys/stat.h>

#include "base/utf8.h"
#include "target/keys.h"

/* ---- what is to be said about it ---- */
static void add_wrong(const struct fbjson *fb, struct problems *problems, struct arena *mem)
{
	for (size_t i = 0; i < fb->entry_count; i++) {
		const struct fbjson_entry *e = &fb->entries[i];

		if (e->chosen && e->wrong)
			problem_at(problems, PROBLEM_ERROR, fb->config, e->at, JSON_AT_VALUE, e->hint, "%s %s",
			           fbjson_entry_words(fb, e, mem), e->wrong);
	}
}

static bool is_unknown(const struct fbjson_entry *e, const json *member)
{
	return e->chosen && json_type(e->value) == JSON_OBJECT && !fbjson_knows_key(json_key(member)) &&
	       !key_is_private(json_key(member));
}

/* How many entries after this one have the key, and whether one before it has. */
static bool is_first(const struct fbjson *fb, const struct fbjson_entry *e, const char *key, size_t *after)
{
	*after = 0;
	for (const struct fbjson_entry *o = fb->entries; o < fb->entries + fb->entry_count; o++) {
		if (o == e || !o->chosen || !json_get(o->value, key))
			continue;
		if (o < e)
			return false;
		++*after;
	}
	return true;
}

static const char *also(size_t others, struct arena *mem)
{
	return others == 0 ? "" : others == 1 ? "; 1 more entry has it" : arena_printf(mem, "; %zu more entries have it",
	                                                                              others);
}

static void warn_key(const struct fbjson *fb, const json *member, size_t others, struct problems *problems,
                     struct arena *mem)
{
	const char *lost = strcmp(json_key(member), "hosting") == 0 ? fbjson_lost_keys(member, mem) : "";
	static const char *const keys[] = { "public", "site", "target", "ignore", "redirects", "rewrites", "headers",
	                                    "cleanUrls", "trailingSlash", "appAssociation", "i18n", "predeploy",
	                                    "postdeploy" };
	const char *near = utf8_nearest(json_key(member), keys, sizeof keys / sizeof *keys);

	if (*lost)
		problem_at(problems, PROBLEM_WARNING, fb->config, member, JSON_AT_KEY,
		           "move them out of it, one level up, if they are meant; slipway init keeps them in view",
		           "the \"hosting\" inside an entry is ignored, as firebase ignores it, so its %s never applied%s",
		           lost, also(others, mem));
	else
		problem_at(problems, PROBLEM_WARNING, fb->config, member, JSON_AT_KEY,
		           near ? arena_printf(mem, "did you mean \"%s\"?", near) : NULL,
		           "unknown key \"%s\" is ignored, as firebase ignores it%s", json_key(member), also(others, mem));
}

static void warn_keys(const struct fbjson *fb, struct problems *problems, struct arena *mem)
{
	for (size_t i = 0; i < fb->entry_count; i++) {
		const struct fbjson_entry *e = &fb->entries[i];

		for (const json *c = json_first(e->value); c; c = json_next(c)) {
			size_t others;

			if (is_unknown(e, c) && is_first(fb, e, json_key(c), &others))
				warn_key(fb, c, others, problems, mem);
		}
	}
}

static void hint_sites(const struct fbjson *fb, const struct fbjson_entry *e, struct problems *problems)
{
	if (!e->site && !e->target)
		problem_at(problems, PROBLEM_HINT, fb->config, e->value, JSON_AT_VALUE,
		           "if the project's default site has another id, name it with \"site\"",
		           "no site is named: \"%s\", called like the project, is taken for its default site", fb->project);
	if (e->site_count > 1)
		problem_at(problems, PROBLEM_HINT, fb->config, json_get(e->value, "target"), JSON_AT_VALUE, NULL,
		           "target \"%s\" has %zu sites in .firebaserc, which firebase refuses; slipway deploys to all of them",
		           e->target, e->site_count);
}

static bool is_directory(const struct project *p, const char *path)
{
	struct stat st;

	return fstatat(p->dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static void warn_i18n(const struct project *p, const struct fbjson_entry *e, struct problems *problems)
{
	const json *root = json_get(json_get(e->value, "i18n"), "root");
	const char *name = json_string(root), *path;

	if (!name || !e->dir || !is_directory(p, e->dir))
		return;
	path = arena_printf(&p->firebase->mem, "%s/%s", e->dir, name + strspn(name, "/"));
	if (!is_directory(p, path))
		problem_at(problems, PROBLEM_WARNING, p->firebase->config, root, JSON_AT_VALUE, NULL,
		           "there is no directory \"%s\"", path);
}

/* ---- the document ---- */
static void write_builds(struct fbjson_writing *t)
{
	const struct fbjson *fb = t->firebase;

	jw_key(t->w, "builds");
	jw_object(t->w);
	for (size_t i = 0; i < fb->build_count; i++) {
		jw_key(t->w, fb->builds[i].name);
		jw_object(t->w);
		fbjson_write_build(t, &fb->builds[i], NULL);
		jw_end(t->w);
	}
	jw_end(t->w);
}

static void write_host(struct fbjson_writing *t)
{
	const struct fbjson *fb = t->firebase;

	jw_key(t->w, "environments");
	jw_object(t->w);
	jw_key(t->w, form_name_of(fb->project, t->arena));
	jw_object(t->w);
	jw_end(t->w);
	jw_end(t->w);
	jw_key(t->w, "manifests");
	jw_object(t->w);
	jw_key(t->w, "hosting");
	jw_object(t->w);
	jw_kstr(t->w, "kind", "firebase");
	jw_kstr(t->w, "project", fb->project);
	jw_end(t->w);
	jw_end(t->w);
}

static void write_targets(struct fbjson_writing *t)
{
	const struct fbjson *fb = t->firebase;

	jw_key(t->w, "targets");
	jw_object(t->w);
	for (size_t i = 0; i < fb->entry_count; i++) {
		const struct fbjson_entry *e = &fb->entries[i];

		if (!fbjson_counts(e))
			continue;
		jw_key(t->w, e->name);
		jw_object(t->w);
		jw_kstr(t->w, "build", fb->builds[e->build].name);
		fbjson_write_site(t, e);
		fbjson_write_hosting(t, e);
		jw_end(t->w);
	}
	jw_end(t->w);
}

/* Messages about the made values name the places where the written ones stand. */
static void place_values(struct json_doc *d, const struct fbjson *fb)
{
	const json *builds = json_get(json_root(d), "builds"), *targets = json_get(json_root(d), "targets");

	json_made_from(d, json_root(d), fb->config, NULL);
	for (size_t i = 0; i < fb->build_count; i++) {
		const json *made = json_get(builds, fb->builds[i].name), *entry = fb->builds[i].first->value;

		json_made_from(d, made, fb->config, entry);
		json_made_from(d, json_get(made, "dir"), fb->config, json_get(entry, "public"));
	}
	for (size_t i = 0; i < fb->entry_count; i++) {
		const struct fbjson_entry *e = &fb->entries[i];
		const json *made = fbjson_counts(e) ? json_get(targets, e->name) : NULL;

		if (!made)
			continue;
		json_made_from(d, made, fb->config, e->value);
		json_made_from(d, json_get(made, "build"), fb->config, json_get(e->value, "public"));
		if (e->target)
			json_made_from(d, json_get(made, "site"), fb->config, json_get(e->value, "target"));
	}
}

static int make_document(struct project *p, struct problems *problems, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	struct jw w;
	struct fbjson_writing t = { .firebase = p->firebase, .w = &w, .arena = &p->mem, .problems = problems };
	struct json_doc *d = NULL;
	int rc;

	jw_init(&w, &text, 0);
	jw_object(&w);
	jw_kint(&w, "slipway", 1);
	write_builds(&t);
	write_host(&t);
	write_targets(&t);
	jw_end(&w);
	rc = json_parse(&d, p->config_name, text.buf, text.len, 0, f);
	strbuf_clear(&text);
	if (rc < 0)
		return -1;
	place_values(d, p->firebase);
	p->config = (struct part){ project_own_document(p, d), json_root(d) };
	return 0;
}

/* ---- hooks ---- */
static const char *resource_dir(const struct project *p, const struct fbjson_entry *e, struct arena *mem)
{
	const char *dir = e->dir;
	size_t n;

	if (!dir || dir[0] == '/')
		return dir;
	while (strncmp(dir, "./", 2) == 0)
		dir += 2 + strspn(dir + 2, "/");
	n = strlen(dir);
	while (n && dir[n - 1] == '/')
		n--;
	if (n == 0 || (n == 1 && dir[0] == '.'))
		return p->root;
	return arena_printf(mem, "%s/%.*s", p->root, (int)n, dir);
}

static void read_hooks(struct project *p)
{
	const struct fbjson *fb = p->firebase;

	p->hooks = arena_alloc(&p->mem, (fb->entry_count + 1) * sizeof *p->hooks);
	for (size_t i = 0; i < fb->entry_count; i++) {
		const struct fbjson_entry *e = &fb->entries[i];
		struct hook_def *h = &p->hooks[p->hook_count];

		if (!fbjson_counts(e))
			continue;
		h->target = e->name;
		h->resource_dir = resource_dir(p, e, &p->mem);
		h->before = fbjson_strings(e, "predeploy", &h->before_count, &p->mem);
		h->after = fbjson_strings(e, "postdeploy", &h->after_count, &p->mem);
		p->hook_count += h->before_count || h->after_count;
	}
}

int fbjson_project_read(struct project *p, const struct fbjson_request *rq, struct problems *problems,
                          struct fail *f)
{
	struct fbjson *fb = arena_alloc(&p->mem, sizeof *fb);

	p->firebase = fb;
	if (fbjson_read(fb, p->dirfd, p->root, p->config_name, rq, problems, f) < 0)
		return -1;
	add_wrong(fb, problems, &p->mem);
	warn_keys(fb, problems, &p->mem);
	for (size_t i = 0; i < fb->entry_count; i++) {
		if (!fbjson_counts(&fb->entries[i]))
			continue;
		hint_sites(fb, &fb->entries[i], problems);
		warn_i18n(p, &fb->entries[i], problems);
	}
	p->name = fb->project;
	read_hooks(p);
	return fb->build_count ? make_document(p, problems, f) : 0;
}
