#include "target/layers.h"

#include <stdlib.h>
#include <string.h>

#include "target/keys.h"
#include "target/vars.h"

static void add(struct layer *out, size_t *n, const char *label, struct part part)
{
	if (json_type(part.value) == JSON_OBJECT)
		out[(*n)++] = (struct layer){ .label = label, .doc = part.doc, .value = part.value };
}

size_t layers_of(struct layer *out, struct project *p, const struct target_def *t, const char *environment,
                 const struct host_def *host)
{
	const struct environment_def *env = environment_def(p, environment);
	struct part entry;
	size_t n = 0;

	add(out, &n, "built-in", (struct part){ p->builtin, json_root(p->builtin) });
	add(out, &n, "defaults", (struct part){ p->config.doc, json_get(p->config.value, "defaults") });
	if (host)
		add(out, &n, arena_printf(&p->mem, "host %s", host->name), host->part);
	for (size_t i = 0; env && i < env->chain_count; i++)
		add(out, &n, arena_printf(&p->mem, "environment %s", json_key(env->chain[i]->part.value)), env->chain[i]->part);
	if (t) {
		add(out, &n, "target", t->part);
		if (environment && target_def_entry(t, environment, &entry))
			add(out, &n, arena_printf(&p->mem, "target in %s", environment), entry);
	}
	return n;
}

bool layers_add_up(const char *key)
{
	return strcmp(key, "ignore") == 0 || strcmp(key, "include") == 0 || strcmp(key, "allow_unsafe") == 0;
}

static bool is_secret_reference(const json *v)
{
	return json_type(v) == JSON_OBJECT && (json_get(v, "env") || json_get(v, "file") || json_get(v, "command"));
}

static const json *combine(struct project *p, const char *key, const json *have, const json *next)
{
	if (!have)
		return next;
	if (layers_add_up(key))
		return project_own(p, json_concat(have, next));
	if (json_type(have) == JSON_OBJECT && json_type(next) == JSON_OBJECT)
		return project_own(p, json_merge(have, next, is_secret_reference));
	return next;
}

static bool may_set(const struct layer *layer, const struct key_row *row)
{
	return row->levels != LEVEL_HOST || strncmp(layer->label, "host ", 5) == 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct setting *)a)->key, ((const struct setting *)b)->key);
}

struct setting *layers_merge(struct project *p, const struct layer *layers, size_t layer_count, unsigned kind,
                             size_t *count)
{
	struct setting found[96] = { { NULL, NULL, NULL } }, *out;
	size_t n = 0;

	for (const struct key_row *row = keys_layered; row->name && n < sizeof found / sizeof found[0]; row++) {
		struct setting s = { .key = row->name };

		if (!key_is_setting(row) || (row->kinds && !(row->kinds & kind)))
			continue;
		for (size_t i = 0; i < layer_count; i++) {
			const json *v = may_set(&layers[i], row) ? json_get(layers[i].value, row->name) : NULL;

			if (!v)
				continue;
			s.value = combine(p, row->name, s.value, v);
			s.origin = layer_origin(&layers[i], v, JSON_AT_KEY, &p->mem);
		}
		if (s.value)
			found[n++] = s;
	}
	out = arena_alloc(&p->mem, (n + 1) * sizeof *out);
	memcpy(out, found, n * sizeof *out);
	qsort(out, n, sizeof *out, by_key);
	*count = n;
	return out;
}

const struct layer *layers_origin(const struct layer *layers, size_t layer_count, const char *const *keys, size_t depth,
                                  const json **value)
{
	while (layer_count-- > 0) {
		const json *v = layers[layer_count].value;

		for (size_t i = 0; v && i < depth; i++)
			v = json_get(v, keys[i]);
		if (v && depth) {
			*value = v;
			return &layers[layer_count];
		}
	}
	return NULL;
}
