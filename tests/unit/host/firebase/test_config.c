#include "../../support/test.h"
#include "base/json.h"
#include "host/firebase/config.h"

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct setting *)a)->key, ((const struct setting *)b)->key);
}

/* The configuration of a target whose settings are these. */
static int format(struct strbuf *out, const char *settings, struct fail *f)
{
	struct json_doc *doc = NULL;
	struct setting items[16];
	struct var vars[] = { { .name = "REGION", .kind = VAR_STRING, .text = "europe-west1" },
			      { .name = "target", .kind = VAR_STRING, .text = "jarupa" } };
	struct target t = { .name = "jarupa", .settings = items, .vars = vars, .var_count = 2 };
	int rc;

	assert_int_equal(json_parse(&doc, "settings", settings, strlen(settings), 0, f), 0);
	for (const json *v = json_first(json_root(doc)); v; v = json_next(v))
		items[t.setting_count++] = (struct setting){ .key = json_key(v), .value = v };
	qsort(items, t.setting_count, sizeof *items, by_key);
	rc = config_format(out, &t, f);
	json_doc_free(doc);
	return rc;
}

static void assert_config(const char *settings, const char *want)
{
	struct strbuf out = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	assert_int_equal(format(&out, settings, &f), 0);
	assert_string_equal(out.buf, want);
	strbuf_clear(&out);
}

static void each_key(void **state)
{
	(void)state;
	assert_config("{}", "{}");
	assert_config("{\"project\":\"p\",\"ignore\":[\"x\"]}", "{}");
	assert_config("{\"cleanUrls\":true,\"trailingSlash\":false}", "{\"cleanUrls\":true,"
			"\"trailingSlashBehavior\":\"REMOVE\"}");
	assert_config("{\"cleanUrls\":false,\"trailingSlash\":true}", "{\"cleanUrls\":false,"
			"\"trailingSlashBehavior\":\"ADD\"}");
	assert_config("{\"appAssociation\":\"NONE\",\"i18n\":{\"root\":\"/lang\"}}",
		      "{\"appAssociation\":\"NONE\",\"i18n\":{\"root\":\"/lang\"}}");
	assert_config("{\"rewrites\":[{\"source\":\"**\",\"destination\":\"/index.html\"}]}",
		      "{\"rewrites\":[{\"glob\":\"**\",\"path\":\"/index.html\"}]}");
	assert_config("{\"redirects\":[{\"regex\":\"^/a$\",\"destination\":\"/b\",\"type\":302},"
		      "{\"glob\":\"/c\",\"destination\":\"/d\"}]}",
		      "{\"redirects\":[{\"location\":\"/b\",\"regex\":\"^/a$\",\"statusCode\":302},"
		      "{\"glob\":\"/c\",\"location\":\"/d\"}]}");
}

static void rewrites_to_code(void **state)
{
	(void)state;
	assert_config("{\"rewrites\":[{\"source\":\"/a\",\"function\":\"f\"}]}",
			"{\"rewrites\":[{\"function\":\"f\",\"glob\":\"/a\"}]}");
	assert_config("{\"rewrites\":[{\"source\":\"/a\",\"function\":\"f\",\"region\":\"${REGION}\"}]}",
		      "{\"rewrites\":[{\"function\":\"f\",\"functionRegion\":\"europe-west1\",\"glob\":\"/a\"}]}");
	assert_config("{\"rewrites\":[{\"source\":\"/a\",\"function\":{\"functionId\":\"f\",\"region\":\"r\"}}]}",
		      "{\"rewrites\":[{\"function\":\"f\",\"functionRegion\":\"r\",\"glob\":\"/a\"}]}");
	assert_config("{\"rewrites\":[{\"source\":\"/a\",\"run\":{\"serviceId\":\"s-${target}\"}}]}",
		      "{\"rewrites\":[{\"glob\":\"/a\",\"run\":{\"region\":\"us-central1\",\"serviceId\":\"s-jarupa\"}}]}");
	assert_config("{\"rewrites\":[{\"source\":\"/a\",\"dynamicLinks\":true}]}",
		      "{\"rewrites\":[{\"dynamicLinks\":true,\"glob\":\"/a\"}]}");
}

static void headers(void **state)
{
	(void)state;
	assert_config("{\"headers\":[{\"source\":\"**\",\"headers\":[{\"key\":\"A\",\"value\":\"1\"},{\"key\":\"B\","
			"\"value\":\"2\"},"
		      "{\"key\":\"A\",\"value\":\"3\"}]},{\"source\":\"/x\",\"headers\":[]}]}",
		      "{\"headers\":[{\"glob\":\"**\",\"headers\":{\"A\":\"3\",\"B\":\"2\"}},{\"glob\":\"/x\","
		      		"\"headers\":{}}]}");
}

static void what_has_no_word(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(format(&out, "{\"rewrites\":[{\"source\":\"/a\",\"run\":{\"serviceId\":\"s\","
			"\"pinTag\":true}}]}", &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.text, "pinTag"));
	strbuf_clear(&out);
}

static void differences(void **state)
{
	const char *live_text = "{\"cleanUrls\":true,\"rewrites\":[{\"glob\":\"**\",\"path\":\"/a\"}],"
			"\"i18n\":{\"root\":\"/l\"}}";
	const char *want_text = "{\"appAssociation\":\"AUTO\",\"cleanUrls\":false,\"rewrites\":[{\"path\":\"/b\","
			"\"glob\":\"**\"}]}";
	struct json_doc *live = NULL, *want = NULL;
	struct config_changes changes;
	struct arena mem = ARENA_INIT;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(json_parse(&live, "live", live_text, strlen(live_text), 0, &f), 0);
	assert_int_equal(json_parse(&want, "want", want_text, strlen(want_text), 0, &f), 0);
	config_compare(&changes, json_root(live), json_root(want), &mem);
	assert_int_equal(changes.count, 4);
	assert_string_equal(changes.items[0].key, "appAssociation");
	assert_null(changes.items[0].from);
	assert_string_equal(changes.items[0].to, "\"AUTO\"");
	assert_string_equal(changes.items[1].key, "cleanUrls");
	assert_string_equal(changes.items[1].from, "true");
	assert_null(changes.items[1].to);
	assert_string_equal(changes.items[2].key, "rewrites");
	assert_string_equal(changes.items[3].key, "i18n");
	config_compare(&changes, json_root(want), json_root(want), &mem);
	assert_int_equal(changes.count, 0);
	config_compare(&changes, NULL, json_root(want), &mem);
	assert_int_equal(changes.count, 2);
	json_doc_free(live);
	json_doc_free(want);
	arena_clear(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key), cmocka_unit_test(rewrites_to_code), cmocka_unit_test(headers),
		cmocka_unit_test(what_has_no_word), cmocka_unit_test(differences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
