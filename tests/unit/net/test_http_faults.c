/* What goes wrong on the way, what is tried again, and what is never sent twice. */
#include "net/http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asking.h"
#include "base/clock.h"
#include "net/retry.h"

/* The engine's jitter is random: all zero here, so that a pause is as short as it can be. */
ssize_t getrandom(void *data, size_t len, unsigned flags)
{
	(void)flags;
	memset(data, 0, len);
	return (ssize_t)len;
}

/* What the server does to the nth request of all ("200", "reset", ...), the last word for ever; and what came. */
struct script {
	const char *words[16];
	atomic_uint arrived, bytes;
	atomic_bool twisted;                /* a body came that was not what was sent */
};
enum { BODY = 300000 };

static void check_body(struct script *s, const struct exchange *x)
{
	s->arrived++;
	s->bytes += (unsigned)x->size;
	for (size_t i = 0; i < x->size && !s->twisted; i++)
		s->twisted = x->body[i] != (char)('a' + i % 23);
}

static const char *word(const struct script *s, unsigned serial)
{
	unsigned i = 0;

	while (i + 1 < serial && s->words[i + 1])
		i++;
	return s->words[i];
}

static void answer(struct exchange *x)
{
	struct script *s = x->arg;
	const char *w = word(s, x->serial);

	check_body(s, x);
	if (w[0] >= '0' && w[0] <= '9') {
		char headers[64] = "";
		if (strlen(w) > 4)
			snprintf(headers, sizeof headers, "Retry-After: %s\r\n", w + 4);
		exchange_answer(x, (int)strtol(w, NULL, 10), headers, "sorry");
	} else if (strcmp(w, "reset") == 0) {
		exchange_reset(x);
	} else if (strcmp(w, "close") == 0) {
		x->over = true;
	} else if (strcmp(w, "short") == 0) {
		exchange_write(x, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", 45);
		x->over = true;
	} else if (strcmp(w, "half-head") == 0) {
		exchange_write(x, "HTTP/1.1 200 OK\r\nContent-", 25);
		x->over = true;
	} else if (strcmp(w, "noise") == 0) {
		exchange_write(x, "220 mail.example ESMTP\r\n", 24);
		x->over = true;
	} else if (strcmp(w, "stall") == 0) {
		exchange_sleep(x, 30000);
	} else if (strcmp(w, "half-stall") == 0) {
		exchange_write(x, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", 45);
		exchange_sleep(x, 30000);
	}
}

static const struct http_peer_options hasty = { .idle_ms = 400 };

static void begin(struct asking *a, struct script *s, const struct http_peer_options *peer)
{
	struct server_options o = { .answer = answer, .arg = s };

	asking_begin(a, &o, NULL, peer);
}

static char *body_text(void)
{
	static char text[BODY];

	for (size_t i = 0; i < BODY; i++)
		text[i] = (char)('a' + i % 23);
	return text;
}

static void post(struct ask *k, struct asking *a, size_t size, unsigned flags)
{
	ask_init(k, a, "POST", "/x?secret");
	k->rq.body = body_text();
	k->rq.size = size;
	k->rq.flags = flags;
	ask_send(k, a->lane);
	ask_wait(k, 1);
}

struct fault {
	const char *word;
	enum fail_kind kind;
	const char *text;
	bool again;                         /* where repeatable */
	bool link;                          /* maybe_arrived of a request that may not be repeated */
};

static void test_faults(void **state)
{
	(void)state;
	static const struct fault cases[] = {
		{ "reset", FAIL_LINK, "POST /x: the connection was reset", true, true },
		{ "close", FAIL_LINK, "POST /x: the connection was closed before an answer came", true, true },
		{ "short", FAIL_LINK, "POST /x: the answer was cut short", true, true },
		{ "half-head", FAIL_LINK, "POST /x: the answer was cut short", true, true },
		{ "noise", FAIL_REMOTE, NULL, false, true },
		{ "stall", FAIL_LINK, "POST /x: nothing moved for 0.4 s", true, true },
		{ "half-stall", FAIL_LINK, "POST /x: nothing moved for 0.4 s", true, true },
		{ "503", FAIL_BUSY, "POST /x: answered 503: sorry", true, true },
		{ "500", FAIL_BUSY, "POST /x: answered 500: sorry", true, true },
		{ "408", FAIL_BUSY, "POST /x: answered 408: sorry", true, false },
		{ "501", FAIL_REMOTE, "POST /x: answered 501: sorry", false, true },
		{ "403", FAIL_AUTH, "POST /x: answered 403: sorry", false, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct script s = { .words = { cases[i].word, "200" } };
		const struct http_peer_options *peer = strstr(cases[i].word, "stall") ? &hasty : NULL;
		struct asking a;
		struct ask k;

		/* What may not be repeated is not, and the caller hears that it may have arrived. */
		begin(&a, &s, peer);
		post(&k, &a, 100, 0);
		if (k.rq.rc != -1 || k.rq.fail.kind != cases[i].kind || k.rq.attempts != 1 || s.arrived != 1)
			fail_msg("%s: %d %s, %u attempts", cases[i].word, k.rq.rc, k.rq.fail.text, k.rq.attempts);
		if (cases[i].text)
			assert_string_equal(k.rq.fail.text, cases[i].text);
		assert_int_equal(k.rq.maybe_arrived, cases[i].link);
		ask_clear(&k);
		asking_end(&a);

		/* What may, is. */
		s = (struct script){ .words = { cases[i].word, "200" } };
		begin(&a, &s, peer);
		post(&k, &a, BODY, HTTP_REPEATABLE);
		if (k.rq.rc != (cases[i].again ? 0 : -1) || k.rq.attempts != (cases[i].again ? 2 : 1))
			fail_msg("%s: %s, %u attempts", cases[i].word, k.rq.fail.text, k.rq.attempts);
		assert_int_equal(s.arrived, k.rq.attempts);
		assert_int_equal(s.bytes, k.rq.attempts * BODY);
		assert_false(s.twisted);
		assert_int_equal(http_attempts(a.http), k.rq.attempts);
		ask_clear(&k);
		asking_end(&a);
	}
}

static void test_a_kept_connection_that_dies(void **state)
{
	struct scratch *dir = *state;
	static const char *const ways[] = { "reset", "close" };
	char *text = strndup(body_text(), BODY);

	scratch_write(dir, "body", text);
	free(text);
	int fd = openat(dir->fd, "body", O_RDONLY | O_CLOEXEC);
	/* size 0, in memory, from a file; each repeatable and not */
	for (unsigned i = 0; i < 12; i++) {
		bool repeatable = i & 1;
		size_t size = i / 2 % 3 ? BODY : 0;
		struct script s = { .words = { "200", ways[i / 6], "200" } };
		struct asking a;
		struct ask k;

		begin(&a, &s, NULL);
		post(&k, &a, 0, 0);
		assert_int_equal(k.rq.rc, 0);
		ask_clear(&k);
		ask_init(&k, &a, "POST", "/x");
		k.rq.body = body_text();
		k.rq.size = size;
		k.rq.fd = i / 2 % 3 == 2 ? fd : -1;
		k.rq.flags = repeatable ? HTTP_REPEATABLE : 0;
		ask_send(&k, a.lane);
		ask_wait(&k, 1);
		assert_int_equal(k.rq.rc, repeatable ? 0 : -1);
		assert_int_equal(k.rq.attempts, repeatable ? 2 : 1);
		assert_int_equal(s.arrived, 1 + k.rq.attempts);         /* libcurl did not send it again by itself */
		assert_int_equal(server_requests(a.server), 1 + k.rq.attempts);
		assert_int_equal(s.bytes, k.rq.attempts * size);
		assert_false(s.twisted);
		assert_true(k.rq.maybe_arrived);
		if (!repeatable) {
			assert_int_equal(k.rq.fail.kind, FAIL_LINK);
			assert_string_equal(k.rq.fail.text, "POST /x: the connection broke before an answer came");
		}
		ask_clear(&k);
		asking_end(&a);
	}
	close(fd);
}

static int hang_up_at_once(struct exchange *x)
{
	return x->connection == 1 ? -1 : 0;
}

static void test_a_connection_that_dies_before_anything_is_read(void **state)
{
	(void)state;
	struct script s = { .words = { "200" } };
	struct server_options o = { .answer = answer, .greet = hang_up_at_once, .arg = &s };
	struct asking a;
	struct ask k;

	asking_begin(&a, &o, NULL, NULL);
	post(&k, &a, BODY, HTTP_REPEATABLE);
	assert_int_equal(k.rq.rc, 0);
	assert_int_equal(k.rq.attempts, 2);
	assert_int_equal(s.arrived, 1);
	assert_false(s.twisted);
	ask_clear(&k);
	asking_end(&a);
}

static void test_429_may_always_be_asked_again(void **state)
{
	(void)state;
	struct script s = { .words = { "429", "429", "200" } };
	struct asking a;
	struct ask k;

	begin(&a, &s, NULL);
	post(&k, &a, 100, 0);
	assert_int_equal(k.rq.rc, 0);
	assert_int_equal(k.rq.attempts, 3);
	assert_false(k.rq.maybe_arrived);
	assert_string_equal(a.traced, "jarupa POST /x 429 - 100 5 1\njarupa POST /x 429 - 100 5 2\n"
		"jarupa POST /x 200 - 100 5 3\n");
	ask_clear(&k);
	asking_end(&a);
}

static void test_tries_end(void **state)
{
	(void)state;
	struct script s = { .words = { "503" } };
	struct asking a;
	struct ask k;

	begin(&a, &s, NULL);
	post(&k, &a, 100, HTTP_REPEATABLE);
	assert_int_equal(k.rq.rc, -1);
	assert_int_equal(k.rq.attempts, RETRY_TRIES);
	assert_int_equal(s.arrived, RETRY_TRIES);
	assert_string_equal(k.rq.fail.text, "POST /x: answered 503: sorry (after 6 attempts)");
	ask_clear(&k);
	asking_end(&a);
}

static void test_the_budget_ends(void **state)
{
	(void)state;
	struct script s = { .words = { "503" } };
	struct asking a;
	struct ask k[40];
	unsigned worn = 0;

	begin(&a, &s, &(struct http_peer_options){ .width = 8 });
	http_expect(a.http, 60);
	http_expect(a.http, 40);                /* 50 and a tenth: 60 retries for all of them */
	for (int i = 0; i < 40; i++) {
		ask_init(&k[i], &a, "GET", "/x");
		k[i].rq.flags = HTTP_REPEATABLE;
		ask_send(&k[i], a.lane);
	}
	ask_wait(k, 40);
	assert_int_equal(http_attempts(a.http), 40 + 60);
	assert_int_equal(s.arrived, 40 + 60);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(k[i].rq.fail.kind, FAIL_BUSY);
		worn += strstr(k[i].rq.fail.text, "(not tried again: the retries of this run are used up)") != NULL;
		ask_clear(&k[i]);
	}
	assert_in_range(worn, 20, 40);
	asking_end(&a);
}

/* A port of loopback where nobody listens. */
static int closed_port(unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void test_no_connection(void **state)
{
	(void)state;
	struct script s = { .words = { "200" } };
	struct asking a;
	struct ask k;
	struct fail f = FAIL_INIT;
	unsigned port;
	char text[200];
	int fd = closed_port(&port);

	begin(&a, &s, &(struct http_peer_options){ .connect_ms = 1000 });
	snprintf(a.origin, sizeof a.origin, "http://127.0.0.1:%u", port);
	http_peer_allow(a.peer, a.origin, &f);
	post(&k, &a, 100, 0);
	assert_int_equal(k.rq.fail.kind, FAIL_LINK);
	assert_int_equal(k.rq.attempts, RETRY_TRIES);   /* nothing can have arrived: any request may be tried again */
	assert_false(k.rq.maybe_arrived);
	snprintf(text, sizeof text, "POST /x: cannot connect to %s: Connection refused (after 6 attempts)", a.origin);
	assert_string_equal(k.rq.fail.text, text);
	assert_int_equal(http_peer_width(a.peer), HTTP_WIDTH_START);

	snprintf(a.origin, sizeof a.origin, "https://nowhere.invalid");
	http_peer_allow(a.peer, a.origin, &f);
	ask_init(&k, &a, "GET", "/x");
	ask_send(&k, a.lane);
	while (k.dones == 0 && k.rq.attempts < 2)       /* a resolver may be slow to say so */
		loop_turn(a.loop, 1000);
	if (k.dones == 0)
		http_cancel(&k.rq);
	else
		assert_int_equal(k.rq.fail.kind, FAIL_LINK);
	ask_wait(&k, 1);
	assert_true(strstr(a.traced, "jarupa GET /x 0 cannot find the address of https://nowhere.invalid 0 0 1\n") ||
		strstr(a.traced, "jarupa GET /x 0 no connection to https://nowhere.invalid within 1 s 0 0 1\n"));
	close(fd);
	asking_end(&a);
}

struct gathered {
	struct ask k;                       /* first */
	char text[64];
	int began_anew;
};

static int gather(struct http_request *rq, const void *data, size_t len)
{
	struct gathered *g = (struct gathered *)rq;

	if (len == 0) {
		g->began_anew++;
		g->text[0] = '\0';
	}
	size_t had = strlen(g->text);
	snprintf(g->text + had, sizeof g->text - had, "%.*s", (int)len, len ? (const char *)data : "");
	return 0;
}

static void test_a_sink_begins_anew(void **state)
{
	(void)state;
	struct script s = { .words = { "short", "200" } };
	struct asking a;
	struct gathered g = { .began_anew = 0 };

	begin(&a, &s, NULL);
	ask_init(&g.k, &a, "GET", "/x");
	g.k.rq.flags = HTTP_REPEATABLE;
	g.k.rq.sink = gather;
	ask_send(&g.k, a.lane);
	ask_wait(&g.k, 1);
	assert_int_equal(g.k.rq.rc, 0);
	assert_int_equal(g.began_anew, 1);
	assert_string_equal(g.text, "sorry");
	asking_end(&a);
}

static void count_tokens(struct http_request *rq)
{
	char line[64];

	snprintf(line, sizeof line, "X-Token: %u", rq->attempts);
	http_add_header(rq, line);
}

static void token_answer(struct exchange *x)
{
	exchange_answer(x, exchange_has(x, "X-Token: 3") ? 200 : 503, "", "");
}

static void test_lines_are_asked_for_before_every_attempt(void **state)
{
	(void)state;
	struct server_options o = { .answer = token_answer };
	struct asking a;
	struct ask k;

	asking_begin(&a, &o, NULL, NULL);
	ask_init(&k, &a, "GET", "/x");
	k.rq.flags = HTTP_REPEATABLE;
	k.rq.headers = count_tokens;
	ask_send(&k, a.lane);
	ask_wait(&k, 1);
	assert_int_equal(k.rq.rc, 0);
	assert_int_equal(k.rq.attempts, 3);
	asking_end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test_setup_teardown(test_a_kept_connection_that_dies, scratch_setup, scratch_teardown),
		cmocka_unit_test(test_a_connection_that_dies_before_anything_is_read),
		cmocka_unit_test(test_429_may_always_be_asked_again),
		cmocka_unit_test(test_tries_end),
		cmocka_unit_test(test_the_budget_ends),
		cmocka_unit_test(test_no_connection),
		cmocka_unit_test(test_a_sink_begins_anew),
		cmocka_unit_test(test_lines_are_asked_for_before_every_attempt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
