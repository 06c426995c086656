#include "target/shape.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"

#define NAME_MAX_LENGTH 63
#define KEYS_MAX 96

static const char lower[] = "abcdefghijklmnopqrstuvwxyz", upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	digits[] = "0123456789";

static bool in(const char *set, char c)
{
	return c && strchr(set, c);
}

static bool name_fits(const char *t)
{
	size_t n = 0;

	if (!in(lower, *t) && !in(upper, *t) && !in(digits, *t))
		return false;
	for (; in(lower, t[n]) || in(upper, t[n]) || in(digits, t[n]) || in("._-", t[n]); n++)
		continue;
	return !t[n] && n <= NAME_MAX_LENGTH;
}

static bool variable_fits(const char *t)
{
	if (!in(upper, *t) && *t != '_')
		return false;
	for (; in(upper, *t) || in(digits, *t) || *t == '_'; t++)
		continue;
	return !*t;
}

static bool duration_fits(const char *t)
{
	static const char *const units[] = { "ms", "s", "m", "h", "d", "w" };
	size_t n = strspn(t, digits);

	if (n == 0 || n > 9)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(t + n, units[i]) == 0)
			return true;
	return false;
}

static bool share_fits(const char *t)
{
	size_t n = strspn(t, digits);

	if (strcmp(t + n, "%") != 0 || (n > 1 && t[0] == '0'))
		return false;
	return n == 1 || n == 2 || (n == 3 && strncmp(t, "100", 3) == 0);
}

static bool url_fits(const char *t)
{
	size_t scheme = strncmp(t, "https://", 8) == 0 ? 8 : strncmp(t, "http://", 7) == 0 ? 7 : 0;
	size_t host = scheme ? strcspn(t + scheme, "/?#") : 0;

	for (const char *p = t; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '\\')
			return false;
	return host > 0 && !memchr(t + scheme, '@', host);
}

static bool tree_path_fits(const char *t)
{
	while (*t) {
		size_t n = strcspn(t, "/");

		if (n == 0 || (n == 1 && t[0] == '.') || (n == 2 && t[0] == '.' && t[1] == '.'))
			return false;
		t += n;
		if (*t == '/' && !*++t)
			return false;
	}
	return true;
}

