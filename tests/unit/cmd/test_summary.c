#include "cmd/summary.h"

#include <string.h>

#include "cmd/plan_text.h"
#include "test.h"

#define COUNT 6
#define OLD "20261122-170000-0c0ffee0"
#define NEW "20261123-090501-1a2b3c4d"

static const char *const names[COUNT] = { "amarin", "bua", "chaba", "dao", "jarupa", "kaew" };

struct scene {
	struct arena mem;
	struct row rows[COUNT];
	struct row *list[COUNT];
	struct outcome o;
	struct page page;
};

static void begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < COUNT; i++) {
		s->rows[i] = (struct row){ .target = names[i], .place = names[i], .result = RESULT_DEPLOYED, .previous = OLD,
		                           .live = NEW, .sent_files = 1, .sent_bytes = 1024 };
		s->list[i] = &s->rows[i];
	}
	s->o = (struct outcome){ .release = NEW, .rows = s->list, .row_count = COUNT,
	                        .started_ns = 1, .ended_ns = 900000001 };
	s->page = (struct page){ .text = STRBUF_INIT, .term = { .columns = 80, .utf8 = true }, .mem = &s->mem };
}

static void end(struct scene *s)
{
	strbuf_clear(&s->page.text);
	arena_clear(&s->mem);
}

static void fail_row(struct row *r, const char *text)
{
	r->result = RESULT_FAILED;
	r->live = OLD;
	r->sent_files = r->sent_bytes = 0;
	fail_set(&r->fail, FAIL_LOCAL, "%s", text);
	fail_stage(&r->fail, "stage");
}

static void success_is_short(void **state)
{
	struct scene s;
	(void)state;
	begin(&s);
	summary_text(&s.page, &s.o);
	assert_string_equal(s.page.text.buf, "release " NEW "\n"
	                                     "deployed       6  amarin, bua, chaba, dao, jarupa, kaew\n"
	                                     "6 targets: 6 deployed \xc2\xb7 6 files, 6.0 KiB sent \xc2\xb7 0.9 s\n");
	end(&s);
}

static void failures_with_one_cause_are_told_together_and_last(void **state)
{
	struct scene s;
	(void)state;
	begin(&s);
	fail_row(&s.rows[1], "No space left on device");
	fail_row(&s.rows[4], "No space left on device");
	fail_row(&s.rows[2], "Permission denied");
	fail_hint(&s.rows[2].fail, "chown it");
	s.page.term.utf8 = false;
	summary_text(&s.page, &s.o);
	assert_string_equal(s.page.text.buf, "release " NEW "\n"
	                                     "deployed       3  amarin, dao, kaew\n"
	                                     "failed         3  bua, chaba, jarupa\n"
	                                     "\n"
	                                     "bua, jarupa  failed in stage\n"
	                                     "    No space left on device\n"
	                                     "    still serves " OLD "\n"
	                                     "\n"
	                                     "chaba  failed in stage\n"
	                                     "    Permission denied\n"
	                                     "    still serves " OLD "\n"
	                                     "    hint: chown it\n"
	                                     "\n"
	                                     "6 targets: 3 deployed, 3 failed, 3 files, 3.0 KiB sent, 0.9 s\n");
	end(&s);
}

static void unknown_says_that_nobody_knows(void **state)
{
	struct scene s;
	(void)state;
	begin(&s);
	s.page.quiet = true;
	s.rows[0].result = RESULT_UNKNOWN;
	s.rows[0].live = NULL;
	s.rows[1].result = RESULT_HELD;
	s.rows[1].live = OLD;
	s.rows[1].held = "rolled back 1 h ago by ana: white\x1b[2Jscreen";
	summary_text(&s.page, &s.o);
	assert_non_null(strstr(s.page.text.buf, "amarin  unknown\n    what it serves is not known"));
	assert_non_null(strstr(s.page.text.buf, "bua  held\n    rolled back 1 h ago by ana: white\\x1B[2Jscreen\n"));
	assert_non_null(strstr(s.page.text.buf, "--again"));
	assert_null(strstr(s.page.text.buf, "release "));
	end(&s);
}

static void a_refused_run_is_silent(void **state)
{
	struct scene s;
	(void)state;
	begin(&s);
	for (size_t i = 0; i < COUNT; i++)
		s.rows[i].result = RESULT_SKIPPED;
	fail_set(&s.o.error, FAIL_USAGE, "no");
	summary_text(&s.page, &s.o);
	assert_string_equal(s.page.text.buf, "");
	end(&s);
}

static void plans_group_places_with_the_same_change(void **state)
{
	static const struct blob small = { .size = 10 };
	static const struct entry entry = { .path = "x", .blob = &small };
	struct plan_item items[] = {
		{ PLAN_CHANGE, "app.3f.js", &entry, &entry },
		{ PLAN_REMOVE, "old.js", NULL, &entry },
		{ PLAN_ADD, "logo\n.svg", &entry, NULL },
	};
	struct place_plan places[COUNT];
	struct plan_report report = { .places = places };
	struct scene s;
	(void)state;
	begin(&s);
	s.o.release = NULL;
	for (size_t i = 0; i < COUNT; i++) {
		s.rows[i].result = i == 5 ? RESULT_UNCHANGED : RESULT_NONE;
		places[i] = (struct place_plan){ .row = &s.rows[i], .exact = true };
		if (i < 5)
			places[i].plan = (struct plan){ .items = items, .count = i == 1 ? 3 : 2, .change = 1, .remove = 1,
			                                .send_files = 1, .send_bytes = 10 };
	}
	report.outcome = s.o;
	plan_page(&s.page, &report);
	assert_string_equal(s.page.text.buf, "4 targets: ~ app.3f.js, - old.js\n"
	                                     "bua: ~ app.3f.js, - old.js, + logo\\x0A.svg\n"
	                                     "kaew: unchanged\n"
	                                     "6 targets: 5 to change, 1 unchanged \xc2\xb7 5 files, 50 B to send\n");
	end(&s);
}

