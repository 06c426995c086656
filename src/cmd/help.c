#include "cmd/help.h"

#include <string.h>

#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/verbs.h"

#define HELP_COLUMN 26                  /* where explanations begin */

static const char *value_name(const struct opt_row *row)
{
	switch (row->kind) {
	case OPT_FLAG:
	case OPT_COUNT:
		return NULL;
	default:
		return row->arg;
	}
}

static void option_text(struct page *page, const struct opt_row *row)
{
	struct strbuf *out = &page->text;
	size_t begin = out->len;
	if (row->letter)
		strbuf_addf(out, "  -%c", row->letter);
	else
		strbuf_addstr(out, "    ");
	if (row->name[0])
		strbuf_addf(out, "%s --%s", row->letter ? "," : " ", row->name);
	if (value_name(row))
		strbuf_addf(out, " %s", value_name(row));
	size_t width = utf8_width(out->buf + begin, out->len - begin);
	if (width + 2 > HELP_COLUMN) {
		strbuf_addch(out, '\n');
		width = 0;
	}
	for (; width < HELP_COLUMN; width++)
		strbuf_addch(out, ' ');
	page_wrap(page, row->help, HELP_COLUMN, HELP_COLUMN);
	strbuf_addch(out, '\n');
}

static void options_text(struct page *page, const char *title, const struct opt_row *rows, size_t count)
{
	if (count == 0)
		return;
	strbuf_addch(&page->text, '\n');
	style_text(&page->text, page->term.color, STYLE_STRONG, title);
	strbuf_addch(&page->text, '\n');
	for (size_t i = 0; i < count; i++)
		option_text(page, &rows[i]);
}

void help_command(struct page *page, const struct command *c)
{
	struct opt_table common = common_table(NULL);
	strbuf_addf(&page->text, "slipway %s: %s\n\nusage: slipway %s\n", c->name, c->help, c->verb->usage);
	if (c->verb->about)
		strbuf_addf(&page->text, "\n%s\n", c->verb->about);
	options_text(page, "options", c->verb->opts, c->verb->opt_count);
	options_text(page, "options of every command", common.rows, common.count);
	strbuf_addstr(&page->text, "\nexit codes: slipway help exit; everything: man slipway\n");
}

static void help_overview(struct page *page)
{
	size_t count;
	struct opt_table common = common_table(NULL);
	const struct command *all = commands_all(&count);
	strbuf_addstr(&page->text, "slipway: sends one build to many places, switches each in one step,\n"
	                           "and takes it back\n\n"
	                           "usage: slipway COMMAND [TARGET...] [options]\n\n");
	style_text(&page->text, page->term.color, STYLE_STRONG, "commands");
	strbuf_addch(&page->text, '\n');
	for (size_t i = 0; i < count; i++)
		strbuf_addf(&page->text, "  %-15s %s\n", all[i].name, all[i].help);
	strbuf_addstr(&page->text, "\nTARGET is a name or a glob; none means all targets of the environment.\n");
	options_text(page, "options of every command", common.rows, common.count);
	strbuf_addstr(&page->text, "\nslipway COMMAND --help explains a command; slipway help exit the exit codes.\n");
}

static void help_exit(struct page *page)
{
	strbuf_addstr(&page->text,
	              "exit codes (8, 6, 7, 2 and 5 take precedence over the rest)\n"
	              "  0  everything asked for holds (also: nothing to do)\n"
	              "  1  a difference was found: verify; status and plan with --exit-code\n"
	              "  2  usage, configuration, approval missing: nothing was tried\n"
	              "  3  something changed, and not everything asked for holds\n"
	              "  4  nothing changed, and not everything asked for holds\n"
	              "  5  not started: a lock is held\n"
	              "  6  local state unusable (disk full, newer format, no permission)\n"
	              "  7  the build was refused\n"
	              "  8  interrupted; what is live is printed\n"
	              "A result that could not be written to stdout counts as \"not everything\": 3 or 4.\n");
}

static int help_run(struct invocation *in, struct fail *f)
{
	const char *topic = in->words.count > 0 ? in->words.items[0] : NULL;
	if (in->words.count > 1)
		return fail_set(f, FAIL_USAGE, "help takes one command");
	if (!topic || strcmp(topic, "exit") == 0 || command_find(topic)) {
		in->report = in;
		return 0;
	}
	struct strbuf shown = STRBUF_INIT;
	strbuf_addescaped(&shown, topic, strlen(topic));
	fail_set(f, FAIL_USAGE, "there is no command \"%s\"", shown.buf);
	strbuf_clear(&shown);
	const char *near = command_nearest(topic);
	if (near)
		fail_hint(f, "did you mean %s?", near);
	return -1;
}

static void help_text(struct invocation *in, struct page *page)
{
	const char *topic = in->words.count > 0 ? in->words.items[0] : NULL;
	if (!in->report && !in->common.help)
		return;
	if (!topic)
		help_overview(page);
	else if (strcmp(topic, "exit") == 0)
		help_exit(page);
	else
		help_command(page, command_find(topic));
}

static void option_json(struct jw *w, const struct opt_row *row)
{
	char letter[2] = { row->letter, '\0' };
	jw_object(w);
	jw_kstr(w, "name", row->name);
	jw_kstr(w, "letter", row->letter ? letter : NULL);
	jw_kstr(w, "value", value_name(row));
	jw_kstr(w, "help", row->help);
	jw_end(w);
}

static void options_json(struct jw *w, const struct opt_row *rows, size_t count)
{
	jw_key(w, "options");
	jw_array(w);
	for (size_t i = 0; i < count; i++)
		option_json(w, &rows[i]);
	jw_end(w);
}

static void help_json(struct invocation *in, struct jw *w)
{
	size_t count;
	const struct command *all = commands_all(&count);
	struct opt_table common = common_table(&in->common);
	jw_key(w, "commands");
	jw_array(w);
	for (size_t i = 0; i < count; i++) {
		jw_object(w);
		jw_kstr(w, "name", all[i].name);
		jw_kstr(w, "help", all[i].help);
		jw_kstr(w, "usage", all[i].verb->usage);
		options_json(w, all[i].verb->opts, all[i].verb->opt_count);
		jw_end(w);
	}
	jw_end(w);
	options_json(w, common.rows, common.count);
}

const struct cmd_verb cmd_help = {
	.run = help_run, .text = help_text, .json = help_json,
	.usage = "help [COMMAND | exit]",
	.about = "Without COMMAND, lists the commands; with one, explains it and its options.",
};
