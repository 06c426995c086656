/* What happens between begin and seal, and what comes of it when it is cut short. */
#include "world.h"

#define A "20261123-090501-aaaaaaaa"
#define B "20261123-090602-bbbbbbbb"
#define C "20261123-090703-cccccccc"

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
		world_kill(w, dying);
		assert_int_equal(seat_lock(w, next), 0);
		if (stop < 4) {
			assert_int_equal(seat_begin(w, next, id, b, false, &missing), 0);
			/* Where contents are named by digest, what was put is there already. */
			assert_int_equal(missing.count, stop >= (w->ops->traits & HOST_BY_PATH ? 3 : 2) ? 0 : 1);
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
	struct stage_stats stats = { 0 };
	struct missing missing;
	struct op *op = world_op(w);

	assert_int_equal(seat_lock(w, s), 0);
	atomic_store(&op->cancel, true);
	w->ops->begin(s->place, &rq, &missing, op);
	assert_failed(w, world_wait(w, op), FAIL_CANCELLED);
	assert_int_equal(seat_begin(w, s, A, t, false, &missing), 0);
	op = world_op(w);
	w->ops->put(s->place, missing.entries, missing.count, &stats, op);
	atomic_store(&op->cancel, true);
	if (w->ops->cancel)
		w->ops->cancel(s->place);
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
	const struct tree *many = world_big_tree(w, 2500, "", 0);

	assert_int_equal(seat_deploy(w, s, A, odd).count, odd->count);
	assert_served(w, s, "\"quoted\"", "q");
	assert_served(w, s, "-rf", "dash");
	assert_holds(w, s, A, odd);
	assert_int_equal(seat_deploy(w, s, B, many).count, 2500);
	assert_holds(w, s, B, many);
	assert_int_equal(seat_deploy(w, s, C, world_big_tree(w, 2500, "new", 7)).count, 7);
	assert_served(w, s, "d06/f00006.txt", "6new\n");
	assert_served(w, s, "d07/f00007.txt", "7\n");
}

/* What is not what was hashed does not go out. Packers read contents in begin, others in put. */
static void changed_while_staged(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *t = world_tree(w, "a", "12345", NULL);
	struct missing missing;
	int rc = 0;

	assert_int_equal(seat_lock(w, s), 0);
	if (!(w->ops->traits & HOST_BODY_GZIP))
		rc = seat_begin(w, s, A, t, false, &missing);
	assert_int_equal(rc, 0);
	scratch_write(&w->scratch, "build-0/a", "54321");
	if (w->ops->traits & HOST_BODY_GZIP)
		rc = seat_begin(w, s, A, t, false, &missing);
	else
		rc = seat_put(w, s, &missing, NULL);
	assert_failed(w, rc, FAIL_BUILD);
	assert_int_equal(seat_seal(w, s, NULL), -1);
	assert_null(seat_read(w, s).id);
}

static void contents_from_memory(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct blob b = { .size = 6, .source = BLOB_MEMORY, .data = "render" };
	struct blob none = { .source = BLOB_MEMORY, .data = "" };
	struct entry e[2] = { { .path = "config.js" }, { .path = "empty" } };
	struct tree t;

	sha256_bytes("render", 6, b.sha256);
	sha256_bytes("", 0, none.sha256);
	e[0].blob = arena_memdup(&w->mem, &b, sizeof b);
	e[1].blob = arena_memdup(&w->mem, &none, sizeof none);
	assert_int_equal(tree_init(&t, e, 2, &w->fail), 0);
	seat_deploy(w, s, A, &t);
	assert_served(w, s, "config.js", "render");
	assert_holds(w, s, A, &t);
}

/* Where the lock is this machine's only, seal tells that somebody else came between: nothing goes live on top. */
static void moved_while_staged(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct stage_stats stats = { 0 };
	struct missing missing;

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	seat_deploy(w, s, B, world_tree(w, "index.html", "2", NULL));
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_begin(w, s, C, world_tree(w, "index.html", "3", NULL), false, &missing), 0);
	assert_int_equal(seat_put(w, s, &missing, &stats), 0);
	w->row->switch_behind(&w->scratch, "one", A);
	assert_failed(w, seat_seal(w, s, &stats), FAIL_CONFLICT);
	assert_non_null(strstr(w->fail.text, "moved"));
	assert_non_null(strstr(w->fail.text, A));
	assert_served(w, s, "index.html", "1");
	assert_string_equal(seat_read(w, s).id, A);
}

static void nothing_is_staged(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct stage_stats stats = { 0 };

	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_put(w, s, &(struct missing){ .entries = &(size_t){ 0 }, .count = 1 }, &stats), -1);
	assert_failed(w, seat_seal(w, s, &stats), FAIL_LOCAL);
	assert_null(seat_read(w, s).id);
}

size_t conformance_staging(struct CMUnitTest *out, void *start)
{
	const struct host_row *row = start;
	const struct CMUnitTest every[] = {
		TEST(taken_up_again), TEST(cancelled_calls), TEST(unfinished_is_not_sealed), TEST(odd_names_and_many),
		TEST(changed_while_staged), TEST(contents_from_memory), TEST(nothing_is_staged),
	};
	const struct CMUnitTest damaged[] = { TEST(fresh_trusts_nothing) };
	const struct CMUnitTest fenced[] = { TEST(moved_while_staged) };
	size_t n = ADD_TESTS(out, 0, true, every);

	n = ADD_TESTS(out, n, row->damage, damaged);
	return ADD_TESTS(out, n, host_find(row->kind)->traits & HOST_FENCES, fenced);
}
