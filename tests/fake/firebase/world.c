#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

void world_init(struct world *w, enum content_scope scope)
{
	*w = (struct world){ .mem = ARENA_INIT, .scope = scope };
}

static void site_clear(struct site *s)
{
	for (size_t i = 0; i < s->version_count; i++)
		version_clear(s->versions[i]);
	strmap_clear(&s->known);
	strmap_clear(&s->version_by_id);
	strmap_clear(&s->uploading);
	free(s->channels);
	free(s->versions);
	free(s->releases);
}

static void project_clear(struct project *p)
{
	for (size_t i = 0; i < p->site_count; i++)
		site_clear(p->sites[i]);
	strmap_clear(&p->known);
	free(p->sites);
}

void world_clear(struct world *w)
{
	for (size_t i = 0; i < w->project_count; i++)
		project_clear(w->projects[i]);
	for (size_t i = 0; i < w->content_count; i++)
		content_clear(w->contents[i]);
	free(w->contents);
	free(w->projects);
	strmap_clear(&w->project_by_name);
	strmap_clear(&w->site_by_id);
	strmap_clear(&w->content_by_hash);
	strmap_clear(&w->known);
	strmap_clear(&w->operations);
	strmap_clear(&w->paths);
	arena_clear(&w->mem);
}

int64_t world_now_us(struct world *w)
{
	int64_t now = clock_wall_ns() / 1000;

	w->last_us = now > w->last_us ? now : w->last_us + 1;
	return w->last_us;
}

struct project *world_project(const struct world *w, const char *name)
{
	return strmap_get(&w->project_by_name, name);
}

struct project *world_add_project(struct world *w, const char *id)
{
	struct project *p = world_project(w, id);

	if (p)
		return p;
	p = arena_alloc(&w->mem, sizeof *p);
	p->id = arena_strdup(&w->mem, id);
	p->number = arena_printf(&w->mem, "%llu", 100000000001ULL + w->project_count);
	w->projects = vec_grow(w->projects, &w->project_cap, w->project_count + 1, sizeof(struct project *));
	w->projects[w->project_count++] = p;
	strmap_set(&w->project_by_name, p->id, p);
	strmap_set(&w->project_by_name, p->number, p);
	return p;
}

struct site *world_site(const struct world *w, const char *id)
{
	return strmap_get(&w->site_by_id, id);
}

struct site *world_add_site(struct world *w, struct project *p, const char *id)
{
	struct site *s = world_site(w, id);

	if (s)
		return s->project == p ? s : NULL;
	s = arena_alloc(&w->mem, sizeof *s);
	s->project = p;
	s->id = arena_strdup(&w->mem, id);
	p->sites = vec_grow(p->sites, &p->site_cap, p->site_count + 1, sizeof(struct site *));
	p->sites[p->site_count++] = s;
	strmap_set(&w->site_by_id, s->id, s);
	world_add_channel(w, s, "live");
	return s;
}

void world_random_hex(char *out, size_t digits)
{
	unsigned char bytes[32];

	if (getrandom(bytes, digits / 2, 0) != (ssize_t)(digits / 2))
		abort();
	hex_encode(out, bytes, digits / 2);
}

/* Channels and releases. */

struct channel *world_add_channel(struct world *w, struct site *s, const char *id)
{
	struct channel *c = arena_alloc(&w->mem, sizeof *c);
	char suffix[9];

	world_random_hex(suffix, 8);
	c->id = arena_strdup(&w->mem, id);
	c->suffix = arena_strdup(&w->mem, suffix);
	c->create_us = c->update_us = world_now_us(w);
	s->channels = vec_grow(s->channels, &s->channel_cap, s->channel_count + 1, sizeof(struct channel *));
	s->channels[s->channel_count++] = c;
	return c;
}

void site_drop_channel(struct site *s, struct channel *c)
{
	for (size_t i = 0; i < s->channel_count; i++)
		if (s->channels[i] == c) {
			s->channel_count--;
			memmove(s->channels + i, s->channels + i + 1, (s->channel_count - i) * sizeof(struct channel *));
			return;
		}
}

