/* The order in which a Firebase project is found: see fbjson.h. */
#include "target/fbjson.h"

#include <fcntl.h>
#include <string.h>

#include "base/strbuf.h"

static const char lower[] = "abcdefghijklmnopqrstuvwxyz", digits[] = "0123456789";

/* "project" or "domain:project", as the client takes it. */
static bool is_project_id(const char *text)
{
	const char *colon = strchr(text, ':');

	if (colon == text)
		return false;
	for (const char *p = colon ? colon + 1 : text; *p; p++)
		if (!strchr(lower, *p) && !strchr(digits, *p) && *p != '-')
			return false;
	return colon ? colon[1] : *text;
}

static const json *aliases_of(const struct fbjson *fb)
{
	return fb->rc ? json_get(json_root(fb->rc), "projects") : NULL;
}

/* What `firebase use` chose for the directory or the nearest one above it. */
static const char *used_project(struct fbjson *fb, const char *root, const char *store)
{
	struct json_doc *d = NULL;
	struct fail ignored = FAIL_INIT;
	const char *found = NULL;
	char *at = arena_strdup(&fb->mem, root), *slash;

	if (!store || json_load(&d, AT_FDCWD, store, store, JSON_DUPLICATES_LAST_WINS, &ignored) < 0)
		return NULL;
	for (;;) {
		found = json_string(json_get(json_get(json_root(d), "activeProjects"), at));
		slash = strrchr(at, '/');
		if ((found && *found) || !slash || !at[1])
			break;
		slash[slash == at] = '\0';
	}
	found = found && *found ? arena_strdup(&fb->mem, found) : NULL;
	json_doc_free(d);
	return found;
}

/* A word that may be an alias. */
static void take(struct fbjson *fb, const char *word, const char *by)
{
	const char *aliased = json_string(json_get(aliases_of(fb), word));

	fb->project = aliased && *aliased ? aliased : word;
	fb->why = aliased && *aliased ? arena_printf(&fb->mem, "%s %s", by, word) : by;
}

static void take_from_rc(struct fbjson *fb)
{
	const json *aliases = aliases_of(fb), *only = json_count(aliases) == 1 ? json_first(aliases) : NULL;
	const char *id = json_string(only ? only : json_get(aliases, "default"));

	if (!id || !*id)
		return;
	fb->project = id;
	fb->why = only ? arena_printf(&fb->mem, "the only alias, %s", json_key(only)) : "alias default";
}

static int fail_none(struct fbjson *fb, struct problems *problems, struct fail *f)
{
	const json *aliases = aliases_of(fb);
	const char *names = "";

	for (const json *c = json_first(aliases); c && strlen(names) < 100; c = json_next(c))
		names = arena_printf(&fb->mem, "%s%s%s", names, *names ? ", " : "", json_key(c));
	if (*names)
		problem_add(problems, PROBLEM_ERROR, ".firebaserc", 0, 0, "choose one with -P, or call one \"default\"",
		            "which project? There is %s", names);
	else
		problem_add(problems, PROBLEM_ERROR, json_doc_name(fb->config), 0, 0,
		            "name it with -P, or write .firebaserc: { \"projects\": { \"default\": \"PROJECT-ID\" } }",
		            "nothing says to which project it belongs");
	return problems_fail(problems, f);
}

static int check_id(const struct fbjson *fb, struct fail *f)
{
	struct strbuf shown = STRBUF_INIT;

	if (is_project_id(fb->project) && fb->project[strspn(fb->project, digits)])
		return 0;
	strbuf_addescaped(&shown, fb->project, strlen(fb->project));
	fail_set(f, strncmp(fb->why, "-P", 2) == 0 ? FAIL_USAGE : FAIL_CONFIG,
	         is_project_id(fb->project) ? "\"%.100s\" (%.100s) is a project's number, not its id" :
	         "\"%.100s\" (%.100s) is neither an alias of .firebaserc nor a project's id", shown.buf, fb->why);
	strbuf_clear(&shown);
	return fail_hint(f, "the id has lower-case letters, digits and \"-\"; firebase projects:list shows it");
}

int fbjson_choose(struct fbjson *fb, const char *root, const struct fbjson_request *rq, struct problems *problems,
                    struct fail *f)
{
	const char *used = rq->project ? NULL : used_project(fb, root, rq->store);
	const char *old = json_string(json_get(json_root(fb->config), "firebase"));

	if (rq->project)
		take(fb, rq->project, "-P");
	else if (used)
		take(fb, used, "firebase use");
	else if (old && *old)
		take(fb, old, "\"firebase\" in firebase.json");
	else
		take_from_rc(fb);
	return fb->project ? check_id(fb, f) : fail_none(fb, problems, f);
}
