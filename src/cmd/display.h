/* display: the live picture of a fleet as text: a line per active place, then a total. Pure: rows in, lines out;
 * console.c owns the terminal. */
#ifndef SLIPWAY_CMD_DISPLAY_H
#define SLIPWAY_CMD_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/strbuf.h"
#include "cmd/term.h"
#include "deploy/report.h"

struct display_row {
	const struct row *row;
	int64_t since_ns;               /* when its phase began, monotonic */
	enum result printed;            /* the result line that stands above the picture */
};

struct display {
	const struct display_row *rows;
	size_t count;
	unsigned columns, lines;        /* of the terminal */
	bool utf8, color;
	int64_t started_ns, now_ns;     /* monotonic */
	unsigned frame;                 /* turns the spinner */
	const char *activity;           /* what goes on before there are rows: "reading build kiosk"; or NULL */
};

/* Appends the picture: at most `lines` - 2 lines (at least one), each shorter than `columns`, each ended by a
 * newline. Returns how many. Longest-running places come first; those that do not fit are "+12 more". */
size_t display_frame(struct strbuf *out, const struct display *d);

/* The picture's last line alone, with its newline. */
void display_total(struct strbuf *out, const struct display *d);

/* One line (without newline) about a place that came to its result, at most `columns` wide when columns > 0. */
void display_result(struct strbuf *out, const struct row *row, size_t name_width, bool utf8, bool color,
                    unsigned columns);

/* The width of the longest place name, escaped, at most 24. */
size_t display_name_width(const struct display_row *rows, size_t count);

/* How results are painted. */
enum style result_style(enum result r);

#endif
