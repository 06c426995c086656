#include "server.h"

#include <stdio.h>
#include <string.h>

#include "api.h"
#include "control.h"
#include "serve.h"
#include "stream.h"

const char *server_site_url(const struct server *s, struct arena *a, const char *label)
{
	if (!s->options->local_urls)
		return arena_printf(a, "https://%s.web.app", label);
	return arena_printf(a, "http://%s.localhost:%u", label, gate_port(s->gate));
}

const char *server_upload_base(const struct call *c)
{
	if (!c->bad_upload_host || !c->server->tls_gate)
		return c->base;
	return arena_printf(c->mem, "https://127.0.0.1:%u", gate_port(c->server->tls_gate));
}

static void on_request(struct gate_user *u, struct conn *conn, const struct http_request *r)
{
	struct server *s = (struct server *)u;
	struct arena mem = ARENA_INIT;
	struct call c = { .server = s, .world = &s->world, .request = r, .mem = &mem, .status = 200, .out = STRBUF_INIT };

	c.type = "application/json; charset=UTF-8";
	jw_init(&c.w, &c.out, 0);
	c.base = arena_printf(&mem, "%s://%s", conn_is_tls(conn) ? "https" : "http", http_header(r, "host"));
	if (strncmp(r->path, "/_fake/", 7) == 0)
		control_answer(&c, conn);
	else if (serve_wants(&c))
		serve_answer(&c, conn);
	else
		api_answer(&c, conn);
	strbuf_clear(&c.out);
	arena_clear(&mem);
}

static void on_over(struct gate_user *u, void *note, size_t sent)
{
	struct server *s = (struct server *)u;

	if (note)
		api_over(s, note, sent);
}

static int open_accounts(struct server *s, struct fail *f)
{
	const struct options *o = s->options;
	const char *project = s->world.project_count ? s->world.projects[0]->id : "project";
	char base[64];

	snprintf(base, sizeof base, "http://127.0.0.1:%u", gate_port(s->gate));
	s->tokens.lifetime_s = o->token_lifetime;
	s->tokens.owner = o->allow_owner;
	for (int i = 0; i < OPTION_LIST && o->refresh[i]; i++)
		tokens_add_refresh(&s->tokens, o->refresh[i]);
	for (int i = 0; i < OPTION_LIST && o->accounts[i]; i++)
		if (tokens_add_account(&s->tokens, o->accounts[i], project, base, f) < 0)
			return -1;
	return 0;
}

int server_open(struct server *s, const struct options *o, struct fail *f)
{
	*s = (struct server){ .user = { on_request, on_over }, .options = o };
	world_init(&s->world, o->scope);
	faults_init(&s->faults);
	if (trace_init(&s->trace, o->log, f) < 0 || options_populate(o, &s->world, f) < 0 || events_new(&s->events, f) < 0)
		return -1;
	if (o->latency && !faults_set_latency(&s->faults, o->latency))
		return fail_set(f, FAIL_USAGE, "--latency %s cannot be read", o->latency);
	if (gate_open(&s->gate, s->events, &s->user, o->port, NULL, f) < 0)
		return -1;
	if (o->cert && (stream_tls_new(&s->tls, o->cert, o->key, f) < 0
			|| gate_open(&s->tls_gate, s->events, &s->user, o->tls_port, s->tls, f) < 0))
		return -1;
	return open_accounts(s, f);
}

void server_close(struct server *s)
{
	gate_close(s->gate);
	gate_close(s->tls_gate);
	stream_tls_free(s->tls);
	events_free(s->events);
	tokens_clear(&s->tokens);
	faults_clear(&s->faults);
	trace_clear(&s->trace);
	world_clear(&s->world);
}
