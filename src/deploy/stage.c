#include "deploy/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "deploy/fanout.h"
#include "deploy/fleet_inside.h"

/* A slice is what cancelling may have to wait for, and the step in which progress shows. */
#define SLICE_ENTRIES 1000
#define SLICE_BYTES ((uint64_t)32 * 1024 * 1024)

struct place_stage {
	struct staging *all;
	struct begin_request rq;
	struct release_header header;
	struct missing missing;
	size_t next, slice;             /* next missing entry; how many are on their way */
	struct stage_stats stats;       /* of the step in flight */
	enum release_state state;
	bool sealed;
	bool begun;                     /* waits for the others: who takes what from whom is decided together */
	struct run *seed;               /* whose release this one is cloned from, or NULL */
};

static struct place_stage *stage_of(const struct run *r)
{
	return ((struct place_wish *)r->data)->stage;
}

static void make_header(struct run *r, struct release_header *h, const char *id)
{
	const struct place_wish *pw = r->data;
	const struct context *c = fleet_context(r->fleet);

	*h = (struct release_header){
		.id = id, .parent = r->live.id, .environment = r->target->environment, .target = r->row.place,
		.by = c->who.by, .commit = c->who.commit, .branch = c->who.branch, .ci = c->who.ci, .message = c->message,
		.created_s = release_id_time(id), .files = pw->want->tree.count, .bytes = pw->want->tree.bytes,
	};
	memcpy(h->tree, pw->label, SHA256_SIZE);
	memcpy(h->build, pw->build->tree.id, SHA256_SIZE);
}

/* A begun release may be gone on with exactly when it is to become the same tree. */
static void make_request(struct run *r)
{
	const struct place_wish *pw = r->data;
	struct place_stage *ps = pw->stage;
	char *cookie = arena_bytes(&r->mem, SHA256_HEX);
	const char *durability = target_string(r->target, "durability", &r->mem);

	hex_encode(cookie, pw->label, SHA256_SIZE);
	make_header(r, &ps->header, ps->all->id);
	ps->rq = (struct begin_request){
		.id = ps->all->id, .cookie = cookie, .want = &pw->want->tree, .header = &ps->header, .live_id = r->live.id,
		.fresh = pw->fresh, .unseen = r->presumed, .full_durability = durability && strcmp(durability, "full") == 0,
	};
}

static void count_sent(struct run *r)
{
	struct place_stage *ps = stage_of(r);

	r->row.sent_files += ps->stats.sent_files;
	r->row.sent_bytes += ps->stats.sent_bytes;
	r->row.requests += ps->stats.requests;
	ps->stats = (struct stage_stats){ .requests = 0 };
	if (r->ops->traits & HOST_RETRIES) {
		ps->stats.files_now = &r->row.progress_files;
		ps->stats.bytes_now = &r->row.progress_bytes;
	}
}

/* True when the run has ended here: its own step failed, or another place found that the build is not what was
 * hashed. */
static bool ended(struct run *r, struct op *op, const char *stage)
{
	struct staging *all = stage_of(r)->all;

	count_sent(r);
	if (op->rc < 0) {
		fail_stage(&op->fail, stage);
		if (op->fail.kind == FAIL_BUILD && all->refused.kind == FAIL_NONE)
			all->refused = op->fail;
		run_done(r, -1);
		return true;
	}
	if (all->refused.kind == FAIL_NONE)
		return false;
	run_leave(r, RESULT_SKIPPED, NULL);
	run_done(r, 0);
	return true;
}

static void was_sealed(struct op *op)
{
	struct run *r = op->owner;

	if (ended(r, op, "seal"))
		return;
	stage_of(r)->sealed = true;
	run_done(r, 0);
}

static void put_next(struct run *r);

