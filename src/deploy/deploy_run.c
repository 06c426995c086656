#include "deploy/commands.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "deploy/budget.h"
#include "deploy/channel.h"
#include "deploy/choose_id.h"
#include "deploy/decide.h"
#include "deploy/hooks.h"
#include "deploy/outcome.h"
#include "deploy/presume.h"
#include "deploy/record.h"
#include "deploy/stage.h"
#include "deploy/tidy.h"

struct deploying {
	struct context *c;
	const struct deploy_options *o;
	struct deploy_report *out;
	struct wish wish;
	struct fleet *fl;
	struct run *runs;
	size_t count;
	struct record record;
	struct staging staging;
	char id[RELEASE_ID_SIZE];
	bool behind_only;               /* --retry-failed without a record: the places not on the newest id */
};

static const char *env_name(const struct context *c)
{
	return c->env.environment ? c->env.environment->name : NULL;
}

static void say(const struct deploying *d, const char *text)
{
	d->c->reporter->note(d->c->reporter, NULL, text);
}

static void tell(const struct deploying *d, const char *event, int exit_code)
{
	struct strbuf detail = STRBUF_INIT;
	struct jw w;

	jw_init(&w, &detail, 0);
	jw_object(&w);
	jw_kstr(&w, "command", d->c->command);
	jw_kstr(&w, "environment", env_name(d->c));
	jw_kstr(&w, "release", *d->id ? d->id : NULL);
	if (exit_code >= 0)
		jw_kint(&w, "exit", exit_code);
	jw_end(&w);
	d->c->reporter->event(d->c->reporter, event, NULL, detail.buf);
	strbuf_clear(&detail);
}

static int cancelled(struct fail *f)
{
	return fail_set(f, FAIL_CANCELLED, "interrupted");
}

/* ---- --retry-failed ---- */

static int has_record(struct deploying *d, struct fail *f)
{
	const struct ledger_filter filter = { .environment = env_name(d->c), .limit = 1 };
	struct ledger_row *rows;
	size_t count;

	if (!d->c->ledger)
		return 0;
	if (ledger_history(d->c->ledger, &filter, &rows, &count, &d->c->mem, f) < 0)
		return -1;
	return count > 0;
}

static int keep_failed(struct deploying *d, struct fail *f)
{
	struct context *c = d->c;
	const char **names;
	size_t count, n = 0;
	int known = has_record(d, f);

	if (known <= 0) {
		d->behind_only = known == 0;
		return known;
	}
	if (ledger_failed_targets(c->ledger, env_name(c), c->channel, &names, &count, &c->mem, f) < 0)
		return -1;
	const struct target **left = arena_alloc(&c->mem, (c->target_count + 1) * sizeof(struct target *));
	for (size_t i = 0; i < c->target_count; i++)
		for (size_t k = 0; k < count; k++)
			if (strcmp(c->targets[i]->name, names[k]) == 0) {
				left[n++] = c->targets[i];
				break;
			}
	c->targets = left;
	c->target_count = n;
	if (n == 0)
		say(d, "no target of the last deploys failed: nothing to retry");
	return 0;
}

static void leave_newest(struct deploying *d)
{
	const char *newest = NULL;

	for (size_t i = 0; i < d->count; i++) {
		const char *id = d->runs[i].active ? d->runs[i].live.id : NULL;
		if (id && release_id_valid(id) && (!newest || strcmp(id, newest) > 0))
			newest = id;
	}
	for (size_t i = 0; newest && i < d->count; i++)
		if (d->runs[i].active && d->runs[i].live.id && strcmp(d->runs[i].live.id, newest) == 0)
			run_leave(&d->runs[i], RESULT_UNCHANGED, NULL);
}

/* ---- up to the lock ---- */

static int look(struct deploying *d, struct fail *f)
{
	presume(&d->wish, d->fl);
	fleet_read(d->fl);
	if (d->behind_only)
		leave_newest(d);
	if (decide(&d->wish, d->fl, f) < 0)
		return -1;
	return fleet_interrupted(d->fl) ? cancelled(f) : 0;
}

static int lock(struct deploying *d, struct fail *f)
{
	if (fleet_lock(d->fl, d->o->lock_timeout_ms, d->o->skip_locked, f) < 0)
		return -1;
	fleet_read_again(d->fl);
	if (decide_moved(&d->wish, d->fl, f) < 0)
		return -1;
	return fleet_interrupted(d->fl) ? cancelled(f) : 0;
}

/* ---- from the lock on ---- */

static size_t count_failed(const struct deploying *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++) {
		enum result result = d->runs[i].row.result;
		n += result == RESULT_FAILED || result == RESULT_PENDING || result == RESULT_UNKNOWN;
	}
	return n;
}

static int within_budget(struct deploying *d, struct fail *f)
{
	const struct rollout *rollout = project_rollout(d->c->project);
	const char *text = rollout ? rollout->max_failures : NULL;
	size_t budget, failed = count_failed(d);

	if (failure_budget(&budget, text, d->count, f) < 0)
		return -1;
	if (failed <= budget)
		return 0;
	fail_set(f, FAIL_REMOTE, "%zu of %zu places failed, more than max_failures (%s) allows: nothing was switched",
		 failed, d->count, text);
	fail_hint(f, "mend the failed places and deploy again, or raise rollout.max_failures");
	return fail_stage(f, "stage");
}

