#include "cmd/page.h"

#include <string.h>

#include "base/utf8.h"

const char *page_dot(const struct page *p)
{
	return p->term.utf8 ? " \xc2\xb7 " : ", ";
}

const char *page_arrow(const struct page *p)
{
	return p->term.utf8 ? "\xe2\x86\x92" : "->";
}

static void line_break(struct page *p, size_t indent)
{
	strbuf_addch(&p->text, '\n');
	for (size_t i = 0; i < indent; i++)
		strbuf_addch(&p->text, ' ');
}

#define MORE_WIDTH 12                   /* "+1,234 more" */

void page_words(struct page *p, const char *const *words, size_t count, size_t at, size_t indent, unsigned max_lines)
{
	unsigned line = 1;
	size_t columns = p->term.columns;
	bool fresh = true;
	for (size_t i = 0; i < count; i++) {
		size_t width = utf8_width(words[i], strlen(words[i])) + (i + 1 < count);
		bool last_line = max_lines > 0 && line >= max_lines;
		size_t room = last_line && i + 1 < count ? MORE_WIDTH : 0;
		if (!fresh && at + 1 + width + room >= columns) {
			if (last_line) {
				strbuf_addf(&p->text, " +%zu more", count - i);
				return;
			}
			line_break(p, indent);
			line++;
			at = indent;
			fresh = true;
		}
		if (!fresh) {
			strbuf_addch(&p->text, ' ');
			at++;
		}
		strbuf_addstr(&p->text, words[i]);
		if (i + 1 < count)
			strbuf_addch(&p->text, ',');
		at += width;
		fresh = false;
	}
}

void page_wrap(struct page *p, const char *text, size_t at, size_t indent)
{
	bool fresh = true;
	while (*text) {
		size_t len = strcspn(text, " ");
		size_t width = utf8_width(text, len);
		if (!fresh && at + 1 + width >= p->term.columns) {
			line_break(p, indent);
			at = indent;
			fresh = true;
		}
		if (!fresh) {
			strbuf_addch(&p->text, ' ');
			at++;
		}
		strbuf_add(&p->text, text, len);
		at += width;
		fresh = false;
		text += len;
		text += strspn(text, " ");
	}
}
