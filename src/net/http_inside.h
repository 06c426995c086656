/* http_inside: what the files of the network engine share; nobody else includes it.
 *
 * One work (http_work) per request under way. It is always in exactly one list: its lane's queue of its class; the
 * lane's `out` (sending: it has a handle; pausing: its timer is armed); or the lane's queue of what only waits for its
 * done(). A lane stands in its peer's ring of a class as long as that queue holds something, so that choosing the next
 * request takes constant time however many lanes there are.
 *
 *   http.c        the engine: what starts when, what an attempt's end means, done
 *   http_queue.c  peers, lanes, their queues and rings
 *   http_handle.c one curl easy handle: options and callbacks of an attempt
 *   http_multi.c  the multi handle on the loop: sockets, timers, deadlines
 *   http_answer.c what an answer says; http_failure.c what the lack of one says
 *   http_width.c  how many at once; retry.c whether again; http_url.c URLs */
#ifndef SLIPWAY_NET_HTTP_INSIDE_H
#define SLIPWAY_NET_HTTP_INSIDE_H

#include "net/http.h"
#include "net/http_width.h"
#include "net/libcurl.h"

#define HTTP_LIGHT ((uint64_t)64 * 1024)        /* a longer body is an upload that waits for its share of the link */
#define HTTP_SHARE ((uint64_t)512 * 1024)       /* bodies under way: so many bytes for each request of the width */
#define HTTP_DNS_KEPT_S 600L

/* Circular, doubly linked; a head is a link of its own. */
struct link {
	struct link *prev, *next;
};
#define link_owner(l, type, member) ((type *)(void *)((char *)(l) - offsetof(type, member)))

static inline void link_init(struct link *l)
{
	l->prev = l->next = l;
}

static inline bool link_empty(const struct link *l)
{
	return l->next == l;
}

/* Puts l at the end of the list (before its head), or before any other link. */
static inline void link_before(struct link *head, struct link *l)
{
	l->prev = head->prev;
	l->next = head;
	l->prev->next = head->prev = l;
}

static inline void link_out(struct link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	link_init(l);
}

enum http_class { HTTP_CLASS_URGENT, HTTP_CLASS_LIGHT, HTTP_CLASS_HEAVY, HTTP_CLASS_OVER, HTTP_CLASSES };

/* An origin that a peer may talk to. The first request alone resolves its name, or 64 requests would be 64 threads
 * that ask for the same name at once. */
struct http_origin {
	struct http_origin *next;
	const struct http_work *scout;  /* the request that resolves it, while it does */
	bool resolved;
	bool plain;                     /* http */
	char text[];
};

struct http_lane {
	struct http_peer *peer;
	struct link queue[HTTP_CLASSES];        /* works */
	struct link turn[HTTP_CLASSES];         /* in the ring of its peer; of OVER in the engine's */
	struct link out;                        /* works that are sending or pausing */
	uint64_t attempts;
	bool closing;
	char name[];
};

struct http_peer {
	struct http *http;
	struct link link;                       /* in http->peers */
	struct link ring[HTTP_CLASS_OVER];      /* lanes that have something of the class */
	struct http_origin *origins;
	struct http_width width;
	unsigned sending, waiting, lanes;       /* works that have a handle; that are in a queue */
	uint64_t bytes;                         /* of bodies under way */
	int64_t connect_ms, idle_ms, request_ms;
	bool heavy_next;                        /* light and heavy take turns */
	const struct http_origin *home;         /* the first one that it was given: its width is remembered under it */
	unsigned started;                       /* its width then */
	char name[];
};

struct http_work {
	struct link link;
	struct http_request *rq;
	struct http_origin *origin;
	struct http_handle *handle;             /* while sending, and until done */
	struct timer pause;
	enum http_class class;
	bool waits;                             /* counted in peer->waiting */
	bool cancelled;
	bool refused;                           /* was not to be sent at all: rq->fail says why */
	bool fresh;                             /* on a new connection: a kept one died under it */
	bool excused;                           /* a 429 of it was not counted as a retry */
};

/* Why we ended an attempt ourselves, from inside a callback or at a deadline. */
enum http_stop {
	HTTP_STOP_NONE, HTTP_STOP_HEADERS_LONG, HTTP_STOP_ANSWER_LONG, HTTP_STOP_SINK, HTTP_STOP_FILE_SHORT,
	HTTP_STOP_FILE_ERROR, HTTP_STOP_RESENT, HTTP_STOP_IDLE, HTTP_STOP_LATE, HTTP_STOP_HEADER_LINE, HTTP_STOP_OPTIONS
};

