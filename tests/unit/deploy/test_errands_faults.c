/* The smaller commands on places in memory, where every operation can go wrong. */
#include "kiosks.h"

#include "fake_host.h"

#define A "20200101-090000-aaaaaaaa"
#define B "20200101-100000-bbbbbbbb"
#define C "20200101-110000-cccccccc"

struct stage {
	struct kiosks k;
	struct fake_world w;
};

/* a, b and c serve C on top of B on top of A. */
static void begin(struct stage *s)
{
	static const char *const names[] = { "a", "b", "c" };

	memset(s, 0, sizeof *s);
	s->w.calls = (struct strbuf)STRBUF_INIT;
	kiosks_begin(&s->k, 3, "");
	s->k.find_host = fake_find;
	fake_use(&s->w);
	for (size_t i = 0; i < 3; i++) {
		struct fake_place *p = fake_place(&s->w, names[i]);

		fake_release(&s->w, p, A, true);
		fake_log(p, A, NULL, "deploy", NULL, 1577869205);
		fake_release(&s->w, p, B, true);
		fake_log(p, B, A, "deploy", NULL, 1577872805);
		fake_release(&s->w, p, C, true);
		fake_log(p, C, B, "deploy", NULL, 1577876405);
		fake_find_release(p, B)->header.parent = A;
		fake_find_release(p, C)->header.parent = B;
	}
}

static void end(struct stage *s)
{
	fake_clear(&s->w);
	kiosks_end(&s->k);
}

static void roll(struct stage *s, enum result a, enum result b, enum result c, int exit_code)
{
	const struct rollback_options o = { .before_s = -1 };
	const enum result wanted[] = { a, b, c };
	struct rollback_report report;

	rollback_run(kiosks_open(&s->k, "rollback", NULL), &o, &report);
	kiosks_expect_exit(&s->k, &report.outcome, exit_code);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(result_name(report.outcome.rows[i]->result), result_name(wanted[i]));
	kiosks_close(&s->k);
}

static const char *live(struct stage *s, const char *name)
{
	const char *id = fake_place(&s->w, name)->live;

	return id ? id : "";
}

static void a_lost_answer_is_read_back(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	fake_fault(&s.w, (struct fake_fault){ .op = "step", .place = "b", .way = FAULT_AFTER, .kind = FAIL_LINK,
	                                      .times = 1 });
	roll(&s, RESULT_DEPLOYED, RESULT_DEPLOYED, RESULT_DEPLOYED, 0);
	assert_int_equal(fake_calls(&s.w, "b", "step"), 1);
	assert_string_equal(live(&s, "b"), B);
	end(&s);
}

static void one_that_cannot_switch_keeps_what_it_serves(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	fake_fault(&s.w, (struct fake_fault){ .op = "step", .place = "b", .way = FAULT_BEFORE, .kind = FAIL_LOCAL });
	roll(&s, RESULT_DEPLOYED, RESULT_FAILED, RESULT_DEPLOYED, 3);
	assert_string_equal(live(&s, "a"), B);
	assert_string_equal(live(&s, "b"), C);
	s.w.fault_count = 0;
	roll(&s, RESULT_UNCHANGED, RESULT_DEPLOYED, RESULT_UNCHANGED, 0);
	assert_string_equal(live(&s, "a"), B);
	assert_string_equal(live(&s, "b"), B);
	assert_null(fake_place(&s.w, "b")->lock.token);
	end(&s);
}

static void the_unreachable_are_pending_and_hold_nobody(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	fake_fault(&s.w, (struct fake_fault){ .op = "read", .place = "c", .way = FAULT_BEFORE, .kind = FAIL_BUSY,
	                                      .retry_after_ms = 600000 });
	roll(&s, RESULT_DEPLOYED, RESULT_DEPLOYED, RESULT_PENDING, 3);
	assert_string_equal(live(&s, "c"), C);
	end(&s);
}

