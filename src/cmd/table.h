/* table: aligned columns. Cells are text already fit for a terminal; widths count columns, not bytes. The same
 * text goes to terminals and files; only colour differs. */
#ifndef SLIPWAY_CMD_TABLE_H
#define SLIPWAY_CMD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/mem.h"
#include "base/strbuf.h"
#include "cmd/term.h"

struct table_cell {
	const char *text;
	enum style style;
};

struct table {
	struct arena *mem;              /* keeps the cells' text */
	size_t columns;
	struct table_cell *cells;       /* rows * columns; the first row is the heading */
	size_t count, cap;
	const char *align;              /* per column 'l' or 'r' */
};

/* align has a letter per column; headings follow, as many ("" = none). */
void table_init(struct table *t, struct arena *mem, const char *align, const char *const *headings);
void table_add(struct table *t, enum style style, const char *text);                    /* copied */
void table_addf(struct table *t, enum style style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void table_name(struct table *t, enum style style, const char *raw);                    /* escaped; NULL = "-" */
/* Each line begins with `indent` spaces; no trailing blanks. Without rows, nothing. */
void table_print(const struct table *t, struct strbuf *out, bool color, unsigned indent);
void table_clear(struct table *t);

#endif
