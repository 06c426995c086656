#include "deploy/fleet.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "deploy/fleet_inside.h"

#define RENEW_MS 30000
#define WAIT_FIRST_MS 200
#define WAIT_MOST_MS 2000
#define HOLDERS_IN_TEXT 3
#define NS_PER_MS 1000000

/* ---- renewal ---- */

static void renewed(struct op *op)
{
	struct run *r = op->owner;
	struct seat *s = seat_of(r);

	s->renewing = false;
	if (op->rc == 0 || !r->locked || op->fail.kind == FAIL_CANCELLED)
		return;
	/* Anything but a lost lock may pass before the lease runs out; the host itself stops every change once it is
	 * lost. */
	if (op->fail.kind == FAIL_CONFLICT)
		run_note(r, "the lock was lost: %s", op->fail.text);
	else
		run_note(r, "the lock could not be renewed: %s", op->fail.text);
}

static void renew_one(struct run *r)
{
	struct seat *s = seat_of(r);

	arena_clear(&s->renewal_mem);
	s->renewing = true;
	s->renewal.done = renewed;
	s->renewal.owner = r;
	s->renewal.mem = &s->renewal_mem;
	s->renewal.rc = 0;
	s->renewal.fail = (struct fail)FAIL_INIT;
	atomic_store(&s->renewal.cancel, false);
	r->ops->renew(r->place, &s->renewal);
}

static void renew_all(struct timer *t)
{
	struct fleet *fl = (struct fleet *)((char *)t - offsetof(struct fleet, renew));

	for (size_t i = 0; i < fl->count; i++)
		if (fl->runs[i].locked && !fl->seats[i].renewing && fl->runs[i].ops->renew)
			renew_one(&fl->runs[i]);
	loop_timer(fl->c->loop, &fl->renew, RENEW_MS);
}

/* ---- one attempt at all of them ---- */

static void was_locked(struct op *op)
{
	struct run *r = op->owner;
	struct seat *s = seat_of(r);

	r->locked = op->rc == 0;
	s->held = op->rc < 0 && op->fail.kind == FAIL_CONFLICT;
	run_done(r, s->held ? 0 : op->rc);
}

static void start_lock(struct run *r)
{
	const struct context *c = r->fleet->c;
	struct seat *s = seat_of(r);

	s->held = false;
	s->holder = (struct lock_info){ .by = NULL };
	if (!r->ops->lock || r->locked) {
		run_done(r, 0);
		return;
	}
	r->ops->lock(r->place, c->who.by ? c->who.by : "somebody", c->command, &s->holder, run_op(r, was_locked));
}

static void was_unlocked(struct op *op)
{
	struct run *r = op->owner;

	r->locked = false;
	if (op->rc < 0)
		run_note(r, "not unlocked (%s); the lock runs out by itself within two minutes", op->fail.text);
	run_done(r, 0);
}

static void start_unlock(struct run *r)
{
	r->ops->unlock(r->place, run_op(r, was_unlocked));
}

static bool is_locked(const struct run *r)
{
	return r->locked;
}

/* A renewal that comes after the unlocking would be one of a lock that is not ours any more. */
static void await_renewals(struct fleet *fl)
{
	loop_timer_stop(fl->c->loop, &fl->renew);
	for (size_t i = 0; i < fl->count; i++)
		if (fl->seats[i].renewing)
			atomic_store(&fl->seats[i].renewal.cancel, true);
	for (size_t i = 0; i < fl->count; i++)
		while (fl->seats[i].renewing)
			fleet_turn(fl, -1);
}

void fleet_unlock(struct fleet *fl)
{
	static const struct phase ph = { .id = PHASE_UNLOCK, .start = start_unlock, .always = true, .once = true };

	await_renewals(fl);
	fleet_walk(fl, &ph, is_locked);
}

/* ---- who holds what ---- */

static size_t count_held(const struct fleet *fl)
{
	size_t n = 0;

	for (size_t i = 0; i < fl->count; i++)
		n += fl->seats[i].held && fl->runs[i].active;
	return n;
}

static void describe_holder(struct strbuf *out, const struct lock_info *h)
{
	char age[CLOCK_TEXT];
	struct strbuf raw = STRBUF_INIT;

	clock_age(age, h->now_s > h->since_s ? h->now_s - h->since_s : 0);
	strbuf_addf(&raw, "%s (%s) for %s since %s ago", h->by ? h->by : "somebody", h->where ? h->where : "host unknown",
		    h->command ? h->command : "a command", age);
	strbuf_addescaped(out, raw.buf, raw.len);
	strbuf_clear(&raw);
}

static void holder_fail(const struct run *r, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;

	describe_holder(&text, &seat_of(r)->holder);
	fail_set(f, FAIL_CONFLICT, "locked by %s", text.buf);
	fail_hint(f, "wait with --lock-timeout, or free it: slipway unlock %s", run_words(r));
	fail_stage(f, "lock");
	strbuf_clear(&text);
}

