#include "base/glob_class.h"

#include <string.h>

#include "base/utf8.h"

/* Names in a row: categories that the class has (or lacks, with absent), then plain ranges. */
struct posix {
	const char *name;
	bool unicode, absent;
	const char *categories[5];
	struct glob_range ranges[4];
};

static const struct posix classes[] = {
	{ "[:alnum:]", true, false, { "L", "Nl", "Nd" }, { { 0 } } },
	{ "[:alpha:]", true, false, { "L", "Nl" }, { { 0 } } },
	{ "[:ascii:]", false, false, { NULL }, { { 0, 0x7F } } },
	{ "[:blank:]", true, false, { "Zs" }, { { '\t', '\t' } } },
	{ "[:cntrl:]", true, false, { "Cc" }, { { 0 } } },
	{ "[:digit:]", true, false, { "Nd" }, { { 0 } } },
	{ "[:graph:]", true, true, { "Z", "C" }, { { 0 } } },
	{ "[:lower:]", true, false, { "Ll" }, { { 0 } } },
	{ "[:print:]", true, false, { "C" }, { { 0 } } },       /* the wrong way round in minimatch 9, so here */
	{ "[:punct:]", true, false, { "P" }, { { 0 } } },
	{ "[:space:]", true, false, { "Z" }, { { '\t', '\r' } } },
	{ "[:upper:]", true, false, { "Lu" }, { { 0 } } },
	{ "[:word:]", true, false, { "L", "Nl", "Nd", "Pc" }, { { 0 } } },
	{ "[:xdigit:]", false, false, { NULL }, { { 'A', 'F' }, { 'a', 'f' }, { '0', '9' } } },
};

struct reader {
	struct glob_class *c;
	const uint32_t *s;
	size_t len, i;
	size_t singles, parts;          /* one-character parts; parts of any kind */
	bool in_range, unicode;
	uint32_t low;
};

static bool is_at(const struct reader *r, size_t i, const char *text)
{
	for (; *text; text++, i++)
		if (i >= r->len || r->s[i] != (unsigned char)*text)
			return false;
	return true;
}

static void add_range(struct reader *r, uint32_t low, uint32_t high)
{
	r->c->ranges[r->c->range_count++] = (struct glob_range){ low, high };
}

static const struct posix *posix_at(const struct reader *r)
{
	for (size_t k = 0; k < sizeof classes / sizeof *classes; k++)
		if (is_at(r, r->i, classes[k].name))
			return &classes[k];
	return NULL;
}

static void add_name(const char **names, size_t *count, size_t cap, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(names[i], name) == 0)
			return;
	if (*count < cap)
		names[(*count)++] = name;
}

static void add_posix(struct reader *r, const struct posix *p)
{
	struct glob_class *c = r->c;

	for (size_t k = 0; p->categories[k]; k++) {
		if (p->absent)
			add_name(c->absent, &c->absent_count, sizeof c->absent / sizeof *c->absent, p->categories[k]);
		else
			add_name(c->categories, &c->category_count, sizeof c->categories / sizeof *c->categories, p->categories[k]);
	}
	for (size_t k = 0; p->ranges[k].high; k++)
		add_range(r, p->ranges[k].low, p->ranges[k].high);
	r->parts++;
	r->unicode = r->unicode || p->unicode;
	r->i += strlen(p->name);
}

/* One ordinary character: the end of a range, the start of one, or itself. */
static void add_character(struct reader *r)
{
	uint32_t ch = r->s[r->i];

	if (r->in_range) {
		/* A range that runs backwards is left out; the rest of the class still counts. */
		if (ch >= r->low) {
			add_range(r, r->low, ch);
			r->parts++;
			r->singles += ch == r->low;
		}
		r->in_range = false;
		r->i++;
	} else if (is_at(r, r->i + 1, "-]")) {
		add_range(r, ch, ch);
		add_range(r, '-', '-');
		r->parts++;
		r->i += 2;
	} else if (is_at(r, r->i + 1, "-")) {
		r->in_range = true;
		r->low = ch;
		r->i += 2;
	} else {
		add_range(r, ch, ch);
		r->parts++;
		r->singles++;
		r->i++;
	}
}

/* 1 at the closing bracket, 0 when there is none, -1 for a class that poisons the part. */
static int read_class(struct reader *r)
{
	bool started = false, escaping = false;

	while (r->i < r->len) {
		uint32_t ch = r->s[r->i];
		if ((ch == '!' || ch == '^') && r->i == 1) {
			r->c->negate = true;
			r->i++;
			continue;
		}
		if (ch == ']' && started && !escaping)
			return 1;
		started = true;
		if (ch == '\\' && !escaping) {
			escaping = true;
			r->i++;
			continue;
		}
		const struct posix *p = ch == '[' && !escaping ? posix_at(r) : NULL;
		if (p && r->in_range)
			return -1;
		if (p) {
			add_posix(r, p);
			continue;
		}
		escaping = false;
		add_character(r);
	}
	return 0;
}

enum glob_class_kind glob_class_parse(struct glob_class *c, const uint32_t *s, size_t len, size_t *used,
	uint32_t *literal,
                                      bool *unicode, struct arena *mem)
{
	struct reader r = { .c = c, .s = s, .len = len, .i = 1 };

	*c = (struct glob_class){ .negate = false };
	c->ranges = arena_alloc(mem, (2 * len + 8) * sizeof *c->ranges);
	int found = read_class(&r);
	if (found == 0)
		return GLOB_CLASS_NONE;
	if (found < 0 || (r.parts == 0)) {
		*used = len;
		return GLOB_CLASS_NEVER;
	}
	*used = r.i + 1;
	if (r.parts == 1 && r.singles == 1 && !c->negate) {
		*literal = c->ranges[0].low;
		return GLOB_CLASS_LITERAL;
	}
	*unicode = *unicode || r.unicode;
	return GLOB_CLASS_SET;
}

static bool in_categories(const char *const *names, size_t count, uint32_t ch)
{
	const char *category = count ? utf8_category(ch) : NULL;

	for (size_t i = 0; i < count; i++)
		if (strncmp(category, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

bool glob_class_has(const struct glob_class *c, uint32_t ch)
{
	bool positive = c->range_count + c->category_count > 0;
	bool has = in_categories(c->categories, c->category_count, ch);

	for (size_t i = 0; i < c->range_count && !has; i++)
		has = ch >= c->ranges[i].low && ch <= c->ranges[i].high;
	if (positive && has != c->negate)
		return true;
	return c->absent_count > 0 && in_categories(c->absent, c->absent_count, ch) == c->negate;
}
