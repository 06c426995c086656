#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "authority.h"
#include "base/mem.h"
#include "test.h"

enum { LINES = 1200, HEAD_MOST = 128 * 1024 };

struct line {                           /* a connection */
	pthread_t thread;
	struct server *server;
	int fd;                             /* -1 once closed */
	SSL *tls;
	unsigned number;
	char *read;                         /* bytes read and not used yet */
	size_t have;
};
struct server {
	struct server_options o;
	int fd;
	unsigned port;
	pthread_t thread;
	struct authority *authority;
	struct line *lines[LINES];          /* below `connections` */
	pthread_mutex_t mutex;
	pthread_cond_t stopped;
	bool stop;
	atomic_uint connections, requests, at_once, most;
};

static void *server_main(void *arg);

struct server *server_start(const struct server_options *o)
{
	struct server *s = xcalloc(1, sizeof *s);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;

	s->o = *o;
	if (o->tls) {
		const char *name = o->tls == SERVER_TLS_TEST ? "test" : o->tls == SERVER_TLS_OTHER_NAME ? "other" : "localhost";
		s->authority = authority_new(name, o->tls == SERVER_TLS_EXPIRED, o->tls == SERVER_TLS_OLD);
	}
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->stopped, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (o->receive_buffer)
		setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &o->receive_buffer, sizeof o->receive_buffer);
	if (bind(s->fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(s->fd, 1024) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&a, &len) != 0)
		fail_msg("cannot listen on loopback: %d", errno);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
	return s;
}

void server_stop(struct server *s)
{
	pthread_mutex_lock(&s->mutex);
	s->stop = true;
	pthread_cond_broadcast(&s->stopped);
	shutdown(s->fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	pthread_mutex_lock(&s->mutex);
	for (unsigned i = 0; i < s->connections; i++)
		if (s->lines[i]->fd >= 0)
			shutdown(s->lines[i]->fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->mutex);
	for (unsigned i = 0; i < s->connections; i++) {
		pthread_join(s->lines[i]->thread, NULL);
		free(s->lines[i]->read);
		free(s->lines[i]);
	}
	close(s->fd);
	pthread_mutex_destroy(&s->mutex);
	pthread_cond_destroy(&s->stopped);
	authority_free(s->authority);
	free(s);
}

unsigned server_port(const struct server *s)
{
	return s->port;
}

unsigned server_connections(const struct server *s)
{
	return s->connections;
}

unsigned server_requests(const struct server *s)
{
	return s->requests;
}

unsigned server_most_at_once(const struct server *s)
{
	return s->most;
}

const char *server_authority(const struct server *s)
{
	return authority_file(s->authority);
}

/* ---- a connection */

static long line_read(struct line *l, void *data, size_t len)
{
	return l->tls ? SSL_read(l->tls, data, (int)len) : recv(l->fd, data, len, 0);
}

void exchange_write(struct exchange *x, const void *data, size_t len)
{
	struct line *l = x->line;
	const char *at = data;

	while (len > 0 && l->fd >= 0) {
		long n = l->tls ? SSL_write(l->tls, at, (int)len) : send(l->fd, at, len, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		at += n;
		len -= (size_t)n;
	}
	x->over |= len > 0;
}

long exchange_read(struct exchange *x, void *data, size_t len)
{
	struct line *l = x->line;
	size_t n = l->have < len ? l->have : len;

	if (n == 0)
		return line_read(l, data, len);
	memcpy(data, l->read, n);
	memmove(l->read, l->read + n, l->have - n);
	l->have -= n;
	return (long)n;
}

static void line_close(struct line *l, bool reset)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	if (l->tls && !reset)
		SSL_shutdown(l->tls);
	SSL_free(l->tls);
	l->tls = NULL;
	pthread_mutex_lock(&l->server->mutex);
	if (l->fd >= 0) {
		if (reset)
			setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
		close(l->fd);
	}
	l->fd = -1;
	pthread_mutex_unlock(&l->server->mutex);
}

void exchange_reset(struct exchange *x)
{
	line_close(x->line, true);
	x->over = true;
}

void exchange_sleep(struct exchange *x, int ms)
{
	struct server *s = x->server;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&s->mutex);
	while (!s->stop && pthread_cond_timedwait(&s->stopped, &s->mutex, &until) == 0)
		;
	pthread_mutex_unlock(&s->mutex);
}

static void uncount(struct exchange *x)
{
	x->server->at_once -= x->counted;
	x->counted = false;
}

void exchange_answer(struct exchange *x, int status, const char *headers, const char *body)
{
	size_t len = strlen(body), cap = strlen(headers) + len + 128;
	char *text = xmalloc(cap);
	bool bodied = strcmp(x->method, "HEAD") != 0;
	uncount(x);                     /* the far side may ask on as soon as it has read this */
	int n = snprintf(text, cap, "HTTP/1.1 %d Status\r\nContent-Length: %zu\r\n%s\r\n%s", status, len, headers,
		bodied ? body : "");

	exchange_write(x, text, (size_t)n);
	free(text);
}