static void leave_held(struct fleet *fl)
{
	for (size_t i = 0; i < fl->count; i++) {
		struct fail f = FAIL_INIT;
		if (!fl->seats[i].held || !fl->runs[i].active)
			continue;
		holder_fail(&fl->runs[i], &f);
		run_leave(&fl->runs[i], RESULT_SKIPPED, &f);
	}
}

/* The whole run's failure: the first holders in the text, every one in its row. */
static int conflict(struct fleet *fl, struct fail *f)
{
	struct strbuf text = STRBUF_INIT, names = STRBUF_INIT;
	size_t n = 0, held = count_held(fl);

	for (size_t i = 0; i < fl->count; i++) {
		if (!fl->seats[i].held || !fl->runs[i].active)
			continue;
		if (n < HOLDERS_IN_TEXT) {
			strbuf_addf(&text, "%s%s by ", n ? "; " : "", fl->runs[i].row.place);
			describe_holder(&text, &fl->seats[i].holder);
			strbuf_addf(&names, " %.*s", (int)strcspn(fl->runs[i].row.place, "@"), fl->runs[i].row.place);
		}
		n++;
	}
	if (n > HOLDERS_IN_TEXT) {
		strbuf_addf(&text, "; and %zu more", n - HOLDERS_IN_TEXT);
		strbuf_addstr(&names, " ...");
	}
	if (fl->c->channel)
		strbuf_addf(&names, " --channel %s", fl->c->channel);
	leave_held(fl);
	fail_set(f, FAIL_CONFLICT, "%zu place%s locked: %s", held, held == 1 ? " is" : "s are", text.buf);
	fail_hint(f, "wait with --lock-timeout, leave them out with --skip-locked, or free them: slipway unlock%s",
		  names.buf);
	fail_stage(f, "lock");
	strbuf_clear(&text);
	strbuf_clear(&names);
	return -1;
}

static void say_waiting(struct fleet *fl, int64_t left_ms)
{
	char age[CLOCK_TEXT];

	clock_age(age, left_ms / 1000);
	for (size_t i = 0; i < fl->count; i++) {
		struct strbuf text = STRBUF_INIT;
		if (!fl->seats[i].held || !fl->runs[i].active)
			continue;
		strbuf_addstr(&text, "locked by ");
		describe_holder(&text, &fl->seats[i].holder);
		strbuf_addf(&text, "; waiting up to %s", age);
		fl->c->reporter->note(fl->c->reporter, &fl->runs[i].row, text.buf);
		strbuf_clear(&text);
	}
}

/* ---- waiting ---- */

struct nap {
	struct timer timer;             /* first */
	bool over;
};

static void wake(struct timer *t)
{
	((struct nap *)t)->over = true;
}

/* Two runs that want the same places must not come back in step for ever. */
static void doze(struct fleet *fl, int64_t most_ms, unsigned round)
{
	struct nap nap = { .timer = { .fire = wake } };
	int64_t ms = WAIT_FIRST_MS << (round < 4 ? round : 4);
	uint32_t random = 0;

	(void)!getrandom(&random, sizeof random, GRND_NONBLOCK);
	ms = ms > WAIT_MOST_MS ? WAIT_MOST_MS : ms;
	ms = ms / 2 + random % (ms / 2);
	loop_timer(fl->c->loop, &nap.timer, ms < most_ms ? ms : most_ms);
	while (!nap.over && !fleet_interrupted(fl))
		fleet_turn(fl, 100);
	loop_timer_stop(fl->c->loop, &nap.timer);
}

static int interrupted(struct fleet *fl, struct fail *f)
{
	fleet_unlock(fl);
	fail_set(f, FAIL_CANCELLED, "interrupted before anything changed");
	return fail_stage(f, "lock");
}

int fleet_lock(struct fleet *fl, int64_t timeout_ms, bool skip_locked, struct fail *f)
{
	static const struct phase ph = { .id = PHASE_LOCK, .start = start_lock, .changes = true };
	int64_t end_ns = clock_mono_ns() + (timeout_ms > 0 ? timeout_ms : 0) * NS_PER_MS;

	for (unsigned round = 0;; round++) {
		fleet_phase(fl, &ph);
		if (fleet_interrupted(fl))
			return interrupted(fl, f);
		int64_t left_ms = (end_ns - clock_mono_ns()) / NS_PER_MS;
		bool held = count_held(fl) > 0;
		if (held && skip_locked && left_ms <= 0) {
			leave_held(fl);
			held = false;
		}
		if (!held)
			break;
		fleet_unlock(fl);
		if (left_ms <= 0)
			return conflict(fl, f);
		if (round == 0)
			say_waiting(fl, left_ms);
		fl->waited = true;
		doze(fl, left_ms, round);
	}
	fl->renew.fire = renew_all;
	loop_timer(fl->c->loop, &fl->renew, RENEW_MS);
	return 0;
}
