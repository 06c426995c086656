#include <inttypes.h>
#include <string.h>

#include "cmd/format.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/commands.h"

struct adopt_opts { bool dry_run; const char *from; };
#define ADOPT(field) offsetof(struct adopt_opts, field)
static const struct opt_row rows[] = {
	{ "dry-run", 'n', OPT_FLAG, ADOPT(dry_run), NULL, WORDS_NONE, "show the steps and change nothing" },
	{ "from", 0, OPT_STRING, ADOPT(from), "DIR", WORDS_DIR, "today's directory; default: the target's document root" },
};

static int adopt_cmd_run(struct invocation *in, struct fail *f)
{
	const struct adopt_opts *o = in->opts;
	const struct adopt_options options = { .dry_run = o->dry_run, .from = o->from };
	struct adopt_run_report *report = arena_alloc(&in->mem, sizeof(*report));
	(void)f;
	in->report = report;
	in->outcome = &report->outcome;
	return adopt_run(&in->context, &options, report);
}

static void place_text(struct page *page, const struct adopt_row *a, bool dry)
{
	const struct adopt_report *r = a->report;
	struct strbuf *out = &page->text;
	if (!r || a->row->fail.kind != FAIL_NONE)
		return;
	style_begin(out, page->term.color, STYLE_STRONG);
	format_name(out, a->row->place);
	style_end(out, page->term.color, STYLE_STRONG);
	strbuf_addstr(out, dry ? ": would adopt " : ": adopted ");
	format_plural(out, r->files, "file", "files");
	strbuf_addstr(out, ", ");
	format_bytes(out, r->bytes);
	if (a->row->release) {
		strbuf_addstr(out, " as ");
		format_name(out, a->row->release);
	}
	strbuf_addch(out, '\n');
	for (const char *line = r->steps; line && *line && !page->quiet;) {
		size_t len = strcspn(line, "\n");
		strbuf_addstr(out, "    ");
		strbuf_addescaped(out, line, len);
		strbuf_addch(out, '\n');
		line += len + (line[len] == '\n');
	}
	if (r->gap_us > 0)
		strbuf_addf(out, "    %s gap of %" PRId64 " us in which nothing was served\n", dry ? "about a" : "a",
		            r->gap_us);
}

static void adopt_text(struct invocation *in, struct page *page)
{
	const struct adopt_opts *o = in->opts;
	const struct adopt_run_report *report = in->report;
	if (!report || !report->places)
		return;
	for (size_t i = 0; i < report->outcome.row_count; i++)
		place_text(page, &report->places[i], o->dry_run);
	summary_failures(page, &report->outcome);
}

static void adopt_json(struct invocation *in, struct jw *w)
{
	const struct adopt_opts *o = in->opts;
	jw_kbool(w, "dry_run", o->dry_run);
}

static void adopt_json_place(struct invocation *in, struct jw *w, size_t i)
{
	const struct adopt_run_report *report = in->report;
	const struct adopt_report *r = report->places ? report->places[i].report : NULL;
	jw_kint(w, "files", r ? (int64_t)r->files : 0);
	jw_kint(w, "bytes", r ? (int64_t)r->bytes : 0);
	jw_kbool(w, "needs_gap", r && r->needs_gap);
	jw_kint(w, "gap_us", r ? r->gap_us : 0);
	jw_kstr(w, "steps", r ? r->steps : NULL);
}

const struct cmd_verb cmd_adopt = {
	.run = adopt_cmd_run, .text = adopt_text, .json = adopt_json, .json_place = adopt_json_place,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct adopt_opts),
	.usage = "adopt TARGET... [options]",
	.about = "Where the document root is a real directory, slipway cannot switch it. adopt\n"
	         "keeps that directory as a foreign release and puts the link in its place: in\n"
	         "one step where the kernel can, else it says how long the gap is and asks.",
};
