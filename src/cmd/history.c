#include <string.h>

#include "cmd/format.h"
#include "cmd/grid.h"
#include "cmd/result.h"
#include "cmd/verbs.h"
#include "deploy/commands.h"

struct history_opts { int64_t since_s, until_s; const char *result; int limit; };
#define HISTORY(field) offsetof(struct history_opts, field)
static const struct opt_row rows[] = {
	{ "limit", 0, OPT_NUMBER, HISTORY(limit), "N", WORDS_NONE, "at most N lines, the newest; default 50, 0 = all" },
	{ "since", 0, OPT_TIME, HISTORY(since_s), "TIME", WORDS_NONE, "not older than this: 2026-11-23 09:05, or 2d" },
	{ "until", 0, OPT_TIME, HISTORY(until_s), "TIME", WORDS_NONE, "not newer than this" },
	{ "result", 0, OPT_STRING, HISTORY(result), "RESULT", WORDS_NONE, "only this result: deployed, failed, ..." },
};

static void history_defaults(void *opts)
{
	struct history_opts *o = opts;
	*o = (struct history_opts){ .since_s = -1, .until_s = -1, .limit = 50 };
}

static int history_cmd_run(struct invocation *in, struct fail *f)
{
	const struct history_opts *o = in->opts;
	const struct history_options options = { .since_s = o->since_s, .until_s = o->until_s, .result = o->result,
	                                         .limit = (size_t)o->limit };
	struct history_report *report = arena_alloc(&in->mem, sizeof(*report));
	(void)f;
	in->report = report;
	in->outcome = &report->outcome;
	return history_run(&in->context, &options, report);
}

static void history_row(struct grid *t, const struct history_item *h, int64_t now_s)
{
	struct strbuf age = STRBUF_INIT;
	bool fine = !h->result || strcmp(h->result, "deployed") == 0 || strcmp(h->result, "unchanged") == 0;
	format_age(&age, h->at_s, now_s);
	grid_add(t, STYLE_NONE, age.buf);
	grid_name(t, STYLE_STRONG, h->place ? h->place : h->target);
	grid_name(t, STYLE_NONE, h->action ? h->action : "");
	grid_name(t, fine ? STYLE_GOOD : STYLE_BAD, h->result ? h->result : "");
	grid_name(t, STYLE_NONE, h->release ? h->release : "");
	grid_name(t, STYLE_NONE, h->by ? h->by : "");
	grid_name(t, STYLE_DIM, h->source ? h->source : "");
	grid_name(t, STYLE_DIM, h->error ? h->error : h->message ? h->message : "");
	strbuf_clear(&age);
}

static void history_text(struct invocation *in, struct page *page)
{
	static const char *const headings[] = { "when", "target", "action", "result", "release", "by", "source", "" };
	static const char *const none[] = { "", "", "", "", "", "", "", "" };
	const struct history_report *report = in->report;
	struct grid t;
	if (!report)
		return;
	grid_init(&t, page->mem, "llllllll", page->quiet ? none : headings);
	for (size_t i = 0; i < report->count; i++)
		history_row(&t, &report->items[i], page->now_s);
	grid_print(&t, &page->text, page->term.color, 0);
	grid_clear(&t);
	if (report->count == 0 && !page->quiet)
		strbuf_addstr(&page->text, "nothing is recorded\n");
}

static void history_json(struct invocation *in, struct jw *w)
{
	const struct history_report *report = in->report;
	jw_key(w, "history");
	jw_array(w);
	for (size_t i = 0; report && i < report->count; i++) {
		const struct history_item *h = &report->items[i];
		jw_object(w);
		result_time(w, "at", h->at_s);
		jw_kstr(w, "target", h->target);
		jw_kstr(w, "place", h->place);
		jw_kstr(w, "action", h->action);
		jw_kstr(w, "result", h->result);
		jw_kstr(w, "release", h->release);
		jw_kstr(w, "from", h->from);
		jw_kstr(w, "by", h->by);
		jw_kstr(w, "message", h->message);
		jw_kstr(w, "source", h->source);
		jw_kstr(w, "commit", h->commit);
		jw_kstr(w, "ci", h->ci);
		jw_kstr(w, "error", h->error);
		jw_end(w);
	}
	jw_end(w);
}

const struct cmd_verb cmd_history = {
	.run = history_cmd_run, .text = history_text, .json = history_json, .defaults = history_defaults,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct history_opts),
	.usage = "history [TARGET...] [options]",
	.about = "Who did what, when, with what result, newest first: the local ledger and the\n"
	         "switch logs on the hosts, merged. source says which of them knows.",
};
