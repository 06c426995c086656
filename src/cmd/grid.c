#include "cmd/grid.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "cmd/format.h"

void grid_init(struct grid *t, struct arena *mem, const char *align, const char *const *headings)
{
	*t = (struct grid){ .mem = mem, .columns = strlen(align), .align = align };
	for (size_t i = 0; i < t->columns; i++)
		grid_add(t, STYLE_DIM, headings[i]);
}

void grid_add(struct grid *t, enum style style, const char *text)
{
	t->cells = vec_grow(t->cells, &t->cap, t->count + 1, sizeof(*t->cells));
	t->cells[t->count++] = (struct grid_cell){ arena_strdup(t->mem, text), style };
}

void grid_addf(struct grid *t, enum style style, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	grid_add(t, style, text.buf);
	strbuf_clear(&text);
}

void grid_name(struct grid *t, enum style style, const char *raw)
{
	struct strbuf text = STRBUF_INIT;
	format_name(&text, raw);
	grid_add(t, style, text.buf);
	strbuf_clear(&text);
}

static size_t cell_width(const struct grid_cell *c)
{
	return utf8_width(c->text, strlen(c->text));
}

static void pad(struct strbuf *out, size_t columns)
{
	while (columns-- > 0)
		strbuf_addch(out, ' ');
}

static void print_row(const struct grid *t, struct strbuf *out, const struct grid_cell *row, const size_t *widths,
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

void grid_print(const struct grid *t, struct strbuf *out, bool color, unsigned indent)
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
	struct grid_cell *first = xmalloc(t->columns * sizeof(*first));
	for (size_t c = 0; c < t->columns; c++)
		first[c] = widths[c] > 0 ? t->cells[c] : (struct grid_cell){ "", STYLE_NONE };
	if (headings)
		print_row(t, out, first, widths, color, indent);
	for (size_t r = 1; r < rows; r++)
		print_row(t, out, &t->cells[r * t->columns], widths, color, indent);
	free(first);
	free(widths);
}

void grid_clear(struct grid *t)
{
	free(t->cells);
	*t = (struct grid){ .mem = NULL };
}
