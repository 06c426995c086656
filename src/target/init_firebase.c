/* init from firebase.json and .firebaserc: what is served today, by the reading that a firebase.json project is
 * deployed with. What was written but has no effect on that is kept under "x-was-ignored", so that nobody loses it. */
#include "target/draft.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "target/fbjson.h"
#include "target/shape.h"
#include "target/vars.h"

struct drafting {
	struct draft *draft;
	const struct init_request *request;
	struct fbjson fb;
	struct fbjson_writing to;     /* its w: the document at hand */
	/* Entry whose hosting keys all others repeat: they go into the host manifest. */
	const struct fbjson_entry *shared;
	const char **commands;          /* beside fb.builds; NULL = none */
};

static void note(struct drafting *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct drafting *r, const char *fmt, ...)
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

/* ---- what the reader should know ---- */
static void note_problems(struct drafting *r, const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct document_problem *p = &problems->items[i];
		const char *at = p->line ? arena_printf(&r->fb.mem, ":%u:%u", p->line, p->column) : "";

		note(r, "%s%s: %s%s%s", p->file, at, p->text, p->hint ? ": " : "", p->hint ? p->hint : "");
	}
}

static void note_entries(struct drafting *r)
{
	struct fbjson *fb = &r->fb;

	note(r, "for project %s (%s)", fb->project, fb->why);
	for (size_t i = 0; i < fb->entry_count; i++) {
		const struct fbjson_entry *e = &fb->entries[i];

		if (e->wrong)
			note(r, "%s %s: it was left out", fbjson_entry_words(fb, e, &fb->mem), e->wrong);
		else if (!e->target && !e->site)
			note(r, "%s: firebase asks for the project's default site; it is taken to be called like the project",
			     e->name);
		else if (e->site_count > 1)
			note(r, "%s: .firebaserc gives it several sites, which firebase refuses; slipway deploys them all",
			     e->name);
	}
}

/* Dot files and node_modules are content for firebase where no rule hides them; in our projects they never are. */
static void note_dot_files(struct drafting *r)
{
	for (size_t i = 0; i < r->fb.build_count; i++) {
		size_t count, k = 0;
		const char *const *ignore = fbjson_strings(r->fb.builds[i].first, "ignore", &count, &r->fb.mem);

		while (k < count && strcmp(ignore[k], "**/.*") != 0)
			k++;
		if (k == count && r->fb.builds[i].first->dir)
			note(r, "build %s: firebase deploys its dot files; in a slipway.json project only those are deployed "
			        "that \"include\" names", r->fb.builds[i].name);
	}
}

/* ---- predeploy, as the build's command ---- */
static bool needs_hook_variables(const char *command)
{
	return strstr(command, "GCLOUD_PROJECT") || strstr(command, "PROJECT_DIR") || strstr(command, "RESOURCE_DIR") ||
	       strchr(command, '#') || strchr(command, '\n');
}

/* Each is run by a shell of its own, so that what one does to its shell is not seen by the next. */
static const char *joined(struct drafting *r, const struct fbjson_entry *e)
{
	size_t count;
	const char *const *list = fbjson_strings(e, "predeploy", &count, &r->fb.mem), *text = NULL;

	for (size_t i = 0; i < count; i++) {
		if (needs_hook_variables(list[i]))
			return NULL;
		text = count == 1 ? list[i] : arena_printf(&r->fb.mem, "%s%s(%s)", text ? text : "", text ? " && " : "",
		                                           list[i]);
	}
	return text;
}

/* Only where all entries of a build agree. */
static void find_commands(struct drafting *r)
{
	const struct fbjson *fb = &r->fb;

	r->commands = arena_alloc(&r->fb.mem, (fb->build_count + 1) * sizeof *r->commands);
	for (size_t i = 0; i < fb->build_count; i++) {
		const json *first = json_get(fb->builds[i].first->value, "predeploy");

		r->commands[i] = joined(r, fb->builds[i].first);
		for (size_t k = 0; r->commands[i] && k < fb->entry_count; k++) {
			const json *other = json_get(fb->entries[k].value, "predeploy");

			if (fbjson_counts(&fb->entries[k]) && fb->entries[k].build == i && !(other && json_equal(first, other)))
				r->commands[i] = NULL;
		}
		if (r->commands[i])
			note(r, "\"predeploy\" is the command of build %s: slipway deploy --build-first runs it",
			     fb->builds[i].name);
	}
}

/* ---- what has no effect ---- */
static bool is_kept(const struct drafting *r, const struct fbjson_entry *e, const json *member)
{
	static const char *const words[] = { "public", "site", "target", "ignore", "allow_unsafe" };
	const char *key = json_key(member);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], key) == 0)
			return true;
	if (strcmp(key, "predeploy") == 0)
		return r->commands[e->build] != NULL;
	return fbjson_writes(&r->to, member) || (fbjson_is_hosting_key(key) && json_type(member) == JSON_NULL);
}

