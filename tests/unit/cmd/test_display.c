#include "cmd/display.h"

#include <string.h>

#include "base/utf8.h"
#include "test.h"

#define S 1000000000LL
#define MANY 40

struct scene {
	struct row rows[MANY];
	struct display_row views[MANY];
	char names[MANY][16];
	struct display d;
	struct strbuf out;
};

/* `count` places in the middle of staging, 100 columns by 30 lines, 2 s after the start. */
static void set_scene(struct scene *s, size_t count)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < count; i++) {
		snprintf(s->names[i], sizeof(s->names[i]), "kiosk-%02zu", i);
		s->rows[i] = (struct row){ .target = s->names[i], .place = s->names[i], .phase = PHASE_STAGE,
		                           .total_files = 100, .total_bytes = 1024 * 1024, .started_ns = 1 * S };
		atomic_store(&s->rows[i].progress_files, 50);
		atomic_store(&s->rows[i].progress_bytes, 512 * 1024);
		s->views[i] = (struct display_row){ .row = &s->rows[i], .since_ns = 1 * S };
	}
	s->d = (struct display){ .rows = s->views, .count = count, .columns = 100, .lines = 30, .started_ns = 1 * S,
	                         .now_ns = 3 * S };
	s->out = (struct strbuf)STRBUF_INIT;
}

static size_t draw(struct scene *s)
{
	strbuf_setlen(&s->out, 0);
	return display_frame(&s->out, &s->d);
}

/* Whether every line is narrower than the terminal; counts them. */
static bool lines_fit(const struct scene *s, size_t *count)
{
	*count = 0;
	for (const char *line = s->out.buf; *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n");
		++*count;
		if (line[len] != '\n' || style_width(line, len) >= s->d.columns)
			return false;
	}
	return true;
}

static void a_line_tells_phase_bar_counts_and_rate(void **state)
{
	struct scene s;
	(void)state;
	set_scene(&s, 1);
	assert_int_equal(draw(&s), 2);
	assert_string_equal(s.out.buf, "  kiosk-00  stage   ############------------"
	                               "   50/100 files   512.0 KiB   256.0 KiB/s\n"
	                               "| 0/1 done, 512.0 KiB sent, 256.0 KiB/s, 2.0 s, 0:03 left\n");
	strbuf_clear(&s.out);
}

static void any_width_and_height_is_kept(void **state)
{
	struct scene s;
	(void)state;
	set_scene(&s, MANY);
	for (unsigned columns = 2; columns < 140; columns++) {
		for (unsigned lines = 1; lines < 60; lines += 7) {
			size_t count;
			s.d.columns = columns;
			s.d.lines = lines;
			s.d.utf8 = columns % 2 == 0;
			s.d.color = columns % 3 == 0;
			size_t said = draw(&s);
			assert_true(lines_fit(&s, &count));
			assert_int_equal(count, said);
			assert_true(lines < 4 ? count == 1 : count <= lines - 2);
		}
	}
	strbuf_clear(&s.out);
}

static void what_does_not_fit_is_counted(void **state)
{
	struct scene s;
	(void)state;
	set_scene(&s, MANY);
	s.d.lines = 10;
	assert_int_equal(draw(&s), 8);
	assert_non_null(strstr(s.out.buf, "\n  +34 more\n"));
	strbuf_clear(&s.out);
}

static void longest_running_come_first_when_room_is_short(void **state)
{
	struct scene s;
	(void)state;
	set_scene(&s, MANY);
	s.d.lines = 10;
	s.d.now_ns = 60 * S;
	for (size_t i = 0; i < MANY; i++)
		s.views[i].since_ns = 50 * S;
	s.views[33].since_ns = 10 * S;
	draw(&s);
	assert_memory_equal(s.out.buf, "  kiosk-33", 10);
	strbuf_clear(&s.out);
}

static void finished_places_leave_the_picture(void **state)
{
	struct scene s;
	(void)state;
	set_scene(&s, 3);
	s.rows[0].result = RESULT_DEPLOYED;
	s.rows[1].result = RESULT_FAILED;
	s.rows[2].phase = PHASE_WAIT;
	assert_int_equal(draw(&s), 1);
	assert_memory_equal(s.out.buf, "| 2/3 done, 1 failed", 20);
	strbuf_clear(&s.out);
}

static void before_there_are_rows_it_says_what_goes_on(void **state)
{
	struct scene s;
	(void)state;
	set_scene(&s, 0);
	s.d.activity = "reading build kiosk";
	assert_int_equal(draw(&s), 1);
	assert_memory_equal(s.out.buf, "| reading build kiosk", 21);
	strbuf_clear(&s.out);
}

static void names_are_escaped_and_cut(void **state)
{
	struct scene s;
	(void)state;
	set_scene(&s, 1);
	s.rows[0].place = "evil\x1b[2Jname-that-is-much-longer-than-any-column";
	s.d.utf8 = true;
	draw(&s);
	assert_null(strchr(s.out.buf, '\x1b'));
	assert_non_null(strstr(s.out.buf, "\xe2\x80\xa6"));
	assert_int_equal(display_name_width(s.views, 1), 24);
	strbuf_clear(&s.out);
}

static void results_tell_stage_and_cause(void **state)
{
	struct row r = { .place = "jarupa", .result = RESULT_FAILED, .started_ns = 1 * S, .ended_ns = 2 * S };
	struct strbuf out = STRBUF_INIT;
	(void)state;
	fail_set(&r.fail, FAIL_LOCAL, "No space left on device");
	fail_stage(&r.fail, "stage");
	display_result(&out, &r, 8, false, false, 0);
	assert_string_equal(out.buf, "x jarupa    failed      stage: No space left on device  1.0 s");
	strbuf_setlen(&out, 0);
	display_result(&out, &r, 8, false, false, 40);
	assert_string_equal(out.buf, "x jarupa    failed      stage: No spac~");
	strbuf_setlen(&out, 0);
	r = (struct row){ .place = "jarupa", .result = RESULT_DEPLOYED, .sent_files = 1, .sent_bytes = 5120 };
	display_result(&out, &r, 8, true, false, 80);
	assert_string_equal(out.buf, "\xe2\x9c\x93 jarupa    deployed    1 file, 5.0 KiB");
	strbuf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_tells_phase_bar_counts_and_rate),
		cmocka_unit_test(any_width_and_height_is_kept),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(longest_running_come_first_when_room_is_short),
		cmocka_unit_test(finished_places_leave_the_picture),
		cmocka_unit_test(before_there_are_rows_it_says_what_goes_on),
		cmocka_unit_test(names_are_escaped_and_cut),
		cmocka_unit_test(results_tell_stage_and_cause),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
