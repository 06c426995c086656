#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct json_doc *parse(const char *text, unsigned flags)
{
	struct json_doc *d = NULL;
	struct fail f = FAIL_INIT;

	if (json_parse(&d, "t.json", text, strlen(text), flags, &f) < 0)
		fail_msg("%s", f.text);
	return d;
}

static void refused_bytes(const char *text, size_t len, unsigned flags, const char *message)
{
	struct json_doc *d = NULL;
	struct fail f = FAIL_INIT;

	assert_int_equal(json_parse(&d, "t.json", text, len, flags, &f), -1);
	assert_null(d);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(f.text, message);
}

static void refused(const char *text, const char *message)
{
	refused_bytes(text, strlen(text), JSON_COMMENTS, message);
}

static void reads_values(void **state)
{
	struct json_doc *d = parse("{\"s\":\"\\u00e9\\ud83d\\ude00\\n\","
	                           "\"n\":-1.5e2,\"i\":9007199254740991,\"b\":true,\"z\":null,\"a\":[1,[]]}", 0);
	const json *root = json_root(d);
	int64_t i = 0;

	(void)state;
	assert_int_equal(json_type(root), JSON_OBJECT);
	assert_int_equal(json_count(root), 6);
	assert_string_equal(json_string(json_get(root, "s")), "\xc3\xa9\xf0\x9f\x98\x80\n");
	assert_true(json_number(json_get(root, "n"), 0) < -149.9);
	assert_false(json_int(json_get(root, "s"), &i));
	assert_true(json_int(json_get(root, "i"), &i));
	assert_true(i == 9007199254740991);
	assert_true(json_bool(json_get(root, "b"), false));
	assert_int_equal(json_type(json_get(root, "z")), JSON_NULL);
	assert_int_equal(json_type(json_first(json_get(root, "a"))), JSON_NUMBER);
	assert_null(json_next(json_next(json_first(json_get(root, "a")))));
	assert_null(json_get(root, "S"));
	assert_null(json_get(json_get(root, "a"), "s"));
	assert_string_equal(json_key(json_get(root, "z")), "z");
	assert_true(json_bool(NULL, true));
	json_doc_free(d);
}

static void whole_numbers_only(void **state)
{
	struct json_doc *d = parse("[1.5, 9007199254740992, -9007199254740992, 1e3, -0]", 0);
	const json *v = json_first(json_root(d));
	int64_t n = -1;

	(void)state;
	assert_false(json_int(v, &n));
	v = json_next(v);
	assert_false(json_int(v, &n));
	v = json_next(v);
	assert_false(json_int(v, &n));
	v = json_next(v);
	assert_true(json_int(v, &n));
	assert_true(n == 1000);
	assert_true(json_int(json_next(v), &n));
	assert_true(n == 0);
	json_doc_free(d);
}

static void position_is(const struct json_doc *d, const json *v, enum json_where where, unsigned line, unsigned column)
{
	unsigned l = 0, c = 0;

	assert_true(json_position(d, v, where, &l, &c));
	assert_int_equal(l, line);
	assert_int_equal(c, column);
}

static void knows_positions(void **state)
{
	struct json_doc *d = parse("// head\n{ /* a: */ \"a\" : [ 1,\n"
	                           "\t{\"b\": \"x\"} ], // tail\n  \"c\":{} }\n", JSON_COMMENTS);
	struct json_doc *other = parse("[1]", 0);
	const json *a = json_get(json_root(d), "a"), *b = json_get(json_next(json_first(a)), "b");
	unsigned l, c;

	(void)state;
	position_is(d, json_root(d), JSON_AT_KEY, 2, 1);
	position_is(d, a, JSON_AT_KEY, 2, 12);
	position_is(d, a, JSON_AT_VALUE, 2, 18);
	position_is(d, json_first(a), JSON_AT_VALUE, 2, 20);
	position_is(d, b, JSON_AT_KEY, 3, 3);
	position_is(d, b, JSON_AT_VALUE, 3, 8);
	position_is(d, json_get(json_root(d), "c"), JSON_AT_VALUE, 4, 7);
	assert_false(json_position(other, a, JSON_AT_VALUE, &l, &c));
	json_doc_free(d);
	json_doc_free(other);
}

