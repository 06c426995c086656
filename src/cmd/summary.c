#include "cmd/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/display.h"
#include "cmd/format.h"
#include "cmd/result.h"

#define NAMES_LINES 3                   /* of one group, unless -v */
#define LABEL_WIDTH 11                  /* of the widest result name */

/* Results in the order they are told: good news first, what needs hands last. */
static const enum result order[] = {
	RESULT_DEPLOYED, RESULT_UNCHANGED, RESULT_SKIPPED, RESULT_HELD, RESULT_PENDING, RESULT_INTERRUPTED,
	RESULT_ROLLED_BACK, RESULT_UNKNOWN, RESULT_FAILED,
};
#define ORDER_COUNT (sizeof(order) / sizeof(order[0]))

static void label(struct page *p, enum result r, size_t count)
{
	struct strbuf number = STRBUF_INIT;
	style_text(&p->text, p->term.color, result_style(r), result_name(r));
	for (size_t i = strlen(result_name(r)); i < LABEL_WIDTH; i++)
		strbuf_addch(&p->text, ' ');
	format_count(&number, count);
	for (size_t i = number.len; i < 5; i++)
		strbuf_addch(&p->text, ' ');
	strbuf_addf(&p->text, "%s  ", number.buf);
	strbuf_clear(&number);
}

static const char *escaped_name(struct page *p, const struct row *r)
{
	struct strbuf name = STRBUF_INIT;
	format_name(&name, r->place);
	const char *copy = arena_strdup(p->mem, name.buf);
	strbuf_clear(&name);
	return copy;
}

static void group(struct page *p, const struct outcome *o, enum result r)
{
	const char **names = xmalloc((o->row_count + 1) * sizeof(*names));
	size_t count = 0;
	for (size_t i = 0; i < o->row_count; i++) {
		if (o->rows[i]->result == r)
			names[count++] = escaped_name(p, o->rows[i]);
	}
	if (count > 0) {
		label(p, r, count);
		page_words(p, names, count, LABEL_WIDTH + 7, LABEL_WIDTH + 7, p->verbose ? 0 : NAMES_LINES);
		strbuf_addch(&p->text, '\n');
	}
	free(names);
}

static void indented(struct page *p, const char *lead, const char *text)
{
	struct strbuf escaped = STRBUF_INIT;
	strbuf_addf(&escaped, "%s", lead);
	format_name(&escaped, text);
	strbuf_addstr(&p->text, "    ");
	page_wrap(p, escaped.buf, 4, 4);
	strbuf_addch(&p->text, '\n');
	strbuf_clear(&escaped);
}

/* Places whose failures read the same are told together. */
static bool same_failure(const struct row *a, const struct row *b)
{
	return a->result == b->result && strcmp(a->fail.stage, b->fail.stage) == 0 &&
	       strcmp(a->fail.text, b->fail.text) == 0 && strcmp(a->fail.hint, b->fail.hint) == 0 &&
	       strcmp(a->held ? a->held : "", b->held ? b->held : "") == 0 && !a->live == !b->live;
}

/* What visitors of the places see now. */
static void serves(struct page *p, const struct row *const *rows, size_t count)
{
	const struct row *r = rows[0];
	bool old = true, alike = true;
	for (size_t i = 0; i < count && r->live; i++) {
		old &= rows[i]->previous && strcmp(rows[i]->live, rows[i]->previous) == 0;
		alike &= strcmp(rows[i]->live, r->live) == 0;
	}
	if (r->result == RESULT_UNKNOWN)
		indented(p, "", "what it serves is not known; slipway status tells once it answers");
	else if (r->live && alike)
		indented(p, old ? "still serves " : "serves ", r->live);
	else if (r->live)
		indented(p, "", old ? "each still serves what it served before" : "what each serves: slipway status");
	else if (r->result == RESULT_FAILED || r->result == RESULT_INTERRUPTED)
		indented(p, "", "serves nothing yet");
}

