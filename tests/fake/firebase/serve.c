#include "serve.h"

#include <string.h>
#include <strings.h>

#include "api.h"
#include "rules.h"
#include "server.h"

static const char by_path[] = "/_site/", local_host[] = ".localhost";

/* One visitor's request. */
struct visit {
	struct call *call;
	const char *prefix;                 /* "/_site/SITE" or "" */
	const char *path;                   /* below it, decoded, begins with a slash */
	const struct channel *channel;
	const struct version *version;
	const struct rules *rules;
	struct strbuf headers;              /* of the answer, whole lines */
};

/* Where ".localhost" begins in a Host header; NULL when it is no site's. */
static const char *label_end(const char *host)
{
	const char *end = strcasestr(host, local_host);

	if (!end || end == host)
		return NULL;
	char after = end[sizeof local_host - 1];
	return !after || after == ':' ? end : NULL;
}

bool serve_wants(const struct call *c)
{
	return strncmp(c->request->path, by_path, sizeof by_path - 1) == 0 || label_end(http_header(c->request, "host"));
}

/* "SITE", "SITE--CHANNEL", "SITE--CHANNEL-SUFFIX". */
static void find_by_label(struct visit *v, const char *label, size_t len)
{
	struct call *c = v->call;
	char *name = arena_strndup(c->mem, label, len), *split = strstr(name, "--");

	c->site = world_site(c->world, name);
	if (!c->site && split) {
		*split = '\0';
		c->site = world_site(c->world, name);
	} else {
		split = NULL;
	}
	if (!c->site)
		return;
	v->channel = site_channel(c->site, split ? split + 2 : "live");
	for (size_t i = 0; split && !v->channel && i < c->site->channel_count; i++) {
		const struct channel *ch = c->site->channels[i];
		if (strcmp(split + 2, arena_printf(c->mem, "%s-%s", ch->id, ch->suffix)) == 0)
			v->channel = ch;
	}
}

/* "/_site/SITE@CHANNEL/path". */
static const char *find_by_path(struct visit *v)
{
	struct call *c = v->call;
	const char *name = c->request->path + sizeof by_path - 1, *rest = name + strcspn(name, "/");
	char *site = url_decode(c->mem, name, (size_t)(rest - name), URL_PATH);
	char *channel = site ? strchr(site, '@') : NULL;

	if (channel)
		*channel++ = '\0';
	c->site = site ? world_site(c->world, site) : NULL;
	if (c->site)
		v->channel = site_channel(c->site, channel ? channel : "live");
	v->prefix = arena_strndup(c->mem, c->request->path, (size_t)(rest - c->request->path));
	return rest;
}

static bool find_site(struct visit *v)
{
	struct call *c = v->call;
	const char *rest = c->request->path, *host = http_header(c->request, "host");

	v->prefix = "";
	if (strncmp(rest, by_path, sizeof by_path - 1) == 0)
		rest = find_by_path(v);
	else
		find_by_label(v, host, (size_t)(label_end(host) - host));
	v->path = url_decode(c->mem, rest, strlen(rest), URL_PATH);
	return v->path != NULL;
}

static int page(struct visit *v, int status, const char *text)
{
	v->call->status = status;
	v->call->type = "text/html; charset=utf-8";
	strbuf_addf(&v->call->out, "<!doctype html><title>%s</title><h1>%s</h1>\n", text, text);
	return status;
}

static void redirect(struct visit *v, int status, const char *location)
{
	bool inside = location[0] == '/' && location[1] != '/';

	strbuf_addf(&v->headers, "Location: %s%s\r\n", inside ? v->prefix : "", location);
	page(v, status, http_reason(status));
}