static void plans_tell_doubts_and_new_encodings(void **state)
{
	static const struct blob small = { .size = 10 };
	static const struct entry entry = { .path = "x", .blob = &small };
	struct plan_item items[] = { { PLAN_CHANGE, "a.js", &entry, &entry }, { PLAN_CHANGE, "b.js", &entry, &entry } };
	const char *const doubts[] = { PLAN_WHY_UNSURE, PLAN_WHY_UNSURE };
	const char *const settled[] = { PLAN_WHY_ENCODING, PLAN_WHY_CONTENT };
	struct place_plan place;
	struct plan_report report = { .places = &place };
	struct scene s;
	(void)state;
	begin(&s);
	s.rows[0].result = RESULT_NONE;
	s.o.row_count = 1;
	place = (struct place_plan){ .row = &s.rows[0], .why = doubts };
	place.plan = (struct plan){ .items = items, .count = 2, .change = 2 };
	report.outcome = s.o;
	plan_page(&s.page, &report);
	assert_string_equal(s.page.text.buf, "amarin: ~ a.js, ~ b.js\n"
	                                     "another compressor made what is live: --compare-content tells what differs\n"
	                                     "1 target: 1 to change, 0 unchanged\n");
	strbuf_setlen(&s.page.text, 0);
	place.why = settled;
	plan_page(&s.page, &report);
	assert_string_equal(s.page.text.buf, "amarin: ~ a.js (new encoding), ~ b.js\n"
	                                     "1 target: 1 to change, 0 unchanged\n");
	end(&s);
}

static void long_settings_are_cut_around_what_differs(void **state)
{
	static const struct config_change changes[] = {
		{ "cleanUrls", NULL, "true" },
		{ "rewrites", "[{\"glob\":\"**\",\"path\":\"/index.html\"},{\"glob\":\"/a/**\",\"path\":\"/another.html\"}]",
		  "[{\"glob\":\"**\",\"path\":\"/index.html\"}]" },
		{ "headers", "[{\"glob\":\"**\",\"headers\":{\"Cache-Control\":\"no-cache\"}}]", NULL },
	};
	struct place_plan place;
	struct plan_report report = { .places = &place };
	struct scene s;
	(void)state;
	begin(&s);
	s.rows[0].result = RESULT_NONE;
	s.o.row_count = 1;
	place = (struct place_plan){ .row = &s.rows[0], .config = changes, .config_count = 3 };
	report.outcome = s.o;
	plan_page(&s.page, &report);
	assert_string_equal(s.page.text.buf, "amarin: configuration\n"
	                                     "  ~ cleanUrls: - \xe2\x86\x92 true\n"
	                                     "  ~ rewrites: \xe2\x80\xa6x.html\"},{\"glob\":\"/a/**\",\"pat\xe2\x80\xa6"
	                                     " \xe2\x86\x92 \xe2\x80\xa6x.html\"}]\n"
	                                     "  ~ headers: [{\"glob\":\"**\",\"headers\":{\"Cach\xe2\x80\xa6"
	                                     " \xe2\x86\x92 -\n"
	                                     "1 target: 1 to change, 0 unchanged\n");
	strbuf_setlen(&s.page.text, 0);
	s.page.verbose = 1;
	plan_page(&s.page, &report);
	assert_non_null(strstr(s.page.text.buf, changes[1].from));
	assert_null(strstr(s.page.text.buf, "\xe2\x80\xa6"));
	end(&s);
}

static void plans_count_what_is_hidden(void **state)
{
	struct hidden hidden[] = {
		{ ".x", "dot file", true, false }, { ".y", "dot file", true, false }, { "a.map", "**/*.map", false, false },
		{ "node_modules", "node_modules", true, true },
	};
	const struct build build = { .name = "kiosk", .hidden = hidden, .hidden_count = 4, .hidden_user = 1,
	                             .hidden_builtin = 3 };
	struct scene s;
	(void)state;
	begin(&s);
	plan_ignored(&s.page, &build, 1);
	assert_string_equal(s.page.text.buf, "ignored: 1 by your rules, 3 built in (dot file, node_modules)\n");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(success_is_short),
		cmocka_unit_test(failures_with_one_cause_are_told_together_and_last),
		cmocka_unit_test(unknown_says_that_nobody_knows),
		cmocka_unit_test(a_refused_run_is_silent),
		cmocka_unit_test(plans_group_places_with_the_same_change),
		cmocka_unit_test(plans_tell_doubts_and_new_encodings),
		cmocka_unit_test(long_settings_are_cut_around_what_differs),
		cmocka_unit_test(plans_count_what_is_hidden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
