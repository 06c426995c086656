/* What a request sends, what its answer becomes, and what is refused. */
#include "net/http.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "asking.h"
#include "base/clock.h"

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static const char *tail(const struct exchange *x, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(x->target, prefix, len) == 0 ? x->target + len : NULL;
}

static void flood(struct exchange *x, const char *begin, const char *piece, int times)
{
	exchange_write(x, begin, strlen(begin));
	for (int i = 0; i < times && !x->over; i++)
		exchange_write(x, piece, strlen(piece));
	x->over = true;
}

/* Answers by path: what was asked, a status, a body that a test wants. */
static void answer(struct exchange *x)
{
	static const char filler[] = "0123456789012345678901234567890123456789012345678901234567890123456789012345678\n";
	const char *status = tail(x, "/status/");

	if (status) {
		const char *text = strchr(status, '/');
		exchange_answer(x, (int)strtol(status, NULL, 10), "Location: /hello\r\n", text ? text + 1 : "");
	} else if (tail(x, "/body")) {          /* an error with the body that was sent */
		exchange_answer(x, 403, "", x->body);
	} else if (tail(x, "/head")) {
		exchange_answer(x, 200, "X-Own:   a value \r\nSet-Cookie: a=b\r\n" DATE, x->head);
	} else if (tail(x, "/echo")) {
		exchange_answer(x, 200, "", x->body);
	} else if (tail(x, "/gzip")) {
		exchange_answer(x, 200, "Content-Encoding: gzip\r\n", "\x1f\x8bnot really");
	} else if (tail(x, "/huge")) {
		flood(x, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", filler, 1250000);
	} else if (tail(x, "/sorry")) {
		flood(x, "HTTP/1.1 403 No\r\nContent-Length: 100000000\r\n\r\n", filler, 1250000);
	} else if (tail(x, "/lines")) {
		flood(x, "HTTP/1.1 200 OK\r\n", "X-More: 0123456789012345678901234567890123456789\r\n", 3000);
	} else if (tail(x, "/after/")) {
		char line[200];
		snprintf(line, sizeof line, DATE "Retry-After: %s\r\n", x->target + 7);
		for (char *c = line; *c; c++)
			*c = *c == '_' ? ' ' : *c;
		exchange_answer(x, 400, line, "");
	} else {
		exchange_answer(x, 404, "", "");
	}
}
static const struct server_options usual = { .answer = answer };

static void test_a_read(void **state)
{
	(void)state;
	struct asking a;
	struct ask k;

	asking_begin(&a, &usual, NULL, NULL);
	ask_init(&k, &a, "GET", "/head/a%20b/../c?token=secret");
	k.look_for = "x-own";
	ask_send(&k, a.lane);
	assert_non_null(k.rq.work);
	ask_wait(&k, 1);
	assert_int_equal(k.rq.rc, 0);
	assert_int_equal(k.rq.status, 200);
	assert_int_equal(k.rq.attempts, 1);
	assert_int_equal(k.rq.date_s, 784111777);
	assert_int_equal(k.rq.retry_after_ms, 0);
	assert_false(k.rq.maybe_arrived);
	assert_string_equal(k.header, "a value");
	assert_ptr_equal(strstr(k.rq.answer.buf, "GET /head/a%20b/../c?token=secret HTTP/1.1\r\n"), k.rq.answer.buf);
	assert_non_null(strstr(k.rq.answer.buf, "\r\nUser-Agent: slipway-test/1\r\n"));
	assert_null(strstr(k.rq.answer.buf, "Accept-Encoding"));
	assert_null(strstr(k.rq.answer.buf, "Content-"));
	assert_int_equal(k.rq.answer.len, strlen(k.rq.answer.buf));
	char expected[128];
	snprintf(expected, sizeof expected, "jarupa GET /head/a%%20b/../c 200 - 0 %zu 1\n", k.rq.answer.len);
	assert_string_equal(a.traced, expected);
	assert_int_equal(http_attempts(a.http), 1);
	assert_int_equal(http_lane_attempts(a.lane), 1);
	ask_clear(&k);
	assert_int_equal(k.rq.answer.len, 0);
	/* The same struct again: no cookie was kept. */
	ask_send(&k, a.lane);
	k.dones = 0;
	ask_wait(&k, 1);
	assert_null(strstr(k.rq.answer.buf, "Cookie"));
	assert_null(http_header(&k.rq, "x-own"));       /* in judge and done only */
	ask_clear(&k);
	assert_int_equal(server_connections(a.server), 1);
	asking_end(&a);
}

static void test_connections_are_kept(void **state)
{
	(void)state;
	struct asking a;
	struct ask k[60];

	asking_begin(&a, &usual, NULL, &(struct http_peer_options){ .width = 4 });
	for (int i = 0; i < 60; i++) {
		ask_init(&k[i], &a, i % 2 ? "POST" : "GET", "/head");
		ask_send(&k[i], a.lane);
	}
	ask_wait(k, 60);
	assert_in_range(server_connections(a.server), 1, 4);
	assert_int_equal(server_requests(a.server), 60);
	for (int i = 0; i < 60; i++)
		ask_clear(&k[i]);
	asking_end(&a);
}

static void test_a_body_from_memory(void **state)
{
	(void)state;
	struct asking a;
	struct ask k;
	size_t big = 3 << 20;
	char *text = malloc(big + 1);

	asking_begin(&a, &usual, NULL, NULL);
	memset(text, 'x', big);
	text[big] = '\0';
	ask_init(&k, &a, "POST", "/echo");
	k.rq.body = text;
	k.rq.size = big;
	ask_send(&k, a.lane);
	ask_wait(&k, 1);
	assert_int_equal(k.rq.answer.len, big);
	assert_memory_equal(k.rq.answer.buf, text, big);
	assert_non_null(strstr(a.traced, "jarupa POST /echo 200 - 3145728 3145728 1\n"));
	ask_clear(&k);

	ask_init(&k, &a, "PATCH", "/head");
	k.rq.body = text;
	k.rq.size = big;
	k.rq.content_type = "application/json";
	ask_send(&k, a.lane);
	ask_wait(&k, 1);
	assert_non_null(strstr(k.rq.answer.buf, "PATCH /head HTTP/1.1\r\n"));
	assert_non_null(strstr(k.rq.answer.buf, "\r\nContent-Length: 3145728\r\n"));
	assert_non_null(strstr(k.rq.answer.buf, "\r\nContent-Type: application/json\r\n"));
	assert_null(strstr(k.rq.answer.buf, "Expect"));
	assert_null(strstr(k.rq.answer.buf, "Transfer-Encoding"));
	ask_clear(&k);
	free(text);
	asking_end(&a);
}

static void test_methods(void **state)
{
	(void)state;
	static const char *const methods[] = { "POST", "PUT", "PATCH", "DELETE", "GET", "OPTIONS" };
	struct asking a;
	struct ask k;
	char line[64];

	asking_begin(&a, &usual, NULL, NULL);
	for (int i = 0; i < 6; i++) {
		ask(&k, &a, methods[i], "/head", 0);
		snprintf(line, sizeof line, "%s /head HTTP/1.1\r\n", methods[i]);
		assert_ptr_equal(strstr(k.rq.answer.buf, line), k.rq.answer.buf);
		/* an empty body is sent where the method has one by nature */
		assert_int_equal(strstr(k.rq.answer.buf, "\r\nContent-Length: 0\r\n") != NULL, i < 3);
		assert_null(strstr(k.rq.answer.buf, "Content-Type"));
		ask_clear(&k);
	}
	ask_init(&k, &a, "DELETE", "/echo");
	k.rq.body = "why";
	k.rq.size = 3;
	ask_send(&k, a.lane);
	ask_wait(&k, 1);
	assert_string_equal(k.rq.answer.buf, "why");
	ask_clear(&k);
	ask(&k, &a, "HEAD", "/head", HTTP_HEAD_ONLY);
	assert_int_equal(k.rq.status, 200);
	assert_int_equal(k.rq.answer.len, 0);
	ask(&k, &a, "GET", "/head", 0);         /* on the same connection, which HEAD has not confused */
	assert_int_equal(k.rq.status, 200);
	assert_int_equal(server_connections(a.server), 1);
	ask_clear(&k);
	asking_end(&a);
}

static void test_bodies_from_one_file(void **state)
{
	struct scratch *s = *state;
	enum { COUNT = 20, EACH = 100000 };
	struct asking a;
	struct ask k[COUNT + 1];
	char *text = malloc(COUNT * EACH + 1);

	for (size_t i = 0; i < (size_t)COUNT * EACH; i++)
		text[i] = (char)('a' + (i * 7919 / 1000 + i / EACH) % 26);
	text[COUNT * EACH] = '\0';
	scratch_write(s, "bodies", text);
	int fd = openat(s->fd, "bodies", O_RDONLY | O_CLOEXEC);
	asking_begin(&a, &usual, NULL, NULL);
	for (size_t i = 0; i <= COUNT; i++) {
		ask_init(&k[i], &a, "POST", "/echo");
		k[i].rq.fd = fd;
		k[i].rq.offset = i * EACH;
		k[i].rq.size = i < COUNT ? EACH : 0;
		ask_send(&k[i], a.lane);
	}
	ask_wait(k, COUNT + 1);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(k[i].rq.answer.len, EACH);
		assert_memory_equal(k[i].rq.answer.buf, text + i * EACH, EACH);
		ask_clear(&k[i]);
	}
	assert_int_equal(k[COUNT].rq.rc, 0);
	assert_int_equal(k[COUNT].rq.answer.len, 0);
	assert_true(fcntl(fd, F_GETFD) >= 0);           /* borrowed, not closed */
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	ask_clear(&k[COUNT]);
	/* A file that is shorter than was said, and none at all. */
	ask_init(&k[0], &a, "POST", "/echo");
	k[0].rq.fd = fd;
	k[0].rq.offset = COUNT * EACH - 10;
	k[0].rq.size = 20;
	k[0].rq.flags = HTTP_REPEATABLE;
	ask_send(&k[0], a.lane);
	ask_wait(k, 1);
	assert_int_equal(k[0].rq.fail.kind, FAIL_LOCAL);
	assert_string_equal(k[0].rq.fail.text, "POST /echo: the file that is sent has become shorter");
	assert_int_equal(k[0].rq.attempts, 1);
	ask_clear(&k[0]);
	k[0].rq.fd = open("/", O_RDONLY | O_CLOEXEC);
	k[0].dones = 0;
	ask_send(&k[0], a.lane);
	ask_wait(k, 1);
	assert_int_equal(k[0].rq.fail.kind, FAIL_LOCAL);
	assert_string_equal(k[0].rq.fail.text, "POST /echo: the file that is sent cannot be read: Is a directory");
	close(k[0].rq.fd);
	close(fd);
	free(text);
	asking_end(&a);
}

