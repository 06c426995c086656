#include "test.h"

#include "deploy/rollback_choose.h"
#include "release/release_id.h"

/* Run ids, an hour apart. */
#define A "20261123-090000-aaaaaaaa"
#define B "20261123-100000-bbbbbbbb"
#define C "20261123-110000-cccccccc"
#define D "20261123-120000-dddddddd"
#define HOUR_A 1795424400LL             /* 2026-11-23T09:00:00Z */
#define HOUR_B (HOUR_A + 3600)
#define HOUR_C (HOUR_A + 7200)
#define HOUR_D (HOUR_A + 10800)

/* A place as its host would report it: every switch is logged, and the list is what was ever deployed. */
struct world {
	struct release_info items[8];
	struct release_list list;
	struct switch_record records[16];
	struct switchlog log;
	const char *live;
};

static void judge(struct world *w)
{
	for (size_t i = 0; i < w->list.count; i++) {
		struct release_info *r = &w->items[i];

		r->live = w->live && strcmp(w->live, r->header.id) == 0;
		r->bad_record = switchlog_bad(&w->log, r->header.id);
		r->bad = r->bad_record != NULL;
	}
}

static void log_switch(struct world *w, const char *id, const char *action, int64_t at_s)
{
	w->log.records = w->records;
	w->records[w->log.count] = (struct switch_record){ .seq = w->log.count + 1, .id = id, .from = w->live, .at_s = at_s,
	                                                   .action = action };
	w->log.count++;
	w->live = id;
	judge(w);
}

static void hold(struct world *w, const char *id, const char *parent, int64_t made_s, bool foreign)
{
	w->list.items = w->items;
	memmove(w->items + 1, w->items, w->list.count * sizeof *w->items);
	w->items[0] = (struct release_info){ .header = { .id = id, .parent = parent, .created_s = made_s,
	                                                 .foreign = foreign } };
	w->list.count++;
}

static void deploy(struct world *w, const char *id)
{
	hold(w, id, w->live, release_id_time(id), false);
	log_switch(w, id, "deploy", release_id_time(id) + 5);
}

static void roll(struct world *w, const char *id, int64_t at_s)
{
	log_switch(w, id, "rollback", at_s);
}

static void forget(struct world *w, const char *id)
{
	for (size_t i = 0; i < w->list.count; i++)
		if (strcmp(w->items[i].header.id, id) == 0) {
			memmove(w->items + i, w->items + i + 1, (w->list.count - i - 1) * sizeof *w->items);
			w->list.count--;
			return;
		}
	fail_msg("no release %s", id);
}

enum { MOST = 6 };
static const char *const names[MOST] = { "aarau", "bern", "chur", "davos", "eiger", "flims" };

struct asked {
	struct rollback_place places[MOST];
	size_t count;
	struct fail f;
	int rc;
	struct arena mem;
};

static void ask(struct asked *q, struct world *w, size_t count, struct rollback_wish wish)
{
	*q = (struct asked){ .count = count, .mem = ARENA_INIT };
	wish.steps = wish.steps ? wish.steps : 1;
	for (size_t i = 0; i < count; i++)
		q->places[i] = (struct rollback_place){ .name = names[i], .live = w[i].live, .list = &w[i].list,
		                                        .log = &w[i].log };
	q->rc = rollback_choose(q->places, count, &wish, &q->mem, &q->f);
}

static void expect(const struct asked *q, size_t i, const char *id)
{
	const char *to = q->places[i].to ? q->places[i].to->header.id : "stays";

	assert_string_equal(to, id);
}

#define BACK(...) ((struct rollback_wish){ .way = ROLLBACK_BACK, __VA_ARGS__ })
#define UNDO(text) ((struct rollback_wish){ .way = ROLLBACK_UNDO, .id = (text) })
#define TO(text) ((struct rollback_wish){ .way = ROLLBACK_TO, .id = (text) })
#define BEFORE(s) ((struct rollback_wish){ .way = ROLLBACK_BEFORE, .before_s = (s) })

