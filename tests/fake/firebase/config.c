#include "config.h"

#include <string.h>

struct checker {
	struct call *call;
	struct jw w;
	struct strbuf where;        /* "version.config.rewrites[0]" */
};

struct shape;
struct field {
	const char *name;
	int (*read)(struct checker *k, const struct field *f, const json *v);
	const struct shape *inner;  /* of objects and lists of objects */
	const char *words;          /* of enumerations */
};
struct shape {
	const struct field *fields;         /* ended by a NULL name */
	const char *one_of[2];              /* exactly one field of each group is there */
};

static int bad(struct checker *k, const char *name, const char *expected)
{
	return refuse(k->call, INVALID_ARGUMENT, "Invalid value at '%s%s%s': %s expected", k->where.buf, *name ? "." : "",
		      name, expected);
}

static int read_text(struct checker *k, const struct field *f, const json *v)
{
	const char *text = json_string(v);

	if (!text)
		return bad(k, f->name, "a string is");
	if (f->words && !among(f->words, text))
		return bad(k, f->name, f->words);
	if (*text)
		jw_kstr(&k->w, f->name, text);
	return 0;
}

static int read_bool(struct checker *k, const struct field *f, const json *v)
{
	if (json_type(v) != JSON_BOOL)
		return bad(k, f->name, "true or false is");
	if (json_bool(v, false))
		jw_kbool(&k->w, f->name, true);
	return 0;
}

static int read_status(struct checker *k, const struct field *f, const json *v)
{
	int64_t n;

	if (!json_int(v, &n) || n < 300 || n > 399)
		return bad(k, f->name, "a redirect status is");
	jw_kint(&k->w, f->name, n);
	return 0;
}

static int read_map(struct checker *k, const struct field *f, const json *v)
{
	if (json_type(v) != JSON_OBJECT)
		return bad(k, f->name, "an object is");
	jw_key(&k->w, f->name);
	jw_object(&k->w);
	for (const json *one = json_first(v); one; one = json_next(one)) {
		if (!json_string(one))
			return bad(k, f->name, "an object of strings is");
		jw_kstr(&k->w, json_key(one), json_string(one));
	}
	jw_end(&k->w);
	return 0;
}

static int read_shape(struct checker *k, const struct shape *s, const json *v)
{
	unsigned found[2] = { 0, 0 };

	if (json_type(v) != JSON_OBJECT)
		return bad(k, "", "an object is");
	jw_object(&k->w);
	for (const json *one = json_first(v); one; one = json_next(one)) {
		const struct field *f = s->fields;
		while (f->name && strcmp(f->name, json_key(one)) != 0)
			f++;
		if (!f->name)
			return refuse(k->call, INVALID_ARGUMENT,
				      "Invalid JSON payload received. Unknown name \"%s\" at '%s': Cannot find field.",
				      json_key(one), k->where.buf);
		for (int group = 0; group < 2; group++)
			found[group] += s->one_of[group] && among(s->one_of[group], f->name);
		if (json_type(one) != JSON_NULL && f->read(k, f, one) < 0)
			return -1;
	}
	jw_end(&k->w);
	for (int group = 0; group < 2; group++)
		if (s->one_of[group] && found[group] != 1)
			return bad(k, "", arena_printf(k->call->mem, "exactly one of %s is", s->one_of[group]));
	return 0;
}

static int read_object(struct checker *k, const struct field *f, const json *v)
{
	size_t len = k->where.len;

	strbuf_addf(&k->where, ".%s", f->name);
	jw_key(&k->w, f->name);
	int rc = read_shape(k, f->inner, v);
	strbuf_setlen(&k->where, len);
	return rc;
}

static int read_list(struct checker *k, const struct field *f, const json *v)
{
	size_t len = k->where.len, i = 0;

	if (json_type(v) != JSON_ARRAY)
		return bad(k, f->name, "a list is");
	if (!json_count(v))
		return 0;
	jw_key(&k->w, f->name);
	jw_array(&k->w);
	for (const json *one = json_first(v); one; one = json_next(one)) {
		strbuf_addf(&k->where, ".%s[%zu]", f->name, i++);
		if (read_shape(k, f->inner, one) < 0)
			return -1;
		strbuf_setlen(&k->where, len);
	}
	jw_end(&k->w);
	return 0;
}