static bool address_fits(const char *t)
{
	for (const char *p = t; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return *t && *t != '-' && !strstr(t, "@-");
}

bool form_fits(enum text_form form, const char *t)
{
	switch (form) {
	case FORM_ANY: return true;
	case FORM_TEXT: return *t;
	case FORM_NAME: return name_fits(t);
	case FORM_VARIABLE: return variable_fits(t);
	case FORM_DURATION: return duration_fits(t);
	case FORM_SHARE: return share_fits(t);
	case FORM_URL: return url_fits(t);
	case FORM_TREE_PATH: return *t && tree_path_fits(t);
	case FORM_ADDRESS: return address_fits(t);
	}
	return false;
}

static const char *form_words(enum text_form form)
{
	static const char *const words[] = {
		[FORM_ANY] = "a string", [FORM_TEXT] = "a string that is not empty",
		[FORM_NAME] = "a name (letters, digits, \".\", \"_\", \"-\"; at most 63; the first a letter or digit)",
		[FORM_VARIABLE] = "a variable's name (A-Z, 0-9, \"_\"; the first not a digit)",
		[FORM_DURATION] = "a duration such as \"30s\", \"15m\", \"2h\" or \"14d\"",
		[FORM_SHARE] = "a share such as \"10%\"",
		[FORM_URL] = "an http:// or https:// address without user name",
		[FORM_TREE_PATH] = "a relative path without \".\", \"..\" or empty parts",
		[FORM_ADDRESS] = "an address such as \"user@host\"",
	};

	return words[form];
}

const char *shape_text_wrong(const struct shape *s, const char *text)
{
	if (!(s->types & SHAPE_STRING) || s->words)
		return NULL;
	return form_fits(s->form, text) ? NULL : form_words(s->form);
}

bool key_is_private(const char *key)
{
	return key[0] == 'x' && key[1] == '-';
}

const char *form_name_of(const char *text, struct arena *mem)
{
	char *name = arena_strndup(mem, text, strnlen(text, NAME_MAX_LENGTH));

	for (char *p = name; *p; p++)
		if (!in(lower, *p) && !in(upper, *p) && !in(digits, *p) && (p == name || !in("._-", *p)))
			*p = p == name ? 'x' : '-';
	return *name ? name : "site";
}

const struct key_row *shape_key(const struct key_row *rows, const char *name)
{
	for (; rows->name; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static bool row_applies(const struct shape *s, const struct key_row *row)
{
	return (!s->where || !row->levels || row->levels & s->where) && (!s->kinds || !row->kinds || row->kinds & s->kinds);
}

static void list_words(struct strbuf *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		strbuf_addf(out, "%s\"%s\"", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

static void add_alternative(struct strbuf *out, const char *text)
{
	strbuf_addf(out, "%s%s", out->len ? " or " : "", text);
}

static void describe(struct strbuf *out, const struct shape *s)
{
	if (s->types & SHAPE_STRING && s->words) {
		strbuf_addstr(out, "one of ");
		list_words(out, s->words);
	} else if (s->types & SHAPE_STRING) {
		add_alternative(out, form_words(s->form));
	}
	if (s->types & SHAPE_INTEGER)
		add_alternative(out, "a whole number");
	if (s->types & SHAPE_NUMBER)
		add_alternative(out, "a number");
	if (s->types & SHAPE_BOOL)
		add_alternative(out, "true or false");
	if (s->types & SHAPE_FALSE)
		add_alternative(out, "false");
	if (s->types & SHAPE_TRUE)
		add_alternative(out, "true");
	if (s->types & SHAPE_LIST)
		add_alternative(out, "a list");
	if (s->types & SHAPE_OBJECT)
		add_alternative(out, "an object");
}

static const char *type_words(enum json_type t)
{
	static const char *const words[] = {
		[JSON_NULL] = "null", [JSON_BOOL] = "true or false", [JSON_NUMBER] = "a number", [JSON_STRING] = "a string",
		[JSON_ARRAY] = "a list", [JSON_OBJECT] = "an object",
	};

	return words[t];
}

static void wrong_type(const struct shape *s, const struct json_doc *d, const json *v, struct problems *problems)
{
	struct strbuf wanted = STRBUF_INIT;
	const char *key = json_key(v);

	describe(&wanted, s);
	problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_VALUE, NULL, "%s%s%sexpected %s, got %s",
	           key ? "\"" : "", key ? key : "", key ? "\": " : "", wanted.buf, type_words(json_type(v)));
	strbuf_clear(&wanted);
}

static void check_string(const struct shape *s, const struct json_doc *d, const json *v, struct problems *problems)
{
	const char *text = json_string(v), *wrong = NULL, *near;
	struct strbuf words = STRBUF_INIT;
	size_t n = 0;

	if (s->words) {
		for (; s->words[n] && strcmp(s->words[n], text) != 0; n++)
			continue;
		if (s->words[n])
			return;
		near = utf8_nearest(text, s->words, n);
		strbuf_addstr(&words, "one of ");
		list_words(&words, s->words);
		problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_VALUE, NULL, near ? "\"%s\" is not %s: did you mean \"%s\"?" :
		           "\"%s\" is not %s", text, words.buf, near ? near : "");
		strbuf_clear(&words);
		return;
	}
	if (s->form == FORM_NAME || s->form == FORM_VARIABLE || !strstr(text, "${"))
		wrong = shape_text_wrong(s, text);
	if (wrong)
		problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_VALUE, NULL,
		           *text ? "\"%s\" is not %s" : "\"%s\" must be %s", text, wrong);
}

static void check_number(const struct shape *s, const struct json_doc *d, const json *v, struct problems *problems)
{
	int64_t n;

	if (s->types & SHAPE_NUMBER)
		return;
	if (!json_int(v, &n))
		problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_VALUE, NULL, "expected a whole number");
	else if (n < s->min)
		problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_VALUE, NULL, "expected at least %lld", (long long)s->min);
	else if (s->max && n > s->max)
		problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_VALUE, NULL, "expected at most %lld", (long long)s->max);
}