static void plain_goes_to_the_previous(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	for (int i = 0; i < 2; i++) {
		deploy(&w[i], A);
		deploy(&w[i], B);
	}
	ask(&q, w, 2, BACK(.each = false));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, A);
	expect(&q, 1, A);
	arena_clear(&q.mem);
}

static void twice_goes_two_back_and_then_there_is_nothing(void **state)
{
	struct world w = { .live = NULL };
	struct asked q;

	(void)state;
	deploy(&w, A);
	deploy(&w, B);
	deploy(&w, C);
	ask(&q, &w, 1, BACK(.each = false));
	expect(&q, 0, B);
	arena_clear(&q.mem);
	roll(&w, B, HOUR_C + 60);
	ask(&q, &w, 1, BACK(.each = false));
	expect(&q, 0, A);
	arena_clear(&q.mem);
	roll(&w, A, HOUR_C + 120);
	ask(&q, &w, 1, BACK(.each = false));
	assert_int_equal(q.rc, -1);
	assert_int_equal(q.f.kind, FAIL_MISSING);
	assert_true(q.places[0].lost);
	assert_non_null(strstr(q.f.text, "aarau"));
	assert_non_null(strstr(q.f.hint, "--except aarau"));
	arena_clear(&q.mem);
}

static void steps_skip_bad_ones(void **state)
{
	struct world w = { .live = NULL };
	struct asked q;

	(void)state;
	deploy(&w, A);
	deploy(&w, B);
	deploy(&w, C);
	roll(&w, B, HOUR_C + 60);
	deploy(&w, D);
	ask(&q, &w, 1, BACK(.steps = 1));
	expect(&q, 0, B);
	arena_clear(&q.mem);
	ask(&q, &w, 1, BACK(.steps = 2));
	expect(&q, 0, A);
	arena_clear(&q.mem);
	ask(&q, &w, 1, BACK(.steps = 3));
	assert_int_equal(q.f.kind, FAIL_MISSING);
	assert_non_null(strstr(q.f.text, "that far back"));
	arena_clear(&q.mem);
}

/* Requirement 14: the fleet on B, a hotfix C on one. */
static void incident(struct world *w, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		deploy(&w[i], A);
		deploy(&w[i], B);
	}
	deploy(&w[2], C);
}

static void differing_runs_are_refused_with_their_groups(void **state)
{
	struct world w[5] = { { .live = NULL } };
	struct rollback_group *groups;
	struct asked q;

	(void)state;
	incident(w, 5);
	ask(&q, w, 5, BACK(.each = false));
	assert_int_equal(q.rc, -1);
	assert_int_equal(q.f.kind, FAIL_USAGE);
	assert_non_null(strstr(q.f.text, "4 targets serve " B ": aarau, bern, davos (+1)"));
	assert_non_null(strstr(q.f.text, "1 target serves " C ": chur"));
	assert_non_null(strstr(q.f.hint, "--undo"));
	assert_non_null(strstr(q.f.hint, "--each"));
	for (size_t i = 0; i < 5; i++)
		assert_null(q.places[i].to);
	assert_int_equal(rollback_groups(&groups, q.places, 5, &q.mem), 2);
	assert_string_equal(groups[0].id, B);
	assert_int_equal(groups[0].count, 4);
	assert_string_equal(rollback_group_text(&groups[0], 2, &q.mem), "4 targets serve " B ": aarau, bern (+2)");
	arena_clear(&q.mem);
}

static void each_goes_its_own_way(void **state)
{
	struct world w[4] = { { .live = NULL } };
	struct asked q;

	(void)state;
	incident(w, 4);
	ask(&q, w, 4, BACK(.each = true));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, A);
	expect(&q, 2, B);
	arena_clear(&q.mem);
}