struct verdict {
	int status;
	enum fail_kind kind;
};

static void test_what_a_status_means(void **state)
{
	(void)state;
	static const struct verdict cases[] = {
		{ 200, FAIL_NONE }, { 204, FAIL_NONE }, { 302, FAIL_REMOTE }, { 304, FAIL_REMOTE }, { 400, FAIL_REMOTE },
		{ 401, FAIL_AUTH }, { 403, FAIL_AUTH }, { 404, FAIL_MISSING }, { 408, FAIL_BUSY }, { 409, FAIL_CONFLICT },
		{ 410, FAIL_REMOTE }, { 412, FAIL_CONFLICT }, { 413, FAIL_REMOTE }, { 500, FAIL_BUSY }, { 501, FAIL_REMOTE },
		{ 502, FAIL_BUSY }, { 503, FAIL_BUSY }, { 504, FAIL_BUSY },
	};
	struct asking a;
	struct ask k;
	char path[64], text[128];

	asking_begin(&a, &usual, NULL, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(path, sizeof path, "/status/%d", cases[i].status);
		ask(&k, &a, "POST", path, 0);
		assert_int_equal(k.rq.status, cases[i].status);
		assert_int_equal(k.rq.rc, cases[i].kind ? -1 : 0);
		assert_int_equal(k.rq.attempts, 1);     /* not repeatable */
		if (cases[i].kind) {
			assert_int_equal(k.rq.fail.kind, cases[i].kind);
			assert_int_equal(k.rq.fail.code, cases[i].status);
			snprintf(text, sizeof text, "POST %s: answered %d%s", path, cases[i].status,
				cases[i].status < 400 ? ", and redirects are not followed" : "");
			assert_string_equal(k.rq.fail.text, text);
		}
		assert_int_equal(k.rq.maybe_arrived, cases[i].status >= 500);
		ask_clear(&k);
	}
	assert_int_equal(server_requests(a.server), sizeof cases / sizeof *cases);      /* nothing was followed */
	asking_end(&a);
}

