#include "clone.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pattern.h"
#include "server.h"
#include "wire.h"

/* include or exclude: {"regexes":[...]}. */
struct filter {
	struct pattern *list;
	size_t count;
	bool given, include;
};

static void filter_clear(struct filter *f)
{
	for (size_t i = 0; i < f->count; i++)
		pattern_clear(&f->list[i]);
}

static int filter_read(struct call *c, struct filter *f, const char *key)
{
	const json *one = json_get(c->body, key), *list = json_get(one, "regexes");

	if (!one)
		return 0;
	if (check_keys(c, one, key, "regexes") < 0)
		return -1;
	if (f->given)
		return refuse(c, INVALID_ARGUMENT, "Only one of include and exclude can be given");
	f->given = true;
	f->include = strcmp(key, "include") == 0;
	f->list = arena_alloc(c->mem, json_count(list) * sizeof *f->list);
	for (const json *v = json_first(list); v; v = json_next(v))
		if (!json_string(v) || !pattern_init(&f->list[f->count], json_string(v)))
			return refuse(c, INVALID_ARGUMENT, "Invalid regular expression in %s", key);
		else
			f->count++;
	return 0;
}

static bool filter_takes(const struct filter *f, const char *path)
{
	regmatch_t groups[PATTERN_GROUPS];

	for (size_t i = 0; i < f->count; i++)
		if (pattern_find(&f->list[i], path, groups))
			return f->include;
	return !f->include;
}

static void write_operation(struct call *c, struct operation *o)
{
	struct version *v = o->version;
	bool done = operation_settle(o);

	jw_object(&c->w);
	jw_kstr(&c->w, "name", arena_printf(c->mem, "projects/%s/operations/%s", o->project->number, o->id));
	if (done) {
		jw_kbool(&c->w, "done", true);
		jw_key(&c->w, "response");
		jw_object(&c->w);
		jw_kstr(&c->w, "@type", "type.googleapis.com/google.firebase.hosting.v1beta1.Version");
		jw_kstr(&c->w, "name", arena_printf(c->mem, "sites/%s/versions/%s", v->site->id, v->id));
		jw_kstr(&c->w, "status", version_status_name(v->status));
		write_raw(&c->w, "config", v->config);
		jw_end(&c->w);
	}
	jw_end(&c->w);
}

static struct operation *copy(struct call *c, const struct version *from, const struct filter *f)
{
	struct operation *o = arena_alloc(&c->world->mem, sizeof *o);
	struct version *v = world_add_version(c->world, c->site, VERSION_CLONING, c->user);
	char id[17];

	v->config = from->config;
	for (size_t i = 0; i < from->file_count; i++) {
		const struct file *file = from->files[i];
		if (!file->content || !filter_takes(f, file->path))
			continue;
		version_set(v, &c->world->mem, file->path, file->content);
		site_learns(c->world, c->site, file->content);
	}
	world_random_hex(id, 16);
	o->id = arena_strdup(&c->world->mem, id);
	o->project = c->site->project;
	o->version = v;
	o->finalize = json_bool(json_get(c->body, "finalize"), false);
	o->due_ns = clock_mono_ns() + c->server->faults.clone_ms * 1000000;
	strmap_set(&c->world->operations, o->id, o);
	return o;
}

static int begin(struct call *c, struct filter *f)
{
	const char *name = json_string(json_get(c->body, "sourceVersion"));
	const json *finalize = json_get(c->body, "finalize");

	if (check_keys(c, c->body, "clone_version_request", "sourceVersion finalize include exclude") < 0
	    || filter_read(c, f, "include") < 0 || filter_read(c, f, "exclude") < 0)
		return -1;
	if (!name || (finalize && json_type(finalize) != JSON_BOOL))
		return refuse(c, INVALID_ARGUMENT, "Invalid value at 'clone_version_request'");
	struct version *from = version_named(c, name);
	if (!from)
		return refuse(c, NOT_FOUND, "Requested entity was not found.");
	if (from->site->project != c->site->project && !c->server->options->allow_foreign_clone)
		return refuse(c, PERMISSION_DENIED, "The caller does not have permission to clone from another project");
	if (from->status != VERSION_FINALIZED)
		return refuse(c, FAILED_PRECONDITION, "Version %s is %s", from->id, version_status_name(from->status));
	write_operation(c, copy(c, from, f));
	return 0;
}

int clone_begin(struct call *c)
{
	struct filter f = { 0 };
	int rc = begin(c, &f);

	filter_clear(&f);
	return rc;
}

int clone_poll(struct call *c)
{
	struct operation *o = strmap_get(&c->world->operations, c->args[1]);

	if (!o || o->project != world_project(c->world, c->args[0]))
		return refuse(c, NOT_FOUND, "Requested entity was not found.");
	write_operation(c, o);
	return 0;
}