static void undo_touches_only_what_serves_it_then_to_takes_all(void **state)
{
	struct world w[4] = { { .live = NULL } };
	struct asked q;

	(void)state;
	incident(w, 4);
	ask(&q, w, 4, UNDO(B));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, A);
	expect(&q, 1, A);
	expect(&q, 2, "stays");
	expect(&q, 3, A);
	arena_clear(&q.mem);
	for (size_t i = 0; i < 4; i++)
		if (i != 2)
			roll(&w[i], A, HOUR_C + 60);
	ask(&q, w, 4, UNDO(B));
	assert_int_equal(q.rc, 0);
	for (size_t i = 0; i < 4; i++)
		expect(&q, i, "stays");
	arena_clear(&q.mem);
	ask(&q, w, 4, TO(A));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, "stays");
	expect(&q, 2, A);
	arena_clear(&q.mem);
}

static void an_undo_of_a_first_release_is_lost(void **state)
{
	struct world w[3] = { { .live = NULL } };
	struct asked q;

	(void)state;
	deploy(&w[0], A);
	deploy(&w[0], B);
	deploy(&w[1], B);
	deploy(&w[2], A);
	ask(&q, w, 3, UNDO(B));
	assert_int_equal(q.f.kind, FAIL_MISSING);
	assert_false(q.places[0].lost);
	assert_true(q.places[1].lost);
	assert_false(q.places[2].lost);
	assert_non_null(strstr(q.f.text, "bern has no earlier good release"));
	arena_clear(&q.mem);
}

static void ids_may_be_prefixes_that_mean_one(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	for (int i = 0; i < 2; i++) {
		deploy(&w[i], A);
		deploy(&w[i], B);
	}
	ask(&q, w, 2, TO("20261123-09"));
	assert_int_equal(q.rc, 0);
	expect(&q, 1, A);
	arena_clear(&q.mem);
	ask(&q, w, 2, TO("20261123"));
	assert_int_equal(q.f.kind, FAIL_USAGE);
	assert_non_null(strstr(q.f.text, "2 releases"));
	arena_clear(&q.mem);
	ask(&q, w, 2, TO("2025"));
	assert_int_equal(q.f.kind, FAIL_USAGE);
	assert_non_null(strstr(q.f.text, "2025"));
	arena_clear(&q.mem);
	ask(&q, w, 2, UNDO(""));
	assert_int_equal(q.f.kind, FAIL_USAGE);
	arena_clear(&q.mem);
	ask(&q, w, 2, UNDO("20261123-10"));
	expect(&q, 0, A);
	arena_clear(&q.mem);
}

static void to_takes_what_was_served_when_that_run_was_new(void **state)
{
	struct world w[3] = { { .live = NULL } };
	struct asked q;

	(void)state;
	deploy(&w[0], A);
	deploy(&w[0], B);
	deploy(&w[0], C);
	deploy(&w[1], A);               /* unchanged in run B */
	deploy(&w[1], C);
	deploy(&w[2], B);               /* its first */
	deploy(&w[2], C);
	ask(&q, w, 3, TO(B));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, B);
	expect(&q, 1, A);
	expect(&q, 2, B);
	arena_clear(&q.mem);
	ask(&q, w, 3, TO(A));
	assert_int_equal(q.f.kind, FAIL_MISSING);
	assert_true(q.places[2].lost);
	assert_false(q.places[0].lost || q.places[1].lost);
	assert_non_null(strstr(q.f.text, "from then"));
	arena_clear(&q.mem);
}

static void a_rollback_counts_while_the_run_was_the_newest(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	deploy(&w[0], A);
	deploy(&w[0], C);
	deploy(&w[0], D);
	deploy(&w[1], A);
	deploy(&w[1], B);
	roll(&w[1], A, HOUR_C + 600);   /* while C, which it did not take part in, was the newest */
	deploy(&w[1], D);
	ask(&q, w, 2, TO(C));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, C);
	expect(&q, 1, A);
	arena_clear(&q.mem);
	w[1] = (struct world){ .live = NULL };
	deploy(&w[1], A);
	deploy(&w[1], B);
	roll(&w[1], A, HOUR_D + 600);   /* after D had replaced C elsewhere */
	ask(&q, w, 2, TO(C));
	expect(&q, 1, B);
	arena_clear(&q.mem);
}

