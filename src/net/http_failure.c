/* What it means when no complete answer came. */
#include "net/http_inside.h"

#include <errno.h>
#include <string.h>

#define ELSEWHERE "a proxy or an endpoint with an authority of its own needs that authority's certificate as CA file"

/* libcurl's own words, where they say more than a code and hold neither URL nor header. */
static const char *words(const struct http_handle *x, CURLcode code)
{
	return x->message[0] ? x->message : x->http->curl->easy_strerror(code);
}

static void add_error(struct strbuf *why, const char *what, int err)
{
	char text[128];

	strbuf_addf(why, err ? "%s: %s" : "%s", what, strerror_r(err, text, sizeof text));
}

static void add_seconds(struct strbuf *why, int64_t ms)
{
	strbuf_addf(why, ms < 10000 && ms % 1000 ? "%.1f s" : "%.0f s", (double)ms / 1000);
}

static enum fail_kind stopped(struct http_request *rq, const struct http_handle *x, struct strbuf *why)
{
	const struct http_peer *p = rq->lane->peer;
	size_t most = rq->answer_most ? rq->answer_most : HTTP_ANSWER_MOST;

	switch (x->stop) {
	case HTTP_STOP_HEADERS_LONG:
		strbuf_addf(why, "the headers of the answer are longer than %zu KiB", HTTP_HEADERS_MOST / 1024);
		return FAIL_REMOTE;
	case HTTP_STOP_ANSWER_LONG:
		strbuf_addf(why, "the answer is longer than %zu bytes", most);
		return FAIL_REMOTE;
	case HTTP_STOP_FILE_SHORT:
		strbuf_addstr(why, "the file that is sent has become shorter");
		return FAIL_LOCAL;
	case HTTP_STOP_FILE_ERROR:
		add_error(why, "the file that is sent cannot be read", x->error_number);
		return FAIL_LOCAL;
	case HTTP_STOP_RESENT:
		strbuf_addstr(why, "the connection broke before an answer came");
		return FAIL_LINK;
	case HTTP_STOP_IDLE:
		strbuf_addstr(why, "nothing moved for ");
		add_seconds(why, p->idle_ms);
		return FAIL_LINK;
	case HTTP_STOP_LATE:
		strbuf_addstr(why, "not done within ");
		add_seconds(why, http_patience_ms(rq));
		return FAIL_LINK;
	case HTTP_STOP_HEADER_LINE:
		strbuf_addstr(why, "a header line holds a control character");
		return FAIL_CONFIG;
	default:
		strbuf_addstr(why, "libcurl refuses an option");
		return FAIL_LOCAL;
	}
}

/* No connection: nothing was sent. */
static enum fail_kind unconnected(const struct http_handle *x, CURLcode code, struct strbuf *why)
{
	const struct http_work *w = x->work;
	const char *host = w->origin->text;
	long err = 0, proxied = 0;

	x->http->curl->easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &err);
	x->http->curl->easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &proxied);
	if (proxied >= 300) {
		strbuf_addf(why, "the proxy answers %ld to CONNECT", proxied);
		return proxied == 407 ? FAIL_AUTH : proxied == 429 || proxied >= 500 ? FAIL_LINK : FAIL_REMOTE;
	}
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		strbuf_addf(why, "cannot find the address of %s", code == CURLE_COULDNT_RESOLVE_HOST ? host : "the proxy");
		return FAIL_LINK;
	case CURLE_OPERATION_TIMEDOUT:
		strbuf_addf(why, "no connection to %s within ", host);
		add_seconds(why, w->rq->lane->peer->connect_ms);
		return FAIL_LINK;
	case CURLE_COULDNT_CONNECT:
		if (x->error_number == EMFILE || x->error_number == ENFILE || x->error_number == ENOBUFS) {
			add_error(why, "cannot open a socket", x->error_number);
			return FAIL_LOCAL;
		}
		strbuf_addf(why, "cannot connect to %s", host);
		if (err)
			add_error(why, "", (int)err);
		return FAIL_LINK;
	case CURLE_SSL_CONNECT_ERROR:
		strbuf_addf(why, "no TLS with %s: ", host);
		strbuf_addescaped(why, words(x, code), strlen(words(x, code)));
		return FAIL_LINK;
	default:
		strbuf_addf(why, "no connection to %s: %s", host, x->http->curl->easy_strerror(code));
		return FAIL_LINK;
	}
}

static enum fail_kind broken(const struct http_handle *x, CURLcode code, struct strbuf *why)
{
	long err = 0;

	x->http->curl->easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &err);
	switch (code) {
	case CURLE_GOT_NOTHING:
		strbuf_addstr(why, "the connection was closed before an answer came");
		return FAIL_LINK;
	case CURLE_PARTIAL_FILE:
		strbuf_addstr(why, "the answer was cut short");
		return FAIL_LINK;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		if (err == ECONNRESET || err == EPIPE)
			strbuf_addstr(why, "the connection was reset");
		else
			add_error(why, "the connection broke", (int)err);
		return FAIL_LINK;
	default:
		strbuf_addf(why, "no usable answer: %s", x->http->curl->easy_strerror(code));
		return FAIL_REMOTE;
	}
}

void http_failure(struct http_request *rq, struct http_handle *x, CURLcode code, struct strbuf *why)
{
	struct strbuf text = STRBUF_INIT;
	struct fail *f = &rq->fail;
	enum fail_kind kind;

	http_answer_asked(&text, rq);
	if (x->stop == HTTP_STOP_SINK) {
		strbuf_addstr(why, f->text);
		fail_wrap(f, "%s", text.buf);
		strbuf_clear(&text);
		return;
	}
	if (code == CURLE_PEER_FAILED_VERIFICATION) {
		strbuf_addf(why, "the certificate of %s is refused: ", x->work->origin->text);
		strbuf_addescaped(why, words(x, code), strlen(words(x, code)));
		kind = FAIL_REMOTE;
	} else if (code == CURLE_SSL_CACERT_BADFILE) {
		strbuf_addstr(why, "the CA file cannot be read");
		kind = FAIL_CONFIG;
	} else if (x->stop) {
		kind = stopped(rq, x, why);
	} else if (!x->begun) {
		kind = unconnected(x, code, why);
	} else {
		kind = broken(x, code, why);
	}
	fail_set(f, kind, "%s: %s", text.buf, why->buf);
	f->code = x->stop ? x->error_number : (int)code;
	const char *ca = x->http->o.ca_file;
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		fail_hint(f, ELSEWHERE "%s%s", ca ? "; now it is " : "", ca ? ca : "");
	else if (code == CURLE_SSL_CACERT_BADFILE && ca)
		fail_hint(f, "it was to be %s", ca);
	strbuf_clear(&text);
}
