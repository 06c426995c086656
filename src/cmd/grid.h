/* grid: aligned columns. Cells are text already fit for a terminal; widths count columns, not bytes. The same
 * text goes to terminals and files; only colour differs. */
#ifndef SLIPWAY_CMD_GRID_H
#define SLIPWAY_CMD_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include "base/mem.h"
#include "base/strbuf.h"
#include "cmd/term.h"

struct grid_cell {
	const char *text;
	enum style style;
};

struct grid {
	struct arena *mem;              /* keeps the cells' text */
	size_t columns;
	struct grid_cell *cells;       /* rows * columns; the first row is the heading */
	size_t count, cap;
	const char *align;              /* per column 'l' or 'r' */
};

/* align has a letter per column; headings follow, as many ("" = none). */
void grid_init(struct grid *t, struct arena *mem, const char *align, const char *const *headings);
void grid_add(struct grid *t, enum style style, const char *text);                    /* copied */
void grid_addf(struct grid *t, enum style style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void grid_name(struct grid *t, enum style style, const char *raw);                    /* escaped; NULL = "-" */
/* Each line begins with `indent` spaces; no trailing blanks. Without rows, nothing. */
void grid_print(const struct grid *t, struct strbuf *out, bool color, unsigned indent);
void grid_clear(struct grid *t);

#endif
