#include "deploy/builds.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "deploy/build_command.h"

struct reading {                        /* one directory with one set of rules */
	const char *key;                /* both, as text */
	const char *name, *dir;         /* name: of the build; NULL = an overlay. dir: NULL = without files */
	struct build_rules rules;
	struct build build;
	bool open;                      /* build_read was called */
};

/* At most so long between two looks for signals. */
#define TURN_MS 100

struct dist { const char *name, *dir; };

struct builds {
	struct context *c;
	struct reading **items;
	size_t count, cap;
	struct dist *dist;              /* what --dist says */
	size_t dist_count;
	struct build *listed;           /* copies for reports, in the context's memory */
	size_t listed_count;
	struct reading **of;            /* per target of the context: its build */
	atomic_bool cancel;
	struct builds *older;           /* read before, by the same context */
};

/* ---- what to read ---- */

static const struct build_def *def_of(const struct project *p, const char *name)
{
	size_t count;
	const struct build_def *defs = project_builds(p, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(defs[i].name, name) == 0)
			return &defs[i];
	return NULL;
}

/* The only build of the targets, or NULL when they use several. */
static const char *only_build(const struct context *c)
{
	for (size_t i = 1; i < c->target_count; i++)
		if (strcmp(c->targets[i]->build, c->targets[0]->build) != 0)
			return NULL;
	return c->target_count ? c->targets[0]->build : NULL;
}

static int parse_dist(struct dist *out, const struct context *c, const char *text, struct arena *mem, struct fail *f)
{
	const char *equals = strchr(text, '='), *only = only_build(c);

	if (equals) {
		const char *name = arena_strndup(mem, text, (size_t)(equals - text));
		if (def_of(c->project, name)) {
			*out = (struct dist){ .name = name, .dir = equals + 1 };
			return *out->dir ? 0 : fail_set(f, FAIL_USAGE, "--dist %s= names no directory", name);
		}
		if (!only || !strchr(name, '/'))
			return fail_set(f, FAIL_USAGE, "--dist %s: the project has no build %s", text, name);
	}
	if (!only) {
		fail_set(f, FAIL_USAGE, "--dist %s does not say for which build: the targets use several", text);
		return fail_hint(f, "name it: --dist NAME=DIR");
	}
	*out = (struct dist){ .name = only, .dir = text };
	return *text ? 0 : fail_set(f, FAIL_USAGE, "--dist names no directory");
}

int builds_new(struct builds **out, struct context *c, const char *const *dist, size_t dist_count, struct fail *f)
{
	struct builds *b = xcalloc(1, sizeof *b);

	b->c = c;
	b->dist = arena_alloc(&c->mem, (dist_count + 1) * sizeof *b->dist);
	b->of = arena_alloc(&c->mem, (c->target_count + 1) * sizeof(struct reading *));
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < dist_count; i++) {
		rc = parse_dist(&b->dist[i], c, dist[i], &c->mem, f);
		for (size_t k = 0; rc == 0 && k < i; k++)
			if (strcmp(b->dist[k].name, b->dist[i].name) == 0)
				rc = fail_set(f, FAIL_USAGE, "--dist names build %s twice", b->dist[i].name);
		b->dist_count = i + 1;
	}
	if (rc == 0)
		*out = b;
	else
		builds_free(b);
	return rc;
}

/* Messages show paths as the user would type them: the root stays away where it is the process's own directory. */
static const char *below_root(const struct context *c, const char *dir, struct arena *mem)
{
	char *here = *dir == '/' ? NULL : getcwd(NULL, 0);
	bool same = here && strcmp(here, project_root(c->project)) == 0;

	free(here);
	return *dir == '/' || same ? dir : arena_printf(mem, "%s/%s", project_root(c->project), dir);
}

/* NULL: a build without files. */
static int dir_of(const char **out, const struct builds *b, const struct build_def *def, struct fail *f)
{
	struct context *c = b->c;
	const char *env = c->env.environment ? c->env.environment->name : NULL;

	for (size_t i = 0; i < b->dist_count; i++) {
		if (strcmp(b->dist[i].name, def->name) == 0) {
			*out = b->dist[i].dir;
			return 0;
		}
	}
	*out = NULL;
	if (!def->dir)
		return 0;
	if (project_expand(c->project, env, def->dir, out, &c->mem, f) < 0)
		return fail_wrap(f, "build %s", def->name);
	*out = below_root(c, *out, &c->mem);
	return 0;
}

static const char *const *concat(const char *const *a, size_t a_count, const struct target *t, const char *key,
				 size_t *count, struct arena *mem)
{
	size_t n = 0;
	const char *const *more = target_strings(t, key, &n, mem);
	const char **all = arena_alloc(mem, (a_count + n + 1) * sizeof *all);

	for (size_t i = 0; i < a_count; i++)
		all[i] = a[i];
	for (size_t i = 0; i < n; i++)
		all[a_count + i] = more[i];
	*count = a_count + n;
	return all;
}

static struct build_rules rules_for(const struct build_def *def, const struct target *t, struct arena *mem)
{
	struct build_rules r = { .htaccess = strcmp(t->kind, "dir") == 0 || strcmp(t->kind, "ssh") == 0,
				 .as_firebase = def->as_firebase };

