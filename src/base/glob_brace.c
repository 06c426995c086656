#include "base/glob_brace.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 100
#define MAX_TOKENS ((size_t)4 * 1024 * 1024)
#define ESCAPED 0x100           /* a byte that had a backslash: never a brace, a comma or a dot of the syntax */

/* A pattern in work: one token a byte. */
struct text {
	const uint16_t *t;
	size_t len;
};

struct list {
	struct text *items;
	size_t count, cap;
};

struct expansion {
	struct arena *mem;
	size_t tokens;              /* built so far: bounds time and memory */
	bool over;
};

struct group {
	size_t open, close;
};

void glob_strings_add(struct glob_strings *s, const char *text, struct arena *mem)
{
	if (s->count == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 8;
		const char **items = arena_alloc(mem, cap * sizeof *items);
		if (s->count)
			memcpy(items, s->items, s->count * sizeof *items);
		s->items = items;
		s->cap = cap;
	}
	s->items[s->count++] = text;
}

static void list_add(struct expansion *x, struct list *l, struct text t)
{
	if (l->count >= GLOB_ALTERNATIVES || x->tokens > MAX_TOKENS) {
		x->over = true;
		return;
	}
	l->items = vec_grow(l->items, &l->cap, l->count + 1, sizeof t);
	l->items[l->count++] = t;
}

static struct text slice(struct text s, size_t from, size_t to)
{
	return (struct text){ s.t + from, to - from };
}

static struct text join(struct expansion *x, struct text a, struct text b)
{
	size_t len = a.len + b.len;
	uint16_t *t = arena_alloc(x->mem, (len + 1) * sizeof *t);

	x->tokens += len;
	if (a.len)
		memcpy(t, a.t, a.len * sizeof *t);
	if (b.len)
		memcpy(t + a.len, b.t, b.len * sizeof *t);
	return (struct text){ t, len };
}

/* The leftmost brace that has a partner. */
static bool find_group(struct text s, struct group *g)
{
	size_t *open = xmalloc((s.len + 1) * sizeof *open), depth = 0;
	bool found = false;

	for (size_t i = 0; i < s.len && !(found && depth == 0); i++) {
		if (s.t[i] == '{') {
			open[depth++] = i;
		} else if (s.t[i] == '}' && depth > 0) {
			depth--;
			if (!found || open[depth] < g->open)
				*g = (struct group){ open[depth], i };
			found = true;
		}
	}
	free(open);
	return found;
}

static bool has_comma(struct text s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.t[i] == ',')
			return true;
	return false;
}

/* "{a},b}": is there a comma, not followed by another, with a closing brace after it on its line? */
static bool comma_set_follows(struct text s)
{
	bool close = false;

	for (size_t i = s.len; i-- > 0;) {
		if (s.t[i] == '}')
			close = true;
		else if (s.t[i] == '\n' || s.t[i] == '\r')
			close = false;
		else if (s.t[i] == ',' && close && s.t[i + 1] != ',')
			return true;
	}
	return false;
}

/* Every acc + pre + value; empty ones are left out when asked. */
static struct list combine(struct expansion *x, struct list acc, struct text pre, struct list values, bool drop_empty)
{
	struct list out = { NULL, 0, 0 };

	for (size_t a = 0; a < acc.count && !x->over; a++) {
		struct text head = join(x, acc.items[a], pre);
		for (size_t v = 0; v < values.count && !x->over; v++)
			if (!drop_empty || head.len + values.items[v].len > 0)
				list_add(x, &out, join(x, head, values.items[v]));
	}
	free(acc.items);
	return out;
}

static struct list combine_one(struct expansion *x, struct list acc, struct text tail, bool drop_empty)
{
	struct text nothing = { tail.t, 0 };
	struct list one = { &nothing, 1, 1 };

	return combine(x, acc, tail, one, drop_empty);
}

/* One bound of a sequence: its length, or 0 when it is none. */
static size_t number_length(const char *s)
{
	size_t sign = *s == '-', digits = strspn(s + sign, "0123456789");

	return digits ? sign + digits : 0;
}

