/* http: requests over one curl multi handle, driven by the loop. Everything here is called on the loop thread.
 *
 * Three levels. The ENGINE (one a run) owns the connections, the global width and the budget of retries. A PEER is one
 * service as a host manifest describes it (its API and upload hosts, its timeouts, its width); a host's session has
 * one. A LANE is a peer's queue for one target: lanes take turns, so that a target with a thousand uploads does not
 * keep another one waiting for its single call. Peers take turns as well.
 *
 * A request goes through: queued (no handle), sending (has a handle), pausing (its timer is armed, between two
 * attempts), done. done() runs exactly once, on the loop, never inside http_send or http_cancel: answered (rc 0;
 * `judge` has had its say), failed (rc -1, fail) or cancelled (rc -1, FAIL_CANCELLED).
 *
 * Only what may start now is given to libcurl: it counts queue time into its timeouts. The width of a peer starts at
 * 64, or where the last run ended, and adapts (net/http_width.h): it grows while more requests at once mean more
 * throughput, and halves on 429, on stalls and on 503 (from more than one in sixteen), at most once a round trip; the
 * ceiling is 256, the peer's own width, -j, and what RLIMIT_NOFILE leaves. Of bodies longer than 64 KiB only so many
 * are under way that each request of the width has 512 KiB: on a thin uplink a few uploads at once get through in time,
 * where 64 would all be late. Shorter requests do not wait behind them. There are never more connections than the
 * engine is wide (but 8 may be kept).
 *
 * Retries live here and nowhere above: an attempt whose failure may pass by itself (net/retry.h) is made again after a
 * pause, as long as the run's budget lasts, and only for requests marked HTTP_REPEATABLE; others are sent again only
 * when nothing of them can have arrived (the connection was never made, or TLS, or the proxy's tunnel) or on 429.
 * libcurl's own habit of sending again when a kept connection dies is suppressed: one attempt is one request on the
 * wire. Here that costs a repeatable request one attempt more, at once and outside the budget. Outside it is also the
 * first 429 of a request while the width can still be halved for it: that is the mending. A Retry-After is obeyed; one
 * over 60 s fails at once with fail.retry_after_ms set, and the caller makes the place pending.
 *
 * HTTP/1.1 everywhere: libcurl 7.88 leaves uploads over HTTP/2 stuck now and then, and the rule above could not be kept
 * on a shared connection.
 *
 * Safety: https only, TLS 1.2 or newer, always verified; http only to this machine, where the peer was told so. No
 * redirect is followed, no netrc is read, no cookie kept. A request to an origin that its peer was not given fails
 * before a byte is sent. Proxies as the environment says (HTTPS_PROXY, NO_PROXY), never for plain http. Header lines
 * and bodies that come back have ceilings; bodies come as they are, never decoded. What is traced has no query string
 * and no header. The program must ignore SIGPIPE (main.c does). */
#ifndef SLIPWAY_NET_HTTP_H
#define SLIPWAY_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/strbuf.h"
#include "net/loop.h"

#define HTTP_WIDTH_START 64
#define HTTP_WIDTH_MOST 256
#define HTTP_ANSWER_MOST ((size_t)16 * 1024 * 1024)     /* of a body kept in memory, unless the request says less */
#define HTTP_HEADERS_MOST ((size_t)64 * 1024)

struct http;
struct http_peer;
struct http_lane;

struct http_trace {                     /* one attempt, when it is over */
	const char *lane, *method, *path;   /* path: without query */
	long status;                    /* 0 = no answer */
	const char *failure;            /* NULL when an answer came, or why not ("the connection was reset") */
	double ms;                      /* from start to end */
	uint64_t sent, received;        /* body bytes */
	unsigned attempt;               /* from 1 */
};

