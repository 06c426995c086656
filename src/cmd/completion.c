#include "cmd/completion.h"

#include <string.h>

#include "base/strmap.h"
#include "cmd/setup.h"
#include "cmd/verbs.h"

struct shell {
	const char *name;
	void (*write)(struct strbuf *out);
};

static const struct shell shells[] = {
	{ "bash", completion_bash }, { "zsh", completion_zsh }, { "fish", completion_fish },
};

static void list_environments(struct invocation *in, struct strbuf *out)
{
	size_t count;
	const struct environment *all = project_environments(in->context.project, &count);
	for (size_t i = 0; i < count; i++)
		if (!all[i].abstract)
			strbuf_addf(out, "%s\n", all[i].name);
}

/* A name a line, each once. */
static void list_once(struct strmap *seen, const char *name, struct strbuf *out)
{
	if (!strmap_set(seen, name, out))
		strbuf_addf(out, "%s\n", name);
}

static void list_targets(const struct target_list *list, bool tags, struct strmap *seen, struct strbuf *out)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!tags)
			list_once(seen, list->items[i].name, out);
		for (size_t k = 0; tags && k < list->items[i].tag_count; k++)
			list_once(seen, list->items[i].tags[k], out);
	}
}

/* Targets or tags of the environment that the command line means, or else of all that can be chosen. */
static void list_resolved(struct invocation *in, bool tags, struct strbuf *out)
{
	struct context *c = &in->context;
	struct fail f = FAIL_INIT;
	struct strmap seen = STRMAP_INIT;
	size_t count;
	const struct environment *all = project_environments(c->project, &count);
	bool chosen = environment_choose(&c->env, c->project, in->common.environment, &c->mem, &f) == 0;
	for (size_t i = 0; chosen ? i == 0 : i < count; i++) {
		const char *name = !chosen ? all[i].name : c->env.environment ? c->env.environment->name : NULL;
		struct target_list list = { NULL, 0 };
		if (!chosen && all[i].abstract)
			continue;
		project_resolve(c->project, name, &list, &in->problems, &f);
		list_targets(&list, tags, &seen, out);
	}
	strmap_clear(&seen);
}

static void list_names(struct invocation *in, const char *what, struct strbuf *out)
{
	struct fail f = FAIL_INIT;
	if (setup_project(in, &f) < 0)
		return;
	if (strcmp(what, "environments") == 0)
		list_environments(in, out);
	else
		list_resolved(in, strcmp(what, "tags") == 0, out);
}

static int completion_run(struct invocation *in, struct fail *f)
{
	const char *what = in->words.count == 1 ? in->words.items[0] : "";
	struct strbuf out = STRBUF_INIT;
	bool known = false;
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]) && !known; i++) {
		known = strcmp(shells[i].name, what) == 0;
		if (known)
			shells[i].write(&out);
	}
	if (strcmp(what, "targets") == 0 || strcmp(what, "environments") == 0 || strcmp(what, "tags") == 0) {
		known = true;
		list_names(in, what, &out);
	}
	if (known)
		in->report = arena_strdup(&in->mem, out.buf);
	strbuf_clear(&out);
	if (!known) {
		fail_set(f, FAIL_USAGE, "completion needs a shell: bash, zsh or fish");
		return fail_hint(f, "source <(slipway completion bash)");
	}
	return 0;
}

static void completion_text(struct invocation *in, struct page *page)
{
	const char *script = in->report;
	if (script)
		strbuf_addstr(&page->text, script);
}

static void completion_json(struct invocation *in, struct jw *w)
{
	jw_kstr(w, "shell", in->report ? in->words.items[0] : NULL);
	jw_kstr(w, "script", in->report);
}

const struct cmd_verb cmd_completion = {
	.run = completion_run, .text = completion_text, .json = completion_json,
	.usage = "completion bash|zsh|fish",
	.about = "Prints the completion script for a shell: commands, options, and the names of\n"
	         "the project's targets, environments and tags.\n\n"
	         "  source <(slipway completion bash)\n"
	         "  slipway completion fish >~/.config/fish/completions/slipway.fish",
};
