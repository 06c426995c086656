/* slipway: finds the row of the command, does the setup that it needs, runs it, says the result, and turns it into
 * an exit code. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cmd/command.h"
#include "cmd/help.h"
#include "cmd/problems_text.h"
#include "cmd/result.h"
#include "cmd/setup.h"
#include "cmd/verbs.h"

#define DESCRIPTORS_MOST 65536
enum { EXIT_SOMETHING = 3, EXIT_NOTHING = 4, EXIT_INTERRUPTED = 8 };

/* Before the loop counts signals nothing has been changed: leaving at once is right. */
static void on_early_signal(int sig)
{
	(void)sig;
	_exit(EXIT_INTERRUPTED);
}

static void leave_at_once(int sig)
{
	(void)sig;
	_exit(EXIT_INTERRUPTED);
}

/* A closed standard descriptor must not become one of our files; reading and writing there still fail. */
static void hold_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/* A fleet has a lock, a connection and a file or two a place; the soft limit is a habit of shells. */
static void lift_descriptor_limit(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= files.rlim_max ||
	    files.rlim_cur >= DESCRIPTORS_MOST)
		return;
	files.rlim_cur = files.rlim_max < DESCRIPTORS_MOST ? files.rlim_max : DESCRIPTORS_MOST;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static void prepare_process(void)
{
	struct sigaction early = { .sa_handler = on_early_signal }, ignore = { .sa_handler = SIG_IGN };
	hold_standard_descriptors();
	lift_descriptor_limit();
	setlocale(LC_CTYPE, "");
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGINT, &early, NULL);
	sigaction(SIGTERM, &early, NULL);
}

static int unknown_command(const char *name, struct fail *f)
{
	struct strbuf shown = STRBUF_INIT;
	strbuf_addescaped(&shown, name, strlen(name));
	fail_set(f, FAIL_USAGE, "there is no command \"%s\"", shown.buf);
	strbuf_clear(&shown);
	const char *near = command_nearest(name);
	return near ? fail_hint(f, "did you mean %s?", near) : fail_hint(f, "slipway help lists the commands");
}

/* Options may stand before the command too. */
static int parse(struct invocation *in, int argc, char **argv, struct fail *f)
{
	struct opt_table tables[2] = { common_table(&in->common) };
	int used = 0;
	if (opts_parse(tables, 1, OPTS_UNTIL_WORD, argc, argv, &in->words, &used, f) < 0)
		return -1;
	if (used == argc) {
		in->command = command_find(in->common.version ? "version" : "help");
		in->report = in;
		return in->common.version || in->common.help ? 0 : fail_set(f, FAIL_USAGE, "a command is needed");
	}
	const char *name = argv[used++];
	in->command = command_find(name);
	if (!in->command)
		return unknown_command(name, f);
	const struct cmd_verb *verb = in->command->verb;
	in->opts = arena_alloc(&in->mem, verb->opts_size + 1);
	if (verb->defaults)
		verb->defaults(in->opts);
	tables[1] = (struct opt_table){ verb->opts, verb->opt_count, in->opts };
	if (opts_parse(tables, 2, OPTS_ALL, argc - used, argv + used, &in->words, NULL, f) < 0) {
		if (!f->hint[0])
			fail_hint(f, "slipway %s --help lists the options", in->command->name);
		return -1;
	}
	if (in->common.help || in->common.version)
		return 0;
	if (in->words.count > 0 && !(in->command->flags & (TAKES_TARGETS | TAKES_WORDS)))
		return fail_set(f, FAIL_USAGE, "%s takes no arguments", in->command->name);
	if (in->words.count == 0 && in->command->flags & WANTS_TARGET) {
		fail_set(f, FAIL_USAGE, "%s needs a TARGET", in->command->name);
		return fail_hint(f, "usage: slipway %s", verb->usage);
	}
	return 0;
}

static int open_console(struct invocation *in, struct fail *f)
{
	const struct console_options o = {
		.color = (enum color_choice)in->common.color, .progress = (enum progress_choice)in->common.progress,
		.events = in->common.events, .quiet = in->common.quiet, .yes = in->common.yes,
		.verbose = in->common.verbose, .leave = leave_at_once,
		.changes = in->command && in->command->flags & CHANGES_PLACES,
	};
	in->talking = true;
	return console_open(&in->console, &o, f);
}

