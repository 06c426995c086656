#include "target/fbjson.h"

#include <string.h>

#include "target/keys.h"
#include "target/vars.h"

static const char *const hosting_keys[] = { "rewrites", "redirects", "headers", "cleanUrls", "trailingSlash",
                                            "appAssociation", "i18n" };
#define HOSTING_KEYS (sizeof hosting_keys / sizeof *hosting_keys)

bool fbjson_is_hosting_key(const char *key)
{
	for (size_t i = 0; i < HOSTING_KEYS; i++)
		if (strcmp(hosting_keys[i], key) == 0)
			return true;
	return false;
}

bool fbjson_same_hosting(const struct fbjson_entry *a, const struct fbjson_entry *b)
{
	for (size_t i = 0; i < HOSTING_KEYS; i++) {
		const json *x = json_get(a->value, hosting_keys[i]), *y = json_get(b->value, hosting_keys[i]);

		if (x && y ? !json_equal(x, y) : x != y)
			return false;
	}
	return true;
}

/* ---- values ---- */
static const char *literal(const struct fbjson_writing *t, const char *text)
{
	return vars_literal(text, t->arena);
}

/* Where several keys of a kind stand, the client takes the first of its own order: the second of a pair loses. */
static const char *const beaten[][2] = {
	{ "glob", "source" }, { "destination", "function" }, { "destination", "dynamicLinks" }, { "destination", "run" },
	{ "function", "dynamicLinks" }, { "function", "run" }, { "dynamicLinks", "run" },
};

static const char *winner(const json *object, const char *key)
{
	for (size_t i = 0; i < sizeof beaten / sizeof *beaten; i++) {
		const json *other = json_get(object, beaten[i][0]);

		if (strcmp(beaten[i][1], key) == 0 && other && json_type(other) != JSON_NULL)
			return beaten[i][0];
	}
	return NULL;
}

static bool is_absent(const json *member)
{
	return json_type(member) == JSON_NULL ||
	       (strcmp(json_key(member), "type") == 0 && json_type(member) == JSON_NUMBER &&
		!(json_number(member, 1) > 0 || json_number(member, 1) < 0));
}

static void warn(const struct fbjson_writing *t, const json *member, const char *beats)
{
	if (t->problems && beats)
		problem_at(t->problems, PROBLEM_WARNING, t->firebase->config, member, JSON_AT_KEY, NULL,
		           "\"%s\" is ignored beside \"%s\", as firebase ignores it", json_key(member), beats);
	else if (t->problems)
		problem_at(t->problems, PROBLEM_WARNING, t->firebase->config, member, JSON_AT_KEY, NULL,
		           "unknown key \"%s\" is ignored, as firebase ignores it", json_key(member));
}

static void write_value(const struct fbjson_writing *t, const struct shape *s, const json *v);

static void write_members(const struct fbjson_writing *t, const struct shape *s, const json *object)
{
	for (const json *c = json_first(object); c; c = json_next(c)) {
		const struct key_row *row = s && s->keys ? shape_key(s->keys, json_key(c)) : NULL;
		const char *beats = row ? winner(object, json_key(c)) : NULL;

		if (row && is_absent(c))
			continue;
		if (s && s->keys && (!row || beats) && !key_is_private(json_key(c))) {
			warn(t, c, beats);
			jw_key(t->w, arena_printf(t->arena, "x-%s", json_key(c)));
			write_value(t, NULL, c);
			continue;
		}
		jw_key(t->w, json_key(c));
		write_value(t, row ? row->shape : NULL, c);
	}
}

static void write_value(const struct fbjson_writing *t, const struct shape *s, const json *v)
{
	switch (json_type(v)) {
	case JSON_STRING:
		jw_str(t->w, literal(t, json_string(v)));
		break;
	case JSON_ARRAY:
		jw_array(t->w);
		for (const json *c = json_first(v); c; c = json_next(c))
			write_value(t, s ? s->item : NULL, c);
		jw_end(t->w);
		break;
	case JSON_OBJECT:
		jw_object(t->w);
		write_members(t, s, v);
		jw_end(t->w);
		break;
	default:
		jw_json(t->w, v);
	}
}

