#include "host/firebase/call.h"

#include <stdlib.h>
#include <string.h>

#include "host/firebase/token.h"

struct call *call_new(struct place *p, struct op *op, const char *method, void (*done)(struct call *c))
{
	struct call *c = xcalloc(1, sizeof *c);

	c->place = p;
	c->op = op;
	c->done = done;
	c->path = c->body = (struct strbuf)STRBUF_INIT;
	c->rq = (struct http_request)HTTP_REQUEST_INIT;
	c->rq.method = method;
	c->rq.owner = c;
	return c;
}

void call_free(struct call *c)
{
	if (!c)
		return;
	json_doc_free(c->doc);
	http_request_clear(&c->rq);
	strbuf_clear(&c->path);
	strbuf_clear(&c->body);
	arena_clear(&c->token_mem);
	free(c);
}

void call_site(struct call *c)
{
	strbuf_addstr(&c->path, "/v1beta1/projects/");
	http_escape(&c->path, c->place->project, "");
	strbuf_addstr(&c->path, "/sites/");
	http_escape(&c->path, c->place->site, "");
}

int call_fail(const struct call *c, struct op *op)
{
	op->fail = c->rq.fail;
	return -1;
}

/* ---- what an error means ---- */

static const json *error_of(const struct http_request *rq, struct json_doc **doc)
{
	struct fail ignored = FAIL_INIT;

	*doc = NULL;
	if (!rq->answer.len || json_parse(doc, "answer", rq->answer.buf, rq->answer.len, 0, &ignored) < 0)
		return NULL;
	return json_get(json_root(*doc), "error");
}

bool call_says(const struct call *c, const char *text)
{
	struct json_doc *doc;
	const char *message = json_string(json_get(error_of(&c->rq, &doc), "message"));
	bool says = message && strstr(message, text);

	json_doc_free(doc);
	return says;
}

static bool has_reason(const json *error, const char *reason)
{
	for (const json *d = json_first(json_get(error, "details")); d; d = json_next(d))
		if (json_string(json_get(d, "reason")) && strcmp(json_string(json_get(d, "reason")), reason) == 0)
			return true;
	return false;
}

static void hint_rights(const struct call *c, const json *error, struct fail *f)
{
	const struct place *p = c->place;

	if (has_reason(error, "SERVICE_DISABLED"))
		fail_hint(f, "enable the Firebase Hosting API in project %s (or set GOOGLE_CLOUD_QUOTA_PROJECT to one "
				"that has it)",
			  p->project);
	else
		fail_hint(f, "the credential needs the role Firebase Hosting Admin on project %s; slipway check --online tells",
			  p->project);
}

static void hint_missing(const struct call *c, struct fail *f)
{
	const struct place *p = c->place;

	if (strstr(c->path.buf, "/versions/"))
		fail_hint(f, "somebody may have removed that version: give the same command again");
	else
		fail_hint(f, "is there a site %s in project %s? firebase hosting:sites:list shows them, "
				"hosting:sites:create makes one",
			  p->site, p->project);
}

static enum http_verdict judge(struct http_request *rq)
{
	const struct call *c = rq->owner;
	enum http_verdict verdict = http_judge(rq);
	struct json_doc *doc;
	const json *error;

	if (verdict == HTTP_OK)
		return verdict;
	error = error_of(rq, &doc);
	if (rq->status == 401)
		fail_hint(&rq->fail, "may this account use project %s? slipway check --online tells", c->place->project);
	if (rq->status == 403)
		hint_rights(c, error, &rq->fail);
	if (rq->status == 404)
		hint_missing(c, &rq->fail);
	if (rq->status == 429 && json_string(json_get(error, "message")) &&
	    strstr(json_string(json_get(error, "message")), "channel quota"))
		rq->fail.kind = FAIL_REMOTE;    /* no waiting helps */
	json_doc_free(doc);
	return verdict;
}

/* ---- sending ---- */

