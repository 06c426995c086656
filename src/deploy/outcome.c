#include "deploy/outcome.h"

#include <string.h>

void outcome_builds(struct outcome *o, struct context *c, const struct builds *b, const struct build **list,
		    size_t *count)
{
	*list = builds_list(b, count);

	struct build_row *rows = arena_alloc(&c->mem, (*count + 1) * sizeof *rows);
	for (size_t i = 0; i < *count; i++) {
		const struct build *it = &(*list)[i];
		rows[i] = (struct build_row){ .name = it->name, .files = it->tree.count, .bytes = it->tree.bytes,
					      .hidden_user = it->hidden_user, .hidden_builtin = it->hidden_builtin,
					      .problems = it->problems, .problem_count = it->problem_count };
		memcpy(rows[i].id, it->tree.id, SHA256_SIZE);
	}
	o->builds = rows;
	o->build_count = *count;
}

void outcome_fail(struct outcome *o, const struct context *c, const struct fail *f)
{
	o->error = *f;
	if (c->secrets)
		secrets_redact_fail(c->secrets, &o->error);
	if (f->kind == FAIL_CANCELLED)
		o->interrupted = true;
}
