#include "target/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "target/keys.h"

/* One place where values may be repeated: objects side by side, one an environment. */
struct family {
	const struct json_doc *doc;
	const json **members;
	size_t count;
	const char *where;              /* what the shared value belongs into */
};

/* The value all members give the key, or NULL. References are no literals: what they lead to may differ. */
static const json *shared(const struct family *f, const char *outer, const char *key)
{
	const json *first = NULL;

	for (size_t i = 0; i < f->count; i++) {
		const json *v = outer ? json_get(json_get(f->members[i], outer), key) : json_get(f->members[i], key);

		if (!v || json_type(v) == JSON_OBJECT || (json_string(v) && strstr(json_string(v), "${environment}")))
			return NULL;
		if (first && !json_equal(first, v))
			return NULL;
		first = first ? first : v;
	}
	return first;
}

static void hint_at(const struct family *f, const json *v, const char *what, struct problems *problems)
{
	problem_at(problems, PROBLEM_HINT, f->doc, v, JSON_AT_KEY, NULL,
	           "%s \"%s\" is the same in every environment: it belongs into %s", what, json_key(v), f->where);
}

static void look(const struct family *f, struct problems *problems)
{
	const json *vars = json_get(f->members[0], "vars");

	for (const json *c = json_type(vars) == JSON_OBJECT ? json_first(vars) : NULL; c; c = json_next(c))
		if (!key_is_private(json_key(c)) && shared(f, "vars", json_key(c)))
			hint_at(f, c, "variable", problems);
	for (const json *c = json_first(f->members[0]); c; c = json_next(c)) {
		const struct key_row *row = shape_key(keys_layered, json_key(c));

		if (row && key_is_setting(row) && shared(f, NULL, json_key(c)))
			hint_at(f, c, "setting", problems);
	}
}

static void look_at_environments(struct project *p, struct problems *problems)
{
	struct family f = { .doc = p->config.doc, .where = "the environment they extend, or \"defaults\"" };

	f.members = xcalloc(p->environment_count + 1, sizeof *f.members);
	for (size_t i = 0; i < p->environment_count; i++)
		if (!p->environments[i].abstract)
			f.members[f.count++] = p->environment_defs[i].part.value;
	if (f.count > 1)
		look(&f, problems);
	free(f.members);
}

static void look_at_target(const struct target_def *t, struct problems *problems)
{
	const json *entries = json_get(t->part.value, "environments");
	struct family f = { .doc = t->part.doc, .where = "the target itself" };

	if (json_type(entries) != JSON_OBJECT || json_count(entries) < 2)
		return;
	f.members = xcalloc(json_count(entries), sizeof *f.members);
	for (const json *c = json_first(entries); c; c = json_next(c))
		if (!key_is_private(json_key(c)) && json_type(c) == JSON_OBJECT)
			f.members[f.count++] = c;
	if (f.count > 1)
		look(&f, problems);
	free(f.members);
}

void hints_add(struct project *p, struct problems *problems)
{
	look_at_environments(p, problems);
	for (size_t i = 0; i < p->target_count; i++)
		look_at_target(&p->targets[i], problems);
}
