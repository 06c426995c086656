#include "deploy/hooks.h"

#include <string.h>

#include "deploy/shell.h"

static int run_all(struct context *c, const struct hook_def *h, const char *when, const char *const *commands,
		   size_t count, enum fail_kind kind, struct fail *f)
{
	char *vars[3];
	size_t n = 0;

	vars[n++] = arena_printf(&c->mem, "GCLOUD_PROJECT=%s", project_firebase(c->project));
	vars[n++] = arena_printf(&c->mem, "PROJECT_DIR=%s", project_root(c->project));
	if (h->resource_dir)
		vars[n++] = arena_printf(&c->mem, "RESOURCE_DIR=%s", h->resource_dir);
	for (size_t i = 0; i < count; i++) {
		const struct shell_command s = {
			.who = arena_printf(&c->mem, "%s of %s", when, h->target), .command = commands[i],
			.vars = vars, .var_count = n, .kind = kind, .stage = when,
		};
		if (shell_run(c, &s, f) < 0)
			return -1;
	}
	return 0;
}

static bool is_selected(const struct context *c, const char *target)
{
	for (size_t i = 0; i < c->target_count; i++)
		if (strcmp(c->targets[i]->name, target) == 0)
			return true;
	return false;
}

int hooks_before(struct context *c, struct fail *f)
{
	size_t count;
	const struct hook_def *hooks = project_hooks(c->project, &count);

	for (size_t i = 0; i < count; i++)
		if (is_selected(c, hooks[i].target) && run_all(c, &hooks[i], "predeploy", hooks[i].before,
							       hooks[i].before_count, FAIL_BUILD, f) < 0)
			return -1;
	return 0;
}

static bool was_deployed(const struct outcome *o, const char *target)
{
	bool deployed = false;

	for (size_t i = 0; i < o->row_count; i++) {
		const struct row *row = o->rows[i];

		if (strcmp(row->target, target) != 0)
			continue;
		if (row->result != RESULT_DEPLOYED && row->result != RESULT_UNCHANGED)
			return false;
		deployed = deployed || row->result == RESULT_DEPLOYED;
	}
	return deployed;
}

int hooks_after(struct context *c, const struct outcome *o, struct fail *f)
{
	size_t count;
	const struct hook_def *hooks = project_hooks(c->project, &count);
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		struct fail why = FAIL_INIT;
		if (!was_deployed(o, hooks[i].target) || run_all(c, &hooks[i], "postdeploy", hooks[i].after,
								 hooks[i].after_count, FAIL_LOCAL, &why) == 0)
			continue;
		fail_hint(&why, "what was deployed stays; run it by hand: the next deploy runs it only when something changed");
		if (rc == 0 || why.kind == FAIL_CANCELLED)
			*f = why;
		else
			c->reporter->problem(c->reporter, why.text);
		rc = -1;
		if (why.kind == FAIL_CANCELLED)
			break;
	}
	return rc;
}