struct sequence {
	long long from, to, step;
	size_t width;               /* pad with zeros to this; 0 = do not pad */
	bool letters;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_padded(const char *s)
{
	s += *s == '-';
	return s[0] == '0' && s[1] >= '0' && s[1] <= '9';
}

/* "1..5", "05..-3..2", "a..e". Numbers of more than 15 digits are no sequence. */
static bool parse_sequence(struct text body, struct sequence *q)
{
	char s[64];
	size_t n[3] = { 0, 0, 0 };

	if (body.len < 4 || body.len >= sizeof s)
		return false;
	for (size_t i = 0; i < body.len; i++) {
		if (body.t[i] & ESCAPED)
			return false;
		s[i] = (char)body.t[i];
	}
	s[body.len] = '\0';
	q->letters = is_letter(s[0]) && s[1] == '.';
	n[0] = q->letters ? 1 : number_length(s);
	if (!n[0] || n[0] > 15 || strncmp(s + n[0], "..", 2) != 0)
		return false;
	const char *to = s + n[0] + 2, *step = NULL;
	n[1] = q->letters ? is_letter(*to) : number_length(to);
	if (!n[1] || n[1] > 15)
		return false;
	if (to[n[1]] != '\0') {
		step = to + n[1] + 2;
		if (strncmp(to + n[1], "..", 2) != 0 || !(n[2] = number_length(step)) || step[n[2]] || n[2] > 15)
			return false;
	}
	q->from = q->letters ? s[0] : strtoll(s, NULL, 10);
	q->to = q->letters ? *to : strtoll(to, NULL, 10);
	q->step = step ? llabs(strtoll(step, NULL, 10)) : 1;
	if (q->step < 1)
		q->step = 1;
	q->width = is_padded(s) || is_padded(to) || (step && is_padded(step)) ? (n[0] > n[1] ? n[0] : n[1]) : 0;
	return true;
}

static struct text tokens(struct expansion *x, const char *s)
{
	size_t len = strlen(s);
	uint16_t *t = arena_alloc(x->mem, (len + 1) * sizeof *t);

	for (size_t i = 0; i < len; i++)
		t[i] = (unsigned char)s[i];
	return (struct text){ t, len };
}

static struct list run_sequence(struct expansion *x, const struct sequence *q)
{
	struct list out = { NULL, 0, 0 };
	long long step = q->to < q->from ? -q->step : q->step;
	char s[32];

	for (long long i = q->from; (step > 0 ? i <= q->to : i >= q->to) && !x->over; i += step) {
		if (q->letters)
			snprintf(s, sizeof s, "%.*s", i != '\\', (char[]){ (char)i, '\0' });
		else
			snprintf(s, sizeof s, "%0*lld", (int)q->width, i);
		list_add(x, &out, tokens(x, s));
	}
	return out;
}

static struct list expand(struct expansion *x, struct text s, bool top, unsigned depth);

/* The members of a comma set, not yet expanded. A set's body is balanced. */
static struct list split_commas(struct expansion *x, struct text body)
{
	struct list out = { NULL, 0, 0 };
	size_t start = 0, depth = 0;

	for (size_t i = 0; i <= body.len; i++) {
		if (i == body.len || (body.t[i] == ',' && depth == 0)) {
			list_add(x, &out, slice(body, start, i));
			start = i + 1;
		} else if (body.t[i] == '{') {
			depth++;
		} else if (body.t[i] == '}') {
			depth--;
		}
	}
	return out;
}

/* "x{{a,b}}y": the only member is expanded, and its results wear the braces again. */
static void embrace(struct expansion *x, struct list *members, unsigned depth)
{
	static const uint16_t braces[] = { '{', '}' };
	struct list inner = expand(x, members->items[0], false, depth + 1);

	for (size_t i = 0; i < inner.count; i++)
		inner.items[i] = join(x, join(x, (struct text){ braces, 1 }, inner.items[i]), (struct text){ braces + 1, 1 });
	free(members->items);
	*members = inner;
}

static struct list set_values(struct expansion *x, struct text body, unsigned depth)
{
	struct list members = split_commas(x, body), out = { NULL, 0, 0 };

