#include "deploy/decide.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "deploy/hooks.h"

int wish_check_kinds(const struct context *c, struct fail *f)
{
	for (size_t i = 0; i < c->target_count; i++) {
		const struct target *t = c->targets[i];
		if (c->find_host ? c->find_host(t->kind) : host_find(t->kind))
			continue;
		fail_set(f, FAIL_CONFIG, "%s: this slipway cannot deploy to %s yet", t->name, t->kind);
		return fail_hint(f, "choose other targets, or leave it out with --except %s", t->name);
	}
	return 0;
}

/* ---- the digest of the configuration ---- */

static void add_setting(struct strbuf *out, const struct target *t, const char *key)
{
	const json *value = target_value(t, key);

	strbuf_addf(out, "%s=", key);
	if (value)
		json_canonical(out, value);
	strbuf_addch(out, '\n');
}

static void add_target(struct strbuf *out, const struct target *t)
{
	static const char *const keys[] = { "ignore", "include", "allow_unsafe", "render" };

	strbuf_addf(out, "target %s build %s\n", t->name, t->build);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		add_setting(out, t, keys[i]);
	for (size_t i = 0; i < t->overlay_count; i++)
		strbuf_addf(out, "overlay %s\n", t->overlays[i]);
	for (size_t i = 0; i < t->var_count; i++) {
		const struct var *v = &t->vars[i];
		strbuf_addf(out, "var %s %d %zu:", v->name, v->kind, v->text ? strlen(v->text) : 0);
		if (v->text)
			strbuf_addstr(out, v->text);
		else if (v->ref)
			json_canonical(out, v->ref);
		strbuf_addch(out, '\n');
	}
}

/* Of all targets, not of the selected ones: a rerun for those that failed goes on under the same release id. */
static const char *config_digest(struct context *c)
{
	struct strbuf text = STRBUF_INIT;
	uint8_t id[SHA256_SIZE];
	char *hex = arena_bytes(&c->mem, SHA256_HEX);

	if (c->channel)
		strbuf_addf(&text, "channel %s\n", c->channel);
	for (size_t i = 0; i < c->all.count; i++)
		add_target(&text, &c->all.items[i]);
	sha256_bytes(text.buf, text.len, id);
	strbuf_clear(&text);
	hex_encode(hex, id, SHA256_SIZE);
	return hex;
}

/* ---- making ---- */

static int compose_target(struct wish *w, size_t at, struct fail *f)
{
	const struct target *t = w->c->targets[at];
	const struct build **overlays = xcalloc(t->overlay_count, sizeof *overlays);

	for (size_t i = 0; i < t->overlay_count; i++)
		overlays[i] = builds_overlay(w->builds, t, t->overlays[i]);
	int rc = compose(w->composer, &w->of[at], t, builds_of(w->builds, t), overlays, t->overlay_count, f);
	free(overlays);
	if (rc < 0)
		fail_stage(f, "build");
	return rc;
}

static int compose_all(struct wish *w, struct fail *f)
{
	struct context *c = w->c;

	w->of = arena_alloc(&c->mem, (c->target_count + 1) * sizeof *w->of);
	for (size_t i = 0; i < c->target_count; i++) {
		if (compose_target(w, i, f) < 0)
			return -1;
		c->reporter->tick(c->reporter);
		loop_turn(c->loop, 0);
		if (loop_signals(c->loop, NULL) > 0)
			return fail_set(f, FAIL_CANCELLED, "interrupted before anything changed");
	}
	return 0;
}

/* The failure has room for some; a line for each target and variable. */
static void tell_missing(struct context *c)
{
	char *lines = arena_strdup(&c->mem, secrets_missing(c->secrets)), *line;
	bool several = strchr(lines, '\n') != strrchr(lines, '\n');

	while (several && (line = strsep(&lines, "\n")) != NULL && *line)
		c->reporter->problem(c->reporter, line);
}

/* The message stays with the release and in every log. */
static void redact_message(struct context *c)
{
	struct strbuf text = STRBUF_INIT;

	if (!c->message || !c->secrets)
		return;
	strbuf_addstr(&text, c->message);
	secrets_redact(c->secrets, &text);
	c->message = arena_strdup(&c->mem, text.buf);
	strbuf_clear(&text);
}

int wish_make(struct wish *w, struct context *c, const struct deploy_options *o, bool plan, struct fail *f)
{
	*w = (struct wish){ .c = c, .o = o };
	if (wish_check_kinds(c, f) < 0 || builds_new(&w->builds, c, o->dist, o->dist_count, f) < 0)
		return -1;
	if (!plan && (hooks_before(c, f) < 0 || (o->build_first && builds_command(w->builds, f) < 0)))
		return -1;
	if (!plan && c->secrets && secrets_resolve(c->secrets, c->targets, c->target_count, f) < 0) {
		tell_missing(c);
		return -1;
	}
	redact_message(c);
	/* After what may stand still for long (a secret's command): connections time out while nobody turns the loop. */
	fleet_prepare(c);
	if (builds_read(w->builds, f) < 0)
		return -1;
	w->composer = composer_new(!plan || o->secrets_known ? c->secrets : NULL, &c->mem);
	if (compose_all(w, f) < 0)
		return -1;
	w->config = config_digest(c);
	return 0;
}

void wish_free(struct wish *w)
{
	composer_free(w->composer);
	builds_free(w->builds);
	*w = (struct wish){ .c = w->c };
}

void wish_attach(struct wish *w, struct fleet *fl, struct place_plan *plans)
{
	size_t count;
	struct run *runs = fleet_runs(fl, &count);
	struct place_wish *items = arena_alloc(&w->c->mem, (count + 1) * sizeof *items);

	for (size_t i = 0, at = 0; i < count; i++) {
		while (w->c->targets[at] != runs[i].target)
			at++;
		items[i].wish = w;
		items[i].want = &w->of[at];
		items[i].build = builds_of(w->builds, runs[i].target);
		items[i].report = plans ? &plans[i] : NULL;
		memcpy(items[i].label, items[i].want->tree.id, SHA256_SIZE);
		if (runs[i].place && runs[i].ops->label)
			runs[i].ops->label(runs[i].place, &items[i].want->tree, items[i].label);
		if (plans)
			plans[i] = (struct place_plan){ .row = &runs[i].row, .exact = w->of[at].exact };
		runs[i].data = &items[i];
	}
}
