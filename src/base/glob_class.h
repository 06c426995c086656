/* glob_class: [a-z], [!x], [[:alpha:]] as minimatch 9 reads them. */
#ifndef SLIPWAY_BASE_GLOB_CLASS_H
#define SLIPWAY_BASE_GLOB_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"

struct glob_range {
	uint32_t low, high;
};

struct glob_class {
	bool negate;
	struct glob_range *ranges;
	size_t range_count;
	const char *categories[16];     /* Unicode general categories ("L", "Nd") that belong to it */
	size_t category_count;
	const char *absent[8];          /* categories of which it takes everything else ([:graph:]) */
	size_t absent_count;
};

enum glob_class_kind {
	GLOB_CLASS_NONE,                /* no closing bracket: the "[" is a literal */
	GLOB_CLASS_SET,
	GLOB_CLASS_LITERAL,             /* one character, in *literal: not magic */
	GLOB_CLASS_NEVER                /* nothing can match, and the text behind it does not count */
};
/* Reads the class at s[0] == '['. *used = how many characters of s it took; *unicode is set when it needs whole code
 * points. */
enum glob_class_kind glob_class_parse(struct glob_class *c, const uint32_t *s, size_t len, size_t *used,
	uint32_t *literal,
                                      bool *unicode, struct arena *mem);
bool glob_class_has(const struct glob_class *c, uint32_t ch);

#endif
