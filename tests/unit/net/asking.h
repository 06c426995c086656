/* asking: a loop, an engine, a peer and a lane, to ask a test server with. */
#ifndef SLIPWAY_TEST_ASKING_H
#define SLIPWAY_TEST_ASKING_H

#include "net/http.h"
#include "server.h"
#include "test.h"

struct asking {
	struct loop *loop;
	struct http *http;
	struct http_peer *peer;
	struct http_lane *lane;
	struct server *server;
	char origin[64];
	/* the trace */
	char *traced;                       /* a line an attempt: "lane METHOD path status failure sent received attempt" */
	size_t traced_len;
};
/* A server and everything to ask it with; http or https as the server's options say. engine and peer may be NULL, for
 * all defaults but short timeouts that are long enough. */
void asking_begin(struct asking *a, const struct server_options *server, const struct http_options *engine,
	const struct http_peer_options *peer);
void asking_end(struct asking *a);

struct ask {
	struct http_request rq;             /* first */
	struct asking *asking;
	char url[2200];
	int dones;
	bool in_send;                       /* it would be wrong to be done now */
	int64_t took_ms;
	int64_t began_ns;
	char header[64];                    /* what http_header found for `look_for` in done */
	const char *look_for;
};
/* Fills k->rq: method and path (with query) at the server, done set, nothing else. */
void ask_init(struct ask *k, struct asking *a, const char *method, const char *path);
void ask_send(struct ask *k, struct http_lane *l);
/* Turns the loop until every one of them is done, or fails the test after 20 s. */
void ask_wait(struct ask *k, size_t count);
/* init, send on the asking's lane, wait. */
void ask(struct ask *k, struct asking *a, const char *method, const char *path, unsigned flags);
void ask_clear(struct ask *k);

#endif
