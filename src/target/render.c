#include "target/render.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "target/render_escape.h"

struct rendering {
	struct rendered *out;
	const char *path, *text;
	size_t len;
	const struct target *target;
	const struct secrets *secrets;
	enum render_style style;
};

static size_t name_length(const char *p, size_t len)
{
	size_t n = 0;

	if (len && *p >= '0' && *p <= '9')
		return 0;
	while (n < len && ((p[n] >= 'A' && p[n] <= 'Z') || (p[n] >= '0' && p[n] <= '9') || p[n] == '_'))
		n++;
	return n;
}

static int fail_at(const struct rendering *r, size_t offset, struct fail *f, const char *what, const char *name)
{
	struct strbuf shown = STRBUF_INIT;
	size_t line = 1, column = 1;

	for (size_t i = 0; i < offset; i++) {
		column = r->text[i] == '\n' ? 1 : column + 1;
		line += r->text[i] == '\n';
	}
	strbuf_addescaped(&shown, r->path, strlen(r->path));
	fail_set(f, FAIL_CONFIG, "%s:%zu:%zu: %s %s", shown.buf, line, column, name, what);
	strbuf_clear(&shown);
	return -1;
}

static int unknown_name(const struct rendering *r, size_t offset, const char *name, struct fail *f)
{
	struct arena mem = ARENA_INIT;
	const char **names = arena_alloc(&mem, (r->target->var_count + 1) * sizeof *names), *near;

	for (size_t i = 0; i < r->target->var_count; i++)
		names[i] = r->target->vars[i].name;
	near = utf8_nearest(name, names, r->target->var_count);
	fail_at(r, offset, f, "is not a variable of this target", name);
	if (near)
		fail_hint(f, "did you mean %s?", near);
	arena_clear(&mem);
	return -1;
}

static int add_secret(struct rendering *r, size_t offset, const struct var *v, struct fail *f)
{
	const char *value, *wrong;
	size_t len;

	r->out->secret = true;
	if (!r->secrets) {
		r->out->unknown_secret = true;
		strbuf_addf(&r->out->text, "[secret %s]", v->name);
		return 0;
	}
	value = secrets_value(r->secrets, v->ref, &len);
	if (!value)
		return fail_at(r, offset, f, "is a secret that was not resolved", v->name);
	wrong = render_escape(&r->out->text, r->style, value, len);
	return wrong ? fail_at(r, offset, f, wrong, v->name) : 0;
}

static int add_value(struct rendering *r, size_t offset, size_t name_len, const char *at, struct fail *f)
{
	char *name = xstrndup(at, name_len);
	const struct var *v = target_var(r->target, name);
	const char *wrong = NULL;
	int rc = 0;

	r->out->changed = true;
	if (!v)
		rc = unknown_name(r, offset, name, f);
	else if (v->kind == VAR_SECRET)
		rc = add_secret(r, offset, v, f);
	else if (v->kind == VAR_STRING)
		wrong = render_escape(&r->out->text, r->style, v->text, strlen(v->text));
	else
		strbuf_addstr(&r->out->text, v->text);
	if (wrong)
		rc = fail_at(r, offset, f, wrong, name);
	free(name);
	return rc;
}

int render_text(struct rendered *out, const char *path, const char *text, size_t len, const struct render_rule *rule,
                const struct target *t, const struct secrets *s, struct fail *f)
{
	struct rendering r = { .out = out, .path = path, .text = text, .len = len, .target = t, .secrets = s,
	                       .style = render_style_of(path) };
	size_t open = strlen(rule->open), close = strlen(rule->close), from = 0, at = 0;
	const char *hit;

	*out = (struct rendered){ .text = STRBUF_INIT };
	while (at < len && (hit = memmem(text + at, len - at, rule->open, open)) != NULL) {
		const char *name = hit + open;
		size_t rest = len - (size_t)(name - text), n = name_length(name, rest);

		at = (size_t)(hit - text) + 1;
		if (n == 0 || rest - n < close || memcmp(name + n, rule->close, close) != 0)
			continue;
		strbuf_add(&out->text, text + from, (size_t)(hit - text) - from);
		if (add_value(&r, (size_t)(hit - text), n, name, f) < 0)
			return -1;
		from = at = (size_t)(name - text) + n + close;
	}
	strbuf_add(&out->text, text + from, len - from);
	return strbuf_failed(&out->text) ? fail_set(f, FAIL_CONFIG, "%s: too large to render", path) : 0;
}