static void add_headers(struct http_request *rq)
{
	struct call *c = rq->owner;
	const struct token *t = c->place->session->token;
	struct strbuf line = STRBUF_INIT;

	c->token = token_number(t);
	if (c->token)
		http_add_header(rq, token_bearer(t));
	if (token_quota_project(t)) {
		strbuf_addf(&line, "x-goog-user-project: %s", token_quota_project(t));
		http_add_header(rq, line.buf);
	}
	strbuf_clear(&line);
}

static int parse(struct call *c)
{
	struct http_request *rq = &c->rq;
	struct strbuf path = STRBUF_INIT;
	struct fail why = FAIL_INIT;

	if (!rq->answer.len)
		return 0;
	if (json_parse(&c->doc, "answer", rq->answer.buf, rq->answer.len, JSON_DUPLICATES_LAST_WINS, &why) == 0) {
		c->answer = json_root(c->doc);
		return 0;
	}
	http_split(rq->url, NULL, &path);
	fail_set(&rq->fail, FAIL_REMOTE, "%s %.*s: what was answered is not JSON (%s)", rq->method,
		 (int)strcspn(path.buf, "?"), path.buf, why.text);
	fail_hint(&rq->fail, "is there a proxy or a sign-in page between here and %s?", c->place->session->api);
	strbuf_clear(&path);
	return -1;
}

static void with_token(struct call *c);

static void answered(struct http_request *rq)
{
	struct call *c = rq->owner;

	struct token *t = c->place->session->token;

	if (rq->status == 401)
		token_refused(t, c->token);
	else if (rq->status > 0)
		token_accepted(t, c->token);
	if (rq->rc < 0 && rq->status == 401 && !c->renewed && c->token) {
		c->renewed = true;
		http_request_clear(rq);
		with_token(c);
		return;
	}
	if (rq->rc < 0 && rq->fail.kind == FAIL_CANCELLED && rq->status >= 400) {
		struct fail was = rq->fail;
		fail_set(&rq->fail, was.kind, "%s; it was answered %ld before", was.text, rq->status);
	}
	c->rc = rq->rc;
	if (c->rc == 0 && !c->raw)
		c->rc = parse(c);
	c->done(c);
}

static void end_early(struct call *c, const struct fail *f)
{
	c->rq.fail = *f;
	c->rq.rc = c->rc = -1;
	c->done(c);
}

static void have_token(struct op *op)
{
	struct call *c = op->owner;
	struct session *s = c->place->session;
	struct fail f = FAIL_INIT;

	for (struct call **at = &c->place->waiting; *at; at = &(*at)->next_waiting) {
		if (*at == c) {
			*at = c->next_waiting;
			break;
		}
	}
	if (op->rc < 0) {
		end_early(c, &op->fail);
		return;
	}
	if (c->op && atomic_load(&c->op->cancel)) {
		fail_set(&f, FAIL_CANCELLED, "interrupted");
		end_early(c, &f);
		return;
	}
	if (c->path.buf[0] == '/') {
		struct strbuf url = STRBUF_INIT;
		strbuf_addf(&url, "%s%s", s->api, c->path.buf);
		strbuf_clear(&c->path);
		c->path = url;
	}
	c->rq.url = c->path.buf;
	if (c->body.len) {
		c->rq.body = c->body.buf;
		c->rq.size = c->body.len;
		c->rq.content_type = "application/json";
	}
	if (!c->once)
		c->rq.flags |= HTTP_REPEATABLE;
	c->rq.headers = add_headers;
	c->rq.judge = judge;
	c->rq.done = answered;
	http_send(c->place->lane, &c->rq);
}

static void with_token(struct call *c)
{
	c->token_op = (struct op){ .done = have_token, .owner = c, .mem = &c->token_mem };
	c->next_waiting = c->place->waiting;
	c->place->waiting = c;
	token_want(c->place->session->token, &c->token_op);
}

void call_cancel(struct place *p)
{
	begin_cancel(p);
	clone_cancel(p);
	for (struct call *c = p->waiting; c; c = c->next_waiting)
		token_unwant(p->session->token, &c->token_op);
	http_lane_cancel(p->lane);
}

void call_send(struct call *c)
{
	with_token(c);
}
