#include "target/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "target/keys.h"
#include "target/layers.h"

const struct target_def *target_def_of(const struct project *p, const char *name)
{
	for (size_t i = 0; i < p->target_count; i++)
		if (strcmp(p->targets[i].name, name) == 0)
			return &p->targets[i];
	return NULL;
}

bool setting_part(const struct target *t, const char *key, struct part *out)
{
	const struct layer *l = layers_origin(t->layers, t->layer_count, &key, 1, &out->value);

	out->doc = l ? l->doc : NULL;
	return l && strcmp(l->label, "built-in") != 0;
}

/* ---- the host, which decides what the other layers are ---- */
static const struct host_def *host_of(struct project *p, const struct target_def *t, const char *environment,
                                      struct problems *problems)
{
	const struct environment_def *env = environment_def(p, environment);
	struct layer *layers = arena_alloc(&p->mem, LAYERS_ROOM(env ? env->chain_count : 0) * sizeof *layers);
	const char *key = "host";
	const json *v = NULL;
	const struct layer *l = layers_origin(layers, layers_of(layers, p, t, environment, NULL), &key, 1, &v);
	const struct host_def *h;
	const char **names;

	if (!l && p->host_count == 1)
		return &p->hosts[0];
	if (!l) {
		problem_at(problems, PROBLEM_ERROR, t->part.doc, t->part.value, JSON_AT_VALUE,
		           p->host_count ? "name it with \"host\"" : "write a host manifest, or run slipway init",
		           "target \"%s\" %s", t->name,
		           p->host_count ? "does not say which host it is on" : "has no host: there are no host manifests");
		return NULL;
	}
	if (!json_string(v))
		return NULL;
	h = project_host(p, json_string(v));
	if (h)
		return h;
	names = arena_alloc(&p->mem, (p->host_count + 1) * sizeof *names);
	for (size_t i = 0; i < p->host_count; i++)
		names[i] = p->hosts[i].name;
	problem_at(problems, PROBLEM_ERROR, l->doc, v, JSON_AT_VALUE,
	           nearest_hint(json_string(v), names, p->host_count, &p->mem),
	           "there is no host manifest \"%s\"", json_string(v));
	return NULL;
}

/* ---- the parts of a target ---- */
static const char *build_of(struct project *p, const struct target_def *def, const struct target *t,
                            struct problems *problems)
{
	const char *name = json_string(target_value(t, "build"));
	const char **names = arena_alloc(&p->mem, (p->build_count + 1) * sizeof *names);
	struct part at;

	if (!name && p->build_count == 1)
		return p->builds[0].name;
	for (size_t i = 0; i < p->build_count; i++) {
		names[i] = p->builds[i].name;
		if (name && strcmp(names[i], name) == 0)
			return names[i];
	}
	if (!name && p->build_count)
		problem_at(problems, PROBLEM_ERROR, def->part.doc, def->part.value, JSON_AT_VALUE, "name it with \"build\"",
		           "target \"%s\" does not say which build it gets", def->name);
	else if (name && setting_part(t, "build", &at))
		problem_at(problems, PROBLEM_ERROR, at.doc, at.value, JSON_AT_VALUE,
		           nearest_hint(name, names, p->build_count, &p->mem), "there is no build \"%s\"", name);
	return "";
}

