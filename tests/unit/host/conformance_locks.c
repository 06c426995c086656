/* Who may change a place. */
#include "world.h"

#define A "20261123-090501-aaaaaaaa"
#define B "20261123-090602-bbbbbbbb"

static struct lock_info peek(struct world *w, struct seat *s)
{
	struct lock_info info;
	struct op *op = world_op(w);

	w->ops->peek_lock(s->place, &info, op);
	assert_int_equal(world_wait(w, op), 0);
	return info;
}

static int renew(struct world *w, struct seat *s)
{
	struct op *op = world_op(w);

	w->ops->renew(s->place, op);
	return world_wait(w, op);
}

static int break_lock(struct world *w, struct seat *s, const char *token)
{
	struct op *op = world_op(w);

	w->ops->break_lock(s->place, token, op);
	return world_wait(w, op);
}

static void one_holder(void **state)
{
	struct world *w = *state;
	struct seat *a = world_seat(w, "one"), *b = world_seat(w, "one"), *other = world_seat(w, "two");
	struct lock_info holder;
	struct op *op;

	assert_null(peek(w, a).token);
	assert_int_equal(seat_lock(w, a), 0);
	op = world_op(w);
	w->ops->lock(b->place, "ben@there", "rollback", &holder, op);
	assert_failed(w, world_wait(w, op), FAIL_CONFLICT);
	assert_string_equal(holder.by, "tester@here");
	assert_string_equal(holder.command, "deploy");
	assert_non_null(holder.where);
	assert_true(holder.expires_s > holder.now_s && holder.expires_s <= holder.now_s + 120);
	assert_non_null(strstr(w->fail.text, "tester@here"));
	assert_non_null(strstr(w->fail.hint, "unlock"));
	assert_int_equal(seat_lock(w, other), 0);
	assert_int_equal(seat_unlock(w, b), 0);
	assert_string_equal(peek(w, b).by, "tester@here");
	assert_int_equal(seat_unlock(w, a), 0);
	assert_null(peek(w, b).token);
	assert_int_equal(seat_lock(w, b), 0);
}

static void closing_frees(void **state)
{
	struct world *w = *state;
	struct seat *a = world_seat(w, "one"), *b = world_seat(w, "one");

	assert_int_equal(seat_lock(w, a), 0);
	w->ops->place_close(a->place);
	a->place = NULL;
	assert_int_equal(seat_lock(w, b), 0);
}

/* A holder that slept past its lease has lost everything, whether or not somebody took over. */
static void lost_lease(void **state)
{
	struct world *w = *state;
	struct seat *slow = world_seat(w, "one"), *quick = world_seat(w, "one");
	const struct tree *a = world_tree(w, "index.html", "slow", NULL), *b = world_tree(w, "index.html", "quick", NULL);
	struct missing missing;
	uint64_t freed;

	assert_int_equal(seat_lock(w, slow), 0);
	seat_stage(w, slow, A, a);
	w->row->expire_lock(&w->scratch, "one");
	assert_failed(w, seat_switch(w, slow, NULL, A, "deploy"), FAIL_CONFLICT);
	assert_failed(w, renew(w, slow), FAIL_CONFLICT);
	assert_null(seat_read(w, slow).id);
	assert_int_equal(seat_lock(w, quick), 0);
	assert_failed(w, seat_switch(w, slow, NULL, A, "deploy"), FAIL_CONFLICT);
	assert_failed(w, seat_begin(w, slow, B, b, false, &missing), FAIL_CONFLICT);
	assert_failed(w, seat_drop(w, slow, A, &freed), FAIL_CONFLICT);
	seat_stage(w, quick, B, b);
	assert_int_equal(seat_switch(w, quick, NULL, B, "deploy"), 0);
	assert_int_equal(seat_unlock(w, slow), 0);
	assert_int_equal(renew(w, quick), 0);
	assert_served(w, quick, "index.html", "quick");
}

/* The same between put and seal: nothing that was staged without a lock becomes a release. */
static void lost_before_seal(void **state)
{
	struct world *w = *state;
	struct seat *slow = world_seat(w, "one"), *quick = world_seat(w, "one");
	const struct tree *a = world_tree(w, "index.html", "slow", NULL);
	struct missing missing;

	assert_int_equal(seat_lock(w, slow), 0);
	assert_int_equal(seat_begin(w, slow, A, a, false, &missing), 0);
	w->row->expire_lock(&w->scratch, "one");
	assert_failed(w, seat_put(w, slow, &missing, NULL), FAIL_CONFLICT);
	assert_int_equal(seat_lock(w, quick), 0);
	assert_failed(w, seat_seal(w, slow, NULL), FAIL_LOCAL);
	assert_int_equal(seat_list(w, quick).count, 0);
	assert_int_equal(seat_begin(w, quick, A, a, false, &missing), 0);
	assert_int_equal(seat_put(w, quick, &missing, NULL), 0);
	assert_int_equal(seat_seal(w, quick, NULL), 0);
	assert_holds(w, quick, A, a);
}

