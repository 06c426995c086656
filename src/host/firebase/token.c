#include "host/firebase/token.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/firebase/credential_inside.h"
#include "host/firebase/exchange.h"

#define EARLY_NS ((int64_t)300 * NS_PER_S)
#define NS_PER_S ((int64_t)1000000000)
#define WASTED_MOST 3
#define METADATA_CONNECT_MS 3000        /* it is next to us, or there is none */
#define BEARER "Authorization: Bearer "

struct waiter {
	struct waiter *next;
	struct op *op;
};

/* none: bearer empty. good: bearer set, !refused, before ends_ns. spent: refused or past ends_ns. dead: dead.kind set;
 * final. An exchange may run in each but the last. */
struct token {
	struct tokens *home;
	const struct credential *c;
	struct http_peer *peer;
	struct http_lane *lane;
	struct exchange x;
	bool running;
	struct waiter *waiters, **waiters_tail;
	struct strbuf bearer;           /* the whole header line */
	unsigned number;                /* counts them */
	int64_t ends_ns, early_ns;      /* monotonic */
	bool refused;
	bool renewed;                   /* it is there because the one before was refused */
	bool accepted;
	bool trusted;                   /* this one or one before was accepted */
	unsigned wasted;                /* renewed ones in a row that were refused before they were accepted */
	bool last;                      /* nothing can be had in place of it */
	struct fail dead;
};

struct tokens {
	struct loop *loop;
	struct http *http;
	struct secrets *secrets;
	struct token **items;
	struct credential **credentials;
	size_t count, cap, credential_count, credential_cap;
};

static void set_bearer(struct token *t, const char *token, int64_t life_s)
{
	int64_t now = clock_mono_ns(), life_ns = life_s * NS_PER_S;

	strbuf_setlen(&t->bearer, 0);
	strbuf_addstr(&t->bearer, BEARER);
	strbuf_addstr(&t->bearer, token);
	t->number++;
	t->ends_ns = life_s ? now + life_ns : INT64_MAX;
	t->early_ns = life_s ? t->ends_ns - (life_ns / 2 < EARLY_NS ? life_ns / 2 : EARLY_NS) : INT64_MAX;
	t->refused = t->accepted = false;
}

/* Says who could not sign in, and with what. */
static void name_failure(const struct token *t, struct fail *f)
{
	fail_wrap(f, "cannot sign in to Google as %s (%s)", t->c->who, t->c->source);
	secrets_redact_fail(t->home->secrets, f);
}

static void die(struct token *t, const struct fail *f)
{
	t->dead = *f;
	name_failure(t, &t->dead);
}

/* ---- those who wait ---- */
static void end(struct token *t, struct op *op, const struct fail *f)
{
	if (atomic_load(&op->cancel))
		fail_set(&op->fail, FAIL_CANCELLED, "interrupted while signing in");
	else if (f)
		op->fail = *f;
	op_finish(t->home->loop, op, f || atomic_load(&op->cancel) ? -1 : 0);
}

static void end_all(struct token *t, const struct fail *f)
{
	struct waiter *w = t->waiters, *next;

	t->waiters = NULL;
	t->waiters_tail = &t->waiters;
	for (; w; w = next) {
		next = w->next;
		end(t, w->op, f);
		free(w);
	}
}

/* ---- exchanges ---- */
static bool is_good(const struct token *t)
{
	return t->bearer.len > 0 && !t->refused && clock_mono_ns() < t->ends_ns;
}

/* FIREBASE_TOKEN may hold either kind; what was no refresh token is tried as it is. */
static bool take_as_it_is(struct token *t)
{
	if (!t->c->may_be_access || !t->x.refused || t->bearer.len > 0 || !credential_is_word(t->c->refresh_token))
		return false;
	set_bearer(t, t->c->refresh_token, 0);
	t->last = true;
	return true;
}

static void exchanged(struct exchange *x)
{
	struct token *t = x->owner;
	struct fail f = x->fail;

	t->running = false;
	if (x->rc == 0) {
		t->renewed = t->refused;
		set_bearer(t, x->answer.token.buf, x->answer.life_s);
		end_all(t, NULL);
	} else if (take_as_it_is(t)) {
		end_all(t, NULL);
	} else if (is_good(t)) {
		t->early_ns = t->ends_ns;
		end_all(t, NULL);
	} else if (f.kind == FAIL_AUTH || f.kind == FAIL_CONFIG) {
		die(t, &f);
		end_all(t, &t->dead);
	} else {
		name_failure(t, &f);
		end_all(t, &f);
	}
}

static void start(struct token *t)
{
	t->running = true;
	exchange_start(&t->x);
}

/* ---- wanting ---- */
static bool is_settled(const struct token *t)
{
	return t->dead.kind || t->last || (is_good(t) && clock_mono_ns() < t->early_ns);
}

void token_begin(struct token *t)
{
	if (!is_settled(t) && !t->running)
		start(t);
}

