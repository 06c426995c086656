/* How releases come, go live and go back. */
#include "release/release_id.h"
#include "world.h"

#define A "20261123-090501-aaaaaaaa"
#define B "20261123-090602-bbbbbbbb"
#define C "20261123-090703-cccccccc"

static void first_deploy(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *t = world_tree(w, "index.html", "hello", "a/b/c.js", "c()", "a/x", "", NULL);
	struct live_state live = seat_read(w, s);
	uint8_t label[SHA256_SIZE];

	assert_null(live.id);
	assert_null(live.blocked);
	assert_int_equal(live.newest_s, -1);
	assert_int_equal(live.log.count, 0);
	assert_int_equal(seat_list(w, s).count, 0);
	assert_int_equal(seat_deploy(w, s, A, t).count, 3);
	live = seat_read(w, s);
	assert_string_equal(live.id, A);
	assert_true(live.has_header);
	seat_label(w, s, t, label);
	assert_memory_equal(live.header.tree, label, SHA256_SIZE);
	assert_string_equal(live.header.message, MESSAGE);
	assert_string_equal(live.header.by, "tester@here");
	assert_false(live.header.foreign);
	assert_int_equal(live.header.files, 3);
	assert_int_equal(live.newest_s, release_id_time(A));
	assert_int_equal(live.log.count, 1);
	assert_string_equal(live.log.records[0].action, "deploy");
	assert_string_equal(live.log.records[0].by, "tester@here");
	assert_string_equal(live.log.records[0].reason, MESSAGE);
	assert_null(live.log.records[0].from);
	assert_served(w, s, "index.html", "hello");
	assert_served(w, s, "a/b/c.js", "c()");
	assert_served(w, s, "a/x", "");
	assert_holds(w, s, A, t);
}

static void second_sends_the_difference(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *a = world_tree(w, "index.html", "1", "js/app.js", "app", "old", "gone", NULL);
	const struct tree *b = world_tree(w, "index.html", "2", "js/app.js", "app", "new", "here", NULL);

	seat_deploy(w, s, A, a);
	assert_int_equal(seat_deploy(w, s, B, b).count, 2);
	assert_served(w, s, "index.html", "2");
	assert_served(w, s, "js/app.js", "app");
	assert_served(w, s, "old", NULL);
	assert_served(w, s, "new", "here");
	assert_holds(w, s, A, a);
	assert_holds(w, s, B, b);
	assert_string_equal(seat_read(w, s).header.parent, A);
}

static void back_and_again(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *a = world_tree(w, "index.html", "1", "x", "1", NULL);
	const struct tree *b = world_tree(w, "index.html", "2", "x", "2", NULL);
	struct live_state live;

	seat_deploy(w, s, A, a);
	seat_deploy(w, s, B, b);
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_switch(w, s, B, A, "rollback"), 0);
	assert_int_equal(seat_unlock(w, s), 0);
	assert_served(w, s, "index.html", "1");
	live = seat_read(w, s);
	assert_string_equal(live.id, A);
	assert_int_equal(live.log.count, 3);
	assert_non_null(switchlog_bad(&live.log, B));
	assert_true(release_find(&(struct release_list){ seat_list(w, s).items, 2 }, B)->bad);
	/* What the bad release held is still there to be taken. */
	assert_int_equal(seat_deploy(w, s, C, b).count, 0);
	assert_served(w, s, "index.html", "2");
	assert_holds(w, s, C, b);
	assert_string_equal(seat_read(w, s).header.parent, A);
}

static void back_to_nothing(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_switch(w, s, A, NULL, "undo"), 0);
	assert_null(seat_read(w, s).id);
	assert_served(w, s, "index.html", NULL);
	assert_int_equal(seat_probe(w, s, A), RELEASE_SEALED);
	assert_non_null(switchlog_bad(&(struct switchlog){ seat_read(w, s).log.records, 2, false, false }, A));
	assert_int_equal(seat_switch(w, s, NULL, A, "deploy"), 0);
	assert_served(w, s, "index.html", "1");
}

static void steps_repeat(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *a = world_tree(w, "index.html", "1", NULL);

	assert_int_equal(seat_lock(w, s), 0);
	seat_stage(w, s, A, a);
	assert_int_equal(seat_seal(w, s, NULL), 0);
	assert_int_equal(seat_switch(w, s, NULL, A, "deploy"), 0);
	assert_int_equal(seat_switch(w, s, NULL, A, "deploy"), 0);
	assert_int_equal(seat_read(w, s).log.count, 1);
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_unlock(w, s), 0);
	assert_int_equal(seat_unlock(w, s), 0);
}

size_t conformance_releases(struct CMUnitTest *out, void *start)
{
	const struct host_row *row = start;
	const struct CMUnitTest every[] = {
		TEST(first_deploy), TEST(second_sends_the_difference), TEST(back_and_again), TEST(steps_repeat),
	};
	const struct CMUnitTest nothing[] = { TEST(back_to_nothing) };
	size_t n = ADD_TESTS(out, 0, true, every);

	return ADD_TESTS(out, n, row->flags & ROW_BACK_TO_NOTHING, nothing);
}