static void nothing_without_a_lock(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *a = world_tree(w, "index.html", "1", NULL), *b = world_tree(w, "index.html", "2", NULL);
	struct missing missing;
	uint64_t freed = 0;

	assert_failed(w, seat_begin(w, s, B, a, false, &missing), FAIL_CONFLICT);
	seat_deploy(w, s, A, a);
	seat_deploy(w, s, B, b);
	assert_failed(w, seat_switch(w, s, B, A, "rollback"), FAIL_CONFLICT);
	assert_failed(w, seat_drop(w, s, A, &freed), FAIL_CONFLICT);
	if (w->ops->sweep) {
		struct op *op = world_op(w);

		w->ops->sweep(s->place, NULL, op);
		assert_failed(w, world_wait(w, op), FAIL_CONFLICT);
	}
	assert_served(w, s, "index.html", "2");
	assert_int_equal(seat_list(w, s).count, 2);
}

static void breaking(void **state)
{
	struct world *w = *state;
	struct seat *a = world_seat(w, "one"), *b = world_seat(w, "one");
	struct lock_info info;

	assert_int_equal(seat_lock(w, a), 0);
	info = peek(w, b);
	assert_failed(w, break_lock(w, b, "0123456789abcdef"), FAIL_CONFLICT);
	assert_string_equal(peek(w, b).token, info.token);
	assert_int_equal(break_lock(w, b, info.token), 0);
	assert_null(peek(w, b).token);
	assert_failed(w, renew(w, a), FAIL_CONFLICT);
	assert_int_equal(break_lock(w, b, info.token), 0);
	assert_int_equal(seat_lock(w, b), 0);
}

static void renewing_prolongs(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct lock_info before, after;

	assert_failed(w, renew(w, s), FAIL_CONFLICT);
	assert_int_equal(seat_lock(w, s), 0);
	before = peek(w, s);
	assert_int_equal(renew(w, s), 0);
	after = peek(w, s);
	assert_string_equal(before.token, after.token);
	assert_string_equal(after.by, "tester@here");
	assert_int_equal(before.since_s, after.since_s);
	assert_true(after.expires_s >= before.expires_s);
}

/* Whoever holds a lock that has no lease lives: it is not taken from him. */
static void living_holder(void **state)
{
	struct world *w = *state;
	struct seat *a = world_seat(w, "one"), *b = world_seat(w, "one");
	struct lock_info info;

	assert_int_equal(seat_lock(w, a), 0);
	info = peek(w, b);
	assert_string_equal(info.by, "tester@here");
	assert_failed(w, break_lock(w, b, info.token), FAIL_CONFLICT);
	assert_non_null(strstr(w->fail.text, "tester@here"));
	assert_string_equal(peek(w, b).token, info.token);
	world_kill(w, a);
	assert_null(peek(w, b).token);
	assert_int_equal(break_lock(w, b, info.token), 0);
	assert_int_equal(seat_lock(w, b), 0);
}

/* All at once, for what a dead process held: exactly one wins. */
static void a_race(void **state)
{
	struct world *w = *state;
	struct lock_info holders[MAX_SPOTS];
	struct op *ops[MAX_SPOTS];
	int won = 0;

	for (int i = 0; i < MAX_SPOTS; i++)
		world_seat(w, "one");
	assert_int_equal(seat_lock(w, &w->seats[0]), 0);
	world_kill(w, &w->seats[0]);
	for (int i = 1; i < MAX_SPOTS; i++) {
		ops[i] = world_op(w);
		w->ops->lock(w->seats[i].place, "racer", "deploy", &holders[i], ops[i]);
	}
	for (int i = 1; i < MAX_SPOTS; i++)
		won += world_wait(w, ops[i]) == 0;
	assert_int_equal(won, 1);
}

size_t conformance_locks(struct CMUnitTest *out, void *start)
{
	const struct host_row *row = start;
	const struct CMUnitTest every[] = {
		TEST(one_holder), TEST(closing_frees), TEST(nothing_without_a_lock), TEST(a_race),
	};
	const struct CMUnitTest leases[] = {
		TEST(lost_lease), TEST(lost_before_seal), TEST(breaking), TEST(renewing_prolongs),
	};
	const struct CMUnitTest processes[] = { TEST(living_holder) };
	size_t n = ADD_TESTS(out, 0, true, every);

	n = ADD_TESTS(out, n, row->expire_lock, leases);
	return ADD_TESTS(out, n, !row->expire_lock, processes);
}
