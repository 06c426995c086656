#include "deploy/fleet.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/json.h"
#include "deploy/fleet_inside.h"
#include "net/retry.h"

#define TURN_MS 100
#define NS_PER_MS 1000000

struct seat *seat_of(const struct run *r)
{
	return &r->fleet->seats[r - r->fleet->runs];
}

struct context *fleet_context(struct fleet *fl)
{
	return fl->c;
}

struct packer *fleet_packer(struct fleet *fl)
{
	return fl->env.packer;
}

struct run *fleet_runs(struct fleet *fl, size_t *count)
{
	*count = fl->count;
	return fl->runs;
}

bool fleet_interrupted(const struct fleet *fl)
{
	return fl->interrupted || loop_signals(fl->c->loop, NULL) > 0;
}

size_t fleet_active(const struct fleet *fl)
{
	size_t n = 0;

	for (size_t i = 0; i < fl->count; i++)
		n += fl->runs[i].active;
	return n;
}

/* ---- telling ---- */

static void tell(const struct run *r, const char *event, const char *key, const char *value)
{
	struct reporter *rep = r->fleet->c->reporter;
	struct strbuf detail = STRBUF_INIT;
	struct jw w;

	jw_init(&w, &detail, 0);
	jw_object(&w);
	jw_kstr(&w, key, value);
	jw_end(&w);
	rep->phase(rep, &r->row);
	rep->event(rep, event, &r->row, detail.buf);
	strbuf_clear(&detail);
}

void run_show(struct run *r, enum phase_id id)
{
	if (r->row.result != RESULT_NONE || r->row.phase == id)
		return;
	if (!r->row.started_ns)
		r->row.started_ns = clock_mono_ns();
	r->row.phase = id;
	atomic_store(&r->row.progress_files, 0);
	atomic_store(&r->row.progress_bytes, 0);
	r->row.total_files = r->row.total_bytes = 0;
	tell(r, "place.phase", "phase", phase_name(id));
}

void run_note(struct run *r, const char *fmt, ...)
{
	struct row *row = &r->row;
	const char **notes = arena_alloc(&r->fleet->c->mem, (row->note_count + 1) * sizeof *notes);
	struct strbuf b = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < row->note_count; i++)
		notes[i] = row->notes[i];
	notes[row->note_count++] = arena_strdup(&r->fleet->c->mem, b.buf);
	row->notes = notes;
	r->fleet->c->reporter->note(r->fleet->c->reporter, row, b.buf);
	strbuf_clear(&b);
}

const char *run_words(const struct run *r)
{
	struct context *c = r->fleet->c;

	if (!c->channel)
		return r->row.place;
	return arena_printf(&c->mem, "%.*s --channel %s", (int)strcspn(r->row.place, "@"), r->row.place, c->channel);
}

void run_asked(struct run *r, uint64_t requests)
{
	seat_of(r)->asked += requests;
	r->row.requests += requests;
}

void run_finish(struct run *r, enum result result)
{
	r->row.result = result;
	r->row.phase = PHASE_DONE;
	r->row.ended_ns = clock_mono_ns();
	if (!r->row.started_ns)
		r->row.started_ns = r->row.ended_ns;
	tell(r, "place.result", "result", result_name(result));
}

void run_leave(struct run *r, enum result result, const struct fail *f)
{
	r->active = false;
	if (f) {
		r->row.fail = *f;
		retry_advise(&r->row.fail);
	}
	if (f && r->fleet->c->secrets)
		secrets_redact_fail(r->fleet->c->secrets, &r->row.fail);
	run_finish(r, result);
}

/* ---- phases ---- */

int64_t patience_ms(const char *kind)
{
	return strcmp(kind, "dir") == 0 ? 2000 : 10000;
}

struct op *run_op(struct run *r, void (*done)(struct op *op))
{
	const struct fleet *fl = r->fleet;

	r->op.done = done;
	r->op.owner = r;
	r->op.mem = &r->mem;
	r->op.rc = 0;
	r->op.fail = (struct fail)FAIL_INIT;
	atomic_store(&r->op.cancel, fl->phase && !fl->phase->always && (fleet_interrupted(fl) || seat_of(r)->late));
	return &r->op;
}

void run_op_done(struct op *op)
{
	run_done(op->owner, op->rc);
}

uint32_t fleet_dice(void)
{
	uint32_t random = 0;

	(void)!getrandom(&random, sizeof random, GRND_NONBLOCK);
	return random;
}

static void try_again(struct timer *t)
{
	struct seat *s = (struct seat *)((char *)t - offsetof(struct seat, pause));
	struct fleet *fl = s->run->fleet;

	s->tries++;
	fl->phase->start(s->run);
}

/* True when the run got a pause instead of an end. */
static bool gets_another_try(struct run *r)
{
	struct fleet *fl = r->fleet;
	struct seat *s = seat_of(r);

	if (fl->phase->once || fleet_interrupted(fl) || r->ops->traits & HOST_RETRIES)
		return false;
	struct retry answer = retry_judge(&r->op.fail, s->tries, fl->retries, fleet_dice());
	if (answer.verdict != RETRY_WAIT)
		return false;
	fl->retries--;
	s->pause.fire = try_again;
	loop_timer(fl->c->loop, &s->pause, answer.delay_ms);
	return true;
}

