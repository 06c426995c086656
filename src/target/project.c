#include "target/project.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "target/fbjson_project.h"
#include "target/keys.h"

#define PROJECT_FILE "slipway.json"
#define FIREBASE_FILE "firebase.json"

static const char builtin_text[] = "{ \"keep\": { \"last\": 10 }, \"durability\": \"switch\" }";

/* ---- finding it ---- */
static bool exists_in(const char *dir, const char *name)
{
	struct strbuf path = STRBUF_INIT;
	bool there;

	strbuf_addf(&path, "%s/%s", dir, name);
	there = access(path.buf, F_OK) == 0;
	strbuf_clear(&path);
	return there;
}

static int fail_no_project(const char *dir, struct fail *f)
{
	struct strbuf shown = STRBUF_INIT;

	strbuf_addescaped(&shown, dir, strlen(dir));
	fail_set(f, FAIL_MISSING, "no " PROJECT_FILE " (or " FIREBASE_FILE ") in %s or above it", shown.buf);
	strbuf_clear(&shown);
	return fail_hint(f, "slipway init writes a project here");
}

/* Fills p->root and p->config_name. */
static int find_project(struct project *p, const char *dir, struct fail *f)
{
	char *at = realpath(dir, NULL), *slash;

	if (!at)
		return fail_errno(f, errno, "cannot enter the directory");
	for (;;) {
		p->config_name = exists_in(at, PROJECT_FILE) ? PROJECT_FILE :
		                 exists_in(at, FIREBASE_FILE) ? FIREBASE_FILE : NULL;
		slash = strrchr(at, '/');
		if (p->config_name || !at[1])
			break;
		slash[slash == at] = '\0';
	}
	p->root = at;
	return p->config_name ? 0 : fail_no_project(dir, f);
}

static int use_named(struct project *p, const char *dir, const char *config, struct fail *f)
{
	struct strbuf path = STRBUF_INIT;
	char *real, *slash;

	if (config[0] != '/')
		strbuf_addf(&path, "%s/", dir);
	strbuf_addstr(&path, config);
	real = realpath(path.buf, NULL);
	strbuf_clear(&path);
	if (!real) {
		strbuf_addescaped(&path, config, strlen(config));
		fail_errno(f, errno, "cannot read %s", path.buf);
		strbuf_clear(&path);
		return -1;
	}
	slash = strrchr(real, '/');
	p->config_name = arena_strdup(&p->mem, slash + 1);
	p->root = xstrndup(real, slash == real ? 1 : (size_t)(slash - real));
	free(real);
	return 0;
}

/* ---- reading it ---- */
static void read_builds(struct project *p)
{
	const json *builds = json_get(p->config.value, "builds");

	if (json_type(builds) != JSON_OBJECT)
		return;
	p->builds = arena_alloc(&p->mem, (json_count(builds) + 1) * sizeof *p->builds);
	for (const json *c = json_first(builds); c; c = json_next(c)) {
		struct build_def *b = &p->builds[p->build_count];

		if (key_is_private(json_key(c)))
			continue;
		if (!json_string(json_get(c, "dir")) && !json_bool(json_get(c, "empty"), false))
			continue;
		b->name = json_key(c);
		b->as_firebase = p->firebase != NULL;
		b->dir = json_string(json_get(c, "dir"));
		b->command = json_string(json_get(c, "command"));
		b->ignore = strings_of(json_get(c, "ignore"), &b->ignore_count, &p->mem);
		b->include = strings_of(json_get(c, "include"), &b->include_count, &p->mem);
		b->allow_unsafe = strings_of(json_get(c, "allow_unsafe"), &b->allow_unsafe_count, &p->mem);
		p->build_count++;
	}
}

