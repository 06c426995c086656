/* vars: variables gathered from layers, and ${NAME}. */
#ifndef SLIPWAY_TARGET_VARS_H
#define SLIPWAY_TARGET_VARS_H

#include "base/strbuf.h"
#include "target/project_inside.h"

struct var_set {
	struct var *items;              /* sorted by name after vars_gather */
	size_t count;
};

/* Every variable of the layers (a later one replaces an earlier one whole) and the built-in target, TARGET and
 * environment (NULL arguments leave theirs out); ${...} in values expanded. What is wrong with them becomes
 * problems (may be NULL). Memory: the project's. */
void vars_gather(struct var_set *out, struct project *p, const struct layer *layers, size_t layer_count,
                 const char *target,
                 const char *environment, struct problems *problems);
/* Appends text with ${NAME} replaced; values must be settled, as vars_gather leaves them. */
int vars_expand(const struct var_set *vars, const char *text, struct strbuf *out, struct fail *f);
/* The text that expands to `text`: ${ is written $${. */
const char *vars_literal(const char *text, struct arena *mem);
const struct var *vars_find(const struct var_set *vars, const char *name);
/* "file:line:column" of a layer's value, or the layer's label. */
const char *layer_origin(const struct layer *layer, const json *v, enum json_where where, struct arena *mem);

#endif
