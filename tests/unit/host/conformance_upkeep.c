/* What lies on a place, and keeping it in order. */
#include "world.h"

#define A "20261123-090501-aaaaaaaa"
#define B "20261123-090602-bbbbbbbb"
#define C "20261123-090703-cccccccc"

static void assert_finding(const struct verify_report *r, const char *path, const char *what)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->findings[i].path, path) == 0 && strcmp(r->findings[i].what, what) == 0)
			return;
	fail_msg("no finding \"%s\" for %s", what, path);
}

static void verify_finds(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *t = world_tree(w, "a/one", "1111", "a/two", "2222", "b/three", "3333", "four", "4444", NULL);
	struct verify_report r;

	seat_deploy(w, s, A, t);
	assert_int_equal(seat_verify(w, s, NULL, &r), 0);
	assert_int_equal(r.count, 0);
	assert_string_equal(r.id, A);
	w->row->damage(&w->scratch, "one", A, "a/one", DAMAGE_FLIP);
	w->row->damage(&w->scratch, "one", A, "b/three", DAMAGE_REMOVE);
	w->row->damage(&w->scratch, "one", A, "b/extra", DAMAGE_ADD);
	assert_int_equal(seat_verify(w, s, A, &r), 0);
	assert_finding(&r, "a/one", "content differs");
	assert_finding(&r, "b/three", "missing");
	assert_finding(&r, "b/extra", "extra");
	for (size_t i = 0; i < r.count; i++)
		assert_true(strcmp(r.findings[i].path, "a/two") != 0 && strcmp(r.findings[i].path, "four") != 0);
	assert_failed(w, seat_verify(w, s, B, &r), FAIL_MISSING);
}

/* A damaged file is not carried on into the next release. */
static void damage_is_not_inherited(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *t = world_tree(w, "a", "1111", "b", "2222", NULL);
	const struct tree *u = world_tree(w, "a", "1111", "b", "33", NULL);

	seat_deploy(w, s, A, t);
	w->row->damage(&w->scratch, "one", A, "a", DAMAGE_REMOVE);
	assert_int_equal(seat_deploy(w, s, B, u).count, 2);
	assert_holds(w, s, B, u);
}

static void listing(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	bool staged = w->row->flags & ROW_LISTS_STAGED;
	const struct release_info *oldest;
	struct release_list l;

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	seat_deploy(w, s, C, world_tree(w, "index.html", "3", NULL));
	assert_int_equal(seat_lock(w, s), 0);
	seat_stage(w, s, B, world_tree(w, "index.html", "2", NULL));
	assert_int_equal(seat_unlock(w, s), 0);
	l = seat_list(w, s);
	assert_int_equal(l.count, staged ? 3 : 2);
	oldest = &l.items[l.count - 1];
	assert_string_equal(l.items[0].header.id, C);
	assert_string_equal(l.items[1].header.id, staged ? B : A);
	assert_string_equal(oldest->header.id, A);
	assert_true(l.items[0].live && !l.items[1].live && !oldest->live);
	assert_false(l.items[0].header.foreign || l.items[0].bad || l.items[0].pinned);
	assert_int_equal(oldest->header.files, 1);
}

static void assert_foreign_files(struct world *w, struct seat *s, const char *id)
{
	struct manifest m;
	struct op *op = world_op(w);
	int rc;

	w->ops->fetch(s->place, id, NULL, &m, op);
	rc = world_wait(w, op);
	if (w->row->flags & ROW_OPAQUE_FOREIGN) {
		assert_failed(w, rc, FAIL_MISSING);
		return;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(m.tree.count, 1);
	assert_string_equal(m.tree.entries[0].path, "index.html");
	assert_true(m.header.foreign);
}

static void foreign_releases(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct release_info *old;
	struct live_state live;
	struct release_list l;
	char id[ROW_ID];

	seat_deploy(w, s, A, world_tree(w, "index.html", "ours", NULL));
	w->row->make_foreign(&w->scratch, "one", id);
	assert_string_equal(seat_read(w, s).id, A);
	l = seat_list(w, s);
	assert_int_equal(l.count, 2);
	old = release_find(&l, id);
	assert_non_null(old);
	assert_true(old->header.foreign && !old->live);
	assert_foreign_files(w, s, id);
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_switch(w, s, A, id, "rollback"), 0);
	assert_served(w, s, "index.html", "foreign");
	live = seat_read(w, s);
	assert_string_equal(live.id, id);
	if (w->row->flags & ROW_OPAQUE_FOREIGN)
		assert_false(live.has_header);
	else
		assert_true(live.has_header && live.header.foreign);
	assert_int_equal(seat_switch(w, s, id, A, "rollback"), 0);
	assert_served(w, s, "index.html", "ours");
}