static void failure(struct page *p, const struct row *const *rows, size_t count)
{
	const struct row *r = rows[0];
	struct strbuf *out = &p->text;
	const char **names = xmalloc(count * sizeof(*names));
	for (size_t i = 0; i < count; i++)
		names[i] = escaped_name(p, rows[i]);
	if (!p->quiet && out->len > 0)
		strbuf_addch(out, '\n');
	style_begin(out, p->term.color, STYLE_STRONG);
	page_words(p, names, count, 0, 0, p->verbose ? 0 : 1);
	style_end(out, p->term.color, STYLE_STRONG);
	free(names);
	strbuf_addstr(out, "  ");
	style_text(out, p->term.color, result_style(r->result), result_name(r->result));
	if (r->fail.stage[0])
		strbuf_addf(out, " in %s", r->fail.stage);
	strbuf_addch(out, '\n');
	if (r->held)
		indented(p, "", r->held);
	if (r->fail.kind != FAIL_NONE)
		indented(p, "", r->fail.text);
	serves(p, rows, count);
	if (r->fail.hint[0])
		indented(p, "hint: ", r->fail.hint);
	else if (r->result == RESULT_HELD)
		indented(p, "hint: ", "deploy --again deploys it all the same");
}

static bool worth_a_word(const struct row *r)
{
	if (r->result == RESULT_NONE)
		return r->fail.kind != FAIL_NONE;
	return r->result != RESULT_DEPLOYED && r->result != RESULT_UNCHANGED &&
	       (r->result != RESULT_SKIPPED || r->fail.kind != FAIL_NONE);
}

void summary_failures(struct page *p, const struct outcome *o)
{
	const struct row **rows = xmalloc((o->row_count + 1) * sizeof(*rows));
	const struct row **alike = xmalloc((o->row_count + 1) * sizeof(*alike));
	size_t count = 0;
	for (size_t k = 0; k < ORDER_COUNT; k++)
		for (size_t i = 0; i < o->row_count; i++)
			if (o->rows[i]->result == order[k] && worth_a_word(o->rows[i]))
				rows[count++] = o->rows[i];
	for (size_t i = 0; i < count; i++) {
		size_t n = 1;
		if (!rows[i])
			continue;
		alike[0] = rows[i];
		for (size_t k = i + 1; k < count; k++)
			if (rows[k] && same_failure(rows[i], rows[k])) {
				alike[n++] = rows[k];
				rows[k] = NULL;
			}
		failure(p, alike, n);
	}
	free(rows);
	free(alike);
}

void summary_totals(struct page *p, const struct outcome *o)
{
	struct strbuf *out = &p->text;
	struct outcome_sums s = outcome_sum(o);
	const char *between = ": ";
	format_plural(out, o->row_count, "target", "targets");
	for (size_t k = 0; k < ORDER_COUNT; k++) {
		if (s.results[order[k]] == 0)
			continue;
		strbuf_addstr(out, between);
		style_begin(out, p->term.color, result_style(order[k]));
		format_count(out, s.results[order[k]]);
		strbuf_addf(out, " %s", order[k] == RESULT_ROLLED_BACK ? "rolled back" : result_name(order[k]));
		style_end(out, p->term.color, result_style(order[k]));
		between = ", ";
	}
	if (s.sent_files > 0) {
		strbuf_addstr(out, page_dot(p));
		format_plural(out, s.sent_files, "file", "files");
		strbuf_addstr(out, ", ");
		format_bytes(out, s.sent_bytes);
		strbuf_addstr(out, " sent");
	}
	if (o->ended_ns > o->started_ns && o->started_ns > 0) {
		strbuf_addstr(out, page_dot(p));
		format_seconds(out, o->ended_ns - o->started_ns);
	}
	strbuf_addch(out, '\n');
}

void summary_builds(struct page *p, const struct outcome *o)
{
	for (size_t i = 0; i < o->build_count; i++) {
		const struct build_row *b = &o->builds[i];
		strbuf_addstr(&p->text, "build ");
		format_name(&p->text, b->name);
		strbuf_addch(&p->text, ' ');
		strbuf_addhex(&p->text, b->id, 4);
		strbuf_addstr(&p->text, ": ");
		format_plural(&p->text, b->files, "file", "files");
		strbuf_addstr(&p->text, ", ");
		format_bytes(&p->text, b->bytes);
		strbuf_addch(&p->text, '\n');
	}
}

void summary_text(struct page *p, const struct outcome *o)
{
	if (o->row_count == 0)
		return;
	if (!p->quiet) {
		if (o->release)
			strbuf_addf(&p->text, "release %s\n", o->release);
		summary_builds(p, o);
		for (size_t k = 0; k < ORDER_COUNT; k++)
			group(p, o, order[k]);
	}
	size_t before = p->text.len;
	summary_failures(p, o);
	if (p->text.len > before && !p->quiet)
		strbuf_addch(&p->text, '\n');
	summary_totals(p, o);
}