bool exchange_has(const struct exchange *x, const char *line)
{
	const char *at = strstr(x->head, line);

	return at && at > x->head && at[-1] == '\n' && strncmp(at + strlen(line), "\r\n", 2) == 0;
}

void exchange_tunnel(struct exchange *x, unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port) };
	int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char data[16384];

	x->over = true;
	if (connect(far, (struct sockaddr *)&a, sizeof a) != 0) {
		exchange_answer(x, 502, "", "");
		close(far);
		return;
	}
	exchange_write(x, "HTTP/1.1 200 OK\r\n\r\n", 19);
	struct pollfd p[2] = { { .fd = x->line->fd, .events = POLLIN }, { .fd = far, .events = POLLIN } };
	for (bool open = true; open && poll(p, 2, -1) > 0;) {
		for (int i = 0; i < 2 && open; i++) {
			ssize_t n = p[i].revents ? recv(p[i].fd, data, sizeof data, 0) : -2;
			if (n != -2)
				open = n > 0 && send(p[1 - i].fd, data, (size_t)n, MSG_NOSIGNAL) == n;
		}
	}
	close(far);
}

static bool more(struct line *l, size_t room)
{
	l->read = xrealloc(l->read, l->have + room + 1);
	long n = line_read(l, l->read + l->have, room);
	if (n <= 0)
		return false;
	l->have += (size_t)n;
	l->read[l->have] = '\0';
	return true;
}

static void use(struct line *l, size_t len)
{
	memmove(l->read, l->read + len, l->have - len + 1);
	l->have -= len;
}

static bool read_request(struct exchange *x)
{
	struct line *l = x->line;
	char *end;

	while (!l->have || !(end = strstr(l->read, "\r\n\r\n")))
		if (l->have > HEAD_MOST || !more(l, 16384))
			return false;
	size_t len = (size_t)(end - l->read) + 2;
	x->head = xstrndup(l->read, len);
	use(l, len + 2);
	if (sscanf(x->head, "%15s %2047s", x->method, x->target) != 2)
		return false;
	const char *length = strstr(x->head, "\r\nContent-Length: ");
	x->size = length ? strtoul(length + 18, NULL, 10) : 0;
	if (x->server->o.body_unread)
		return true;
	while (l->have < x->size)
		if (!more(l, x->size - l->have))
			return false;
	x->body = xstrndup("", 0);
	x->body = xrealloc(x->body, x->size + 1);
	if (x->size)
		memcpy(x->body, l->read, x->size);
	x->body[x->size] = '\0';
	if (l->have)
		use(l, x->size);
	return true;
}

static bool serve_one(struct line *l, unsigned nth)
{
	struct server *s = l->server;
	struct exchange x = { .server = s, .arg = s->o.arg, .connection = l->number, .nth = nth, .line = l };
	bool whole = read_request(&x);

	if (whole) {
		x.serial = ++s->requests;
		unsigned most = s->most, now = ++s->at_once;
		while (most < now && !atomic_compare_exchange_weak(&s->most, &most, now))
			;
		x.counted = true;
		s->o.answer(&x);
		uncount(&x);
	}
	free(x.head);
	free(x.body);
	return whole && !x.over && l->fd >= 0;
}

static void *line_main(void *arg)
{
	struct line *l = arg;
	struct server *s = l->server;
	struct exchange first = { .server = s, .arg = s->o.arg, .connection = l->number, .line = l };
	bool going = !s->o.greet || s->o.greet(&first) == 0;

	if (!going)
		line_close(l, true);
	if (going && s->authority) {
		l->tls = authority_accept(s->authority, l->fd);
		going = l->tls != NULL;
	}
	for (unsigned nth = 1; going; nth++)
		going = serve_one(l, nth);
	line_close(l, false);
	return NULL;
}

static void *server_main(void *arg)
{
	struct server *s = arg;
	int fd, yes = 1;

	while ((fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct line *l = xcalloc(1, sizeof *l);
		pthread_attr_t small;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
		l->server = s;
		l->fd = fd;
		pthread_mutex_lock(&s->mutex);
		bool room = s->connections < LINES && !s->stop;
		if (room) {
			s->lines[s->connections] = l;
			l->number = ++s->connections;
			pthread_attr_init(&small);
			pthread_attr_setstacksize(&small, 256 * 1024);
			room = pthread_create(&l->thread, &small, line_main, l) == 0;
			pthread_attr_destroy(&small);
			s->connections -= !room;
		}
		pthread_mutex_unlock(&s->mutex);
		if (!room) {
			close(fd);
			free(l);
		}
	}
	return NULL;
}
