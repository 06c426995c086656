#include "test.h"

#include "deploy/status_judge.h"
#include "release/release_id.h"

#define A "20261123-090000-aaaaaaaa"
#define B "20261123-100000-bbbbbbbb"
#define C "20261123-110000-cccccccc"

struct scene {
	struct switch_record records[4];
	struct live_state live;
	struct ledger_place last;
	struct status_facts facts;
	struct status_verdict verdict;
	struct arena mem;
};

/* A on B: deployed, logged, and the ledger agrees. */
static void serve(struct scene *s, const char *id)
{
	*s = (struct scene){ .mem = ARENA_INIT };
	s->records[0] = (struct switch_record){ .seq = 1, .id = A, .at_s = 100, .action = "deploy", .by = "ci@runner" };
	s->records[1] = (struct switch_record){ .seq = 2, .id = id, .from = A, .at_s = 200, .action = "deploy",
	                                        .by = "ana@desk" };
	s->live = (struct live_state){ .id = id, .has_header = true, .newest_s = release_id_time(id) };
	s->live.header = (struct release_header){ .id = id, .parent = A };
	s->live.log = (struct switchlog){ .records = s->records, .count = 2 };
	s->last = (struct ledger_place){ .state = "deployed", .to = id, .at_s = 201 };
	s->facts = (struct status_facts){ .live = &s->live, .last = &s->last, .newest = id, .now_s = 260 };
}

static void judge(struct scene *s, enum place_health health)
{
	s->verdict = status_judge(&s->facts, &s->mem);
	assert_string_equal(place_health_name(s->verdict.health), place_health_name(health));
}

static void a_place_as_recorded_is_live(void **state)
{
	struct scene s;

	(void)state;
	serve(&s, B);
	judge(&s, PLACE_LIVE);
	assert_null(s.verdict.note);
	s.facts.last = NULL;
	judge(&s, PLACE_LIVE);
	assert_null(s.verdict.note);
	arena_clear(&s.mem);
}

static void nothing_live_is_empty(void **state)
{
	struct scene s = { .mem = ARENA_INIT };

	(void)state;
	s.live.newest_s = -1;
	s.facts = (struct status_facts){ .live = &s.live, .now_s = 1 };
	judge(&s, PLACE_EMPTY);
	s.live.blocked = "the document root is a real directory";
	judge(&s, PLACE_EMPTY);
	assert_string_equal(s.verdict.note, "the document root is a real directory");
	arena_clear(&s.mem);
}

static void what_verify_saw_is_drift_until_clean(void **state)
{
	struct scene s;

	(void)state;
	serve(&s, B);
	s.records[2] = (struct switch_record){ .seq = 3, .id = B, .at_s = 230, .action = "drifted",
	                                       .reason = "app.js: content differs" };
	s.live.log.count = 3;
	judge(&s, PLACE_DRIFTED);
	assert_non_null(strstr(s.verdict.note, "app.js: content differs"));
	assert_non_null(strstr(s.verdict.note, "--repair"));
	s.records[3] = (struct switch_record){ .seq = 4, .id = B, .at_s = 240, .action = "clean" };
	s.live.log.count = 4;
	judge(&s, PLACE_LIVE);
	arena_clear(&s.mem);
}

static void a_switch_by_hand_is_drift(void **state)
{
	struct scene s;

	(void)state;
	serve(&s, B);
	s.records[2] = (struct switch_record){ .seq = 3, .id = A, .from = B, .at_s = 230, .action = "found" };
	s.live.log.count = 3;
	s.live.id = A;
	s.live.header = (struct release_header){ .id = A };
	judge(&s, PLACE_DRIFTED);
	assert_non_null(strstr(s.verdict.note, "from " B " to " A));
	s.facts.last = NULL;
	judge(&s, PLACE_DRIFTED);
	arena_clear(&s.mem);
}

/* Where the service keeps the log, it tells of others' switches as well. */
static void what_others_deployed_is_said_to_be(void **state)
{
	struct scene s;

	(void)state;
	serve(&s, "0123abcd");
	s.records[0] = (struct switch_record){ .seq = 1, .id = "0123abcd", .at_s = 100, .action = "deploy" };
	s.live.log.count = 1;
	s.live.header.foreign = true;
	s.facts.last = NULL;
	judge(&s, PLACE_LIVE);
	assert_string_equal(s.verdict.note, "not deployed by slipway");
	s.live.header.foreign = false;
	judge(&s, PLACE_LIVE);
	assert_null(s.verdict.note);
	arena_clear(&s.mem);
}

static void a_switch_whose_record_was_lost_is_no_drift(void **state)
{
	struct scene s;

	(void)state;
	serve(&s, B);
	s.records[1].action = "found";
	s.records[1].by = NULL;
	s.last.state = "intended";
	judge(&s, PLACE_LIVE);
	assert_non_null(strstr(s.verdict.note, "interruption"));
	s.facts.last = NULL;            /* the ledger is gone, but B was staged on top of A */
	judge(&s, PLACE_LIVE);
	s.live.header.foreign = true;
	judge(&s, PLACE_DRIFTED);
	s.live.header.foreign = false;
	s.live.header.parent = C;
	judge(&s, PLACE_DRIFTED);
	s.facts.last = &s.last;         /* the ledger's intent alone tells as well */
	judge(&s, PLACE_LIVE);
	s.facts.last = NULL;
	s.live.has_header = false;
	judge(&s, PLACE_DRIFTED);
	arena_clear(&s.mem);
}