struct words {
	const char *body, *text;
};

static void test_what_an_error_says(void **state)
{
	(void)state;
	static char longest[256], cut[256];
	static const struct words cases[] = {
		{ "{\"error\":{\"code\":403,\"message\":\"The caller may not\",\"status\":\"PERMISSION_DENIED\"}}",
			" PERMISSION_DENIED: The caller may not" },
		{ "{\"error\":{\"message\":\"a\\u001b[31mb\\nc\"}}", ": a\\x1B[31mb\\x0Ac" },
		{ "{\"error\":{\"status\":\"ABORTED\"}}", " ABORTED" },
		{ "{\"error\":\"invalid_grant\"}", "" },
		{ "{\"error\":", "" },
		{ "{}", "" },
		{ "[1]", "" },
		{ "Couldn't process request (status=400)\nmore", ": Couldn't process request (status=400)" },
		{ "  \r\nspaced", ": spaced" },
		{ "<!doctype html><title>403</title>", "" },
		{ "\xff\x01", ": \\xFF\\x01" },
		{ longest, cut },
	};
	struct asking a;
	struct ask k;
	char text[400];

	/* What is cut is cut between characters. */
	memset(longest, 'x', 199);
	memcpy(longest + 199, "\xc3\xa4 and more", 12);
	snprintf(cut, sizeof cut, ": %.199s...", longest);
	asking_begin(&a, &usual, NULL, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (unsigned secret = 0; secret < 2; secret++) {
			ask_init(&k, &a, "POST", "/body?key=1");
			k.rq.body = cases[i].body;
			k.rq.size = strlen(cases[i].body);
			k.rq.flags = secret ? HTTP_SECRET : 0;
			ask_send(&k, a.lane);
			ask_wait(&k, 1);
			snprintf(text, sizeof text, "POST /body: answered 403%s", secret ? "" : cases[i].text);
			assert_string_equal(k.rq.fail.text, text);
			assert_int_equal(k.rq.answer.secret, secret);
			ask_clear(&k);
		}
	}
	asking_end(&a);
}

