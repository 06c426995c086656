#include "cmd/term.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

static bool set_and_not_zero(const char *name)
{
	const char *value = getenv(name);
	return value && value[0] && strcmp(value, "0") != 0;
}

static bool dumb(void)
{
	const char *term = getenv("TERM");
	return !term || !term[0] || strcmp(term, "dumb") == 0;
}

static bool want_color(bool tty, enum color_choice choice)
{
	if (choice != COLOR_AUTO)
		return choice == COLOR_ALWAYS;
	const char *no = getenv("NO_COLOR");
	if (no && no[0])
		return false;
	return set_and_not_zero("CLICOLOR_FORCE") || (tty && !dumb());
}

bool term_resize(struct term *t)
{
	struct winsize size;
	unsigned columns = 80, lines = 24;
	if (t->tty && ioctl(t->fd, TIOCGWINSZ, &size) == 0) {
		columns = size.ws_col ? size.ws_col : columns;
		lines = size.ws_row ? size.ws_row : lines;
	}
	bool changed = columns != t->columns || lines != t->lines;
	t->columns = columns;
	t->lines = lines;
	return changed;
}

void term_probe(struct term *t, int fd, enum color_choice color)
{
	*t = (struct term){ .fd = fd, .tty = isatty(fd) == 1 };
	t->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	t->color = want_color(t->tty, color);
	term_resize(t);
}

static const char *style_code(enum style style)
{
	switch (style) {
	case STYLE_GOOD:
		return "32";
	case STYLE_BAD:
		return "1;31";
	case STYLE_WARN:
		return "33";
	case STYLE_DIM:
		return "2";
	case STYLE_STRONG:
		return "1";
	case STYLE_NAME:
		return "36";
	case STYLE_NONE:
		break;
	}
	return NULL;
}

void style_begin(struct strbuf *out, bool color, enum style style)
{
	if (color && style != STYLE_NONE)
		strbuf_addf(out, "\033[%sm", style_code(style));
}

void style_end(struct strbuf *out, bool color, enum style style)
{
	if (color && style != STYLE_NONE)
		strbuf_addstr(out, "\033[0m");
}

void style_text(struct strbuf *out, bool color, enum style style, const char *text)
{
	style_begin(out, color, style);
	strbuf_addstr(out, text);
	style_end(out, color, style);
}

size_t style_width(const char *text, size_t len)
{
	size_t width = 0;
	while (len > 0) {
		size_t plain = 0;
		while (plain < len && text[plain] != '\033')
			plain++;
		width += utf8_width(text, plain);
		text += plain;
		len -= plain;
		while (len > 0 && *text != 'm') {
			text++;
			len--;
		}
		if (len > 0) {
			text++;
			len--;
		}
	}
	return width;
}
