#include "cmd/opts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#define OPT_NUMBER_MAX 1000000

void strlist_add(struct strlist *l, const char *item)
{
	l->items = vec_grow(l->items, &l->cap, l->count + 1, sizeof(*l->items));
	l->items[l->count++] = item;
}

void strlist_clear(struct strlist *l)
{
	free(l->items);
	*l = (struct strlist){ NULL, 0, 0 };
}

struct parser {
	const struct opt_table *tables;
	size_t count;
	int argc, at;               /* at: the next argument to look at */
	char *const *argv;
	struct fail *f;
};

static bool takes_value(const struct opt_row *row)
{
	return row->kind != OPT_FLAG && row->kind != OPT_COUNT;
}

/* The option as the user knows it: "--env" or "-e". */
static void row_label(struct strbuf *out, const struct opt_row *row)
{
	if (row->name[0])
		strbuf_addf(out, "--%s", row->name);
	else
		strbuf_addf(out, "-%c", row->letter);
}

static int bad_value(struct parser *p, const struct opt_row *row, const char *value, const char *why)
{
	struct strbuf label = STRBUF_INIT, shown = STRBUF_INIT;
	row_label(&label, row);
	strbuf_addescaped(&shown, value, strlen(value));
	fail_set(p->f, FAIL_USAGE, "%s: \"%s\" %s", label.buf, shown.buf, why);
	strbuf_clear(&label);
	strbuf_clear(&shown);
	return -1;
}

static int store_number(struct parser *p, const struct opt_row *row, void *slot, const char *value)
{
	int n = 0;
	if (!value[0])
		return bad_value(p, row, value, "is not a number");
	for (const char *c = value; *c; c++) {
		if (*c < '0' || *c > '9')
			return bad_value(p, row, value, "is not a number");
		n = n * 10 + (*c - '0');
		if (n > OPT_NUMBER_MAX)
			return bad_value(p, row, value, "is too large");
	}
	*(int *)slot = n;
	return 0;
}

static int store_choice(struct parser *p, const struct opt_row *row, void *slot, const char *value)
{
	size_t len = strlen(value);
	int index = 0;
	for (const char *word = row->arg;; index++) {
		size_t n = strcspn(word, "|");
		if (n == len && memcmp(word, value, n) == 0) {
			*(int *)slot = index;
			return 0;
		}
		if (!word[n])
			break;
		word += n + 1;
	}
	struct strbuf why = STRBUF_INIT;
	strbuf_addf(&why, "is none of %s", row->arg);
	bad_value(p, row, value, why.buf);
	strbuf_clear(&why);
	return -1;
}

static int store_moment(struct parser *p, const struct opt_row *row, void *slot, const char *value)
{
	struct fail inner = FAIL_INIT;
	int rc = row->kind == OPT_TIME ? clock_parse(slot, value, clock_wall_s(), &inner)
	                               : clock_parse_duration(slot, value, &inner);
	if (rc == 0)
		return 0;
	return bad_value(p, row, value, row->kind == OPT_TIME ? "is not a time such as 2026-11-23 09:05, an id's time or 2h"
	                                                      : "is not a duration such as 30s, 15m or 2h");
}

static int store(struct parser *p, const struct opt_table *t, const struct opt_row *row, const char *value)
{
	void *slot = (char *)t->into + row->offset;
	switch (row->kind) {
	case OPT_FLAG:
		*(bool *)slot = true;
		return 0;
	case OPT_COUNT:
		++*(int *)slot;
		return 0;
	case OPT_STRING:
		if (!value[0])
			return bad_value(p, row, value, "is empty");
		*(const char **)slot = value;
		return 0;
	case OPT_TEXT:
		*(const char **)slot = value;
		return 0;
	case OPT_LIST:
		if (!value[0])
			return bad_value(p, row, value, "is empty");
		strlist_add(slot, value);
		return 0;
	case OPT_NUMBER:
		return store_number(p, row, slot, value);
	case OPT_DURATION:
	case OPT_TIME:
		return store_moment(p, row, slot, value);
	case OPT_CHOICE:
		return store_choice(p, row, slot, value);
	}
	return 0;
}

static const struct opt_row *find_long(const struct parser *p, const char *name, size_t len,
                                       const struct opt_table **in)
{
	for (size_t t = 0; t < p->count; t++) {
		for (size_t i = 0; i < p->tables[t].count; i++) {
			const struct opt_row *row = &p->tables[t].rows[i];
			if (strlen(row->name) == len && memcmp(row->name, name, len) == 0) {
				*in = &p->tables[t];
				return row;
			}
		}
	}
	return NULL;
}

