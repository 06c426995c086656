#include "google.h"

#include "../../net/server.h"
#include "../../target/project_dir.h"
#include "base/clock.h"
#include "base/mem.h"

#define BEGINS(text, with) (strncmp(text, with, strlen(with)) == 0)

/* ---- the far side, on the server's threads ---- */
static char hex(char c)
{
	return (char)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
}

char *google_field(const char *form, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = form; p && *p; p = strchr(p, '&') ? strchr(p, '&') + 1 : NULL) {
		struct strbuf value = STRBUF_INIT;

		if (strncmp(p, name, len) != 0 || p[len] != '=')
			continue;
		for (p += len + 1; *p && *p != '&'; p++) {
			if (*p == '%') {
				strbuf_addch(&value, (char)(hex(p[1]) << 4 | hex(p[2])));
				p += 2;
			} else {
				strbuf_addch(&value, (char)(*p == '+' ? ' ' : *p));
			}
		}
		return strbuf_detach(&value);
	}
	return NULL;
}

static bool says(const struct json_doc *d, const char *key, const char *value)
{
	const char *text = json_string(json_get(json_root(d), key));

	return text && strcmp(text, value) == 0;
}

/* NULL, or the description of the refusal. */
static const char *judge_jwt(struct google *g, const char *form, const char *target)
{
	char *type = google_field(form, "grant_type"), *jwt = google_field(form, "assertion");
	struct json_doc *claims = jwt ? account_claims(jwt) : NULL;
	int64_t now_s = clock_wall_s() + g->clock_s, issued_s = 0, ends_s = 0;
	struct strbuf audience = STRBUF_INIT;
	const char *why = NULL;

	strbuf_addf(&audience, "%s%s", g->origin, target);
	if (claims) {
		(void)json_int(json_get(json_root(claims), "iat"), &issued_s);
		(void)json_int(json_get(json_root(claims), "exp"), &ends_s);
	}
	if (!type || strcmp(type, "urn:ietf:params:oauth:grant-type:jwt-bearer") != 0)
		why = "grant_type";
	else if (!claims)
		why = "Invalid JWT Signature.";
	else if (!says(claims, "aud", audience.buf) || !says(claims, "iss", ACCOUNT_EMAIL))
		why = "Invalid JWT: aud or iss";
	else if (issued_s > now_s + 5 || issued_s < now_s - 300 || ends_s - issued_s > 3600)
		why = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.";
	free(type);
	free(jwt);
	json_doc_free(claims);
	strbuf_clear(&audience);
	return why;
}

static void keep(struct google *g, const struct exchange *x)
{
	g->asked = vec_grow(g->asked, &g->asked_cap, g->asked_count + 1, sizeof *g->asked);
	g->asked[g->asked_count++] = (struct asked){ xstrdup(x->method), xstrdup(x->target), xstrdup(x->head),
	                                             xstrdup(x->body) };
}

static struct google_answer choose(struct google *g, const char *target)
{
	struct google_answer none = { .status = 404, .headers = "", .body = "{}" };

	for (size_t i = 0; i < g->answer_count; i++) {
		struct google_answer *a = &g->answers[i];

		if (strlen(a->path) != strcspn(target, "?") || !BEGINS(target, a->path) || a->status == 0)
			continue;
		none = *a;
		if (a->times > 0 && --a->times == 0)
			a->status = 0;
		return none;
	}
	return none;
}

static void date_line(struct strbuf *headers, int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm;
	char text[64];

	assert_non_null(gmtime_r(&t, &tm));
	(void)strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
	strbuf_addstr(headers, text);
}

static void answer(struct exchange *x)
{
	struct google *g = x->arg;
	struct strbuf headers = STRBUF_INIT, body = STRBUF_INIT;
	struct google_answer a;
	const char *why = NULL;

	pthread_mutex_lock(&g->mutex);
	keep(g, x);
	a = choose(g, x->target);
	if (a.status == 200 && strcmp(a.path, "/oauth2/v4/token") == 0)
		why = judge_jwt(g, x->body, x->target);
	if (g->clock_s)
		date_line(&headers, clock_wall_s() + g->clock_s);
	strbuf_addstr(&headers, a.headers ? a.headers : "");
	if (why) {
		a.status = 400;
		strbuf_addf(&body, "{\"error\":\"invalid_grant\",\"error_description\":\"%s\"}", why);
	} else if (a.body) {
		strbuf_addstr(&body, a.body);
	} else {
		strbuf_addf(&body, "{\"access_token\":\"ya29.%u\",\"expires_in\":3599,\"token_type\":\"Bearer\"}", ++g->serial);
	}
	pthread_mutex_unlock(&g->mutex);
	exchange_answer(x, a.status, headers.buf, body.buf);
	strbuf_clear(&headers);
	strbuf_clear(&body);
}