/* One attempt. Handles are kept and used again. */
struct http_handle {
	struct link link;                       /* in http->active or http->idle */
	struct http *http;
	CURL *easy;
	struct http_work *work;
	struct curl_slist *lines;
	curl_socket_t socket;                   /* the one in use, or CURL_SOCKET_BAD */
	int64_t began_ns, heard_ns;
	int queued;                             /* bytes that the kernel still held when we looked; -1 = not looked */
	uint64_t given, received;               /* body bytes to libcurl and from it */
	size_t header_bytes;
	enum http_stop stop;
	int error_number;                       /* errno of FILE_ERROR, or of a socket that could not be opened */
	bool active;                            /* in http->active, counted in `sending` */
	bool by_directory;                      /* the authorities are the system's directory of them */
	bool begun;                             /* the connection was made: something may have been sent */
	bool headed;                            /* the last header line was the empty one: they are complete */
	bool cut;                               /* the body of an error was too long to be read to its end */
	char message[CURL_ERROR_SIZE];
};

struct http {
	struct loop *loop;
	struct http_options o;
	unsigned width;                         /* of all peers together */
	struct libcurl *curl;                   /* NULL before it is wanted; loaded when multi is there */
	CURLM *multi;                           /* NULL before the first request */
	char *memory;                           /* file, or NULL */
	bool by_directory;                      /* ask the system's directory of authorities, not its file */
	struct timer curl_timer, turn_end, sweep;
	struct link peers, over;                /* over: lanes with works that wait for their done() */
	struct link active, idle;               /* handles */
	struct http_socket *spare;
	unsigned sending;
	uint64_t attempts, expected, retries;
	const struct http_request *telling;     /* whose headers may be asked for now, */
	const struct http_handle *told;         /* and where they are */
};

/* ---- http.c */
/* Something changed: what may be started is, and what is over is said to be, at the end of this turn. */
void http_soon(struct http *h);
/* An attempt is over: code is libcurl's, unless x->stop says more. Runs judge and done. */
void http_attempt_over(struct http_handle *x, CURLcode code);

/* ---- http_queue.c */
/* The work goes to the end of its queue, or (again) to the head of it. */
void http_queue_add(struct http_work *w, bool again);
/* Takes the work out of whatever list it is in. */
void http_queue_remove(struct http_work *w);
/* The work of any peer whose turn it is and that may start now, removed from its queue; NULL when there is none. */
struct http_work *http_queue_next(struct http *h);
/* A work of the lane, or of any lane, that only waits for its done(); NULL when there is none. It stays in its list. */
struct http_work *http_queue_over_in(const struct http_lane *l);
struct http_work *http_queue_over(const struct http *h);
/* More is sending and waiting than the peer's width lets through. */
bool http_queue_waits(const struct http_peer *p);
/* The origin that the peer was given, or NULL. */
struct http_origin *http_peer_origin(const struct http_peer *p, const char *origin);

/* ---- http_multi.c */
/* Opens the multi handle unless it is open; -1: FAIL_LOCAL, libcurl cannot be had. */
int http_multi_open(struct http *h, struct fail *f);
void http_multi_close(struct http *h);
/* Gives the handle to libcurl (false: it does not take it), and takes it back (harmless when it is back). */
bool http_multi_add(struct http_handle *x);
void http_multi_remove(struct http_handle *x);
/* Lets libcurl begin what was added. */
void http_multi_kick(struct http *h);
/* The next handle whose transfer ended, and how; NULL when there is none. */
struct http_handle *http_multi_ended(struct http *h, CURLcode *code);
/* How long an attempt may take: request_ms and a second for every 32 KiB of body. */
int64_t http_patience_ms(const struct http_request *rq);
/* Has the deadlines looked at no later than in so many milliseconds. */
void http_multi_sweep_in(struct http *h, int64_t ms);

/* ---- http_handle.c */
/* A handle to send w with: w->handle. Everything is set, the caller's header lines included; x->stop says when that
 * was not possible. */
struct http_handle *http_handle_begin(struct http *h, struct http_work *w);
/* The handle is free for the next one; accepts NULL. */
void http_handle_end(struct http_handle *x);
void http_handle_free(struct http_handle *x);

/* ---- http_answer.c */
/* Reads what the answer's headers say into rq. In tell() only. */
void http_answer_headers(struct http_request *rq);
/* Appends "METHOD /path", with which every failure begins. */
void http_answer_asked(struct strbuf *out, const struct http_request *rq);
/* The path of rq's URL, without the query; not NUL-terminated. */
const char *http_answer_path(const struct http_request *rq, size_t *len);

/* ---- http_failure.c */
/* Fills rq->fail for an attempt that brought no complete answer, and puts the short of it into why. */
void http_failure(struct http_request *rq, struct http_handle *x, CURLcode code, struct strbuf *why);

#endif