static void read_rollout(struct project *p)
{
	const json *rollout = json_get(p->config.value, "rollout"), *failures = json_get(rollout, "max_failures");
	const char *pause = json_string(json_get(rollout, "pause"));
	struct fail ignored = FAIL_INIT;
	int64_t n;

	p->rollout.waves = json_get(rollout, "waves");
	if (pause && clock_parse_duration(&p->rollout.pause_ms, pause, &ignored) < 0)
		p->rollout.pause_ms = 0;
	p->rollout.max_failures = json_string(failures);
	if (json_int(failures, &n))
		p->rollout.max_failures = arena_printf(&p->mem, "%lld", (long long)n);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : "project";
}

static void read_slipway(struct project *p, struct problems *problems)
{
	const struct json_doc *d = project_read_document(p, p->config_name, problems);
	const json *version = d ? json_get(json_root(d), "slipway") : NULL;
	int64_t n;

	p->name = base_name(p->root);
	if (!d)
		return;
	if (json_int(version, &n) && n > 1) {
		problem_at(problems, PROBLEM_ERROR, d, version, JSON_AT_VALUE, "use a newer slipway",
		           "this project is of format %lld; this slipway reads format 1", (long long)n);
		return;
	}
	p->config = (struct part){ d, json_root(d) };
	if (json_string(json_get(p->config.value, "name")))
		p->name = json_string(json_get(p->config.value, "name"));
}

static void read_parts(struct project *p, struct problems *problems)
{
	shape_check(&keys_project, p->config.doc, p->config.value, problems);
	read_builds(p);
	read_rollout(p);
	environments_read(p, problems);
	documents_read(p, problems);
	environments_settle(p, problems);
}

/* A document of another name may be either. */
static bool is_firebase(const struct project *p)
{
	struct json_doc *d = NULL;
	struct fail ignored = FAIL_INIT;
	bool is = strcmp(p->config_name, FIREBASE_FILE) == 0;

	if (is || strcmp(p->config_name, PROJECT_FILE) == 0)
		return is;
	if (json_load(&d, p->dirfd, p->config_name, "", JSON_COMMENTS | JSON_DUPLICATES_LAST_WINS, &ignored) == 0)
		is = json_get(json_root(d), "hosting") && !json_get(json_root(d), "slipway");
	json_doc_free(d);
	return is;
}

static int refuse_firebase(const struct fbjson_request *rq, struct fail *f)
{
	if (rq->only) {
		fail_set(f, FAIL_USAGE, "--only is for a " FIREBASE_FILE "; this project has a " PROJECT_FILE);
		return fail_hint(f, "name the targets: slipway COMMAND TARGET...");
	}
	if (rq->project) {
		fail_set(f, FAIL_USAGE, "-P is for a " FIREBASE_FILE "; this project has a " PROJECT_FILE);
		return fail_hint(f, "choose an environment with -e; \"project\" is in the host manifest or the environment");
	}
	return 0;
}

static int read_documents(struct project *p, const struct fbjson_request *rq, struct problems *problems,
                          struct fail *f)
{
	static const struct fbjson_request nothing = { .project = NULL };

	rq = rq ? rq : &nothing;
	if (!is_firebase(p)) {
		if (refuse_firebase(rq, f) < 0)
			return -1;
		read_slipway(p, problems);
	} else if (fbjson_project_read(p, rq, problems, f) < 0 && problems->errors == 0) {
		return -1;
	}
	if (p->config.value)
		read_parts(p, problems);
	return 0;
}

int project_open(struct project **out, const struct project_request *rq, struct problems *problems, struct fail *f)
{
	struct project *p = xcalloc(1, sizeof *p);

	*out = NULL;
	p->dirfd = -1;
	if (json_parse(&p->builtin, "built-in", builtin_text, strlen(builtin_text), 0, f) < 0 ||
	    (rq->config ? use_named(p, rq->dir, rq->config, f) : find_project(p, rq->dir, f)) < 0) {
		project_free(p);
		return -1;
	}
	p->dirfd = open(p->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dirfd < 0)
		fail_errno(f, errno, "cannot enter the project's directory");
	if (p->dirfd < 0 || read_documents(p, rq->firebase, problems, f) < 0) {
		project_free(p);
		return -1;
	}
	p->resolved = arena_alloc(&p->mem, (p->environment_count + 1) * sizeof *p->resolved);
	problems_sort(problems);
	*out = p;
	return problems_fail(problems, f);
}