/* ---- the test's side ---- */
void google_begin(struct google *g)
{
	struct server_options o = { .answer = answer, .arg = g };
	struct http_options h = { .user_agent = "slipway/test" };
	struct fail f = FAIL_INIT;

	*g = (struct google){ .notes = STRBUF_INIT };
	pthread_mutex_init(&g->mutex, NULL);
	g->server = server_start(&o);
	(void)snprintf(g->origin, sizeof g->origin, "http://127.0.0.1:%u", server_port(g->server));
	account_begin(&g->home);
	assert_int_equal(setenv("FIREBASE_TOKEN_URL", g->origin, 1), 0);
	if (loop_new(&g->loop, 2, false, &f) < 0)
		fail_msg("%s", f.text);
	g->http = http_new(g->loop, &h);
	g->project = xcalloc(1, sizeof *g->project);
	project_dir_init(g->project);
	project_dir_write(g->project, "slipway.json", "{ \"slipway\": 1, \"builds\": { \"w\": { \"dir\": \"dist\" } } }");
	(void)project_dir_load(g->project);
	assert_non_null(g->project->project);
	g->secrets = secrets_new(g->project->project);
	g->tokens = tokens_new(g->loop, g->http, g->secrets);
}

void google_end(struct google *g)
{
	tokens_free(g->tokens);
	http_free(g->http);
	loop_free(g->loop);
	server_stop(g->server);
	for (size_t i = 0; i < g->asked_count; i++) {
		free(g->asked[i].method);
		free(g->asked[i].target);
		free(g->asked[i].head);
		free(g->asked[i].body);
	}
	free(g->asked);
	secrets_free(g->secrets);
	project_dir_clear(g->project);
	free(g->project);
	strbuf_clear(&g->notes);
	pthread_mutex_destroy(&g->mutex);
	scratch_end(&g->home);
}

void google_answers(struct google *g, struct google_answer a)
{
	pthread_mutex_lock(&g->mutex);
	assert_true(g->answer_count < sizeof g->answers / sizeof *g->answers);
	g->answers[g->answer_count++] = a;
	pthread_mutex_unlock(&g->mutex);
}

void google_says(struct google *g, const char *path, int status, const char *body)
{
	google_answers(g, (struct google_answer){ .path = path, .status = status, .body = body });
}

void google_says_once(struct google *g, const char *path, int status, const char *body)
{
	google_answers(g, (struct google_answer){ .path = path, .status = status, .body = body, .times = 1 });
}

void google_forget(struct google *g)
{
	pthread_mutex_lock(&g->mutex);
	g->answer_count = 0;
	pthread_mutex_unlock(&g->mutex);
}

size_t google_asked(struct google *g)
{
	pthread_mutex_lock(&g->mutex);
	size_t count = g->asked_count;
	pthread_mutex_unlock(&g->mutex);
	return count;
}

const struct asked *google_request(struct google *g, size_t i)
{
	assert_true(i < google_asked(g));
	return &g->asked[i];
}

bool google_has(const struct asked *a, const char *line)
{
	const char *at = strstr(a->head, line);

	return at && at > a->head && at[-1] == '\n' && at[strlen(line)] == '\r';
}

struct token *google_token(struct google *g)
{
	struct credential *c = NULL;
	struct fail f = FAIL_INIT;

	if (credential_find(&c, NULL, g->project->path, g->secrets, &g->notes, &f) < 0)
		fail_msg("%s", f.text);
	return tokens_adopt(g->tokens, c, &(struct http_peer_options){ .name = "sign-in" });
}

struct token *google_token_of(struct google *g, const char *text)
{
	struct strbuf whole = STRBUF_INIT;
	char *path;

	for (const char *p = text; *p;) {
		if (BEGINS(p, "GOOGLE")) {
			strbuf_addstr(&whole, g->origin);
			p += strlen("GOOGLE");
		} else {
			strbuf_addch(&whole, *p++);
		}
	}
	path = account_file(&g->home, "key.json", whole.buf);
	assert_int_equal(setenv("GOOGLE_APPLICATION_CREDENTIALS", path, 1), 0);
	free(path);
	strbuf_clear(&whole);
	return google_token(g);
}

static void over(struct op *op)
{
	struct want *w = (struct want *)op;

	assert_false(w->over);
	w->over = true;
}

void google_send(struct token *t, struct want *w)
{
	*w = (struct want){ .op = { .done = over } };
	token_want(t, &w->op);
	assert_false(w->over);
}

void google_wait(struct google *g, struct want *w)
{
	int64_t deadline = clock_mono_ns() + 20000000000;

	while (!w->over && clock_mono_ns() < deadline)
		loop_turn(g->loop, 100);
	assert_true(w->over);
}

int google_want(struct google *g, struct token *t, struct want *w)
{
	google_send(t, w);
	google_wait(g, w);
	return w->op.rc;
}

void google_has_token(struct google *g, struct token *t, const char *bearer)
{
	struct want w;

	if (google_want(g, t, &w) < 0)
		fail_msg("%s", w.op.fail.text);
	assert_non_null(token_bearer(t));
	if (bearer)
		assert_string_equal(token_bearer(t), bearer);
}

void google_fails(struct google *g, struct token *t, enum fail_kind kind, const char *text, const char *hint)
{
	struct want w;

	assert_int_equal(google_want(g, t, &w), -1);
	if (w.op.fail.kind != kind || !strstr(w.op.fail.text, text) || !strstr(w.op.fail.hint, hint))
		fail_msg("%s: \"%s\" | \"%s\" instead of \"%s\" | \"%s\"", fail_kind_name(w.op.fail.kind), w.op.fail.text,
		         w.op.fail.hint, text, hint);
}

void google_pass(struct google *g, int64_t ms)
{
	int64_t until = clock_mono_ns() + ms * 1000000;

	for (int64_t left = until - clock_mono_ns(); left > 0; left = until - clock_mono_ns())
		loop_turn(g->loop, (int)(left / 1000000) + 1);
}
