#include "target/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/utf8.h"

struct choosing {
	const struct target_list *list;
	struct arena *mem;
	bool *wanted;                   /* beside list->items */
	bool **sites;                   /* NULL = all places, else which ones were named */
};

static int unknown(const char *what, const char *word, const char *const *names, size_t count, struct fail *f)
{
	struct strbuf shown = STRBUF_INIT;
	const char *near = utf8_nearest(word, names, count);

	strbuf_addescaped(&shown, word, strlen(word));
	if (strpbrk(word, "*?[{"))
		fail_set(f, FAIL_USAGE, "no %s matches \"%s\"", what, shown.buf);
	else
		fail_set(f, FAIL_USAGE, "there is no %s \"%s\"", what, shown.buf);
	strbuf_clear(&shown);
	return near ? fail_hint(f, "did you mean \"%s\"?", near) : -1;
}

static const char *const *target_names(const struct choosing *c)
{
	const char **names = arena_alloc(c->mem, (c->list->count + 1) * sizeof *names);

	for (size_t i = 0; i < c->list->count; i++)
		names[i] = c->list->items[i].name;
	return names;
}

static void name_site(struct choosing *c, size_t target, size_t place)
{
	const struct target *t = &c->list->items[target];

	if (!c->wanted[target]) {
		c->wanted[target] = true;
		c->sites[target] = arena_alloc(c->mem, t->place_count * sizeof **c->sites);
	}
	if (c->sites[target])
		c->sites[target][place] = true;
}

/* A target's name or a place's; the number of hits. */
static size_t match_word(struct choosing *c, const char *word, const struct glob *g)
{
	size_t hits = 0;

	for (size_t i = 0; i < c->list->count; i++) {
		const struct target *t = &c->list->items[i];

		if (glob_match(g, t->name) || strcmp(word, t->name) == 0) {
			c->wanted[i] = true;
			c->sites[i] = NULL;
			hits++;
			continue;
		}
		for (size_t k = 0; strchr(word, '/') && k < t->place_count; k++) {
			if (!glob_match(g, t->places[k]) && strcmp(word, t->places[k]) != 0)
				continue;
			name_site(c, i, k);
			hits++;
		}
	}
	return hits;
}

static int choose_word(struct choosing *c, const char *word, struct fail *f)
{
	struct fail why = FAIL_INIT;
	struct glob *g = NULL;
	size_t hits;

	if (glob_new(&g, word, &why) < 0)
		return fail_set(f, FAIL_USAGE, "%s", why.text);
	hits = match_word(c, word, g);
	glob_free(g);
	return hits ? 0 : unknown("target", word, target_names(c), c->list->count, f);
}

static bool has_tag(const struct target *t, const char *tag)
{
	for (size_t i = 0; i < t->tag_count; i++)
		if (strcmp(t->tags[i], tag) == 0)
			return true;
	return false;
}

/* Cuts "a,b,c"; empty parts are dropped. */
static const char **split(const char *text, size_t *count, struct arena *mem)
{
	const char **parts = arena_alloc(mem, (strlen(text) / 2 + 2) * sizeof *parts);

	*count = 0;
	while (*text) {
		size_t n = strcspn(text, ",");

		if (n)
			parts[(*count)++] = arena_strndup(mem, text, n);
		text += n + (text[n] == ',');
	}
	return parts;
}

static int check_tag(const struct choosing *c, const char *tag, struct fail *f)
{
	const char **known;
	size_t room = 1, n = 0;

	for (size_t i = 0; i < c->list->count; i++) {
		if (has_tag(&c->list->items[i], tag))
			return 0;
		room += c->list->items[i].tag_count;
	}
	known = arena_alloc(c->mem, room * sizeof *known);
	for (size_t i = 0; i < c->list->count; i++)
		for (size_t k = 0; k < c->list->items[i].tag_count; k++)
			known[n++] = c->list->items[i].tags[k];
	return unknown("tag", tag, known, n, f);
}