static void made_documents_stand_where_their_origin_stands(void **state)
{
	struct json_doc *from = parse("{\n  \"a\": [1,\n   {\"k\": 2}],\n  \"b\": 3 }", 0);
	struct json_doc *made = parse("{\"x\":[1,{\"k\":2,\"new\":0}],\"y\":4}", 0);
	const json *x = json_get(json_root(made), "x"), *k = json_get(json_next(json_first(x)), "k");
	unsigned line, column;
	const char *text;
	size_t len;

	(void)state;
	position_is(made, k, JSON_AT_KEY, 1, 10);
	json_made_from(made, x, from, json_get(json_root(from), "a"));
	position_is(made, x, JSON_AT_KEY, 2, 3);
	position_is(made, json_first(x), JSON_AT_VALUE, 2, 9);
	position_is(made, k, JSON_AT_VALUE, 3, 10);
	assert_false(json_position(made, json_get(json_next(json_first(x)), "new"), JSON_AT_VALUE, &line, &column));
	assert_false(json_position(made, json_get(json_root(made), "y"), JSON_AT_VALUE, &line, &column));
	assert_true(json_raw(made, k, &text, &len));
	assert_memory_equal(text, "2", len);
	json_doc_free(made);
	json_doc_free(from);
}

static void keeps_text_as_written(void **state)
{
	struct json_doc *d = parse("[1.50, \"a\\\"]\" ,true]", 0);
	const json *v = json_first(json_root(d));
	const char *text;
	size_t len;

	(void)state;
	assert_true(json_raw(d, v, &text, &len));
	assert_int_equal(len, 4);
	assert_memory_equal(text, "1.50", 4);
	v = json_next(v);
	assert_true(json_raw(d, v, &text, &len));
	assert_int_equal(len, 6);
	assert_memory_equal(text, "\"a\\\"]\"", 6);
	assert_true(json_raw(d, json_next(v), &text, &len));
	assert_int_equal(len, 4);
	assert_false(json_raw(d, json_root(d), &text, &len));
	json_doc_free(d);
}

static void refuses_bad_syntax(void **state)
{
	(void)state;
	refused("", "t.json:1:1: the document is empty");
	refused(" // only\n", "t.json:1:1: the document is empty");
	refused("{\"a\":1,}", "t.json:1:7: trailing comma");
	refused("[1\n,\n]", "t.json:2:1: trailing comma");
	refused("{} x", "t.json:1:4: text after the end of the document");
	refused("{}{}", "t.json:1:3: text after the end of the document");
	refused("{'a':1}", "t.json:1:2: expected a key in double quotes");
	refused("{\"a\":'b'}", "t.json:1:6: strings stand in double quotes");
	refused("{\"a\" 1}", "t.json:1:6: expected \":\" after the key");
	refused("{\"a\":1 \"b\":2}", "t.json:1:8: expected \",\" or \"}\"");
	refused("[1 2]", "t.json:1:4: expected \",\" or \"]\"");
	refused("[1", "t.json:1:3: the document ends here, too early");
	refused("{\"a\":", "t.json:1:6: the document ends here, too early");
	refused("nul", "t.json:1:1: expected a value");
	refused("True", "t.json:1:1: expected a value");
	refused("[NaN]", "t.json:1:2: expected a value");
	refused("[1]/*", "t.json:1:4: this comment is never closed");
	refused("[1]/", "t.json:1:4: unexpected \"/\"");
	refused_bytes("[1] // x", 8, 0, "t.json:1:5: comments are not allowed here");
}

static void refuses_bad_numbers(void **state)
{
	(void)state;
	refused("[01]", "t.json:1:2: a number must not begin with 0");
	refused("[-]", "t.json:1:2: a digit is missing in this number");
	refused("[1.]", "t.json:1:2: a digit is missing in this number");
	refused("[1e+]", "t.json:1:2: a digit is missing in this number");
	refused("[+1]", "t.json:1:2: expected a value");
	refused("[.5]", "t.json:1:2: expected a value");
	refused("[0x10]", "t.json:1:3: expected \",\" or \"]\"");
	refused("[1e999]", "t.json:1:2: this number is too large");
	refused("[1234567890123456789012345678901234567890123456789012345678901234567890]",
	        "t.json:1:2: this number is too long");
}

