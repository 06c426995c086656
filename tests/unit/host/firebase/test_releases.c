#include "../../support/test.h"
#include "host/firebase/releases.h"

#define A "20261123-090501-aaaaaaaa"
#define B "20261124-090501-bbbbbbbb"
#define OWN(id, parent) "\"labels\":{\"slipway-release\":\"" id "\",\"slipway-parent\":\"" parent "\"," \
	"\"slipway-tree\":\"00112233445566778899aabbccddeeff\",\"slipway-commit\":\"abc\"}"
#define VERSION(v, status, more) "\"version\":{\"name\":\"projects/1/sites/s/versions/" v "\"," \
		"\"status\":\"" status "\"," \
	"\"createTime\":\"2026-11-23T09:00:00Z\",\"fileCount\":\"12\",\"versionBytes\":\"3400\"," more "}"
#define RELEASE(n, type, time, message, version) "{\"name\":\"projects/1/sites/s/channels/live/releases/" n "\"," \
		"\"type\":\"" type \
	"\",\"releaseTime\":\"" time "\",\"releaseUser\":{\"email\":\"robot@x\"},\"message\":\"" message "\"" version "}"

struct parsed {
	struct place place;
	struct json_doc *doc;
	struct release_list list;
	struct switchlog log;
	const json *newest;
	struct arena mem;
};

static void parse(struct parsed *p, const char *text)
{
	struct fail f = FAIL_INIT;
	const json *root;

	memset(p, 0, sizeof *p);
	if (json_parse(&p->doc, "answer", text, strlen(text), 0, &f) < 0)
		fail_msg("%s", f.text);
	root = json_root(p->doc);
	p->newest = releases_parse(&p->place, &(struct release_page){ &root, 1 }, &p->list, &p->log, &p->mem);
}

static void done(struct parsed *p)
{
	json_doc_free(p->doc);
	free(p->place.versions);
	arena_clear(&p->place.mem);
	arena_clear(&p->mem);
}

static void nothing(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "{}");
	assert_null(p.newest);
	assert_int_equal(p.list.count, 0);
	assert_int_equal(p.log.count, 0);
	done(&p);
}

/* A deploy, another one, and back: the list has two releases, the log three switches, the one that was left is bad. */
static void back_from_bad(void **state)
{
	struct parsed p;
	const struct version *v;

	(void)state;
	parse(&p, "{\"releases\":["
		RELEASE("1700000003000000", "ROLLBACK", "2026-11-25T10:00:00Z",
			"white screen {\\\"by\\\":\\\"ana\\\",\\\"action\\\":\\\"rollback\\\"}", "," VERSION("aa",
					"FINALIZED", OWN(A, "")))
		"," RELEASE("1700000002000000", "DEPLOY", "2026-11-24T10:00:00Z",
			    "menu {\\\"by\\\":\\\"ben\\\",\\\"action\\\":\\\"deploy\\\"}", "," VERSION("bb", "FINALIZED",
			    		OWN(B, A)))
		"," RELEASE("1700000001000000", "DEPLOY", "2026-11-23T10:00:00Z",
			    "first {\\\"by\\\":\\\"ana\\\",\\\"action\\\":\\\"deploy\\\"}", "," VERSION("aa", "FINALIZED",
			    		OWN(A, "")))
		"]}");
	assert_int_equal(p.list.count, 2);
	assert_string_equal(p.list.items[0].header.id, B);
	assert_true(p.list.items[0].bad);
	assert_string_equal(p.list.items[0].bad_record->reason, "white screen");
	assert_string_equal(p.list.items[0].bad_record->by, "ana");
	assert_string_equal(p.list.items[0].header.parent, A);
	assert_string_equal(p.list.items[1].header.id, A);
	assert_true(p.list.items[1].live);
	assert_false(p.list.items[1].bad);
	assert_string_equal(p.list.items[1].header.message, "first");
	assert_int_equal(p.list.items[1].header.files, 12);
	assert_int_equal(p.list.items[1].header.tree[1], 0x11);
	assert_int_equal(p.list.items[1].header.tree[16], 0);
	assert_int_equal(p.log.count, 3);
	assert_string_equal(p.log.records[2].id, A);
	assert_string_equal(p.log.records[2].from, B);
	assert_string_equal(release_previous(&p.list, &p.list.items[0], 1)->header.id, A);
	v = version_find(&p.place, B);
	assert_string_equal(version_id(v->name), "bb");
	assert_int_equal(v->status, VERSION_FINALIZED);
	done(&p);
}

