#include "target/project_inside.h"

#include <string.h>

#include "target/keys.h"

static void read_one(struct project *p, struct environment *e, struct environment_def *def, const json *value)
{
	e->name = json_key(value);
	e->extends = json_string(json_get(value, "extends"));
	e->branches = strings_of(json_get(value, "branches"), &e->branch_count, &p->mem);
	e->approve = json_string(json_get(value, "approve"));
	def->part = (struct part){ p->config.doc, value };
}

static size_t index_of(const struct project *p, const char *name)
{
	size_t i = 0;

	while (i < p->environment_count && strcmp(p->environments[i].name, name) != 0)
		i++;
	return i;
}

const struct environment_def *environment_def(const struct project *p, const char *name)
{
	size_t i = name ? index_of(p, name) : p->environment_count;

	return i < p->environment_count ? &p->environment_defs[i] : NULL;
}

static const char **environment_names(const struct project *p, struct arena *mem)
{
	const char **names = arena_alloc(mem, (p->environment_count + 1) * sizeof *names);

	for (size_t i = 0; i < p->environment_count; i++)
		names[i] = p->environments[i].name;
	return names;
}

static void unknown_parent(struct project *p, size_t i, struct problems *problems)
{
	const json *extends = json_get(p->environment_defs[i].part.value, "extends");
	const char *hint = nearest_hint(p->environments[i].extends, environment_names(p, &p->mem), p->environment_count,
	                                &p->mem);

	problem_at(problems, PROBLEM_ERROR, p->config.doc, extends, JSON_AT_VALUE, hint,
	           "environment \"%s\" extends \"%s\", which does not exist", p->environments[i].name,
	           p->environments[i].extends);
	p->environment_defs[i].looped = true;
}

static void report_cycle(struct project *p, size_t start, struct problems *problems)
{
	struct strbuf way = STRBUF_INIT;
	size_t i = start;

	do {
		strbuf_addf(&way, "%s -> ", p->environments[i].name);
		p->environment_defs[i].looped = true;
		i = index_of(p, p->environments[i].extends);
	} while (i != start);
	strbuf_addstr(&way, p->environments[start].name);
	problem_at(problems, PROBLEM_ERROR, p->config.doc, json_get(p->environment_defs[start].part.value, "extends"),
	           JSON_AT_VALUE, NULL, "environments extend each other: %s", way.buf);
	strbuf_clear(&way);
}

static void find_loops(struct project *p, size_t start, struct problems *problems)
{
	size_t i = start;

	for (size_t steps = 0; steps <= p->environment_count; steps++) {
		if (!p->environments[i].extends || p->environment_defs[i].looped)
			return;
		i = index_of(p, p->environments[i].extends);
		if (i == p->environment_count)
			return;
		if (i == start) {
			report_cycle(p, start, problems);
			return;
		}
	}
}

static void build_chain(struct project *p, size_t i)
{
	struct environment_def *def = &p->environment_defs[i];
	size_t at = i, depth = 1;

	while (!p->environment_defs[at].looped && p->environments[at].extends) {
		at = index_of(p, p->environments[at].extends);
		depth++;
	}
	def->chain = arena_alloc(&p->mem, depth * sizeof *def->chain);
	def->chain_count = depth;
	for (at = i; depth-- > 0; at = depth ? index_of(p, p->environments[at].extends) : at)
		def->chain[depth] = &p->environment_defs[at];
}

void environments_read(struct project *p, struct problems *problems)
{
	const json *all = json_get(p->config.value, "environments");
	size_t room = json_type(all) == JSON_OBJECT ? json_count(all) : 0;

	p->environments = arena_alloc(&p->mem, (room + 1) * sizeof *p->environments);
	p->environment_defs = arena_alloc(&p->mem, (room + 1) * sizeof *p->environment_defs);
	for (const json *c = room ? json_first(all) : NULL; c; c = json_next(c)) {
		if (key_is_private(json_key(c)) || json_type(c) != JSON_OBJECT)
			continue;
		read_one(p, &p->environments[p->environment_count], &p->environment_defs[p->environment_count], c);
		p->environment_count++;
	}
	for (size_t i = 0; i < p->environment_count; i++)
		if (p->environments[i].extends && index_of(p, p->environments[i].extends) == p->environment_count)
			unknown_parent(p, i, problems);
	for (size_t i = 0; i < p->environment_count; i++)
		find_loops(p, i, problems);
	for (size_t i = 0; i < p->environment_count; i++)
		build_chain(p, i);
}

