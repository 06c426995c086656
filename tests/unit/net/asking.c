#include "asking.h"

#include <signal.h>

#include "base/clock.h"

static void trace(void *arg, const struct http_trace *t)
{
	struct asking *a = arg;
	char line[4096];
	int n = snprintf(line, sizeof line, "%s %s %s %ld %s %llu %llu %u\n", t->lane, t->method, t->path, t->status,
		t->failure ? t->failure : "-", (unsigned long long)t->sent, (unsigned long long)t->received, t->attempt);

	assert_true(t->ms >= 0 && t->ms < 60000);
	a->traced = realloc(a->traced, a->traced_len + (size_t)n + 1);
	memcpy(a->traced + a->traced_len, line, (size_t)n + 1);
	a->traced_len += (size_t)n;
}

void asking_begin(struct asking *a, const struct server_options *server, const struct http_options *engine,
	const struct http_peer_options *peer)
{
	struct http_options e = engine ? *engine : (struct http_options){ 0 };
	struct http_peer_options p = peer ? *peer : (struct http_peer_options){ 0 };
	struct fail f = FAIL_INIT;

	*a = (struct asking){ .traced = calloc(1, 1) };
	signal(SIGPIPE, SIG_IGN);               /* as in main.c */
	a->server = server_start(server);
	snprintf(a->origin, sizeof a->origin, "%s:%u", server->tls ? "https://localhost" : "http://127.0.0.1",
		server_port(a->server));
	if (server->tls && !e.ca_file)
		e.ca_file = server_authority(a->server);
	if (!e.user_agent)
		e.user_agent = "slipway-test/1";
	e.trace = trace;
	e.trace_arg = a;
	p.name = "kiosks";
	if (loop_new(&a->loop, 1, false, &f) < 0)
		fail_msg("%s", f.text);
	a->http = http_new(a->loop, &e);
	a->peer = http_peer_new(a->http, &p);
	if (http_peer_allow(a->peer, a->origin, &f) < 0)
		fail_msg("%s", f.text);
	a->lane = http_lane_new(a->peer, "jarupa");
}

void asking_end(struct asking *a)
{
	http_lane_free(a->lane);
	http_peer_free(a->peer);
	http_free(a->http);
	loop_free(a->loop);
	server_stop(a->server);
	free(a->traced);
}

static void done(struct http_request *rq)
{
	struct ask *k = (struct ask *)rq;

	assert_false(k->in_send);
	assert_null(rq->work);
	k->dones++;
	k->took_ms = (clock_mono_ns() - k->began_ns) / 1000000;
	const char *value = k->look_for ? http_header(rq, k->look_for) : NULL;
	snprintf(k->header, sizeof k->header, "%s", value ? value : "(none)");
}

void ask_init(struct ask *k, struct asking *a, const char *method, const char *path)
{
	*k = (struct ask){ .rq = HTTP_REQUEST_INIT, .asking = a };
	snprintf(k->url, sizeof k->url, "%s%s", a->origin, path);
	k->rq.method = method;
	k->rq.url = k->url;
	k->rq.done = done;
}

void ask_send(struct ask *k, struct http_lane *l)
{
	k->in_send = true;
	k->began_ns = clock_mono_ns();
	http_send(l, &k->rq);
	k->in_send = false;
}

void ask_wait(struct ask *k, size_t count)
{
	int64_t until = clock_mono_ns() + 20 * 1000000000LL;

	for (size_t i = 0; i < count; i++) {
		while (k[i].dones == 0) {
			if (clock_mono_ns() > until)
				fail_msg("request %zu is not done after 20 s: %s", i, k[i].url);
			loop_turn(k->asking->loop, 1000);
		}
		assert_int_equal(k[i].dones, 1);
	}
}

void ask(struct ask *k, struct asking *a, const char *method, const char *path, unsigned flags)
{
	ask_init(k, a, method, path);
	k->rq.flags = flags;
	ask_send(k, a->lane);
	ask_wait(k, 1);
}

void ask_clear(struct ask *k)
{
	http_request_clear(&k->rq);
}
