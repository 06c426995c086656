#include <string.h>

#include "cmd/channel.h"
#include "cmd/format.h"
#include "cmd/grid.h"
#include "cmd/result.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/commands.h"

struct unlock_opts { bool force; const char *channel; };
#define UNLOCK(field) offsetof(struct unlock_opts, field)
static const struct opt_row rows[] = {
	{ "force", 0, OPT_FLAG, UNLOCK(force), NULL, WORDS_NONE,
	  "free a live lock too: its holder stops before its next change" },
	CHANNEL_ROW(UNLOCK(channel)),
};

static int unlock_cmd_run(struct invocation *in, struct fail *f)
{
	const struct unlock_opts *o = in->opts;
	const struct unlock_options options = { .force = o->force };
	if (channel_take(in, o->channel, f) < 0)
		return -1;
	struct unlock_report *report = arena_alloc(&in->mem, sizeof(*report));
	in->report = report;
	in->outcome = &report->outcome;
	return unlock_run(&in->context, &options, report);
}

static bool held(const struct unlock_row *u)
{
	return u->holder && u->holder->token;
}

static void unlock_text(struct invocation *in, struct page *page)
{
	static const char *const headings[] = { "", "", "", "", "" };
	const struct unlock_report *report = in->report;
	struct grid t;
	if (!report || !report->places)
		return;
	grid_init(&t, page->mem, "lllll", headings);
	for (size_t i = 0; i < report->outcome.row_count; i++) {
		const struct unlock_row *u = &report->places[i];
		struct strbuf since = STRBUF_INIT;
		grid_name(&t, STYLE_STRONG, u->row->place);
		grid_add(&t, u->freed ? STYLE_GOOD : held(u) ? STYLE_WARN : STYLE_DIM,
		          u->freed ? "freed" : held(u) ? "held" : "not locked");
		if (held(u))
			format_age(&since, u->holder->since_s, u->holder->now_s);
		grid_name(&t, STYLE_NONE, held(u) ? u->holder->by : "");
		grid_name(&t, STYLE_NONE, held(u) ? u->holder->where : "");
		grid_addf(&t, STYLE_DIM, "%s%s%s", held(u) && u->holder->command ? u->holder->command : "",
		           held(u) ? " since " : "", since.buf);
		strbuf_clear(&since);
	}
	grid_print(&t, &page->text, page->term.color, 0);
	grid_clear(&t);
	summary_failures(page, &report->outcome);
}

static void unlock_json_place(struct invocation *in, struct jw *w, size_t i)
{
	const struct unlock_report *report = in->report;
	const struct unlock_row *u = report->places ? &report->places[i] : NULL;
	jw_kbool(w, "freed", u && u->freed);
	jw_key(w, "holder");
	if (!u || !held(u)) {
		jw_null(w);
		return;
	}
	jw_object(w);
	jw_kstr(w, "by", u->holder->by);
	jw_kstr(w, "where", u->holder->where);
	jw_kstr(w, "command", u->holder->command);
	result_time(w, "since", u->holder->since_s);
	result_time(w, "expires", u->holder->expires_s);
	jw_end(w);
}

const struct cmd_verb cmd_unlock = {
	.run = unlock_cmd_run, .text = unlock_text, .json_place = unlock_json_place,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct unlock_opts),
	.usage = "unlock TARGET... [options]",
	.about = "Shows who holds the lock of each TARGET and frees it when its lease has run\n"
	         "out. --force frees a live one: its holder loses before it changes anything\n"
	         "more.",
};
