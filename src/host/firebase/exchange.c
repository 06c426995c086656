#include "host/firebase/exchange.h"

#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "host/firebase/jwt.h"

#define ANSWER_MOST ((size_t)64 * 1024)
#define METADATA_MS 10000
#define GRANT_JWT "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define GRANT_EXCHANGE "urn:ietf:params:oauth:grant-type:token-exchange"
#define TYPE_ACCESS "urn:ietf:params:oauth:token-type:access_token"

static void finish(struct exchange *x, int rc)
{
	http_request_clear(&x->rq);
	strbuf_clear(&x->subject);
	strbuf_clear(&x->body);
	strbuf_clear(&x->bearer);
	x->rc = rc;
	if (rc < 0)
		secrets_redact_fail(x->secrets, &x->fail);
	x->done(x);
}

/* ---- sending ---- */
static void add_headers(struct http_request *rq)
{
	struct exchange *x = rq->owner;
	struct strbuf line = STRBUF_SECRET;

	if (x->bearer.len)
		http_add_header(rq, x->bearer.buf);
	if (x->step == OAUTH_GRANT && x->c->flow == FLOW_METADATA)
		http_add_header(rq, "Metadata-Flavor: Google");
	for (const json *h = x->step == OAUTH_SUBJECT ? json_first(x->c->subject.headers) : NULL; h; h = json_next(h)) {
		strbuf_setlen(&line, 0);
		strbuf_addf(&line, "%s: %s", json_key(h), json_string(h));
		http_add_header(rq, line.buf);
	}
	strbuf_clear(&line);
}

static enum http_verdict judge(struct http_request *rq);
static void answered(struct http_request *rq);

/* content_type NULL: x->body is not sent. */
static void send_request(struct exchange *x, const char *method, const char *url, const char *content_type)
{
	http_request_clear(&x->rq);
	x->rq = (struct http_request){ .method = method, .url = url, .content_type = content_type, .fd = -1,
	                               .flags = HTTP_SECRET | HTTP_URGENT | HTTP_REPEATABLE, .answer_most = ANSWER_MOST,
	                               .headers = add_headers, .judge = judge, .done = answered, .owner = x,
	                               .answer = STRBUF_INIT };
	if (content_type) {
		x->rq.body = x->body.buf;
		x->rq.size = x->body.len;
	}
	http_send(x->lane, &x->rq);
}

static void add_field(struct exchange *x, const char *name, const char *value)
{
	strbuf_addf(&x->body, "%s%s=", x->body.len ? "&" : "", name);
	http_escape(&x->body, value, "");
}

static const char *scopes(const struct exchange *x)
{
	return x->c->hop_count ? SCOPE_CLOUD : SCOPE_FIREBASE " " SCOPE_CLOUD;
}

static void learn(struct exchange *x, const struct strbuf *value)
{
	secrets_learn(x->secrets, value->buf, value->len);
}

static int add_assertion(struct exchange *x)
{
	const struct credential *c = x->c;
	struct jwt j = { .key_id = c->key_id, .issuer = c->email, .scope = scopes(x), .audience = c->token_url,
	                 .issued_s = clock_wall_s() + x->skew_s };
	struct strbuf assertion = STRBUF_SECRET;
	int rc = jwt_sign(&assertion, &j, c->private_key, &x->fail);

	if (rc == 0) {
		learn(x, &assertion);
		add_field(x, "grant_type", GRANT_JWT);
		add_field(x, "assertion", assertion.buf);
	}
	strbuf_clear(&assertion);
	return rc;
}

static void add_refresh(struct exchange *x)
{
	add_field(x, "grant_type", "refresh_token");
	add_field(x, "client_id", x->c->client_id);
	add_field(x, "client_secret", x->c->client_secret);
	add_field(x, "refresh_token", x->c->refresh_token);
}

static void add_sts(struct exchange *x)
{
	const struct credential *c = x->c;
	struct strbuf text = STRBUF_SECRET;

	add_field(x, "grant_type", GRANT_EXCHANGE);
	add_field(x, "audience", c->audience);
	add_field(x, "scope", scopes(x));
	add_field(x, "requested_token_type", TYPE_ACCESS);
	add_field(x, "subject_token", x->subject.buf);
	add_field(x, "subject_token_type", c->subject_type);
	if (c->client_id && c->client_secret) {
		strbuf_addf(&text, "%s:%s", c->client_id, c->client_secret);
		strbuf_addstr(&x->bearer, "Authorization: Basic ");
		base64_encode(&x->bearer, text.buf, text.len);
	} else if (c->user_project) {
		struct jw w;

		jw_init(&w, &text, 0);
		jw_object(&w);
		jw_kstr(&w, "userProject", c->user_project);
		jw_end(&w);
		add_field(x, "options", text.buf);
	}
	strbuf_clear(&text);
}