	r.ignore = concat(def->ignore, def->ignore_count, t, "ignore", &r.ignore_count, mem);
	r.include = concat(def->include, def->include_count, t, "include", &r.include_count, mem);
	r.allow_unsafe = concat(def->allow_unsafe, def->allow_unsafe_count, t, "allow_unsafe", &r.allow_unsafe_count, mem);
	return r;
}

static void add_texts(struct strbuf *key, const char *const *texts, size_t count)
{
	strbuf_addf(key, "%zu:", count);
	for (size_t i = 0; i < count; i++)
		strbuf_addf(key, "%zu:%s", strlen(texts[i]), texts[i]);
}

static const char *key_of(const char *name, const char *dir, const struct build_rules *r, struct arena *mem)
{
	struct strbuf key = STRBUF_INIT;

	strbuf_addf(&key, "%d%d%s:%zu:%s", r->htaccess, r->as_firebase, name ? name : "", dir ? strlen(dir) : 0,
		    dir ? dir : "");
	add_texts(&key, r->ignore, r->ignore_count);
	add_texts(&key, r->include, r->include_count);
	add_texts(&key, r->allow_unsafe, r->allow_unsafe_count);
	char *text = arena_strndup(mem, key.buf, key.len);
	strbuf_clear(&key);
	return text;
}

static struct reading *find_reading(const struct builds *b, const char *key)
{
	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->items[i]->key, key) == 0)
			return b->items[i];
	return NULL;
}

static struct reading *want_reading(struct builds *b, const char *name, const char *dir, const struct build_rules *r)
{
	const char *key = key_of(name, dir, r, &b->c->mem);
	struct reading *it = find_reading(b, key);

	if (it)
		return it;
	it = xcalloc(1, sizeof *it);
	it->key = key;
	it->name = name;
	it->dir = dir;
	it->rules = *r;
	b->items = vec_grow(b->items, &b->cap, b->count + 1, sizeof(struct reading *));
	b->items[b->count++] = it;
	return it;
}

static int want_for(struct builds *b, size_t at, struct fail *f)
{
	struct context *c = b->c;
	const struct target *t = c->targets[at];
	const struct build_def *def = def_of(c->project, t->build);
	const char *dir;

	if (!def)
		return fail_set(f, FAIL_CONFIG, "%s: the project has no build %s", t->name, t->build);
	if (dir_of(&dir, b, def, f) < 0)
		return -1;
	struct build_rules rules = rules_for(def, t, &c->mem);
	b->of[at] = want_reading(b, def->name, dir, &rules);
	for (size_t i = 0; i < t->overlay_count; i++)
		want_reading(b, NULL, below_root(c, t->overlays[i], &c->mem), &rules);
	return 0;
}

/* ---- reading ---- */

static void wait(void *arg)
{
	struct builds *b = arg;

	loop_turn(b->c->loop, TURN_MS);
	b->c->reporter->tick(b->c->reporter);
	if (loop_signals(b->c->loop, NULL) > 0)
		atomic_store(&b->cancel, true);
}

static void tell(const struct builds *b, const struct build *it)
{
	struct strbuf detail = STRBUF_INIT;
	char id[SHA256_HEX];
	struct jw w;

	hex_encode(id, it->tree.id, SHA256_SIZE);
	jw_init(&w, &detail, 0);
	jw_object(&w);
	jw_kstr(&w, "name", it->name);
	jw_kstr(&w, "id", id);
	jw_kint(&w, "files", (int64_t)it->tree.count);
	jw_kint(&w, "bytes", (int64_t)it->tree.bytes);
	jw_kint(&w, "hashed", (int64_t)it->hashed_files);
	jw_end(&w);
	b->c->reporter->event(b->c->reporter, "build.read", NULL, detail.buf);
	strbuf_clear(&detail);
}

static bool has_problem(const struct build *b, const struct problem *p)
{
	for (size_t i = 0; i < b->problem_count; i++)
		if (strcmp(b->problems[i].path, p->path) == 0 && strcmp(b->problems[i].rule, p->rule) == 0)
			return true;
	return false;
}

/* Targets with rules of their own read the same directory again. */
static bool is_told(const struct builds *b, const struct reading *it, const struct problem *p)
{
	for (size_t i = 0; i < b->count && b->items[i] != it; i++)
		if (b->items[i]->dir && strcmp(b->items[i]->dir, it->dir) == 0 && has_problem(&b->items[i]->build, p))
			return true;
	return false;
}

/* The failure has room for the first; all of them are to be mended at once. */
static void tell_problems(const struct builds *b, const struct reading *it)
{
	const struct build *read = &it->build;
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; read->problem_count > 1 && i < read->problem_count; i++) {
		const struct problem *p = &read->problems[i];
		if (is_told(b, it, p))
			continue;
		strbuf_setlen(&text, 0);
		strbuf_addf(&text, "%s: %s", p->path, p->rule);
		b->c->reporter->problem(b->c->reporter, text.buf);
	}
	strbuf_clear(&text);
}

