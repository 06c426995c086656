#include "base/glob_part.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob_parse.h"
#include "base/glob_program.h"
#include "base/utf8.h"

/* The shapes that nearly all parts have are told without running a program. What stands behind a star or question marks
 * is then compared as it is, backslashes included, as minimatch does. */
enum shape { LITERAL, GLOBSTAR, STAR, SUFFIX, MARKS, DOTTED, LEADING_DOT, PROGRAM };

struct glob_part {
	enum shape shape;
	const char *text;           /* LITERAL; the suffix of SUFFIX and MARKS */
	size_t len;
	size_t units;               /* MARKS: length in UTF-16 units */
	struct glob_program program;
};

/* Characters as JavaScript counts them: UTF-16 units, or code points. A byte that is no UTF-8 counts as one. Returns
 * the count; out has room for len. */
static size_t decode(uint32_t *out, const char *s, size_t len, bool code_points)
{
	size_t n = 0, used;
	uint32_t cp;

	for (size_t i = 0; i < len; i += used) {
		used = utf8_decode(s + i, len - i, &cp);
		if (used == 0) {
			used = 1;
			cp = 0xDC00U + (unsigned char)s[i];
		}
		if (cp >= 0x10000 && !code_points) {
			out[n++] = 0xD800 + ((cp - 0x10000) >> 10);
			cp = 0xDC00 + ((cp - 0x10000) & 0x3FF);
		}
		out[n++] = cp;
	}
	return n;
}

static size_t count_units(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		n += (c & 0xC0) != 0x80;
		n += c >= 0xF0;
	}
	return n;
}

/* ^c+([^+@!?*[(]*)$: text that begins with c and goes on without anything special. */
static const char *plain_behind(const char *text, char c)
{
	const char *rest = text + strspn(text, (char[]){ c, '\0' });

	return rest > text && rest[strcspn(rest, "+@!?*[(")] == '\0' ? rest : NULL;
}

static enum shape shape_of(const char *text, const char **suffix)
{
	const char *behind = text + strspn(text, "*");

	*suffix = "";
	if (strcmp(text, "**") == 0)
		return GLOBSTAR;
	if (behind > text && *behind == '\0')
		return STAR;
	if ((*suffix = plain_behind(text, '*')))
		return SUFFIX;
	if ((*suffix = plain_behind(text, '?')))
		return MARKS;
	*suffix = "";
	bool dot_and_stars = *behind == '.' && behind[1] == '*' && behind[1 + strspn(behind + 1, "*")] == '\0';
	if (dot_and_stars)
		return behind > text ? DOTTED : LEADING_DOT;
	return PROGRAM;
}

static int compile(struct glob_program *p, const char *text, size_t len, bool code_points, struct arena *mem,
                   struct fail *f)
{
	uint32_t *s = arena_alloc(mem, (len + 1) * sizeof *s);
	struct glob_tree tree;

	*p = (struct glob_program){ .unicode = false };
	glob_parse(&tree, s, decode(s, text, len, code_points), mem);
	if (!tree.too_big)
		glob_compile(p, &tree, mem);
	if (tree.too_big || p->too_big)
		return fail_set(f, FAIL_CONFIG, "the pattern is too complicated");
	return 0;
}

/* Without magic the program is a row of characters: compared as bytes. */
static void become_literal(struct glob_part *p, struct arena *mem)
{
	const struct glob_program *g = &p->program;
	char *text = arena_bytes(mem, 4 * g->count + 1);
	size_t n = 0;

	for (size_t i = 0; i < g->count && g->steps[i].op == GLOB_CHAR; i++) {
		uint32_t c = g->steps[i].a, next = g->steps[i + 1].a;
		if (c >= 0xD800 && c < 0xDC00) {
			n += utf8_encode(text + n, 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00));
			i++;
		} else if (c >= 0xDC80 && c <= 0xDCFF) {
			text[n++] = (char)(c - 0xDC00);
		} else {
			n += utf8_encode(text + n, c);
		}
	}
	text[n] = '\0';
	p->shape = LITERAL;
	p->text = text;
	p->len = n;
}

int glob_part_new(struct glob_part **out, const char *text, struct arena *mem, struct fail *f)
{
	struct glob_part *p = arena_alloc(mem, sizeof *p);
	const char *suffix;

	p->shape = shape_of(text, &suffix);
	if (p->shape == PROGRAM) {
		/* Counts in UTF-16 units, but for classes that need Unicode's categories. */
		if (compile(&p->program, text, strlen(text), false, mem, f) < 0)
			return -1;
		if (p->program.unicode && compile(&p->program, text, strlen(text), true, mem, f) < 0)
			return -1;
		if (!p->program.magic)
			become_literal(p, mem);
	} else {
		p->text = arena_strdup(mem, suffix);
		p->len = strlen(suffix);
		p->units = count_units(text, strlen(text));
	}
	*out = p;
	return 0;
}

bool glob_part_is_globstar(const struct glob_part *p)
{
	return p->shape == GLOBSTAR;
}

static bool run(const struct glob_program *p, const char *s, size_t len, uint64_t *steps)
{
	uint32_t few[256], *text = len <= 256 ? few : xmalloc(len * sizeof *text);
	bool matches = glob_run(p, text, decode(text, s, len, p->unicode), steps);

	if (text != few)
		free(text);
	return matches;
}

static bool is_dots(const char *s, size_t len)
{
	return len > 0 && len <= 2 && s[0] == '.' && s[len - 1] == '.';
}

static bool ends_in(const struct glob_part *p, const char *s, size_t len)
{
	return len >= p->len && memcmp(s + len - p->len, p->text, p->len) == 0;
}

bool glob_part_match(const struct glob_part *p, const char *s, size_t len, uint64_t *steps)
{
	(*steps)++;
	switch (p->shape) {
	case LITERAL:
		return len == p->len && memcmp(s, p->text, len) == 0;
	case GLOBSTAR:
		return true;
	case STAR:
		return len > 0 && !is_dots(s, len);
	case SUFFIX:
		return ends_in(p, s, len);
	case MARKS:
		return ends_in(p, s, len) && !is_dots(s, len) && count_units(s, len) == p->units;
	case DOTTED:
		return memchr(s, '.', len) != NULL && !is_dots(s, len);
	case LEADING_DOT:
		return len > 0 && s[0] == '.' && !is_dots(s, len);
	case PROGRAM:
		break;
	}
	return run(&p->program, s, len, steps);
}
