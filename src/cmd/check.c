#include <string.h>

#include "cmd/channel.h"
#include "cmd/format.h"
#include "cmd/grid.h"
#include "cmd/plan_text.h"
#include "cmd/problems_text.h"
#include "cmd/setup.h"
#include "cmd/summary.h"
#include "cmd/verbs.h"
#include "deploy/builds.h"
#include "deploy/commands.h"
#include "target/select.h"

struct check_opts { const char *explain, *channel; bool online; };
#define CHECK(field) offsetof(struct check_opts, field)
static const struct opt_row rows[] = {
	{ "explain", 0, OPT_STRING, CHECK(explain), "TARGET", WORDS_TARGET,
	  "show each value of TARGET and where it came from" },
	{ "online", 0, OPT_FLAG, CHECK(online), NULL, WORDS_NONE,
	  "also look at the places: credentials, rights (by trying), space, link support, clock" },
	CHANNEL_ROW(CHECK(channel)),
};

struct check_result {
	size_t targets, environments;
	const struct target *explained;
	const struct build *build;              /* of the explained target; NULL: not read, and `unread` says why */
	struct fail unread;
	struct check_online_report *online;
};

static bool same_problem(const struct document_problem *a, const struct document_problem *b)
{
	return a->line == b->line && a->column == b->column && a->level == b->level && strcmp(a->file, b->file) == 0 &&
	       strcmp(a->text, b->text) == 0;
}

/* Environments share documents: what is wrong with one is found in each. */
static void take_problems(struct problems *into, const struct problems *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct document_problem *p = &from->items[i];
		bool known = false;
		for (size_t k = 0; k < into->count && !known; k++)
			known = same_problem(&into->items[k], p);
		if (!known)
			problem_add(into, p->level, p->file, p->line, p->column, p->hint, "%s", p->text);
	}
}

static int resolve_one(struct invocation *in, struct check_result *r, const char *environment, struct fail *f)
{
	struct problems found = PROBLEMS_INIT;
	struct target_list list = { NULL, 0 };
	int rc = project_resolve(in->context.project, environment, &list, &found, f);
	take_problems(&in->problems, &found);
	r->targets += list.count;
	r->environments += environment != NULL;
	if (found.errors > 0)
		rc = 0;
	problems_clear(&found);
	return rc;
}

/* Every environment that can be chosen; only the one named with -e if there is one. */
static int resolve_all(struct invocation *in, struct check_result *r, struct fail *f)
{
	size_t count;
	const struct environment *all = project_environments(in->context.project, &count);
	const char *only = in->common.environment;
	if (only && !project_environment(in->context.project, only)) {
		struct env_choice choice;
		return environment_choose(&choice, in->context.project, only, &in->context.mem, f);
	}
	for (size_t i = 0; i < count; i++) {
		if (all[i].abstract || (only && strcmp(only, all[i].name) != 0))
			continue;
		if (resolve_one(in, r, all[i].name, f) < 0)
			return -1;
	}
	return count > 0 ? 0 : resolve_one(in, r, NULL, f);
}

static int find_explained(struct invocation *in, struct check_result *r, const char *name, struct fail *f)
{
	const struct selection s = { .names = &name, .name_count = 1 };
	const struct target **found = NULL;
	size_t count = 0;
	if (select_targets(&found, &count, &in->context.all, &s, &in->context.mem, f) < 0)
		return -1;
	if (count != 1)
		return fail_set(f, FAIL_USAGE, "--explain takes one target; %s means %zu", name, count);
	r->explained = found[0];
	return 0;
}

/* What the rules hide from the explained target's build. A build that is not there yet is no fault of the documents. */
static void read_build(struct invocation *in, struct check_result *r)
{
	struct context *c = &in->context;
	const struct target **selected = c->targets;
	size_t count = c->target_count;
	struct builds *builds = NULL;
	c->targets = &r->explained;
	c->target_count = 1;
	if (builds_new(&builds, c, NULL, 0, &r->unread) == 0 && builds_read(builds, &r->unread) == 0)
		r->build = builds_of(builds, r->explained);
	builds_free(builds);
	c->targets = selected;
	c->target_count = count;
}

static int go_online(struct invocation *in, struct check_result *r, struct fail *f)
{
	if (setup_state(in, f) < 0)
		return -1;
	r->online = arena_alloc(&in->mem, sizeof(*r->online));
	in->outcome = &r->online->outcome;
	return check_online_run(&in->context, r->online);
}

static int check_run(struct invocation *in, struct fail *f)
{
	const struct check_opts *o = in->opts;
	struct check_result *r = arena_alloc(&in->mem, sizeof(*r));
	if (o->channel && !o->online)
		return fail_set(f, FAIL_USAGE, "--channel goes with --online");
	if (channel_take(in, o->channel, f) < 0)
		return -1;
	int loaded = setup_project(in, f);
	if (loaded < 0 && (f->kind != FAIL_CONFIG || in->problems.errors == 0))
		return -1;
	in->report = r;
	if (in->context.project && resolve_all(in, r, f) < 0 && in->problems.errors == 0)
		return -1;
	if (problems_fail(&in->problems, f) < 0)
		return -1;
	if (!o->explain && !o->online)
		return 0;
	size_t known = in->problems.count;
	if (setup_environment(in, f) < 0)
		return -1;
	in->problems.count = known;
	if (setup_engine(in, f) < 0 || (o->explain && find_explained(in, r, o->explain, f) < 0))
		return -1;
	if (r->explained)
		read_build(in, r);
	return o->online ? go_online(in, r, f) : 0;
}