struct http_options {
	unsigned width;                 /* -j; 0 = HTTP_WIDTH_MOST */
	const char *ca_file;            /* PEM; NULL = the system's. Borrowed */
	const char *user_agent;         /* borrowed */
	void (*trace)(void *arg, const struct http_trace *t);   /* may be NULL */
	void *trace_arg;
};
/* Nothing is opened, and no library loaded, before http_warm or the first request. The loop must outlive it. */
struct http *http_new(struct loop *l, const struct http_options *o);
/* There will be requests: what they need is loaded meanwhile, so that the first one does not wait for it. */
void http_warm(struct http *h);
/* Peers begin as wide as this file says that the last run ended, and it is told how this one did
 * (net/http_memory.h). Concerns peers that are made later. path: copied. */
void http_remember(struct http *h, const char *path);
/* All peers must be gone. Not from done(). Accepts NULL. */
void http_free(struct http *h);
/* More requests are planned: the budget of retries is 50 and a tenth of all that were. */
void http_expect(struct http *h, uint64_t requests);
/* Attempts that were started so far, all peers. */
uint64_t http_attempts(const struct http *h);

struct http_peer_options {
	const char *name;               /* for messages: the host manifest's name */
	unsigned width;                 /* most requests at once; 0 = the engine's */
	/* 0 = 10 s, 30 s, 60 s (and 1 s more for every 32 KiB of body). Until the request can be sent, TLS included;
	 * without a byte moving either way; for an attempt from its start. */
	int64_t connect_ms, idle_ms, request_ms;
};
struct http_peer *http_peer_new(struct http *h, const struct http_peer_options *o);
void http_peer_free(struct http_peer *p);       /* its lanes must be gone; accepts NULL */
/* Requests may go to this origin ("https://host[:port]", "http://127.0.0.1:8080"); saying it again does no harm.
 * FAIL_CONFIG for anything but https, or http to loopback (localhost, *.localhost, 127.0.0.0/8, [::1]). A path behind
 * it (but "/") is refused. */
int http_peer_allow(struct http_peer *p, const char *origin, struct fail *f);
/* The same, and plain http also to a cloud machine's own metadata service, which speaks nothing else: 169.254.0.0/16
 * and metadata.google.internal. Never by a proxy. */
int http_peer_allow_metadata(struct http_peer *p, const char *origin, struct fail *f);
unsigned http_peer_width(const struct http_peer *p);    /* as adapted by now */

struct http_lane *http_lane_new(struct http_peer *p, const char *name);         /* name: copied, for traces */
/* Cancels what is queued and under way: their done() run before it returns. May be called from done(), also from that
 * of the lane's own last request, but not from headers, judge and sink. Accepts NULL. */
void http_lane_free(struct http_lane *l);
uint64_t http_lane_attempts(const struct http_lane *l);
/* Every request of the lane ends as cancelled, on the next turn. */
void http_lane_cancel(struct http_lane *l);

enum http_flags {
	HTTP_REPEATABLE = 1,            /* sending it twice does no harm: reads, and writes that repeat themselves */
	HTTP_SECRET = 2,                /* the answer holds a secret: wiped when freed, never quoted in a failure */
	HTTP_URGENT = 4,                /* before everything that waits (a token that all others wait for) */
	HTTP_HEAD_ONLY = 8              /* HEAD: no body is expected */
};

enum http_verdict {
	HTTP_OK,                        /* rc 0 */
	HTTP_FAILED                     /* rc -1; rq->fail is filled: FAIL_BUSY and FAIL_LINK may be tried again */
};