void fleet_say_late(const struct run *r, struct fail *f)
{
	const struct seat *s = seat_of(r);
	struct fail was = *f;

	if (f->kind != FAIL_CANCELLED || !s->late || fleet_interrupted(r->fleet))
		return;
	fail_set(f, FAIL_LINK, "not done after %lld s, which is all that timeouts.target gives (%s)",
		 (long long)(s->most_ms / 1000), was.text);
	if (*was.stage)
		fail_stage(f, was.stage);
}

static void fail_run(struct run *r, const struct phase *ph)
{
	struct fail *f = &r->op.fail;

	if (f->kind == FAIL_NONE)
		fail_set(f, FAIL_LOCAL, "failed without saying why");
	fleet_say_late(r, f);
	fail_stage(f, phase_name(ph->id));
	if (r->row.result != RESULT_NONE) {
		/* What was decided stays so: trouble after the switch is not a failed deploy. */
		run_note(r, "%s: %s", f->stage, f->text);
		return;
	}
	if (seat_of(r)->sw.fate == FATE_DOUBT) {
		switch_unknown(r, f);
		return;
	}
	bool away = f->kind == FAIL_LINK || f->kind == FAIL_BUSY;
	if (f->kind == FAIL_CANCELLED)
		run_leave(r, RESULT_INTERRUPTED, f);
	else if (away && (!seat_of(r)->answered || f->retry_after_ms > RETRY_PATIENCE_MS))
		run_leave(r, RESULT_PENDING, f);
	else
		run_leave(r, RESULT_FAILED, f);
}

/* Where requests have a queue of their own (net/http.h), all places may be under way at once. */
static bool is_limited(const struct run *r)
{
	return !(r->ops->traits & HOST_RETRIES);
}

/* A step that asked nothing (a lock of this machine's own, a look that the record answers) says nothing about it. */
static bool was_asked(const struct run *r)
{
	return !r->ops->requests || r->ops->requests(r->place) > 0;
}

void run_heard(struct run *r)
{
	seat_of(r)->answered |= was_asked(r);
}

void run_done(struct run *r, int rc)
{
	struct fleet *fl = r->fleet;
	struct seat *s = seat_of(r);

	assert(s->busy);
	if (rc < 0 && gets_another_try(r))
		return;
	s->busy = false;
	s->spent_ns += clock_mono_ns() - s->began_ns;
	fl->busy--;
	fl->busy_here -= is_limited(r);
	if (rc < 0)
		fail_run(r, fl->phase);
	else
		run_heard(r);
}

static void start_run(struct fleet *fl, struct seat *s)
{
	s->waiting = false;
	s->busy = true;
	s->began_ns = clock_mono_ns();
	s->tries = 1;
	fl->busy++;
	fl->busy_here += is_limited(s->run);
	run_show(s->run, fl->phase->id);
	fl->phase->start(s->run);
}

static bool start_more(struct fleet *fl)
{
	bool waiting = false;

	for (size_t i = 0; i < fl->count; i++) {
		struct seat *s = &fl->seats[i];
		if (!s->waiting)
			continue;
		if (is_limited(s->run) && fl->busy_here >= fl->width) {
			waiting = true;
			continue;
		}
		if (fl->phase->always || !fleet_interrupted(fl)) {
			start_run(fl, s);
			continue;
		}
		struct fail f = FAIL_INIT;
		s->waiting = false;
		fail_set(&f, FAIL_CANCELLED, "interrupted before %s", phase_name(fl->phase->id));
		if (s->run->row.result == RESULT_NONE)
			run_leave(s->run, RESULT_INTERRUPTED, &f);
	}
	return fl->busy > 0 || waiting;
}

/* A run that waits for its next try has no step to cancel: it ends here. */
static void cut_pause(struct seat *s)
{
	const struct fail why = s->sw.fate == FATE_TODO ? s->sw.why : s->run->op.fail;

	loop_timer_stop(s->run->fleet->c->loop, &s->pause);
	fail_set(&s->run->op.fail, FAIL_CANCELLED, "interrupted while waiting for another try, after: %s", why.text);
	run_done(s->run, -1);
}

/* Staging is given up at once: nobody has seen any of it. */
static bool awaited(const struct phase *ph)
{
	return ph->always || (ph->changes && ph->id != PHASE_STAGE);
}

static void cancel_op(struct run *r)
{
	if (!atomic_exchange(&r->op.cancel, true) && r->ops->cancel)
		r->ops->cancel(r->place);
}

