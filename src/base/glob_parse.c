#include "base/glob_parse.h"

#include <stdlib.h>
#include <string.h>

#define MAX_GROUPS 2            /* how deep groups nest when no parent absorbs them */
#define MAX_NESTING 400         /* of any kind: bounds the recursion */

static bool is_group(uint32_t c)
{
	return c == '!' || c == '?' || c == '+' || c == '*' || c == '@';
}

static struct glob_node *node_new(struct glob_tree *t, char type, struct glob_node *parent)
{
	struct glob_node *n = arena_alloc(t->mem, sizeof *n);

	n->type = type;
	n->parent = parent;
	n->index = parent ? parent->count : 0;
	if (++t->nodes > GLOB_NODES)
		t->too_big = true;
	if (type == '!' && !t->filled) {
		t->negations = vec_grow(t->negations, &t->negation_cap, t->negation_count + 1, sizeof n);
		t->negations[t->negation_count++] = n;
	}
	return n;
}

static void push(struct glob_tree *t, struct glob_node *n, struct glob_node *part)
{
	if (n->count == n->cap) {
		size_t cap = n->cap ? 2 * n->cap : 4;
		struct glob_node **parts = arena_alloc(t->mem, cap * sizeof(struct glob_node *));
		if (n->count)
			memcpy(parts, n->parts, n->count * sizeof(struct glob_node *));
		n->parts = parts;
		n->cap = cap;
	}
	n->parts[n->count++] = part;
}

static void push_text(struct glob_tree *t, struct glob_node *n, const uint32_t *text, size_t len)
{
	struct glob_node *part = node_new(t, GLOB_TEXT, n);

	part->text = text;
	part->len = len;
	push(t, n, part);
}

/* ---- reading ---- */

struct reader {
	struct glob_tree *tree;
	const uint32_t *s;
	size_t len;
	unsigned nesting;
};

/* Where in a text we are: inside a class or behind a backslash nothing starts a group. */
struct scan {
	bool escaping, in_class, negated;
	size_t class_start;
};

/* i is behind c. True when c is plain text. */
static bool scan_takes(struct scan *k, uint32_t c, size_t i)
{
	if (k->escaping || c == '\\') {
		k->escaping = !k->escaping;
		return true;
	}
	if (k->in_class) {
		if (i == k->class_start + 1)
			k->negated = k->negated || c == '^' || c == '!';
		else if (c == ']' && !(i == k->class_start + 2 && k->negated))
			k->in_class = false;
		return true;
	}
	if (c == '[') {
		*k = (struct scan){ .in_class = true, .class_start = i };
		return true;
	}
	return false;
}

static bool listed(const char *types, char type)
{
	return type != '\0' && strchr(types, type) != NULL;
}

/* May a group of this type absorb a group inside it without counting as a level? */
static bool absorbs_any(char outer, char inner)
{
	switch (outer) {
	case '!': return listed("?@", inner);
	case '?': return listed("?@", inner);
	case '@': return listed("?@", inner);
	case '*': return listed("*+?@", inner);
	default: return listed("+@?*", inner);
	}
}

static size_t read_group(struct reader *r, struct glob_node *group, size_t pos, unsigned depth);

static size_t read_sequence(struct reader *r, struct glob_node *n)
{
	struct scan k = { .escaping = false };
	size_t i = 0, start = 0;

	while (i < r->len) {
		uint32_t c = r->s[i++];
		if (scan_takes(&k, c, i) || !is_group(c) || i >= r->len || r->s[i] != '(')
			continue;
		if (i - 1 > start)
			push_text(r->tree, n, r->s + start, i - 1 - start);
		struct glob_node *group = node_new(r->tree, (char)c, n);
		i = start = read_group(r, group, i, 1);
		push(r->tree, n, group);
	}
	if (i > start)
		push_text(r->tree, n, r->s + start, i - start);
	return i;
}

/* pos is at the "("; returns the position behind the ")". An unfinished group becomes text up to the end. */
static size_t read_group(struct reader *r, struct glob_node *group, size_t pos, unsigned depth)
{
	struct glob_node alternatives = { .type = GLOB_SEQUENCE };
	struct glob_node *part = node_new(r->tree, GLOB_SEQUENCE, group);
	struct scan k = { .escaping = false };
	size_t i = pos + 1, start = i;

	if (++r->nesting > MAX_NESTING)
		r->tree->too_big = true;
	while (i < r->len && !r->tree->too_big) {
		uint32_t c = r->s[i++];
		if (scan_takes(&k, c, i))
			continue;
		bool absorbed = absorbs_any(group->type, (char)(c < 0x80 ? c : 0));
		bool opens = is_group(c) && i < r->len && r->s[i] == '(' && (depth <= MAX_GROUPS || absorbed);
		if (!opens && c != '|' && c != ')')
			continue;
		bool has_text = i - 1 > start;
		if (has_text)
			push_text(r->tree, part, r->s + start, i - 1 - start);
		if (opens) {
			struct glob_node *inner = node_new(r->tree, (char)c, part);
			push(r->tree, part, inner);
			i = start = read_group(r, inner, i, depth + !absorbed);
			continue;
		}
		push(r->tree, &alternatives, part);
		start = i;
		if (c == '|') {
			part = node_new(r->tree, GLOB_SEQUENCE, group);
			continue;
		}
		group->empty_group = !has_text;
		group->parts = alternatives.parts;
		group->count = alternatives.count;
		group->cap = alternatives.cap;
		r->nesting--;
		return i;
	}
	r->nesting--;
	group->type = GLOB_SEQUENCE;
	group->count = 0;
	push_text(r->tree, group, r->s + pos - 1, r->len - (pos - 1));
	return r->len;
}

