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

	assert_null(live.id);
	assert_null(live.blocked);
	assert_int_equal(live.newest_s, -1);
	assert_int_equal(live.log.count, 0);
	assert_int_equal(seat_list(w, s).count, 0);
	assert_int_equal(seat_deploy(w, s, A, t).count, 3);
	live = seat_read(w, s);
	assert_string_equal(live.id, A);
	assert_true(live.has_header);
	assert_memory_equal(live.header.tree, t->id, SHA256_SIZE);
	assert_string_equal(live.header.message, "a \"message\"\nof two lines");
	assert_int_equal(live.header.files, 3);
	assert_int_equal(live.newest_s, release_id_time(A));
	assert_int_equal(live.log.count, 1);
	assert_string_equal(live.log.records[0].action, "deploy");
	assert_string_equal(live.log.records[0].reason, "because");
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

/* A process that ends after any call: the next one finishes the job under the same id. */
static void taken_up_again(void **state)
{
	struct world *w = *state;
	const struct tree *a = world_tree(w, "index.html", "1", "b/c", "2", NULL);
	struct missing missing;

	seat_deploy(w, world_seat(w, "one"), A, a);
	for (int stop = 0; stop < 5; stop++) {
		struct seat *dying = world_seat(w, "one"), *next = world_seat(w, "one");
		char id[48], text[32];
		const struct tree *b;

		snprintf(id, sizeof id, "2026112%d-090602-bbbbbbbb", 4 + stop);
		snprintf(text, sizeof text, "new %d", stop);
		b = world_tree(w, "index.html", text, "b/c", "2", NULL);
		assert_int_equal(seat_lock(w, dying), 0);
		assert_int_equal(stop >= 1 ? seat_begin(w, dying, id, b, false, &missing) : 0, 0);
		assert_int_equal(stop >= 2 ? seat_put(w, dying, &missing, NULL) : 0, 0);
		assert_int_equal(stop >= 3 ? seat_seal(w, dying, NULL) : 0, 0);
		assert_int_equal(stop >= 4 ? seat_switch(w, dying, seat_read(w, dying).id, id, "deploy") : 0, 0);
		assert_served(w, next, "index.html", stop >= 4 ? text : "1");
		w->row->expire_lock(&w->scratch, "one");
		assert_int_equal(seat_lock(w, next), 0);
		if (stop < 4) {
			assert_int_equal(seat_begin(w, next, id, b, false, &missing), 0);
			assert_int_equal(missing.count, stop == 3 ? 0 : 1);
			assert_int_equal(seat_put(w, next, &missing, NULL), 0);
			assert_int_equal(seat_seal(w, next, NULL), 0);
		}
		assert_int_equal(seat_switch(w, next, seat_read(w, next).id, id, "deploy"), 0);
		assert_served(w, next, "index.html", text);
		assert_holds(w, next, id, b);
		assert_int_equal(seat_switch(w, next, id, A, "undo"), 0);
		assert_int_equal(seat_unlock(w, next), 0);
		world_unseat(w);
		world_unseat(w);
	}
}

static void cancelled_calls(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *t = world_big_tree(w, 2500, "", 0);
	struct release_header h = { .id = A, .created_s = 1 };
	struct begin_request rq = { .id = A, .cookie = "x", .want = t, .header = &h };
	struct missing missing;
	struct op *op = world_op(w);

	assert_int_equal(seat_lock(w, s), 0);
	atomic_store(&op->cancel, true);
	w->ops->begin(s->place, &rq, &missing, op);
	assert_failed(w, world_wait(w, op), FAIL_CANCELLED);
	assert_int_equal(seat_begin(w, s, A, t, false, &missing), 0);
	op = world_op(w);
	w->ops->put(s->place, missing.entries, missing.count, NULL, op);
	atomic_store(&op->cancel, true);
	/* The last part may have begun already: then it is done, else cancelled; never anything else. */
	if (world_wait(w, op) < 0)
		assert_int_equal(w->fail.kind, FAIL_CANCELLED);
	assert_null(seat_read(w, s).id);
	assert_int_equal(seat_unlock(w, s), 0);
	seat_deploy(w, s, B, t);
	assert_holds(w, s, B, t);
}

