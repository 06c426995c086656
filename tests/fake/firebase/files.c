#include "files.h"

#include <string.h>

#include "server.h"
#include "versions.h"
#include "wire.h"

enum { POPULATE_MAX = 10000 };

static bool is_hash(const char *text)
{
	return strlen(text) == SHA256_HEX - 1 && !text[strspn(text, "0123456789abcdef")];
}

/* "/a/b": no empty, "." or ".." parts. */
static bool is_path(const char *path)
{
	while (*path == '/') {
		size_t len = strcspn(++path, "/");
		if (!len || (len == 1 && *path == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += len;
	}
	return !*path;
}

static int check_entry(struct call *c, const json *entry)
{
	const char *path = json_key(entry), *hash = json_string(entry);

	if (!is_path(path))
		return refuse(c, INVALID_ARGUMENT, "Invalid path \"%s\"", path);
	if (!hash || (*hash && !is_hash(hash)))
		return refuse(c, INVALID_ARGUMENT, "Invalid hash of \"%s\": 64 hexadecimal digits are expected", path);
	return 0;
}

/* list: what the call named, NULL for removed paths. */
static void write_populated(struct call *c, const struct version *v, struct content *const *list, size_t count)
{
	struct strmap asked = STRMAP_INIT;

	jw_object(&c->w);
	for (size_t i = 0; i < count; i++) {
		struct content *content = list[i];
		if (!content || site_knows(c->world, v->site, content) || strmap_set(&asked, content->hash, content))
			continue;
		if (asked.count == 1) {
			jw_key(&c->w, "uploadRequiredHashes");
			jw_array(&c->w);
		}
		jw_str(&c->w, content->hash);
	}
	if (asked.count)
		jw_end(&c->w);
	jw_kstr(&c->w, "uploadUrl", arena_printf(c->mem, "%s/upload/sites/%s/versions/%s/files", server_upload_base(c),
						 v->site->id, v->id));
	jw_end(&c->w);
	strmap_clear(&asked);
}

int files_populate(struct call *c)
{
	struct version *v = version_of(c);
	const json *files = json_get(c->body, "files");

	if (!v || check_keys(c, c->body, "populate_version_files_request", "files") < 0
	    || (files && check_keys(c, files, "files", NULL) < 0))
		return -1;
	if (v->status != VERSION_CREATED)
		return refuse(c, FAILED_PRECONDITION, "Version %s is %s", v->id, version_status_name(v->status));
	if (json_count(files) > POPULATE_MAX)
		return refuse(c, INVALID_ARGUMENT, "At most %d files can be given at once", POPULATE_MAX);
	for (const json *e = json_first(files); e; e = json_next(e))
		if (check_entry(c, e) < 0)
			return -1;
	struct content **named = arena_alloc(c->mem, json_count(files) * sizeof(struct content *));
	size_t count = 0;
	for (const json *e = json_first(files); e; e = json_next(e)) {
		const char *hash = json_string(e);
		named[count] = *hash ? world_content(c->world, hash) : NULL;
		version_set(v, &c->world->mem, world_path(c->world, json_key(e)), named[count++]);
	}
	write_populated(c, v, named, count);
	return 0;
}

int files_list(struct call *c)
{
	struct version *v = version_of(c);
	const char *status = params_get(&c->query, "status");
	size_t size, from, count, shown = 0;

	if (!v || read_page(c, 1000, 1000, &size, &from) < 0)
		return -1;
	if (status && !among("STATUS_UNSPECIFIED EXPECTED ACTIVE", status))
		return refuse(c, INVALID_ARGUMENT, "Invalid value at 'status', \"%s\"", status);
	bool expected = status && strcmp(status, "EXPECTED") == 0, all = !status || *status == 'S';
	struct file **files = version_sorted(v, c->mem, &count);
	jw_object(&c->w);
	for (size_t i = from; i < count; i++) {
		bool known = site_knows(c->world, v->site, files[i]->content);
		if (!all && known == expected)
			continue;
		if (shown == size) {
			jw_end(&c->w);
			write_page_token(c, i);
			break;
		}
		if (!shown++) {
			jw_key(&c->w, "files");
			jw_array(&c->w);
		}
		jw_object(&c->w);
		jw_kstr(&c->w, "path", files[i]->path);
		jw_kstr(&c->w, "hash", files[i]->content->hash);
		jw_kstr(&c->w, "status", known ? "ACTIVE" : "EXPECTED");
		jw_end(&c->w);
	}
	while (c->w.depth)
		jw_end(&c->w);
	return 0;
}

int files_upload(struct call *c)
{
	struct version *v = site_version(c->site, c->args[1]);
	const char *hash = c->args[2];

	if (!v)
		return refuse_upload(c, 404, "version not found");
	if (!is_hash(hash))
		return refuse_upload(c, 400, "invalid content hash");
	struct content *content = world_content(c->world, hash);
	if (v->status != VERSION_CREATED || !strmap_get(&v->named, hash))
		return refuse_upload(c, 400, "the version does not expect this content");
	if (strmap_get(&c->site->uploading, hash))
		return refuse_upload(c, 409, "another upload of this content is under way");
	switch (content_fill(content, c->request->body, c->request->body_len)) {
	case CONTENT_WRONG_HASH:
		return refuse_upload(c, 400, "content hash doesn't match content");
	case CONTENT_NOT_GZIP:
		return refuse_upload(c, 400, "content is not gzip");
	case CONTENT_GOOD:
		break;
	}
	site_learns(c->world, c->site, content);
	c->type = "text/plain; charset=utf-8";
	return 0;
}