void site_expire(struct site *s)
{
	int64_t now = clock_wall_ns() / 1000;

	for (size_t i = s->channel_count; i-- > 1;)
		if (s->channels[i]->expire_us && s->channels[i]->expire_us <= now)
			site_drop_channel(s, s->channels[i]);
}

struct channel *site_channel(struct site *s, const char *id)
{
	site_expire(s);
	for (size_t i = 0; i < s->channel_count; i++)
		if (strcmp(s->channels[i]->id, id) == 0)
			return s->channels[i];
	return NULL;
}

static bool was_released(const struct site *s, const struct channel *c, const struct version *v)
{
	for (size_t i = 0; i < s->release_count; i++)
		if (s->releases[i]->version == v && strcmp(s->releases[i]->channel, c->id) == 0)
			return true;
	return false;
}

struct release *world_add_release(struct world *w, struct site *s, struct channel *c, struct version *v,
				  const char *message, const char *user)
{
	struct release *r = arena_alloc(&w->mem, sizeof *r);

	r->id = world_now_us(w);
	r->channel = c->id;
	r->version = v;
	r->type = !v ? RELEASE_SITE_DISABLE : was_released(s, c, v) ? RELEASE_ROLLBACK : RELEASE_DEPLOY;
	r->message = arena_strdup(&w->mem, message);
	r->user = arena_strdup(&w->mem, user);
	s->releases = vec_grow(s->releases, &s->release_cap, s->release_count + 1, sizeof(struct release *));
	s->releases[s->release_count++] = r;
	c->release = r;
	c->update_us = r->id;
	return r;
}

/* Versions and content. */

struct version *world_add_version(struct world *w, struct site *s, enum version_status status, const char *user)
{
	struct version *v = arena_alloc(&w->mem, sizeof *v);

	v->site = s;
	world_random_hex(v->id, sizeof v->id - 1);
	v->status = status;
	v->config = v->labels = "{}";
	v->create_us = world_now_us(w);
	v->create_user = arena_strdup(&w->mem, user);
	s->versions = vec_grow(s->versions, &s->version_cap, s->version_count + 1, sizeof(struct version *));
	s->versions[s->version_count++] = v;
	strmap_set(&s->version_by_id, v->id, v);
	return v;
}

struct version *site_version(const struct site *s, const char *id)
{
	return strmap_get(&s->version_by_id, id);
}

const char *world_path(struct world *w, const char *path)
{
	char *kept = strmap_get(&w->paths, path);

	if (!kept) {
		kept = arena_strdup(&w->mem, path);
		strmap_set(&w->paths, kept, kept);
	}
	return kept;
}

struct content *world_content(struct world *w, const char *hash)
{
	struct content *c = strmap_get(&w->content_by_hash, hash);

	if (c)
		return c;
	c = arena_alloc(&w->mem, sizeof *c);
	memcpy(c->hash, hash, sizeof c->hash);
	w->contents = vec_grow(w->contents, &w->content_cap, w->content_count + 1, sizeof(struct content *));
	w->contents[w->content_count++] = c;
	strmap_set(&w->content_by_hash, c->hash, c);
	return c;
}

static struct strmap *scope_of(struct world *w, struct site *s)
{
	return w->scope == SCOPE_SITE ? &s->known : w->scope == SCOPE_PROJECT ? &s->project->known : &w->known;
}

bool site_knows(struct world *w, struct site *s, const struct content *c)
{
	return strmap_get(scope_of(w, s), c->hash) != NULL;
}

void site_learns(struct world *w, struct site *s, struct content *c)
{
	strmap_set(scope_of(w, s), c->hash, c);
}

bool operation_settle(struct operation *o)
{
	struct version *v = o->version;

	if (clock_mono_ns() < o->due_ns)
		return false;
	if (v->status != VERSION_CLONING)
		return true;
	v->status = VERSION_CREATED;
	if (o->finalize)
		version_finalize(v, clock_wall_ns() / 1000, v->create_user);
	return true;
}
