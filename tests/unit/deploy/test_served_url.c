#include "test.h"

#include "deploy/served_url.h"

static const struct served_rules plain = { .clean_urls = false };
static const struct served_rules clean = { .clean_urls = true };
static const struct served_rules always = { .clean_urls = true, .slash = SLASH_ALWAYS };
static const struct served_rules never = { .clean_urls = true, .slash = SLASH_NEVER };

static void expect_path(const char *prefix, const char *file, const struct served_rules *rules, const char *path)
{
	struct strbuf out = STRBUF_INIT;

	served_path(&out, prefix, file, rules);
	assert_string_equal(out.buf, path);
	strbuf_clear(&out);
}

static void paths_are_escaped(void **state)
{
	(void)state;
	expect_path("", "a b/\xc3\xa4%.js", &plain, "/a%20b/%C3%A4%25.js");
	expect_path("/base", "x?y#z.txt", &plain, "/base/x%3Fy%23z.txt");
	expect_path("", "index.html", &plain, "/index.html");
	expect_path("", "a.html", &plain, "/a.html");
	expect_path("", "a.js", &clean, "/a.js");
}

static void clean_addresses_follow_the_rules(void **state)
{
	static const struct { const char *file, *unset, *always, *never; } cases[] = {
		{ "index.html", "/", "/", "/" },
		{ "a.html", "/a", "/a/", "/a" },
		{ "dir/a b.html", "/dir/a%20b", "/dir/a%20b/", "/dir/a%20b" },
		{ "dir/index.html", "/dir/", "/dir/", "/dir" },
		{ "myindex.html", "/myindex", "/myindex/", "/myindex" },
		{ "a.htm", "/a.htm", "/a.htm", "/a.htm" },
		{ ".html", "/.html", "/.html", "/.html" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		expect_path("", cases[i].file, &clean, cases[i].unset);
		expect_path("", cases[i].file, &always, cases[i].always);
		expect_path("", cases[i].file, &never, cases[i].never);
	}
	expect_path("/base", "index.html", &clean, "/base/");
	expect_path("/base", "index.html", &never, "/base");
	expect_path("/base", "a.html", &clean, "/base/a");
}

static void bases_are_https_or_this_machine(void **state)
{
	static const struct { const char *url, *origin, *prefix; } cases[] = {
		{ "https://kiosk.example", "https://kiosk.example", "" },
		{ "https://kiosk.example/", "https://kiosk.example", "" },
		{ "https://Kiosk.example:443/a/b//", "https://kiosk.example", "/a/b" },
		{ "http://localhost:8080/x", "http://localhost:8080", "/x" },
		{ "http://a.localhost", "http://a.localhost", "" },
		{ "http://127.0.0.1:1", "http://127.0.0.1:1", "" },
		{ "http://kiosk.example", NULL, NULL }, { "ftp://kiosk.example", NULL, NULL },
		{ "https://ana@kiosk.example", NULL, NULL }, { "https://kiosk.example/?q", NULL, NULL },
		{ "https://kiosk.example/#x", NULL, NULL }, { "kiosk.example", NULL, NULL },
	};
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct strbuf origin = STRBUF_INIT, prefix = STRBUF_INIT;
		struct fail f = FAIL_INIT;
		assert_int_equal(served_base(&origin, &prefix, cases[i].url, &f), cases[i].origin ? 0 : -1);
		if (cases[i].origin) {
			assert_string_equal(origin.buf, cases[i].origin);
			assert_string_equal(prefix.buf, cases[i].prefix);
		} else {
			assert_int_equal(f.kind, FAIL_CONFIG);
		}
		strbuf_clear(&origin);
		strbuf_clear(&prefix);
	}
}

static void expect_moved(const char *location, const char *asked, const char *file, const struct served_rules *rules,
			 const char *to)
{
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(served_moved(&out, location, "https://kiosk.example", "", asked, file, rules), to != NULL);
	assert_string_equal(out.buf, to ? to : "");
	strbuf_clear(&out);
}

static void only_the_clean_address_may_be_followed(void **state)
{
	(void)state;
	expect_moved("/a/", "/a", "a.html", &clean, "/a/");
	expect_moved("https://kiosk.example/a/", "/a", "a.html", &clean, "/a/");
	expect_moved("/dir?x=1", "/dir/", "dir/index.html", &clean, "/dir");
	expect_moved("/a", "/a", "a.html", &clean, NULL);
	expect_moved("/b", "/a", "a.html", &clean, NULL);
	expect_moved("/a/b", "/a", "a.html", &clean, NULL);
	expect_moved("https://elsewhere.example/a/", "/a", "a.html", &clean, NULL);
	expect_moved("//elsewhere.example/a/", "/a", "a.html", &clean, NULL);
	expect_moved("a/", "/a", "a.html", &clean, NULL);
	expect_moved("", "/a", "a.html", &clean, NULL);
	expect_moved("/a", "/a.html", "a.html", &plain, NULL);
	expect_moved("/a.js/", "/a.js", "a.js", &clean, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_escaped),
		cmocka_unit_test(clean_addresses_follow_the_rules),
		cmocka_unit_test(bases_are_https_or_this_machine),
		cmocka_unit_test(only_the_clean_address_may_be_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