static enum http_verdict gone_is_fine(struct http_request *rq)
{
	const char *own = http_header(rq, "Location");

	assert_non_null(own);
	assert_string_equal(own, "/hello");
	if (rq->status == 404)
		return HTTP_OK;
	if (rq->status == 200)
		return fail_set(&rq->fail, FAIL_CORRUPT, "200 is odd"), HTTP_FAILED;
	return http_judge(rq);
}

static void test_a_judge_of_ones_own(void **state)
{
	(void)state;
	struct asking a;
	struct ask k[3];

	asking_begin(&a, &usual, NULL, NULL);
	ask_init(&k[0], &a, "GET", "/status/404");
	ask_init(&k[1], &a, "GET", "/status/200");
	ask_init(&k[2], &a, "GET", "/status/401");
	for (int i = 0; i < 3; i++) {
		k[i].rq.judge = gone_is_fine;
		ask_send(&k[i], a.lane);
	}
	ask_wait(k, 3);
	assert_int_equal(k[0].rq.rc, 0);
	assert_int_equal(k[1].rq.rc, -1);
	assert_int_equal(k[1].rq.fail.kind, FAIL_CORRUPT);
	assert_true(k[1].rq.maybe_arrived);             /* it was answered with success */
	assert_int_equal(k[2].rq.fail.kind, FAIL_AUTH);
	asking_end(&a);
}