static void cut_overdue(struct fleet *fl)
{
	int64_t waited_ms = (clock_mono_ns() - fl->cut_ns) / NS_PER_MS;

	for (size_t i = 0; i < fl->count; i++) {
		struct seat *s = &fl->seats[i];
		if (!s->busy)
			continue;
		if (s->pause.armed)
			cut_pause(s);
		else if (waited_ms >= (awaited(fl->phase) ? patience_ms(s->run->row.kind) : 0))
			cancel_op(s->run);
	}
}

static bool is_late(const struct fleet *fl, const struct seat *s)
{
	return s->busy && !s->late && !fl->phase->always &&
	       s->spent_ns + clock_mono_ns() - s->began_ns > s->most_ms * NS_PER_MS;
}

/* One place that does not come to an end must not keep the others' results back. Only its own time counts, not what it
 * waits for others between two phases. */
static void cut_late(struct fleet *fl)
{
	for (size_t i = 0; i < fl->count; i++) {
		struct seat *s = &fl->seats[i];
		if (!is_late(fl, s))
			continue;
		s->late = true;
		if (s->pause.armed)
			cut_pause(s);
		else
			cancel_op(s->run);
	}
}

void fleet_turn(struct fleet *fl, int max_ms)
{
	loop_turn(fl->c->loop, max_ms);
	fl->c->reporter->tick(fl->c->reporter);
	if (!fl->interrupted && loop_signals(fl->c->loop, NULL) > 0) {
		fl->interrupted = true;
		fl->cut_ns = clock_mono_ns();
	}
	if (fl->interrupted && fl->phase)
		cut_overdue(fl);
	else if (fl->phase)
		cut_late(fl);
}

void fleet_walk(struct fleet *fl, const struct phase *ph, bool (*takes_part)(const struct run *r))
{
	assert(!fl->phase && fl->busy == 0);
	for (size_t i = 0; i < fl->count; i++)
		fl->seats[i].waiting = fl->runs[i].place && takes_part(&fl->runs[i]);
	fl->phase = ph;
	fl->cut_ns = clock_mono_ns();
	while (start_more(fl))
		fleet_turn(fl, fl->busy ? TURN_MS : 0);
	fl->phase = NULL;
}

static bool is_active(const struct run *r)
{
	return r->active;
}

void fleet_phase(struct fleet *fl, const struct phase *ph)
{
	fleet_walk(fl, ph, is_active);
}

/* ---- reading ---- */

static void was_read(struct op *op)
{
	struct run *r = op->owner;

	if (op->rc == 0) {
		r->row.live = r->live.id;
		r->row.previous = r->live.id;
	}
	run_done(r, op->rc);
}

void fleet_start_read(struct run *r)
{
	if (r->presumed) {
		run_done(r, 0);
		return;
	}
	r->live = (struct live_state){ .newest_s = -1 };
	r->ops->read(r->place, &r->live, run_op(r, was_read));
}

void fleet_read(struct fleet *fl)
{
	static const struct phase ph = { .id = PHASE_READ, .start = fleet_start_read };

	fleet_phase(fl, &ph);
}

static bool to_be_read_again(const struct run *r)
{
	return r->active && (!(r->ops->traits & HOST_FENCES) || r->fleet->waited);
}

void fleet_read_again(struct fleet *fl)
{
	static const struct phase ph = { .id = PHASE_READ, .start = fleet_start_read };

	for (size_t i = 0; fl->waited && i < fl->count; i++)
		fl->runs[i].presumed = false;
	fleet_walk(fl, &ph, to_be_read_again);
}

static bool to_be_listed(const struct run *r)
{
	return r->active && !r->live.recent;
}

static void was_listed(struct op *op)
{
	struct run *r = op->owner;

	if (op->rc == 0)
		release_promoted(&r->list, &r->live.log);
	run_done(r, op->rc);
}

static void start_list(struct run *r)
{
	r->list = (struct release_list){ NULL, 0 };
	r->ops->list(r->place, &r->list, run_op(r, was_listed));
}

void fleet_list(struct fleet *fl)
{
	static const struct phase ph = { .id = PHASE_READ, .start = start_list };

	fleet_phase(fl, &ph);
}

void fleet_recent(struct fleet *fl)
{
	static const struct phase ph = { .id = PHASE_READ, .start = start_list };

	for (size_t i = 0; i < fl->count; i++)
		if (fl->runs[i].active && fl->runs[i].live.recent) {
			fl->runs[i].list = *fl->runs[i].live.recent;
			release_promoted(&fl->runs[i].list, &fl->runs[i].live.log);
		}
	fleet_walk(fl, &ph, to_be_listed);
}

void fleet_fill(struct fleet *fl, struct outcome *o)
{
	o->rows = fl->rows;
	o->row_count = fl->count;
	o->requests = 0;
	for (size_t i = 0; i < fl->count; i++) {
		struct run *r = &fl->runs[i];
		if (r->place && r->ops->requests)
			r->row.requests = r->ops->requests(r->place) + fl->seats[i].asked;
		o->requests += r->row.requests;
		o->changed_something = o->changed_something || fl->seats[i].switched;
	}
	o->interrupted = o->interrupted || fleet_interrupted(fl);
}