static const char *to_this(struct run *r)
{
	return ((struct place_wish *)r->data)->wish->release;
}

static int stage(struct deploying *d, struct fail *f)
{
	d->staging.id = d->id;
	stage_all(d->fl, &d->staging);
	if (d->staging.refused.kind != FAIL_NONE) {
		*f = d->staging.refused;
		return -1;
	}
	if (fleet_interrupted(d->fl))
		return cancelled(f);
	if (presume_settle(&d->wish, d->fl, &d->staging, f) < 0)
		return -1;
	if (d->staging.refused.kind != FAIL_NONE) {
		*f = d->staging.refused;
		return -1;
	}
	return fleet_interrupted(d->fl) ? cancelled(f) : within_budget(d, f);
}

/* One wave: all that is staged. Intents are durable before anything is switched, results right after it. */
static int switch_wave(struct deploying *d, struct fail *f)
{
	const struct switch_wish wish = {
		.to = to_this, .action = d->o->repair ? "repair" : "deploy", .reason = d->c->message
	};

	if (fleet_active(d->fl) > 0) {
		if (record_intend(&d->record, d->fl, d->id, f) < 0)
			return -1;
		fleet_switch(d->fl, &wish);
	}
	channel_prolong(d->fl);
	return record_results(&d->record, d->fl, f);
}

static int change(struct deploying *d, struct fail *f)
{
	if (choose_id(d->id, &d->staging.known, &d->wish, d->fl, f) < 0)
		return -1;
	d->out->outcome.release = d->wish.release = arena_strdup(&d->c->mem, d->id);
	if (record_begin(&d->record, &d->wish, d->id, f) < 0)
		return -1;
	if (stage(d, f) < 0 || switch_wave(d, f) < 0)
		return -1;
	tidy_all(d->fl, d->id);
	return 0;
}

/* ---- the whole ---- */

/* Nothing is to be done, but for the time that a preview has. */
static int leave_as_it_is(struct deploying *d, struct fail *f)
{
	channel_prolong(d->fl);
	return record_nothing(&d->record, &d->wish, d->fl, f);
}

static int deploy_fleet(struct deploying *d, struct fail *f)
{
	if (look(d, f) < 0)
		return -1;
	if (fleet_active(d->fl) == 0)
		return leave_as_it_is(d, f);
	if (lock(d, f) < 0)
		return -1;
	if (fleet_active(d->fl) == 0)
		return leave_as_it_is(d, f);
	return change(d, f);
}

/* What has no result yet was not tried, or was not allowed to go on. */
static void leave_rest(struct deploying *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->runs[i].row.result == RESULT_NONE)
			run_leave(&d->runs[i], fleet_interrupted(d->fl) ? RESULT_INTERRUPTED : RESULT_SKIPPED, NULL);
}

static void end_record(struct deploying *d, int rc)
{
	struct outcome *o = &d->out->outcome;
	struct fail f = FAIL_INIT;

	/* A run that stopped before its results were written has them written now: they say what --retry-failed takes. */
	if (rc < 0 && *d->record.run && record_results(&d->record, d->fl, &f) < 0 && o->error.kind == FAIL_NONE)
		outcome_fail(o, d->c, &f);
	f = (struct fail)FAIL_INIT;
	if (record_end(&d->record, outcome_exit(o), &f) < 0 && o->error.kind == FAIL_NONE)
		outcome_fail(o, d->c, &f);
}

static int open_and_deploy(struct deploying *d, struct fail *f)
{
	struct outcome *o = &d->out->outcome;

	if (fleet_open(&d->fl, d->c, f) < 0)
		return -1;
	d->runs = fleet_runs(d->fl, &d->count);
	wish_attach(&d->wish, d->fl, NULL);
	int rc = deploy_fleet(d, f);
	if (rc < 0 && *d->record.run)   /* what is unchanged has nothing to do with it */
		channel_prolong(d->fl);
	fleet_unlock(d->fl);
	if (rc == 0 && fleet_interrupted(d->fl))
		rc = cancelled(f);
	leave_rest(d);
	presume_tell(d->fl);
	channel_urls(d->fl);
	fleet_fill(d->fl, o);
	if (rc < 0 || hooks_after(d->c, o, f) < 0)
		outcome_fail(o, d->c, f);
	end_record(d, rc);
	return rc;
}

int deploy_run(struct context *c, const struct deploy_options *o, struct deploy_report *out)
{
	struct deploying d = { .c = c, .o = o, .out = out };
	struct fail f = FAIL_INIT;

	memset(out, 0, sizeof *out);
	out->outcome.started_ns = clock_mono_ns();
	tell(&d, "run.begin", -1);
	int rc = o->retry_failed ? keep_failed(&d, &f) : 0;
	if (rc == 0)
		rc = wish_make(&d.wish, c, o, false, &f);
	if (d.wish.builds)
		outcome_builds(&out->outcome, c, d.wish.builds, &out->builds, &out->build_count);
	if (rc == 0)
		rc = open_and_deploy(&d, &f);
	if (rc < 0 && out->outcome.error.kind == FAIL_NONE)
		outcome_fail(&out->outcome, c, &f);
	fleet_close(d.fl);
	wish_free(&d.wish);
	out->outcome.ended_ns = clock_mono_ns();
	tell(&d, "run.end", outcome_exit(&out->outcome));
	return out->outcome.error.kind != FAIL_NONE ? -1 : rc;
}