static void unfinished_is_not_sealed(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *t = world_tree(w, "a", "1", "b", "2", NULL);
	struct missing missing;
	struct op *op = world_op(w);

	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_begin(w, s, A, t, false, &missing), 0);
	missing.count = 1;
	assert_int_equal(seat_put(w, s, &missing, NULL), 0);
	assert_int_equal(seat_seal(w, s, NULL), -1);
	assert_int_equal(seat_probe(w, s, A), RELEASE_BEGUN);
	assert_failed(w, seat_switch(w, s, NULL, A, "deploy"), FAIL_MISSING);
	w->ops->abandon(s->place, A, op);
	assert_int_equal(world_wait(w, op), 0);
	assert_int_equal(seat_probe(w, s, A), RELEASE_ABSENT);
}

static void fresh_trusts_nothing(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *t = world_tree(w, "index.html", "1", "b", "2", NULL);
	struct missing missing;

	seat_deploy(w, s, A, t);
	w->row->damage(&w->scratch, "one", A, "b", DAMAGE_FLIP);
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_begin(w, s, B, t, true, &missing), 0);
	assert_int_equal(missing.count, 2);
	assert_int_equal(seat_put(w, s, &missing, NULL), 0);
	assert_int_equal(seat_seal(w, s, NULL), 0);
	assert_int_equal(seat_switch(w, s, A, B, "repair"), 0);
	assert_served(w, s, "b", "2");
	assert_holds(w, s, B, t);
}

static void odd_names_and_many(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *odd = world_tree(w, " ", "space", "\"quoted\"", "q", "$(x)", "shell", "%2e%2e", "percent",
		"-rf", "dash", "...", "dots", ".well-known/x", "dot", "a", "file", "a.b", "b", "a0/c", "c",
		"b/~", "", "\xc3\xa9/\xe2\x82\xac", "euro", "d'e", "apostrophe", NULL);
	const struct tree *many = world_big_tree(w, 5000, "", 0);

	assert_int_equal(seat_deploy(w, s, A, odd).count, odd->count);
	assert_served(w, s, "\"quoted\"", "q");
	assert_served(w, s, "-rf", "dash");
	assert_holds(w, s, A, odd);
	assert_int_equal(seat_deploy(w, s, B, many).count, 5000);
	assert_holds(w, s, B, many);
	assert_int_equal(seat_deploy(w, s, C, world_big_tree(w, 5000, "new", 7)).count, 7);
	assert_served(w, s, "d06/f00006.txt", "6new\n");
	assert_served(w, s, "d07/f00007.txt", "7\n");
}

static void changed_while_staged(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *t = world_tree(w, "a", "12345", NULL);
	struct missing missing;

	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_begin(w, s, A, t, false, &missing), 0);
	scratch_write(&w->scratch, "build-0/a", "54321");
	assert_failed(w, seat_put(w, s, &missing, NULL), FAIL_BUILD);
	assert_int_equal(seat_seal(w, s, NULL), -1);
	assert_null(seat_read(w, s).id);
}

static void contents_from_memory(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct blob b = { .size = 6, .source = BLOB_MEMORY, .data = "render" };
	struct blob none = { .source = BLOB_MEMORY, .data = "" };
	struct entry e[2] = { { .path = "config.js", .blob = &b }, { .path = "empty", .blob = &none } };
	struct tree t;

	sha256_bytes("render", 6, b.sha256);
	sha256_bytes("", 0, none.sha256);
	assert_int_equal(tree_init(&t, e, 2, &w->fail), 0);
	seat_deploy(w, s, A, &t);
	assert_served(w, s, "config.js", "render");
	assert_holds(w, s, A, &t);
}

size_t conformance_releases(struct CMUnitTest *out, void *start)
{
	const struct CMUnitTest tests[] = {
		TEST(first_deploy), TEST(second_sends_the_difference), TEST(back_and_again), TEST(back_to_nothing),
		TEST(steps_repeat), TEST(taken_up_again), TEST(cancelled_calls), TEST(unfinished_is_not_sealed),
		TEST(fresh_trusts_nothing), TEST(odd_names_and_many), TEST(changed_while_staged), TEST(contents_from_memory),
	};

	memcpy(out, tests, sizeof tests);
	return sizeof tests / sizeof *tests;
}
