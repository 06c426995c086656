#include "cmd/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "cmd/format.h"

void table_init(struct table *t, struct arena *mem, const char *align, const char *const *headings)
{
	*t = (struct table){ .mem = mem, .columns = strlen(align), .align = align };
	for (size_t i = 0; i < t->columns; i++)
		table_add(t, STYLE_DIM, headings[i]);
}

void table_add(struct table *t, enum style style, const char *text)
{
	t->cells = vec_grow(t->cells, &t->cap, t->count + 1, sizeof(*t->cells));
	t->cells[t->count++] = (struct table_cell){ arena_strdup(t->mem, text), style };
}

void table_addf(struct table *t, enum style style, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	table_add(t, style, text.buf);
	strbuf_clear(&text);
}

void table_name(struct table *t, enum style style, const char *raw)
{
	struct strbuf text = STRBUF_INIT;
	format_name(&text, raw);
	table_add(t, style, text.buf);
	strbuf_clear(&text);
}

static size_t cell_width(const struct table_cell *c)
{
	return utf8_width(c->text, strlen(c->text));
}

static void pad(struct strbuf *out, size_t columns)
{
	while (columns-- > 0)
		strbuf_addch(out, ' ');
}

static void print_row(const struct table *t, struct strbuf *out, const struct table_cell *row, const size_t *widths,
                      bool color, unsigned indent)
{
	size_t last = t->columns;
	while (last > 0 && !row[last - 1].text[0])
		last--;
	size_t gap = indent;
	for (size_t i = 0; i < last; i++) {
		size_t room = widths[i] - cell_width(&row[i]);
		if (widths[i] == 0)
			continue;
		pad(out, gap + (t->align[i] == 'r' ? room : 0));
		style_text(out, color && row[i].text[0], row[i].style, row[i].text);
		gap = 2 + (t->align[i] == 'r' ? 0 : room);
	}
	strbuf_addch(out, '\n');
}

void table_print(const struct table *t, struct strbuf *out, bool color, unsigned indent)
{
	size_t rows = t->count / t->columns;
	size_t *widths = xcalloc(t->columns, sizeof(*widths));
	for (size_t r = 1; r < rows; r++)
		for (size_t c = 0; c < t->columns; c++) {
			size_t width = cell_width(&t->cells[r * t->columns + c]);
			widths[c] = width > widths[c] ? width : widths[c];
		}
	bool headings = false;
	for (size_t c = 0; c < t->columns && rows > 1; c++) {
		size_t width = cell_width(&t->cells[c]);
		headings |= width > 0;
		if (widths[c] > 0 && width > widths[c])
			widths[c] = width;
	}
	struct table_cell *first = xmalloc(t->columns * sizeof(*first));
	for (size_t c = 0; c < t->columns; c++)
		first[c] = widths[c] > 0 ? t->cells[c] : (struct table_cell){ "", STYLE_NONE };
	if (headings)
		print_row(t, out, first, widths, color, indent);
	for (size_t r = 1; r < rows; r++)
		print_row(t, out, &t->cells[r * t->columns], widths, color, indent);
	free(first);
	free(widths);
}

void table_clear(struct table *t)
{
	free(t->cells);
	*t = (struct table){ .mem = NULL };
}
