/* server: an HTTP/1.1 server in threads of the test itself, one a connection, on a free port of 127.0.0.1. What it
 * answers is a function of the test, called when a request has been read to its end; that may also be slow, rude or
 * wrong. With TLS by certificates of an authority made on the spot; answers CONNECT as a proxy. */
#ifndef SLIPWAY_TEST_SERVER_H
#define SLIPWAY_TEST_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct server;
struct exchange {                       /* one request, on its connection's thread */
	struct server *server;
	void *arg;                          /* server_options.arg */
	unsigned connection, nth, serial;   /* from 1: of the server, of the connection, of all requests */
	char method[16], target[2048];
	char *head;                         /* request line and headers */
	char *body;                         /* NUL-terminated */
	size_t size;
	bool over;                          /* set: the connection is closed after this answer */
	bool counted;                       /* the server's: among those at once */
	struct line *line;                  /* the server's */
};

/* A certificate for localhost; for kiosks.test; for neither; none that is valid any more; no TLS above 1.1. */
enum server_tls {
	SERVER_PLAIN, SERVER_TLS, SERVER_TLS_TEST, SERVER_TLS_OTHER_NAME, SERVER_TLS_EXPIRED, SERVER_TLS_OLD
};
struct server_options {
	void (*answer)(struct exchange *x);
	/* Called before anything is read, with head NULL: -1 closes with a reset. May be NULL. */
	int (*greet)(struct exchange *x);
	bool body_unread;                   /* answer() is called after the head, body NULL */
	int receive_buffer;                 /* SO_RCVBUF of what is accepted; 0 = usual */
	enum server_tls tls;
	void *arg;
};
struct server *server_start(const struct server_options *o);
void server_stop(struct server *s);     /* closes everything, whatever is under way */
unsigned server_port(const struct server *s);
/* How many so far, and at once at most: connections accepted, requests read, requests between reading and answering. */
unsigned server_connections(const struct server *s);
unsigned server_requests(const struct server *s);
unsigned server_most_at_once(const struct server *s);
/* The authority's certificate in PEM, for the client; a file that lives as long as the server. */
const char *server_authority(const struct server *s);

/* ---- in answer() */
/* A whole answer; headers: lines with \r\n each, or "". */
void exchange_answer(struct exchange *x, int status, const char *headers, const char *body);
void exchange_write(struct exchange *x, const void *data, size_t len);
/* Reads what comes next, at most len bytes; 0 or less at the end. */
long exchange_read(struct exchange *x, void *data, size_t len);
void exchange_reset(struct exchange *x);                /* the far side sees ECONNRESET */
void exchange_sleep(struct exchange *x, int ms);        /* ends early when the server is stopped */
/* Whether the head has that line, as "Name: value". */
bool exchange_has(const struct exchange *x, const char *line);
/* Says 200 to CONNECT and carries bytes to a port of 127.0.0.1 and back, until either side ends. */
void exchange_tunnel(struct exchange *x, unsigned port);

#endif
