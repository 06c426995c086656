#include "cmd/approve.h"

#include <string.h>

#include "cmd/format.h"

int approve(struct invocation *in, const char *what, int (*show)(struct invocation *in, struct fail *f),
            struct fail *f)
{
	const struct environment *e = in->context.env.environment;
	struct strbuf question = STRBUF_INIT;
	if (!e || !e->approve)
		return 0;
	if (strcmp(e->approve, "ask") != 0) {
		fail_set(f, FAIL_USAGE, "environment %s wants a signed plan, which this version cannot take", e->name);
		return fail_hint(f, "\"approve\": \"ask\" asks on the terminal instead");
	}
	if (in->common.yes)
		return 0;
	int worth = console_can_ask(&in->console) && show ? show(in, f) : 1;
	if (worth <= 0)
		return worth;
	strbuf_addf(&question, "%s ", what);
	format_plural(&question, in->context.target_count, "target", "targets");
	strbuf_addf(&question, " of environment %s?", e->name);
	int rc = console_confirm(&in->console, question.buf, e->name, f);
	strbuf_clear(&question);
	return rc;
}
