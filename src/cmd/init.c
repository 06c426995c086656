#include <string.h>

#include "cmd/format.h"
#include "cmd/setup.h"
#include "cmd/verbs.h"
#include "target/init.h"

struct init_opts { const char *name, *kind, *root, *dist; };
#define INIT(field) offsetof(struct init_opts, field)
static const struct opt_row rows[] = {
	{ "name", 0, OPT_STRING, INIT(name), "NAME", WORDS_NONE, "the project's name; default: the directory's" },
	{ "kind", 0, OPT_STRING, INIT(kind), "KIND", WORDS_NONE,
	  "the kind of host; default: firebase with a firebase.json here, else dir" },
	{ "root", 0, OPT_STRING, INIT(root), "DIR", WORDS_DIR, "dir: where releases live; several targets: DIR/TARGET" },
	{ "dist", 0, OPT_STRING, INIT(dist), "DIR", WORDS_DIR, "the build directory; default: dist" },
};

static int init_run(struct invocation *in, struct fail *f)
{
	const struct init_opts *o = in->opts;
	const struct fbjson_request firebase = setup_firebase(in);
	const struct init_request rq = {
		.dir = ".", .name = o->name, .dist = o->dist, .kind = o->kind, .root = o->root,
		.targets = in->words.items, .target_count = in->words.count, .firebase = &firebase,
	};
	struct strbuf report = STRBUF_INIT;
	int rc = init_project(&rq, &report, f);
	if (rc == 0)
		in->report = arena_strdup(&in->mem, report.buf);
	strbuf_clear(&report);
	return rc;
}

static void init_text(struct invocation *in, struct page *page)
{
	const char *report = in->report;
	if (report && !page->quiet)
		strbuf_addstr(&page->text, report);
}

static void init_json(struct invocation *in, struct jw *w)
{
	const char *line = in->report;
	jw_key(w, "report");
	jw_array(w);
	while (line && *line) {
		size_t len = strcspn(line, "\n");
		jw_str(w, arena_strndup(&in->mem, line, len));
		line += len + (line[len] == '\n');
	}
	jw_end(w);
}

const struct cmd_verb cmd_init = {
	.run = init_run, .text = init_text, .json = init_json,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct init_opts),
	.usage = "init [TARGET...] [options]",
	.about = "Writes slipway.json, targets/ and manifests/ here: from firebase.json and\n"
	         ".firebaserc when they are present (what is served today), else from the\n"
	         "options. TARGETs name the targets; default: one, named like the project.\n"
	         "Never overwrites a file.\n\n"
	         "  slipway init jarupa lanta --root '/srv/www/${target}' --dist dist",
};