static void test_ceilings(void **state)
{
	(void)state;
	struct asking a;
	struct ask k;

	asking_begin(&a, &usual, NULL, NULL);
	ask_init(&k, &a, "GET", "/huge");
	k.rq.answer_most = 100000;
	k.rq.flags = HTTP_REPEATABLE;
	ask_send(&k, a.lane);
	ask_wait(&k, 1);
	assert_int_equal(k.rq.fail.kind, FAIL_REMOTE);
	assert_string_equal(k.rq.fail.text, "GET /huge: the answer is longer than 100000 bytes");
	assert_int_equal(k.rq.attempts, 1);
	assert_true(k.rq.answer.len <= 100000);
	ask_clear(&k);
	ask(&k, &a, "GET", "/huge", HTTP_REPEATABLE);
	assert_string_equal(k.rq.fail.text, "GET /huge: the answer is longer than 16777216 bytes");
	ask_clear(&k);
	/* Of an error the status decides, however long its page is. */
	ask_init(&k, &a, "GET", "/sorry");
	k.rq.answer_most = 5000;
	ask_send(&k, a.lane);
	ask_wait(&k, 1);
	assert_int_equal(k.rq.fail.kind, FAIL_AUTH);
	assert_int_equal(k.rq.answer.len, 5000);
	ask_clear(&k);
	ask(&k, &a, "GET", "/lines", HTTP_REPEATABLE);
	assert_int_equal(k.rq.fail.kind, FAIL_REMOTE);
	assert_string_equal(k.rq.fail.text, "GET /lines: the headers of the answer are longer than 64 KiB");
	assert_non_null(strstr(a.traced, " /lines 200 the headers of the answer are longer than 64 KiB 0 0 1\n"));
	ask(&k, &a, "GET", "/gzip", 0);
	assert_memory_equal(k.rq.answer.buf, "\x1f\x8bnot really", 12);         /* as it came */
	ask_clear(&k);
	asking_end(&a);
}

struct sunk {
	struct ask k;                       /* first */
	size_t bytes;
	int pieces;
};

static int sink(struct http_request *rq, const void *data, size_t len)
{
	struct sunk *s = (struct sunk *)rq;

	assert_true(len == 0 || data);
	s->bytes += len;
	if (++s->pieces > 3)
		return fail_set(&rq->fail, FAIL_CORRUPT, "that is enough");
	return 0;
}

static void test_a_sink(void **state)
{
	(void)state;
	struct asking a;
	struct sunk s = { .bytes = 0 };

	asking_begin(&a, &usual, NULL, NULL);
	ask_init(&s.k, &a, "GET", "/head");
	s.k.rq.sink = sink;
	ask_send(&s.k, a.lane);
	ask_wait(&s.k, 1);
	assert_int_equal(s.k.rq.rc, 0);
	assert_int_equal(s.k.rq.answer.len, 0);
	assert_true(s.bytes > 50);
	/* What is no success goes where its words can be read. */
	ask_init(&s.k, &a, "GET", "/status/404/words");
	s.k.rq.sink = sink;
	s.bytes = 0;
	ask_send(&s.k, a.lane);
	ask_wait(&s.k, 1);
	assert_int_equal(s.bytes, 0);
	assert_string_equal(s.k.rq.fail.text, "GET /status/404/words: answered 404: words");
	ask_clear(&s.k);
	ask_init(&s.k, &a, "GET", "/huge?x");
	s.k.rq.sink = sink;
	s.k.rq.flags = HTTP_REPEATABLE;
	s.pieces = 0;
	ask_send(&s.k, a.lane);
	ask_wait(&s.k, 1);
	assert_int_equal(s.k.rq.fail.kind, FAIL_CORRUPT);
	assert_string_equal(s.k.rq.fail.text, "GET /huge: that is enough");
	assert_int_equal(s.k.rq.attempts, 1);
	asking_end(&a);
}