static const struct field header_fields[] = {
	{ "glob", read_text, NULL, NULL }, { "regex", read_text, NULL, NULL }, { "headers", read_map, NULL, NULL }, { 0 }
};
static const struct field redirect_fields[] = {
	{ "glob", read_text, NULL, NULL }, { "regex", read_text, NULL, NULL }, { "statusCode", read_status, NULL, NULL },
	{ "location", read_text, NULL, NULL }, { 0 }
};
static const struct field run_fields[] = {
	{ "serviceId", read_text, NULL, NULL }, { "region", read_text, NULL, NULL }, { "tag", read_text, NULL, NULL }, { 0 }
};
static const struct shape run_shape = { run_fields, { "serviceId", NULL } };
static const struct field rewrite_fields[] = {
	{ "glob", read_text, NULL, NULL }, { "regex", read_text, NULL, NULL }, { "path", read_text, NULL, NULL },
	{ "function", read_text, NULL, NULL }, { "functionRegion", read_text, NULL, NULL },
	{ "dynamicLinks", read_bool, NULL, NULL }, { "run", read_object, &run_shape, NULL }, { 0 }
};
static const struct field i18n_fields[] = { { "root", read_text, NULL, NULL }, { 0 } };
static const struct shape header_shape = { header_fields, { "glob regex", "headers" } };
static const struct shape redirect_shape = { redirect_fields, { "glob regex", "location" } };
static const struct shape rewrite_shape = { rewrite_fields, { "glob regex", "path function dynamicLinks run" } };
static const struct shape i18n_shape = { i18n_fields, { "root", NULL } };
static const struct field config_fields[] = {
	{ "headers", read_list, &header_shape, NULL }, { "redirects", read_list, &redirect_shape, NULL },
	{ "rewrites", read_list, &rewrite_shape, NULL }, { "cleanUrls", read_bool, NULL, NULL },
	{ "trailingSlashBehavior", read_text, NULL, "TRAILING_SLASH_BEHAVIOR_UNSPECIFIED ADD REMOVE" },
	{ "appAssociation", read_text, NULL, "AUTO NONE" }, { "i18n", read_object, &i18n_shape, NULL }, { 0 }
};
static const struct shape config_shape = { config_fields, { NULL, NULL } };

int config_read(struct call *c, const json *config, const char **text)
{
	struct strbuf out = STRBUF_INIT;
	struct checker k = { .call = c, .where = STRBUF_INIT };

	strbuf_addstr(&k.where, "version.config");
	jw_init(&k.w, &out, 0);
	int rc = read_shape(&k, &config_shape, config);
	if (rc == 0)
		*text = arena_strdup(&c->world->mem, out.buf);
	strbuf_clear(&out);
	strbuf_clear(&k.where);
	return rc;
}

static bool label_text(const char *text, size_t most)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	return strlen(text) <= most && !text[strspn(text, allowed)];
}

int labels_read(struct call *c, const json *labels, const char **text)
{
	struct strbuf out = STRBUF_INIT;

	if (json_type(labels) != JSON_OBJECT || json_count(labels) > 64)
		return refuse(c, INVALID_ARGUMENT, "Invalid value at 'version.labels': at most 64 labels are expected");
	for (const json *v = json_first(labels); v; v = json_next(v)) {
		const char *key = json_key(v), *value = json_string(v);
		if (!(*key >= 'a' && *key <= 'z') || !label_text(key, 63) || !value || !label_text(value, 63))
			return refuse(c, INVALID_ARGUMENT, "Invalid label \"%s\"", key);
	}
	json_canonical(&out, labels);
	*text = arena_strdup(&c->world->mem, out.buf);
	strbuf_clear(&out);
	return 0;
}
