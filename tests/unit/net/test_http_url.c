#include "net/http.h"

#include "test.h"

struct split {
	const char *url, *origin, *path;        /* origin NULL: it is no URL for us */
};

static void test_split(void **state)
{
	(void)state;
	static const struct split cases[] = {
		{ "https://host.example/v1/x?token=1", "https://host.example", "/v1/x" },
		{ "https://host.example", "https://host.example", "/" },
		{ "https://host.example?q", "https://host.example", "/" },
		{ "HTTPS://Host.Example:443/A", "https://host.example", "/A" },
		{ "http://127.0.0.1:80/", "http://127.0.0.1", "/" },
		{ "http://127.0.0.1:8080/a/../b/%2e", "http://127.0.0.1:8080", "/a/../b/%2e" },
		{ "https://host:80/", "https://host:80", "/" },
		{ "http://[::1]:65535/x?/y", "http://[::1]:65535", "/x" },
		{ "https://h/?a#b", NULL, NULL },
		{ "https://user@host/", NULL, NULL },
		{ "https://user:pw@host/", NULL, NULL },
		{ "https://host:8080@evil.example/", NULL, NULL },
		{ "https://good.example\\@evil.example/", NULL, NULL },
		{ "https://host /", NULL, NULL },
		{ "https://host/a b", NULL, NULL },
		{ "https://host/a\tb", NULL, NULL },
		{ "https://host/\xc3\xa4", NULL, NULL },
		{ "https://h\xc3\xb6st/", NULL, NULL },
		{ "https://host:0/", NULL, NULL },
		{ "https://host:65536/", NULL, NULL },
		{ "https://host:080/", NULL, NULL },
		{ "https://host:/", NULL, NULL },
		{ "https://host:80x/", NULL, NULL },
		{ "https:///path", NULL, NULL },
		{ "https://[::1/", NULL, NULL },
		{ "https://[]/", NULL, NULL },
		{ "https://[::1]x/", NULL, NULL },
		{ "ftp://host/", NULL, NULL },
		{ "file:///etc/passwd", NULL, NULL },
		{ "//host/", NULL, NULL },
		{ "host.example/", NULL, NULL },
		{ "", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct strbuf origin = STRBUF_INIT, path = STRBUF_INIT;
		if (http_split(cases[i].url, &origin, &path) != (cases[i].origin != NULL))
			fail_msg("%s", cases[i].url);
		assert_string_equal(origin.buf, cases[i].origin ? cases[i].origin : "");
		assert_string_equal(path.buf, cases[i].path ? cases[i].path : "");
		assert_int_equal(http_split(cases[i].url, NULL, NULL), cases[i].origin != NULL);
		strbuf_clear(&origin);
		strbuf_clear(&path);
	}
}

static void test_loopback(void **state)
{
	(void)state;
	static const char *const ours[] = { "http://localhost", "http://LOCALHOST:1", "http://a.localhost:5000",
		"http://127.0.0.1:8080", "http://127.255.0.9", "http://[::1]:80", "https://localhost" };
	static const char *const others[] = { "http://example.com", "http://localhost.example", "http://notlocalhost",
		"http://127.0.0.1.example", "http://128.0.0.1", "http://127.1", "http://0x7f.0.0.1", "http://2130706433",
		"http://0.0.0.0", "http://[::]", "http://[::ffff:127.0.0.1]", "http://.localhost.example", "127.0.0.1", "",
		"http://127.0.0.1@evil.example" };

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (!http_is_loopback(ours[i]))
			fail_msg("%s", ours[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (http_is_loopback(others[i]))
			fail_msg("%s", others[i]);
}

static void test_metadata(void **state)
{
	(void)state;
	static const char *const ours[] = { "http://169.254.169.254", "http://169.254.1.2:988",
		"http://metadata.google.internal", "http://METADATA.google.internal.:80" };
	static const char *const others[] = { "http://169.253.169.254", "http://169.254.169.254.example",
		"http://metadata.google.internal.example", "http://x.metadata.google.internal", "http://metadata", "",
		"http://169.254.169.254@evil.example", "http://127.0.0.1", "http://2852039166" };

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (!http_is_metadata(ours[i]))
			fail_msg("%s", ours[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (http_is_metadata(others[i]))
			fail_msg("%s", others[i]);
}

static void test_plain_http(void **state)
{
	(void)state;
	struct http_options o = { .user_agent = "slipway-test/1" };
	struct http_peer_options po = { .name = "kiosks" };
	struct loop *l = NULL;
	struct fail f = FAIL_INIT;

	assert_int_equal(loop_new(&l, 1, false, &f), 0);
	struct http *h = http_new(l, &o);
	struct http_peer *p = http_peer_new(h, &po);
	assert_int_equal(http_peer_allow(p, "http://127.0.0.1:1", &f), 0);
	assert_int_equal(http_peer_allow(p, "http://169.254.169.254", &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_int_equal(http_peer_allow_metadata(p, "http://169.254.169.254", &f), 0);
	assert_int_equal(http_peer_allow_metadata(p, "http://localhost:1", &f), 0);
	assert_int_equal(http_peer_allow_metadata(p, "https://example.com", &f), 0);
	assert_int_equal(http_peer_allow_metadata(p, "http://example.com", &f), -1);
	http_peer_free(p);
	http_free(h);
	loop_free(l);
}

static void test_escape(void **state)
{
	(void)state;
	struct strbuf s = STRBUF_INIT;

	http_escape(&s, "aZ09-._~ /?&=%+\xc3\xa4", NULL);
	assert_string_equal(s.buf, "aZ09-._~%20%2F%3F%26%3D%25%2B%C3%A4");
	strbuf_setlen(&s, 0);
	http_escape(&s, "sites/a b:c", "/:");
	assert_string_equal(s.buf, "sites/a%20b:c");
	strbuf_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_plain_http),
		cmocka_unit_test(test_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
