/* One curl easy handle: the options and callbacks of an attempt.
 *
 * libcurl on its own sends a request again, up to five times, when a kept connection dies before an answer begins. It
 * cannot know whether the first one arrived, and we would count one attempt for two requests. So the callback that it
 * makes before it sends, on_begin, refuses the second time: nothing is ever sent twice that http.c did not decide to
 * send twice. */
#include "net/http_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

static void heard(struct http_handle *x)
{
	x->heard_ns = clock_mono_ns();
	x->queued = -1;
}

/* The name is resolved: whoever waited for that may start. */
static void scouted(struct http_handle *x)
{
	x->work->origin->resolved = true;
	if (!x->work->origin->scout)
		return;
	x->work->origin->scout = NULL;
	http_soon(x->http);
}

static int on_begin(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	struct http_handle *x = arg;

	(void)ip, (void)local_ip, (void)port, (void)local_port;
	if (x->begun) {
		x->stop = HTTP_STOP_RESENT;
		return CURL_PREREQFUNC_ABORT;
	}
	x->begun = true;
	heard(x);
	scouted(x);             /* also on a connection that was open already */
	return CURL_PREREQFUNC_OK;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct http_handle *x = arg;
	int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);

	(void)purpose;
	x->error_number = fd < 0 ? errno : 0;
	scouted(x);
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct http_handle *x = arg;
	size_t len = size * count;

	heard(x);
	x->header_bytes += len;
	x->headed = data[0] == '\n' || (len > 1 && data[0] == '\r' && data[1] == '\n');
	if (x->header_bytes <= HTTP_HEADERS_MOST)
		return len;
	x->stop = HTTP_STOP_HEADERS_LONG;
	return 0;
}

static size_t on_answer(char *data, size_t size, size_t count, void *arg)
{
	struct http_handle *x = arg;
	struct http_request *rq = x->work->rq;
	size_t len = size * count, most = rq->answer_most ? rq->answer_most : HTTP_ANSWER_MOST;
	long status = 0;

	heard(x);
	x->received += len;
	x->http->curl->easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	if (rq->sink && status < 300) {
		if (rq->sink(rq, data, len) == 0)
			return len;
		x->stop = HTTP_STOP_SINK;
		return 0;
	}
	bool fits = len <= most - rq->answer.len;
	strbuf_add(&rq->answer, data, fits ? len : most - rq->answer.len);
	if (fits)
		return len;
	/* What an error page says comes first, and the status alone decides. */
	x->cut = status >= 400;
	x->stop = HTTP_STOP_ANSWER_LONG;
	return 0;
}

static size_t on_body(char *out, size_t size, size_t count, void *arg)
{
	struct http_handle *x = arg;
	const struct http_request *rq = x->work->rq;
	uint64_t left = rq->size - x->given;
	size_t want = size * count < left ? size * count : (size_t)left;
	ssize_t got;

	heard(x);
	do {
		got = pread(rq->fd, out, want, (off_t)(rq->offset + x->given));
	} while (got < 0 && errno == EINTR);
	if (got > 0 || want == 0) {
		x->given += (uint64_t)got;
		return (size_t)got;
	}
	x->error_number = errno;
	x->stop = got < 0 ? HTTP_STOP_FILE_ERROR : HTTP_STOP_FILE_SHORT;
	return CURL_READFUNC_ABORT;
}

/* One file or one directory. From a file libcurl reads all authorities, once for the multi handle if there is no
 * directory beside it; that takes longer than all the rest of a run's beginning. From a directory OpenSSL reads the one
 * that it needs. */
static unsigned set_authorities(struct http_handle *x)
{
	const struct http *h = x->http;
	const struct libcurl *c = h->curl;
	const curl_version_info_data *info = c->version_info(CURLVERSION_NOW);
	const char *file = h->o.ca_file ? h->o.ca_file : info->cainfo, *directory = NULL;
	unsigned bad = 0;

	x->by_directory = h->by_directory;
	if (h->by_directory || !file) {
		directory = info->capath;
		file = NULL;
	}
	bad |= c->easy_setopt(x->easy, CURLOPT_CAINFO, file);
	bad |= c->easy_setopt(x->easy, CURLOPT_CAPATH, directory);
	bad |= c->easy_setopt(x->easy, CURLOPT_PROXY_CAINFO, file);
	bad |= c->easy_setopt(x->easy, CURLOPT_PROXY_CAPATH, directory);
	return bad;
}

/* What every request has: the safety rules of http.h. */
static unsigned set_rules(struct http_handle *x)
{
	struct http *h = x->http;
	const struct http_origin *o = x->work->origin;
	const struct libcurl *c = x->http->curl;
	CURL *e = x->easy;
	unsigned bad = 0;

	bad |= c->easy_setopt(e, CURLOPT_PROTOCOLS_STR, o->plain ? "http" : "https");
	bad |= c->easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= c->easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	bad |= c->easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	bad |= c->easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	bad |= c->easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= c->easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	bad |= c->easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	bad |= c->easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	bad |= set_authorities(x);
	if (o->plain)
		bad |= c->easy_setopt(e, CURLOPT_NOPROXY, "*");
	bad |= c->easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	bad |= c->easy_setopt(e, CURLOPT_USERAGENT, h->o.user_agent);
	bad |= c->easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	bad |= c->easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);     /* a cancelled request does not wait for the resolver */
	bad |= c->easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, HTTP_DNS_KEPT_S);
	bad |= c->easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)x->work->rq->lane->peer->connect_ms);
	bad |= c->easy_setopt(e, CURLOPT_FRESH_CONNECT, x->work->fresh ? 1L : 0L);
	return bad;
}

