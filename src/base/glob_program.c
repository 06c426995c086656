#include "base/glob_program.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct compiler {
	struct glob_program *p;
	const struct glob_tree *tree;
	struct arena *mem;
};

/* Returns the step's number, to be patched. */
static uint32_t emit(struct compiler *c, enum glob_op op, uint32_t a, uint32_t b)
{
	struct glob_program *p = c->p;

	if (p->count >= GLOB_STEPS) {
		p->too_big = true;
		return 0;
	}
	if (p->count == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 16;
		struct glob_step *steps = arena_alloc(c->mem, cap * sizeof *steps);
		if (p->count)
			memcpy(steps, p->steps, p->count * sizeof *steps);
		p->steps = steps;
		p->cap = cap;
	}
	p->steps[p->count] = (struct glob_step){ .op = (uint8_t)op, .a = a, .b = b };
	return (uint32_t)p->count++;
}

static uint32_t here(const struct compiler *c)
{
	return (uint32_t)c->p->count;
}

/* [^/]*: the loop; with at_least_one, [^/]+. */
static void emit_star(struct compiler *c, bool at_least_one)
{
	if (at_least_one)
		emit(c, GLOB_ANY, 0, 0);
	uint32_t split = emit(c, GLOB_SPLIT, 0, 0);
	emit(c, GLOB_ANY, 0, 0);
	emit(c, GLOB_JUMP, split, 0);
	c->p->steps[split].a = split + 1;
	c->p->steps[split].b = here(c);
	c->p->magic = true;
}

/* Returns how many characters the class took; 0 when the bracket is a literal. */
static size_t emit_class(struct compiler *c, const uint32_t *s, size_t len)
{
	struct glob_program *p = c->p;
	struct glob_class set;
	uint32_t literal = 0;
	size_t used = 0;

	switch (glob_class_parse(&set, s, len, &used, &literal, &p->unicode, c->mem)) {
	case GLOB_CLASS_NONE:
		return 0;
	case GLOB_CLASS_LITERAL:
		emit(c, GLOB_CHAR, literal, 0);
		return used;
	case GLOB_CLASS_NEVER:
		emit(c, GLOB_FAIL, 0, 0);
		break;
	case GLOB_CLASS_SET:
		if (p->class_count == p->class_cap) {
			size_t cap = p->class_cap ? 2 * p->class_cap : 4;
			struct glob_class **classes = arena_alloc(c->mem, cap * sizeof(struct glob_class *));
			if (p->class_count)
				memcpy(classes, p->classes, p->class_count * sizeof(struct glob_class *));
			p->classes = classes;
			p->class_cap = cap;
		}
		emit(c, GLOB_SET, (uint32_t)p->class_count, 0);
		p->classes[p->class_count++] = arena_memdup(c->mem, &set, sizeof set);
		break;
	}
	p->magic = true;
	return used;
}

static bool all_stars(const struct glob_node *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (text->text[i] != '*')
			return false;
	return true;
}

/* never_empty: the text is the whole of what it stands in, where a lone star wants at least one character. */
static void emit_text(struct compiler *c, const struct glob_node *text, bool never_empty)
{
	const uint32_t *s = text->text;
	bool in_star = false;

	for (size_t i = 0; i < text->len; i++) {
		if (s[i] == '*') {
			if (!in_star)
				emit_star(c, never_empty && all_stars(text));
			in_star = true;
			continue;
		}
		in_star = false;
		size_t used = s[i] == '[' ? emit_class(c, s + i, text->len - i) : 0;
		if (used) {
			i += used - 1;
		} else if (s[i] == '?') {
			emit(c, GLOB_ANY, 0, 0);
			c->p->magic = true;
		} else {
			/* A backslash takes the next character as it is; the last one stands for itself. */
			if (s[i] == '\\' && i + 1 < text->len)
				i++;
			emit(c, GLOB_CHAR, s[i], 0);
		}
	}
}

static void emit_group(struct compiler *c, const struct glob_node *group);

