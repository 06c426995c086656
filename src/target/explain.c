#include "target/project.h"

#include <string.h>

#include "target/layers.h"
#include "target/secret.h"
#include "target/vars.h"

/* One line of the explanation: a leaf of a setting, with the layer that it comes from. */
struct leaf {
	const struct target *target;
	const char *keys[9];
	size_t depth;
	const json *value;
	const char *origin;
	void (*show)(const struct leaf *l, void *arg);
	void *arg;
};

static void add_path(struct strbuf *out, const struct leaf *l)
{
	for (size_t i = 0; i < l->depth; i++)
		strbuf_addf(out, "%s%s", i ? "." : "", l->keys[i]);
}

static void show_leaf(struct leaf *l, const json *v)
{
	struct arena mem = ARENA_INIT;
	const json *written = NULL;
	const struct layer *from;

	if (json_type(v) == JSON_OBJECT && json_count(v) && l->depth < 8) {
		for (const json *c = json_first(v); c; c = json_next(c)) {
			l->keys[l->depth++] = json_key(c);
			show_leaf(l, c);
			l->depth--;
		}
		return;
	}
	from = layers_origin(l->target->layers, l->target->layer_count, l->keys, l->depth, &written);
	l->value = v;
	l->origin = from ? layer_origin(from, written, JSON_AT_KEY, &mem) : "built-in";
	l->show(l, l->arg);
	arena_clear(&mem);
}

static void each_leaf(const struct target *t, void (*show)(const struct leaf *, void *), void *arg)
{
	struct leaf l = { .target = t, .show = show, .arg = arg };

	for (size_t i = 0; i < t->setting_count; i++) {
		l.keys[0] = t->settings[i].key;
		l.depth = 1;
		show_leaf(&l, t->settings[i].value);
	}
}

/* The value as it will be used: strings expanded. */
static void add_value(struct strbuf *out, const struct target *t, const json *v)
{
	struct arena mem = ARENA_INIT;
	struct fail ignored = FAIL_INIT;
	const char *text = json_string(v);

	if (!text)
		json_canonical(out, v);
	else if (target_expand(t, text, &text, &mem, &ignored) == 0)
		strbuf_addescaped(out, text, strlen(text));
	else
		strbuf_addescaped(out, json_string(v), strlen(json_string(v)));
	arena_clear(&mem);
}

static void add_var(struct strbuf *out, const struct var *v)
{
	if (v->kind == VAR_SECRET)
		secret_describe(v->ref, out);
	else
		strbuf_addescaped(out, v->text, strlen(v->text));
}

static void print_row(struct strbuf *out, const char *name, const char *value, const char *origin)
{
	strbuf_addf(out, "  %-22s %-44s %s\n", name, value, origin);
}

static void print_leaf(const struct leaf *l, void *arg)
{
	struct strbuf name = STRBUF_INIT, value = STRBUF_INIT, *out = arg;

	add_path(&name, l);
	add_value(&value, l->target, l->value);
	print_row(out, name.buf, value.buf, l->origin);
	strbuf_clear(&name);
	strbuf_clear(&value);
}

static void print_render(const struct target *t, struct strbuf *out)
{
	for (size_t i = 0; i < t->render_count; i++) {
		const struct render_rule *r = &t->render[i];

		strbuf_addf(out, "  %s%s%s%s  %sNAME%s\n", r->path, r->from ? " (from " : "", r->from ? r->from : "",
		            r->from ? ")" : "",
		            r->open, r->close);
	}
}

void target_explain(const struct target *t, struct strbuf *out)
{
	strbuf_addf(out, "%s%s%s: host %s (%s), build %s, from %s\n", t->name, t->environment ? " in " : "",
	            t->environment ? t->environment : "", t->host, t->kind, t->build, t->file);
	strbuf_addstr(out, "settings\n");
	each_leaf(t, print_leaf, out);
	strbuf_addstr(out, "variables\n");
	for (size_t i = 0; i < t->var_count; i++) {
		struct strbuf value = STRBUF_INIT;

		add_var(&value, &t->vars[i]);
		print_row(out, t->vars[i].name, value.buf, t->vars[i].origin);
		strbuf_clear(&value);
	}
	if (t->overlay_count)
		strbuf_addstr(out, "overlays, in this order\n");
	for (size_t i = 0; i < t->overlay_count; i++)
		strbuf_addf(out, "  %s\n", t->overlays[i]);
	if (t->render_count)
		strbuf_addstr(out, "rendered\n");
	print_render(t, out);
}

static void write_leaf(const struct leaf *l, void *arg)
{
	struct strbuf name = STRBUF_INIT;
	struct arena mem = ARENA_INIT;
	struct fail ignored = FAIL_INIT;
	const char *text = json_string(l->value);
	struct jw *w = arg;

	add_path(&name, l);
	jw_object(w);
	jw_kstr(w, "key", name.buf);
	jw_key(w, "value");
	if (text && target_expand(l->target, text, &text, &mem, &ignored) == 0)
		jw_str(w, text);
	else
		jw_json(w, l->value);
	jw_kstr(w, "origin", l->origin);
	jw_end(w);
	strbuf_clear(&name);
	arena_clear(&mem);
}

static void write_var(const struct var *v, struct jw *w)
{
	static const char *const kinds[] = { [VAR_STRING] = "string", [VAR_NUMBER] = "number", [VAR_BOOL] = "bool",
	                                     [VAR_SECRET] = "secret" };
	struct strbuf value = STRBUF_INIT;

	if (v->kind == VAR_SECRET)
		secret_describe(v->ref, &value);
	else
		strbuf_addstr(&value, v->text);
	jw_object(w);
	jw_kstr(w, "name", v->name);
	jw_kstr(w, "kind", kinds[v->kind]);
	jw_kstr(w, "value", value.buf);
	jw_kstr(w, "origin", v->origin);
	jw_end(w);
	strbuf_clear(&value);
}

static void write_strings(struct jw *w, const char *key, const char *const *list, size_t count)
{
	jw_key(w, key);
	jw_array(w);
	for (size_t i = 0; i < count; i++)
		jw_str(w, list[i]);
	jw_end(w);
}

void target_explain_json(const struct target *t, struct jw *w)
{
	jw_object(w);
	jw_kstr(w, "name", t->name);
	jw_kstr(w, "environment", t->environment);
	jw_kstr(w, "host", t->host);
	jw_kstr(w, "kind", t->kind);
	jw_kstr(w, "build", t->build);
	jw_kstr(w, "file", t->file);
	write_strings(w, "places", t->places, t->place_count);
	jw_key(w, "settings");
	jw_array(w);
	each_leaf(t, write_leaf, w);
	jw_end(w);
	jw_key(w, "variables");
	jw_array(w);
	for (size_t i = 0; i < t->var_count; i++)
		write_var(&t->vars[i], w);
	jw_end(w);
	write_strings(w, "overlays", t->overlays, t->overlay_count);
	jw_key(w, "render");
	jw_array(w);
	for (size_t i = 0; i < t->render_count; i++) {
		jw_object(w);
		jw_kstr(w, "path", t->render[i].path);
		jw_kstr(w, "from", t->render[i].from);
		jw_kstr(w, "open", t->render[i].open);
		jw_kstr(w, "close", t->render[i].close);
		jw_end(w);
	}
	jw_end(w);
	jw_end(w);
}
