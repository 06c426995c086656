#include <string.h>

#include "cmd/format.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/commands.h"

struct prune_opts { int keep; bool dry_run, foreign, skip_locked; int64_t lock_timeout_ms; };
#define PRUNE(field) offsetof(struct prune_opts, field)
static const struct opt_row rows[] = {
	{ "keep", 0, OPT_NUMBER, PRUNE(keep), "N", WORDS_NONE, "keep the newest N; default: the targets' own \"keep\"" },
	{ "dry-run", 'n', OPT_FLAG, PRUNE(dry_run), NULL, WORDS_NONE, "show what would be removed" },
	{ "foreign", 0, OPT_FLAG, PRUNE(foreign), NULL, WORDS_NONE, "also releases that slipway did not make" },
	{ "lock-timeout", 0, OPT_DURATION, PRUNE(lock_timeout_ms), "TIME", WORDS_NONE,
	  "wait this long for held locks; default: not at all" },
	{ "skip-locked", 0, OPT_FLAG, PRUNE(skip_locked), NULL, WORDS_NONE, "leave out targets that are locked" },
};

static void prune_defaults(void *opts)
{
	struct prune_opts *o = opts;
	o->keep = -1;
}

static int prune_cmd_run(struct invocation *in, struct fail *f)
{
	const struct prune_opts *o = in->opts;
	const struct prune_options options = { .keep = o->keep, .dry_run = o->dry_run, .foreign = o->foreign,
	                                       .lock_timeout_ms = o->lock_timeout_ms, .skip_locked = o->skip_locked };
	struct prune_report *report = arena_alloc(&in->mem, sizeof(*report));
	(void)f;
	in->report = report;
	in->outcome = &report->outcome;
	return prune_run(&in->context, &options, report);
}

static void prune_text(struct invocation *in, struct page *page)
{
	const struct prune_opts *o = in->opts;
	const struct prune_report *report = in->report;
	size_t dropped = 0;
	uint64_t freed = 0;
	if (!report || !report->places)
		return;
	for (size_t i = 0; i < report->outcome.row_count; i++) {
		const struct prune_row *p = &report->places[i];
		dropped += p->count;
		freed += p->freed_bytes;
		if (p->count == 0 || page->quiet)
			continue;
		strbuf_addf(&page->text, "%s ", o->dry_run ? "would remove" : "removed");
		format_plural(&page->text, p->count, "release", "releases");
		strbuf_addstr(&page->text, " of ");
		format_name(&page->text, p->row->place);
		strbuf_addstr(&page->text, "\n    ");
		page_words(page, p->dropped, p->count, 4, 4, page->verbose ? 0 : 3);
		strbuf_addch(&page->text, '\n');
	}
	summary_failures(page, &report->outcome);
	format_plural(&page->text, report->outcome.row_count, "target", "targets");
	strbuf_addstr(&page->text, ": ");
	format_plural(&page->text, dropped, "release", "releases");
	strbuf_addstr(&page->text, o->dry_run ? " to remove" : " removed");
	if (freed > 0) {
		strbuf_addstr(&page->text, page_dot(page));
		format_bytes(&page->text, freed);
		strbuf_addstr(&page->text, " freed");
	}
	strbuf_addch(&page->text, '\n');
}

static void prune_json(struct invocation *in, struct jw *w)
{
	const struct prune_opts *o = in->opts;
	jw_kbool(w, "dry_run", o->dry_run);
}

static void prune_json_place(struct invocation *in, struct jw *w, size_t i)
{
	const struct prune_report *report = in->report;
	const struct prune_row *p = report->places ? &report->places[i] : NULL;
	jw_key(w, "dropped");
	jw_array(w);
	for (size_t k = 0; p && k < p->count; k++)
		jw_str(w, p->dropped[k]);
	jw_end(w);
	jw_kint(w, "freed_bytes", p ? (int64_t)p->freed_bytes : 0);
}

const struct cmd_verb cmd_prune = {
	.run = prune_cmd_run, .text = prune_text, .json = prune_json, .json_place = prune_json_place,
	.defaults = prune_defaults,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct prune_opts),
	.usage = "prune [TARGET...] [options]",
	.about = "Removes releases beyond what each target keeps. Never the live release, its\n"
	         "parent, a pinned one, or (without --foreign) one that slipway did not make.\n"
	         "Works on a full disk.",
};