/* ---- which targets are in which environment ---- */
bool target_def_entry(const struct target_def *t, const char *environment, struct part *out)
{
	const json *entries = json_get(t->part.value, "environments");

	*out = (struct part){ t->part.doc, NULL };
	if (!environment)
		return true;
	if (json_type(entries) == JSON_OBJECT) {
		const json *entry = json_get(entries, environment);

		out->value = json_type(entry) == JSON_OBJECT ? entry : NULL;
		return entry != NULL;
	}
	for (const json *c = json_type(entries) == JSON_ARRAY ? json_first(entries) : NULL; c; c = json_next(c))
		if (json_string(c) && strcmp(json_string(c), environment) == 0)
			return true;
	return false;
}

static size_t choosable(const struct project *p, const struct environment **only)
{
	size_t n = 0;

	for (size_t i = 0; i < p->environment_count; i++) {
		if (p->environments[i].abstract)
			continue;
		*only = &p->environments[i];
		n++;
	}
	return n;
}

bool target_def_in(const struct project *p, const struct target_def *t, const char *environment)
{
	const struct environment *only = NULL;
	struct part entry;

	if (!environment || json_get(t->part.value, "environments"))
		return target_def_entry(t, environment, &entry);
	return choosable(p, &only) == 1 && strcmp(only->name, environment) == 0;
}

static bool named_by_a_target(const struct project *p, const char *name)
{
	struct part entry;

	for (size_t i = 0; i < p->target_count; i++)
		if (target_def_entry(&p->targets[i], name, &entry))
			return true;
	return false;
}

static bool extended(const struct project *p, const char *name)
{
	for (size_t i = 0; i < p->environment_count; i++)
		if (p->environments[i].extends && strcmp(p->environments[i].extends, name) == 0)
			return true;
	return false;
}

static void check_entry_name(struct project *p, const struct target_def *t, const json *at, const char *name,
                             enum json_where where, struct problems *problems)
{
	if (environment_def(p, name))
		return;
	if (p->environment_count == 0)
		problem_at(problems, PROBLEM_ERROR, t->part.doc, at, where, NULL,
		           "target \"%s\" names environment \"%s\", but the project has no environments", t->name, name);
	else
		problem_at(problems, PROBLEM_ERROR, t->part.doc, at, where,
		           nearest_hint(name, environment_names(p, &p->mem), p->environment_count, &p->mem),
		           "target \"%s\" names environment \"%s\", which does not exist", t->name, name);
}

static void check_entries(struct project *p, const struct target_def *t, struct problems *problems)
{
	const json *entries = json_get(t->part.value, "environments");
	const struct environment *only = NULL;

	if (!entries) {
		if (choosable(p, &only) > 1)
			problem_at(problems, PROBLEM_ERROR, t->part.doc, t->part.value, JSON_AT_VALUE,
			           "add \"environments\": an object with a key for each, or a list of names",
			           "target \"%s\" does not say in which environments it is", t->name);
		return;
	}
	for (const json *c = json_first(entries); c; c = json_next(c)) {
		if (json_type(entries) == JSON_OBJECT && !key_is_private(json_key(c)))
			check_entry_name(p, t, c, json_key(c), JSON_AT_KEY, problems);
		else if (json_string(c) && json_type(entries) == JSON_ARRAY)
			check_entry_name(p, t, c, json_string(c), JSON_AT_VALUE, problems);
	}
}

void environments_settle(struct project *p, struct problems *problems)
{
	for (size_t i = 0; i < p->environment_count; i++) {
		struct environment *e = &p->environments[i];

		e->abstract = e->branch_count == 0 && extended(p, e->name) && !named_by_a_target(p, e->name);
	}
	for (size_t i = 0; i < p->target_count; i++)
		check_entries(p, &p->targets[i], problems);
}
