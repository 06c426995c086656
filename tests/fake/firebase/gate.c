#include "gate.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "stream.h"

enum { READ_ROOM = 64 * 1024, AHEAD_MAX = 256 * 1024, READS_AT_ONCE = 16, ENDLESS = 64 * 1024 * 1024 };

struct gate {
	struct source source;
	struct events *events;
	struct gate_user *user;
	struct ssl_ctx_st *tls;
	unsigned port;
	unsigned long accepted;
	struct gate_counts counts;
	struct conn *first;
};

/* held: an answer waits for its time, or for ever. sending: out has unsent bytes. reading: neither. */
enum conn_state { CONN_READING, CONN_HELD, CONN_SENDING };

struct conn {
	struct source source;
	struct delay delay;
	struct stream stream;
	struct gate *gate;
	struct conn *next, **link;
	unsigned long number;
	enum conn_state state;
	struct strbuf in, out;
	struct http_request request;
	size_t sent, endless;
	uint32_t watched;
	/* of the delivery under way */
	enum manner manner;
	bool close, delivering, marked;
	void *note;
};

static struct conn *of_source(struct source *s)
{
	return (struct conn *)((char *)s - offsetof(struct conn, source));
}

static struct conn *of_delay(struct delay *d)
{
	return (struct conn *)((char *)d - offsetof(struct conn, delay));
}

unsigned long conn_number(const struct conn *c)
{
	return c->number;
}

void conn_mark(struct conn *c)
{
	struct gate_counts *n = &c->gate->counts;

	if (c->marked)
		return;
	c->marked = true;
	n->seen++;
	if (++n->open > n->most_open)
		n->most_open = n->open;
}

bool conn_is_tls(const struct conn *c)
{
	return c->stream.tls != NULL;
}

static void watch_for(struct conn *c, uint32_t bits)
{
	if (c->watched != bits)
		events_change(c->gate->events, &c->source, bits);
	c->watched = bits;
}

static void delivered(struct conn *c)
{
	struct gate_user *u = c->gate->user;

	if (!c->delivering)
		return;
	c->delivering = false;
	u->over(u, c->note, c->sent);
}

static void conn_close(struct conn *c, enum stream_end how)
{
	struct gate *g = c->gate;

	events_unwatch(g->events, &c->source);
	events_cancel(g->events, &c->delay);
	stream_close(&c->stream, how);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	g->counts.open -= c->marked;
	delivered(c);
	http_done(&c->request, &c->in);
	strbuf_clear(&c->in);
	strbuf_clear(&c->out);
	free(c);
}

static void add_endless(struct conn *c)
{
	strbuf_setlen(&c->out, 0);
	c->sent = 0;
	while (c->endless && c->out.len < READ_ROOM) {
		strbuf_addstr(&c->out, "0123456789abcdef");
		c->endless -= 16;
	}
}

/* The functions below that return bool say whether the connection is still there. */

/* Writes what the socket takes of out's first `limit` bytes. */
static bool flush(struct conn *c, size_t limit)
{
	while (c->sent < limit) {
		ssize_t n = stream_write(&c->stream, c->out.buf + c->sent, limit - c->sent);
		if (n == STREAM_AGAIN) {
			watch_for(c, EPOLLIN | EPOLLOUT);
			return true;
		}
		if (n <= 0) {
			conn_close(c, STREAM_FIN);
			return false;
		}
		c->sent += (size_t)n;
	}
	return true;
}

static bool send_more(struct conn *c)
{
	size_t limit;

	if (c->delay.place)
		return true;                    /* not yet the time of the next byte */
	for (;;) {
		limit = c->manner == SEND_DRIP ? c->sent + 1 : c->out.len;
		if (!flush(c, limit))
			return false;
		if (c->sent < limit)
			return true;
		if (!c->endless)
			break;
		add_endless(c);
	}
	if (limit < c->out.len) {
		events_delay(c->gate->events, &c->delay, 1000);
		return true;
	}
	if (c->close) {
		conn_close(c, STREAM_FIN);
		return false;
	}
	delivered(c);
	c->sent = 0;
	strbuf_setlen(&c->out, 0);
	c->state = CONN_READING;
	watch_for(c, EPOLLIN);
	return true;
}

/* The time of the answer has come. */
static bool begin_sending(struct conn *c)
{
	if (c->manner == SEND_NEVER)
		return true;
	if (c->manner == SEND_RESET || c->manner == SEND_END) {
		conn_close(c, c->manner == SEND_RESET ? STREAM_RST : STREAM_FIN);
		return false;
	}
	c->state = CONN_SENDING;
	return send_more(c);
}

