#include "cmd/deploy.h"

#include "cmd/approve.h"
#include "cmd/channel.h"
#include "cmd/grid.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/channel.h"

static const struct opt_row rows[] = {
	{ "message", 'm', OPT_TEXT, DEPLOY(message), "TEXT", WORDS_NONE, "why; kept with the release" },
	{ "dist", 0, OPT_LIST, DEPLOY(dist), "DIR", WORDS_DIR, "the build to read; NAME=DIR when the project has several" },
	{ "dry-run", 'n', OPT_FLAG, DEPLOY(dry_run), NULL, WORDS_NONE, "show the plan and change nothing, as plan does" },
	CHANNEL_ROW(DEPLOY(channel)),
	{ "expires", 0, OPT_STRING, DEPLOY(expires), "TIME", WORDS_NONE,
	  "how long a new channel lives: 12h, 7d; default 7d, at most 30d" },
	{ "retry-failed", 0, OPT_FLAG, DEPLOY(retry_failed), NULL, WORDS_NONE,
	  "only targets whose last deploy did not succeed" },
	{ "repair", 0, OPT_FLAG, DEPLOY(repair), NULL, WORDS_NONE,
	  "trust nothing stored: a new release from fresh copies" },
	{ "again", 0, OPT_FLAG, DEPLOY(again), NULL, WORDS_NONE, "deploy a build that was rolled back (else it is held)" },
	{ "allow-removals", 0, OPT_FLAG, DEPLOY(allow_removals), NULL, WORDS_NONE,
	  "go on although most files or an entry page vanish" },
	{ "build-first", 0, OPT_FLAG, DEPLOY(build_first), NULL, WORDS_NONE,
	  "run the builds' commands before reading them" },
	{ "no-cache", 0, OPT_FLAG, DEPLOY(no_cache), NULL, WORDS_NONE, "read every file again" },
	{ "lock-timeout", 0, OPT_DURATION, DEPLOY(lock_timeout_ms), "TIME", WORDS_NONE,
	  "wait this long for held locks; default: not at all" },
	{ "skip-locked", 0, OPT_FLAG, DEPLOY(skip_locked), NULL, WORDS_NONE, "leave out targets that are locked" },
};

struct deploy_options deploy_options_of(const struct deploy_opts *o)
{
	return (struct deploy_options){
		.dist = o->dist.items, .dist_count = o->dist.count,
		.build_first = o->build_first, .repair = o->repair, .again = o->again, .retry_failed = o->retry_failed,
		.skip_locked = o->skip_locked, .allow_removals = o->allow_removals, .compare_content = o->compare_content,
		.lock_timeout_ms = o->lock_timeout_ms,
	};
}

int deploy_channel(struct invocation *in, struct fail *f)
{
	const struct deploy_opts *o = in->opts;
	if (o->expires && !o->channel)
		return fail_set(f, FAIL_USAGE, "--expires goes with --channel");
	if (o->expires && channel_expires(&in->context.channel_ttl_s, o->expires, f) < 0)
		return -1;
	return channel_take(in, o->channel, f);
}

bool deploy_no_cache(const void *opts)
{
	const struct deploy_opts *o = opts;
	return o->no_cache;
}

/* The plan on stderr, so that the question has something to stand on. */
static int show_plan(struct invocation *in, struct fail *f)
{
	if (plan_make(in, f) < 0)
		return -1;
	const struct plan_report *plan = in->report;
	struct page page = { .text = STRBUF_INIT, .term = in->console.term, .mem = &in->mem, .now_s = in->context.now_s };
	int any = 0;
	for (size_t i = 0; i < plan->outcome.row_count; i++)
		any |= plan->outcome.rows[i]->result == RESULT_NONE;
	plan_text(in, &page);
	strbuf_setlen(&page.text, page.text.len > 0 ? page.text.len - 1 : 0);
	console_rest(&in->console);
	if (any)
		console_say(&in->console, STYLE_NONE, "%s", page.text.buf);
	strbuf_clear(&page.text);
	in->report = NULL;
	in->outcome = &in->outcome_without;
	return any;
}

static int deploy_cmd_run(struct invocation *in, struct fail *f)
{
	const struct deploy_opts *o = in->opts;
	const struct deploy_options options = deploy_options_of(o);
	const char *what = "deploy to";
	in->context.message = o->message && o->message[0] ? o->message : NULL;
	if (o->dry_run)
		return plan_make(in, f);
	if (deploy_channel(in, f) < 0)
		return -1;
	if (in->context.channel)
		what = arena_printf(&in->mem, "deploy to channel %s of", in->context.channel);
	if (approve(in, what, show_plan, f) < 0)
		return -1;
	struct deploy_report *report = arena_alloc(&in->mem, sizeof(*report));
	in->report = report;
	in->outcome = &report->outcome;
	return deploy_run(&in->context, &options, report);
}

static bool dry(const struct invocation *in)
{
	const struct deploy_opts *o = in->opts;
	return o->dry_run;
}

/* Where the channel is seen: nobody can guess it. */
static void previews(struct page *page, const struct outcome *o)
{
	static const char *const headings[] = { "", "" };
	struct grid t;
	grid_init(&t, page->mem, "ll", headings);
	for (size_t i = 0; i < o->row_count; i++) {
		const struct row *r = o->rows[i];
		if (!r->url || (r->result != RESULT_DEPLOYED && r->result != RESULT_UNCHANGED))
			continue;
		grid_name(&t, STYLE_STRONG, r->place);
		grid_name(&t, STYLE_NONE, r->url);
	}
	grid_print(&t, &page->text, page->term.color, 0);
	grid_clear(&t);
}

static void deploy_text(struct invocation *in, struct page *page)
{
	if (dry(in))
		plan_text(in, page);
	else
		summary_text(page, in->outcome);
	if (!dry(in) && in->context.channel)
		previews(page, in->outcome);
}

static void deploy_json(struct invocation *in, struct jw *w)
{
	jw_kbool(w, "dry_run", dry(in));
	if (dry(in))
		plan_json(in, w);
}

static void deploy_json_place(struct invocation *in, struct jw *w, size_t i)
{
	if (dry(in))
		plan_json_place(in, w, i);
}

const struct cmd_verb cmd_deploy = {
	.run = deploy_cmd_run, .text = deploy_text, .json = deploy_json, .json_place = deploy_json_place,
	.no_cache = deploy_no_cache,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct deploy_opts),
	.usage = "deploy [TARGET...] [options]",
	.about = "Reads the build once, compares it with what each target serves, sends what is\n"
	         "missing to all of them at once and switches each in one step. A target that\n"
	         "fails keeps serving its old release and stops no other. Running the same\n"
	         "command again finishes what is left; rollback takes it back.\n\n"
	         "  slipway deploy                          every target of the environment\n"
	         "  slipway deploy jarupa 'west-*' -n       what would happen to some\n"
	         "  slipway deploy -e production -t kiosk -m 'new menu' -y",
};