static const char *type_of(const char *path)
{
	static const char *const types[][2] = {
		{ "html", "text/html; charset=utf-8" }, { "htm", "text/html; charset=utf-8" },
		{ "css", "text/css; charset=utf-8" }, { "txt", "text/plain; charset=utf-8" },
		{ "js", "text/javascript; charset=utf-8" }, { "mjs", "text/javascript; charset=utf-8" },
		{ "json", "application/json" }, { "map", "application/json" },
		{ "webmanifest", "application/manifest+json" }, { "xml", "application/xml" }, { "pdf", "application/pdf" },
		{ "wasm", "application/wasm" }, { "svg", "image/svg+xml" }, { "png", "image/png" }, { "jpg", "image/jpeg" },
		{ "jpeg", "image/jpeg" }, { "gif", "image/gif" }, { "webp", "image/webp" }, { "avif", "image/avif" },
		{ "ico", "image/x-icon" }, { "woff", "font/woff" }, { "woff2", "font/woff2" }, { "ttf", "font/ttf" },
		{ "otf", "font/otf" }, { "mp4", "video/mp4" }, { "webm", "video/webm" }, { "mp3", "audio/mpeg" },
	};
	const char *name = strrchr(path, '/'), *dot = name ? strrchr(name, '.') : NULL;

	for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
		if (strcasecmp(dot + 1, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

static void send_file(struct visit *v, const char *path, int status)
{
	struct call *c = v->call;
	const struct content *content = version_at(v->version, path);
	const char *accepts = http_header(c->request, "accept-encoding"), *match = http_header(c->request, "if-none-match");
	bool gzip = accepts && strstr(accepts, "gzip");

	c->status = status;
	c->type = type_of(path);
	strbuf_addf(&v->headers, "ETag: \"%s\"\r\nVary: Accept-Encoding\r\n", content->hash);
	if (match && status == 200 && strstr(match, content->hash)) {
		c->status = 304;
		return;
	}
	if (gzip) {
		strbuf_addstr(&v->headers, "Content-Encoding: gzip\r\n");
		strbuf_add(&c->out, content->gz, content->gz_len);
	} else {
		content_inflate(content, &c->out);
	}
}

static bool has(const struct visit *v, const char *path)
{
	return version_at(v->version, path) != NULL;
}

/* A path without its trailing slash and with another end. */
static const char *with(struct visit *v, const char *end)
{
	size_t len = strlen(v->path);

	return arena_printf(v->call->mem, "%.*s%s", (int)(len - (v->path[len - 1] == '/')), v->path, end);
}

/* Serves a file or sends the visitor to its proper URL; false when the path names none. */
static bool try_files(struct visit *v)
{
	size_t len = strlen(v->path);
	bool slash = v->path[len - 1] == '/', root = len == 1;
	const char *page = with(v, ".html"), *index = with(v, "/index.html"), *bare = with(v, "");
	enum slash want = v->rules->slash;

	if (!slash && has(v, v->path)) {
		if (v->rules->clean_urls && len > 5 && strcmp(v->path + len - 5, ".html") == 0) {
			bool is_index = len >= 11 && strcmp(v->path + len - 11, "/index.html") == 0;
			size_t cut = is_index ? 10 : 5;
			redirect(v, 301, arena_strndup(v->call->mem, v->path, len - cut));
		} else {
			send_file(v, v->path, 200);
		}
		return true;
	}
	bool is_index = has(v, index), is_page = !root && v->rules->clean_urls && has(v, page);
	if (!is_index && !is_page)
		return false;
	if (!root && slash && (want == SLASH_REMOVE || (want == SLASH_AS_IS && !is_index)))
		redirect(v, 301, bare);
	else if (!slash && (want == SLASH_ADD || (want == SLASH_AS_IS && !is_page)))
		redirect(v, 301, with(v, "/"));
	else
		send_file(v, is_page && !(slash && is_index) ? page : index, 200);
	return true;
}

static void add_header(void *arg, const char *name, const char *value)
{
	struct visit *v = arg;

	strbuf_addf(&v->headers, "%s: %s\r\n", name, value);
}

static void visit_version(struct visit *v)
{
	const char *location, *to;
	int status = rules_redirect(v->rules, v->path, v->call->mem, &location);

	if (status) {
		redirect(v, status, location);
		return;
	}
	rules_headers(v->rules, v->path, add_header, v);
	if (!strcasestr(v->headers.buf, "cache-control:"))
		strbuf_addstr(&v->headers, "Cache-Control: max-age=3600\r\n");
	if (v->channel != v->call->site->channels[0])
		strbuf_addstr(&v->headers, "X-Robots-Tag: noindex\r\n");
	if (try_files(v))
		return;
	to = rules_rewrite(v->rules, v->path);
	if (to && *to && has(v, to))
		send_file(v, to, 200);
	else if (to && !*to)
		page(v, 501, "This path is answered by a function");
	else if (has(v, "/404.html"))
		send_file(v, "/404.html", 404);
	else
		page(v, 404, "Page Not Found");
}

static void visit(struct visit *v)
{
	struct call *c = v->call;
	bool reads = strcmp(c->request->method, "GET") == 0 || strcmp(c->request->method, "HEAD") == 0;

	if (!find_site(v)) {
		page(v, 400, "Bad Request");
		return;
	}
	v->version = v->channel && v->channel->release ? v->channel->release->version : NULL;
	if (!reads) {
		page(v, 405, "Method Not Allowed");
	} else if (!v->version) {
		page(v, 404, "Site Not Found");
	} else if (*v->path != '/') {
		redirect(v, 301, "/");
	} else {
		struct version *version = v->channel->release->version;
		if (!version->rules)
			version->rules = rules_new(version->config);
		v->rules = version->rules;
		visit_version(v);
	}
}

void serve_answer(struct call *c, struct conn *conn)
{
	struct visit v = { .call = c, .headers = STRBUF_INIT };
	struct delivery d = { .manner = SEND_WHOLE };

	visit(&v);
	api_deliver(c, conn, v.headers.buf, &d);
	strbuf_clear(&v.headers);
}
