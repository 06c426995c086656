/* The resolved view of one target, as other rooms read it. */
#include "target/project.h"

#include <string.h>

#include "target/project_inside.h"
#include "target/vars.h"

const json *target_value(const struct target *t, const char *key)
{
	size_t low = 0, high = t->setting_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(key, t->settings[middle].key);

		if (order == 0)
			return t->settings[middle].value;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct var *target_var(const struct target *t, const char *name)
{
	struct var_set vars = { t->vars, t->var_count };

	return vars_find(&vars, name);
}

int target_expand(const struct target *t, const char *text, const char **out, struct arena *mem, struct fail *f)
{
	struct var_set vars = { t->vars, t->var_count };
	struct strbuf expanded = STRBUF_INIT;
	int rc = vars_expand(&vars, text, &expanded, f);

	if (rc == 0)
		*out = arena_strndup(mem, expanded.buf, expanded.len);
	strbuf_clear(&expanded);
	return rc;
}

const char *target_string(const struct target *t, const char *key, struct arena *mem)
{
	const char *text = json_string(target_value(t, key)), *out = NULL;
	struct fail ignored;            /* project_resolve has shown that it expands */

	return text && target_expand(t, text, &out, mem, &ignored) == 0 ? out : NULL;
}

const char *const *target_strings(const struct target *t, const char *key, size_t *count, struct arena *mem)
{
	const char *const *raw = strings_of(target_value(t, key), count, mem);
	const char **out = arena_alloc(mem, (*count + 1) * sizeof *out);
	struct fail ignored;

	for (size_t i = 0; i < *count; i++)
		if (target_expand(t, raw[i], &out[i], mem, &ignored) < 0)
			out[i] = raw[i];
	return out;
}