static bool is_directory(const struct project *p, const char *path)
{
	struct stat st;

	return fstatat(p->dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static void add_overlay(struct project *p, struct target *t, const char **list, const char *name)
{
	const char *path = arena_printf(&p->mem, "%s/%s", p->overlays_dir, name);

	for (size_t i = 0; i < t->overlay_count; i++)
		if (strcmp(list[i], path) == 0)
			return;
	if (is_directory(p, path))
		list[t->overlay_count++] = path;
}

static void find_overlays(struct project *p, struct target *t, struct problems *problems)
{
	size_t named;
	const char *const *names = strings_of(target_value(t, "overlays"), &named, &p->mem);
	const char **list = arena_alloc(&p->mem, (named + 2) * sizeof *list);
	struct part at;

	t->overlays = list;
	if (p->firebase)
		return;
	if (t->environment)
		add_overlay(p, t, list, t->environment);
	for (size_t i = 0; i < named; i++) {
		size_t before = t->overlay_count;

		add_overlay(p, t, list, names[i]);
		if (t->overlay_count == before && setting_part(t, "overlays", &at) &&
		    !is_directory(p, arena_printf(&p->mem, "%s/%s", p->overlays_dir, names[i])))
			problem_at(problems, PROBLEM_ERROR, at.doc, at.value, JSON_AT_VALUE, NULL,
			           "there is no directory \"%s/%s\"",
			           p->overlays_dir, names[i]);
	}
	add_overlay(p, t, list, t->name);
	if (environment_def(p, t->name) && is_directory(p, arena_printf(&p->mem, "%s/%s", p->overlays_dir, t->name)))
		problem_add(problems, PROBLEM_ERROR, t->file, 0, 0, "rename the target or the environment",
		            "target \"%s\" is called like an environment, so the overlay \"%s/%s\" could be meant for either",
		            t->name, p->overlays_dir, t->name);
}

static const char *expanded(struct project *p, const struct target *t, const char *text)
{
	struct fail ignored = FAIL_INIT;        /* settings_check reports it, with its place */
	const char *out = NULL;

	return text && target_expand(t, text, &out, &p->mem, &ignored) == 0 ? out : text;
}

static void read_render(struct project *p, struct target *t)
{
	const json *rules = target_value(t, "render");
	size_t room = json_type(rules) == JSON_ARRAY ? json_count(rules) : 0;

	t->render = arena_alloc(&p->mem, (room + 1) * sizeof *t->render);
	for (const json *c = room ? json_first(rules) : NULL; c; c = json_next(c)) {
		struct render_rule *r = &t->render[t->render_count];
		const char *path = json_string(c) ? json_string(c) : json_string(json_get(c, "path"));
		const char *open = json_string(json_get(c, "open")), *close = json_string(json_get(c, "close"));

		if (!path)
			continue;
		*r = (struct render_rule){ .path = expanded(p, t, path),
		                           .from = expanded(p, t, json_string(json_get(c, "from"))),
		                           .open = open && *open ? open : "{{", .close = close && *close ? close : "}}" };
		t->render_count++;
	}
}

static void name_places(struct project *p, struct target *t)
{
	const json *site = target_value(t, "site");
	size_t room = json_type(site) == JSON_ARRAY ? json_count(site) : 0;
	const char **places = arena_alloc(&p->mem, (room + 1) * sizeof *places);

	t->places = places;
	if (!room)
		places[t->place_count++] = t->name;
	for (const json *c = room ? json_first(site) : NULL; c; c = json_next(c))
		if (json_string(c))
			places[t->place_count++] = arena_printf(&p->mem, "%s/%s", t->name, expanded(p, t, json_string(c)));
}

static bool resolve_target(struct project *p, const struct target_def *def, const char *environment, struct target *t,
                           struct problems *problems)
{
	const struct host_def *host = host_of(p, def, environment, problems);
	const struct environment_def *env = environment_def(p, environment);
	struct layer *layers = arena_alloc(&p->mem, LAYERS_ROOM(env ? env->chain_count : 0) * sizeof *layers);
	struct var_set vars;

	if (!host || !host->kind)
		return false;
	*t = (struct target){ .name = def->name, .environment = environment, .host = host->name, .kind = host->kind,
	                      .file = def->file, .layers = layers };
	t->layer_count = layers_of(layers, p, def, environment, host);
	t->settings = layers_merge(p, layers, t->layer_count, keys_kind_bit(host->kind), &t->setting_count);
	vars_gather(&vars, p, layers, t->layer_count, def->name, environment, problems);
	t->vars = vars.items;
	t->var_count = vars.count;
	t->tags = strings_of(target_value(t, "tags"), &t->tag_count, &p->mem);
	t->build = build_of(p, def, t, problems);
	find_overlays(p, t, problems);
	read_render(p, t);
	name_places(p, t);
	settings_check(p, def, t, problems);
	return true;
}

static void resolve_environment(struct project *p, size_t index, struct problems *problems)
{
	struct resolved *r = &p->resolved[index];
	const char *environment = p->environment_count ? p->environments[index].name : NULL;

	if (r->done)
		return;
	r->done = true;
	r->list.items = arena_alloc(&p->mem, (p->target_count + 1) * sizeof *r->list.items);
	for (size_t i = 0; i < p->target_count; i++)
		if (target_def_in(p, &p->targets[i], environment) &&
		    resolve_target(p, &p->targets[i], environment, &r->list.items[r->list.count], problems))
			r->list.count++;
}

static void check_build_globs(struct project *p, const json *build, struct problems *problems)
{
	static const char *const keys[] = { "ignore", "include", "allow_unsafe" };

	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
		for (const json *v = json_first(json_get(build, keys[k])); v; v = json_next(v))
			if (json_string(v))
				glob_check(p, p->config.doc, v, json_string(v), problems);
}

static void check_builds(struct project *p, struct problems *problems)
{
	const json *builds = json_get(p->config.value, "builds");

	for (size_t i = 0; i < p->build_count; i++) {
		const json *build = json_get(builds, p->builds[i].name), *dir = json_get(build, "dir");

		check_build_globs(p, build, problems);
		for (size_t e = 0; e < (p->environment_count ? p->environment_count : 1); e++) {
			const char *environment = p->environment_count ? p->environments[e].name : NULL, *out;
			struct fail f = FAIL_INIT;

			if (!p->builds[i].dir || (environment && p->environments[e].abstract))
				continue;
			if (project_expand(p, environment, p->builds[i].dir, &out, &p->mem, &f) < 0)
				problem_at(problems, PROBLEM_ERROR, p->config.doc, dir, JSON_AT_VALUE,
				           "a build's directory knows the variables of defaults and environments only", "%s", f.text);
		}
	}
}

int project_resolve(struct project *p, const char *environment, struct target_list *out, struct problems *problems,
                    struct fail *f)
{
	const struct environment_def *def = environment_def(p, environment);
	size_t chosen = def ? (size_t)(def - p->environment_defs) : 0;

	*out = (struct target_list){ NULL, 0 };
	if (!p->config.value)
		return problems_fail(problems, f) < 0 ? -1 : fail_set(f, FAIL_CONFIG, "the project could not be read");
	if (!p->cross_checked) {
		p->cross_checked = true;
		for (size_t i = 0; i < p->environment_count; i++)
			if (!p->environments[i].abstract)
				resolve_environment(p, i, problems);
		if (p->environment_count == 0)
			resolve_environment(p, 0, problems);
		check_builds(p, problems);
		places_check(p, problems);
		hints_add(p, problems);
		problems_sort(problems);
	}
	if (p->environment_count && !def)
		return problems_fail(problems, f) < 0 ? -1 : fail_set(f, FAIL_CONFIG, "no environment is chosen");
	*out = p->resolved[chosen].list;
	return problems_fail(problems, f);
}

int project_expand(struct project *p, const char *environment, const char *text, const char **out, struct arena *mem,
                   struct fail *f)
{
	const struct environment_def *env = environment_def(p, environment);
	struct layer *layers = xcalloc(LAYERS_ROOM(env ? env->chain_count : 0), sizeof *layers);
	struct strbuf text_out = STRBUF_INIT;
	struct var_set vars;
	int rc;

	vars_gather(&vars, p, layers, layers_of(layers, p, NULL, environment, NULL), NULL, environment, NULL);
	rc = vars_expand(&vars, text, &text_out, f);
	if (rc == 0)
		*out = arena_strndup(mem, text_out.buf, text_out.len);
	strbuf_clear(&text_out);
	free(layers);
	return rc;
}
