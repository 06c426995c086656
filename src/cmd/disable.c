#include "cmd/grid.h"
#include "cmd/moves.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/commands.h"

struct disable_opts {
	const char *message;
	int64_t lock_timeout_ms;
	bool dry_run, skip_locked;
};
#define DISABLE(field) offsetof(struct disable_opts, field)
static const struct opt_row rows[] = {
	{ "message", 'm', OPT_TEXT, DISABLE(message), "TEXT", WORDS_NONE, "why; kept in the record of switches" },
	{ "dry-run", 'n', OPT_FLAG, DISABLE(dry_run), NULL, WORDS_NONE, "show what would happen" },
	{ "lock-timeout", 0, OPT_DURATION, DISABLE(lock_timeout_ms), "TIME", WORDS_NONE,
	  "wait this long for held locks; default: not at all" },
	{ "skip-locked", 0, OPT_FLAG, DISABLE(skip_locked), NULL, WORDS_NONE, "leave out targets that are locked" },
};

static struct moves_report *begin(struct invocation *in, struct disable_options *options)
{
	const struct disable_opts *o = in->opts;
	struct moves_report *report = arena_alloc(&in->mem, sizeof(*report));
	*options = (struct disable_options){ .dry_run = o->dry_run, .skip_locked = o->skip_locked,
	                                     .lock_timeout_ms = o->lock_timeout_ms };
	in->context.message = o->message && o->message[0] ? o->message : NULL;
	in->report = report;
	in->outcome = &report->outcome;
	return report;
}

static int disable_cmd_run(struct invocation *in, struct fail *f)
{
	struct disable_options options;
	struct moves_report *report = begin(in, &options);
	(void)f;
	return disable_run(&in->context, &options, report);
}

static int enable_cmd_run(struct invocation *in, struct fail *f)
{
	struct disable_options options;
	struct moves_report *report = begin(in, &options);
	(void)f;
	return enable_run(&in->context, &options, report);
}

static void told(struct invocation *in, struct page *page, const char *done, const char *before)
{
	static const char *const headings[] = { "", "", "" };
	const struct disable_opts *o = in->opts;
	const struct moves_report *report = in->report;
	struct grid t;
	if (!report)
		return;
	if (o->dry_run) {
		moves_text(page, report->moves, report->move_count);
		summary_failures(page, &report->outcome);
		return;
	}
	grid_init(&t, page->mem, "lll", headings);
	for (size_t i = 0; i < report->outcome.row_count; i++) {
		const struct row *r = report->outcome.rows[i];
		if (r->result != RESULT_DEPLOYED && r->result != RESULT_UNCHANGED)
			continue;
		bool changed = r->result == RESULT_DEPLOYED;
		grid_name(&t, STYLE_STRONG, r->place);
		grid_add(&t, changed ? STYLE_GOOD : STYLE_DIM, changed ? done : before);
		grid_name(&t, STYLE_NONE, r->live ? r->live : "");
	}
	if (!page->quiet)
		grid_print(&t, &page->text, page->term.color, 0);
	grid_clear(&t);
	summary_failures(page, &report->outcome);
}

static void disable_text(struct invocation *in, struct page *page)
{
	told(in, page, "disabled", "served nothing before");
}

static void enable_text(struct invocation *in, struct page *page)
{
	told(in, page, "enabled", "is not disabled");
}

static void disable_json(struct invocation *in, struct jw *w)
{
	const struct disable_opts *o = in->opts;
	const struct moves_report *report = in->report;
	jw_kbool(w, "dry_run", o && o->dry_run);
	moves_json(w, report ? report->moves : NULL, report ? report->move_count : 0);
}

const struct cmd_verb cmd_disable = {
	.run = disable_cmd_run, .text = disable_text, .json = disable_json,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct disable_opts),
	.usage = "disable TARGET... [options]",
	.about = "Takes each TARGET off the net: visitors get nothing until enable or the next\n"
	         "deploy. Its releases stay. Asks first unless -y.",
};

const struct cmd_verb cmd_enable = {
	.run = enable_cmd_run, .text = enable_text, .json = disable_json,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct disable_opts),
	.usage = "enable TARGET... [options]",
	.about = "Puts back what each TARGET served when it was disabled; where that is gone, the\n"
	         "newest release that was not rolled back. A TARGET that serves something is left\n"
	         "as it is.",
};
