#include "base/glob.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob_brace.h"
#include "base/glob_part.h"
#include "base/mem.h"

#define MAX_PATTERN 4096
#define FEW_PARTS 64

/* One alternative of the braces: its path parts. */
struct row {
	struct glob_part **parts;
	size_t count;
	bool hides_below;           /* ended in a globstar as it was written */
};

struct glob {
	char *text;
	struct row *rows;
	size_t count, cap;
	struct arena mem;
};

/* Parts of a pattern before they are compiled. */
struct words {
	const char **v;
	size_t n;
};

struct span {
	const char *s;
	size_t len;
};

struct path {
	struct span few[FEW_PARTS], *parts;
	size_t count;
};

/* ---- compiling ---- */

/* Runs of slashes count as one. */
static struct words split_pattern(const char *pattern, struct arena *mem)
{
	struct words w = { arena_alloc(mem, (strlen(pattern) + 4) * sizeof(char *)), 0 };

	for (;;) {
		size_t len = strcspn(pattern, "/");
		w.v[w.n++] = arena_strndup(mem, pattern, len);
		pattern += len;
		if (*pattern == '\0')
			return w;
		pattern += strspn(pattern, "/");
	}
}

static void drop(struct words *w, size_t at, size_t count)
{
	memmove(w->v + at, w->v + at + count, (w->n - at - count) * sizeof(char *));
	w->n -= count;
}

static bool is(const struct words *w, size_t i, const char *text)
{
	return i < w->n && strcmp(w->v[i], text) == 0;
}

static bool is_name(const struct words *w, size_t i)
{
	return i < w->n && *w->v[i] && !is(w, i, ".") && !is(w, i, "..");
}

struct word_list {
	struct words *items;
	size_t count, cap;
};

/* Drops globstars that follow one; "a/<globstar>/../b/c" is "a/../b/c" or "a/<globstar>/b/c", the second of which is
 * added. */
static bool simplify_globstars(struct word_list *all, size_t row, struct arena *mem)
{
	struct words *w = &all->items[row];
	bool changed = false;

	for (size_t i = 0; i < w->n; i++) {
		if (!is(w, i, "**"))
			continue;
		while (is(w, i + 1, "**"))
			drop(w, i + 1, 1);
		if (!is(w, i + 1, "..") || !is_name(w, i + 2) || !is_name(w, i + 3))
			continue;
		changed = true;
		drop(w, i, 1);
		struct words other = { arena_alloc(mem, (w->n + 4) * sizeof(char *)), w->n };
		memcpy(other.v, w->v, w->n * sizeof(char *));
		other.v[i] = "**";
		all->items = vec_grow(all->items, &all->cap, all->count + 1, sizeof other);
		all->items[all->count++] = other;
		w = &all->items[row];
		i--;
	}
	return changed;
}

static bool simplify_dots(struct words *w)
{
	bool changed = false;

	for (size_t i = 1; i + 1 < w->n; i++) {
		if ((i == 1 && is(w, 0, "") && is(w, 1, "")) || !(is(w, i, ".") || is(w, i, "")))
			continue;
		drop(w, i--, 1);
		changed = true;
	}
	if (w->n == 2 && is(w, 0, ".") && (is(w, 1, ".") || is(w, 1, ""))) {
		w->n = 1;
		changed = true;
	}
	for (size_t i = 1; i < w->n; i++) {
		if (!is(w, i, "..") || !is_name(w, i - 1) || is(w, i - 1, "**"))
			continue;
		bool keep_dot = i == 1 && is(w, 2, "**");
		drop(w, i - 1, keep_dot ? 1 : 2);
		if (keep_dot)
			w->v[0] = ".";
		if (w->n == 0)
			w->v[w->n++] = "";
		i = i >= 2 ? i - 2 : 0;
		changed = true;
	}
	return changed;
}

/* Of "<globstar>/../x" each pass may double the rows; more than the alternatives allowed is refused by the caller. */
static void simplify(struct word_list *all, struct arena *mem)
{
	bool changed = true;

	while (changed && all->count <= GLOB_ALTERNATIVES) {
		changed = false;
		for (size_t i = 0; i < all->count && all->count <= GLOB_ALTERNATIVES; i++) {
			changed = simplify_globstars(all, i, mem) || changed;
			changed = simplify_dots(&all->items[i]) || changed;
		}
	}
}

static int add_row(struct glob *g, const struct words *w, bool hides_below, struct fail *f)
{
	struct row row = { arena_alloc(&g->mem, w->n * sizeof(struct glob_part *)), w->n, hides_below };

	for (size_t i = 0; i < w->n; i++)
		if (glob_part_new(&row.parts[i], w->v[i], &g->mem, f) < 0)
			return -1;
	g->rows = vec_grow(g->rows, &g->cap, g->count + 1, sizeof row);
	g->rows[g->count++] = row;
	return 0;
}

/* Braces, then parts, in their simplest form. */
static int read_words(struct word_list *out, const char *pattern, struct arena *mem, struct fail *f)
{
	struct glob_strings strings = { NULL, 0, 0 };

	*out = (struct word_list){ NULL, 0, 0 };
	if (glob_braces(&strings, pattern, mem, f) < 0)
		return -1;
	for (size_t i = 0; i < strings.count; i++) {
		out->items = vec_grow(out->items, &out->cap, out->count + 1, sizeof *out->items);
		out->items[out->count++] = split_pattern(strings.items[i], mem);
	}
	simplify(out, mem);
	if (out->count > GLOB_ALTERNATIVES)
		return fail_set(f, FAIL_CONFIG, "the pattern has more than %d alternatives", GLOB_ALTERNATIVES);
	return 0;
}