static unsigned set_callbacks(struct http_handle *x)
{
	const struct libcurl *c = x->http->curl;
	CURL *e = x->easy;
	unsigned bad = 0;

	bad |= c->easy_setopt(e, CURLOPT_PRIVATE, x);
	bad |= c->easy_setopt(e, CURLOPT_ERRORBUFFER, x->message);
	bad |= c->easy_setopt(e, CURLOPT_PREREQFUNCTION, on_begin);
	bad |= c->easy_setopt(e, CURLOPT_PREREQDATA, x);
	bad |= c->easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	bad |= c->easy_setopt(e, CURLOPT_OPENSOCKETDATA, x);
	bad |= c->easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	bad |= c->easy_setopt(e, CURLOPT_HEADERDATA, x);
	bad |= c->easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
	bad |= c->easy_setopt(e, CURLOPT_WRITEDATA, x);
	bad |= c->easy_setopt(e, CURLOPT_READFUNCTION, on_body);
	bad |= c->easy_setopt(e, CURLOPT_READDATA, x);
	return bad;
}

static void add_line(struct http_handle *x, const char *line)
{
	struct curl_slist *more = NULL;
	bool fit = true;

	for (const unsigned char *c = (const unsigned char *)line; *c; c++)
		fit &= *c >= ' ' && *c != 127;
	if (fit)
		more = x->http->curl->slist_append(x->lines, line);
	if (more)
		x->lines = more;
	else
		x->stop = HTTP_STOP_HEADER_LINE;
}

void http_add_header(struct http_request *rq, const char *line)
{
	add_line(rq->work->handle, line);
}

/* Method, body and lines. libcurl's POST is its way to send any body; for methods that have one by nature an empty one
 * is sent as such ("Content-Length: 0"). */
static unsigned set_request(struct http_handle *x, struct http_request *rq)
{
	const struct libcurl *c = x->http->curl;
	CURL *e = x->easy;
	bool bodied = rq->size > 0 || strcmp(rq->method, "POST") == 0 || strcmp(rq->method, "PUT") == 0 ||
		strcmp(rq->method, "PATCH") == 0;
	unsigned bad = c->easy_setopt(e, CURLOPT_URL, rq->url);

	if (rq->flags & HTTP_HEAD_ONLY) {
		bad |= c->easy_setopt(e, CURLOPT_NOBODY, 1L);
	} else if (bodied) {
		bad |= c->easy_setopt(e, CURLOPT_POST, 1L);
		bad |= c->easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->size);
		if (rq->fd < 0 || rq->size == 0)
			bad |= c->easy_setopt(e, CURLOPT_POSTFIELDS, rq->size ? rq->body : "");
		add_line(x, "Expect:");         /* of the defaults, a line without a value takes away */
	}
	bad |= c->easy_setopt(e, CURLOPT_CUSTOMREQUEST, rq->method);
	if (rq->content_type) {
		struct strbuf line = STRBUF_INIT;
		strbuf_addf(&line, "Content-Type: %s", rq->content_type);
		add_line(x, line.buf);
		strbuf_clear(&line);
	} else if (bodied) {
		add_line(x, "Content-Type:");
	}
	if (rq->headers)
		rq->headers(rq);
	bad |= c->easy_setopt(e, CURLOPT_HTTPHEADER, x->lines);
	return bad;
}

static struct http_handle *take(struct http *h)
{
	struct http_handle *x;

	if (!link_empty(&h->idle)) {
		x = link_owner(h->idle.next, struct http_handle, link);
		link_out(&x->link);
		return x;
	}
	x = xcalloc(1, sizeof *x);
	link_init(&x->link);
	x->http = h;
	x->easy = h->curl->easy_init();
	return x;
}

struct http_handle *http_handle_begin(struct http *h, struct http_work *w)
{
	struct http_handle *x = take(h);
	struct http_handle kept = { .link = x->link, .http = h, .easy = x->easy, .work = w };

	*x = kept;
	link_init(&x->link);
	w->handle = x;
	x->socket = CURL_SOCKET_BAD;
	x->began_ns = x->heard_ns = clock_mono_ns();
	x->queued = -1;
	if (!x->easy || set_rules(x) != 0 || set_callbacks(x) != 0 || set_request(x, w->rq) != 0)
		x->stop = HTTP_STOP_OPTIONS;
	return x;
}

void http_handle_end(struct http_handle *x)
{
	if (!x)
		return;
	x->http->curl->slist_free_all(x->lines);
	x->lines = NULL;
	x->work = NULL;
	if (x->easy)
		x->http->curl->easy_reset(x->easy);
	link_out(&x->link);
	link_before(&x->http->idle, &x->link);
}

void http_handle_free(struct http_handle *x)
{
	link_out(&x->link);
	x->http->curl->easy_cleanup(x->easy);
	free(x);
}
