/* The multi handle on the loop: libcurl says which sockets it waits for and when it wants to be called, the loop
 * waits. Deadlines that libcurl does not know are looked at here, all by one timer. */
#include "net/http_inside.h"

#include <dirent.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/mem.h"

#define NS_PER_MS 1000000
#define KEPT_LEAST 8                    /* connections: a run with -j 1 still talks to more than one host */

struct http_socket {
	struct watch watch;             /* first */
	struct http *http;
	struct http_socket *next;       /* spare */
};

static void act(struct http *h, curl_socket_t socket, int events)
{
	int running = 0;

	h->curl->multi_socket_action(h->multi, socket, events, &running);
	if ((unsigned)running < h->sending)
		http_soon(h);
}

static void socket_ready(struct watch *w, short revents)
{
	struct http *h = ((struct http_socket *)w)->http;
	int events = 0;

	if (revents & (POLLIN | POLLHUP))
		events |= CURL_CSELECT_IN;
	if (revents & POLLOUT)
		events |= CURL_CSELECT_OUT;
	if (revents & (POLLERR | POLLNVAL))
		events |= CURL_CSELECT_ERR;
	act(h, w->fd, events);
}

static void curl_timer_fire(struct timer *t)
{
	act(link_owner(t, struct http, curl_timer), CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	if (ms < 0)
		loop_timer_stop(h->loop, &h->curl_timer);
	else
		loop_timer(h->loop, &h->curl_timer, ms);
	return 0;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *arg, void *socket_arg)
{
	struct http *h = arg;
	struct http_socket *s = socket_arg;
	struct http_handle *x = NULL;

	if (what == CURL_POLL_REMOVE) {
		if (s) {
			loop_unwatch(h->loop, &s->watch);
			s->next = h->spare;
			h->spare = s;
		}
		return 0;
	}
	if (!s) {
		s = h->spare ? h->spare : xcalloc(1, sizeof *s);
		h->spare = s->next;
		s->http = h;
		s->watch.ready = socket_ready;
		h->curl->multi_assign(h->multi, socket, s);
	}
	s->watch.fd = socket;
	s->watch.events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
	loop_watch(h->loop, &s->watch);
	if (h->curl->easy_getinfo(easy, CURLINFO_PRIVATE, &x) == CURLE_OK && x)
		x->socket = socket;
	return 0;
}

int64_t http_patience_ms(const struct http_request *rq)
{
	return rq->lane->peer->request_ms + (int64_t)(rq->size / 32 * 1000 / 1024);
}

/* A far side that reads slowly takes bytes from the kernel long after we have handed over the last one; so before a
 * silence counts, at half of it and at its end, the kernel is asked what it still holds. */
static bool still_sending(struct http_handle *x, int64_t now)
{
	int queued = 0;

	if (x->socket == CURL_SOCKET_BAD || ioctl(x->socket, SIOCOUTQ, &queued) != 0)
		queued = 0;
	bool moved = queued < x->queued;
	x->queued = moved ? -1 : queued;
	if (moved)
		x->heard_ns = now;
	return moved;
}

/* True when there has been silence for too long; else *again is when to look next. */
static bool silent(struct http_handle *x, int64_t now, int64_t *again)
{
	int64_t idle = x->work->rq->lane->peer->idle_ms * NS_PER_MS, quiet = now - x->heard_ns;

	*again = x->heard_ns + (x->queued < 0 ? idle / 2 : idle);
	if (!x->begun) {                /* connecting has a deadline that libcurl keeps */
		*again = now + idle / 2;
	} else if (x->queued < 0 && quiet >= idle / 2) {
		still_sending(x, now);
		*again = (quiet < idle / 2 * 3 / 2 ? x->heard_ns : now - idle / 2) + idle;
	} else if (quiet >= idle) {
		*again = now + idle / 2;
		return !still_sending(x, now);
	}
	return false;
}

/* True when a deadline of the attempt has passed (x->stop says which); else lowers *next to when to look again. */
static bool overdue(struct http_handle *x, int64_t now, int64_t *next)
{
	int64_t due = x->began_ns + http_patience_ms(x->work->rq) * NS_PER_MS, again = 0;

	if (x->stop || x->work->cancelled)
		return false;
	if (now >= due)
		x->stop = HTTP_STOP_LATE;
	else if (silent(x, now, &again))
		x->stop = HTTP_STOP_IDLE;
	due = again < due ? again : due;
	*next = due < *next ? due : *next;
	return x->stop != HTTP_STOP_NONE;
}

static void sweep_fire(struct timer *t)
{
	struct http *h = link_owner(t, struct http, sweep);
	struct http_handle *late;
	int64_t next;

	do {
		int64_t now = clock_mono_ns();
		next = INT64_MAX;
		late = NULL;
		for (struct link *at = h->active.next; at != &h->active && !late; at = at->next) {
			struct http_handle *x = link_owner(at, struct http_handle, link);
			late = overdue(x, now, &next) ? x : NULL;
		}
		if (late)
			http_attempt_over(late, CURLE_OPERATION_TIMEDOUT);
	} while (late);
	if (next != INT64_MAX)
		http_multi_sweep_in(h, (next - clock_mono_ns()) / NS_PER_MS + 1);
}

void http_multi_sweep_in(struct http *h, int64_t ms)
{
	if (!h->sweep.armed || h->sweep.due_ns > clock_mono_ns() + ms * NS_PER_MS)
		loop_timer(h->loop, &h->sweep, ms);
}

/* Whether the directory is arranged as OpenSSL looks for authorities: files named by hashes, "002c0b4f.0". */
static bool hashed(const char *directory)
{
	DIR *d = directory ? opendir(directory) : NULL;
	const struct dirent *e;
	bool found = false;

	while (d && !found && (e = readdir(d)))
		found = strspn(e->d_name, "0123456789abcdef") == 8 && strcmp(e->d_name + 8, ".0") == 0;
	if (d)
		closedir(d);
	return found;
}

int http_multi_open(struct http *h, struct fail *f)
{
	const struct libcurl *c;

	if (h->multi)
		return 0;
	http_warm(h);
	if (libcurl_wait(h->curl, f) < 0)
		return -1;
	c = h->curl;
	h->multi = c->multi_init();
	if (!h->multi)
		return fail_set(f, FAIL_LOCAL, "libcurl cannot be started");
	h->by_directory = !h->o.ca_file && hashed(c->version_info(CURLVERSION_NOW)->capath);
	long kept = h->width > KEPT_LEAST ? (long)h->width : KEPT_LEAST;
	c->multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	c->multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	c->multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	c->multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	c->multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	c->multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, kept);
	/* With no more transfers than this, one that needs another connection closes an idle one, and never waits. */
	c->multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, kept);
	h->curl_timer.fire = curl_timer_fire;
	h->sweep.fire = sweep_fire;
	return 0;
}