static const char *join_words(const struct words *w, struct arena *mem)
{
	size_t len = 1;

	for (size_t i = 0; i < w->n; i++)
		len += strlen(w->v[i]) + 1;
	char *text = arena_bytes(mem, len), *p = text;
	for (size_t i = 0; i < w->n; i++) {
		size_t n = strlen(w->v[i]);
		if (i > 0)
			*p++ = '/';
		memcpy(p, w->v[i], n);
		p += n;
	}
	*p = '\0';
	return text;
}

/* What the first reading gave is written out and read once more: that is how glob's ignore list comes by its
 * matchers. */
static int add_alternative(struct glob *g, struct words *w, struct arena *scratch, struct fail *f)
{
	struct word_list again;
	int rc = -1;

	while (w->n > 0 && is(w, 0, "."))
		drop(w, 0, 1);
	if (w->n == 0 || (w->n > 1 && is(w, 0, "")))
		return 0;
	bool hides_below = is(w, w->n - 1, "**");
	if (read_words(&again, join_words(w, scratch), scratch, f) < 0)
		goto out;
	for (size_t i = 0; i < again.count; i++) {
		if (g->count >= GLOB_ALTERNATIVES) {
			fail_set(f, FAIL_CONFIG, "braces expand to more than %d alternatives", GLOB_ALTERNATIVES);
			goto out;
		}
		if (add_row(g, &again.items[i], hides_below, f) < 0)
			goto out;
	}
	rc = 0;
out:
	free(again.items);
	return rc;
}

int glob_new(struct glob **out, const char *pattern, struct fail *f)
{
	struct arena scratch = ARENA_INIT;
	struct word_list all = { NULL, 0, 0 };

	if (strlen(pattern) > MAX_PATTERN)
		return fail_set(f, FAIL_CONFIG, "the pattern is longer than %d bytes", MAX_PATTERN);
	struct glob *g = xcalloc(1, sizeof *g);
	g->text = xstrdup(pattern);
	int rc = *pattern ? read_words(&all, pattern, &scratch, f) : 0;
	for (size_t i = 0; rc == 0 && i < all.count; i++)
		rc = add_alternative(g, &all.items[i], &scratch, f);
	free(all.items);
	arena_clear(&scratch);
	if (rc < 0) {
		glob_free(g);
		return -1;
	}
	*out = g;
	return 0;
}

void glob_free(struct glob *g)
{
	if (!g)
		return;
	free(g->rows);
	free(g->text);
	arena_clear(&g->mem);
	free(g);
}

const char *glob_text(const struct glob *g)
{
	return g->text;
}

/* ---- matching ---- */

/* The parts of path and, behind them and not counted, an empty one: the path with a slash added. */
static void path_init(struct path *p, const char *path)
{
	size_t slashes = 2;

	for (const char *s = path; (s = strchr(s, '/')); s++)
		slashes++;
	p->parts = slashes <= FEW_PARTS ? p->few : xmalloc(slashes * sizeof *p->parts);
	p->count = 0;
	for (;;) {
		size_t len = strcspn(path, "/");
		p->parts[p->count++] = (struct span){ path, len };
		path += len;
		if (*path == '\0')
			break;
		path += strspn(path, "/");
	}
	p->parts[p->count] = (struct span){ path, 0 };
}

static void path_clear(struct path *p)
{
	if (p->parts != p->few)
		free(p->parts);
}

/* A globstar takes any number of parts, at the end at least one. Only the last one passed need ever take more. */
static bool row_matches(const struct row *r, const struct span *parts, size_t count, uint64_t *steps)
{
	size_t pi = 0, fi = 0, star = SIZE_MAX, mark = 0;

	while (fi < count) {
		if (pi < r->count && glob_part_is_globstar(r->parts[pi])) {
			if (pi + 1 == r->count)
				return true;
			star = pi++;
			mark = fi;
		} else if (pi < r->count && glob_part_match(r->parts[pi], parts[fi].s, parts[fi].len, steps)) {
			pi++;
			fi++;
		} else if (star != SIZE_MAX) {
			pi = star + 1;
			fi = ++mark;
		} else {
			return false;
		}
	}
	return pi == r->count;
}

bool glob_match_counted(const struct glob *g, const char *path, uint64_t *steps)
{
	struct path p;
	bool matches = false;

	path_init(&p, path);
	for (size_t i = 0; i < g->count && !matches; i++)
		matches = row_matches(&g->rows[i], p.parts, p.count, steps) ||
			row_matches(&g->rows[i], p.parts, p.count + 1, steps);
	path_clear(&p);
	return matches;
}

bool glob_match(const struct glob *g, const char *path)
{
	uint64_t steps = 0;

	return glob_match_counted(g, path, &steps);
}

bool glob_prunes(const struct glob *g, const char *dir)
{
	uint64_t steps = 0;
	struct path p;
	bool prunes = false;

	path_init(&p, dir);
	for (size_t i = 0; i < g->count && !prunes; i++)
		prunes = g->rows[i].hides_below && (row_matches(&g->rows[i], p.parts, p.count, &steps) ||
			row_matches(&g->rows[i], p.parts, p.count + 1, &steps));
	path_clear(&p);
	return prunes;
}

bool glob_reaches(const struct glob *g, const char *dir)
{
	uint64_t steps = 0;
	struct path p;
	bool reaches = false;

	path_init(&p, dir);
	for (size_t i = 0; i < g->count && !reaches; i++) {
		const struct row *r = &g->rows[i];
		size_t k = 0;
		while (k < r->count && k < p.count && !glob_part_is_globstar(r->parts[k]) &&
		       glob_part_match(r->parts[k], p.parts[k].s, p.parts[k].len, &steps))
			k++;
		reaches = k < r->count && (k == p.count || glob_part_is_globstar(r->parts[k]));
	}
	path_clear(&p);
	return reaches;
}
