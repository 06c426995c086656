#include "host/firebase/config.h"

#include <string.h>

#include "base/strmap.h"

#define REGION "us-central1"

/* A value with ${...} expanded, written as JSON text would have it. */
struct writing {
	struct jw w;
	const struct target *target;
	struct arena mem;
	struct fail *f;
	int rc;
};

static const char *text_of(struct writing *out, const json *v)
{
	const char *text = json_string(v), *expanded = text;

	if (text && target_expand(out->target, text, &expanded, &out->mem, out->f) < 0)
		out->rc = -1;
	return expanded;
}

static void put_text(struct writing *out, const char *key, const json *v)
{
	if (v)
		jw_kstr(&out->w, key, text_of(out, v));
}

/* "glob" wins over "source"; the documents allow one of them only. */
static void put_match(struct writing *out, const json *rule)
{
	const json *glob = json_get(rule, "glob");

	put_text(out, "glob", glob ? glob : json_get(rule, "source"));
	put_text(out, "regex", json_get(rule, "regex"));
}

static int no_tag(struct writing *out, const json *v)
{
	if (!json_bool(json_get(v, "pinTag"), false))
		return 0;
	fail_set(out->f, FAIL_CONFIG, "rewrites: pinTag cannot be set from here");
	fail_hint(out->f, "leave pinTag away: the rewrite then follows the service's own traffic");
	return out->rc = -1;
}

static void put_function(struct writing *out, const json *rule, const json *v)
{
	const json *name = json_string(v) ? v : json_get(v, "functionId");
	const json *region = json_string(v) ? json_get(rule, "region") : json_get(v, "region");

	put_text(out, "function", name);
	put_text(out, "functionRegion", region);
	(void)no_tag(out, v);
}

static void put_run(struct writing *out, const json *v)
{
	const json *region = json_get(v, "region");

	jw_key(&out->w, "run");
	jw_object(&out->w);
	put_text(out, "serviceId", json_get(v, "serviceId"));
	jw_kstr(&out->w, "region", region ? text_of(out, region) : REGION);
	jw_end(&out->w);
	(void)no_tag(out, v);
}

static void put_rewrite(struct writing *out, const json *rule)
{
	const json *path = json_get(rule, "destination"), *function = json_get(rule, "function");

	put_match(out, rule);
	if (path)
		put_text(out, "path", path);
	else if (function)
		put_function(out, rule, function);
	else if (json_get(rule, "dynamicLinks"))
		jw_kbool(&out->w, "dynamicLinks", true);
	else
		put_run(out, json_get(rule, "run"));
}

static void put_redirect(struct writing *out, const json *rule)
{
	int64_t code = 0;

	put_match(out, rule);
	put_text(out, "location", json_get(rule, "destination"));
	if (json_int(json_get(rule, "type"), &code) && code)
		jw_kint(&out->w, "statusCode", code);
}

static void put_headers(struct writing *out, const json *rule)
{
	const json *list = json_get(rule, "headers");

	put_match(out, rule);
	jw_key(&out->w, "headers");
	jw_object(&out->w);
	for (const json *h = json_first(list); h; h = json_next(h)) {
		const char *key = text_of(out, json_get(h, "key"));
		bool again = false;
		for (const json *k = json_next(h); k; k = json_next(k))
			again |= strcmp(text_of(out, json_get(k, "key")), key) == 0;
		if (!again)
			put_text(out, key, json_get(h, "value"));
	}
	jw_end(&out->w);
}

static void put_rules(struct writing *out, const char *key, void (*put)(struct writing *out, const json *rule))
{
	const json *list = target_value(out->target, key);

	if (!list)
		return;
	jw_key(&out->w, key);
	jw_array(&out->w);
	for (const json *rule = json_first(list); rule; rule = json_next(rule)) {
		jw_object(&out->w);
		put(out, rule);
		jw_end(&out->w);
	}
	jw_end(&out->w);
}

static void put_all(struct writing *out)
{
	const struct target *t = out->target;
	const json *clean = target_value(t, "cleanUrls"), *slash = target_value(t, "trailingSlash");
	const json *i18n = target_value(t, "i18n");

	jw_object(&out->w);
	put_text(out, "appAssociation", target_value(t, "appAssociation"));
	if (clean)
		jw_kbool(&out->w, "cleanUrls", json_bool(clean, false));
	put_rules(out, "headers", put_headers);
	if (i18n) {
		jw_key(&out->w, "i18n");
		jw_object(&out->w);
		put_text(out, "root", json_get(i18n, "root"));
		jw_end(&out->w);
	}
	put_rules(out, "redirects", put_redirect);
	put_rules(out, "rewrites", put_rewrite);
	if (slash)
		jw_kstr(&out->w, "trailingSlashBehavior", json_bool(slash, false) ? "ADD" : "REMOVE");
	jw_end(&out->w);
}

int config_format(struct strbuf *out, const struct target *t, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	struct writing wr = { .target = t, .mem = ARENA_INIT, .f = f };
	struct json_doc *doc = NULL;

	jw_init(&wr.w, &text, 0);
	put_all(&wr);
	if (wr.rc == 0)
		wr.rc = json_parse(&doc, "configuration", text.buf, text.len, 0, f);
	if (wr.rc == 0)
		json_canonical(out, json_root(doc));
	json_doc_free(doc);
	strbuf_clear(&text);
	arena_clear(&wr.mem);
	return wr.rc;
}

/* ---- differences ---- */

/* What a proto field reads when it was never set is what the API leaves out. */
static bool is_default(const json *v)
{
	if (!v)
		return true;
	switch (json_type(v)) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return !json_bool(v, false);
	case JSON_ARRAY:
	case JSON_OBJECT:
		return json_count(v) == 0;
	case JSON_NUMBER:
		return !(json_number(v, 0) > 0 || json_number(v, 0) < 0);
	case JSON_STRING:
		return !*json_string(v);
	}
	return false;
}

static const char *shown(const json *v, struct arena *mem)
{
	struct strbuf text = STRBUF_INIT;
	const char *copy;

	if (is_default(v))
		return NULL;
	json_canonical(&text, v);
	copy = arena_strdup(mem, text.buf);
	strbuf_clear(&text);
	return copy;
}

static bool same(const json *a, const json *b)
{
	return is_default(a) ? is_default(b) : !is_default(b) && json_equal(a, b);
}

static void add_change(struct config_changes *out, const char *key, const json *from, const json *to, struct arena *mem)
{
	if (same(from, to))
		return;
	out->items[out->count++] = (struct config_change){ .key = arena_strdup(mem, key), .from = shown(from, mem),
		.to = shown(to, mem) };
}

void config_compare(struct config_changes *out, const json *live, const json *want, struct arena *mem)
{
	size_t room = json_count(live) + json_count(want) + 1;

	out->items = arena_alloc(mem, room * sizeof *out->items);
	out->count = 0;
	for (const json *v = json_first(want); v; v = json_next(v))
		add_change(out, json_key(v), json_get(live, json_key(v)), v, mem);
	for (const json *v = json_first(live); v; v = json_next(v))
		if (!json_get(want, json_key(v)))
			add_change(out, json_key(v), v, NULL, mem);
}
