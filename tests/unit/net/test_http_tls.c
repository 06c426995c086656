/* TLS, proxies and names. */
#include "net/http.h"

#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

#include "asking.h"

static void answer(struct exchange *x)
{
	exchange_sleep(x, 5);
	exchange_answer(x, 200, "", "hello");
}
static const struct server_options secure = { .answer = answer, .tls = SERVER_TLS };

/* How often the resolver is asked, and by how many threads at once. It knows kiosks.* only. */
static atomic_uint lookups, lookups_at_once, most_lookups;

int getaddrinfo(const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints,
	struct addrinfo **restrict out)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (!node || strncmp(node, "kiosks.", 7) != 0)
		return real(node, service, hints, out);
	lookups++;
	unsigned now = ++lookups_at_once;
	most_lookups = most_lookups > now ? most_lookups : now;
	usleep(20000);
	lookups_at_once--;
	return real("127.0.0.1", service, hints, out);
}

static void test_one_connection_for_many_requests(void **state)
{
	(void)state;
	struct asking a;
	struct ask k;

	asking_begin(&a, &secure, NULL, NULL);
	for (int i = 0; i < 5; i++) {
		ask(&k, &a, i % 2 ? "POST" : "GET", "/x", 0);
		if (k.rq.rc < 0)
			fail_msg("%s", k.rq.fail.text);
		assert_string_equal(k.rq.answer.buf, "hello");
		ask_clear(&k);
	}
	assert_int_equal(server_connections(a.server), 1);
	asking_end(&a);
}

struct refusal {
	enum server_tls tls;
	enum fail_kind kind;
	const char *text;
	bool again;
};

