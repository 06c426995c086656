#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "wire.h"

static const struct version *live_version(const struct channel *ch)
{
	return ch->release ? ch->release->version : NULL;
}

static void write_channel_state(struct call *c, const struct channel *ch)
{
	const struct version *v = live_version(ch);
	struct jw *w = &c->w;

	jw_key(w, ch->id);
	jw_object(w);
	jw_kstr(w, "version", v ? v->id : NULL);
	jw_kbool(w, "disabled", ch->release && !v);
	if (v) {
		write_raw(w, "labels", v->labels);
		jw_kint(w, "fileCount", (int64_t)v->live_files);
	}
	jw_end(w);
}

static void write_site_state(struct call *c, struct site *s)
{
	struct jw *w = &c->w;

	site_expire(s);
	jw_key(w, s->id);
	jw_object(w);
	jw_kstr(w, "project", s->project->id);
	jw_key(w, "channels");
	jw_object(w);
	for (size_t i = 0; i < s->channel_count; i++)
		write_channel_state(c, s->channels[i]);
	jw_end(w);
	jw_key(w, "versions");
	jw_object(w);
	for (size_t i = 0; i < s->version_count; i++)
		jw_kstr(w, s->versions[i]->id, version_status_name(s->versions[i]->status));
	jw_end(w);
	jw_kint(w, "releases", (int64_t)s->release_count);
	jw_kint(w, "contents", (int64_t)s->known.count);
	jw_end(w);
}

int state_all(struct call *c)
{
	jw_object(&c->w);
	jw_key(&c->w, "sites");
	jw_object(&c->w);
	for (size_t p = 0; p < c->world->project_count; p++)
		for (size_t i = 0; i < c->world->projects[p]->site_count; i++)
			write_site_state(c, c->world->projects[p]->sites[i]);
	jw_end(&c->w);
	jw_end(&c->w);
	return 0;
}

/* The channel that is asked about ("live" unless said otherwise); NULL after refusing. */
static struct channel *channel_of(struct call *c, const char *site, const char *channel)
{
	struct channel *ch;

	c->site = site ? world_site(c->world, site) : NULL;
	ch = c->site ? site_channel(c->site, channel ? channel : "live") : NULL;
	if (!ch)
		refuse(c, NOT_FOUND, "There is no such site or channel");
	return ch;
}

static void write_files(struct call *c, struct file **files, size_t count, bool raw)
{
	jw_key(&c->w, raw ? "contents" : "files");
	jw_object(&c->w);
	for (size_t i = 0; i < count; i++)
		jw_kstr(&c->w, files[i]->path, raw ? files[i]->content->sha256 : files[i]->content->hash);
	jw_end(&c->w);
}

int state_site(struct call *c)
{
	const struct channel *ch = channel_of(c, c->args[0], params_get(&c->query, "channel"));
	const struct version *v;
	struct file **files = NULL;
	size_t count = 0;

	if (!ch)
		return -1;
	v = live_version(ch);
	jw_object(&c->w);
	jw_kstr(&c->w, "version", v ? v->id : NULL);
	write_raw(&c->w, "labels", v ? v->labels : "{}");
	write_raw(&c->w, "config", v ? v->config : "{}");
	if (ch->release) {
		jw_key(&c->w, "release");
		write_release(c, c->site, ch->release);
		jw_kstr(&c->w, "message", ch->release->message);
	}
	if (v)
		files = version_sorted(v, c->mem, &count);
	write_files(c, files, count, false);
	write_files(c, files, count, true);
	jw_end(&c->w);
	return 0;
}

static int export_file(int dir, const struct file *file, struct fail *f)
{
	const char *path = file->path + 1, *slash = strrchr(path, '/');
	struct strbuf bytes = STRBUF_INIT;
	char parent[4096];
	int rc = 0;

	if (slash && (size_t)(slash - path) < sizeof parent) {
		memcpy(parent, path, (size_t)(slash - path));
		parent[slash - path] = '\0';
		rc = file_mkdirs(dir, parent, 0755, f);
	}
	content_inflate(file->content, &bytes);
	if (rc == 0)
		rc = file_replace(dir, path, bytes.buf, bytes.len, 0, f);
	strbuf_clear(&bytes);
	return rc;
}

static int export_to(struct call *c, const char *path, struct file **files, size_t count)
{
	struct fail f = FAIL_INIT;
	int rc = file_mkdirs(AT_FDCWD, path, 0755, &f);
	int dir = rc == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (rc == 0 && dir < 0)
		rc = fail_errno(&f, errno, "%s", path);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = export_file(dir, files[i], &f);
	if (dir >= 0)
		close(dir);
	return rc < 0 ? refuse(c, INTERNAL, "%s", f.text) : 0;
}

int state_export(struct call *c)
{
	const char *path = json_string(json_get(c->body, "dir"));
	const struct channel *ch = channel_of(c, json_string(json_get(c->body, "site")),
					      json_string(json_get(c->body, "channel")));
	struct file **files = NULL;
	size_t count = 0;

	if (!ch)
		return -1;
	if (!path || *path != '/')
		return refuse(c, INVALID_ARGUMENT, "An absolute dir is expected");
	if (live_version(ch))
		files = version_sorted(live_version(ch), c->mem, &count);
	if (export_to(c, path, files, count) < 0)
		return -1;
	jw_object(&c->w);
	jw_kint(&c->w, "files", (int64_t)count);
	jw_end(&c->w);
	return 0;
}