static const struct opt_row *find_letter(const struct parser *p, char letter, const struct opt_table **in)
{
	for (size_t t = 0; t < p->count; t++) {
		for (size_t i = 0; i < p->tables[t].count; i++) {
			if (p->tables[t].rows[i].letter == letter) {
				*in = &p->tables[t];
				return &p->tables[t].rows[i];
			}
		}
	}
	return NULL;
}

static const char *nearest_long(const struct parser *p, const char *word)
{
	struct strlist names = { NULL, 0, 0 };
	for (size_t t = 0; t < p->count; t++)
		for (size_t i = 0; i < p->tables[t].count; i++)
			strlist_add(&names, p->tables[t].rows[i].name);
	const char *near = utf8_nearest(word, names.items, names.count);
	strlist_clear(&names);
	return near;
}

static int unknown_long(struct parser *p, const char *name, size_t len)
{
	struct strbuf shown = STRBUF_INIT, word = STRBUF_INIT;
	strbuf_add(&word, name, len);
	strbuf_addescaped(&shown, name, len);
	fail_set(p->f, FAIL_USAGE, "unknown option --%s", shown.buf);
	const char *near = nearest_long(p, word.buf);
	if (near)
		fail_hint(p->f, "did you mean --%s?", near);
	strbuf_clear(&shown);
	strbuf_clear(&word);
	return -1;
}

/* The value of an option whose own argument has none attached. */
static int next_value(struct parser *p, const struct opt_row *row, const char **value)
{
	if (p->at < p->argc) {
		*value = p->argv[p->at++];
		return 0;
	}
	struct strbuf label = STRBUF_INIT;
	row_label(&label, row);
	fail_set(p->f, FAIL_USAGE, "%s needs a value: %s %s", label.buf, label.buf, row->arg);
	strbuf_clear(&label);
	return -1;
}

static int parse_long(struct parser *p, const char *arg)
{
	const struct opt_table *t = NULL;
	const char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
	const struct opt_row *row = find_long(p, arg, len, &t);
	if (!row || len == 0)
		return unknown_long(p, arg, len);
	if (!takes_value(row)) {
		if (equals)
			return fail_set(p->f, FAIL_USAGE, "--%s takes no value", row->name);
		return store(p, t, row, NULL);
	}
	const char *value = equals ? equals + 1 : NULL;
	if (!value && next_value(p, row, &value) < 0)
		return -1;
	return store(p, t, row, value);
}

static int parse_letters(struct parser *p, const char *letters)
{
	for (const char *c = letters; *c; c++) {
		const struct opt_table *t = NULL;
		const struct opt_row *row = find_letter(p, *c, &t);
		if (!row) {
			struct strbuf shown = STRBUF_INIT;
			strbuf_addescaped(&shown, letters, strlen(letters));
			fail_set(p->f, FAIL_USAGE, c == letters ? "unknown option -%s" : "unknown letter in -%s", shown.buf);
			const char *near = strlen(letters) > 2 ? nearest_long(p, letters) : NULL;
			if (near)
				fail_hint(p->f, "did you mean --%s?", near);
			strbuf_clear(&shown);
			return -1;
		}
		if (!takes_value(row)) {
			if (store(p, t, row, NULL) < 0)
				return -1;
			continue;
		}
		const char *value = c[1] ? c + 1 : NULL;
		if (!value && next_value(p, row, &value) < 0)
			return -1;
		return store(p, t, row, value);
	}
	return 0;
}

int opts_parse(const struct opt_table *tables, size_t count, enum opts_mode mode, int argc, char *const *argv,
               struct strlist *words, int *used, struct fail *f)
{
	struct parser p = { .tables = tables, .count = count, .argc = argc, .argv = argv, .f = f };
	bool only_words = false;
	int rc = 0;
	while (rc == 0 && p.at < argc) {
		const char *arg = argv[p.at];
		bool word = only_words || arg[0] != '-' || !arg[1];
		if (word && mode == OPTS_UNTIL_WORD)
			break;
		p.at++;
		if (word)
			strlist_add(words, arg);
		else if (strcmp(arg, "--") == 0)
			only_words = true;
		else if (arg[1] == '-')
			rc = parse_long(&p, arg + 2);
		else
			rc = parse_letters(&p, arg + 1);
	}
	if (used)
		*used = p.at;
	return rc;
}

bool opts_present(int argc, char *const *argv, const char *option)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

void opts_clear(const struct opt_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->rows[i].kind == OPT_LIST)
			strlist_clear((void *)((char *)t->into + t->rows[i].offset));
}
