#include "cmd/command.h"
#include "cmd/verbs.h"

static int version_run(struct invocation *in, struct fail *f)
{
	if (in->words.count > 0)
		return fail_set(f, FAIL_USAGE, "version takes no arguments");
	in->report = in;
	return 0;
}

static void version_text(struct invocation *in, struct page *page)
{
	if (!in->report && !in->common.version)
		return;
	strbuf_addstr(&page->text, "slipway " SLIPWAY_VERSION);
	if (SLIPWAY_REVISION[0])
		strbuf_addstr(&page->text, " (" SLIPWAY_REVISION ")");
	strbuf_addch(&page->text, '\n');
}

static void version_json(struct invocation *in, struct jw *w)
{
	(void)in;
	jw_kstr(w, "version", SLIPWAY_VERSION);
	jw_kstr(w, "revision", SLIPWAY_REVISION[0] ? SLIPWAY_REVISION : NULL);
}

const struct cmd_verb cmd_version = {
	.run = version_run, .text = version_text, .json = version_json,
	.usage = "version",
	.about = "Prints the version and, in a build from git, the revision.",
};