static void was_put(struct op *op)
{
	struct run *r = op->owner;
	struct place_stage *ps = stage_of(r);
	const struct place_wish *pw = r->data;
	uint64_t bytes = 0;

	if (ended(r, op, "stage"))
		return;
	for (size_t i = ps->next; !ps->stats.files_now && i < ps->next + ps->slice; i++)
		bytes += pw->want->tree.entries[ps->missing.entries[i]].blob->size;
	if (!ps->stats.files_now) {
		atomic_fetch_add(&r->row.progress_files, ps->slice);
		atomic_fetch_add(&r->row.progress_bytes, bytes);
	}
	ps->next += ps->slice;
	put_next(r);
}

static size_t next_slice(const struct run *r)
{
	const struct place_wish *pw = r->data;
	const struct place_stage *ps = pw->stage;
	uint64_t bytes = 0;
	size_t n = 0;

	/* Requests overlap best when all of them are known; they count their progress themselves. */
	if (r->ops->traits & HOST_RETRIES)
		return ps->missing.count - ps->next;
	while (ps->next + n < ps->missing.count && n < SLICE_ENTRIES && (n == 0 || bytes < SLICE_BYTES))
		bytes += pw->want->tree.entries[ps->missing.entries[ps->next + n++]].blob->size;
	return n;
}

static void put_next(struct run *r)
{
	struct place_stage *ps = stage_of(r);

	ps->slice = next_slice(r);
	if (ps->slice > 0) {
		r->ops->put(r->place, ps->missing.entries + ps->next, ps->slice, &ps->stats, run_op(r, was_put));
		return;
	}
	run_show(r, PHASE_SEAL);
	r->ops->seal(r->place, &ps->stats, run_op(r, was_sealed));
}

static void was_begun(struct op *op)
{
	struct run *r = op->owner;
	struct place_stage *ps = stage_of(r);

	if (ended(r, op, "stage"))
		return;
	run_heard(r);
	r->row.total_files = ps->missing.count;
	r->row.total_bytes = ps->missing.bytes;
	ps->next = 0;
	ps->begun = r->ops->clone && fanout_concerns(ps->missing.count, ps->missing.bytes);
	if (ps->begun)
		run_done(r, 0);
	else
		put_next(r);
}

static void was_cloned(struct op *op)
{
	struct run *r = op->owner;
	struct place_stage *ps = stage_of(r);

	if (op->rc < 0 && op->fail.kind != FAIL_CANCELLED) {
		run_note(r, "could not be copied from %s, so it is sent: %s", ps->seed->row.place, op->fail.text);
		op->rc = 0;
	}
	if (ended(r, op, "stage"))
		return;
	r->row.total_files = ps->missing.count;
	r->row.total_bytes = ps->missing.bytes;
	put_next(r);
}

/* What was begun goes on; a follower's seed is sealed by now, or failed. */
static void start_put(struct run *r)
{
	struct place_stage *ps = stage_of(r);

	ps->begun = false;
	if (ps->seed && ps->seed->active)
		r->ops->clone(r->place, ps->seed->place, &ps->missing, &ps->stats, run_op(r, was_cloned));
	else
		put_next(r);
}

static void begin(struct run *r)
{
	struct place_stage *ps = stage_of(r);

	ps->missing = (struct missing){ .entries = NULL };
	make_request(r);
	r->ops->begin(r->place, &ps->rq, &ps->missing, run_op(r, was_begun));
}

static void was_probed(struct op *op)
{
	struct run *r = op->owner;
	enum release_state state = stage_of(r)->state;

	if (ended(r, op, "stage"))
		return;
	/* A sealed one is begun as well: the host looks whether it came whole through whatever ended that run. */
	if (state == RELEASE_LIVE)
		run_done(r, 0);
	else
		begin(r);
}

static void start_stage(struct run *r)
{
	struct place_stage *ps = stage_of(r);

	run_show(r, PHASE_STAGE);
	if (ps->all->refused.kind != FAIL_NONE) {
		run_leave(r, RESULT_SKIPPED, NULL);
		run_done(r, 0);
	} else if (ps->all->known) {
		r->ops->probe(r->place, ps->all->id, &ps->state, run_op(r, was_probed));
	} else {
		begin(r);
	}
}

