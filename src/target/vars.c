#include "target/vars.h"

#include <stdlib.h>
#include <string.h>

#include "base/strmap.h"
#include "target/keys.h"

/* Variables that name each other twice each would double the text at every step. */
#define EXPANDED_MAX ((size_t)64 * 1024)

enum progress { UNTOUCHED, IN_PROGRESS, SETTLED, BROKEN };

struct source { const struct layer *layer; const json *value; enum progress progress; };

struct gathering {
	struct project *project;
	struct var_set *vars;
	struct source *sources;         /* beside vars->items */
	struct problems *problems;
};

const char *layer_origin(const struct layer *layer, const json *v, enum json_where where, struct arena *mem)
{
	unsigned line, column;

	if (!layer->doc || !json_position(layer->doc, v, where, &line, &column) || strcmp(layer->label, "built-in") == 0)
		return layer->label;
	return arena_printf(mem, "%s:%u:%u", json_doc_name(layer->doc), line, column);
}

/* ---- ${NAME} in a text; settle is called before a variable is used ---- */
struct expander {
	const struct var_set *vars;
	int (*settle)(void *arg, const struct var *v, struct fail *f);
	void *arg;
};

const struct var *vars_find(const struct var_set *vars, const char *name)
{
	size_t low = 0, high = vars->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, vars->items[middle].name);

		if (order == 0)
			return &vars->items[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static int expand_one(const struct expander *e, struct strbuf *out, const char *name, struct fail *f)
{
	const struct var *v = vars_find(e->vars, name);
	struct strbuf shown = STRBUF_INIT;
	int rc = -1;

	strbuf_addescaped(&shown, name, strlen(name));
	if (!v)
		fail_set(f, FAIL_CONFIG, "unknown variable \"${%s}\"", shown.buf);
	else if (v->kind == VAR_SECRET)
		fail_set(f, FAIL_CONFIG, "\"${%s}\" is a secret: it can only be rendered into a file, as {{%s}}", shown.buf,
		         shown.buf);
	else
		rc = e->settle ? e->settle(e->arg, v, f) : 0;
	strbuf_clear(&shown);
	if (rc == 0)
		strbuf_addstr(out, v->text);
	return rc;
}

static int expand(const struct expander *e, struct strbuf *out, const char *text, struct fail *f)
{
	char *name;
	int rc = 0;

	while (*text && rc == 0) {
		size_t plain = strcspn(text, "$");
		const char *end;

		strbuf_add(out, text, plain);
		text += plain;
		if (strncmp(text, "$${", 3) == 0) {
			strbuf_addstr(out, "${");
			text += 3;
		} else if (text[0] == '$' && text[1] == '{') {
			end = strchr(text, '}');
			if (!end)
				return fail_set(f, FAIL_CONFIG, "\"${\" is never closed (write $${ for the characters themselves)");
			name = xstrndup(text + 2, (size_t)(end - text - 2));
			rc = expand_one(e, out, name, f);
			free(name);
			text = end + 1;
		} else if (*text) {
			strbuf_addch(out, *text++);
		}
	}
	if (rc == 0 && (out->len > EXPANDED_MAX || strbuf_failed(out)))
		return fail_set(f, FAIL_CONFIG, "expands to more than 64 KiB");
	return rc;
}

int vars_expand(const struct var_set *vars, const char *text, struct strbuf *out, struct fail *f)
{
	struct expander e = { .vars = vars };

	return expand(&e, out, text, f);
}

/* ---- settling the values ---- */
static int settle(void *arg, const struct var *v, struct fail *f);

static struct source *source_of(struct gathering *g, const struct var *v)
{
	return &g->sources[v - g->vars->items];
}

static void report(struct gathering *g, const struct source *s, const struct fail *f)
{
	if (g->problems && s->layer && s->layer->doc)
		problem_at(g->problems, PROBLEM_ERROR, s->layer->doc, s->value, JSON_AT_VALUE, f->hint[0] ? f->hint : NULL,
		           "%s",
		           f->text);
}

static char *expand_string(void *arg, const char *text)
{
	struct gathering *g = arg;
	struct expander e = { g->vars, settle, g };
	struct strbuf out = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	if (expand(&e, &out, text, &f) == 0)
		return strbuf_detach(&out);
	strbuf_clear(&out);
	return NULL;
}

static bool has_reference(const json *v)
{
	if (json_string(v))
		return strstr(json_string(v), "${") != NULL;
	for (const json *c = json_first(v); c; c = json_next(c))
		if (has_reference(c))
			return true;
	return false;
}

/* {"env": "${TARGET}_TOKEN"} names another secret for every target. */
static int settle_secret(struct gathering *g, struct var *v, struct source *s, struct fail *f)
{
	json *expanded;

	if (!has_reference(v->ref))
		return 0;
	expanded = json_map_strings(v->ref, expand_string, g);
	if (!expanded) {
		s->progress = BROKEN;
		return fail_set(f, FAIL_CONFIG, "this reference to a secret holds an unknown or secret variable");
	}
	v->ref = project_own(g->project, expanded);
	return 0;
}

static int settle_text(struct gathering *g, struct var *v, struct fail *f)
{
	struct expander e = { g->vars, settle, g };
	struct strbuf out = STRBUF_INIT;
	int rc = strchr(v->text, '$') ? expand(&e, &out, v->text, f) : 0;

	if (rc == 0 && out.len)
		v->text = arena_strndup(&g->project->mem, out.buf, out.len);
	else if (rc == 0 && strchr(v->text, '$'))
		v->text = "";
	strbuf_clear(&out);
	return rc;
}

static int settle(void *arg, const struct var *found, struct fail *f)
{
	struct gathering *g = arg;
	struct source *s = source_of(g, found);
	struct var *v = &g->vars->items[found - g->vars->items];
	int rc;

	if (s->progress == SETTLED)
		return 0;
	if (s->progress == IN_PROGRESS)
		return fail_set(f, FAIL_CONFIG, "variables name each other: \"%s\" leads back to itself", v->name);
	if (s->progress == BROKEN)
		return fail_set(f, FAIL_CONFIG, "variable \"%s\" cannot be expanded", v->name);
	s->progress = IN_PROGRESS;
	rc = v->kind == VAR_SECRET ? settle_secret(g, v, s, f) : v->kind == VAR_STRING ? settle_text(g, v, f) : 0;
	s->progress = rc == 0 ? SETTLED : BROKEN;
	if (rc < 0)
		report(g, s, f);
	return rc;
}

/* ---- gathering ---- */
static void fill(struct gathering *g, struct var *v, struct source *s)
{
	struct arena *mem = &g->project->mem;
	const char *raw;
	size_t len;

	v->origin = layer_origin(s->layer, s->value, JSON_AT_KEY, mem);
	switch (json_type(s->value)) {
	case JSON_STRING:
		v->kind = VAR_STRING;
		v->text = json_string(s->value);
		break;
	case JSON_NUMBER:
	case JSON_BOOL:
		v->kind = json_type(s->value) == JSON_BOOL ? VAR_BOOL : VAR_NUMBER;
		v->text = json_raw(s->layer->doc, s->value, &raw, &len) ? arena_strndup(mem, raw, len) : "";
		break;
	default:
		v->kind = VAR_SECRET;
		v->ref = s->value;
		break;
	}
}

static void add_builtin(struct gathering *g, const char *name, const char *text)
{
	static const struct layer builtin = { .label = "built-in" };
	size_t i = g->vars->count++;

	g->vars->items[i] = (struct var){ .name = name, .kind = VAR_STRING, .text = text, .origin = "built-in" };
	g->sources[i] = (struct source){ .layer = &builtin, .progress = SETTLED };
}

const char *vars_literal(const char *text, struct arena *mem)
{
	struct strbuf out = STRBUF_INIT;
	const char *literal;

	for (const char *p = text; *p; p++) {
		if (p[0] == '$' && p[1] == '{')
			strbuf_addch(&out, '$');
		strbuf_addch(&out, *p);
	}
	literal = arena_strndup(mem, out.buf, out.len);
	strbuf_clear(&out);
	return literal;
}

static const char *upper_name(const char *name, struct arena *mem)
{
	char *out = arena_strdup(mem, name);

	for (char *p = out; *p; p++)
		*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p == '-' ? '_' : *p;
	return out;
}

static void add_layer(struct gathering *g, struct strmap *seen, const struct layer *layer)
{
	const json *vars = json_get(layer->value, "vars");

	for (const json *c = json_type(vars) == JSON_OBJECT ? json_first(vars) : NULL; c; c = json_next(c)) {
		const char *name = json_key(c);
		struct source *s;

		if (key_is_private(name) || json_type(c) == JSON_NULL || json_type(c) == JSON_ARRAY)
			continue;
		if (strcmp(name, "TARGET") == 0) {
			if (g->problems && layer->doc)
				problem_at(g->problems, PROBLEM_ERROR, layer->doc, c, JSON_AT_KEY, NULL,
				           "TARGET is the target's own name and cannot be set");
			continue;
		}
		s = strmap_get(seen, name);
		if (!s) {
			s = &g->sources[g->vars->count];
			g->vars->items[g->vars->count++] = (struct var){ .name = name };
			strmap_set(seen, name, s);
		}
		*s = (struct source){ .layer = layer, .value = c };
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct var *)a)->name, ((const struct var *)b)->name);
}