static void one_that_cannot_be_read_again_under_the_lock_is_left_alone(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	fake_fault(&s.w, (struct fake_fault){ .op = "read", .place = "a", .way = FAULT_BEFORE, .kind = FAIL_REMOTE,
	                                      .skip = 1 });
	roll(&s, RESULT_FAILED, RESULT_DEPLOYED, RESULT_DEPLOYED, 3);
	assert_string_equal(live(&s, "a"), C);
	assert_null(fake_place(&s.w, "a")->lock.token);
	end(&s);
}

static void prune_says_how_far_it_came(void **state)
{
	const struct prune_options o = { .keep = 0 };
	struct prune_report report;
	struct stage s;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < 3; i++)
		fake_find_release(&s.w.places[i], C)->header.parent = NULL;
	fake_fault(&s.w, (struct fake_fault){ .op = "drop", .place = "b", .way = FAULT_BEFORE, .kind = FAIL_LOCAL,
	                                      .skip = 1 });
	prune_run(kiosks_open(&s.k, "prune", NULL), &o, &report);
	kiosks_expect_exit(&s.k, &report.outcome, 4);
	assert_int_equal(report.places[0].count, 2);
	assert_int_equal(report.places[1].count, 1);
	assert_string_equal(report.places[1].dropped[0], A);
	assert_non_null(strstr(report.outcome.rows[1]->fail.text, B));
	assert_int_equal(report.places[2].count, 2);
	kiosks_close(&s.k);
	assert_null(fake_place(&s.w, "b")->lock.token);
	end(&s);
}

static void verify_of_a_host_without_eyes_says_so(void **state)
{
	const struct verify_options o = { .release = NULL };
	struct verify_run_report report;
	struct stage s;

	(void)state;
	begin(&s);
	verify_run(kiosks_open(&s.k, "verify", NULL), &o, &report);
	kiosks_expect_exit(&s.k, &report.outcome, 4);
	assert_non_null(strstr(report.outcome.rows[0]->fail.text, "cannot read back"));
	kiosks_close(&s.k);
	end(&s);
}

/* ---- a swap that leaves a gap ---- */

static void gap_adopt(struct place *p, const struct adopt_request *rq, struct adopt_report *out, struct op *op)
{
	(void)p;
	*out = (struct adopt_report){ .needs_gap = !rq->dry_run, .gap_us = 2500, .files = 1, .steps = "two renames\n" };
	if (rq->accept_gap)
		out->steps = "done\n";
	op->rc = 0;
	op->done(op);
}

static struct host_ops gap_table;

static const struct host_ops *find_gap(const char *kind)
{
	gap_table = *fake_find(kind);
	gap_table.adopt = gap_adopt;
	return &gap_table;
}

static void adopt(struct stage *s, int exit_code, enum result result)
{
	const struct adopt_options o = { .dry_run = false };
	struct adopt_run_report report;

	adopt_run(kiosks_open(&s->k, "adopt", "a", NULL), &o, &report);
	kiosks_expect_exit(&s->k, &report.outcome, exit_code);
	assert_string_equal(result_name(report.outcome.rows[0]->result), result_name(result));
	if (result == RESULT_DEPLOYED)
		assert_string_equal(report.places[0].report->steps, "done\n");
	kiosks_close(&s->k);
}

static void a_gap_is_asked_about(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	s.k.find_host = find_gap;
	fake_place(&s.w, "a")->blocked = "the document root is a real directory";
	adopt(&s, 2, RESULT_SKIPPED);
	assert_int_equal(s.k.asked, 1);
	assert_non_null(strstr(s.k.notes.buf, "2.5 ms"));
	s.k.answer = true;
	adopt(&s, 0, RESULT_DEPLOYED);
	assert_int_equal(s.k.asked, 1);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_answer_is_read_back),
		cmocka_unit_test(one_that_cannot_switch_keeps_what_it_serves),
		cmocka_unit_test(the_unreachable_are_pending_and_hold_nobody),
		cmocka_unit_test(one_that_cannot_be_read_again_under_the_lock_is_left_alone),
		cmocka_unit_test(prune_says_how_far_it_came),
		cmocka_unit_test(verify_of_a_host_without_eyes_says_so),
		cmocka_unit_test(a_gap_is_asked_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