static void only_the_next_run_ends_the_time_of_one(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	deploy(&w[0], A);
	deploy(&w[0], B);
	deploy(&w[0], C);
	deploy(&w[0], D);
	hold(&w[1], "old-site", NULL, HOUR_A - 86400, true);
	w[1].live = "old-site";
	deploy(&w[1], A);
	roll(&w[1], "old-site", HOUR_C + 600);
	deploy(&w[1], D);
	ask(&q, w, 2, TO(B));
	assert_int_equal(q.rc, 0);
	expect(&q, 1, A);
	arena_clear(&q.mem);
}

/* Clocks of hosts differ; ids are made here. */
static void an_arrival_counts_by_its_id_not_by_its_time(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	deploy(&w[0], C);
	deploy(&w[0], D);
	deploy(&w[1], A);
	deploy(&w[1], B);
	log_switch(&w[1], A, "repair", HOUR_B + 60);
	deploy(&w[1], D);
	for (size_t i = 0; i < w[1].log.count; i++)
		w[1].records[i].at_s += 86400;
	ask(&q, w, 2, TO(C));
	assert_int_equal(q.rc, 0);
	expect(&q, 1, A);
	arena_clear(&q.mem);
}

static void the_fallback_skips_bad_ones(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	deploy(&w[0], C);
	deploy(&w[0], D);
	deploy(&w[1], A);
	deploy(&w[1], B);
	deploy(&w[1], D);
	w[1].log.count = 0;
	w[1].items[1].bad = true;
	ask(&q, w, 2, TO(C));
	assert_int_equal(q.rc, 0);
	expect(&q, 1, A);
	arena_clear(&q.mem);
	ask(&q, w, 2, BEFORE(HOUR_D));
	expect(&q, 1, A);
	arena_clear(&q.mem);
}

static void an_exact_name_wins_over_longer_ones(void **state)
{
	struct world w = { .live = NULL };
	struct asked q;

	(void)state;
	hold(&w, "old", NULL, HOUR_A - 86400, true);
	hold(&w, "old-2", NULL, HOUR_A - 3600, true);
	deploy(&w, A);
	ask(&q, &w, 1, TO("old"));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, "old");
	arena_clear(&q.mem);
	ask(&q, &w, 1, TO("ol"));
	assert_int_equal(q.f.kind, FAIL_USAGE);
	arena_clear(&q.mem);
	forget(&w, "old-2");
	log_switch(&w, "old-2", "found", HOUR_A + 60);
	log_switch(&w, A, "found", HOUR_A + 120);
	ask(&q, &w, 1, TO("old-2"));
	assert_int_equal(q.f.kind, FAIL_USAGE);
	arena_clear(&q.mem);
}

static void to_works_without_a_log(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	for (int i = 0; i < 2; i++) {
		deploy(&w[i], A);
		if (i == 0)
			deploy(&w[i], B);
		deploy(&w[i], C);
		w[i].log.count = 0;
	}
	ask(&q, w, 2, TO(B));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, B);
	expect(&q, 1, A);
	arena_clear(&q.mem);
}

static void to_falls_back_where_that_release_was_pruned(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	deploy(&w[0], C);
	deploy(&w[0], D);
	deploy(&w[1], A);
	deploy(&w[1], B);
	deploy(&w[1], D);
	forget(&w[1], B);
	ask(&q, w, 2, TO(C));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, C);
	expect(&q, 1, A);
	arena_clear(&q.mem);
}

static void a_whole_id_that_none_holds_is_a_moment_when_it_is_known(void **state)
{
	struct world w = { .live = NULL };
	struct rollback_wish known = TO(B);
	struct asked q;

	(void)state;
	deploy(&w, A);
	deploy(&w, C);
	ask(&q, &w, 1, TO(B));
	assert_int_equal(q.f.kind, FAIL_USAGE);
	assert_non_null(strstr(q.f.hint, "--before"));
	arena_clear(&q.mem);
	known.id_known = true;
	ask(&q, &w, 1, known);
	assert_int_equal(q.rc, 0);
	expect(&q, 0, A);
	arena_clear(&q.mem);
	w = (struct world){ .live = NULL };
	deploy(&w, A);
	deploy(&w, B);
	deploy(&w, C);
	forget(&w, B);
	ask(&q, &w, 1, TO(B));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, A);
	arena_clear(&q.mem);
}