static void refuses_bad_text(void **state)
{
	(void)state;
	refused("\"a", "t.json:1:1: this string is never closed");
	refused("\"a\nb\"", "t.json:1:1: this string is never closed");
	refused("\"a\tb\"", "t.json:1:3: tab inside a string (write it as \\t)");
	refused("\"a\x01\"", "t.json:1:3: control character (write it as \\u00XX)");
	refused_bytes("\"a\0b\"", 5, 0, "t.json:1:3: control character (write it as \\u00XX)");
	refused("\"\\x41\"", "t.json:1:2: unknown escape in a string");
	refused("\"\\u12g4\"", "t.json:1:2: \\u needs four hexadecimal digits");
	refused("\"\\u0000\"", "t.json:1:2: \\u0000 is not allowed");
	refused("\"\\ud800\"", "t.json:1:2: half of a surrogate pair");
	refused("\"\\ud800\\u0041\"", "t.json:1:2: half of a surrogate pair");
	refused("\"\\udc00\"", "t.json:1:2: half of a surrogate pair");
	refused("\"\xc3(\"", "t.json:1:2: not valid UTF-8");
	refused("\"\xe2\x82", "t.json:1:2: not valid UTF-8");
	refused("\"\xff\"", "t.json:1:2: not valid UTF-8");
	refused("// \xed\xa0\x80\n1", "t.json:1:4: not valid UTF-8");
	refused("\xef\xbb\xbf{}", "t.json:1:1: begins with a byte order mark: save it as UTF-8 without one");
}

static void duplicate_keys(void **state)
{
	struct json_doc *d;
	int64_t n = 0;

	(void)state;
	refused("{\"a\":1,\n \"\\u0061\":2}", "t.json:2:2: duplicate key \"a\"");
	refused("[{\"x\":{\"y\":1,\"y\":1}}]", "t.json:1:14: duplicate key \"y\"");
	d = parse("{\"a\":{\"b\":[1,2]},\"c\":3,\"a\":4}", JSON_DUPLICATES_LAST_WINS);
	assert_int_equal(json_count(json_root(d)), 2);
	assert_true(json_int(json_get(json_root(d), "a"), &n));
	assert_int_equal(n, 4);
	position_is(d, json_get(json_root(d), "a"), JSON_AT_VALUE, 1, 28);
	position_is(d, json_get(json_root(d), "c"), JSON_AT_VALUE, 1, 22);
	json_doc_free(d);
}

static void depth_is_bounded(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct json_doc *d = NULL;
	struct fail f = FAIL_INIT;

	(void)state;
	for (int i = 0; i < 64; i++)
		strbuf_addch(&text, '[');
	for (int i = 0; i < 64; i++)
		strbuf_addch(&text, ']');
	assert_int_equal(json_parse(&d, "t.json", text.buf, text.len, 0, &f), 0);
	json_doc_free(d);
	strbuf_setlen(&text, 64);
	strbuf_addch(&text, '[');
	refused(text.buf, "t.json:1:65: nested too deeply (more than 64 levels)");
	strbuf_clear(&text);
}

static void written(const char *text, const char *canonical)
{
	struct json_doc *d = parse(text, 0);
	struct strbuf out = STRBUF_INIT;

	json_canonical(&out, json_root(d));
	assert_string_equal(out.buf, canonical);
	strbuf_clear(&out);
	json_doc_free(d);
}

static void canonical_text(void **state)
{
	(void)state;
	written(" { \"b\" : [ 1 , 2.50, -1e3 ], \"a\" : { } , \"B\":[] } ", "{\"B\":[],\"a\":{},\"b\":[1,2.5,-1000]}");
	written("[0.1, 1e300, 9007199254740993, 0.30000000000000004]",
	        "[0.1,1e+300,9007199254740992,0.30000000000000004]");
	written("\"\\u001f\\\"\\\\\\/\\u00e9\\t\"", "\"\\u001f\\\"\\\\/\xc3\xa9\\t\"");
	written("{\"\\n\":null}", "{\"\\n\":null}");
}

static void writes_indented(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct jw w;

	(void)state;
	jw_init(&w, &out, 2);
	jw_object(&w);
	jw_kstr(&w, "name", "a\xff" "b");
	jw_kstr(&w, "none", NULL);
	jw_key(&w, "list");
	jw_array(&w);
	jw_int(&w, -7);
	jw_double(&w, 1.25, 2);
	jw_double(&w, 1e308 * 10, 2);
	jw_object(&w);
	jw_end(&w);
	jw_end(&w);
	jw_kbool(&w, "ok", true);
	jw_kint(&w, "n", INT64_MAX);
	jw_end(&w);
	assert_string_equal(out.buf,
	                    "{\n  \"name\": \"a\xef\xbf\xbd" "b\",\n  \"none\": null,\n  \"list\": [\n    -7,\n    1.25,\n"
	                    "    null,\n    {}\n  ],\n  \"ok\": true,\n  \"n\": 9223372036854775807\n}");
	strbuf_clear(&out);
}

