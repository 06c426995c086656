#include <string.h>

#include "cmd/grid.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/channel.h"
#include "deploy/commands.h"

struct channel_delete_opts { const char *channel; };

/* The first word is the channel; the rest are TARGETs. */
static int channel_delete_words(struct invocation *in, struct fail *f)
{
	struct channel_delete_opts *o = in->opts;
	if (in->words.count == 0) {
		fail_set(f, FAIL_USAGE, "channel-delete needs a CHANNEL");
		return fail_hint(f, "slipway channels lists them");
	}
	if (channel_name(&o->channel, in->words.items[0], &in->mem, f) < 0)
		return -1;
	in->words.count--;
	memmove(in->words.items, in->words.items + 1, in->words.count * sizeof(*in->words.items));
	return 0;
}

static int channel_delete_cmd_run(struct invocation *in, struct fail *f)
{
	const struct channel_delete_opts *o = in->opts;
	struct channel_delete_report *report = arena_alloc(&in->mem, sizeof(*report));
	(void)f;
	in->report = report;
	in->outcome = &report->outcome;
	return channel_delete_run(&in->context, o->channel, report);
}

static void channel_delete_text(struct invocation *in, struct page *page)
{
	static const char *const headings[] = { "", "" };
	const struct channel_delete_report *report = in->report;
	struct grid t;
	if (!report || !report->places)
		return;
	grid_init(&t, page->mem, "ll", headings);
	for (size_t i = 0; i < report->outcome.row_count; i++) {
		const struct channel_delete_row *d = &report->places[i];
		if (!d->deleted && d->row->result != RESULT_UNCHANGED)
			continue;
		grid_name(&t, STYLE_STRONG, d->row->place);
		grid_add(&t, d->deleted ? STYLE_GOOD : STYLE_DIM, d->deleted ? "deleted" : "had none");
	}
	if (!page->quiet)
		grid_print(&t, &page->text, page->term.color, 0);
	grid_clear(&t);
	summary_failures(page, &report->outcome);
}

static void channel_delete_json(struct invocation *in, struct jw *w)
{
	const struct channel_delete_opts *o = in->opts;
	jw_kstr(w, "channel", o ? o->channel : NULL);
}

static void channel_delete_json_place(struct invocation *in, struct jw *w, size_t i)
{
	const struct channel_delete_report *report = in->report;
	jw_kbool(w, "deleted", report->places && report->places[i].deleted);
}

const struct cmd_verb cmd_channel_delete = {
	.run = channel_delete_cmd_run, .text = channel_delete_text, .json = channel_delete_json,
	.json_place = channel_delete_json_place, .words = channel_delete_words,
	.opts_size = sizeof(struct channel_delete_opts),
	.usage = "channel-delete CHANNEL [TARGET...] [options]",
	.about = "Deletes a preview channel, and with it what it serves; asks first unless -y.\n"
	         "A target without it is left as it is. What visitors see is never touched.",
};
