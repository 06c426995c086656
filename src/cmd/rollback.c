#include "cmd/channel.h"
#include "cmd/moves.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/commands.h"

struct rollback_opts {
	const char *undo, *to, *message, *channel;
	int64_t before_s, lock_timeout_ms;
	int steps;
	bool each, dry_run, skip_locked;
};
#define ROLLBACK(field) offsetof(struct rollback_opts, field)
static const struct opt_row rows[] = {
	{ "to", 0, OPT_STRING, ROLLBACK(to), "ID", WORDS_NONE,
	  "what each target served when this run was the newest; a prefix will do" },
	{ "undo", 0, OPT_STRING, ROLLBACK(undo), "ID", WORDS_NONE, "only targets whose live release is ID" },
	{ "before", 0, OPT_TIME, ROLLBACK(before_s), "TIME", WORDS_NONE,
	  "what each target served then: 2026-11-23 09:05, or 2h ago as 2h" },
	{ "steps", 0, OPT_NUMBER, ROLLBACK(steps), "N", WORDS_NONE, "go back N releases instead of one" },
	{ "each", 0, OPT_FLAG, ROLLBACK(each), NULL, WORDS_NONE,
	  "each its own way, although the targets serve different runs" },
	{ "message", 'm', OPT_TEXT, ROLLBACK(message), "TEXT", WORDS_NONE, "why; kept as the reason the release is bad" },
	{ "dry-run", 'n', OPT_FLAG, ROLLBACK(dry_run), NULL, WORDS_NONE, "show where each target would go" },
	CHANNEL_ROW(ROLLBACK(channel)),
	{ "lock-timeout", 0, OPT_DURATION, ROLLBACK(lock_timeout_ms), "TIME", WORDS_NONE,
	  "wait this long for held locks; default: not at all" },
	{ "skip-locked", 0, OPT_FLAG, ROLLBACK(skip_locked), NULL, WORDS_NONE, "leave out targets that are locked" },
};

static void rollback_defaults(void *opts)
{
	struct rollback_opts *o = opts;
	o->before_s = -1;
	o->steps = -1;
}

static int check_options(const struct rollback_opts *o, struct fail *f)
{
	int ways = (o->undo != NULL) + (o->to != NULL) + (o->before_s >= 0) + (o->steps >= 0);
	if (ways > 1)
		return fail_set(f, FAIL_USAGE, "--to, --undo, --before and --steps exclude each other");
	if (o->steps == 0)
		return fail_set(f, FAIL_USAGE, "--steps 0 goes nowhere");
	return 0;
}

static int rollback_cmd_run(struct invocation *in, struct fail *f)
{
	const struct rollback_opts *o = in->opts;
	struct rollback_options options = {
		.undo = o->undo, .to = o->to, .before_s = o->before_s, .steps = o->steps > 0 ? (unsigned)o->steps : 0,
		.each = o->each, .dry_run = o->dry_run, .lock_timeout_ms = o->lock_timeout_ms, .skip_locked = o->skip_locked,
	};
	if (check_options(o, f) < 0 || channel_take(in, o->channel, f) < 0)
		return -1;
	in->context.message = o->message && o->message[0] ? o->message : NULL;
	struct rollback_report *report = arena_alloc(&in->mem, sizeof(*report));
	in->report = report;
	in->outcome = &report->outcome;
	return rollback_run(&in->context, &options, report);
}

static void rollback_text(struct invocation *in, struct page *page)
{
	const struct rollback_opts *o = in->opts;
	const struct rollback_report *report = in->report;
	if (!report)
		return;
	if (o->dry_run) {
		moves_text(page, report->moves, report->move_count);
		summary_failures(page, &report->outcome);
	} else {
		summary_text(page, &report->outcome);
	}
}

static void rollback_json(struct invocation *in, struct jw *w)
{
	const struct rollback_opts *o = in->opts;
	const struct rollback_report *report = in->report;
	jw_kbool(w, "dry_run", o->dry_run);
	moves_json(w, report ? report->moves : NULL, report ? report->move_count : 0);
}

const struct cmd_verb cmd_rollback = {
	.run = rollback_cmd_run, .text = rollback_text, .json = rollback_json, .defaults = rollback_defaults,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct rollback_opts),
	.usage = "rollback [TARGET...] [options]",
	.about = "Makes the previous release of each target live again. It is still there: no\n"
	         "content is sent, each target switches in one step. What is left is marked\n"
	         "bad, and deploying it again needs --again. When the targets do not all serve\n"
	         "the same run, the groups are shown and nothing is done unless --each.\n\n"
	         "  slipway rollback -m 'white screen'      everything one release back\n"
	         "  slipway rollback --undo 20261123-09     only where that run is live\n"
	         "  slipway rollback jarupa --to 20261120   one target, to a certain run",
};