void http_multi_close(struct http *h)
{
	if (!h->multi)
		return;
	while (!link_empty(&h->idle))
		http_handle_free(link_owner(h->idle.next, struct http_handle, link));
	h->curl->multi_cleanup(h->multi);
	loop_timer_stop(h->loop, &h->curl_timer);
	loop_timer_stop(h->loop, &h->sweep);
	for (struct http_socket *next, *s = h->spare; s; s = next) {
		next = s->next;
		free(s);
	}
	h->spare = NULL;
	h->multi = NULL;
}

bool http_multi_add(struct http_handle *x)
{
	return x->http->curl->multi_add_handle(x->http->multi, x->easy) == CURLM_OK;
}

void http_multi_remove(struct http_handle *x)
{
	x->http->curl->multi_remove_handle(x->http->multi, x->easy);
}

void http_multi_kick(struct http *h)
{
	act(h, CURL_SOCKET_TIMEOUT, 0);
}

struct http_handle *http_multi_ended(struct http *h, CURLcode *code)
{
	struct CURLMsg *m;
	int left;

	while (h->multi && (m = h->curl->multi_info_read(h->multi, &left))) {
		struct http_handle *x = NULL;
		if (m->msg == CURLMSG_DONE && h->curl->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x) == CURLE_OK && x) {
			*code = m->data.result;
			return x;
		}
	}
	return NULL;
}
