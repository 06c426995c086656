#include "target/render.h"

#include "../support/test.h"

static struct var vars[] = {
	{ .name = "BAD", .kind = VAR_STRING, .text = "a\nb" },
	{ .name = "ID", .kind = VAR_NUMBER, .text = "12" },
	{ .name = "NASTY", .kind = VAR_STRING, .text = "\"'`\\$</script>\n\r\xe2\x80\xa8\xe2\x80\xa9\t<!--" },
	{ .name = "ON", .kind = VAR_BOOL, .text = "true" },
	{ .name = "TARGET", .kind = VAR_STRING, .text = "JARUPA" },
	{ .name = "TITLE", .kind = VAR_STRING, .text = "Tea & Co" },
	{ .name = "TOKEN", .kind = VAR_SECRET },
	{ .name = "URL", .kind = VAR_STRING, .text = "https://x.example/a?b=c" },
};
static const struct target target = { .name = "jarupa", .vars = vars, .var_count = sizeof vars / sizeof vars[0] };
static const struct render_rule plain = { .path = "x", .open = "{{", .close = "}}" };

static void becomes(const char *path, const char *text, const char *expected)
{
	struct rendered out;
	struct fail f = FAIL_INIT;

	if (render_text(&out, path, text, strlen(text), &plain, &target, NULL, &f) < 0)
		fail_msg("%s", f.text);
	assert_string_equal(out.text.buf, expected);
	strbuf_clear(&out.text);
}

static void refuses(const char *path, const char *text, const char *message, const char *hint)
{
	struct rendered out;
	struct fail f = FAIL_INIT;

	assert_int_equal(render_text(&out, path, text, strlen(text), &plain, &target, NULL, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(f.text, message);
	assert_string_equal(f.hint, hint);
	strbuf_clear(&out.text);
}

static void replaces_names_only(void **state)
{
	(void)state;
	becomes("a.txt", "", "");
	becomes("a.txt", "{{TARGET}}", "JARUPA");
	becomes("a.txt", "a {{URL}} b {{ID}}{{ON}} c", "a https://x.example/a?b=c b 12true c");
	becomes("a.txt", "{{ TARGET }} {{target}} {{}} {{0}} {{TARGET} {{TARGET", "{{ TARGET }} {{target}} {{}} {{0}} "
	                                                                          "{{TARGET} {{TARGET");
	becomes("a.txt", "{{{TARGET}}} {{{{TARGET}}}}", "{JARUPA} {{JARUPA}}");
	becomes("a.js", "f({{ID}}, {{ON}}, '{{TITLE}}')", "f(12, true, 'Tea & Co')");
}

static void escapes_by_kind_of_file(void **state)
{
	(void)state;
	becomes("a.js", "x='{{NASTY}}'", "x='\\\"\\'\\`\\\\\\$<\\/script>\\n\\r\\u2028\\u2029\\x09<\\!--'");
	becomes("b/A.MJS", "{{BAD}}", "a\\nb");
	becomes("a.json", "{\"t\":\"{{NASTY}}\",\"n\":{{ID}}}",
	        "{\"t\":\"\\\"'`\\\\$</script>\\n\\r\xe2\x80\xa8\xe2\x80\xa9\\t<!--\",\"n\":12}");
	becomes("m.webmanifest", "\"{{BAD}}\"", "\"a\\nb\"");
	refuses("a.html", "<p>\n  {{TITLE}}", "a.html:2:3: TITLE holds one of < > & \" ', which cannot be written "
	                                      "safely into this kind "
	        "of file (.js and .json files can)", "");
	refuses("a.css", "{{BAD}}", "a.css:1:1: BAD holds a control character, which cannot be written safely into this "
	                            "kind of file", "");
}

static void unknown_names_have_a_place(void **state)
{
	(void)state;
	refuses("cfg/a.js", "a\nb\n\t'{{TITEL}}'", "cfg/a.js:3:3: TITEL is not a variable of this target", "did you "
	                                                                                                   "mean TITLE?");
	refuses("a.js", "{{ZZZZZZZZ}}", "a.js:1:1: ZZZZZZZZ is not a variable of this target", "");
}

static void other_marks(void **state)
{
	const struct render_rule rule = { .path = "x", .open = "<%", .close = "%>" };
	const char text[] = "<%ID%> {{ID}} <%id%>\0<%ID%>";
	struct rendered out;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(render_text(&out, "a.txt", text, sizeof text - 1, &rule, &target, NULL, &f), 0);
	assert_int_equal(out.text.len, 19);
	assert_memory_equal(out.text.buf, "12 {{ID}} <%id%>\00012", 19);
	assert_true(out.changed);
	assert_false(out.secret);
	strbuf_clear(&out.text);
}

static void secrets_are_unknown_in_a_plan(void **state)
{
	struct rendered out;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(render_text(&out, "a.js", "'{{TOKEN}}'", 11, &plain, &target, NULL, &f), 0);
	assert_true(out.secret);
	assert_true(out.unknown_secret);
	assert_string_equal(out.text.buf, "'[secret TOKEN]'");
	strbuf_clear(&out.text);
	assert_int_equal(render_text(&out, "a.js", "none", 4, &plain, &target, NULL, &f), 0);
	assert_false(out.secret);
	assert_false(out.changed);
	strbuf_clear(&out.text);
}

static bool pins(const char *document, const char *text, const char *path)
{
	return render_may_pin(document) && render_pins(document, text, strlen(text), path);
}

static void finds_pins(void **state)
{
	static const char ngsw[] = "{\"hashTable\":{\"/config.js\":\"abc\",\"/sub/a.css\":\"def\"}}";
	static const char worker[] = "precache([{\"revision\":\"1\",\"url\":\"config.js\"},{url:'./a/b.js',revision:null}]);f('other.js')";
	static const char page[] = "<script src=\"/config.js?v=1\" integrity=\"sha384-x\"></script>\n<link href=a.css>\n"
	                           "<link data-x integrity='' href=\"b.css\"><LINK HREF='c.css' Integrity='sha'>";

	(void)state;
	assert_true(pins("ngsw.json", ngsw, "config.js"));
	assert_true(pins("ngsw.json", ngsw, "sub/a.css"));
	assert_true(pins("app/ngsw.json", ngsw, "app/config.js"));
	assert_false(pins("ngsw.json", ngsw, "config"));
	assert_false(pins("other.json", ngsw, "config.js"));
	assert_true(pins("sw.js", worker, "config.js"));
	assert_true(pins("service-worker.js", worker, "a/b.js"));
	assert_false(pins("sw.js", worker, "other.js"));
	assert_false(pins("sw.js", worker, "x/config.js"));
	assert_false(pins("app.js", worker, "config.js"));
	assert_true(pins("index.html", page, "config.js"));
	assert_false(pins("index.html", page, "a.css"));
	assert_false(pins("index.html", page, "b.css"));
	assert_true(pins("index.html", page, "c.css"));
	assert_true(pins("x/index.html", page, "x/c.css"));
	assert_true(pins("x/index.html", page, "config.js"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaces_names_only), cmocka_unit_test(escapes_by_kind_of_file),
		cmocka_unit_test(unknown_names_have_a_place), cmocka_unit_test(other_marks),
		cmocka_unit_test(secrets_are_unknown_in_a_plan), cmocka_unit_test(finds_pins),
	};

	return cmocka_run_group_tests_name("target/render", tests, NULL, NULL);
}
