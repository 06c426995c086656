#include "cmd/problems_text.h"

#include "cmd/format.h"

void problem_sentence(struct strbuf *out, const struct document_problem *p)
{
	format_name(out, p->file);
	if (p->line > 0)
		strbuf_addf(out, ":%u:%u", p->line, p->column);
	strbuf_addstr(out, ": ");
	format_name(out, p->text);
}

static const char *level_name(enum problem_level level)
{
	switch (level) {
	case PROBLEM_ERROR:
		return "error";
	case PROBLEM_WARNING:
		return "warning";
	case PROBLEM_HINT:
		break;
	}
	return "hint";
}

static enum style level_style(enum problem_level level)
{
	return level == PROBLEM_ERROR ? STYLE_BAD : level == PROBLEM_WARNING ? STYLE_WARN : STYLE_NAME;
}

void problems_text(struct page *page, const struct problems *p)
{
	struct strbuf *out = &page->text;
	for (size_t i = 0; i < p->count; i++) {
		const struct document_problem *item = &p->items[i];
		if (item->level == PROBLEM_HINT && page->quiet)
			continue;
		format_name(out, item->file);
		if (item->line > 0)
			strbuf_addf(out, ":%u:%u", item->line, item->column);
		strbuf_addstr(out, ": ");
		style_text(out, page->term.color, level_style(item->level), level_name(item->level));
		strbuf_addstr(out, ": ");
		format_name(out, item->text);
		strbuf_addch(out, '\n');
		if (item->hint) {
			strbuf_addstr(out, "    ");
			format_name(out, item->hint);
			strbuf_addch(out, '\n');
		}
	}
}

void problems_json(struct jw *w, const struct problems *p)
{
	jw_array(w);
	for (size_t i = 0; i < p->count; i++) {
		const struct document_problem *item = &p->items[i];
		jw_object(w);
		jw_kstr(w, "level", level_name(item->level));
		jw_kstr(w, "file", item->file);
		jw_key(w, "line");
		if (item->line > 0)
			jw_int(w, item->line);
		else
			jw_null(w);
		jw_key(w, "column");
		if (item->line > 0)
			jw_int(w, item->column);
		else
			jw_null(w);
		jw_kstr(w, "message", item->text);
		jw_kstr(w, "hint", item->hint);
		jw_end(w);
	}
	jw_end(w);
}