static void log_is_completed(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct live_state live;

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	seat_deploy(w, s, B, world_tree(w, "index.html", "2", NULL));
	w->row->switch_behind(&w->scratch, "one", A);
	live = seat_read(w, s);
	assert_string_equal(live.id, A);
	assert_int_equal(live.log.count, 3);
	assert_string_equal(switchlog_last(&live.log)->action, w->row->behind);
	assert_string_equal(switchlog_last(&live.log)->from, B);
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_switch(w, s, A, B, "deploy"), 0);
	live = seat_read(w, s);
	assert_string_equal(live.id, B);
	assert_false(live.log.completed);
	assert_string_equal(switchlog_last(&live.log)->action, "deploy");
	for (size_t i = 0; i < live.log.count; i++)
		assert_int_equal(live.log.records[i].seq, i + 1);
}

static void moved_under_us(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	seat_deploy(w, s, B, world_tree(w, "index.html", "2", NULL));
	assert_int_equal(seat_lock(w, s), 0);
	seat_stage(w, s, C, world_tree(w, "index.html", "3", NULL));
	w->row->switch_behind(&w->scratch, "one", A);
	assert_failed(w, seat_switch(w, s, B, C, "deploy"), FAIL_CONFLICT);
	assert_served(w, s, "index.html", "1");
}

static void unknown_releases(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct verify_report r;
	struct manifest m;
	struct op *op = world_op(w);

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	assert_int_equal(seat_probe(w, s, B), RELEASE_ABSENT);
	assert_failed(w, seat_verify(w, s, B, &r), FAIL_MISSING);
	w->ops->fetch(s->place, B, NULL, &m, op);
	assert_failed(w, world_wait(w, op), FAIL_MISSING);
	assert_int_equal(seat_lock(w, s), 0);
	assert_failed(w, seat_switch(w, s, A, B, "deploy"), FAIL_MISSING);
	assert_served(w, s, "index.html", "1");
}

static void dropping(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *b = world_tree(w, "index.html", "22", "same", "s", NULL);
	uint64_t freed = 0;

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", "same", "s", NULL));
	seat_deploy(w, s, B, b);
	assert_int_equal(seat_lock(w, s), 0);
	assert_failed(w, seat_drop(w, s, B, &freed), FAIL_CONFLICT);
	assert_int_equal(seat_drop(w, s, A, &freed), 0);
	if (w->row->flags & ROW_WHOLE_SIZES)
		assert_int_equal(freed, 1);     /* what B holds as well stays */
	else
		assert_true(freed > 0);
	assert_int_equal(seat_probe(w, s, A), RELEASE_ABSENT);
	assert_int_equal(seat_list(w, s).count, 1);
	freed = 0;
	assert_int_equal(seat_drop(w, s, A, &freed), 0);
	assert_int_equal(freed, 0);
	assert_holds(w, s, B, b);
	assert_failed(w, seat_switch(w, s, B, A, "rollback"), FAIL_MISSING);
	assert_served(w, s, "index.html", "22");
}