	if (members.count == 1) {
		embrace(x, &members, depth);
		if (members.count == 1)
			return members;
	}
	for (size_t i = 0; i < members.count && !x->over; i++) {
		struct list each = expand(x, members.items[i], false, depth + 1);
		for (size_t k = 0; k < each.count; k++)
			list_add(x, &out, each.items[k]);
		free(each.items);
	}
	free(members.items);
	return out;
}

struct cursor {
	struct text rest;           /* not yet read */
	struct list acc;            /* what is before it, in all combinations */
	bool top, first, drop;
};

/* One group; false when the rest is literal (and in acc). */
static bool expand_group(struct expansion *x, struct cursor *c, struct group g, unsigned depth)
{
	struct text body = slice(c->rest, g.open + 1, g.close), post = slice(c->rest, g.close + 1, c->rest.len);
	struct sequence q;

	if (g.open > 0 && c->rest.t[g.open - 1] == '$') {
		c->acc = combine_one(x, c->acc, slice(c->rest, 0, g.close + 1), c->drop && !post.len);
		c->first = false;
		c->rest = post;
		return true;
	}
	bool sequence = parse_sequence(body, &q);
	if (!sequence && !has_comma(body)) {
		if (!comma_set_follows(post)) {
			c->acc = combine_one(x, c->acc, c->rest, c->drop);
			return false;
		}
		uint16_t *t = arena_alloc(x->mem, c->rest.len * sizeof *t);
		x->tokens += c->rest.len;
		memcpy(t, c->rest.t, c->rest.len * sizeof *t);
		t[g.close] |= ESCAPED;
		c->rest.t = t;
		c->top = true;
		return true;
	}
	if (c->first)
		c->drop = c->top && !sequence;
	c->first = false;
	struct list values = sequence ? run_sequence(x, &q) : set_values(x, body, depth);
	c->acc = combine(x, c->acc, slice(c->rest, 0, g.open), values, c->drop && !post.len);
	free(values.items);
	c->rest = post;
	return true;
}

static struct list expand(struct expansion *x, struct text s, bool top, unsigned depth)
{
	struct cursor c = { .rest = s, .top = top, .first = true };
	struct group g = { 0, 0 };

	list_add(x, &c.acc, (struct text){ s.t, 0 });
	while (!x->over) {
		x->over = depth > MAX_DEPTH || x->tokens > MAX_TOKENS;
		if (!find_group(c.rest, &g)) {
			c.acc = combine_one(x, c.acc, c.rest, c.drop);
			break;
		}
		if (!expand_group(x, &c, g, depth) || c.rest.len == 0)
			break;
	}
	return c.acc;
}

/* A brace, and a closing one after it on the same line with no other opening one between. */
static bool needs_expansion(const char *pattern)
{
	bool open = false;

	for (const char *p = pattern; *p; p++) {
		if (*p == '{')
			open = true;
		else if (*p == '\n' || *p == '\r')
			open = false;
		else if (*p == '}' && open)
			return true;
	}
	return false;
}

static struct text escape(struct expansion *x, const char *pattern)
{
	struct text s = tokens(x, pattern);
	uint16_t *t = arena_alloc(x->mem, (s.len + 1) * sizeof *t);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.t[i] == '\\' && i + 1 < s.len && strchr("\\{},.", s.t[i + 1]))
			t[n++] = s.t[++i] | ESCAPED;
		else
			t[n++] = s.t[i];
	}
	if (n >= 2 && t[0] == '{' && t[1] == '}') {
		t[0] |= ESCAPED;
		t[1] |= ESCAPED;
	}
	return (struct text){ t, n };
}

static const char *unescape(struct expansion *x, struct text s)
{
	char *out = arena_bytes(x->mem, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		out[i] = (char)(s.t[i] & 0xFF);
	out[s.len] = '\0';
	return out;
}

int glob_braces(struct glob_strings *out, const char *pattern, struct arena *mem, struct fail *f)
{
	struct expansion x = { .mem = mem };

	if (!needs_expansion(pattern)) {
		glob_strings_add(out, pattern, mem);
		return 0;
	}
	struct list all = expand(&x, escape(&x, pattern), true, 0);
	for (size_t i = 0; i < all.count && !x.over; i++)
		glob_strings_add(out, unescape(&x, all.items[i]), mem);
	free(all.items);
	if (x.over || out->count > GLOB_ALTERNATIVES)
		return fail_set(f, FAIL_CONFIG, "braces expand to more than %d alternatives", GLOB_ALTERNATIVES);
	return 0;
}
