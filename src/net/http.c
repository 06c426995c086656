/* The engine: what starts when, what the end of an attempt means, and done(). */
#include "net/http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http_inside.h"
#include "net/retry.h"

#define FILES_ELSEWHERE 128             /* descriptors that the rest of the program may need */

/* Of a small limit the rest of the program gets half. */
static unsigned ceiling(unsigned asked)
{
	rlim_t most = asked && asked < HTTP_WIDTH_MOST ? asked : HTTP_WIDTH_MOST;
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		rlim_t elsewhere = files.rlim_cur / 2 < FILES_ELSEWHERE ? files.rlim_cur / 2 : FILES_ELSEWHERE;
		rlim_t left = files.rlim_cur > elsewhere + 1 ? files.rlim_cur - elsewhere : 1;
		most = left < most ? left : most;
	}
	return (unsigned)most;
}

static void turn_end(struct timer *t);

struct http *http_new(struct loop *l, const struct http_options *o)
{
	struct http *h = xcalloc(1, sizeof *h);

	h->loop = l;
	h->o = *o;
	h->width = ceiling(o->width);
	h->turn_end.fire = turn_end;
	link_init(&h->peers);
	link_init(&h->over);
	link_init(&h->active);
	link_init(&h->idle);
	return h;
}

void http_warm(struct http *h)
{
	if (!h->curl)
		h->curl = libcurl_begin();
}

void http_remember(struct http *h, const char *path)
{
	free(h->memory);
	h->memory = xstrdup(path);
}

void http_free(struct http *h)
{
	if (!h)
		return;
	assert(link_empty(&h->peers) && !h->telling);
	http_multi_close(h);
	libcurl_free(h->curl);
	free(h->memory);
	loop_timer_stop(h->loop, &h->turn_end);
	free(h);
}

void http_expect(struct http *h, uint64_t requests)
{
	h->expected += requests;
}

uint64_t http_attempts(const struct http *h)
{
	return h->attempts;
}

void http_soon(struct http *h)
{
	if (!h->turn_end.armed)
		loop_timer(h->loop, &h->turn_end, 0);
}

/* Calls back with the answer's headers at hand. The callback may free the request, its lane and its peer. */
static void tell(struct http *h, struct http_request *rq, const struct http_handle *x,
	void (*call)(struct http_request *rq))
{
	const struct http_request *telling = h->telling;
	const struct http_handle *told = h->told;

	h->telling = rq;
	h->told = x;
	call(rq);
	h->telling = telling;
	h->told = told;
}

static void finish(struct http_work *w)
{
	struct http_request *rq = w->rq;
	struct http *h = rq->lane->peer->http;
	struct http_handle *x = w->handle;

	http_queue_remove(w);
	rq->work = NULL;
	free(w);
	tell(h, rq, x, rq->done);
	http_handle_end(x);
}

static void refuse(struct http_work *w, enum fail_kind kind, const char *why)
{
	struct strbuf asked = STRBUF_INIT;

	http_answer_asked(&asked, w->rq);
	fail_set(&w->rq->fail, kind, "%s: %s", asked.buf, why);
	w->rq->rc = -1;
	w->refused = true;
	w->class = HTTP_CLASS_OVER;
	http_queue_add(w, false);
	http_soon(w->rq->lane->peer->http);
	strbuf_clear(&asked);
}

void http_send(struct http_lane *l, struct http_request *rq)
{
	struct http_work *w = xcalloc(1, sizeof *w);
	struct strbuf origin = STRBUF_INIT, why = STRBUF_INIT;

	assert(!rq->work && !l->closing);
	link_init(&w->link);
	w->rq = rq;
	w->class = rq->size > HTTP_LIGHT ? HTTP_CLASS_HEAVY : HTTP_CLASS_LIGHT;
	if (rq->flags & HTTP_URGENT)
		w->class = HTTP_CLASS_URGENT;
	rq->lane = l;
	rq->work = w;
	rq->rc = 0;
	rq->fail = (struct fail)FAIL_INIT;
	rq->status = 0;
	rq->retry_after_ms = 0;
	rq->date_s = -1;
	rq->attempts = 0;
	rq->maybe_arrived = false;
	strbuf_clear(&rq->answer);
	rq->answer.secret = (rq->flags & HTTP_SECRET) != 0;
	if (!http_split(rq->url, &origin, NULL)) {
		refuse(w, FAIL_CONFIG, "its URL cannot be used");
	} else if (!(w->origin = http_peer_origin(l->peer, origin.buf))) {
		strbuf_addf(&why, "%s is not a host of %s", origin.buf, l->peer->name);
		refuse(w, FAIL_CONFIG, why.buf);
	} else {
		http_queue_add(w, false);
		http_soon(l->peer->http);
	}
	strbuf_clear(&origin);
	strbuf_clear(&why);
}

