/* glob_parse: one path part of a pattern (no "/") as a tree of extended globs, with the quirks of minimatch 9: groups
 * nest two deep unless a parent can absorb them, absorbed ones are flattened, an unfinished group is text, and behind
 * each negation stands a copy of what follows it (a negation looks ahead to the end of the part). */
#ifndef SLIPWAY_BASE_GLOB_PARSE_H
#define SLIPWAY_BASE_GLOB_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"

#define GLOB_SEQUENCE '\0'      /* parts one after another */
#define GLOB_TEXT 't'           /* text with * ? [ ] and backslashes in it */
/* else one of ! ? + * @: parts are sequences, of which one matches */

struct glob_node {
	char type;
	bool empty_group;           /* "X()", "X(a|)", "X(@(a))": as minimatch counts it */
	struct glob_node *parent;
	size_t index;               /* where in parent it was made */
	struct glob_node **parts;
	size_t count, cap;
	const uint32_t *text;       /* GLOB_TEXT */
	size_t len;
};

struct glob_tree {
	struct arena *mem;
	struct glob_node *root;
	struct glob_node **negations;
	size_t negation_count, negation_cap;
	size_t nodes;
	bool filled, too_big;       /* too_big: more than GLOB_NODES, or nested too deep; nothing else is valid */
};
#define GLOB_NODES 20000

void glob_parse(struct glob_tree *t, const uint32_t *text, size_t len, struct arena *mem);
/* Is the node the first (last) thing of the part, but for negations? */
bool glob_is_start(const struct glob_tree *t, const struct glob_node *n);
bool glob_is_end(const struct glob_tree *t, const struct glob_node *n);

#endif