static void foreign_names_are_targets_too(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	hold(&w[0], "adopted-1", NULL, HOUR_A - 86400, true);
	log_switch(&w[0], "adopted-1", "adopt", HOUR_A - 86400);
	deploy(&w[0], A);
	deploy(&w[0], B);
	ask(&q, w, 1, TO("adopted-1"));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, "adopted-1");
	arena_clear(&q.mem);
	ask(&q, w, 1, BACK(.steps = 2));
	expect(&q, 0, "adopted-1");
	arena_clear(&q.mem);
	ask(&q, w, 1, BEFORE(HOUR_A));
	expect(&q, 0, "adopted-1");
	arena_clear(&q.mem);
	deploy(&w[1], A);
	ask(&q, w, 2, TO("adopted-1"));
	assert_int_equal(q.f.kind, FAIL_MISSING);
	assert_true(q.places[1].lost);
	arena_clear(&q.mem);
}

static void what_was_there_before_the_first_switch_counts(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	hold(&w[0], "old-site", NULL, HOUR_A - 86400, true);
	hold(&w[0], "never-live", NULL, HOUR_A - 3600, true);
	w[0].live = "old-site";
	deploy(&w[0], C);
	deploy(&w[1], A);
	deploy(&w[1], C);
	ask(&q, w, 2, TO(A));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, "old-site");
	expect(&q, 1, A);
	arena_clear(&q.mem);
	ask(&q, w, 2, BEFORE(HOUR_C));
	expect(&q, 0, "old-site");
	expect(&q, 1, A);
	arena_clear(&q.mem);
}

static void before_is_what_was_live_at_that_moment(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	for (int i = 0; i < 2; i++) {
		deploy(&w[i], A);
		deploy(&w[i], B);
	}
	roll(&w[1], A, HOUR_B + 1800);
	deploy(&w[0], C);
	deploy(&w[1], C);
	ask(&q, w, 2, BEFORE(HOUR_C));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, B);
	expect(&q, 1, A);
	arena_clear(&q.mem);
	ask(&q, w, 2, BEFORE(HOUR_B + 5));      /* the second in which B came is not before it */
	expect(&q, 0, A);
	arena_clear(&q.mem);
	ask(&q, w, 2, BEFORE(HOUR_D));
	expect(&q, 0, "stays");
	expect(&q, 1, "stays");
	arena_clear(&q.mem);
	ask(&q, w, 2, BEFORE(HOUR_A));
	assert_int_equal(q.f.kind, FAIL_MISSING);
	assert_true(q.places[0].lost && q.places[1].lost);
	arena_clear(&q.mem);
}

static void marks_are_no_switches(void **state)
{
	struct world w = { .live = NULL };
	struct asked q;

	(void)state;
	deploy(&w, A);
	log_switch(&w, A, "pin", HOUR_A + 100);
	deploy(&w, C);
	log_switch(&w, C, "drifted", HOUR_C + 100);
	ask(&q, &w, 1, BEFORE(HOUR_B));
	expect(&q, 0, A);
	arena_clear(&q.mem);
	w.live = C;
	w.records[w.log.count] = (struct switch_record){ .id = A, .from = NULL, .action = "unpin", .at_s = HOUR_C + 200 };
	w.log.count++;
	ask(&q, &w, 1, BEFORE(HOUR_D));
	expect(&q, 0, "stays");
	arena_clear(&q.mem);
}