void http_cancel(struct http_request *rq)
{
	struct http_work *w = rq->work;

	if (!w || w->cancelled || w->refused)
		return;
	w->cancelled = true;
	loop_timer_stop(rq->lane->peer->http->loop, &w->pause);
	http_queue_remove(w);
	w->class = HTTP_CLASS_OVER;
	http_queue_add(w, false);
	http_soon(rq->lane->peer->http);
}

void http_lane_cancel(struct http_lane *l)
{
	for (int c = 0; c < HTTP_CLASS_OVER; c++)
		while (!link_empty(&l->queue[c]))
			http_cancel(link_owner(l->queue[c].next, struct http_work, link)->rq);
	while (!link_empty(&l->out))
		http_cancel(link_owner(l->out.next, struct http_work, link)->rq);
}

/* The attempt holds no place any more. */
static void withdraw(struct http_handle *x)
{
	struct http_work *w = x->work;
	struct http_peer *p = w->rq->lane->peer;

	if (!x->active)
		return;
	x->active = false;
	x->http->sending--;
	p->sending--;
	p->bytes -= w->rq->size;
	if (w->origin->scout == w)
		w->origin->scout = NULL;
	w->origin->resolved = true;     /* or not: the rest need not go one by one to a dead resolver */
	http_multi_remove(x);
	link_out(&x->link);
	http_soon(x->http);
}

static void trace(struct http_handle *x, const char *failure)
{
	struct http *h = x->http;
	const struct http_request *rq = x->work->rq;
	struct strbuf path = STRBUF_INIT;
	curl_off_t sent = 0;
	size_t len;

	if (!h->o.trace)
		return;
	const char *text = http_answer_path(rq, &len);
	strbuf_add(&path, text, len);
	x->http->curl->easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	struct http_trace t = {
		.lane = rq->lane->name, .method = rq->method, .path = path.buf, .status = rq->status, .failure = failure,
		.ms = (double)(clock_mono_ns() - x->began_ns) / 1e6, .sent = (uint64_t)sent, .received = x->received,
		.attempt = rq->attempts,
	};
	h->o.trace(h->o.trace_arg, &t);
	strbuf_clear(&path);
}

/* Ends a work that is cancelled or was never to be sent. */
static void finish_over(struct http_work *w)
{
	struct http_request *rq = w->rq;
	struct http_handle *x = w->handle;
	struct strbuf asked = STRBUF_INIT;

	if (x && x->active) {
		withdraw(x);
		rq->maybe_arrived |= x->begun;
		trace(x, "cancelled");
	}
	if (w->cancelled) {
		http_answer_asked(&asked, rq);
		rq->rc = fail_set(&rq->fail, FAIL_CANCELLED, "%s: cancelled", asked.buf);
		strbuf_clear(&asked);
	}
	finish(w);
}

void http_lane_free(struct http_lane *l)
{
	if (!l)
		return;
	struct http_work *w;
	l->closing = true;
	http_lane_cancel(l);
	while ((w = http_queue_over_in(l)))
		finish_over(w);
	l->peer->lanes--;
	free(l);
}

static void pause_over(struct timer *t)
{
	struct http_work *w = link_owner(t, struct http_work, pause);

	http_queue_remove(w);
	http_queue_add(w, true);
	http_soon(w->rq->lane->peer->http);
}

