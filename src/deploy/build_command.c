#include "deploy/build_command.h"

#include <string.h>

#include "deploy/shell.h"

/* A value that differs between two targets is a target's, not the environment's. */
static bool agreed(const struct context *c, const char *build, const struct var *v)
{
	for (size_t i = 0; i < c->all.count; i++) {
		const struct target *t = &c->all.items[i];
		const struct var *other = target_var(t, v->name);
		if (strcmp(t->build, build) == 0 && (!other || !other->text || strcmp(other->text, v->text) != 0))
			return false;
	}
	return true;
}

int build_command(struct context *c, const char *build, const char *command, struct fail *f)
{
	const struct target *t = NULL;
	size_t n = 0;

	for (size_t i = 0; !t && i < c->all.count; i++)
		if (strcmp(c->all.items[i].build, build) == 0)
			t = &c->all.items[i];
	char **vars = arena_alloc(&c->mem, ((t ? t->var_count : 0) + 1) * sizeof *vars);
	if (c->env.environment)
		vars[n++] = arena_printf(&c->mem, "SLIPWAY_ENVIRONMENT=%s", c->env.environment->name);
	for (size_t i = 0; t && i < t->var_count; i++)
		if (t->vars[i].text && agreed(c, build, &t->vars[i]))
			vars[n++] = arena_printf(&c->mem, "%s=%s", t->vars[i].name, t->vars[i].text);
	return shell_run(c, &(struct shell_command){ .who = arena_printf(&c->mem, "build %s", build), .command = command,
			 .vars = vars, .var_count = n, .kind = FAIL_BUILD, .stage = "build" }, f);
}
