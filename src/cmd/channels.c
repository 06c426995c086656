#include "cmd/format.h"
#include "cmd/grid.h"
#include "cmd/result.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/commands.h"

static int channels_cmd_run(struct invocation *in, struct fail *f)
{
	struct channels_report *report = arena_alloc(&in->mem, sizeof(*report));
	(void)f;
	in->report = report;
	in->outcome = &report->outcome;
	return channels_run(&in->context, report);
}

static void channel_row(struct grid *t, const struct row *row, const struct channel_info *ch, int64_t now_s)
{
	struct strbuf expires = STRBUF_INIT;
	if (ch->expires_s >= 0 && ch->expires_s <= now_s)
		strbuf_addstr(&expires, "expired");
	else if (ch->expires_s >= 0)
		format_age(&expires, ch->expires_s, now_s);
	grid_name(t, STYLE_STRONG, row->place);
	grid_name(t, STYLE_NAME, ch->name);
	grid_name(t, STYLE_NONE, ch->live);
	grid_add(t, STYLE_DIM, ch->expires_s < 0 ? "never" : expires.buf);
	grid_name(t, STYLE_NONE, ch->url ? ch->url : "");
	strbuf_clear(&expires);
}

static void channels_text(struct invocation *in, struct page *page)
{
	static const char *const headings[] = { "target", "channel", "live release", "expires", "url" };
	static const char *const none[] = { "", "", "", "", "" };
	const struct channels_report *report = in->report;
	struct grid t;
	size_t count = 0;
	if (!report || !report->places)
		return;
	grid_init(&t, page->mem, "lllll", page->quiet ? none : headings);
	for (size_t i = 0; i < report->outcome.row_count; i++) {
		const struct channel_list *list = report->places[i].list;
		for (size_t k = 0; list && k < list->count; k++, count++)
			channel_row(&t, report->places[i].row, &list->items[k], page->now_s);
	}
	if (count > 0)
		grid_print(&t, &page->text, page->term.color, 0);
	else if (!page->quiet)
		strbuf_addstr(&page->text, "no channels\n");
	grid_clear(&t);
	summary_failures(page, &report->outcome);
}

static void channels_json_place(struct invocation *in, struct jw *w, size_t i)
{
	const struct channels_report *report = in->report;
	const struct channel_list *list = report->places ? report->places[i].list : NULL;
	jw_key(w, "channels");
	if (!list) {
		jw_null(w);
		return;
	}
	jw_array(w);
	for (size_t k = 0; k < list->count; k++) {
		jw_object(w);
		jw_kstr(w, "name", list->items[k].name);
		jw_kstr(w, "url", list->items[k].url);
		jw_kstr(w, "live", list->items[k].live);
		result_time(w, "expires", list->items[k].expires_s);
		jw_end(w);
	}
	jw_end(w);
}

const struct cmd_verb cmd_channels = {
	.run = channels_cmd_run, .text = channels_text, .json_place = channels_json_place,
	.usage = "channels [TARGET...] [options]",
	.about = "Every channel of each target, where it is seen, what it serves and when it goes\n"
	         "away. \"live\" is what visitors see; deploy --channel makes the others.",
};