void conn_deliver(struct conn *c, const struct delivery *d)
{
	size_t body = d->manner != SEND_HALF ? d->body_len : d->body_len / 2;
	size_t head = d->manner != SEND_HALF || body ? d->head_len : d->head_len / 2;

	assert(!c->delivering);
	c->delivering = true;
	c->note = d->note;
	c->manner = d->manner;
	c->close = d->close || !c->request.keep_alive || d->manner != SEND_WHOLE;
	c->endless = d->manner == SEND_ENDLESS ? ENDLESS : 0;
	c->sent = 0;
	strbuf_add(&c->out, d->head, head);
	strbuf_add(&c->out, d->body, body);
	c->state = CONN_HELD;
	if (d->delay_ms > 0)
		events_delay(c->gate->events, &c->delay, d->delay_ms);
}

static bool refuse(struct conn *c)
{
	static const char text[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

	stream_write(&c->stream, text, sizeof text - 1);
	conn_close(c, STREAM_FIN);
	return false;
}

/* Takes requests out of what was read and answers them until one has to wait. */
static bool pump(struct conn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	while (c->state == CONN_READING && c->in.len) {
		switch (http_read(&c->request, &c->in)) {
		case HTTP_MORE:
			return true;
		case HTTP_CONTINUE:
			stream_write(&c->stream, go_on, sizeof go_on - 1);
			return true;
		case HTTP_BAD:
			return refuse(c);
		case HTTP_READY:
			c->gate->user->request(c->gate->user, c, &c->request);
			assert(c->delivering);
			http_done(&c->request, &c->in);
			if (!c->delay.place && !begin_sending(c))
				return false;
		}
	}
	return true;
}

static void on_delay(struct delay *d)
{
	struct conn *c = of_delay(d);

	if (c->state == CONN_HELD ? begin_sending(c) : send_more(c))
		pump(c);
}

static bool read_more(struct conn *c)
{
	char room[READ_ROOM];

	for (unsigned turn = 0; c->stream.tls || turn < READS_AT_ONCE; turn++) {
		ssize_t n = stream_read(&c->stream, room, sizeof room);
		if (n == STREAM_AGAIN)
			break;
		if (n <= 0 || (c->state != CONN_READING && c->in.len > AHEAD_MAX)) {
			conn_close(c, STREAM_FIN);
			return false;
		}
		strbuf_add(&c->in, room, (size_t)n);
		if (!c->stream.tls && (size_t)n < sizeof room)
			break;
	}
	return true;
}

static void on_ready(struct source *s, uint32_t bits)
{
	struct conn *c = of_source(s);

	if ((bits & ~(uint32_t)EPOLLOUT) && !read_more(c))
		return;
	if (c->state == CONN_SENDING && !send_more(c))
		return;
	pump(c);
}

static void on_arrival(struct source *s, uint32_t bits)
{
	struct gate *g = (struct gate *)((char *)s - offsetof(struct gate, source));
	struct fail f;

	(void)bits;
	for (;;) {
		int one = 1, fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		struct conn *c = xcalloc(1, sizeof *c);
		c->source = (struct source){ fd, on_ready };
		c->delay.fire = on_delay;
		c->gate = g;
		c->in = c->out = (struct strbuf)STRBUF_INIT;
		c->watched = EPOLLIN;
		c->number = ++g->accepted;
		c->link = &g->first;
		c->next = g->first;
		if (c->next)
			c->next->link = &c->next;
		g->first = c;
		stream_open(&c->stream, fd, g->tls);
		if (events_watch(g->events, &c->source, EPOLLIN, &f) < 0)
			conn_close(c, STREAM_RST);
	}
}

static int listen_on(struct gate *g, unsigned port, struct fail *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof a;
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	g->source = (struct source){ fd, on_arrival };
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return fail_errno(f, errno, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, SOMAXCONN) < 0
	    || getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return fail_errno(f, errno, "cannot listen on port %u", port);
	g->port = ntohs(a.sin_port);
	return events_watch(g->events, &g->source, EPOLLIN, f);
}

int gate_open(struct gate **out, struct events *e, struct gate_user *u, unsigned port, struct ssl_ctx_st *tls,
	      struct fail *f)
{
	struct gate *g = xcalloc(1, sizeof *g);

	g->events = e;
	g->user = u;
	g->tls = tls;
	if (listen_on(g, port, f) < 0) {
		gate_close(g);
		return -1;
	}
	*out = g;
	return 0;
}

void gate_close(struct gate *g)
{
	if (!g)
		return;
	while (g->first)
		conn_close(g->first, STREAM_FIN);
	if (g->source.fd >= 0)
		close(g->source.fd);
	free(g);
}

unsigned gate_port(const struct gate *g)
{
	return g->port;
}

struct gate_counts *gate_counts(struct gate *g)
{
	return &g->counts;
}