/* What the client does with these two is to look whether the value is true. */
static bool is_switch(const char *key)
{
	return strcmp(key, "cleanUrls") == 0 || strcmp(key, "trailingSlash") == 0;
}

static bool truthy(const json *v)
{
	const char *s = json_string(v);
	double n = json_number(v, 0);

	return s ? *s != '\0' : json_type(v) == JSON_BOOL ? json_bool(v, false) :
	       json_type(v) == JSON_NUMBER ? n > 0 || n < 0 : json_type(v) != JSON_NULL;
}

static void write_key(const struct fbjson_writing *t, const json *member)
{
	if (is_switch(json_key(member)))
		jw_bool(t->w, truthy(member));
	else
		write_value(t, shape_key(keys_layered, json_key(member))->shape, member);
}

/* Would our documents take what is written? The client lets more pass, and the service refuses it later. */
static bool fits(const struct fbjson_writing *t, const json *member)
{
	struct problems problems = PROBLEMS_INIT;
	struct strbuf text = STRBUF_INIT;
	struct json_doc *d = NULL;
	struct fail ignored = FAIL_INIT;
	struct fbjson_writing quiet = *t;
	struct jw w;
	bool ok = false;

	jw_init(&w, &text, 0);
	quiet.w = &w;
	quiet.problems = NULL;
	write_key(&quiet, member);
	if (json_parse(&d, json_key(member), text.buf, text.len, 0, &ignored) == 0) {
		shape_check(shape_key(keys_layered, json_key(member))->shape, d, json_root(d), &problems);
		ok = problems.errors == 0;
	}
	json_doc_free(d);
	strbuf_clear(&text);
	problems_clear(&problems);
	return ok;
}

bool fbjson_writes(const struct fbjson_writing *t, const json *member)
{
	if (!fbjson_is_hosting_key(json_key(member)))
		return false;
	return is_switch(json_key(member)) || (json_type(member) != JSON_NULL && (!t->to_keep || fits(t, member)));
}

void fbjson_write_hosting(const struct fbjson_writing *t, const struct fbjson_entry *e)
{
	for (size_t i = 0; i < HOSTING_KEYS; i++) {
		const json *v = json_get(e->value, hosting_keys[i]);

		if (!v || !fbjson_writes(t, v))
			continue;
		jw_key(t->w, hosting_keys[i]);
		write_key(t, v);
	}
}

/* ---- sites and builds ---- */
void fbjson_write_site(const struct fbjson_writing *t, const struct fbjson_entry *e)
{
	if (e->site_count == 1) {
		if (strcmp(e->sites[0], e->name) != 0)
			jw_kstr(t->w, "site", literal(t, e->sites[0]));
		return;
	}
	jw_key(t->w, "site");
	jw_array(t->w);
	for (size_t i = 0; i < e->site_count; i++)
		jw_str(t->w, literal(t, e->sites[i]));
	jw_end(t->w);
}

static void write_patterns(const struct fbjson_writing *t, const struct fbjson_entry *e, const char *key)
{
	size_t count;
	const char *const *patterns = fbjson_strings(e, key, &count, t->arena);
	bool add = t->to_keep && strcmp(key, "ignore") == 0;

	if (!count && !add)
		return;
	jw_key(t->w, key);
	jw_array(t->w);
	if (add) {
		jw_str(t->w, "**/firebase-debug.log");
		jw_str(t->w, "**/firebase-debug.*.log");
	}
	for (size_t i = 0; i < count; i++)
		jw_str(t->w, literal(t, patterns[i]));
	jw_end(t->w);
}

void fbjson_write_build(const struct fbjson_writing *t, const struct fbjson_build *b, const char *dir)
{
	const char *from = dir ? dir : b->first->dir;

	if (!from) {
		jw_kbool(t->w, "empty", true);
		return;
	}
	jw_kstr(t->w, "dir", literal(t, from));
	write_patterns(t, b->first, "ignore");
	write_patterns(t, b->first, "allow_unsafe");
}