static int execute(struct invocation *in, int argc, char **argv, struct fail *f)
{
	if (parse(in, argc, argv, f) < 0)
		return -1;
	if (in->common.dir && chdir(in->common.dir) < 0) {
		int err = errno;
		struct strbuf shown = STRBUF_INIT;
		strbuf_addescaped(&shown, in->common.dir, strlen(in->common.dir));
		fail_errno(f, err, "-C: cannot go to %s", shown.buf);
		f->kind = FAIL_USAGE;
		strbuf_clear(&shown);
		return -1;
	}
	if (open_console(in, f) < 0)
		return -1;
	if (in->common.help || in->common.version)
		return 0;
	return setup_open(in, f) < 0 ? -1 : in->command->verb->run(in, f);
}

static void write_text(struct invocation *in, struct strbuf *out)
{
	struct page page = { .text = STRBUF_INIT, .mem = &in->mem, .now_s = clock_wall_s(), .quiet = in->common.quiet,
	                     .verbose = in->common.verbose };
	term_probe(&page.term, STDOUT_FILENO, (enum color_choice)in->common.color);
	if (in->common.help && in->command->verb != &cmd_help)
		help_command(&page, in->command);
	else if (in->common.version)
		command_find("version")->verb->text(in, &page);
	else if (in->command && in->command->verb->text)
		in->command->verb->text(in, &page);
	*out = page.text;
}

/* The result, in one piece; -1 when stdout did not take it all. */
static int write_result(struct invocation *in, int exit_code, struct fail *f)
{
	struct strbuf out = STRBUF_INIT;
	int rc = 0;
	if (in->common.json && !in->common.help)
		result_json(&out, in, exit_code);
	else
		write_text(in, &out);
	if (in->context.secrets)
		secrets_redact(in->context.secrets, &out);
	if (out.len > 0 && (file_write_all(STDOUT_FILENO, out.buf, out.len) < 0 || close(STDOUT_FILENO) < 0))
		rc = fail_errno(f, errno, "writing the result to stdout");
	strbuf_clear(&out);
	return rc;
}

/* Problems of documents are told one by one, and then not again as the run's error. */
static void say_problems(struct invocation *in)
{
	struct page page = { .text = STRBUF_INIT, .term = in->console.term, .quiet = true };
	struct fail f = FAIL_INIT;
	problems_text(&page, &in->problems);
	console_lines(&in->console, &page.text);
	strbuf_clear(&page.text);
	if (in->outcome->error.kind != FAIL_CONFIG) {
		console_error(&in->console, &in->outcome->error);
	} else if (in->problems.errors > 1) {
		fail_set(&f, FAIL_CONFIG, "%zu errors in the project's documents", in->problems.errors);
		console_error(&in->console, &f);
	}
}

static void say_failure(struct invocation *in)
{
	if (in->outcome->error.kind == FAIL_NONE)
		return;
	bool check = in->command && strcmp(in->command->name, "check") == 0 && in->report;
	if (in->problems.errors == 0)
		console_error(&in->console, &in->outcome->error);
	else if (!check || in->common.json)
		say_problems(in);
}

static int finish(struct invocation *in, int rc, const struct fail *f)
{
	struct fail trouble = FAIL_INIT;
	if (!in->talking) {
		open_console(in, &trouble);
	}
	if (rc < 0 && in->outcome->error.kind == FAIL_NONE)
		in->outcome->error = *f;
	if (in->context.secrets)
		secrets_redact_fail(in->context.secrets, &in->outcome->error);
	int exit_code = outcome_exit(in->outcome);
	console_rest(&in->console);
	setup_save(in);
	say_failure(in);
	console_end(&in->console, exit_code);
	int lost = write_result(in, exit_code, &trouble);
	if (lost < 0)
		console_error(&in->console, &trouble);
	if (console_close(&in->console, &trouble) < 0) {
		lost = -1;
		console_error(&in->console, &trouble);
	}
	in->talking = false;
	if (lost < 0 && exit_code < 2)
		exit_code = in->outcome->changed_something ? EXIT_SOMETHING : EXIT_NOTHING;
	return exit_code;
}

int main(int argc, char **argv)
{
	struct invocation in = { .problems = PROBLEMS_INIT, .context = { .mem = ARENA_INIT }, .mem = ARENA_INIT };
	struct fail f = FAIL_INIT;
	prepare_process();
	in.outcome = &in.outcome_without;
	int count = argc > 0 ? argc - 1 : 0;
	int rc = execute(&in, count, argv + (argc > 0), &f);
	in.common.json |= rc < 0 && opts_present(count, argv + (argc > 0), "--json");
	int exit_code = finish(&in, rc, &f);
	setup_close(&in);
	if (in.opts)
		opts_clear(&(struct opt_table){ in.command->verb->opts, in.command->verb->opt_count, in.opts });
	strlist_clear(&in.words);
	strlist_clear(&in.common.tags);
	strlist_clear(&in.common.except);
	arena_clear(&in.mem);
	return exit_code;
}
