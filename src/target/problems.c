#include "target/problems.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

static bool known(const struct problems *p, const struct document_problem *row)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct document_problem *o = &p->items[i];

		if (o->level == row->level && o->line == row->line && o->column == row->column &&
		    strcmp(o->file, row->file) == 0 && strcmp(o->text, row->text) == 0)
			return true;
	}
	return false;
}

static void add(struct problems *p, struct document_problem row, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
static void add(struct problems *p, struct document_problem row, const char *fmt, va_list ap)
{
	struct strbuf text = STRBUF_INIT, shown = STRBUF_INIT;

	strbuf_vaddf(&text, fmt, ap);
	strbuf_addescaped(&shown, text.buf, text.len);
	row.text = shown.buf;
	if (!known(p, &row)) {
		row.file = arena_strdup(&p->mem, row.file);
		row.text = arena_strdup(&p->mem, shown.buf);
		row.hint = row.hint ? arena_strdup(&p->mem, row.hint) : NULL;
		p->items = vec_grow(p->items, &p->cap, p->count + 1, sizeof *p->items);
		p->items[p->count++] = row;
		p->errors += row.level == PROBLEM_ERROR;
	}
	strbuf_clear(&text);
	strbuf_clear(&shown);
}

void problem_add(struct problems *p, enum problem_level level, const char *file, unsigned line, unsigned column,
                 const char *hint, const char *fmt, ...)
{
	struct document_problem row = { .level = level, .file = file, .line = line, .column = column, .hint = hint };
	va_list ap;

	va_start(ap, fmt);
	add(p, row, fmt, ap);
	va_end(ap);
}

void problem_at(struct problems *p, enum problem_level level, const struct json_doc *d, const json *v,
                enum json_where where, const char *hint, const char *fmt, ...)
{
	struct document_problem row = { .level = level, .file = json_doc_name(d), .hint = hint };
	va_list ap;

	(void)json_position(d, v, where, &row.line, &row.column);
	va_start(ap, fmt);
	add(p, row, fmt, ap);
	va_end(ap);
}

void problem_add_failure(struct problems *p, enum problem_level level, const char *file, const struct fail *f)
{
	const char *text = f->text, *hint = f->hint[0] ? f->hint : NULL, *at;
	char *end;
	unsigned long line, column;

	if (strncmp(text, file, strlen(file)) == 0 && text[strlen(file)] == ':') {
		at = text + strlen(file) + 1;
		line = strtoul(at, &end, 10);
		column = *end == ':' ? strtoul(end + 1, &end, 10) : 0;
		if (line && column && strncmp(end, ": ", 2) == 0) {
			problem_add(p, level, file, (unsigned)line, (unsigned)column, hint, "%s", end + 2);
			return;
		}
	}
	problem_add(p, level, file, 0, 0, hint, "%s", text);
}

static int by_position(const void *a, const void *b)
{
	const struct document_problem *x = a, *y = b;
	int order = strcmp(x->file, y->file);

	if (order == 0)
		order = (x->line > y->line) - (x->line < y->line);
	if (order == 0)
		order = (x->column > y->column) - (x->column < y->column);
	return order ? order : strcmp(x->text, y->text);
}

void problems_sort(struct problems *p)
{
	if (p->count)
		qsort(p->items, p->count, sizeof *p->items, by_position);
}

static const struct document_problem *first_error(const struct problems *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].level == PROBLEM_ERROR)
			return &p->items[i];
	return NULL;
}

int problems_fail(const struct problems *p, struct fail *f)
{
	const struct document_problem *e = first_error(p);
	struct strbuf text = STRBUF_INIT;

	if (!e)
		return 0;
	strbuf_addescaped(&text, e->file, strlen(e->file));
	if (e->line)
		strbuf_addf(&text, ":%u:%u", e->line, e->column);
	strbuf_addf(&text, ": %s", e->text);
	if (p->errors > 1)
		strbuf_addf(&text, " (and %zu more)", p->errors - 1);
	fail_set(f, FAIL_CONFIG, "%s", text.buf);
	if (e->hint)
		fail_hint(f, "%s", e->hint);
	strbuf_clear(&text);
	return -1;
}

void problems_clear(struct problems *p)
{
	free(p->items);
	arena_clear(&p->mem);
	*p = (struct problems)PROBLEMS_INIT;
}
