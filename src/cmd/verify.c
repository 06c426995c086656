#include <string.h>

#include "cmd/channel.h"
#include "cmd/format.h"
#include "cmd/grid.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/commands.h"

#define LISTED_FINDINGS 20

struct verify_opts { const char *release, *channel; bool served; };
#define VERIFY(field) offsetof(struct verify_opts, field)
static const struct opt_row rows[] = {
	{ "release", 0, OPT_STRING, VERIFY(release), "ID", WORDS_NONE, "this release instead of the live one" },
	{ "served", 0, OPT_FLAG, VERIFY(served), NULL, WORDS_NONE,
	  "fetch each file over HTTP, as visitors do, and compare that" },
	CHANNEL_ROW(VERIFY(channel)),
};

static int verify_cmd_run(struct invocation *in, struct fail *f)
{
	const struct verify_opts *o = in->opts;
	const struct verify_options options = { .release = o->release, .served = o->served };
	if (channel_take(in, o->channel, f) < 0)
		return -1;
	struct verify_run_report *report = arena_alloc(&in->mem, sizeof(*report));
	in->report = report;
	in->outcome = &report->outcome;
	return verify_run(&in->context, &options, report);
}

static void verify_row(struct grid *t, const struct verify_row *v)
{
	struct strbuf text = STRBUF_INIT;
	const struct verify_report *r = v->report;
	grid_name(t, STYLE_STRONG, v->row->place);
	if (!r) {
		grid_add(t, result_style(v->row->result), v->row->result ? result_name(v->row->result) : "not read");
	} else if (r->count == 0) {
		grid_add(t, STYLE_GOOD, "intact");
	} else {
		format_plural(&text, r->count, "finding", "findings");
		grid_add(t, STYLE_BAD, text.buf);
	}
	grid_name(t, STYLE_NONE, r ? r->id : "");
	strbuf_setlen(&text, 0);
	if (r) {
		format_plural(&text, r->files, "file", "files");
		strbuf_addstr(&text, ", ");
		format_bytes(&text, r->bytes);
	}
	grid_add(t, STYLE_NONE, text.buf);
	strbuf_clear(&text);
}

static void findings(struct page *page, const struct verify_row *v)
{
	const struct verify_report *r = v->report;
	for (size_t i = 0; r && i < r->count; i++) {
		if (i == LISTED_FINDINGS && !page->verbose) {
			strbuf_addf(&page->text, "    +%zu more (-v lists them)\n", r->count - i);
			return;
		}
		if (i == 0) {
			format_name(&page->text, v->row->place);
			strbuf_addch(&page->text, '\n');
		}
		strbuf_addstr(&page->text, "    ");
		style_text(&page->text, page->term.color, STYLE_BAD, r->findings[i].what);
		strbuf_addstr(&page->text, ": ");
		format_name(&page->text, r->findings[i].path);
		strbuf_addch(&page->text, '\n');
	}
}

static void verify_text(struct invocation *in, struct page *page)
{
	static const char *const headings[] = { "", "", "", "" };
	const struct verify_opts *o = in->opts;
	const struct verify_run_report *report = in->report;
	struct grid t;
	size_t bad = 0;
	if (!report || !report->places)
		return;
	grid_init(&t, page->mem, "llll", headings);
	for (size_t i = 0; i < report->outcome.row_count; i++)
		verify_row(&t, &report->places[i]);
	if (!page->quiet)
		grid_print(&t, &page->text, page->term.color, 0);
	grid_clear(&t);
	for (size_t i = 0; i < report->outcome.row_count; i++) {
		findings(page, &report->places[i]);
		bad += report->places[i].report && report->places[i].report->count > 0;
	}
	summary_failures(page, &report->outcome);
	if (bad > 0 && !page->quiet)
		strbuf_addstr(&page->text, o->served ? "without --served, verify tells whether what is stored differs too\n"
		                                     : "slipway deploy --repair mends what differs\n");
}

static void verify_json(struct invocation *in, struct jw *w)
{
	const struct verify_opts *o = in->opts;
	jw_kbool(w, "served", o && o->served);
}

static void verify_json_place(struct invocation *in, struct jw *w, size_t i)
{
	const struct verify_run_report *report = in->report;
	const struct verify_report *r = report->places ? report->places[i].report : NULL;
	jw_kstr(w, "verified", r ? r->id : NULL);
	jw_kint(w, "files", r ? (int64_t)r->files : 0);
	jw_kint(w, "bytes", r ? (int64_t)r->bytes : 0);
	jw_key(w, "findings");
	jw_array(w);
	for (size_t k = 0; r && k < r->count; k++) {
		jw_object(w);
		jw_kstr(w, "path", r->findings[k].path);
		jw_kstr(w, "what", r->findings[k].what);
		jw_end(w);
	}
	jw_end(w);
}

const struct cmd_verb cmd_verify = {
	.run = verify_cmd_run, .text = verify_text, .json = verify_json, .json_place = verify_json_place,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct verify_opts),
	.usage = "verify [TARGET...] [options]",
	.about = "Reads every byte of the live release back and compares it with its manifest.\n"
	         "Exit 1 when content differs, is missing, or was added. --served asks where\n"
	         "visitors do instead (the target's \"url\", or its site's): also what lies\n"
	         "between, such as a web server or a cache, is looked through.",
};
