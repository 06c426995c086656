#include "deploy/status_judge.h"

#include <string.h>

#include "base/clock.h"
#include "release/release_id.h"

const char *place_health_name(enum place_health h)
{
	static const char *const names[] = { "live", "empty", "drifted", "behind", "unreachable" };

	return names[h];
}

const char *status_newest(const char *a, const char *b)
{
	bool own_a = a && release_id_valid(a), own_b = b && release_id_valid(b);

	if (!own_a)
		return own_b ? b : NULL;
	return own_b && strcmp(b, a) > 0 ? b : a;
}

static bool same_id(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *ago(int64_t now_s, int64_t at_s, struct arena *mem)
{
	char age[CLOCK_TEXT];

	clock_age(age, now_s > at_s ? now_s - at_s : 0);
	return arena_strdup(mem, age);
}

/* A live release that the log does not know: did a run of ours die between the switch and its record? */
static bool explained(const struct status_facts *k, const struct switch_record *found)
{
	const struct live_state *live = k->live;

	if (k->last && same_id(k->last->to, live->id))
		return true;
	return live->has_header && !live->header.foreign && live->header.parent &&
	       same_id(live->header.parent, found->from);
}

/* Nothing is recorded before it: there is no record that the place could differ from. */
static bool first_record(const struct switchlog *log, const struct switch_record *r)
{
	return !r->from && r == log->records;
}

static bool drifted(const struct status_facts *k, struct status_verdict *out, struct arena *mem)
{
	const struct switch_record *mark = switchlog_drifted(&k->live->log), *last = switchlog_last(&k->live->log);

	if (k->live->broken) {
		out->note = arena_printf(mem, "%s; `slipway deploy` or `slipway rollback` puts another in its place",
		                         k->live->broken);
		return true;
	}
	if (mark) {
		out->note = arena_printf(mem, "verify saw a difference %s ago%s%s; `slipway deploy --repair` mends it",
		                         ago(k->now_s, mark->at_s, mem), mark->reason ? ": " : "",
		                         mark->reason ? mark->reason : "");
		return true;
	}
	if (!last || !last->action || strcmp(last->action, "found") != 0)
		return false;
	if (explained(k, last)) {
		out->note = "the switch was made, its record was lost to an interruption";
		return false;
	}
	if (first_record(&k->live->log, last) && !(k->last && k->last->to)) {
		out->note = k->live->has_header && !k->live->header.foreign ? NULL : "not deployed by slipway";
		return false;
	}
	out->note = arena_printf(mem, "switched from %s to %s by something other than slipway",
	                         last->from ? last->from : "nothing", k->live->id);
	return true;
}

static bool ended_short(const char *state)
{
	static const char *const states[] = { "intended", "failed", "unknown", "pending", "interrupted", "skipped" };

	for (size_t i = 0; state && i < sizeof states / sizeof *states; i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

static bool behind(const struct status_facts *k, struct status_verdict *out, struct arena *mem)
{
	const struct live_state *live = k->live;
	const char *wanted = NULL;

	if (k->last && ended_short(k->last->state) && k->last->to)
		wanted = k->last->to;
	else if (k->newest && live->newest_s >= 0 && live->newest_s == release_id_time(k->newest))
		wanted = k->newest;
	if (!wanted || same_id(wanted, live->id) || switchlog_bad(&live->log, wanted))
		return false;
	out->wanted = wanted;
	out->note = arena_printf(mem, "serves %s, the fleet wants %s%s%s", live->id ? live->id : "nothing", wanted,
	                         k->last && k->last->error && same_id(k->last->to, wanted) ? ": " : "",
	                         k->last && k->last->error && same_id(k->last->to, wanted) ? k->last->error : "");
	return true;
}

static bool disabled(const struct status_facts *k, struct status_verdict *out, struct arena *mem)
{
	const struct switch_record *last = switchlog_last(&k->live->log);

	if (k->live->id || !last || !last->id || *last->id)
		return false;
	out->note = arena_printf(mem, "disabled %s ago%s%s%s%s", ago(k->now_s, last->at_s, mem), last->by ? " by " : "",
	                         last->by ? last->by : "", last->reason ? ": " : "", last->reason ? last->reason : "");
	return true;
}

static void tell_other_machine(const struct status_facts *k, struct status_verdict *out, struct arena *mem)
{
	const struct switch_record *last = switchlog_last(&k->live->log);

	if (out->note || !k->last || !last || !same_id(last->id, k->live->id) || same_id(k->last->to, k->live->id))
		return;
	/* A row that moved nothing (held, refused) saw what is live now: it is our own switch that it saw. */
	if (!k->last->to && same_id(k->last->from, k->live->id))
		return;
	if (last->at_s < k->last->at_s)
		return;
	out->note = arena_printf(mem, "%s by %s %s ago, not from here", last->action ? last->action : "switched",
	                         last->by ? last->by : "somebody", ago(k->now_s, last->at_s, mem));
}

struct status_verdict status_judge(const struct status_facts *facts, struct arena *mem)
{
	struct status_verdict v = { .health = PLACE_LIVE };

	if (facts->live->id && drifted(facts, &v, mem))
		v.health = PLACE_DRIFTED;
	else if (disabled(facts, &v, mem))
		v.health = PLACE_EMPTY;
	else if (behind(facts, &v, mem))
		v.health = PLACE_BEHIND;
	else if (!facts->live->id)
		v.health = PLACE_EMPTY;
	else
		tell_other_machine(facts, &v, mem);
	if (v.health == PLACE_LIVE && !v.note && !facts->last && facts->live->has_header && facts->live->header.foreign)
		v.note = "not deployed by slipway";
	if (facts->live->blocked && !v.note)
		v.note = facts->live->blocked;
	return v;
}