static void note_ignored(struct drafting *r, const struct fbjson_entry *e, const json *member)
{
	const char *key = json_key(member), *lost = fbjson_lost_keys(member, &r->fb.mem);
	const char *why = "has no effect on what firebase serves";

	if (strcmp(key, "hosting") == 0 && *lost)
		why = arena_printf(&r->fb.mem, "inside the entry has no effect on what firebase serves, so its %s never "
		                               "applied: move up what is meant", lost);
	else if (fbjson_is_hosting_key(key))
		why = "does not fit slipway's documents: write it anew by hand";
	else if (strcmp(key, "predeploy") == 0 || strcmp(key, "postdeploy") == 0)
		why = "is a hook: run it before or after slipway";
	note(r, "%s: \"%s\" %s; it is kept under \"x-was-ignored\"", e->name, key, why);
}

static void write_ignored(struct drafting *r, const struct fbjson_entry *e)
{
	bool any = false;

	for (const json *c = json_first(e->value); c; c = json_next(c)) {
		if (is_kept(r, e, c))
			continue;
		if (!any) {
			jw_key(r->to.w, "x-was-ignored");
			jw_object(r->to.w);
		}
		any = true;
		jw_key(r->to.w, json_key(c));
		jw_json(r->to.w, c);
		note_ignored(r, e, c);
	}
	if (any)
		jw_end(r->to.w);
}

/* ---- the documents ---- */
static void write_target(struct drafting *r, const struct fbjson_entry *e)
{
	struct jw w;

	r->to.w = &w;
	draft_begin(r->draft, &w, arena_printf(&r->draft->mem, "targets/%s.json", e->name));
	jw_kstr(&w, "host", "hosting");
	if (r->fb.build_count > 1)
		jw_kstr(&w, "build", r->fb.builds[e->build].name);
	fbjson_write_site(&r->to, e);
	if (!r->shared)
		fbjson_write_hosting(&r->to, e);
	write_ignored(r, e);
	draft_end(&w);
	r->to.w = NULL;
}

static void write_project(struct drafting *r, const char *name)
{
	struct jw w;

	r->to.w = &w;
	draft_begin(r->draft, &w, "slipway.json");
	jw_kint(&w, "slipway", 1);
	jw_kstr(&w, "name", name);
	jw_key(&w, "builds");
	jw_object(&w);
	for (size_t i = 0; i < r->fb.build_count; i++) {
		jw_key(&w, r->fb.builds[i].name);
		jw_object(&w);
		fbjson_write_build(&r->to, &r->fb.builds[i], r->fb.build_count == 1 ? r->request->dist : NULL);
		if (r->commands[i])
			jw_kstr(&w, "command", vars_literal(r->commands[i], &r->fb.mem));
		jw_end(&w);
	}
	jw_end(&w);
	draft_end(&w);
	r->to.w = NULL;
}

static void write_documents(struct drafting *r, const char *name)
{
	struct jw w;

	r->to = (struct fbjson_writing){ .firebase = &r->fb, .w = &w, .arena = &r->fb.mem, .to_keep = true };
	draft_begin(r->draft, &w, "manifests/hosting.json");
	jw_kstr(&w, "kind", "firebase");
	jw_kstr(&w, "project", vars_literal(r->fb.project, &r->fb.mem));
	if (r->shared)
		fbjson_write_hosting(&r->to, r->shared);
	draft_end(&w);
	for (size_t i = 0; i < r->fb.entry_count; i++)
		if (fbjson_counts(&r->fb.entries[i]))
			write_target(r, &r->fb.entries[i]);
	write_project(r, name);
}

static void find_shared(struct drafting *r)
{
	const struct fbjson *fb = &r->fb;

	r->shared = fb->builds[0].first;
	for (size_t i = 0; i < fb->entry_count && r->shared; i++)
		if (fbjson_counts(&fb->entries[i]) && !fbjson_same_hosting(r->shared, &fb->entries[i]))
			r->shared = NULL;
}

static int read_firebase(struct drafting *r, int dirfd, struct fail *f)
{
	const struct fbjson_request *asked = r->request->firebase;
	const struct fbjson_request rq = { .project = asked ? asked->project : NULL,
	                                     .store = asked ? asked->store : NULL };
	struct problems problems = PROBLEMS_INIT;
	char *root = realpath(r->request->dir, NULL);
	int rc = fbjson_read(&r->fb, dirfd, root ? root : "/", "firebase.json", &rq, &problems, f);

	if (rc == 0)
		note_problems(r, &problems);
	problems_clear(&problems);
	free(root);
	return rc;
}

int draft_from_firebase(struct draft *d, int dirfd, const struct init_request *rq, const char *name, struct fail *f)
{
	struct drafting r = { .draft = d, .request = rq };
	int rc;

	if (rq->target_count)
		return fail_set(f, FAIL_USAGE, "targets come from firebase.json here; name none");
	rc = read_firebase(&r, dirfd, f);
	if (rc == 0 && r.fb.build_count == 0)
		rc = fail_set(f, FAIL_CONFIG, "firebase.json: no entry of hosting can be deployed%s%s",
		              r.fb.entry_count == 1 ? ": it " : "", r.fb.entry_count == 1 ? r.fb.entries[0].wrong : "");
	if (rc == 0) {
		note_entries(&r);
		note_dot_files(&r);
		find_shared(&r);
		find_commands(&r);
		write_documents(&r, name);
	}
	fbjson_clear(&r.fb);
	return rc;
}
