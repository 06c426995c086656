/* How long a request may take, and how long one waits before it is made again. */
#include "net/http.h"

#include <arpa/inet.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asking.h"

/* The engine's jitter is random: all zero here, so that a pause is as short as it can be. */
ssize_t getrandom(void *data, size_t len, unsigned flags)
{
	(void)flags;
	memset(data, 0, len);
	return (ssize_t)len;
}

static void drip(struct exchange *x)
{
	exchange_write(x, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 41);
	for (int i = 0; i < 1000 && !x->over; i++) {
		exchange_write(x, "x", 1);
		exchange_sleep(x, 40);
	}
}

static void test_a_drip_does_not_hold_a_request_for_ever(void **state)
{
	(void)state;
	struct server_options o = { .answer = drip };
	struct asking a;
	struct ask k;

	asking_begin(&a, &o, NULL, &(struct http_peer_options){ .idle_ms = 200, .request_ms = 500 });
	ask(&k, &a, "POST", "/x", 0);
	assert_int_equal(k.rq.fail.kind, FAIL_LINK);
	assert_string_equal(k.rq.fail.text, "POST /x: not done within 0.5 s");
	assert_in_range(k.took_ms, 500, 5000);
	assert_int_equal(http_peer_width(a.peer), HTTP_WIDTH_START / 2);        /* as any stall */
	ask_clear(&k);
	asking_end(&a);
}

/* The time that a request may take begins with its attempt, not with its place in the queue. */
static void slow_answer(struct exchange *x)
{
	exchange_sleep(x, 100);
	exchange_answer(x, 200, "", "");
}

static void test_the_queue_is_not_counted(void **state)
{
	(void)state;
	struct server_options o = { .answer = slow_answer };
	struct http_peer_options p = { .width = 1, .request_ms = 700, .idle_ms = 700, .connect_ms = 700 };
	struct asking a;
	struct ask k[8];

	asking_begin(&a, &o, NULL, &p);
	for (int i = 0; i < 8; i++) {
		ask_init(&k[i], &a, "GET", "/x");
		ask_send(&k[i], a.lane);
	}
	ask_wait(k, 8);
	for (int i = 0; i < 8; i++)
		assert_int_equal(k[i].rq.rc, 0);
	assert_true(k[7].took_ms >= 800);
	assert_int_equal(server_most_at_once(a.server), 1);
	asking_end(&a);
}

/* Takes the body from the kernel in small pieces, long after libcurl has handed all of it over. */
static void slow_reader(struct exchange *x)
{
	static char data[16384];
	size_t got = 0;

	while (got < x->size && !x->over) {
		long n = exchange_read(x, data, x->size / 40 + 1);
		if (n <= 0)
			break;
		got += (size_t)n;
		exchange_sleep(x, 8);
	}
	exchange_answer(x, 200, "", "");
}

static void test_a_slow_reader_is_not_idle(void **state)
{
	(void)state;
	struct server_options o = { .answer = slow_reader, .body_unread = true, .receive_buffer = 4096 };
	enum { BODY = 300000 };
	char *body = calloc(1, BODY);
	struct asking a;
	struct ask k;

	asking_begin(&a, &o, NULL, &(struct http_peer_options){ .idle_ms = 200 });
	ask_init(&k, &a, "POST", "/x");
	k.rq.body = body;
	k.rq.size = BODY;
	ask_send(&k, a.lane);
	ask_wait(&k, 1);
	assert_int_equal(k.rq.rc, 0);
	assert_true(k.took_ms > 500);
	free(body);
	asking_end(&a);
}

static void busy(struct exchange *x)
{
	const char *seconds = x->target + 1;
	char line[64];

	snprintf(line, sizeof line, "Retry-After: %s\r\n", seconds);
	exchange_answer(x, x->serial == 1 ? 503 : 200, line, "sorry");
}

static void test_retry_after_is_obeyed(void **state)
{
	(void)state;
	struct server_options o = { .answer = busy };
	struct asking a;
	struct ask k;

	asking_begin(&a, &o, NULL, NULL);
	ask(&k, &a, "POST", "/1", HTTP_REPEATABLE);
	assert_int_equal(k.rq.rc, 0);
	assert_int_equal(k.rq.attempts, 2);
	assert_in_range(k.took_ms, 1000, 8000);
	ask_clear(&k);
	asking_end(&a);
	/* More than a run should wait: at once the caller's. */
	asking_begin(&a, &o, NULL, NULL);
	ask(&k, &a, "POST", "/61", HTTP_REPEATABLE);
	assert_int_equal(k.rq.rc, -1);
	assert_int_equal(k.rq.attempts, 1);
	assert_in_range(k.took_ms, 0, 1000);
	assert_int_equal(k.rq.fail.kind, FAIL_BUSY);
	assert_int_equal(k.rq.fail.retry_after_ms, 61000);
	assert_string_equal(k.rq.fail.text, "POST /61: answered 503: sorry (wants to be asked again in 61 s)");
	ask_clear(&k);
	asking_end(&a);
}

/* A full backlog drops what comes: no answer at all, as from behind a firewall. */
static void test_a_listener_that_does_not_accept(void **state)
{
	(void)state;
	struct server_options o = { .answer = drip };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof to;
	struct asking a;
	struct ask k;
	struct fail f = FAIL_INIT;
	char text[200];
	int fill[3], fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&to, &len), 0);
	assert_int_equal(listen(fd, 0), 0);
	for (int i = 0; i < 3; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_in_range(connect(fill[i], (struct sockaddr *)&to, sizeof to) + 1, 0, 1);
	}
	asking_begin(&a, &o, NULL, &(struct http_peer_options){ .connect_ms = 200 });
	snprintf(a.origin, sizeof a.origin, "http://127.0.0.1:%u", ntohs(to.sin_port));
	assert_int_equal(http_peer_allow(a.peer, a.origin, &f), 0);
	ask_init(&k, &a, "POST", "/x");
	ask_send(&k, a.lane);
	while (k.dones == 0 && k.rq.attempts < 3)
		loop_turn(a.loop, 1000);
	http_cancel(&k.rq);
	ask_wait(&k, 1);
	snprintf(text, sizeof text, "jarupa POST /x 0 no connection to %s within 0.2 s 0 0 2\n", a.origin);
	assert_non_null(strstr(a.traced, text));
	assert_false(k.rq.maybe_arrived);
	for (int i = 0; i < 3; i++)
		close(fill[i]);
	close(fd);
	asking_end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_drip_does_not_hold_a_request_for_ever),
		cmocka_unit_test(test_the_queue_is_not_counted),
		cmocka_unit_test(test_a_slow_reader_is_not_idle),
		cmocka_unit_test(test_retry_after_is_obeyed),
		cmocka_unit_test(test_a_listener_that_does_not_accept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