/* ---- flattening: a group that is the whole of an alternative may dissolve into its parent ---- */

static struct glob_node *only_group(const struct glob_node *sequence)
{
	if (sequence->type != GLOB_SEQUENCE || sequence->count != 1)
		return NULL;
	struct glob_node *only = sequence->parts[0];
	return is_group((unsigned char)only->type) ? only : NULL;
}

static bool absorbs(char outer, char inner)
{
	switch (outer) {
	case '?': return listed("?@", inner);
	case '*': return listed("*+?@", inner);
	case '+': return listed("+@", inner);
	default: return inner == '@';
	}
}

/* "!(?(a))" is "!(a|)". */
static bool absorbs_with_empty(char outer, char inner)
{
	switch (outer) {
	case '!': return inner == '?';
	case '@': return inner == '?';
	case '+': return listed("?*", inner);
	default: return false;
	}
}

/* What a group becomes that takes the place of the only group inside it; NUL when it cannot. */
static char usurped(char outer, char inner)
{
	switch (outer) {
	case '!': return inner == '!' ? '@' : '\0';
	case '?': return listed("*+", inner) ? '*' : '\0';
	case '@': return inner;
	case '+': return listed("?*", inner) ? '*' : '\0';
	default: return '\0';
	}
}

/* The alternatives of inner take the place of alternative i. Their index stays what it was when they were read. */
static void absorb(struct glob_tree *t, struct glob_node *n, size_t i, struct glob_node *inner)
{
	struct glob_node merged = { .type = GLOB_SEQUENCE };

	for (size_t k = 0; k < n->count; k++) {
		if (k != i)
			push(t, &merged, n->parts[k]);
		for (size_t m = 0; k == i && m < inner->count; m++) {
			inner->parts[m]->parent = n;
			push(t, &merged, inner->parts[m]);
		}
	}
	n->parts = merged.parts;
	n->count = merged.count;
	n->cap = merged.cap;
}

static bool flatten_alternative(struct glob_tree *t, struct glob_node *n, size_t i)
{
	struct glob_node *inner = only_group(n->parts[i]);

	if (!inner)
		return false;
	if (absorbs(n->type, inner->type)) {
		absorb(t, n, i, inner);
		return true;
	}
	if (absorbs_with_empty(n->type, inner->type)) {
		struct glob_node *blank = node_new(t, GLOB_SEQUENCE, inner);
		push_text(t, blank, NULL, 0);
		push(t, inner, blank);
		absorb(t, n, i, inner);
		return true;
	}
	char type = n->count == 1 ? usurped(n->type, inner->type) : '\0';
	if (type == '\0')
		return false;
	absorb(t, n, i, inner);
	n->type = type;
	n->empty_group = false;
	return true;
}

static void flatten(struct glob_tree *t, struct glob_node *n)
{
	if (n->type == GLOB_TEXT)
		return;
	if (n->type == GLOB_SEQUENCE) {
		for (size_t i = 0; i < n->count; i++)
			flatten(t, n->parts[i]);
		return;
	}
	bool changed = true;
	for (unsigned round = 0; changed && round < 10 && !t->too_big; round++) {
		changed = false;
		for (size_t i = 0; i < n->count; i++) {
			flatten(t, n->parts[i]);
			changed = flatten_alternative(t, n, i) || changed;
		}
	}
}

/* ---- negations ---- */

static void copy_in(struct glob_tree *t, struct glob_node *into, const struct glob_node *part)
{
	if (t->too_big)
		return;
	struct glob_node *copy = node_new(t, part->type, into);
	copy->text = part->text;
	copy->len = part->len;
	for (size_t i = 0; i < part->count; i++)
		copy_in(t, copy, part->parts[i]);
	push(t, into, copy);
}

/* Everything behind the negation, up to the end of the part, is copied to the end of each of its alternatives. */
static void fill(struct glob_tree *t, struct glob_node *negation)
{
	const struct glob_node *n = negation;

	for (const struct glob_node *up = n->parent; up && !t->too_big; n = up, up = up->parent)
		for (size_t i = n->index + 1; up->type == GLOB_SEQUENCE && i < up->count; i++)
			for (size_t k = 0; k < negation->count; k++)
				copy_in(t, negation->parts[k], up->parts[i]);
}

void glob_parse(struct glob_tree *t, const uint32_t *text, size_t len, struct arena *mem)
{
	struct reader r = { .tree = t, .s = text, .len = len };

	*t = (struct glob_tree){ .mem = mem };
	t->root = node_new(t, GLOB_SEQUENCE, NULL);
	read_sequence(&r, t->root);
	flatten(t, t->root);
	t->filled = true;
	while (t->negation_count > 0 && !t->too_big) {
		struct glob_node *n = t->negations[--t->negation_count];
		if (n->type == '!')
			fill(t, n);
	}
	free(t->negations);
	t->negations = NULL;
}

bool glob_is_start(const struct glob_tree *t, const struct glob_node *n)
{
	for (; n != t->root; n = n->parent) {
		for (size_t i = 0; i < n->index; i++)
			if (i >= n->parent->count || n->parent->parts[i]->type != '!')
				return false;
	}
	return true;
}

bool glob_is_end(const struct glob_tree *t, const struct glob_node *n)
{
	for (; n != t->root && n->parent->type != '!'; n = n->parent)
		if (n->type != GLOB_SEQUENCE && n->index + 1 != n->parent->count)
			return false;
	return true;
}