/* Sorting moves the variables; their sources follow through the map. */
static void sort(struct gathering *g, const struct strmap *seen)
{
	struct source *sorted = xcalloc(g->vars->count + 1, sizeof *sorted);

	qsort(g->vars->items, g->vars->count, sizeof *g->vars->items, by_name);
	for (size_t i = 0; i < g->vars->count; i++) {
		const struct source *s = strmap_get(seen, g->vars->items[i].name);

		sorted[i] = s ? *s : (struct source){ .progress = SETTLED };
	}
	free(g->sources);
	g->sources = sorted;
}

void vars_gather(struct var_set *out, struct project *p, const struct layer *layers, size_t layer_count,
                 const char *target,
                 const char *environment, struct problems *problems)
{
	struct gathering g = { .project = p, .vars = out, .problems = problems };
	struct strmap seen = STRMAP_INIT;
	struct fail f = FAIL_INIT;
	size_t room = 3;

	for (size_t i = 0; i < layer_count; i++)
		room += json_count(json_get(layers[i].value, "vars"));
	*out = (struct var_set){ .items = arena_alloc(&p->mem, room * sizeof *out->items) };
	g.sources = xcalloc(room, sizeof *g.sources);
	for (size_t i = 0; i < layer_count; i++)
		add_layer(&g, &seen, &layers[i]);
	for (size_t i = 0; i < out->count; i++)
		fill(&g, &out->items[i], &g.sources[i]);
	if (target) {
		add_builtin(&g, "target", target);
		add_builtin(&g, "TARGET", upper_name(target, &p->mem));
	}
	if (environment)
		add_builtin(&g, "environment", environment);
	sort(&g, &seen);
	strmap_clear(&seen);
	for (size_t i = 0; i < out->count; i++)
		(void)settle(&g, &out->items[i], &f);
	free(g.sources);
}