int project_load(struct project **out, const char *dir, const char *config, struct problems *problems, struct fail *f)
{
	return project_open(out, &(struct project_request){ .dir = dir, .config = config }, problems, f);
}

void project_free(struct project *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->owned_count; i++)
		json_free(p->owned[i]);
	for (size_t i = 0; i < p->doc_count; i++)
		json_doc_free(p->docs[i]);
	json_doc_free(p->builtin);
	if (p->firebase)
		fbjson_clear(p->firebase);
	if (p->dirfd >= 0)
		(void)close(p->dirfd);
	free(p->owned);
	free(p->docs);
	free(p->hosts);
	free(p->targets);
	free(p->root);
	arena_clear(&p->mem);
	free(p);
}

/* ---- what it says ---- */
const char *project_root(const struct project *p)
{
	return p->root;
}

int project_dirfd(const struct project *p)
{
	return p->dirfd;
}

const char *project_name(const struct project *p)
{
	return p->name;
}

const char *project_config_name(const struct project *p)
{
	return p->config_name;
}

const char *project_firebase(const struct project *p)
{
	return p->firebase ? p->firebase->project : NULL;
}

const char *project_firebase_why(const struct project *p)
{
	return p->firebase ? p->firebase->why : NULL;
}

const struct hook_def *project_hooks(const struct project *p, size_t *count)
{
	*count = p->hook_count;
	return p->hooks;
}

const struct build_def *project_builds(const struct project *p, size_t *count)
{
	*count = p->build_count;
	return p->builds;
}

const struct environment *project_environments(const struct project *p, size_t *count)
{
	*count = p->environment_count;
	return p->environments;
}

const struct environment *project_environment(const struct project *p, const char *name)
{
	const struct environment_def *def = environment_def(p, name);

	return def ? &p->environments[def - p->environment_defs] : NULL;
}

const struct rollout *project_rollout(const struct project *p)
{
	return &p->rollout;
}

/* ---- for the other files of the room ---- */
const struct host_def *project_host(const struct project *p, const char *name)
{
	for (size_t i = 0; i < p->host_count; i++)
		if (strcmp(p->hosts[i].name, name) == 0)
			return &p->hosts[i];
	return NULL;
}

const json *project_own(struct project *p, json *value)
{
	p->owned = vec_grow(p->owned, &p->owned_cap, p->owned_count + 1, sizeof *p->owned);
	p->owned[p->owned_count++] = value;
	return value;
}

const char *const *strings_of(const json *v, size_t *count, struct arena *mem)
{
	const char **list;

	*count = 0;
	if (json_string(v)) {
		list = arena_alloc(mem, sizeof *list);
		list[(*count)++] = json_string(v);
		return list;
	}
	if (json_type(v) != JSON_ARRAY)
		return NULL;
	list = arena_alloc(mem, (json_count(v) + 1) * sizeof *list);
	for (const json *c = json_first(v); c; c = json_next(c))
		if (json_string(c))
			list[(*count)++] = json_string(c);
	return list;
}

const char *nearest_hint(const char *word, const char *const *names, size_t count, struct arena *mem)
{
	const char *near = utf8_nearest(word, names, count);
	struct strbuf all = STRBUF_INIT;
	const char *hint;

	if (near)
		return arena_printf(mem, "did you mean \"%s\"?", near);
	if (count == 0)
		return NULL;
	for (size_t i = 0; i < count && i < 8; i++)
		strbuf_addf(&all, "%s%s", i ? ", " : "", names[i]);
	hint = arena_printf(mem, "there %s: %s%s", count == 1 ? "is" : "are", all.buf, count > 8 ? ", ..." : "");
	strbuf_clear(&all);
	return hint;
}
