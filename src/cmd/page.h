/* page: the result as text, on its way to stdout. Collected whole, redacted, written at the end. */
#ifndef SLIPWAY_CMD_PAGE_H
#define SLIPWAY_CMD_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "base/strbuf.h"
#include "cmd/term.h"

struct page {
	struct strbuf text;
	struct term term;               /* of stdout; columns is what may be wrapped at: 80 when it is no terminal */
	struct arena *mem;
	int64_t now_s;
	bool quiet;
	int verbose;
};

/* Words "a, b, c" wrapped at the page's width. The cursor stands at column `at` (first line); other lines begin at
 * `indent`. At most max_lines (0 = no limit), the rest is "+12 more". Ends without newline. */
void page_words(struct page *p, const char *const *words, size_t count, size_t at, size_t indent, unsigned max_lines);
/* A sentence wrapped at blanks, the same way; a word wider than the page stands alone. */
void page_wrap(struct page *p, const char *text, size_t at, size_t indent);
/* " · " or ", ". */
const char *page_dot(const struct page *p);
const char *page_arrow(const struct page *p);

#endif