static bool has_all(const struct target *t, const char **tags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!has_tag(t, tags[i]))
			return false;
	return true;
}

static int keep_tagged(struct choosing *c, const struct selection *s, struct fail *f)
{
	bool *tagged = arena_alloc(c->mem, (c->list->count + 1) * sizeof *tagged);

	for (size_t k = 0; k < s->tag_count; k++) {
		size_t count;
		const char **tags = split(s->tags[k], &count, c->mem);

		if (count == 0)
			return fail_set(f, FAIL_USAGE, "--tag needs a tag");
		for (size_t i = 0; i < count; i++)
			if (check_tag(c, tags[i], f) < 0)
				return -1;
		for (size_t i = 0; i < c->list->count; i++)
			tagged[i] |= has_all(&c->list->items[i], tags, count);
	}
	for (size_t i = 0; s->tag_count && i < c->list->count; i++)
		c->wanted[i] = c->wanted[i] && tagged[i];
	return 0;
}

static int drop_excepted(struct choosing *c, const struct selection *s, struct fail *f)
{
	size_t n = c->list->count;
	struct choosing x = { .list = c->list, .mem = c->mem };

	x.wanted = arena_alloc(c->mem, (n + 1) * sizeof *x.wanted);
	x.sites = arena_alloc(c->mem, (n + 1) * sizeof *x.sites);
	for (size_t k = 0; k < s->except_count; k++) {
		size_t count;
		const char **words = split(s->except[k], &count, c->mem);

		for (size_t i = 0; i < count; i++)
			if (choose_word(&x, words[i], f) < 0)
				return -1;
	}
	for (size_t i = 0; i < n; i++) {
		const struct target *t = &c->list->items[i];
		size_t left = 0;

		if (!x.wanted[i] || !c->wanted[i])
			continue;
		for (size_t k = 0; x.sites[i] && k < t->place_count; k++) {
			bool keep = !x.sites[i][k] && (!c->sites[i] || c->sites[i][k]);

			x.sites[i][k] = keep;
			left += keep;
		}
		c->wanted[i] = left > 0;
		c->sites[i] = x.sites[i];
	}
	return 0;
}

/* A target of which only some places were named is a copy with those. */
static const struct target *narrowed(const struct choosing *c, size_t i)
{
	const struct target *t = &c->list->items[i];
	struct target *copy;
	const char **places;

	if (!c->sites[i])
		return t;
	copy = arena_memdup(c->mem, t, sizeof *t);
	copy->places = places = arena_alloc(c->mem, (t->place_count + 1) * sizeof *places);
	copy->place_count = 0;
	for (size_t k = 0; k < t->place_count; k++)
		if (c->sites[i][k])
			places[copy->place_count++] = t->places[k];
	return copy;
}

int select_targets(const struct target ***out, size_t *count, const struct target_list *list, const struct selection *s,
                   struct arena *mem, struct fail *f)
{
	struct choosing c = { .list = list, .mem = mem };

	*count = 0;
	c.wanted = arena_alloc(mem, (list->count + 1) * sizeof *c.wanted);
	c.sites = arena_alloc(mem, (list->count + 1) * sizeof *c.sites);
	for (size_t i = 0; i < list->count; i++)
		c.wanted[i] = s->name_count == 0;
	for (size_t i = 0; i < s->name_count; i++)
		if (choose_word(&c, s->names[i], f) < 0)
			return -1;
	if (keep_tagged(&c, s, f) < 0 || drop_excepted(&c, s, f) < 0)
		return -1;
	*out = arena_alloc(mem, (list->count + 1) * sizeof **out);
	for (size_t i = 0; i < list->count; i++)
		if (c.wanted[i])
			(*out)[(*count)++] = narrowed(&c, i);
	if (*count == 0)
		return fail_set(f, FAIL_USAGE, list->count ? "no target is left by this selection" :
		                "there are no targets here");
	return 0;
}
