#include "routes.h"

#include <string.h>

#include "clone.h"
#include "files.h"
#include "peers.h"
#include "releases.h"
#include "token.h"
#include "versions.h"

static const struct route routes[] = {
	{ "POST", "/v1beta1/sites/*/versions/*:populateFiles", KIND_POPULATE, ROUTE_BODY, "", files_populate },
	{ "POST", "/upload/sites/*/versions/*/files/*", KIND_UPLOAD, ROUTE_RAW, "", files_upload },
	{ "GET", "/v1beta1/sites/*/channels/*", KIND_GET, 0, "", channels_get },
	{ "POST", "/v1beta1/sites/*/versions", KIND_CREATE, ROUTE_BODY, "", versions_create },
	{ "PATCH", "/v1beta1/sites/*/versions/*", KIND_FINALIZE, ROUTE_BODY, "updateMask update_mask", versions_patch },
	{ "POST", "/v1beta1/sites/*/channels/*/releases", KIND_RELEASE, ROUTE_BODY, "versionName", releases_create },
	{ "POST", "/v1beta1/sites/*/releases", KIND_RELEASE, ROUTE_BODY, "versionName", releases_create },
	{ "GET", "/v1beta1/sites/*/releases", KIND_LIST, 0, "pageSize pageToken", releases_list },
	{ "GET", "/v1beta1/sites/*/releases/*", KIND_GET, 0, "", releases_get },
	{ "GET", "/v1beta1/sites/*/channels/*/releases", KIND_LIST, 0, "pageSize pageToken", releases_list },
	{ "GET", "/v1beta1/sites/*/channels/*/releases/*", KIND_GET, 0, "", releases_get },
	{ "GET", "/v1beta1/sites/*/versions", KIND_LIST, 0, "pageSize pageToken filter", versions_list },
	{ "GET", "/v1beta1/sites/*/versions/*", KIND_GET, 0, "", versions_get },
	{ "DELETE", "/v1beta1/sites/*/versions/*", KIND_DELETE, 0, "", versions_delete },
	{ "GET", "/v1beta1/sites/*/versions/*/files", KIND_FILES, 0, "status pageSize pageToken", files_list },
	{ "POST", "/v1beta1/sites/*/versions:clone", KIND_CLONE, ROUTE_BODY, "", clone_begin },
	{ "GET", "/v1beta1/projects/*/operations/*", KIND_OPERATION, 0, "", clone_poll },
	{ "GET", "/v1beta1/sites/*/channels", KIND_LIST, 0, "pageSize pageToken", channels_list },
	{ "POST", "/v1beta1/sites/*/channels", KIND_CHANNEL, ROUTE_BODY, "channelId", channels_create },
	{ "PATCH", "/v1beta1/sites/*/channels/*", KIND_CHANNEL, ROUTE_BODY, "updateMask update_mask", channels_patch },
	{ "DELETE", "/v1beta1/sites/*/channels/*", KIND_CHANNEL, 0, "", channels_delete },
	{ "GET", "/v1beta1/sites", KIND_LIST, ROUTE_LONG, "pageSize pageToken", sites_list },
	{ "GET", "/v1beta1/sites/*", KIND_GET, ROUTE_LONG, "", sites_get },
	{ "POST", "/token", KIND_TOKEN, ROUTE_RAW | ROUTE_OPEN, "", token_exchange },
	{ "POST", "/oauth2/v4/token", KIND_TOKEN, ROUTE_RAW | ROUTE_OPEN, "", token_exchange },
	{ "POST", "/oauth2/v3/token", KIND_TOKEN, ROUTE_RAW | ROUTE_OPEN, "", token_refresh },
	{ "GET", "/v1beta1/projects/*", KIND_OTHER, 0, "", peers_project },
	{ "GET", "/v1/projects/*", KIND_OTHER, 0, "", peers_resource },
	{ "POST", "/v1/projects/*:testIamPermissions", KIND_OTHER, ROUTE_BODY, "", peers_permissions },
	{ "GET", "/admin/v2/projects/*/config", KIND_OTHER, 0, "", peers_domains },
	{ "PATCH", "/admin/v2/projects/*/config", KIND_OTHER, ROUTE_BODY, "updateMask", peers_domains },
	{ "GET", "/v1/projects/*/locations/*/functions", KIND_OTHER, 0, "filter pageSize pageToken", peers_functions },
	{ "GET", "/v2/projects/*/locations/*/functions", KIND_OTHER, 0, "filter pageSize pageToken", peers_functions },
	{ "GET", "/v1/projects/*/services/*", KIND_OTHER, 0, "", peers_service },
};

const char *kind_name(enum kind k)
{
	static const char *const names[KIND_COUNT] = {
		"other", "token", "create", "populate", "upload", "finalize", "release", "list", "files", "clone", "operation",
		"channel", "delete", "get",
	};

	return names[k];
}

/* One segment against one of the pattern. What "*" stands for goes into the call. */
static bool segment_fits(struct call *c, size_t *arg, const char *pattern, size_t plen, const char *text, size_t len)
{
	if (*pattern != '*' || !plen)
		return plen == len && memcmp(pattern, text, len) == 0;
	const char *verb = memchr(text, ':', len);
	size_t before = verb ? (size_t)(verb - text) : len;

	if (!before || plen - 1 != len - before || memcmp(pattern + 1, text + before, plen - 1) != 0)
		return false;
	c->args[*arg] = url_decode(c->mem, text, before, URL_PATH);
	return c->args[(*arg)++] != NULL;
}

static bool path_fits(struct call *c, const char *pattern, const char *path)
{
	size_t arg = 0;

	while (*pattern == '/' && *path == '/') {
		size_t plen = strcspn(++pattern, "/"), len = strcspn(++path, "/");
		if (!segment_fits(c, &arg, pattern, plen, path, len))
			return false;
		pattern += plen;
		path += len;
	}
	while (arg < CALL_ARGS)
		c->args[arg++] = NULL;
	return !*pattern && !*path;
}

/* "/v1beta1/projects/P/sites..." is looked up as "/v1beta1/sites...". */
static const char *without_project(struct call *c, const char *path)
{
	static const char root[] = "/v1beta1/projects/";
	size_t root_len = sizeof root - 1, len;

	if (strncmp(path, root, root_len) != 0)
		return path;
	len = strcspn(path + root_len, "/");
	const char *rest = path + root_len + len;
	if (!len || strncmp(rest, "/sites", 6) != 0 || (rest[6] && rest[6] != '/'))
		return path;
	c->project_name = url_decode(c->mem, path + root_len, len, URL_PATH);
	return arena_printf(c->mem, "/v1beta1%s", rest);
}

const struct route *route_find(struct call *c)
{
	const char *path = without_project(c, c->request->path);

	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		const struct route *r = &routes[i];
		if (strcmp(r->method, c->request->method) != 0 || ((r->flags & ROUTE_LONG) && !c->project_name))
			continue;
		if (path_fits(c, r->path, path))
			return c->route = r;
	}
	return NULL;
}