static void sweeping(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct missing missing;
	char foreign[ROW_ID];
	struct op *op;

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	w->row->make_foreign(&w->scratch, "one", foreign);
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_begin(w, s, B, world_tree(w, "x", "y", NULL), false, &missing), 0);
	op = world_op(w);
	w->ops->sweep(s->place, B, op);
	assert_int_equal(world_wait(w, op), 0);
	assert_int_equal(seat_probe(w, s, B), RELEASE_BEGUN);
	op = world_op(w);
	w->ops->sweep(s->place, NULL, op);
	assert_int_equal(world_wait(w, op), 0);
	assert_int_equal(seat_probe(w, s, B), RELEASE_ABSENT);
	assert_int_equal(seat_list(w, s).count, 2);
	assert_served(w, s, "index.html", "1");
}

static void mark(struct world *w, struct seat *s, const char *id, const char *action)
{
	struct switch_note note = { .action = action, .by = "tester@here" };
	struct op *op = world_op(w);

	w->ops->mark(s->place, id, &note, op);
	assert_int_equal(world_wait(w, op), 0);
}

static void marks(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct live_state live;

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	mark(w, s, A, "pin");
	assert_true(seat_list(w, s).items[0].pinned);
	mark(w, s, A, "unpin");
	assert_false(seat_list(w, s).items[0].pinned);
	mark(w, s, A, "drifted");
	live = seat_read(w, s);
	assert_non_null(switchlog_drifted(&live.log));
	assert_string_equal(switchlog_last(&live.log)->id, A);
	mark(w, s, A, "clean");
	live = seat_read(w, s);
	assert_null(switchlog_drifted(&live.log));
	assert_int_equal(live.log.count, 5);
}

/* Two places of one session at the same time. */
static void side_by_side(void **state)
{
	struct world *w = *state;
	const struct tree *t = world_big_tree(w, 1500, "", 0);
	struct release_header h = { .id = A, .created_s = 1 };
	struct begin_request rq = { .id = A, .cookie = "x", .want = t, .header = &h };
	struct stage_stats stats = { 0 };
	struct seat *seats[4];
	struct missing missing[4];
	struct op *ops[4];

	for (int i = 0; i < 4; i++) {
		char name[16];

		snprintf(name, sizeof name, "p%d", i);
		seats[i] = world_seat(w, name);
		assert_int_equal(seat_lock(w, seats[i]), 0);
		ops[i] = world_op(w);
		w->ops->begin(seats[i]->place, &rq, &missing[i], ops[i]);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(world_wait(w, ops[i]), 0);
	for (int i = 0; i < 4; i++) {
		ops[i] = world_op(w);
		w->ops->put(seats[i]->place, missing[i].entries, missing[i].count, &stats, ops[i]);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(world_wait(w, ops[i]), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(seat_seal(w, seats[i], &stats), 0);
		assert_holds(w, seats[i], A, t);
	}
}

static void a_check(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct check_report r;

	for (int round = 0; round < 2; round++) {
		struct op *op = world_op(w);

		w->ops->check(s->place, &r, op);
		assert_int_equal(world_wait(w, op), 0);
		assert_true(r.count > 0);
		for (size_t i = 0; i < r.count; i++)
			if (!r.items[i].ok)
				fail_msg("%s", r.items[i].what);
		if (round == 0)
			seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	}
	assert_int_equal(seat_list(w, s).count, 1);
}

size_t conformance_upkeep(struct CMUnitTest *out, void *start)
{
	const struct host_row *row = start;
	const struct host_ops *ops = host_find(row->kind);
	const struct CMUnitTest every[] = {
		TEST(listing), TEST(foreign_releases), TEST(log_is_completed), TEST(unknown_releases), TEST(dropping),
		TEST(side_by_side), TEST(a_check),
	};
	const struct CMUnitTest damaged[] = { TEST(verify_finds), TEST(damage_is_not_inherited) };
	const struct CMUnitTest locked[] = { TEST(moved_under_us) };
	const struct CMUnitTest swept[] = { TEST(sweeping) };
	const struct CMUnitTest marked[] = { TEST(marks) };
	size_t n = ADD_TESTS(out, 0, true, every);

	n = ADD_TESTS(out, n, row->damage, damaged);
	n = ADD_TESTS(out, n, !(ops->traits & HOST_FENCES), locked);
	n = ADD_TESTS(out, n, ops->sweep, swept);
	return ADD_TESTS(out, n, ops->mark, marked);
}