static void unknown_key(const struct shape *s, const struct json_doc *d, const json *v, struct problems *problems)
{
	const struct key_row *row = shape_key(s->keys, json_key(v));
	const char *names[KEYS_MAX], *near;
	size_t n = 0;

	if (row) {
		bool kind = s->kinds && row->kinds && !(row->kinds & s->kinds);

		problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_KEY, NULL, "\"%s\" %s", row->name,
		           kind ? "means nothing to this kind of host" : "cannot stand here");
		return;
	}
	for (row = s->keys; row->name && n < KEYS_MAX; row++)
		if (row_applies(s, row))
			names[n++] = row->name;
	near = utf8_nearest(json_key(v), names, n);
	problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_KEY, NULL, near ? "unknown key \"%s\": did you mean \"%s\"?" :
	           "unknown key \"%s\"", json_key(v), near ? near : "");
}

static void check_choice(const struct shape *s, const struct json_doc *d, const json *v, unsigned choice,
                         struct problems *problems)
{
	struct strbuf names = STRBUF_INIT;
	size_t given = 0;

	for (const struct key_row *row = s->keys; row->name; row++) {
		if (row->choice != choice)
			continue;
		given += json_get(v, row->name) != NULL;
		strbuf_addf(&names, "%s\"%s\"", names.len ? ", " : "", row->name);
	}
	if (given != 1)
		problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_VALUE, NULL, "exactly one of %s must stand here, not %zu",
		           names.buf, given);
	strbuf_clear(&names);
}

static void check_object(const struct shape *s, const struct json_doc *d, const json *v, struct problems *problems)
{
	unsigned last = 0;

	for (const json *c = json_first(v); c; c = json_next(c)) {
		const struct key_row *row = shape_key(s->keys, json_key(c));

		if (key_is_private(json_key(c)))
			continue;
		if (!row || !row_applies(s, row))
			unknown_key(s, d, c, problems);
		else
			shape_check(row->shape, d, c, problems);
	}
	for (const struct key_row *row = s->keys; row->name; row++) {
		if (!row_applies(s, row))
			continue;
		if (row->required && !json_get(v, row->name))
			problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_VALUE, NULL, "\"%s\" is missing", row->name);
		if (row->choice > last)
			check_choice(s, d, v, last = row->choice, problems);
		if (row->beside && json_get(v, row->name) && !json_string(json_get(v, row->beside)))
			problem_at(problems, PROBLEM_ERROR, d, json_get(v, row->name), JSON_AT_KEY, NULL,
			           "\"%s\" stands only beside a \"%s\" that is a string", row->name, row->beside);
	}
}

static void check_map(const struct shape *s, const struct json_doc *d, const json *v, struct problems *problems)
{
	for (const json *c = json_first(v); c; c = json_next(c)) {
		if (key_is_private(json_key(c)))
			continue;
		if (!form_fits(s->key_form, json_key(c)))
			problem_at(problems, PROBLEM_ERROR, d, c, JSON_AT_KEY, NULL, "\"%s\" is not %s", json_key(c),
			           form_words(s->key_form));
		if (s->value)
			shape_check(s->value, d, c, problems);
	}
}

static bool takes(const struct shape *s, const json *v)
{
	switch (json_type(v)) {
	case JSON_STRING: return s->types & SHAPE_STRING;
	case JSON_NUMBER: return s->types & (SHAPE_INTEGER | SHAPE_NUMBER);
	case JSON_BOOL: return s->types & (json_bool(v, false) ? SHAPE_BOOL | SHAPE_TRUE : SHAPE_BOOL | SHAPE_FALSE);
	case JSON_ARRAY: return s->types & SHAPE_LIST;
	case JSON_OBJECT: return s->types & SHAPE_OBJECT;
	case JSON_NULL: return false;
	}
	return false;
}

void shape_check(const struct shape *s, const struct json_doc *d, const json *v, struct problems *problems)
{
	enum json_type type = json_type(v);

	if (!takes(s, v)) {
		wrong_type(s, d, v, problems);
	} else if (type == JSON_STRING) {
		check_string(s, d, v, problems);
	} else if (type == JSON_NUMBER) {
		check_number(s, d, v, problems);
	} else if (type == JSON_ARRAY || type == JSON_OBJECT) {
		if (s->filled && json_count(v) == 0)
			problem_at(problems, PROBLEM_ERROR, d, v, JSON_AT_VALUE, NULL, "must not be empty");
		if (type == JSON_OBJECT && s->keys)
			check_object(s, d, v, problems);
		else if (type == JSON_OBJECT)
			check_map(s, d, v, problems);
		else
			for (const json *c = json_first(v); c && s->item; c = json_next(c))
				shape_check(s->item, d, c, problems);
	}
}
