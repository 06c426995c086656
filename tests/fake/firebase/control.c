#include "control.h"

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "server.h"
#include "state.h"

static int done(struct call *c)
{
	jw_object(&c->w);
	jw_end(&c->w);
	return 0;
}

static int get_log(struct call *c)
{
	const char *since = params_get(&c->query, "since");

	trace_lines(&c->server->trace, since ? strtoul(since, NULL, 10) : 0, &c->out);
	return 0;
}

static int get_counters(struct call *c)
{
	const struct trace *t = &c->server->trace;
	const struct gate_counts *g = gate_counts(c->server->gate);

	jw_object(&c->w);
	jw_kint(&c->w, "requests", (int64_t)t->requests);
	for (int k = 0; k < KIND_COUNT; k++)
		jw_kint(&c->w, kind_name((enum kind)k), (int64_t)t->by_kind[k]);
	jw_kint(&c->w, "errors", (int64_t)t->errors);
	jw_kint(&c->w, "connections", (int64_t)g->seen);
	jw_kint(&c->w, "max_connections", (int64_t)g->most_open);
	jw_kint(&c->w, "max_concurrent", (int64_t)t->most_concurrent);
	jw_kint(&c->w, "uploads", (int64_t)t->uploads);
	jw_kint(&c->w, "upload_bytes", (int64_t)t->upload_bytes);
	jw_end(&c->w);
	return 0;
}

static int reset_counters(struct call *c)
{
	struct gate_counts *g = gate_counts(c->server->gate);

	trace_reset(&c->server->trace);
	g->seen = g->most_open = g->open;
	return done(c);
}

static int expire_token(struct call *c)
{
	tokens_expire(&c->server->tokens);
	return done(c);
}

static int add_sites(struct call *c)
{
	const char *project = json_string(json_get(c->body, "project"));
	const json *sites = json_get(c->body, "sites");

	if (!project || json_type(sites) != JSON_ARRAY)
		return refuse(c, INVALID_ARGUMENT, "project and sites are expected");
	struct project *p = world_add_project(c->world, project);
	for (const json *v = json_first(sites); v; v = json_next(v))
		if (!json_string(v) || !world_add_site(c->world, p, json_string(v)))
			return refuse(c, ALREADY_EXISTS, "A site belongs to another project");
	return done(c);
}

static const struct control { const char *method, *path; int (*handle)(struct call *c); } controls[] = {
	{ "POST", "latency", faults_post_latency }, { "POST", "faults", faults_post }, { "POST", "rate", faults_post_rate },
	{ "GET", "state", state_all }, { "GET", "site/", state_site }, { "POST", "dir", state_export },
	{ "GET", "log", get_log }, { "GET", "counters", get_counters }, { "POST", "reset_counters", reset_counters },
	{ "POST", "expire_token", expire_token }, { "POST", "sites", add_sites },
};

/* What the request means, or NULL. "site/" stands for itself and what follows, which becomes args[0]. */
static const struct control *find(struct call *c, const char *path)
{
	for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
		const struct control *one = &controls[i];
		size_t len = strlen(one->path);
		bool prefix = one->path[len - 1] == '/';
		if (strcmp(one->method, c->request->method) != 0
		    || (prefix ? strncmp(one->path, path, len) : strcmp(one->path, path)) != 0)
			continue;
		c->args[0] = path + len;
		return one;
	}
	return NULL;
}

static int answer(struct call *c)
{
	const char *path = c->request->path + strlen("/_fake/");
	const struct control *one = find(c, path);
	struct json_doc *doc = NULL;
	struct fail f;

	if (!one)
		return refuse(c, NOT_FOUND, "There is no control %s", path);
	if (!params_read(&c->query, c->mem, c->request->query, strlen(c->request->query)))
		return refuse(c, INVALID_ARGUMENT, "The query cannot be read");
	if (c->request->body_len && json_parse(&doc, "body", c->request->body, c->request->body_len, 0, &f) < 0)
		return refuse(c, INVALID_ARGUMENT, "%s", f.text);
	c->body = doc ? json_root(doc) : NULL;
	int rc = one->handle(c);
	json_doc_free(doc);
	return rc;
}

void control_answer(struct call *c, struct conn *conn)
{
	struct delivery d = { .manner = SEND_WHOLE };

	answer(c);
	strbuf_addch(&c->out, '\n');
	api_deliver(c, conn, "", &d);
}