static void grant(struct exchange *x)
{
	const char *form = "application/x-www-form-urlencoded";
	int rc = 0;

	x->step = OAUTH_GRANT;
	strbuf_setlen(&x->body, 0);
	strbuf_setlen(&x->bearer, 0);
	switch (x->c->flow) {
	case FLOW_JWT:
		rc = add_assertion(x);
		break;
	case FLOW_REFRESH:
		add_refresh(x);
		break;
	case FLOW_STS:
		add_sts(x);
		break;
	case FLOW_METADATA:
	case FLOW_ACCESS:
		break;
	}
	if (rc < 0)
		finish(x, -1);
	else if (x->c->flow == FLOW_METADATA)
		send_request(x, "GET", x->c->token_url, NULL);
	else
		send_request(x, "POST", x->c->token_url, form);
}

/* On to the next identity, as the one before. */
static void hop(struct exchange *x)
{
	const struct hop *h = &x->c->hops[x->hop];
	struct strbuf life = STRBUF_INIT;
	struct jw w;

	x->step = OAUTH_HOP;
	strbuf_setlen(&x->body, 0);
	strbuf_setlen(&x->bearer, 0);
	strbuf_addf(&x->bearer, "Authorization: Bearer %s", x->answer.token.buf);
	strbuf_addf(&life, "%llds", (long long)h->life_s);
	jw_init(&w, &x->body, 0);
	jw_object(&w);
	if (h->delegates) {
		jw_key(&w, "delegates");
		jw_json(&w, h->delegates);
	}
	jw_key(&w, "scope");
	jw_array(&w);
	if (x->hop + 1 == x->c->hop_count)
		jw_str(&w, SCOPE_FIREBASE);
	jw_str(&w, SCOPE_CLOUD);
	jw_end(&w);
	jw_kstr(&w, "lifetime", life.buf);
	jw_end(&w);
	strbuf_clear(&life);
	send_request(x, "POST", h->url, "application/json");
}

/* ---- what comes back ---- */
static enum http_verdict refused(struct exchange *x, struct http_request *rq)
{
	struct oauth_refusal r = { .c = x->c, .step = x->step, .hop = x->hop, .status = rq->status, .date_s = rq->date_s,
	                           .now_s = clock_wall_s() };
	int64_t skew_s = r.date_s < 0 ? 0 : r.date_s - r.now_s;
	struct oauth_error e;

	oauth_read_error(&e, rq->answer.buf, rq->answer.len, x->secrets);
	x->refused = x->step == OAUTH_GRANT && (rq->status == 400 || rq->status == 401);
	if (x->step == OAUTH_GRANT && x->c->flow == FLOW_JWT && strcmp(e.code, "invalid_grant") == 0 && !x->corrected &&
	    (skew_s > OAUTH_SKEW_S || skew_s < -OAUTH_SKEW_S)) {
		x->corrected = x->again = true;
		x->skew_s = skew_s;
	}
	oauth_explain(&rq->fail, &r, &e);
	rq->fail.code = (int)rq->status;
	return HTTP_FAILED;
}

static enum http_verdict judge(struct http_request *rq)
{
	struct exchange *x = rq->owner;
	const char *flavor;

	if (rq->status >= 400)
		return rq->status == 408 || rq->status == 429 || rq->status >= 500 ? http_judge(rq) : refused(x, rq);
	if (rq->status >= 300) {
		fail_set(&rq->fail, FAIL_REMOTE, "the answer leads elsewhere (%ld), where no secret is sent", rq->status);
		return HTTP_FAILED;
	}
	flavor = http_header(rq, "Metadata-Flavor");
	if (x->step == OAUTH_GRANT && x->c->flow == FLOW_METADATA && (!flavor || strcmp(flavor, "Google") != 0)) {
		fail_set(&rq->fail, FAIL_REMOTE, "what answers is not Google's metadata server");
		return HTTP_FAILED;
	}
	return HTTP_OK;
}

static void granted(struct exchange *x)
{
	int64_t now_s = x->rq.date_s < 0 ? clock_wall_s() : x->rq.date_s;

	if (oauth_read(&x->answer, x->rq.answer.buf, x->rq.answer.len, now_s, &x->fail) < 0) {
		finish(x, -1);
		return;
	}
	learn(x, &x->answer.token);
	if (x->step == OAUTH_HOP)
		x->hop++;
	if (x->hop < x->c->hop_count)
		hop(x);
	else
		finish(x, 0);
}