/* ---- one place as the source of others ---- */

/* One address for all places of one session that can be cloned from one another: that of the first. */
static const void *group_of(struct run *const *before, size_t count, const struct run *r)
{
	const char *text = r->ops->group ? r->ops->group(r->place) : "";

	for (size_t i = 0; i < count; i++) {
		const struct run *other = before[i];
		if (other->session == r->session &&
		    (!r->ops->group || strcmp(other->ops->group(other->place), text) == 0))
			return other;
	}
	return r;
}

static void choose_seeds(struct fleet *fl)
{
	size_t count, n = 0;
	struct run *runs = fleet_runs(fl, &count);
	struct fanout_place *places = xcalloc(count, sizeof *places);
	struct run **of = xcalloc(count, sizeof(struct run *));

	for (size_t i = 0; i < count; i++) {
		struct place_wish *pw = runs[i].data;
		if (!runs[i].active || !pw->stage->begun)
			continue;
		places[n] = (struct fanout_place){ .group = group_of(of, n, &runs[i]), .want = &pw->want->tree,
			.missing = pw->stage->missing.entries, .count = pw->stage->missing.count };
		of[n++] = &runs[i];
	}
	fanout_choose(places, n);
	for (size_t i = 0; i < n; i++)
		stage_of(of[i])->seed = places[i].seed == FANOUT_NONE ? NULL : of[places[i].seed];
	free(of);
	free(places);
}

static bool to_be_staged(const struct run *r)
{
	return r->active && !stage_of(r)->sealed;
}

static bool goes_on(const struct run *r)
{
	return r->active && stage_of(r)->begun && !stage_of(r)->seed;
}

static bool follows(const struct run *r)
{
	return r->active && stage_of(r)->begun;
}

/* ---- a full disk ---- */

static void was_abandoned(struct op *op)
{
	if (op->rc < 0)
		run_note(op->owner, "what was staged was not removed: %s", op->fail.text);
	run_done(op->owner, 0);
}

static void start_abandon(struct run *r)
{
	r->ops->abandon(r->place, stage_of(r)->all->id, run_op(r, was_abandoned));
}

/* What does not fit must not go on filling the disk of everything else that lives there. */
static bool ran_full(const struct run *r)
{
	const struct fail *f = &r->row.fail;

	return r->locked && r->row.result == RESULT_FAILED && (f->code == ENOSPC || f->code == EDQUOT) && r->ops->abandon;
}

void stage_all(struct fleet *fl, struct staging *s)
{
	static const struct phase ph = { .id = PHASE_STAGE, .start = start_stage, .changes = true };
	static const struct phase putting = { .id = PHASE_STAGE, .start = start_put, .changes = true };
	static const struct phase abandon = {
		.id = PHASE_STAGE, .start = start_abandon, .changes = true, .always = true, .once = true
	};
	struct context *c = fleet_context(fl);
	size_t count;
	struct run *runs = fleet_runs(fl, &count);

	for (size_t i = 0; i < count; i++) {
		struct place_wish *pw = runs[i].data;
		if (pw->stage && !pw->stage_again)
			continue;
		pw->stage = arena_alloc(&c->mem, sizeof *pw->stage);
		pw->stage->all = s;
		pw->stage_again = false;
	}
	fleet_walk(fl, &ph, to_be_staged);
	choose_seeds(fl);
	fleet_walk(fl, &putting, goes_on);
	fleet_walk(fl, &putting, follows);
	fleet_walk(fl, &abandon, ran_full);
	for (size_t i = 0; s->refused.kind != FAIL_NONE && i < count; i++)
		if (runs[i].active)
			run_leave(&runs[i], RESULT_SKIPPED, NULL);
}