static unsigned budget_left(const struct http *h)
{
	unsigned budget = retry_budget(h->expected);

	return h->retries < budget ? budget - (unsigned)h->retries : 0;
}

/* Says behind the failure why it was not tried (once more). */
static void say_why_no_more(struct http_request *rq, const struct retry *r, unsigned budget)
{
	struct fail *f = &rq->fail;
	char more[80] = "";
	size_t len = strlen(f->text);

	if (r->verdict == RETRY_PENDING)
		snprintf(more, sizeof more, " (wants to be asked again in %u s)", f->retry_after_ms / 1000);
	else if (budget == 0 && rq->attempts < RETRY_TRIES && (f->kind == FAIL_BUSY || f->kind == FAIL_LINK))
		snprintf(more, sizeof more, " (not tried again: the retries of this run are used up)");
	else if (rq->attempts > 1)
		snprintf(more, sizeof more, " (after %u attempts)", rq->attempts);
	if (len > sizeof f->text - sizeof more)
		len = sizeof f->text - sizeof more;
	snprintf(f->text + len, sizeof f->text - len, "%s", more);
}

/* Whether it goes better if it is made again at once, which costs nothing of the budget. */
static bool put_right(struct http_work *w, const struct http_handle *x, CURLcode code, bool harmless)
{
	/* That a kept connection dies under a request is how the far side closes it (RFC 9112 9.5), not a trouble. */
	if (x->stop == HTTP_STOP_RESENT && harmless && !w->fresh) {
		w->fresh = true;
		return true;
	}
	/* An authority that was only put into the system's file is not in its directory. */
	if (code == CURLE_PEER_FAILED_VERIFICATION && x->by_directory) {
		x->http->by_directory = false;
		return true;
	}
	return false;
}

/* One of too many at once, of which there are fewer from now on: that is mended, so it costs nothing, once a request. A
 * burst at a service with a limit would else use up what is there for real trouble. */
static bool excused(struct http_work *w, const struct http_handle *x)
{
	bool first = !w->excused;

	if (w->rq->status != 429 || w->rq->fail.kind != FAIL_BUSY)
		return false;
	if (!http_width_narrowed_since(&w->rq->lane->peer->width, x->began_ns))
		return false;
	w->excused = true;
	return first;
}

/* Arms the pause before another attempt, unless there is to be none. */
static bool again(struct http_work *w, const struct http_handle *x, CURLcode code)
{
	struct http_request *rq = w->rq;
	struct http *h = x->http;
	struct retry r = { .verdict = RETRY_NEVER };
	bool harmless = (rq->flags & HTTP_REPEATABLE) || !x->begun || rq->status == 429;
	unsigned budget = budget_left(h);
	uint32_t random = 0;

	if (!put_right(w, x, code, harmless)) {
		if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
			random = (uint32_t)clock_mono_ns();
		bool free_of_charge = excused(w, x);
		if (harmless)
			r = retry_judge(&rq->fail, rq->attempts, free_of_charge ? 1 : budget, random);
		if (r.verdict != RETRY_WAIT) {
			say_why_no_more(rq, &r, harmless ? budget : 1);
			return false;
		}
		h->retries += !free_of_charge;
	}
	w->pause.fire = pause_over;
	loop_timer(h->loop, &w->pause, r.delay_ms);
	return true;
}

/* What the attempt teaches about the peer's width. */
static void learn(struct http_handle *x, CURLcode code, bool answered, bool waits)
{
	const struct http_request *rq = x->work->rq;
	struct http_width *w = &rq->lane->peer->width;
	int64_t now = clock_mono_ns();

	/* How long it takes to get through says nothing about how much may be asked there. */
	if (!x->begun && !answered)
		return;
	if (x->stop == HTTP_STOP_IDLE || x->stop == HTTP_STOP_LATE || (!x->stop && code == CURLE_OPERATION_TIMEDOUT))
		http_width_trouble(w, x->began_ns, now, HTTP_TROUBLE_STALL);
	else if (answered && rq->status == 429)
		http_width_trouble(w, x->began_ns, now, HTTP_TROUBLE_REFUSED);
	else if (answered && rq->status == 503)
		http_width_trouble(w, x->began_ns, now, HTTP_TROUBLE_UNAVAILABLE);
	else if (answered)
		http_width_answer(w, now, rq->size + x->received, waits);
}