static void emit_sequence(struct compiler *c, const struct glob_node *n)
{
	bool whole = glob_is_start(c->tree, n) && glob_is_end(c->tree, n);

	for (size_t i = 0; i < n->count && !c->p->too_big; i++) {
		const struct glob_node *part = n->parts[i];
		if (part->type == GLOB_TEXT)
			emit_text(c, part, whole);
		else if (part->type == GLOB_SEQUENCE)
			emit_sequence(c, part);
		else
			emit_group(c, part);
	}
	/* An alternative of a negation reaches to the end of the part. */
	if (n->parent && n->parent->type == '!')
		emit(c, GLOB_AT_END, 0, 0);
}

static bool is_empty(const struct glob_node *sequence)
{
	for (size_t i = 0; i < sequence->count; i++)
		if (sequence->parts[i]->type != GLOB_TEXT || sequence->parts[i]->len > 0)
			return false;
	return true;
}

/* The alternatives, one of which must match; each goes on behind the last. */
static void emit_alternatives(struct compiler *c, const struct glob_node *group, bool skip_empty)
{
	uint32_t jumps = UINT32_MAX;        /* a chain through their own targets */
	size_t left = 0;

	for (size_t i = 0; i < group->count; i++)
		left += !(skip_empty && is_empty(group->parts[i]));
	for (size_t i = 0; i < group->count && !c->p->too_big; i++) {
		if (skip_empty && is_empty(group->parts[i]))
			continue;
		left--;
		uint32_t split = left > 0 ? emit(c, GLOB_SPLIT, 0, 0) : 0;
		if (left > 0)
			c->p->steps[split].a = here(c);
		emit_sequence(c, group->parts[i]);
		if (left > 0) {
			jumps = emit(c, GLOB_JUMP, jumps, 0);
			c->p->steps[split].b = here(c);
		}
	}
	for (uint32_t next; jumps != UINT32_MAX && !c->p->too_big; jumps = next) {
		next = c->p->steps[jumps].a;
		c->p->steps[jumps].a = here(c);
	}
}

static void emit_negation(struct compiler *c, const struct glob_node *group)
{
	if (group->empty_group) {
		emit_star(c, true);
		return;
	}
	uint32_t not = emit(c, GLOB_NOT, 0, 0);
	c->p->steps[not].c = c->p->negations++;
	c->p->steps[not].a = here(c);
	emit_alternatives(c, group, false);
	emit(c, GLOB_ACCEPT, 0, 0);
	c->p->steps[not].b = here(c);
	emit_star(c, false);
}

/* "@()" as the whole of a part is no group: the characters stand for themselves. */
static void emit_literal_group(struct compiler *c, const struct glob_node *group)
{
	emit(c, GLOB_CHAR, (unsigned char)group->type, 0);
	emit(c, GLOB_CHAR, '(', 0);
	for (size_t i = 1; i < group->count; i++)
		emit(c, GLOB_CHAR, '|', 0);
	emit(c, GLOB_CHAR, ')', 0);
}

static void emit_group(struct compiler *c, const struct glob_node *group)
{
	bool whole = glob_is_start(c->tree, group) && glob_is_end(c->tree, group), empty = true;

	if (group->type == '!') {
		c->p->magic = true;
		emit_negation(c, group);
		return;
	}
	for (size_t i = 0; i < group->count && empty; i++)
		empty = is_empty(group->parts[i]);
	if (whole && empty) {
		emit_literal_group(c, group);
		return;
	}
	c->p->magic = true;
	bool optional = group->type == '?' || group->type == '*', repeats = group->type == '+' || group->type == '*';
	uint32_t skip = optional ? emit(c, GLOB_SPLIT, 0, 0) : 0, body = here(c);
	emit_alternatives(c, group, whole);
	if (repeats) {
		uint32_t again = emit(c, GLOB_SPLIT, body, 0);
		c->p->steps[again].b = here(c);
	}
	if (optional) {
		c->p->steps[skip].a = body;
		c->p->steps[skip].b = here(c);
	}
}