static void failed(struct exchange *x)
{
	x->fail = x->rq.fail;
	if (x->late) {
		fail_set(&x->fail, FAIL_AUTH, "no metadata server answers");
		fail_hint(&x->fail, "set GOOGLE_APPLICATION_CREDENTIALS; METADATA_SERVER_DETECTION=none where there is none");
	} else if (x->step == OAUTH_SUBJECT) {
		fail_wrap(&x->fail, "identity provider");
	}
	finish(x, -1);
}

static void take_subject(struct exchange *x)
{
	if (subject_extract(&x->subject, &x->c->subject, x->rq.answer.buf, x->rq.answer.len, &x->fail) < 0) {
		fail_wrap(&x->fail, "answer of the identity provider");
		finish(x, -1);
		return;
	}
	learn(x, &x->subject);
	grant(x);
}

static void answered(struct http_request *rq)
{
	struct exchange *x = rq->owner;

	loop_timer_stop(x->loop, &x->patience);
	if (!x->done)
		return;
	if (x->again) {
		x->again = false;
		grant(x);
	} else if (rq->rc < 0) {
		failed(x);
	} else if (x->step == OAUTH_SUBJECT) {
		take_subject(x);
	} else {
		granted(x);
	}
}

static void fetched(void *arg, int rc, const struct strbuf *token, const struct fail *f)
{
	struct exchange *x = arg;

	x->job = NULL;
	if (rc < 0) {
		x->fail = *f;
		finish(x, -1);
		return;
	}
	strbuf_add(&x->subject, token->buf, token->len);
	learn(x, &x->subject);
	grant(x);
}

/* ---- beginning and end ---- */
static void too_late(struct timer *t)
{
	struct exchange *x = (struct exchange *)t;

	x->late = true;
	http_cancel(&x->rq);
}

void exchange_init(struct exchange *x)
{
	x->answer = (struct oauth_answer)OAUTH_ANSWER_INIT;
	x->subject = x->body = x->bearer = (struct strbuf)STRBUF_SECRET;
	x->rq = (struct http_request)HTTP_REQUEST_INIT;
	x->patience.fire = too_late;
}

static int allow(struct http_peer *p, const char *url, struct fail *f,
                 int (*how)(struct http_peer *p, const char *origin, struct fail *f))
{
	struct strbuf origin = STRBUF_INIT;
	int rc = -1;

	if (http_split(url, &origin, NULL))
		rc = how(p, origin.buf, f);
	else
		fail_set(f, FAIL_CONFIG, "a credential names no proper address");
	strbuf_clear(&origin);
	return rc;
}

int exchange_allow(const struct credential *c, struct http_peer *p, struct fail *f)
{
	bool metadata = c->flow == FLOW_METADATA;

	if (c->token_url && allow(p, c->token_url, f, metadata ? http_peer_allow_metadata : http_peer_allow) < 0)
		return -1;
	if (c->subject.url && allow(p, c->subject.url, f, http_peer_allow_metadata) < 0)
		return -1;
	for (unsigned i = 0; i < c->hop_count; i++)
		if (allow(p, c->hops[i].url, f, http_peer_allow) < 0)
			return -1;
	return 0;
}

void exchange_start(struct exchange *x)
{
	const struct credential *c = x->c;

	x->fail = (struct fail)FAIL_INIT;
	x->refused = x->corrected = x->again = x->late = false;
	x->hop = 0;
	if (c->flow == FLOW_STS && c->subject.kind == SUBJECT_URL) {
		x->step = OAUTH_SUBJECT;
		send_request(x, "GET", c->subject.url, NULL);
	} else if (c->flow == FLOW_STS) {
		x->job = subject_fetch(x->loop, &c->subject, fetched, x);
	} else {
		if (c->flow == FLOW_METADATA)
			loop_timer(x->loop, &x->patience, METADATA_MS);
		grant(x);
	}
}

void exchange_stop(struct exchange *x)
{
	x->done = NULL;
	subject_abandon(x->job);
	x->job = NULL;
	loop_timer_stop(x->loop, &x->patience);
}

void exchange_clear(struct exchange *x)
{
	http_request_clear(&x->rq);
	strbuf_clear(&x->answer.token);
	strbuf_clear(&x->subject);
	strbuf_clear(&x->body);
	strbuf_clear(&x->bearer);
}