static void lines(struct http_request *rq)
{
	http_add_header(rq, "Authorization: Bearer abc");
	http_add_header(rq, "X-Goog-User-Project: p");
}

static void evil_lines(struct http_request *rq)
{
	http_add_header(rq, "X-A: b\r\nX-Injected: c");
}

static void test_lines_of_the_caller(void **state)
{
	(void)state;
	struct asking a;
	struct ask k;

	asking_begin(&a, &usual, NULL, NULL);
	ask_init(&k, &a, "GET", "/head");
	k.rq.headers = lines;
	ask_send(&k, a.lane);
	ask_wait(&k, 1);
	assert_non_null(strstr(k.rq.answer.buf, "\r\nAuthorization: Bearer abc\r\nX-Goog-User-Project: p\r\n"));
	ask_clear(&k);
	ask(&k, &a, "GET", "/head", 0);         /* the handle is used again, its lines are not */
	assert_null(strstr(k.rq.answer.buf, "Authorization"));
	ask_clear(&k);
	ask_init(&k, &a, "GET", "/head");
	k.rq.headers = evil_lines;
	ask_send(&k, a.lane);
	ask_wait(&k, 1);
	assert_int_equal(k.rq.fail.kind, FAIL_CONFIG);
	assert_string_equal(k.rq.fail.text, "GET /head: a header line holds a control character");
	assert_int_equal(server_requests(a.server), 2);
	asking_end(&a);
}

static void test_retry_after(void **state)
{
	(void)state;
	struct asking a;
	struct ask k;

	asking_begin(&a, &usual, NULL, NULL);
	ask(&k, &a, "GET", "/after/7", 0);
	assert_int_equal(k.rq.retry_after_ms, 7000);
	assert_int_equal(k.rq.fail.retry_after_ms, 7000);
	ask(&k, &a, "GET", "/after/Sun,_06_Nov_1994_08:50:07_GMT", 0);
	assert_int_equal(k.rq.retry_after_ms, 30000);   /* by the far side's own clock */
	ask(&k, &a, "GET", "/after/Sun,_06_Nov_1994_08:00:00_GMT", 0);
	assert_int_equal(k.rq.retry_after_ms, 0);
	ask(&k, &a, "GET", "/after/99999999999999999999", 0);
	assert_int_equal(k.rq.retry_after_ms, UINT32_MAX);
	ask(&k, &a, "GET", "/after/soon", 0);
	assert_int_equal(k.rq.retry_after_ms, 0);
	asking_end(&a);
}

static void test_only_to_hosts_of_the_peer(void **state)
{
	(void)state;
	struct asking a, other;
	struct ask k;

	asking_begin(&a, &usual, NULL, NULL);
	asking_begin(&other, &usual, NULL, NULL);
	ask_init(&k, &other, "GET", "/head?secret");
	ask_send(&k, a.lane);
	k.asking = &a;
	ask_wait(&k, 1);
	char text[200];
	snprintf(text, sizeof text, "GET /head: %s is not a host of kiosks", other.origin);
	assert_string_equal(k.rq.fail.text, text);
	assert_int_equal(k.rq.fail.kind, FAIL_CONFIG);
	assert_int_equal(k.rq.attempts, 0);
	assert_int_equal(server_connections(other.server), 0);
	static const char *const bad[] = { "http://127.0.0.1 /", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/", "", "x" };
	for (int i = 0; i < 5; i++) {
		ask_init(&k, &a, "GET", "/");
		k.rq.url = bad[i];
		ask_send(&k, a.lane);
		ask_wait(&k, 1);
		assert_int_equal(k.rq.fail.kind, FAIL_CONFIG);
		assert_non_null(strstr(k.rq.fail.text, ": its URL cannot be used"));
		assert_null(strstr(k.rq.fail.text, "u:p"));
	}
	asking_end(&other);
	asking_end(&a);
}

static void test_origins(void **state)
{
	(void)state;
	static const char *const fine[] = { "https://api.example", "https://api.example:8443", "http://localhost:1",
		"http://127.0.0.1", "http://[::1]:80", "HTTPS://API.EXAMPLE/" };
	static const char *const bad[] = { "http://api.example", "https://api.example/v1", "https://api.example?x",
		"api.example", "ftp://api.example", "https://u@api.example", "", "http://127.0.0.1.example",
		"http://localhost.example:80" };
	struct loop *l = NULL;
	struct fail f = FAIL_INIT;

	assert_int_equal(loop_new(&l, 1, false, &f), 0);
	struct http *h = http_new(l, &(struct http_options){ .width = 3 });
	struct http_peer *p = http_peer_new(h, &(struct http_peer_options){ .name = "kiosks" });
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
		assert_int_equal(http_peer_allow(p, fine[i], &f), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		f = (struct fail)FAIL_INIT;
		if (http_peer_allow(p, bad[i], &f) == 0)
			fail_msg("%s", bad[i]);
		assert_int_equal(f.kind, FAIL_CONFIG);
	}
	assert_int_equal(http_peer_width(p), 3);
	http_peer_free(p);
	http_peer_free(NULL);
	http_free(h);
	http_free(NULL);
	loop_free(l);
}

static int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int count = 0;

	while (d && readdir(d))
		count++;
	closedir(d);
	return count;
}