struct http_request {
	/* ---- the caller's, borrowed until done ---- */
	const char *method;             /* "GET" */
	const char *url;                /* absolute; percent-encoded by the caller */
	const char *content_type;       /* NULL = none is sent */
	const void *body;               /* NULL with fd -1: no body */
	int fd;                         /* -1, or the body lies in this file from `offset` on (pread; many may share it) */
	uint64_t offset, size;          /* of the body, bytes */
	unsigned flags;
	/* 0 = HTTP_ANSWER_MOST; a longer body is FAIL_REMOTE. Of a status from 400 on the beginning is kept, and the status
	 * decides. */
	size_t answer_most;
	/* Adds header lines before every attempt ("Authorization: Bearer ..."): a token may be a new one by then. May be
	 * NULL. */
	void (*headers)(struct http_request *rq);
	/* Looks at a complete answer and decides. NULL: 2xx is fine; 401, 403 FAIL_AUTH; 404 FAIL_MISSING; 409, 412
	 * FAIL_CONFLICT; 408, 429, 5xx but 501 FAIL_BUSY; others, redirects included, FAIL_REMOTE. http_judge is that
	 * default, for callers that know more about some statuses only. Runs again after every attempt. */
	enum http_verdict (*judge)(struct http_request *rq);
	/* Takes the body of an answer below 300 piece by piece instead of `answer`; -1 (with rq->fail filled) ends the
	 * request. Called with len 0 when another attempt begins: forget what came before. May be NULL. */
	int (*sink)(struct http_request *rq, const void *data, size_t len);
	void (*done)(struct http_request *rq);
	void *owner;

	/* ---- the answer, valid in judge and done ---- */
	int rc;
	/* Text: what was asked and what came of it: "POST /v1beta1/sites/x/versions: answered 503 UNAVAILABLE: The service
	 * is ... (after 6 attempts)", with the words of Google's error object or of a short plain text, at most 200 bytes,
	 * escaped; never a query string. A judge's own text stands as it is. */
	struct fail fail;
	long status;                    /* of the last attempt; 0 = none came */
	struct strbuf answer;           /* body; freed by http_request_clear */
	uint32_t retry_after_ms;        /* 0 = none said; a date is held against the answer's own */
	int64_t date_s;                 /* the answer's Date; -1 = none */
	unsigned attempts;
	/* An attempt that came to nothing here may have been carried out there: it ended after something was sent and
	 * before a complete answer, or with 5xx, or judge refused a 2xx. Stays so when a later attempt is answered. */
	bool maybe_arrived;

	/* ---- the engine's ---- */
	struct http_lane *lane;
	struct http_work *work;
};
#define HTTP_REQUEST_INIT { .fd = -1, .answer = STRBUF_INIT }

/* Queues rq. It must not be under way; in its own done() it is not. The answer of an earlier time is freed. */
void http_send(struct http_lane *l, struct http_request *rq);
/* Ends it as cancelled, on the next turn; harmless when it is over. */
void http_cancel(struct http_request *rq);
/* In `headers` only: adds a line (copied). One with a control character in it ends the request with FAIL_CONFIG. */
void http_add_header(struct http_request *rq, const char *line);
/* A header of the answer, without its white space; NULL when absent. In judge and done. */
const char *http_header(const struct http_request *rq, const char *name);
enum http_verdict http_judge(struct http_request *rq);
/* Frees the answer (wiped where HTTP_SECRET); the request may be filled and sent again. */
void http_request_clear(struct http_request *rq);

/* Appends text percent-encoded: all but A-Z a-z 0-9 - . _ ~ (RFC 3986 2.3) and the characters of `keep`. */
void http_escape(struct strbuf *out, const char *text, const char *keep);
/* Appends origin ("https://host[:port]", lower case, no default port) and path ("/" at least, without the query) of a
 * URL; either may be NULL. False, with nothing appended, for what is no http or https URL or could be read in two ways:
 * user information, a fragment, a backslash, anything but visible ASCII, a port that is none. */
bool http_split(const char *url, struct strbuf *origin, struct strbuf *path);
/* Whether the host of an origin or URL is this machine: localhost, *.localhost, 127.0.0.0/8 in four numbers, [::1]. */
bool http_is_loopback(const char *origin);
/* Whether it is the metadata service of the cloud that this machine is in: 169.254.0.0/16, metadata.google.internal. */
bool http_is_metadata(const char *origin);

#endif
