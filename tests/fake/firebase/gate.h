/* gate: a listening socket on 127.0.0.1 and its connections. Requests come out one at a time per connection (what a
 * client pipelines waits); answers go in, with the way they are to leave: late, slowly, in part or not at all. */
#ifndef FAKE_GATE_H
#define FAKE_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include "events.h"
#include "http.h"

enum manner {
	SEND_WHOLE,
	SEND_HALF,          /* half of the body (of everything when there is none to halve), then the end */
	SEND_DRIP,          /* a byte a second */
	SEND_ENDLESS,       /* the bytes given, then 64 MiB of digits, then the end */
	SEND_NEVER,         /* the connection stays open until the client closes it */
	SEND_END,           /* closed without a word */
	SEND_RESET
};
struct delivery {
	const char *head, *body;    /* copied; the head with its empty line */
	size_t head_len, body_len;
	int64_t delay_ms;
	enum manner manner;
	bool close;                 /* afterwards */
	void *note;                 /* comes back in over() */
};

struct conn;
/* An end of a gate's user. request() must call conn_deliver exactly once before it returns; the request is gone after
 * that. over() comes once for each delivery: all was sent, or the connection is gone. */
struct gate_user {
	void (*request)(struct gate_user *u, struct conn *c, const struct http_request *r);
	void (*over)(struct gate_user *u, void *note, size_t sent);
};
/* Of the marked connections: seen so far, open, most open at once. */
struct gate_counts { unsigned long seen, open, most_open; };

struct gate;
struct ssl_ctx_st;
/* Listens; port 0 picks one. tls (borrowed) may be NULL. */
int gate_open(struct gate **out, struct events *e, struct gate_user *u, unsigned port, struct ssl_ctx_st *tls,
	      struct fail *f);
void gate_close(struct gate *g);                /* closes every connection; accepts NULL */
unsigned gate_port(const struct gate *g);
struct gate_counts *gate_counts(struct gate *g);

void conn_deliver(struct conn *c, const struct delivery *d);
unsigned long conn_number(const struct conn *c);        /* 1, 2, ... in the order of arrival */
/* From now on the connection counts in gate_counts. */
void conn_mark(struct conn *c);
bool conn_is_tls(const struct conn *c);

#endif
