#include <string.h>

#include "cmd/channel.h"
#include "cmd/format.h"
#include "cmd/grid.h"
#include "cmd/result.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/commands.h"

struct releases_opts { const char *pin, *unpin, *channel; };
#define RELEASES(field) offsetof(struct releases_opts, field)
static const struct opt_row rows[] = {
	{ "pin", 0, OPT_STRING, RELEASES(pin), "ID", WORDS_NONE, "keep this release whatever prune would do" },
	{ "unpin", 0, OPT_STRING, RELEASES(unpin), "ID", WORDS_NONE, "let prune have it again" },
	CHANNEL_ROW(RELEASES(channel)),
};

static int releases_cmd_run(struct invocation *in, struct fail *f)
{
	const struct releases_opts *o = in->opts;
	const struct releases_options options = { .pin = o->pin, .unpin = o->unpin };
	if (o->pin && o->unpin)
		return fail_set(f, FAIL_USAGE, "--pin and --unpin exclude each other");
	if (channel_take(in, o->channel, f) < 0)
		return -1;
	struct releases_report *report = arena_alloc(&in->mem, sizeof(*report));
	in->report = report;
	in->outcome = &report->outcome;
	return releases_run(&in->context, &options, report);
}

/* "live", "bad, pinned", "foreign" */
static void marks(struct strbuf *out, const struct release_info *r)
{
	const struct { bool set; const char *word; } all[] = {
		{ r->live, "live" }, { r->bad, "bad" }, { r->pinned, "pinned" }, { r->header.foreign, "foreign" },
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].set)
			strbuf_addf(out, "%s%s", out->len > 0 ? ", " : "", all[i].word);
}

static void release_row(struct grid *t, const struct release_info *r, int64_t now_s)
{
	struct strbuf text = STRBUF_INIT;
	const struct release_header *h = &r->header;
	const char *why = r->bad && r->bad_record && r->bad_record->reason ? r->bad_record->reason : h->message;
	grid_name(t, r->live ? STYLE_STRONG : STYLE_NONE, h->id);
	marks(&text, r);
	grid_add(t, r->bad ? STYLE_BAD : r->live ? STYLE_GOOD : STYLE_DIM, text.buf);
	strbuf_setlen(&text, 0);
	if (h->created_s > 0)
		format_age(&text, h->created_s, now_s);
	grid_add(t, STYLE_NONE, text.buf);
	strbuf_setlen(&text, 0);
	if (h->files > 0)
		format_count(&text, h->files);
	grid_add(t, STYLE_NONE, text.buf);
	strbuf_setlen(&text, 0);
	if (h->files > 0)
		format_bytes(&text, h->bytes);
	grid_add(t, STYLE_NONE, text.buf);
	grid_name(t, STYLE_NONE, h->by ? h->by : "");
	grid_name(t, STYLE_DIM, why ? why : "");
	strbuf_clear(&text);
}

static void place_text(struct page *page, const struct releases_row *place)
{
	static const char *const headings[] = { "", "", "", "files", "size", "by", "" };
	const struct release_list *list = place->list;
	struct grid t;
	if (!list)
		return;
	if (page->quiet) {
		for (size_t i = 0; i < list->count; i++) {
			format_name(&page->text, place->row->place);
			strbuf_addch(&page->text, ' ');
			format_name(&page->text, list->items[i].header.id);
			strbuf_addch(&page->text, '\n');
		}
		return;
	}
	style_begin(&page->text, page->term.color, STYLE_STRONG);
	format_name(&page->text, place->row->place);
	style_end(&page->text, page->term.color, STYLE_STRONG);
	if (place->row->where) {
		strbuf_addstr(&page->text, "  ");
		format_name(&page->text, place->row->where);
	}
	strbuf_addstr(&page->text, list->count == 0 ? ": no releases\n" : "\n");
	grid_init(&t, page->mem, "lllrrll", headings);
	for (size_t i = 0; i < list->count; i++)
		release_row(&t, &list->items[i], page->now_s);
	grid_print(&t, &page->text, page->term.color, 2);
	grid_clear(&t);
}

static void releases_text(struct invocation *in, struct page *page)
{
	const struct releases_report *report = in->report;
	if (!report || !report->places)
		return;
	for (size_t i = 0; i < report->outcome.row_count; i++)
		place_text(page, &report->places[i]);
	summary_failures(page, &report->outcome);
}

static void release_json(struct jw *w, const struct release_info *r)
{
	const struct release_header *h = &r->header;
	jw_object(w);
	jw_kstr(w, "id", h->id);
	jw_kstr(w, "parent", h->parent);
	result_time(w, "created", h->created_s);
	jw_kbool(w, "live", r->live);
	jw_kbool(w, "bad", r->bad);
	jw_kstr(w, "bad_reason", r->bad_record ? r->bad_record->reason : NULL);
	jw_kbool(w, "pinned", r->pinned);
	jw_kbool(w, "foreign", h->foreign);
	result_digest(w, "tree", h->tree);
	result_digest(w, "build", h->build);
	jw_kint(w, "files", (int64_t)h->files);
	jw_kint(w, "bytes", (int64_t)h->bytes);
	jw_kstr(w, "message", h->message);
	jw_kstr(w, "by", h->by);
	jw_kstr(w, "commit", h->commit);
	jw_end(w);
}

static void releases_json_place(struct invocation *in, struct jw *w, size_t i)
{
	const struct releases_report *report = in->report;
	jw_key(w, "releases");
	jw_array(w);
	const struct release_list *list = report->places ? report->places[i].list : NULL;
	for (size_t k = 0; list && k < list->count; k++)
		release_json(w, &list->items[k]);
	jw_end(w);
}

const struct cmd_verb cmd_releases = {
	.run = releases_cmd_run, .text = releases_text, .json_place = releases_json_place,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct releases_opts),
	.usage = "releases [TARGET...] [options]",
	.about = "Every release a target holds, newest first. live: served now; bad: a rollback\n"
	         "left it; pinned: never pruned; foreign: not made by slipway.",
};
