#include <string.h>

#include "cmd/channel.h"
#include "cmd/format.h"
#include "cmd/grid.h"
#include "cmd/result.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/commands.h"

struct status_opts { bool deep, exit_code; const char *channel; };
#define STATUS(field) offsetof(struct status_opts, field)
static const struct opt_row rows[] = {
	{ "deep", 0, OPT_FLAG, STATUS(deep), NULL, WORDS_NONE, "hash everything instead of looking at pointer and header" },
	CHANNEL_ROW(STATUS(channel)),
	{ "exit-code", 0, OPT_FLAG, STATUS(exit_code), NULL, WORDS_NONE, "exit 1 when a target is not as recorded" },
};

static int status_cmd_run(struct invocation *in, struct fail *f)
{
	const struct status_opts *o = in->opts;
	const struct status_options options = { .deep = o->deep };
	if (channel_take(in, o->channel, f) < 0)
		return -1;
	struct status_report *report = arena_alloc(&in->mem, sizeof(*report));
	in->report = report;
	in->outcome = &report->outcome;
	if (status_run(&in->context, &options, report) < 0)
		return -1;
	bool off = false;
	for (size_t i = 0; i < report->outcome.row_count; i++)
		off |= report->places[i].health != PLACE_LIVE;
	report->outcome.difference = o->exit_code && off;
	return 0;
}

static enum style health_style(enum place_health h)
{
	switch (h) {
	case PLACE_LIVE:
		return STYLE_GOOD;
	case PLACE_EMPTY:
		return STYLE_DIM;
	case PLACE_BEHIND:
		return STYLE_WARN;
	case PLACE_DRIFTED:
	case PLACE_UNREACHABLE:
		break;
	}
	return STYLE_BAD;
}

static void status_row(struct grid *t, const struct status_row *s, int64_t now_s)
{
	struct strbuf age = STRBUF_INIT;
	const struct release_header *h = s->header;
	if (h && h->created_s > 0)
		format_age(&age, h->created_s, now_s);
	grid_name(t, STYLE_STRONG, s->row->place);
	grid_add(t, health_style(s->health), place_health_name(s->health));
	grid_name(t, STYLE_NONE, s->row->live);
	grid_add(t, STYLE_NONE, age.buf);
	grid_name(t, STYLE_NONE, h && h->by ? h->by : "");
	const char *note = s->note && s->row->fail.kind == FAIL_NONE ? s->note : h && h->message ? h->message : "";
	grid_name(t, STYLE_DIM, note);
	strbuf_clear(&age);
}

static void status_text(struct invocation *in, struct page *page)
{
	static const char *const headings[] = { "target", "state", "live release", "age", "by", "" };
	static const char *const none[] = { "", "", "", "", "", "" };
	const struct status_report *report = in->report;
	struct grid t;
	if (!report || !report->places)
		return;
	grid_init(&t, page->mem, "llllll", page->quiet ? none : headings);
	for (size_t i = 0; i < report->outcome.row_count; i++)
		status_row(&t, &report->places[i], page->now_s);
	grid_print(&t, &page->text, page->term.color, 0);
	grid_clear(&t);
	if (!page->quiet)
		summary_failures(page, &report->outcome);
}

static void status_json_place(struct invocation *in, struct jw *w, size_t i)
{
	const struct status_report *report = in->report;
	if (!report->places)
		return;
	const struct status_row *s = &report->places[i];
	const struct release_header *h = s->header;
	jw_kstr(w, "health", place_health_name(s->health));
	jw_kstr(w, "wanted", s->wanted);
	jw_kstr(w, "note", s->note);
	result_time(w, "created", h ? h->created_s : 0);
	jw_kstr(w, "by", h ? h->by : NULL);
	jw_kstr(w, "commit", h ? h->commit : NULL);
	jw_kstr(w, "message", h ? h->message : NULL);
}

const struct cmd_verb cmd_status = {
	.run = status_cmd_run, .text = status_text, .json_place = status_json_place,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct status_opts),
	.usage = "status [TARGET...] [options]",
	.about = "What each target serves now: live (as recorded), drifted (the content was\n"
	         "changed or somebody else switched), behind (an earlier release than the last\n"
	         "one deployed), empty, unreachable. Cheap: it reads a pointer and a header.",
};