/* Runs the request's judge, or the usual one. */
static void judge(struct http_request *rq)
{
	if ((rq->judge ? rq->judge : http_judge)(rq) == HTTP_OK) {
		rq->rc = 0;
		return;
	}
	rq->rc = -1;
	rq->fail.retry_after_ms = rq->retry_after_ms;
}

void http_attempt_over(struct http_handle *x, CURLcode code)
{
	struct http_work *w = x->work;
	struct http_request *rq = w->rq;
	struct http *h = x->http;
	struct strbuf why = STRBUF_INIT;
	bool waits = http_queue_waits(rq->lane->peer);

	if (w->cancelled)               /* its done() is waiting already */
		return;
	if (code == CURLE_SEND_FAIL_REWIND)     /* libcurl would have sent it again, and could not */
		x->stop = HTTP_STOP_RESENT;
	else if (code == CURLE_OK && !x->headed)        /* libcurl is content with half of the headers */
		code = CURLE_PARTIAL_FILE;
	withdraw(x);
	tell(h, rq, x, http_answer_headers);
	bool answered = x->cut || (code == CURLE_OK && !x->stop);
	if (answered) {
		tell(h, rq, x, judge);
	} else {
		rq->rc = -1;
		http_failure(rq, x, code, &why);
	}
	learn(x, code, answered, waits);
	trace(x, answered ? NULL : why.buf);
	strbuf_clear(&why);
	if (rq->rc < 0)                 /* a refusal was not carried out; anything else may have been */
		rq->maybe_arrived |= x->begun && !(answered && rq->status >= 300 && rq->status < 500);
	if (w->cancelled)               /* by its judge */
		return;
	if (rq->rc == 0 || !again(w, x, code)) {
		finish(w);
		return;
	}
	w->handle = NULL;
	http_handle_end(x);
}

/* Begins an attempt. */
static void start(struct http *h, struct http_work *w)
{
	struct http_request *rq = w->rq;
	struct http_lane *l = rq->lane;

	struct fail f = FAIL_INIT;

	if (http_multi_open(h, &f) < 0) {
		refuse(w, f.kind, f.text);
		if (*f.hint)
			fail_hint(&rq->fail, "%s", f.hint);
		return;
	}
	link_before(&l->out, &w->link);
	rq->attempts++;
	l->attempts++;
	h->attempts++;
	rq->fail = (struct fail)FAIL_INIT;
	rq->status = 0;
	rq->retry_after_ms = 0;
	rq->date_s = -1;
	strbuf_clear(&rq->answer);
	struct http_handle *x = http_handle_begin(h, w);
	x->active = true;
	h->sending++;
	l->peer->sending++;
	l->peer->bytes += rq->size;
	link_before(&h->active, &x->link);
	if (!w->origin->resolved)
		w->origin->scout = w;
	if (!x->stop && rq->attempts > 1 && rq->sink && rq->sink(rq, NULL, 0) != 0)
		x->stop = HTTP_STOP_SINK;
	if (!x->stop && !http_multi_add(x))
		x->stop = HTTP_STOP_OPTIONS;
	if (x->stop) {
		http_attempt_over(x, CURLE_OK);
		return;
	}
	int64_t first = l->peer->idle_ms / 2, last = http_patience_ms(rq);
	http_multi_sweep_in(h, first < last ? first : last);
}

static void turn_end(struct timer *t)
{
	struct http *h = link_owner(t, struct http, turn_end);
	struct http_handle *x;
	struct http_work *w;
	CURLcode code;
	bool begun = false;

	while ((x = http_multi_ended(h, &code)))
		http_attempt_over(x, code);
	while ((w = http_queue_over(h)))
		finish_over(w);
	while ((w = http_queue_next(h))) {
		start(h, w);
		begun = true;
	}
	if (begun && h->multi)
		http_multi_kick(h);
}