void glob_compile(struct glob_program *p, const struct glob_tree *t, struct arena *mem)
{
	struct compiler c = { p, t, mem };

	emit_sequence(&c, t->root);
	emit(&c, GLOB_ACCEPT, 0, 0);
}

/* ---- running ---- */

struct run {
	const struct glob_program *p;
	const uint32_t *s;
	size_t len;
	uint8_t *known;             /* negations * (len + 1): 0 not asked, 1 does not match, 2 matches */
	uint64_t *steps;
};

/* The states a position is in: a list in which each step stands once, and room to work. */
struct states {
	uint32_t *list, *stack, *seen;      /* seen[step] == mark: is in the list */
	size_t count;
	uint32_t mark;
};

static bool run_from(struct run *r, uint32_t start, size_t from);

static bool negated_matches(struct run *r, const struct glob_step *not, size_t i)
{
	assert(r->known);       /* there is a negation, so there is room for its answers */
	uint8_t *known = &r->known[not->c * (r->len + 1) + i];

	if (*known == 0)
		*known = run_from(r, not->a, i) ? 2 : 1;
	return *known == 2;
}

/* Adds the step and what it reaches without a character. True when the end is accepted here. */
static bool add(struct run *r, struct states *now, uint32_t step, size_t i)
{
	size_t depth = 0;

	now->stack[depth++] = step;
	while (depth > 0) {
		uint32_t at = now->stack[--depth];
		if (now->seen[at] == now->mark)
			continue;
		now->seen[at] = now->mark;
		(*r->steps)++;
		const struct glob_step *k = &r->p->steps[at];
		switch ((enum glob_op)k->op) {
		case GLOB_SPLIT:
			now->stack[depth++] = k->b;
			now->stack[depth++] = k->a;
			break;
		case GLOB_JUMP:
			now->stack[depth++] = k->a;
			break;
		case GLOB_NOT:
			if (!negated_matches(r, k, i))
				now->stack[depth++] = k->b;
			break;
		case GLOB_AT_END:
			if (i == r->len)
				now->stack[depth++] = at + 1;
			break;
		case GLOB_ACCEPT:
			if (i == r->len)
				return true;
			break;
		case GLOB_CHAR:
		case GLOB_ANY:
		case GLOB_SET:
			now->list[now->count++] = at;
			break;
		case GLOB_FAIL:
			break;
		}
	}
	return false;
}

static bool takes(const struct glob_program *p, const struct glob_step *k, uint32_t ch)
{
	if (k->op == GLOB_CHAR)
		return k->a == ch;
	return k->op == GLOB_ANY || glob_class_has(p->classes[k->a], ch);
}

static bool run_from(struct run *r, uint32_t start, size_t from)
{
	size_t n = r->p->count;
	uint32_t *room = xcalloc(5 * n + 2, sizeof *room);
	struct states now = { .list = room, .seen = room + n, .stack = room + 3 * n, .mark = 1 };
	uint32_t *before = room + 2 * n;
	bool accepted = add(r, &now, start, from);

	for (size_t i = from; i < r->len && now.count > 0 && !accepted; i++) {
		uint32_t *list = now.list;
		size_t count = now.count;
		now.list = before;
		now.count = 0;
		now.mark++;
		before = list;
		for (size_t k = 0; k < count && !accepted; k++) {
			(*r->steps)++;
			if (takes(r->p, &r->p->steps[list[k]], r->s[i]))
				accepted = add(r, &now, list[k] + 1, i + 1);
		}
	}
	free(room);
	return accepted;
}

bool glob_run(const struct glob_program *p, const uint32_t *s, size_t len, uint64_t *steps)
{
	struct run r = { .p = p, .s = s, .len = len, .steps = steps };

	r.known = p->negations ? xcalloc(p->negations, len + 1) : NULL;
	bool matches = run_from(&r, 0, 0);
	free(r.known);
	return matches;
}