static void marks_are_no_switches_for_a_run_either(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	deploy(&w[0], C);
	deploy(&w[0], D);
	deploy(&w[1], A);
	deploy(&w[1], B);
	log_switch(&w[1], A, "unpin", HOUR_B + 100);
	w[1].live = B;
	deploy(&w[1], D);
	ask(&q, w, 2, TO(C));
	expect(&q, 1, B);
	arena_clear(&q.mem);
}

static void nothing_live_has_nowhere_to_go(void **state)
{
	struct world w[2] = { { .live = NULL } };
	struct asked q;

	(void)state;
	ask(&q, w, 2, BACK(.each = false));
	assert_int_equal(q.f.kind, FAIL_MISSING);
	assert_true(q.places[0].lost && q.places[1].lost);
	arena_clear(&q.mem);
	deploy(&w[1], A);
	deploy(&w[1], B);
	ask(&q, w, 2, BACK(.each = false));
	assert_int_equal(q.f.kind, FAIL_USAGE);
	assert_non_null(strstr(q.f.text, "1 target serves nothing: aarau"));
	arena_clear(&q.mem);
	ask(&q, w, 2, BACK(.each = true));
	assert_int_equal(q.f.kind, FAIL_MISSING);
	arena_clear(&q.mem);
}

/* Somebody pointed the link at a directory that no list names. */
static void a_live_release_outside_the_list_goes_back_to_the_newest_good_one(void **state)
{
	struct world w = { .live = NULL };
	struct asked q;

	(void)state;
	deploy(&w, A);
	deploy(&w, B);
	log_switch(&w, "by-hand", "found", HOUR_C);
	ask(&q, &w, 1, BACK(.steps = 1));
	expect(&q, 0, B);
	arena_clear(&q.mem);
	ask(&q, &w, 1, BACK(.steps = 2));
	expect(&q, 0, A);
	arena_clear(&q.mem);
	ask(&q, &w, 1, UNDO("by-hand"));
	expect(&q, 0, B);
	arena_clear(&q.mem);
	ask(&q, &w, 1, TO("by-hand"));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, "stays");
	arena_clear(&q.mem);
}

static void a_pruned_parent_is_replaced_by_the_next_older(void **state)
{
	struct world w = { .live = NULL };
	struct asked q;

	(void)state;
	deploy(&w, A);
	deploy(&w, B);
	deploy(&w, C);
	forget(&w, B);
	ask(&q, &w, 1, BACK(.steps = 1));
	expect(&q, 0, A);
	arena_clear(&q.mem);
}

static void what_is_gone_between_is_named(void **state)
{
	struct world w = { .live = NULL };
	struct asked q;
	const char **ids;

	(void)state;
	deploy(&w, A);
	deploy(&w, B);
	deploy(&w, C);
	deploy(&w, D);
	forget(&w, B);
	ask(&q, &w, 1, BACK(.steps = 2));
	expect(&q, 0, A);
	assert_int_equal(rollback_passed(&ids, &q.places[0], A, &q.mem), 1);
	assert_string_equal(ids[0], B);
	assert_int_equal(rollback_passed(&ids, &q.places[0], C, &q.mem), 0);
	forget(&w, C);
	assert_int_equal(rollback_passed(&ids, &q.places[0], A, &q.mem), 2);
	assert_string_equal(ids[0], C);
	assert_string_equal(ids[1], B);
	arena_clear(&q.mem);
	/* A and B; back to A; B goes; C: from C there is nothing between it and A. */
	w = (struct world){ .live = NULL };
	deploy(&w, A);
	deploy(&w, B);
	roll(&w, A, HOUR_B + 600);
	forget(&w, B);
	deploy(&w, C);
	ask(&q, &w, 1, BACK(.each = false));
	expect(&q, 0, A);
	assert_int_equal(rollback_passed(&ids, &q.places[0], A, &q.mem), 0);
	arena_clear(&q.mem);
	/* What came from a preview counts as it came. */
	w = (struct world){ .live = NULL };
	deploy(&w, A);
	deploy(&w, B);
	hold(&w, C, B, HOUR_C, false);
	log_switch(&w, C, "promote", HOUR_C);
	forget(&w, B);
	ask(&q, &w, 1, BACK(.each = false));
	expect(&q, 0, A);
	assert_int_equal(rollback_passed(&ids, &q.places[0], A, &q.mem), 1);
	assert_string_equal(ids[0], B);
	/* Where the log does not reach back, nothing is claimed. */
	assert_int_equal(rollback_passed(&ids, &q.places[0], "0123456789abcdef", &q.mem), 0);
	arena_clear(&q.mem);
}