/* What firebase-tools released is listed under the version's name; a version that is gone is not. */
static void foreign_and_gone(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "{\"releases\":["
		RELEASE("1700000002000000", "DEPLOY", "2026-11-24T10:00:00Z", "by hand", "," VERSION("f1", "FINALIZED",
				"\"config\":{}"))
		"," RELEASE("1700000001000000", "DEPLOY", "2026-11-23T10:00:00Z", "old", "," VERSION("f0", "DELETED",
				"\"config\":{}"))
		"]}");
	assert_int_equal(p.list.count, 1);
	assert_string_equal(p.list.items[0].header.id, "f1");
	assert_true(p.list.items[0].header.foreign);
	assert_true(p.list.items[0].live);
	assert_string_equal(p.list.items[0].header.by, "robot@x");
	assert_string_equal(p.list.items[0].header.message, "by hand");
	assert_int_equal(p.log.count, 2);
	assert_string_equal(p.log.records[0].action, "deploy");
	assert_int_equal(version_find(&p.place, "f0")->status, VERSION_OTHER);
	done(&p);
}

static void disabled(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "{\"releases\":["
		RELEASE("1700000002000000", "SITE_DISABLE", "2026-11-24T10:00:00Z", "closed", "")
		"," RELEASE("1700000001000000", "DEPLOY", "2026-11-23T10:00:00Z", "", "," VERSION("aa", "FINALIZED",
				OWN(A, "")))
		"]}");
	assert_non_null(p.newest);
	assert_int_equal(p.list.count, 1);
	assert_false(p.list.items[0].live);
	assert_string_equal(p.log.records[1].id, "");
	assert_string_equal(p.log.records[1].from, A);
	done(&p);
}

/* The service's order is not relied on: a release's name is its time, and a longer number is a later one. */
static void out_of_order(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "{\"releases\":["
		RELEASE("999", "DEPLOY", "2026-11-23T10:00:00Z", "", "," VERSION("aa", "FINALIZED", OWN(A, "")))
		"," RELEASE("1000", "DEPLOY", "2026-11-24T10:00:00Z", "", "," VERSION("bb", "FINALIZED", OWN(B, A)))
		"]}");
	assert_true(p.list.items[0].live);
	assert_string_equal(p.list.items[0].header.id, B);
	done(&p);
}

static void nonsense(void **state)
{
	static const char *const texts[] = { "[]", "{\"releases\":7}", "{\"releases\":[1,null,{}]}",
		"{\"releases\":[{\"name\":\"1\",\"version\":{\"labels\":{\"slipway-release\":\"../../x\"}}}]}" };
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		parse(&p, texts[i]);
		assert_int_equal(p.list.count, 0);
		done(&p);
	}
}

static const char *compressor(const struct parsed *p, const char *version)
{
	char name[64];
	struct arena mem = ARENA_INIT;
	static _Thread_local char copy[64];

	snprintf(name, sizeof name, "projects/1/sites/s/versions/%s", version);
	snprintf(copy, sizeof copy, "%s", releases_compressor(p ? p->doc : NULL, name, &mem));
	arena_clear(&mem);
	return copy;
}

/* Only what we have made ourselves, and say so, has a compressor that is known. */
static void compressors(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "{\"releases\":["
	      RELEASE("3", "DEPLOY", "2026-11-24T09:05:02Z", "", "," VERSION("v3", "FINALIZED",
	      "\"labels\":{\"slipway-gz\":\"theirs\"}")) ","
	      RELEASE("2", "DEPLOY", "2026-11-24T09:05:02Z", "", "," VERSION("v2", "FINALIZED",
	      "\"labels\":{\"slipway-release\":\"" B "\",\"slipway-gz\":\"libdeflate-1-14-6\"}")) ","
	      RELEASE("1", "DEPLOY", "2026-11-23T09:05:02Z", "", "," VERSION("v1", "FINALIZED", OWN(A, ""))) "]}");
	assert_string_equal(compressor(&p, "v2"), "libdeflate-1-14-6");
	assert_string_equal(compressor(&p, "v1"), "unknown");
	assert_string_equal(compressor(&p, "v3"), "unknown");
	assert_string_equal(compressor(&p, "v4"), "unknown");
	assert_string_equal(compressor(NULL, "v2"), "unknown");
	done(&p);
}

static void earlier_and_later(void **state)
{
	static const char *const in_order[] = { "", "2026-11-27", "2026-11-27T14:02:11.999999999Z", "2026-11-27T14:02:12Z",
		"2026-11-27T14:02:12.000001Z", "2026-11-27T14:02:12.1Z", "2026-11-27T14:02:12.12Z", "2026-11-27T14:02:13Z" };
	size_t n = sizeof in_order / sizeof *in_order;

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			assert_int_equal(releases_before(in_order[i], in_order[k]), i < k);
	assert_false(releases_before("2026-11-27T14:02:12.5Z", "2026-11-27T14:02:12.500000Z"));
	assert_false(releases_before("2026-11-27T14:02:12.500Z", "2026-11-27T14:02:12.5Z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing), cmocka_unit_test(back_from_bad), cmocka_unit_test(foreign_and_gone),
		cmocka_unit_test(disabled), cmocka_unit_test(out_of_order), cmocka_unit_test(nonsense),
		cmocka_unit_test(compressors), cmocka_unit_test(earlier_and_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
