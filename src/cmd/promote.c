#include "cmd/approve.h"
#include "cmd/channel.h"
#include "cmd/moves.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/channel.h"
#include "deploy/commands.h"

struct promote_opts {
	const char *channel, *message;
	int64_t lock_timeout_ms;
	bool again, dry_run, skip_locked;
};
#define PROMOTE(field) offsetof(struct promote_opts, field)
static const struct opt_row rows[] = {
	{ "channel", 0, OPT_STRING, PROMOTE(channel), "NAME", WORDS_NONE, "the preview channel to take it from" },
	{ "message", 'm', OPT_TEXT, PROMOTE(message), "TEXT", WORDS_NONE, "why; kept in the record of switches" },
	{ "dry-run", 'n', OPT_FLAG, PROMOTE(dry_run), NULL, WORDS_NONE, "show where each target would go" },
	{ "again", 0, OPT_FLAG, PROMOTE(again), NULL, WORDS_NONE, "also a release that was rolled back (else it is held)" },
	{ "lock-timeout", 0, OPT_DURATION, PROMOTE(lock_timeout_ms), "TIME", WORDS_NONE,
	  "wait this long for held locks; default: not at all" },
	{ "skip-locked", 0, OPT_FLAG, PROMOTE(skip_locked), NULL, WORDS_NONE, "leave out targets that are locked" },
};

static int promote_cmd_run(struct invocation *in, struct fail *f)
{
	const struct promote_opts *o = in->opts;
	struct promote_options options = { .again = o->again, .dry_run = o->dry_run, .skip_locked = o->skip_locked,
	                                   .lock_timeout_ms = o->lock_timeout_ms };
	if (!o->channel) {
		fail_set(f, FAIL_USAGE, "this version promotes from a preview channel only, not from another environment");
		return fail_hint(f, "--channel NAME says from which; slipway channels lists them");
	}
	if (channel_name(&options.channel, o->channel, &in->mem, f) < 0)
		return -1;
	const char *what = arena_printf(&in->mem, "make what channel %s serves live on", options.channel);
	if (!o->dry_run && approve(in, what, NULL, f) < 0)
		return -1;
	in->context.message = o->message && o->message[0] ? o->message : NULL;
	struct moves_report *report = arena_alloc(&in->mem, sizeof(*report));
	in->report = report;
	in->outcome = &report->outcome;
	return promote_run(&in->context, &options, report);
}

static void promote_text(struct invocation *in, struct page *page)
{
	const struct promote_opts *o = in->opts;
	const struct moves_report *report = in->report;
	if (!report)
		return;
	if (o->dry_run) {
		moves_text(page, report->moves, report->move_count);
		summary_failures(page, &report->outcome);
	} else {
		summary_text(page, &report->outcome);
	}
}

static void promote_json(struct invocation *in, struct jw *w)
{
	const struct promote_opts *o = in->opts;
	const struct moves_report *report = in->report;
	jw_kbool(w, "dry_run", o && o->dry_run);
	moves_json(w, report ? report->moves : NULL, report ? report->move_count : 0);
}

const struct cmd_verb cmd_promote = {
	.run = promote_cmd_run, .text = promote_text, .json = promote_json,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct promote_opts),
	.usage = "promote --channel NAME [TARGET...] [options]",
	.about = "Makes what a preview channel serves live: the very release that was looked at,\n"
	         "without sending or copying anything. It can be taken back like a deploy.\n\n"
	         "  slipway deploy --channel pr-42          first a preview\n"
	         "  slipway promote --channel pr-42 -m ok   then the same for visitors",
};