static int read_one(struct builds *b, struct reading *it, struct fail *f)
{
	struct build_request rq = {
		.name = it->name ? it->name : it->dir, .dir = it->dir, .rules = &it->rules, .index = b->c->index,
		.pool = loop_pool(b->c->loop), .cancel = &b->cancel, .wait = wait, .wait_arg = b,
	};

	it->open = true;
	if (!it->dir) {
		build_none(&it->build, it->name);
		tell(b, &it->build);
		return 0;
	}
	if (build_read(&it->build, &rq, f) < 0) {
		/* A build that is not there is the user's configuration, not a target's trouble. */
		if (f->kind == FAIL_MISSING)
			f->kind = FAIL_CONFIG;
		tell_problems(b, it);
		fail_wrap(f, "%s %s", it->name ? "build" : "overlay", rq.name);
		return fail_stage(f, "build");
	}
	if (it->name)
		tell(b, &it->build);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct build *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->dir, y->dir);
}

static void list_builds(struct builds *b)
{
	b->listed = arena_alloc(&b->c->mem, (b->count + 1) * sizeof *b->listed);
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i]->name && b->items[i]->open)
			b->listed[b->listed_count++] = b->items[i]->build;
	if (b->listed_count)
		qsort(b->listed, b->listed_count, sizeof *b->listed, by_name);
}

int builds_read(struct builds *b, struct fail *f)
{
	int rc = 0;

	for (size_t i = 0; i < b->c->target_count; i++)
		if (want_for(b, i, f) < 0)
			return -1;
	for (size_t i = 0; i < b->count; i++) {
		struct fail why = FAIL_INIT;
		if (read_one(b, b->items[i], &why) == 0)
			continue;
		if (rc == 0 || why.kind == FAIL_CANCELLED)
			*f = why;
		rc = -1;
		if (why.kind == FAIL_CANCELLED)
			break;
	}
	list_builds(b);
	return rc;
}

const struct build *builds_of(const struct builds *b, const struct target *t)
{
	for (size_t i = 0; i < b->c->target_count; i++)
		if (b->c->targets[i] == t)
			return &b->of[i]->build;
	return NULL;
}

const struct build *builds_overlay(const struct builds *b, const struct target *t, const char *dir)
{
	const struct build_def *def = def_of(b->c->project, t->build);
	struct build_rules rules = rules_for(def, t, &b->c->mem);
	const char *key = key_of(NULL, below_root(b->c, dir, &b->c->mem), &rules, &b->c->mem);
	struct reading *it = find_reading(b, key);

	return it ? &it->build : NULL;
}

const struct build *builds_list(const struct builds *b, size_t *count)
{
	*count = b->listed_count;
	return b->listed;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

const char *builds_ids(const struct builds *b, const uint8_t (**ids)[SHA256_SIZE], size_t *count)
{
	uint8_t (*all)[SHA256_SIZE] = arena_alloc(&b->c->mem, (b->listed_count + 1) * SHA256_SIZE);
	struct strbuf text = STRBUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < b->listed_count; i++)
		memcpy(all[i], b->listed[i].tree.id, SHA256_SIZE);
	qsort(all, b->listed_count, SHA256_SIZE, by_bytes);
	for (size_t i = 0; i < b->listed_count; i++)
		if (n == 0 || memcmp(all[n - 1], all[i], SHA256_SIZE) != 0)
			memmove(all[n++], all[i], SHA256_SIZE);
	for (size_t i = 0; i < n; i++) {
		strbuf_addstr(&text, i ? "," : "");
		strbuf_addhex(&text, all[i], SHA256_SIZE);
	}
	const char *copy = arena_strdup(&b->c->mem, text.buf);
	strbuf_clear(&text);
	*ids = (const uint8_t (*)[SHA256_SIZE])all;
	*count = n;
	return copy;
}

/* ---- the commands ---- */

int builds_command(struct builds *b, struct fail *f)
{
	struct context *c = b->c;
	const char *env = c->env.environment ? c->env.environment->name : NULL;
	size_t count;
	const struct build_def *defs = project_builds(c->project, &count);

	for (size_t i = 0; i < count; i++) {
		bool used = false;
		const char *command;
		for (size_t k = 0; k < c->target_count; k++)
			used = used || strcmp(c->targets[k]->build, defs[i].name) == 0;
		if (!used || !defs[i].command)
			continue;
		if (project_expand(c->project, env, defs[i].command, &command, &c->mem, f) < 0)
			return fail_wrap(f, "build %s: command", defs[i].name);
		if (build_command(c, defs[i].name, command, f) < 0)
			return -1;
	}
	return 0;
}

void builds_free(struct builds *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i]->open)
			build_shut(&b->items[i]->build);
	b->older = b->c->builds;
	b->c->builds = b;
}

void builds_forget(struct context *c)
{
	struct builds *older;

	for (struct builds *b = c->builds; b; b = older) {
		older = b->older;
		for (size_t i = 0; i < b->count; i++) {
			if (b->items[i]->open)
				build_close(&b->items[i]->build);
			free(b->items[i]);
		}
		free(b->items);
		free(b);
	}
	c->builds = NULL;
}
