#include "cmd/command.h"

#include <string.h>

#include "base/utf8.h"
#include "cmd/verbs.h"

#define READS_PLACES (NEEDS_PROJECT | NEEDS_ENGINE | TAKES_TARGETS | SHOWS_PLACES)
#define MOVES_PLACES (READS_PLACES | NEEDS_STATE | CHANGES_PLACES)

static const struct command commands[] = {
	{ "init", TAKES_WORDS, "write a project here, from firebase.json or from options", &cmd_init },
	{ "check", TAKES_TARGETS | SHOWS_PLACES, "validate every document; all problems at once", &cmd_check },
	{ "plan", READS_PLACES, "show what deploy would do, to the file and byte", &cmd_plan },
	{ "deploy", MOVES_PLACES, "send what is missing everywhere, switch, record", &cmd_deploy },
	{ "promote", MOVES_PLACES, "make what a preview channel serves live", &cmd_promote },
	{ "status", READS_PLACES, "show what each target serves, against the record", &cmd_status },
	{ "releases", READS_PLACES, "list the releases of each target; pin one", &cmd_releases },
	/* The hosts hold what it needs: a full disk here must not keep a bad release live there. */
	{ "rollback", READS_PLACES | CHANGES_PLACES, "make an earlier release live again", &cmd_rollback },
	{ "verify", READS_PLACES, "read back what a target holds, byte for byte", &cmd_verify },
	{ "channels", READS_PLACES, "list the preview channels of each target", &cmd_channels },
	{ "channel-delete", READS_PLACES, "delete a preview channel", &cmd_channel_delete },
	{ "disable", READS_PLACES | WANTS_TARGET, "take a target off the net", &cmd_disable },
	{ "enable", READS_PLACES | WANTS_TARGET, "put back what a disabled target served", &cmd_enable },
	{ "prune", READS_PLACES, "remove releases beyond what is kept", &cmd_prune },
	{ "history", NEEDS_PROJECT | NEEDS_ENGINE | TAKES_TARGETS,
	  "show who did what, when, with what result", &cmd_history },
	{ "unlock", READS_PLACES | WANTS_TARGET, "free a stale lock, after showing its holder", &cmd_unlock },
	{ "adopt", MOVES_PLACES | WANTS_TARGET, "turn today's directory into a release", &cmd_adopt },
	{ "completion", TAKES_WORDS, "print the completion script for a shell", &cmd_completion },
	{ "help", TAKES_WORDS, "explain a command", &cmd_help },
	{ "version", TAKES_WORDS, "print the version", &cmd_version },
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

#define COMMON(field) offsetof(struct common_opts, field)
static const struct opt_row common_rows[] = {
	{ "dir", 'C', OPT_STRING, COMMON(dir), "DIR", WORDS_DIR, "run as if started in DIR" },
	{ "config", 0, OPT_STRING, COMMON(config), "FILE", WORDS_FILE,
	  "the project document; default: slipway.json or firebase.json here or above" },
	{ "env", 'e', OPT_STRING, COMMON(environment), "NAME", WORDS_ENVIRONMENT,
	  "the environment; default: SLIPWAY_ENV, the branch, the only one there is" },
	{ "tag", 't', OPT_LIST, COMMON(tags), "TAG,...", WORDS_TAG,
	  "only targets with all these tags; repeated: any of them" },
	{ "except", 0, OPT_LIST, COMMON(except), "TARGET,...", WORDS_TARGET, "leave out these targets (names or globs)" },
	{ "project", 'P', OPT_STRING, COMMON(project), "ID", WORDS_NONE,
	  "firebase.json: the Firebase project, an id or an alias of .firebaserc" },
	{ "only", 0, OPT_STRING, COMMON(only), "hosting:NAME,...", WORDS_NONE,
	  "firebase.json: only these sites or targets; --except takes the same" },
	{ "jobs", 'j', OPT_NUMBER, COMMON(jobs), "N", WORDS_NONE, "requests at once; default: what each host allows" },
	{ "json", 0, OPT_FLAG, COMMON(json), NULL, WORDS_NONE, "print one JSON document on stdout at the end" },
	{ "events", 0, OPT_STRING, COMMON(events), "FILE", WORDS_FILE, "write what happens to FILE, a JSON object a line" },
	{ "quiet", 'q', OPT_FLAG, COMMON(quiet), NULL, WORDS_NONE, "say only what is essential" },
	{ "verbose", 'v', OPT_COUNT, COMMON(verbose), NULL, WORDS_NONE, "say more: each phase, each file" },
	{ "yes", 'y', OPT_FLAG, COMMON(yes), NULL, WORDS_NONE, "answer yes to questions, and nothing else" },
	{ "color", 0, OPT_CHOICE, COMMON(color), "auto|always|never", WORDS_CHOICE,
	  "colour; auto obeys NO_COLOR and CLICOLOR_FORCE" },
	{ "progress", 0, OPT_CHOICE, COMMON(progress), "auto|plain|none", WORDS_CHOICE,
	  "live display on a terminal, plain lines, or none" },
	{ "help", 'h', OPT_FLAG, COMMON(help), NULL, WORDS_NONE, "explain the command" },
	{ "version", 'V', OPT_FLAG, COMMON(version), NULL, WORDS_NONE, "print the version" },
};

const struct command *commands_all(size_t *count)
{
	*count = COMMAND_COUNT;
	return commands;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

const char *command_nearest(const char *name)
{
	const char *names[COMMAND_COUNT];
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i].name;
	return utf8_nearest(name, names, COMMAND_COUNT);
}

struct opt_table common_table(struct common_opts *into)
{
	return (struct opt_table){ common_rows, sizeof(common_rows) / sizeof(common_rows[0]), into };
}