/* What its findings say. */
static bool is_told(const struct check_row *row)
{
	const struct fail *f = &row->row->fail;

	return row->report && row->report->count > 0 && (f->kind == FAIL_NONE || strcmp(f->stage, "check") == 0);
}

/* Places that could not be opened, or not be looked at to the end. */
static void untold_text(struct page *page, const struct check_online_report *report)
{
	struct outcome rest = report->outcome;

	rest.rows = arena_alloc(page->mem, (rest.row_count + 1) * sizeof *rest.rows);
	rest.row_count = 0;
	for (size_t i = 0; i < report->outcome.row_count; i++)
		if (!report->places || !is_told(&report->places[i]))
			rest.rows[rest.row_count++] = report->outcome.rows[i];
	if (rest.row_count > 0)
		summary_failures(page, &rest);
}

static void online_text(struct page *page, const struct check_online_report *report)
{
	for (size_t i = 0; report->places && i < report->outcome.row_count; i++) {
		const struct check_row *row = &report->places[i];
		for (size_t k = 0; row->report && k < row->report->count; k++) {
			const struct check_finding *item = &row->report->items[k];
			if (item->ok && page->quiet)
				continue;
			format_name(&page->text, row->row->place);
			strbuf_addstr(&page->text, ": ");
			style_text(&page->text, page->term.color, item->ok ? STYLE_GOOD : STYLE_BAD, item->ok ? "ok" : "error");
			strbuf_addstr(&page->text, ": ");
			format_name(&page->text, item->what);
			strbuf_addch(&page->text, '\n');
			if (!item->ok && item->hint) {
				strbuf_addstr(&page->text, "    ");
				format_name(&page->text, item->hint);
				strbuf_addch(&page->text, '\n');
			}
		}
	}
	untold_text(page, report);
}

static void hidden_text(struct page *page, const struct check_result *r)
{
	static const char *const headings[] = { "", "", "" };
	struct grid g;
	strbuf_addstr(&page->text, "hidden from the build\n");
	if (!r->build) {
		strbuf_addf(&page->text, "  not known: %s\n", r->unread.text);
		return;
	}
	grid_init(&g, page->mem, "lll", headings);
	for (size_t i = 0; i < r->build->hidden_count; i++) {
		const struct hidden *h = &r->build->hidden[i];
		struct strbuf path = STRBUF_INIT;
		format_name(&path, h->path);
		grid_addf(&g, STYLE_NONE, "%s%s", path.buf, h->is_dir ? "/" : "");
		grid_name(&g, STYLE_NONE, h->rule);
		grid_add(&g, STYLE_DIM, h->builtin ? "built in" : "your rule");
		strbuf_clear(&path);
	}
	if (r->build->hidden_count == 0)
		strbuf_addstr(&page->text, "  nothing\n");
	grid_print(&g, &page->text, page->term.color, 2);
	grid_clear(&g);
}

static void check_text(struct invocation *in, struct page *page)
{
	const struct check_result *r = in->report;
	if (!r)
		return;
	problems_text(page, &in->problems);
	if (r->explained) {
		target_explain(r->explained, &page->text);
		hidden_text(page, r);
	}
	if (r->online)
		online_text(page, r->online);
	if (page->quiet || r->explained)
		return;
	size_t hints = 0, warnings = 0;
	for (size_t i = 0; i < in->problems.count; i++) {
		hints += in->problems.items[i].level == PROBLEM_HINT;
		warnings += in->problems.items[i].level == PROBLEM_WARNING;
	}
	format_plural(&page->text, in->problems.errors, "error", "errors");
	strbuf_addstr(&page->text, ", ");
	format_plural(&page->text, warnings, "warning", "warnings");
	strbuf_addstr(&page->text, ", ");
	format_plural(&page->text, hints, "hint", "hints");
	if (r->targets > 0) {
		strbuf_addstr(&page->text, " in ");
		format_plural(&page->text, r->targets, "target", "targets");
	}
	if (r->environments > 0) {
		strbuf_addstr(&page->text, " of ");
		format_plural(&page->text, r->environments, "environment", "environments");
	}
	strbuf_addch(&page->text, '\n');
}

static void check_json(struct invocation *in, struct jw *w)
{
	const struct check_result *r = in->report;
	jw_key(w, "problems");
	problems_json(w, &in->problems);
	jw_key(w, "explain");
	if (r && r->explained)
		target_explain_json(r->explained, w);
	else
		jw_null(w);
	jw_key(w, "hidden");
	jw_array(w);
	for (size_t i = 0; r && r->build && i < r->build->hidden_count; i++)
		plan_hidden_json(w, r->build, &r->build->hidden[i]);
	jw_end(w);
}

static void check_json_place(struct invocation *in, struct jw *w, size_t i)
{
	const struct check_result *r = in->report;
	const struct check_report *report = r->online && r->online->places ? r->online->places[i].report : NULL;
	jw_key(w, "findings");
	jw_array(w);
	for (size_t k = 0; report && k < report->count; k++) {
		jw_object(w);
		jw_kbool(w, "ok", report->items[k].ok);
		jw_kstr(w, "what", report->items[k].what);
		jw_kstr(w, "hint", report->items[k].hint);
		jw_end(w);
	}
	jw_end(w);
}

const struct cmd_verb cmd_check = {
	.run = check_run, .text = check_text, .json = check_json, .json_place = check_json_place,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct check_opts),
	.usage = "check [TARGET...] [options]",
	.about = "Validates every document in every environment (or the one of -e) and prints\n"
	         "all problems with file, line and column. Exit 2 when there is an error.\n"
	         "--explain shows where each value of one target came from, and what is hidden\n"
	         "from its build by which rule.",
};
