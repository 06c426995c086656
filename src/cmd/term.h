/* term: what the far end of a descriptor can show, and styles for it. */
#ifndef SLIPWAY_CMD_TERM_H
#define SLIPWAY_CMD_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include "base/strbuf.h"

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct term {
	int fd;
	bool tty, utf8, color;
	unsigned columns, lines;        /* 80 x 24 where unknown */
};

/* --color beats NO_COLOR, which beats CLICOLOR_FORCE, which beats "is it a terminal (and not TERM=dumb)". */
void term_probe(struct term *t, int fd, enum color_choice color);
/* Asks for the size again: true when it changed. */
bool term_resize(struct term *t);

enum style { STYLE_NONE, STYLE_GOOD, STYLE_BAD, STYLE_WARN, STYLE_DIM, STYLE_STRONG, STYLE_NAME };
/* Switches a style on and off; nothing without colour. */
void style_begin(struct strbuf *out, bool color, enum style style);
void style_end(struct strbuf *out, bool color, enum style style);
/* text within a style. */
void style_text(struct strbuf *out, bool color, enum style style, const char *text);

/* Columns of text that may hold such styles. */
size_t style_width(const char *text, size_t len);

#endif