static void test_refused_certificates(void **state)
{
	(void)state;
	static const struct refusal cases[] = {
		{ SERVER_TLS_OTHER_NAME, FAIL_REMOTE, ": the certificate of https://localhost", false },
		{ SERVER_TLS_EXPIRED, FAIL_REMOTE, ": the certificate of https://localhost", false },
		{ SERVER_TLS, FAIL_REMOTE, ": the certificate of https://localhost", false },      /* unknown authority */
		{ SERVER_TLS_OLD, FAIL_LINK, ": no TLS with https://localhost", true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct server_options o = { .answer = answer, .tls = cases[i].tls };
		struct server *stranger = server_start(&secure);
		struct http_options e = { .ca_file = i == 2 ? server_authority(stranger) : NULL };
		struct asking a;
		struct ask k;

		asking_begin(&a, &o, &e, NULL);
		ask_init(&k, &a, "POST", "/x?secret");
		k.rq.flags = HTTP_REPEATABLE;
		ask_send(&k, a.lane);
		while (k.dones == 0 && k.rq.attempts < 2)
			loop_turn(a.loop, 1000);
		http_cancel(&k.rq);
		ask_wait(&k, 1);
		assert_int_equal(k.rq.rc, -1);
		if (k.rq.attempts != (cases[i].again ? 2 : 1))
			fail_msg("%s%s", a.traced, k.rq.fail.text);
		assert_false(k.rq.maybe_arrived);
		assert_int_equal(server_requests(a.server), 0);
		if (!cases[i].again) {
			assert_int_equal(k.rq.fail.kind, cases[i].kind);
			assert_ptr_equal(strstr(k.rq.fail.text, "POST /x: the certificate of https://localhost"), k.rq.fail.text);
			assert_non_null(strstr(k.rq.fail.hint, "CA file"));
			if (i == 2)
				assert_non_null(strstr(k.rq.fail.hint, e.ca_file));
		} else {
			assert_non_null(strstr(a.traced, "no TLS with https://localhost"));
		}
		asking_end(&a);
		server_stop(stranger);
	}
}

static void test_the_systems_authorities(void **state)
{
	(void)state;
	struct asking a;
	struct ask k;
	struct http_options none = { .ca_file = "/nowhere/ca.pem" };

	/* No CA file of ours: the server's own authority is a stranger. */
	asking_begin(&a, &(struct server_options){ .answer = answer, .tls = SERVER_TLS }, NULL, NULL);
	struct http *h = http_new(a.loop, &(struct http_options){ .user_agent = "x" });
	struct http_peer *p = http_peer_new(h, &(struct http_peer_options){ .name = "kiosks" });
	struct fail f = FAIL_INIT;
	assert_int_equal(http_peer_allow(p, a.origin, &f), 0);
	struct http_lane *l = http_lane_new(p, "alma");
	ask_init(&k, &a, "GET", "/x");
	ask_send(&k, l);
	ask_wait(&k, 1);
	assert_int_equal(k.rq.fail.kind, FAIL_REMOTE);
	assert_in_range(k.rq.attempts, 1, 2);           /* by the directory of authorities, and by the file */
	assert_non_null(strstr(k.rq.fail.hint, "CA file"));
	ask_clear(&k);
	ask_send(&k, l);
	k.dones = 0;
	ask_wait(&k, 1);
	assert_int_equal(k.rq.attempts, 1);             /* by the file from then on */
	http_lane_free(l);
	http_peer_free(p);
	http_free(h);
	asking_end(&a);
	/* One that cannot be read. */
	asking_begin(&a, &secure, &none, NULL);
	ask(&k, &a, "GET", "/x", HTTP_REPEATABLE);
	assert_int_equal(k.rq.fail.kind, FAIL_CONFIG);
	assert_string_equal(k.rq.fail.text, "GET /x: the CA file cannot be read");
	assert_string_equal(k.rq.fail.hint, "it was to be /nowhere/ca.pem");
	assert_int_equal(k.rq.attempts, 1);
	asking_end(&a);
}

struct proxy {
	unsigned port;                      /* to which it carries everything */
	atomic_int status;                  /* or what it answers instead */
	char seen[2100];
	bool authorized;
};

static void proxy_answer(struct exchange *x)
{
	struct proxy *p = x->arg;

	snprintf(p->seen, sizeof p->seen, "%s %s", x->method, x->target);
	p->authorized = exchange_has(x, "Proxy-Authorization: Basic YW5hOnNlY3JldA==");
	if (p->status)
		exchange_answer(x, p->status, "X-Proxy: 1\r\n", "no");
	else
		exchange_tunnel(x, p->port);
}

static void test_a_proxy_carries_tls(void **state)
{
	(void)state;
	struct proxy p = { .port = 0 };
	struct asking a;
	struct ask k;
	char url[128], expected[128];

	asking_begin(&a, &secure, NULL, NULL);
	p.port = server_port(a.server);
	struct server *proxy = server_start(&(struct server_options){ .answer = proxy_answer, .arg = &p });
	snprintf(url, sizeof url, "http://ana:secret@127.0.0.1:%u", server_port(proxy));
	setenv("HTTPS_PROXY", url, 1);
	for (int i = 0; i < 5; i++) {
		ask(&k, &a, "POST", "/x", 0);
		if (k.rq.rc < 0)
			fail_msg("%s", k.rq.fail.text);
		ask_clear(&k);
	}
	/* One tunnel for all of them. */
	assert_int_equal(server_connections(proxy), 1);
	assert_int_equal(server_connections(a.server), 1);
	assert_int_equal(server_requests(a.server), 5);
	snprintf(expected, sizeof expected, "CONNECT localhost:%u", p.port);
	assert_string_equal(p.seen, expected);
	assert_true(p.authorized);
	asking_end(&a);

	/* NO_PROXY is looked at. */
	setenv("NO_PROXY", "localhost", 1);
	asking_begin(&a, &secure, NULL, NULL);
	ask(&k, &a, "GET", "/x", 0);
	assert_int_equal(k.rq.rc, 0);
	assert_int_equal(server_connections(proxy), 1);
	ask_clear(&k);
	asking_end(&a);
	unsetenv("NO_PROXY");

	/* Plain http goes to loopback only, and never through a proxy. */
	setenv("http_proxy", url, 1);
	setenv("ALL_PROXY", url, 1);
	asking_begin(&a, &(struct server_options){ .answer = answer }, NULL, NULL);
	ask(&k, &a, "GET", "/x", 0);
	assert_int_equal(k.rq.rc, 0);
	assert_int_equal(server_connections(proxy), 1);
	ask_clear(&k);
	asking_end(&a);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	unsetenv("HTTPS_PROXY");
	server_stop(proxy);
}

struct proxied {
	int status;
	enum fail_kind kind;
	bool again;
};

static void test_a_proxy_that_refuses(void **state)
{
	(void)state;
	static const struct proxied cases[] = {
		{ 407, FAIL_AUTH, false }, { 403, FAIL_REMOTE, false }, { 502, FAIL_LINK, true },
	};
	struct proxy p = { .port = 0 };
	struct server *proxy = server_start(&(struct server_options){ .answer = proxy_answer, .arg = &p });
	struct asking a;
	struct ask k;
	char url[128];

	snprintf(url, sizeof url, "http://ana:secret@127.0.0.1:%u", server_port(proxy));
	setenv("HTTPS_PROXY", url, 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		p.status = cases[i].status;
		asking_begin(&a, &secure, NULL, NULL);
		p.port = server_port(a.server);
		ask_init(&k, &a, "POST", "/x");
		ask_send(&k, a.lane);
		while (k.dones == 0 && k.rq.attempts < 2)
			loop_turn(a.loop, 1000);
		p.status = 0;                   /* it works now */
		ask_wait(&k, 1);
		assert_int_equal(k.rq.rc, cases[i].again ? 0 : -1);
		assert_int_equal(k.rq.attempts, cases[i].again ? 2 : 1);
		assert_false(k.rq.maybe_arrived);
		if (!cases[i].again) {
			assert_int_equal(k.rq.fail.kind, cases[i].kind);
			assert_int_equal(k.rq.status, 0);
			assert_null(strstr(k.rq.fail.text, "secret"));
			assert_non_null(strstr(k.rq.fail.text, "POST /x: the proxy answers 40"));
		}
		ask_clear(&k);
		asking_end(&a);
	}
	unsetenv("HTTPS_PROXY");
	server_stop(proxy);
}

static void test_a_name_is_resolved_once(void **state)
{
	(void)state;
	struct asking a;
	struct ask k[64];
	struct fail f = FAIL_INIT;

	asking_begin(&a, &(struct server_options){ .answer = answer, .tls = SERVER_TLS_TEST }, NULL, NULL);
	snprintf(a.origin, sizeof a.origin, "https://kiosks.test:%u", server_port(a.server));
	assert_int_equal(http_peer_allow(a.peer, a.origin, &f), 0);
	for (int i = 0; i < 64; i++) {
		ask_init(&k[i], &a, "GET", "/x");
		ask_send(&k[i], a.lane);
	}
	ask_wait(k, 64);
	for (int i = 0; i < 64; i++) {
		if (k[i].rq.rc < 0)
			fail_msg("%s", k[i].rq.fail.text);
		ask_clear(&k[i]);
	}
	assert_in_range(server_connections(a.server), 30, 64);
	assert_int_equal(most_lookups, 1);
	assert_int_equal(lookups, 1);
	asking_end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_connection_for_many_requests),
		cmocka_unit_test(test_refused_certificates),
		cmocka_unit_test(test_the_systems_authorities),
		cmocka_unit_test(test_a_proxy_carries_tls),
		cmocka_unit_test(test_a_proxy_that_refuses),
		cmocka_unit_test(test_a_name_is_resolved_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
