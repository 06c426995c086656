#include "target/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "target/environment.h"
#include "target/keys.h"
#include "target/layers.h"

struct checking {
	struct project *project;
	const struct target *target;
	struct problems *problems;
	const struct json_doc *doc;     /* of the layer at hand */
};

void glob_check(const struct project *p, const struct json_doc *doc, const json *v, const char *text,
                struct problems *problems)
{
	struct fail f = FAIL_INIT;
	struct glob *g = NULL;

	if (glob_new(&g, text, &f) < 0)
		problem_at(problems, PROBLEM_ERROR, doc, v, JSON_AT_VALUE, NULL, "%s", f.text);
	else if (text[0] == '!' && text[1] != '(')
		problem_at(problems, PROBLEM_WARNING, doc, v, JSON_AT_VALUE, p->firebase ? NULL : "\"include\" re-admits files",
		           "\"%s\" hides only a file with a ! in its name: there is no negation", text);
	glob_free(g);
}

static void check_text(const struct checking *c, const struct shape *s, const json *v, bool glob)
{
	const char *text = json_string(v), *out = text, *wrong = NULL;
	struct fail f = FAIL_INIT;

	if (strstr(text, "${")) {
		if (target_expand(c->target, text, &out, &c->project->mem, &f) < 0) {
			problem_at(c->problems, PROBLEM_ERROR, c->doc, v, JSON_AT_VALUE,
			           arena_printf(&c->project->mem, "for target %s", c->target->name), "%s", f.text);
			return;
		}
		wrong = s ? shape_text_wrong(s, out) : NULL;
	}
	if (wrong)
		problem_at(c->problems, PROBLEM_ERROR, c->doc, v, JSON_AT_VALUE, NULL, "\"%s\" is not %s", out, wrong);
	if (glob)
		glob_check(c->project, c->doc, v, out, c->problems);
}

static void check_strings(const struct checking *c, const struct shape *s, const json *v, bool glob)
{
	if (json_string(v)) {
		check_text(c, s, v, glob);
		return;
	}
	for (const json *item = json_first(v); item; item = json_next(item)) {
		const struct key_row *row = json_key(item) && s && s->keys ? shape_key(s->keys, json_key(item)) : NULL;

		if (json_key(item) && key_is_private(json_key(item)))
			continue;
		check_strings(c, !s ? NULL : !json_key(item) ? s->item : row ? row->shape : s->value, item, glob);
	}
}

/* Walks the merged value and judges each leaf where it was written: values that a later layer replaces are not
 * looked at. */
static void check_leaves(struct checking *c, const char **keys, size_t depth, const struct shape *s, const json *v,
                         bool glob)
{
	const struct layer *l;
	const json *written;

	if (json_type(v) == JSON_OBJECT && depth < 8 && json_count(v)) {
		for (const json *m = json_first(v); m; m = json_next(m)) {
			const struct key_row *row = s && s->keys ? shape_key(s->keys, json_key(m)) : NULL;

			keys[depth] = json_key(m);
			check_leaves(c, keys, depth + 1, !s ? NULL : row ? row->shape : s->value, m, glob);
		}
		return;
	}
	l = layers_origin(c->target->layers, c->target->layer_count, keys, depth, &written);
	if (!l)
		return;
	c->doc = l->doc;
	check_strings(c, s, written, glob);
}

static void check_setting(struct checking *c, const struct setting *setting)
{
	const struct target *t = c->target;
	const struct key_row *row = shape_key(keys_layered, setting->key);
	const char *keys[9] = { setting->key };

	if (!layers_add_up(setting->key)) {
		check_leaves(c, keys, 1, row->shape, setting->value, false);
		return;
	}
	for (size_t i = 0; i < t->layer_count; i++) {
		const json *v = json_get(t->layers[i].value, setting->key);

		c->doc = t->layers[i].doc;
		if (v)
			check_strings(c, row->shape, v, true);
	}
}

/* ---- what a kind cannot do without, and whom credentials may be sent to ---- */
static void require(struct project *p, const struct target_def *def, const struct target *t, const char *key,
                    struct problems *problems)
{
	if (!target_value(t, key))
		problem_at(problems, PROBLEM_ERROR, def->part.doc, def->part.value, JSON_AT_VALUE,
		           arena_printf(&p->mem, "set it here, in the environment, in %s/%s.json or in defaults",
		                        p->manifests_dir, t->host),
		           "target \"%s\" (host %s, kind %s) has no \"%s\"", t->name, t->host, t->kind, key);
}

static void check_endpoint(struct project *p, const struct target *t, struct problems *problems)
{
	const char *endpoint = target_string(t, "endpoint", &p->mem);
	struct part at;

	if (endpoint && setting_part(t, "endpoint", &at) && !endpoint_allowed(endpoint))
		problem_at(problems, PROBLEM_ERROR, at.doc, at.value, JSON_AT_VALUE,
		           "name it in SLIPWAY_ALLOW_ENDPOINTS if credentials may be sent there",
		           "\"%s\" is neither this machine nor allowed: a project must not choose who receives credentials",
		           endpoint);
}

/* A target's own words that its host does not understand: they would be ignored in silence. */
static void warn_useless(const struct target *t, const json *said, const struct json_doc *doc,
                         struct problems *problems)
{
	unsigned kind = keys_kind_bit(t->kind);

	for (const json *c = json_type(said) == JSON_OBJECT ? json_first(said) : NULL; c; c = json_next(c)) {
		const struct key_row *row = shape_key(keys_layered, json_key(c));

		if (row && row->kinds && !(row->kinds & kind))
			problem_at(problems, PROBLEM_WARNING, doc, c, JSON_AT_KEY, NULL,
			           "\"%s\" means nothing to host \"%s\" of kind %s",
			           json_key(c), t->host, t->kind);
	}
}

void settings_check(struct project *p, const struct target_def *def, const struct target *t, struct problems *problems)
{
	struct checking c = { .project = p, .target = t, .problems = problems };
	unsigned kind = keys_kind_bit(t->kind);
	struct part entry;

	for (size_t i = 0; i < t->setting_count; i++)
		check_setting(&c, &t->settings[i]);
	if (kind & (KIND_DIR | KIND_SSH))
		require(p, def, t, "root", problems);
	if (kind & KIND_S3)
		require(p, def, t, "bucket", problems);
	if (kind & KIND_FIREBASE)
		require(p, def, t, "project", problems);
	check_endpoint(p, t, problems);
	if (t->environment && target_def_entry(def, t->environment, &entry))
		warn_useless(t, entry.value, entry.doc, problems);
	if (!t->environment)
		warn_useless(t, def->part.value, def->part.doc, problems);
}
