/* seat: the host's calls, waited for. */
#include "world.h"

int seat_lock(struct world *w, struct seat *s)
{
	struct lock_info *holder = arena_alloc(&w->mem, sizeof *holder);
	struct op *op = world_op(w);

	w->ops->lock(s->place, "tester@here", "deploy", holder, op);
	return world_wait(w, op);
}

int seat_unlock(struct world *w, struct seat *s)
{
	struct op *op = world_op(w);

	w->ops->unlock(s->place, op);
	return world_wait(w, op);
}

struct live_state seat_read(struct world *w, struct seat *s)
{
	struct live_state *out = arena_alloc(&w->mem, sizeof *out);
	struct op *op = world_op(w);

	w->ops->read(s->place, out, op);
	assert_int_equal(world_wait(w, op), 0);
	return *out;
}

struct release_list seat_list(struct world *w, struct seat *s)
{
	struct release_list *out = arena_alloc(&w->mem, sizeof *out);
	struct op *op = world_op(w);

	w->ops->list(s->place, out, op);
	assert_int_equal(world_wait(w, op), 0);
	return *out;
}

enum release_state seat_probe(struct world *w, struct seat *s, const char *id)
{
	enum release_state *out = arena_alloc(&w->mem, sizeof *out);
	struct op *op = world_op(w);

	w->ops->probe(s->place, id, out, op);
	assert_int_equal(world_wait(w, op), 0);
	return *out;
}

void seat_label(struct world *w, struct seat *s, const struct tree *want, uint8_t out[SHA256_SIZE])
{
	if (w->ops->label)
		w->ops->label(s->place, want, out);
	else
		memcpy(out, want->id, SHA256_SIZE);
}

int seat_begin(struct world *w, struct seat *s, const char *id, const struct tree *want, bool fresh,
               struct missing *out)
{
	struct release_header *h = arena_alloc(&w->mem, sizeof *h);
	struct begin_request *rq = arena_alloc(&w->mem, sizeof *rq);
	struct live_state live = seat_read(w, s);
	struct op *op = world_op(w);

	*h = (struct release_header){ .id = arena_strdup(&w->mem, id), .parent = live.id, .by = "tester@here",
		.created_s = 1700000000, .message = MESSAGE };
	seat_label(w, s, want, h->tree);
	memcpy(h->build, want->id, SHA256_SIZE);
	*rq = (struct begin_request){ .id = h->id, .cookie = "run-1", .want = want, .header = h, .live_id = live.id,
		.fresh = fresh };
	w->ops->begin(s->place, rq, out, op);
	return world_wait(w, op);
}

static struct stage_stats *stats_or_own(struct world *w, struct stage_stats *stats)
{
	return stats ? stats : arena_memdup(&w->mem, &(struct stage_stats){ 0 }, sizeof *stats);
}

int seat_put(struct world *w, struct seat *s, const struct missing *missing, struct stage_stats *stats)
{
	struct op *op = world_op(w);

	w->ops->put(s->place, missing->entries, missing->count, stats_or_own(w, stats), op);
	return world_wait(w, op);
}

int seat_seal(struct world *w, struct seat *s, struct stage_stats *stats)
{
	struct op *op = world_op(w);

	w->ops->seal(s->place, stats_or_own(w, stats), op);
	return world_wait(w, op);
}

int seat_switch(struct world *w, struct seat *s, const char *from, const char *to, const char *action)
{
	struct switch_note note = { .action = action, .by = "tester@here",
		.reason = strcmp(action, "deploy") == 0 ? MESSAGE : "because" };
	struct switch_plan plan;

	if (w->ops->switch_plan(s->place, from, to, &plan, &w->mem, &w->fail) < 0)
		return -1;
	for (size_t i = 0; i < plan.step_count; i++) {
		struct op *op = world_op(w);

		w->ops->step(s->place, &plan.steps[i], &note, op);
		if (world_wait(w, op) < 0)
			return -1;
	}
	return 0;
}

int seat_verify(struct world *w, struct seat *s, const char *id, struct verify_report *out)
{
	struct op *op = world_op(w);

	w->ops->verify(s->place, id, out, op);
	return world_wait(w, op);
}

int seat_drop(struct world *w, struct seat *s, const char *id, uint64_t *freed)
{
	struct op *op = world_op(w);

	w->ops->drop(s->place, id, freed, op);
	return world_wait(w, op);
}

struct missing seat_stage(struct world *w, struct seat *s, const char *id, const struct tree *want)
{
	struct stage_stats stats = { 0 };
	struct missing missing;

	assert_int_equal(seat_begin(w, s, id, want, false, &missing), 0);
	assert_int_equal(seat_probe(w, s, id), RELEASE_BEGUN);
	assert_int_equal(seat_put(w, s, &missing, &stats), 0);
	assert_int_equal(stats.sent_files, missing.count);
	if (w->row->flags & ROW_WHOLE_SIZES)
		assert_int_equal(stats.sent_bytes, missing.bytes);
	assert_int_equal(seat_seal(w, s, &stats), 0);
	if (w->ops->traits & HOST_BY_PATH)
		assert_int_equal(stats.linked_files, want->count - missing.count);
	assert_int_equal(seat_probe(w, s, id), RELEASE_SEALED);
	return missing;
}

struct missing seat_deploy(struct world *w, struct seat *s, const char *id, const struct tree *want)
{
	struct place *const places[] = { s->place };
	const char *from = seat_read(w, s).id;
	struct missing missing;

	assert_int_equal(seat_lock(w, s), 0);
	missing = seat_stage(w, s, id, want);
	if (w->ops->flush) {
		struct op *op = world_op(w);

		w->ops->flush(places, 1, op);
		assert_int_equal(world_wait(w, op), 0);
	}
	assert_int_equal(seat_switch(w, s, from, id, "deploy"), 0);
	assert_int_equal(seat_unlock(w, s), 0);
	assert_int_equal(seat_probe(w, s, id), RELEASE_LIVE);
	return missing;
}

void assert_served(struct world *w, struct seat *s, const char *path, const char *text)
{
	char *got = w->row->served(&w->scratch, s->name, path);

	if (text)
		assert_string_equal(got ? got : "(not found)", text);
	else
		assert_null(got);
	free(got);
}

void assert_holds(struct world *w, struct seat *s, const char *id, const struct tree *want)
{
	struct manifest *m = arena_alloc(&w->mem, sizeof *m);
	struct op *op = world_op(w);
	struct verify_report report;

	w->ops->fetch(s->place, id, want, m, op);
	assert_int_equal(world_wait(w, op), 0);
	assert_string_equal(m->header.id, id);
	assert_int_equal(m->tree.count, want->count);
	assert_memory_equal(m->tree.id, want->id, SHA256_SIZE);
	assert_int_equal(seat_verify(w, s, id, &report), 0);
	assert_int_equal(report.count, 0);
	assert_int_equal(report.files, want->count);
	if (w->row->flags & ROW_WHOLE_SIZES)
		assert_int_equal(report.bytes, want->bytes);
}

void assert_failed(struct world *w, int rc, enum fail_kind kind)
{
	assert_int_equal(rc, -1);
	assert_string_equal(fail_kind_name(w->fail.kind), fail_kind_name(kind));
	assert_true(w->fail.text[0] != '\0');
}