static void a_place_never_deployed_to_cannot_drift(void **state)
{
	struct scene s;

	(void)state;
	serve(&s, "/srv/www/old");
	s.records[0] = (struct switch_record){ .seq = 1, .id = "/srv/www/old", .at_s = 100, .action = "found" };
	s.live.log.count = 1;
	s.live.has_header = false;
	s.facts.last = NULL;
	judge(&s, PLACE_LIVE);
	assert_string_equal(s.verdict.note, "not deployed by slipway");
	s.facts.last = &s.last;
	s.last.to = A;                  /* but it was: the log is gone, and so is what we put there */
	judge(&s, PLACE_DRIFTED);
	arena_clear(&s.mem);
}

static void a_failure_in_the_ledger_leaves_it_behind(void **state)
{
	static const char *const states[] = { "intended", "failed", "unknown", "pending", "interrupted", "skipped" };
	struct scene s;

	(void)state;
	serve(&s, B);
	s.last = (struct ledger_place){ .to = C, .at_s = 300, .error = "disk full" };
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		s.last.state = states[i];
		judge(&s, PLACE_BEHIND);
		assert_string_equal(s.verdict.wanted, C);
	}
	assert_string_equal(s.verdict.note, "serves " B ", the fleet wants " C ": disk full");
	s.last.state = "held";
	judge(&s, PLACE_LIVE);
	s.last = (struct ledger_place){ .state = "failed", .to = B, .at_s = 300 };
	judge(&s, PLACE_LIVE);
	arena_clear(&s.mem);
}

static void a_first_deploy_that_failed_is_behind_not_empty(void **state)
{
	struct scene s = { .mem = ARENA_INIT };

	(void)state;
	s.live.newest_s = -1;
	s.last = (struct ledger_place){ .state = "failed", .to = A };
	s.facts = (struct status_facts){ .live = &s.live, .last = &s.last, .now_s = 1 };
	judge(&s, PLACE_BEHIND);
	assert_string_equal(s.verdict.note, "serves nothing, the fleet wants " A);
	arena_clear(&s.mem);
}

static void the_host_alone_tells_who_is_behind(void **state)
{
	struct scene s;

	(void)state;
	serve(&s, B);
	s.facts.last = NULL;
	s.facts.newest = C;
	judge(&s, PLACE_LIVE);          /* it took no part in C */
	s.live.newest_s = release_id_time(C);
	judge(&s, PLACE_BEHIND);
	assert_string_equal(s.verdict.wanted, C);
	s.records[2] = (struct switch_record){ .seq = 3, .id = C, .from = B, .at_s = 210, .action = "deploy" };
	s.records[3] = (struct switch_record){ .seq = 4, .id = B, .from = C, .at_s = 220, .action = "rollback" };
	s.live.log.count = 4;
	judge(&s, PLACE_LIVE);          /* it was there, and somebody took it back */
	arena_clear(&s.mem);
}

static void another_machine_is_told_not_blamed(void **state)
{
	struct scene s;

	(void)state;
	serve(&s, B);
	s.last = (struct ledger_place){ .state = "deployed", .to = A, .at_s = 101 };
	judge(&s, PLACE_LIVE);
	assert_non_null(strstr(s.verdict.note, "ana@desk"));
	s.last.at_s = 250;              /* our record is newer than that switch: it says nothing about it */
	judge(&s, PLACE_LIVE);
	assert_null(s.verdict.note);
	s.last = (struct ledger_place){ .state = "held", .from = B, .at_s = 200 };
	judge(&s, PLACE_LIVE);          /* held in the very second of our own rollback: it saw what is live */
	assert_null(s.verdict.note);
	arena_clear(&s.mem);
}

static void newest_compares_by_time(void **state)
{
	(void)state;
	assert_string_equal(status_newest(A, B), B);
	assert_string_equal(status_newest(B, A), B);
	assert_string_equal(status_newest(NULL, A), A);
	assert_string_equal(status_newest("zzz-by-hand", A), A);
	assert_null(status_newest("zzz-by-hand", NULL));
}

static void what_was_disabled_is_empty_and_not_behind(void **state)
{
	struct scene s;

	(void)state;
	serve(&s, B);
	s.records[2] = (struct switch_record){ .seq = 3, .id = "", .from = B, .at_s = 210, .action = "disable",
	                                       .by = "ana@desk", .reason = "broken" };
	s.live.log.count = 3;
	s.live.id = NULL;
	s.live.has_header = false;
	s.live.broken = "the site is disabled";
	s.last = (struct ledger_place){ .state = "deployed", .from = B, .at_s = 211 };
	judge(&s, PLACE_EMPTY);
	assert_string_equal(s.verdict.note, "disabled 50 s ago by ana@desk: broken");
	/* Also where a run meanwhile wanted something else there and did not get it. */
	s.last = (struct ledger_place){ .state = "failed", .from = B, .to = C, .at_s = 205 };
	judge(&s, PLACE_EMPTY);
	arena_clear(&s.mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_as_recorded_is_live),
		cmocka_unit_test(nothing_live_is_empty),
		cmocka_unit_test(what_was_disabled_is_empty_and_not_behind),
		cmocka_unit_test(what_verify_saw_is_drift_until_clean),
		cmocka_unit_test(a_switch_by_hand_is_drift),
		cmocka_unit_test(a_switch_whose_record_was_lost_is_no_drift),
		cmocka_unit_test(a_place_never_deployed_to_cannot_drift),
		cmocka_unit_test(what_others_deployed_is_said_to_be),
		cmocka_unit_test(a_failure_in_the_ledger_leaves_it_behind),
		cmocka_unit_test(a_first_deploy_that_failed_is_behind_not_empty),
		cmocka_unit_test(the_host_alone_tells_who_is_behind),
		cmocka_unit_test(another_machine_is_told_not_blamed),
		cmocka_unit_test(newest_compares_by_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