static void a_rollback_taken_back_can_be_repeated(void **state)
{
	struct world w = { .live = NULL };
	struct asked q;

	(void)state;
	deploy(&w, A);
	deploy(&w, B);
	roll(&w, A, HOUR_B + 60);
	ask(&q, &w, 1, TO(B));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, B);
	arena_clear(&q.mem);
	roll(&w, B, HOUR_B + 120);
	ask(&q, &w, 1, BACK(.steps = 1));
	assert_int_equal(q.rc, 0);
	expect(&q, 0, A);
	arena_clear(&q.mem);
}

static void long_refusals_stay_whole(void **state)
{
	struct rollback_place places[500];
	struct release_list none = { NULL, 0 };
	struct switchlog log = { 0 };
	struct rollback_wish wish = BACK(.each = true, .steps = 1);
	char name[500][64];
	struct arena mem = ARENA_INIT;
	struct fail f = FAIL_INIT;

	(void)state;
	for (size_t i = 0; i < 500; i++) {
		snprintf(name[i], sizeof name[i], "a-rather-long-name-of-a-kiosk-number-%zu", i);
		places[i] = (struct rollback_place){ .name = name[i], .list = &none, .log = &log };
	}
	assert_int_equal(rollback_choose(places, 500, &wish, &mem, &f), -1);
	assert_non_null(strstr(f.text, "(+497)"));
	assert_string_equal(f.hint, "--except leaves targets out");
	arena_clear(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_goes_to_the_previous),
		cmocka_unit_test(twice_goes_two_back_and_then_there_is_nothing),
		cmocka_unit_test(steps_skip_bad_ones),
		cmocka_unit_test(differing_runs_are_refused_with_their_groups),
		cmocka_unit_test(each_goes_its_own_way),
		cmocka_unit_test(undo_touches_only_what_serves_it_then_to_takes_all),
		cmocka_unit_test(an_undo_of_a_first_release_is_lost),
		cmocka_unit_test(ids_may_be_prefixes_that_mean_one),
		cmocka_unit_test(to_takes_what_was_served_when_that_run_was_new),
		cmocka_unit_test(a_rollback_counts_while_the_run_was_the_newest),
		cmocka_unit_test(only_the_next_run_ends_the_time_of_one),
		cmocka_unit_test(an_arrival_counts_by_its_id_not_by_its_time),
		cmocka_unit_test(the_fallback_skips_bad_ones),
		cmocka_unit_test(an_exact_name_wins_over_longer_ones),
		cmocka_unit_test(marks_are_no_switches_for_a_run_either),
		cmocka_unit_test(to_works_without_a_log),
		cmocka_unit_test(to_falls_back_where_that_release_was_pruned),
		cmocka_unit_test(a_whole_id_that_none_holds_is_a_moment_when_it_is_known),
		cmocka_unit_test(foreign_names_are_targets_too),
		cmocka_unit_test(what_was_there_before_the_first_switch_counts),
		cmocka_unit_test(before_is_what_was_live_at_that_moment),
		cmocka_unit_test(marks_are_no_switches),
		cmocka_unit_test(nothing_live_has_nowhere_to_go),
		cmocka_unit_test(a_live_release_outside_the_list_goes_back_to_the_newest_good_one),
		cmocka_unit_test(a_pruned_parent_is_replaced_by_the_next_older),
		cmocka_unit_test(what_is_gone_between_is_named),
		cmocka_unit_test(a_rollback_taken_back_can_be_repeated),
		cmocka_unit_test(long_refusals_stay_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