static void test_nothing_is_opened_before_it_is_needed(void **state)
{
	(void)state;
	struct loop *l = NULL;
	struct fail f = FAIL_INIT;

	assert_int_equal(loop_new(&l, 1, false, &f), 0);
	int before = descriptors();
	int64_t begin = clock_mono_ns();
	for (int i = 0; i < 1000; i++) {
		struct http *h = http_new(l, &(struct http_options){ 0 });
		struct http_peer *p = http_peer_new(h, &(struct http_peer_options){ .name = "kiosks" });
		struct http_lane *lane = http_lane_new(p, "jarupa");
		assert_int_equal(http_attempts(h), 0);
		assert_int_equal(descriptors(), before);
		http_lane_free(lane);
		http_lane_free(NULL);
		http_peer_free(p);
		http_free(h);
	}
	assert_true(clock_mono_ns() - begin < 2000000000);
	loop_free(l);
}

static void test_the_first_request_is_there_soon(void **state)
{
	(void)state;
	struct asking a;
	struct ask k;

	asking_begin(&a, &usual, NULL, NULL);
	ask(&k, &a, "GET", "/head", 0);
	assert_true(k.took_ms < 1000);
	print_message("# first request and answer after %d ms\n", (int)k.took_ms);
	ask_clear(&k);
	asking_end(&a);
}

static void test_no_netrc(void **state)
{
	struct scratch *s = *state;
	struct asking a;
	struct ask k;

	scratch_write(s, ".netrc", "machine 127.0.0.1 login ana password secret\n");
	setenv("HOME", s->path, 1);
	asking_begin(&a, &usual, NULL, NULL);
	ask(&k, &a, "GET", "/head", 0);
	assert_int_equal(k.rq.status, 200);
	assert_null(strstr(k.rq.answer.buf, "Authorization"));
	ask_clear(&k);
	asking_end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_opened_before_it_is_needed),
		cmocka_unit_test(test_the_first_request_is_there_soon),
		cmocka_unit_test(test_a_read),
		cmocka_unit_test(test_connections_are_kept),
		cmocka_unit_test(test_a_body_from_memory),
		cmocka_unit_test(test_methods),
		cmocka_unit_test_setup_teardown(test_bodies_from_one_file, scratch_setup, scratch_teardown),
		cmocka_unit_test(test_what_a_status_means),
		cmocka_unit_test(test_what_an_error_says),
		cmocka_unit_test(test_a_judge_of_ones_own),
		cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_a_sink),
		cmocka_unit_test(test_lines_of_the_caller),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_only_to_hosts_of_the_peer),
		cmocka_unit_test(test_origins),
		cmocka_unit_test_setup_teardown(test_no_netrc, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
