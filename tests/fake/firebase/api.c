#include "api.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fields.h"
#include "server.h"

struct json_doc *api_body(struct call *c)
{
	const struct http_request *r = c->request;
	const char *type = http_header(r, "content-type");
	struct json_doc *doc;
	struct fail f;

	if (r->body_len && (!type || strncasecmp(type, "application/json", 16) != 0)) {
		refuse(c, INVALID_ARGUMENT, "The content type of a JSON body is application/json");
		return NULL;
	}
	if (json_parse(&doc, "body", r->body_len ? r->body : "{}", r->body_len ? r->body_len : 2, 0, &f) < 0) {
		refuse(c, INVALID_ARGUMENT, "Invalid JSON payload received. %s", f.text);
		return NULL;
	}
	c->body = json_root(doc);
	return doc;
}

void api_deliver(struct call *c, struct conn *conn, const char *headers, struct delivery *d)
{
	struct strbuf head = STRBUF_INIT;

	strbuf_addf(&head, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n", c->status,
		    http_reason(c->status), c->type, c->out.len, headers);
	d->head = head.buf;
	d->head_len = head.len;
	d->body = c->out.buf;
	d->body_len = strcmp(c->request->method, "HEAD") == 0 ? 0 : c->out.len;
	conn_deliver(conn, d);
	strbuf_clear(&head);
}

static int check_query(struct call *c)
{
	if (!params_read(&c->query, c->mem, c->request->query, strlen(c->request->query)))
		return refuse(c, INVALID_ARGUMENT, "The query cannot be read");
	for (size_t i = 0; i < c->query.count; i++) {
		const char *name = c->query.list[i].name;
		if (!among(c->route->query, name) && !among("alt fields prettyPrint", name))
			return refuse(c, INVALID_ARGUMENT,
				      "Invalid JSON payload received. Unknown name \"%s\": Cannot bind query parameter.", name);
	}
	return 0;
}

static int check_site(struct call *c)
{
	const char *name = c->project_name;

	if (name && strcmp(name, "-") != 0) {
		c->project = world_project(c->world, name);
		if (!c->project)
			return refuse(c, PERMISSION_DENIED, "The caller does not have permission");
	}
	c->long_names = name != NULL;
	if (!strstr(c->route->path, "sites/*"))
		return 0;
	c->site = world_site(c->world, c->args[0]);
	if (!c->site)
		return refuse(c, NOT_FOUND, "Requested entity was not found.");
	if (c->project && c->site->project != c->project)
		return refuse(c, PERMISSION_DENIED, "The caller does not have permission");
	return 0;
}

static int authorize(struct call *c)
{
	if (c->route->flags & ROUTE_OPEN)
		return 0;
	c->user = tokens_holder(&c->server->tokens, http_header(c->request, "authorization"));
	if (c->user)
		return 0;
	return refuse(c, UNAUTHENTICATED, "Request had invalid authentication credentials. Expected OAuth 2 access token, "
		      "login cookie or other valid authentication credential.");
}

static int call_handler(struct call *c)
{
	const struct route *r = c->route;

	if (r->flags & ROUTE_RAW)
		return r->handle(c);
	if (!(r->flags & ROUTE_BODY))
		return c->request->body_len ? refuse(c, INVALID_ARGUMENT, "This method takes no body") : r->handle(c);
	struct json_doc *doc = api_body(c);
	int rc = doc ? r->handle(c) : -1;
	json_doc_free(doc);
	return rc;
}

/* Runs the handler if everything around it is right. */
static int handle(struct call *c)
{
	if (!c->route)
		return refuse(c, NOT_FOUND, "Method not found: %s %s", c->request->method, c->request->path);
	if (authorize(c) < 0 || check_query(c) < 0 || check_site(c) < 0 || call_handler(c) < 0)
		return -1;
	const char *fields = params_get(&c->query, "fields");
	return fields ? fields_apply(c, fields) : 0;
}

static void pretend(struct call *c, const struct fault *f)
{
	static const char page[] = "<!doctype html><title>Welcome</title><p>Please sign in to this network.\n";

	if (f->expire)
		tokens_expire(&c->server->tokens);
	if (f->status && f->status < 400) {
		c->status = f->status;
	} else if (f->status) {
		const char *message = f->message ? f->message : "The service is currently unavailable.";
		if (c->route && c->route->kind == KIND_UPLOAD)
			refuse_upload(c, f->status, message);
		else if (c->route && c->route->kind == KIND_TOKEN)
			token_deny(c, f->status, "temporarily_unavailable", message);
		else
			refuse_status(c, f->status, message);
	}
	if (f->garbage || f->huge) {
		strbuf_setlen(&c->out, 0);
		strbuf_addstr(&c->out, f->garbage ? page : "{\"name\":\"");
		c->status = 200;
	}
	if (f->garbage)
		c->type = "text/html; charset=utf-8";
}

/* An upload is under way until its answer is out: a second one of the same content is refused meanwhile. */
static void mark_upload(struct call *c, struct record *r)
{
	struct trace *t = &c->server->trace;

	if (r->kind != KIND_UPLOAD || c->status != 200)
		return;
	t->uploads++;
	t->upload_bytes += c->request->body_len;
	struct content *content = world_content(c->world, c->args[2]);
	r->upload_site = c->site;
	r->upload_hash = content->hash;
	strmap_set(&c->site->uploading, content->hash, content);
}

static void deliver(struct call *c, struct conn *conn, struct record *r, const struct fault *f)
{
	struct delivery d = { .note = r, .manner = f ? f->manner : SEND_WHOLE };
	char headers[128] = "Vary: Origin\r\n";

	d.delay_ms = faults_latency(&c->server->faults, r->kind, c->request->method);
	if (f && f->retry_after >= 0)
		snprintf(headers, sizeof headers, "Retry-After: %lld\r\n", (long long)f->retry_after);
	bool seen = d.manner != SEND_NEVER && d.manner != SEND_END && d.manner != SEND_RESET;
	r->status = seen ? c->status : 0;
	if (f && f->huge) {
		static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n";
		d.head = head;
		d.head_len = sizeof head - 1;
		d.body = c->out.buf;
		d.body_len = c->out.len;
		conn_deliver(conn, &d);
		return;
	}
	api_deliver(c, conn, headers, &d);
}

void api_answer(struct call *c, struct conn *conn)
{
	struct server *s = c->server;
	enum kind kind = route_find(c) ? c->route->kind : KIND_OTHER;
	conn_mark(conn);
	struct record *r = trace_begin(&s->trace, c->request, kind, conn_number(conn));

	if (c->route && strstr(c->route->path, "sites/*"))
		snprintf(r->site, sizeof r->site, "%s", c->args[0]);
	const struct fault *f = faults_decide(&s->faults, kind, r->site);
	c->bad_upload_host = f && f->bad_host;
	if (!f || f->effect)
		if (handle(c) == 0)
			mark_upload(c, r);
	if (f) {
		r->fault = f->name;
		pretend(c, f);
	}
	deliver(c, conn, r, f);
}

void api_over(struct server *s, void *record, size_t sent)
{
	struct record *r = record;

	if (r->upload_site)
		strmap_set(&r->upload_site->uploading, r->upload_hash, NULL);
	r->bytes_out = sent;
	trace_end(&s->trace, r);
}