void token_want(struct token *t, struct op *op)
{
	struct waiter *w;

	if (is_settled(t)) {
		end(t, op, t->dead.kind ? &t->dead : NULL);
		return;
	}
	w = xmalloc(sizeof *w);
	*w = (struct waiter){ .op = op };
	*t->waiters_tail = w;
	t->waiters_tail = &w->next;
	if (!t->running)
		start(t);
}

void token_unwant(struct token *t, struct op *op)
{
	for (struct waiter **at = &t->waiters; *at; at = &(*at)->next) {
		struct waiter *w = *at;

		if (w->op != op)
			continue;
		*at = w->next;
		if (!w->next)
			t->waiters_tail = at;
		free(w);
		fail_set(&op->fail, FAIL_CANCELLED, "interrupted while signing in");
		op_finish(t->home->loop, op, -1);
		return;
	}
}

const char *token_bearer(const struct token *t)
{
	return t->bearer.len > 0 ? t->bearer.buf : NULL;
}

unsigned token_number(const struct token *t)
{
	return t->number;
}

void token_refused(struct token *t, unsigned number)
{
	struct fail f = FAIL_INIT;

	if (number == 0 || number != t->number || t->refused || t->dead.kind)
		return;
	t->refused = true;
	if (t->last && t->x.fail.kind) {
		f = t->x.fail;
	} else if (t->last) {
		fail_set(&f, FAIL_AUTH, "the service refuses the access token: it has run out, or was revoked");
		fail_hint(&f, "get a new one; better, use a credential that can renew itself, such as a service account's key");
	} else if (t->renewed && !t->accepted && (!t->trusted || ++t->wasted == WASTED_MOST)) {
		fail_set(&f, FAIL_AUTH, "the service refused a token, and refuses the new one too");
		fail_hint(&f, "look whether the account and the Firebase Hosting API are enabled in this project");
	} else {
		return;
	}
	die(t, &f);
}

void token_accepted(struct token *t, unsigned number)
{
	t->trusted = t->trusted || number != 0;
	if (number == t->number && !t->refused) {
		t->accepted = true;
		t->wasted = 0;
	}
}

const char *token_quota_project(const struct token *t)
{
	return credential_quota_project(t->c);
}

int64_t token_skew_s(const struct token *t)
{
	return t->x.skew_s;
}

/* ---- all of them ---- */
struct tokens *tokens_new(struct loop *l, struct http *h, struct secrets *secrets)
{
	struct tokens *ts = xcalloc(1, sizeof *ts);

	*ts = (struct tokens){ .loop = l, .http = h, .secrets = secrets };
	return ts;
}

static struct token *token_new(struct tokens *ts, const struct credential *c, const struct http_peer_options *timeouts)
{
	struct http_peer_options o = *timeouts;
	struct token *t = xcalloc(1, sizeof *t);
	struct fail f = FAIL_INIT;

	*t = (struct token){ .home = ts, .c = c, .bearer = STRBUF_SECRET, .last = c->flow == FLOW_ACCESS };
	t->waiters_tail = &t->waiters;
	t->x = (struct exchange){ .loop = ts->loop, .secrets = ts->secrets, .c = c, .done = exchanged, .owner = t };
	exchange_init(&t->x);
	if (c->access_token)
		set_bearer(t, c->access_token, c->access_s);
	if (c->flow == FLOW_ACCESS)
		return t;
	if (c->flow == FLOW_METADATA && (!o.connect_ms || o.connect_ms > METADATA_CONNECT_MS))
		o.connect_ms = METADATA_CONNECT_MS;
	t->peer = http_peer_new(ts->http, &o);
	t->x.lane = t->lane = http_lane_new(t->peer, "sign-in");
	if (exchange_allow(c, t->peer, &f) < 0)
		die(t, &f);
	return t;
}

static void token_free(struct token *t)
{
	struct fail f = FAIL_INIT;

	exchange_stop(&t->x);
	http_lane_free(t->lane);
	http_peer_free(t->peer);
	exchange_clear(&t->x);
	fail_set(&f, FAIL_CANCELLED, "interrupted while signing in");
	end_all(t, &f);
	strbuf_clear(&t->bearer);
	free(t);
}

struct token *tokens_adopt(struct tokens *ts, struct credential *c, const struct http_peer_options *o)
{
	struct token *t = NULL;

	ts->credentials = vec_grow(ts->credentials, &ts->credential_cap, ts->credential_count + 1, sizeof *ts->credentials);
	ts->credentials[ts->credential_count++] = c;
	for (size_t i = 0; i < ts->count && !t; i++)
		if (strcmp(credential_identity(ts->items[i]->c), credential_identity(c)) == 0)
			t = ts->items[i];
	if (t)
		return t;
	ts->items = vec_grow(ts->items, &ts->cap, ts->count + 1, sizeof *ts->items);
	ts->items[ts->count++] = t = token_new(ts, c, o);
	return t;
}

void tokens_free(struct tokens *ts)
{
	if (!ts)
		return;
	for (size_t i = 0; i < ts->count; i++)
		token_free(ts->items[i]);
	for (size_t i = 0; i < ts->credential_count; i++)
		credential_free(ts->credentials[i]);
	free(ts->items);
	free(ts->credentials);
	free(ts);
}
