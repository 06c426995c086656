#include "wire.h"

#include <string.h>

#include "base/clock.h"
#include "server.h"

const char *wire_time(struct arena *a, int64_t us)
{
	char text[CLOCK_TEXT];

	clock_format(text, us / 1000000);
	return arena_printf(a, "%.*s.%06dZ", (int)strcspn(text, "Z"), text, (int)(us % 1000000));
}

void write_raw(struct jw *w, const char *key, const char *text)
{
	jw_key(w, key);
	strbuf_addstr(w->out, text);
	w->keyed = false;
	w->comma = true;
}

static void write_time(struct call *c, const char *key, int64_t us)
{
	if (us)
		jw_kstr(&c->w, key, wire_time(c->mem, us));
}

static void write_user(struct call *c, const char *key, const char *email)
{
	if (!email)
		return;
	jw_key(&c->w, key);
	jw_object(&c->w);
	jw_kstr(&c->w, "email", email);
	jw_end(&c->w);
}

const char *site_name(struct call *c, const struct site *s)
{
	if (!c->long_names)
		return arena_printf(c->mem, "sites/%s", s->id);
	return arena_printf(c->mem, "projects/%s/sites/%s", s->project->number, s->id);
}

const char *version_name(struct call *c, const struct version *v)
{
	return arena_printf(c->mem, "%s/versions/%s", site_name(c, v->site), v->id);
}

struct version *version_named(struct call *c, const char *name)
{
	const char *project = NULL;

	if (strncmp(name, "projects/", 9) == 0) {
		const char *rest = strchr(name + 9, '/');
		if (!rest)
			return NULL;
		project = arena_strndup(c->mem, name + 9, (size_t)(rest - name - 9));
		name = rest + 1;
	}
	const char *id = strstr(name, "/versions/");
	if (strncmp(name, "sites/", 6) != 0 || !id)
		return NULL;
	struct site *s = world_site(c->world, arena_strndup(c->mem, name + 6, (size_t)(id - name - 6)));
	if (!s || (project && strcmp(project, "-") != 0 && world_project(c->world, project) != s->project))
		return NULL;
	return site_version(s, id + 10);
}

void write_site(struct call *c, const struct site *s)
{
	struct jw *w = &c->w;

	jw_object(w);
	jw_kstr(w, "name", arena_printf(c->mem, "projects/%s/sites/%s", s->project->id, s->id));
	jw_kstr(w, "defaultUrl", server_site_url(c->server, c->mem, s->id));
	jw_kstr(w, "type", s == s->project->sites[0] ? "DEFAULT_SITE" : "USER_SITE");
	jw_end(w);
}

void write_version(struct call *c, const struct version *v)
{
	struct jw *w = &c->w;

	jw_object(w);
	jw_kstr(w, "name", version_name(c, v));
	jw_kstr(w, "status", version_status_name(v->status));
	write_raw(w, "config", v->config);
	if (strcmp(v->labels, "{}") != 0)
		write_raw(w, "labels", v->labels);
	write_time(c, "createTime", v->create_us);
	write_user(c, "createUser", v->create_user);
	write_time(c, "finalizeTime", v->finalize_us);
	write_user(c, "finalizeUser", v->finalize_user);
	write_time(c, "deleteTime", v->delete_us);
	write_user(c, "deleteUser", v->delete_user);
	if (v->live_files)
		jw_kstr(w, "fileCount", arena_printf(c->mem, "%zu", v->live_files));
	if (v->bytes)
		jw_kstr(w, "versionBytes", arena_printf(c->mem, "%llu", (unsigned long long)v->bytes));
	jw_end(w);
}

void write_release(struct call *c, const struct site *s, const struct release *r)
{
	static const char *const types[] = {
		[RELEASE_DEPLOY] = "DEPLOY", [RELEASE_ROLLBACK] = "ROLLBACK", [RELEASE_SITE_DISABLE] = "SITE_DISABLE",
	};
	struct jw *w = &c->w;

	jw_object(w);
	jw_kstr(w, "name", arena_printf(c->mem, "%s/channels/%s/releases/%lld", site_name(c, s), r->channel,
					(long long)r->id));
	if (r->version) {
		jw_key(w, "version");
		write_version(c, r->version);
	}
	jw_kstr(w, "type", types[r->type]);
	write_time(c, "releaseTime", r->id);
	write_user(c, "releaseUser", r->user);
	if (*r->message)
		jw_kstr(w, "message", r->message);
	jw_end(w);
}

void write_channel(struct call *c, const struct site *s, const struct channel *ch)
{
	struct jw *w = &c->w;
	bool live = ch == s->channels[0];
	const char *label = live ? s->id : arena_printf(c->mem, "%s--%s-%s", s->id, ch->id, ch->suffix);

	jw_object(w);
	jw_kstr(w, "name", arena_printf(c->mem, "%s/channels/%s", site_name(c, s), ch->id));
	jw_kstr(w, "url", server_site_url(c->server, c->mem, label));
	if (ch->release) {
		jw_key(w, "release");
		write_release(c, s, ch->release);
	}
	write_time(c, "createTime", ch->create_us);
	write_time(c, "updateTime", ch->update_us);
	jw_kint(w, "retainedReleaseCount", 10);
	write_time(c, "expireTime", ch->expire_us);
	jw_end(w);
}