static void compares(void **state)
{
	struct json_doc *a = parse("{\"x\":[1,\"a\",null,true],\"y\":{}}", 0);
	struct json_doc *b = parse("{\"y\":{},\"x\":[1.0,\"a\",null,true]}", 0);
	struct json_doc *c = parse("{\"y\":{},\"x\":[1,\"a\",null,false]}", 0);
	struct json_doc *d = parse("{\"y\":{},\"x\":[1,\"a\",null]}", 0);

	(void)state;
	assert_true(json_equal(json_root(a), json_root(b)));
	assert_false(json_equal(json_root(a), json_root(c)));
	assert_false(json_equal(json_root(a), json_root(d)));
	assert_false(json_equal(json_root(a), json_get(json_root(a), "x")));
	json_doc_free(a);
	json_doc_free(b);
	json_doc_free(c);
	json_doc_free(d);
}

static bool is_reference(const json *v)
{
	return json_get(v, "env") != NULL;
}

static void merged(const char *under, const char *over, const char *expected)
{
	struct json_doc *a = parse(under, 0), *b = parse(over, 0);
	json *m = json_merge(json_root(a), json_root(b), is_reference);
	struct strbuf out = STRBUF_INIT;
	struct jw w;

	json_doc_free(a);
	json_doc_free(b);
	jw_init(&w, &out, 0);
	jw_json(&w, m);
	assert_string_equal(out.buf, expected);
	strbuf_clear(&out);
	json_free(m);
}

static void merges(void **state)
{
	struct json_doc *a = parse("[1,{\"a\":2}]", 0), *b = parse("[\"x\"]", 0);
	json *both = json_concat(json_root(a), json_root(b));

	(void)state;
	merged("{\"a\":{\"x\":1,\"y\":[1,2]},\"b\":1}", "{\"c\":3,\"a\":{\"y\":[3],\"z\":{}}}",
	       "{\"a\":{\"x\":1,\"y\":[3],\"z\":{}},\"b\":1,\"c\":3}");
	merged("{\"a\":{\"x\":1}}", "{\"a\":\"s\"}", "{\"a\":\"s\"}");
	merged("{\"a\":[1]}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}");
	merged("{\"t\":{\"file\":\"x\"},\"u\":{\"env\":\"A\"}}", "{\"t\":{\"env\":\"B\"},\"u\":{\"file\":\"y\"}}",
	       "{\"t\":{\"env\":\"B\"},\"u\":{\"file\":\"y\"}}");
	assert_int_equal(json_count(both), 3);
	json_free(both);
	json_doc_free(a);
	json_doc_free(b);
}

static char *twice(void *arg, const char *text)
{
	struct strbuf s = STRBUF_INIT;

	if (strcmp(text, arg) == 0)
		return NULL;
	strbuf_addf(&s, "%s%s", text, text);
	return strbuf_detach(&s);
}

static void maps_strings(void **state)
{
	struct json_doc *d = parse("{\"k\":[\"a\",1,{\"x\":\"b\"}]}", 0);
	char bad[] = "b", none[] = "-";
	json *m = json_map_strings(json_root(d), twice, none);
	struct strbuf out = STRBUF_INIT;

	(void)state;
	json_canonical(&out, m);
	assert_string_equal(out.buf, "{\"k\":[\"aa\",1,{\"x\":\"bb\"}]}");
	assert_null(json_map_strings(json_root(d), twice, bad));
	strbuf_clear(&out);
	json_free(m);
	json_doc_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_values), cmocka_unit_test(whole_numbers_only), cmocka_unit_test(knows_positions),
		cmocka_unit_test(made_documents_stand_where_their_origin_stands),
		cmocka_unit_test(keeps_text_as_written), cmocka_unit_test(refuses_bad_syntax),
		cmocka_unit_test(refuses_bad_numbers), cmocka_unit_test(refuses_bad_text), cmocka_unit_test(duplicate_keys),
		cmocka_unit_test(depth_is_bounded), cmocka_unit_test(canonical_text), cmocka_unit_test(writes_indented),
		cmocka_unit_test(compares), cmocka_unit_test(merges),
		cmocka_unit_test(maps_strings),
	};

	return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
