#include "cmd/completion.h"

#include <string.h>

#include "cmd/command.h"

static bool takes_value(const struct opt_row *row)
{
	return row->kind != OPT_FLAG && row->kind != OPT_COUNT;
}

/* Only the rows are read. */
static struct opt_table common(void)
{
	return common_table(NULL);
}

/* ---- bash ---- */

static void bash_words(struct strbuf *out, const struct opt_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, " --%s", rows[i].name);
}

/* Patterns "deploy:-m|deploy:--message" for a case of "$command:$prev". */
static void bash_pattern(struct strbuf *out, const char *command, const struct opt_row *row)
{
	strbuf_addf(out, "%s:--%s", command, row->name);
	if (row->letter)
		strbuf_addf(out, "|%s:-%c", command, row->letter);
}

static void bash_value(struct strbuf *out, const char *command, const struct opt_row *row)
{
	if (!takes_value(row))
		return;
	strbuf_addstr(out, "\t");
	bash_pattern(out, command, row);
	switch (row->words) {
	case WORDS_FILE:
		strbuf_addstr(out, ") COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n");
		return;
	case WORDS_DIR:
		strbuf_addstr(out, ") COMPREPLY=($(compgen -d -- \"$cur\")) ;;\n");
		return;
	case WORDS_ENVIRONMENT:
		strbuf_addstr(out, ") _slipway_names environments ;;\n");
		return;
	case WORDS_TARGET:
		strbuf_addstr(out, ") _slipway_names targets ;;\n");
		return;
	case WORDS_TAG:
		strbuf_addstr(out, ") _slipway_names tags ;;\n");
		return;
	case WORDS_CHOICE:
		strbuf_addstr(out, ") COMPREPLY=($(compgen -W '");
		for (const char *c = row->arg; *c; c++)
			strbuf_addch(out, *c == '|' ? ' ' : *c);
		strbuf_addstr(out, "' -- \"$cur\")) ;;\n");
		return;
	case WORDS_NONE:
		break;
	}
	strbuf_addstr(out, ") ;;\n");
}

static const char bash_head[] =
	"# bash completion of slipway\n"
	"_slipway_names() {\n"
	"\tlocal i args=() word\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t-C | --dir | --config | -e | --env)\n"
	"\t\t\tword=${COMP_WORDS[i + 1]}\n"
	"\t\t\t[ \"$word\" != = ] || word=${COMP_WORDS[i + 2]}\n"
	"\t\t\t[ \"$1\" = environments ] && [[ ${COMP_WORDS[i]} = -e || ${COMP_WORDS[i]} = --env ]] ||\n"
	"\t\t\t\targs+=(\"${COMP_WORDS[i]}\" \"$word\") ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tCOMPREPLY=($(compgen -W \"$(\"${COMP_WORDS[0]}\" \"${args[@]}\" completion \"$1\" 2>/dev/null)\" -- \"$cur\"))\n"
	"}\n"
	"_slipway() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' i options\n"
	"\tCOMPREPLY=()\n"
	"\tif [ \"$cur\" = = ]; then cur=''; elif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n";

static void bash_common_skips(struct strbuf *out)
{
	struct opt_table t = common();
	const char *between = "\t\t";
	for (size_t i = 0; i < t.count; i++) {
		if (!takes_value(&t.rows[i]))
			continue;
		strbuf_addf(out, "%s--%s", between, t.rows[i].name);
		between = " | ";
		if (t.rows[i].letter)
			strbuf_addf(out, " | -%c", t.rows[i].letter);
	}
	strbuf_addstr(out, ") [ \"${COMP_WORDS[i + 1]}\" = = ] && i=$((i + 2)) || i=$((i + 1)) ;;\n");
}

void completion_bash(struct strbuf *out)
{
	size_t count;
	struct opt_table t = common();
	const struct command *all = commands_all(&count);
	strbuf_addstr(out, bash_head);
	bash_common_skips(out);
	strbuf_addstr(out, "\t\t-*) ;;\n\t\t*) command=${COMP_WORDS[i]}; break ;;\n\t\tesac\n\tdone\n"
	                   "\tcase $command:$prev in\n");
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < all[i].verb->opt_count; k++)
			bash_value(out, all[i].name, &all[i].verb->opts[k]);
	for (size_t k = 0; k < t.count; k++)
		bash_value(out, "*", &t.rows[k]);
	strbuf_addstr(out, "\t*)\n\t\tcase $command in\n\t\t'') options='");
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, "%s%s", i > 0 ? " " : "", all[i].name);
	strbuf_addstr(out, "' ;;\n");
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(out, "\t\t%s) options='", all[i].name);
		bash_words(out, all[i].verb->opts, all[i].verb->opt_count);
		strbuf_addstr(out, "' ;;\n");
	}
	strbuf_addstr(out, "\t\tesac\n\t\tcase $command:$cur in\n\t\t*:-*) COMPREPLY=($(compgen -W \"$options");
	bash_words(out, t.rows, t.count);
	strbuf_addstr(out, "\" -- \"$cur\")) ;;\n\t\t:*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
	                   "\t\tcompletion:*) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$cur\")) ;;\n"
	                   "\t\thelp:*) COMPREPLY=($(compgen -W '");
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, "%s ", all[i].name);
	strbuf_addstr(out, "exit' -- \"$cur\")) ;;\n");
	for (size_t i = 0; i < count; i++)
		if (all[i].flags & TAKES_TARGETS)
			strbuf_addf(out, "\t\t%s:*) _slipway_names targets ;;\n", all[i].name);
	strbuf_addstr(out, "\t\tesac ;;\n\tesac\n}\ncomplete -F _slipway slipway\n");
}

/* ---- zsh ---- */

/* Within single quotes and a spec of _arguments: quotes, brackets and colons are special. */
static void zsh_text(struct strbuf *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			strbuf_addstr(out, "'\\''");
		else if (*c == '[' || *c == ']' || *c == ':' || *c == '\\')
			strbuf_addf(out, "\\%c", *c);
		else
			strbuf_addch(out, *c);
	}
}

static void zsh_action(struct strbuf *out, const struct opt_row *row)
{
	static const char *const actions[] = {
		[WORDS_NONE] = " ", [WORDS_FILE] = "_files", [WORDS_DIR] = "_files -/",
		[WORDS_ENVIRONMENT] = "_slipway_names environments", [WORDS_TARGET] = "_slipway_names targets",
		[WORDS_TAG] = "_slipway_names tags",
	};
	strbuf_addch(out, ':');
	zsh_text(out, row->words == WORDS_CHOICE ? row->name : row->arg);
	strbuf_addch(out, ':');
	if (row->words != WORDS_CHOICE) {
		strbuf_addstr(out, actions[row->words]);
		return;
	}
	strbuf_addch(out, '(');
	for (const char *c = row->arg; *c; c++)
		strbuf_addch(out, *c == '|' ? ' ' : *c);
	strbuf_addch(out, ')');
}

static void zsh_option(struct strbuf *out, const struct opt_row *row)
{
	bool repeats = row->kind == OPT_LIST || row->kind == OPT_COUNT;
	for (int form = row->letter ? 0 : 1; form < 2; form++) {
		strbuf_addf(out, "\t\t'%s", repeats ? "*" : "");
		if (form == 0)
			strbuf_addf(out, "-%c", row->letter);
		else
			strbuf_addf(out, "--%s%s", row->name, takes_value(row) ? "=" : "");
		strbuf_addch(out, '[');
		zsh_text(out, row->help);
		strbuf_addch(out, ']');
		if (takes_value(row))
			zsh_action(out, row);
		strbuf_addstr(out, "'\n");
	}
}

static void zsh_command(struct strbuf *out, const struct command *c)
{
	strbuf_addf(out, "\t%s) specs+=(\n", c->name);
	for (size_t k = 0; k < c->verb->opt_count; k++)
		zsh_option(out, &c->verb->opts[k]);
	if (c->flags & TAKES_TARGETS)
		strbuf_addstr(out, "\t\t'*:target:_slipway_names targets'\n");
	else if (strcmp(c->name, "completion") == 0)
		strbuf_addstr(out, "\t\t'1:shell:(bash zsh fish)'\n");
	else if (strcmp(c->name, "help") == 0)
		strbuf_addstr(out, "\t\t'1:command:_slipway_commands'\n");
	strbuf_addstr(out, "\t) ;;\n");
}

void completion_zsh(struct strbuf *out)
{
	size_t count;
	struct opt_table t = common();
	const struct command *all = commands_all(&count);
	strbuf_addstr(out, "#compdef slipway\n_slipway_commands() {\n\tlocal -a commands=(\n");
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(out, "\t\t'%s:", all[i].name);
		zsh_text(out, all[i].help);
		strbuf_addstr(out, "'\n");
	}
	strbuf_addstr(out, "\t)\n\t_describe command commands\n}\n"
	                   "_slipway_names() {\n"
	                   "\tlocal -a names args\n"
	                   "\tlocal option\n"
	                   "\tfor option in -C --dir --config -e --env; do\n"
	                   "\t\t[[ $1 = environments && $option = (-e|--env) ]] && continue\n"
	                   "\t\t(( ${+opt_args[$option]} )) && args+=($option ${(Q)opt_args[$option]})\n"
	                   "\tdone\n"
	                   "\tnames=(${(f)\"$(_call_program names slipway $args completion $1 2>/dev/null)\"})\n"
	                   "\tcompadd -a names\n}\n"
	                   "_slipway() {\n"
	                   "\tlocal context state state_descr line command\n"
	                   "\ttypeset -A opt_args\n"
	                   "\tlocal -a specs=(\n");
	for (size_t k = 0; k < t.count; k++)
		zsh_option(out, &t.rows[k]);
	strbuf_addstr(out, "\t)\n\t_arguments -C $specs '1:command:_slipway_commands' '*::argument:->rest' && return\n"
	                   "\t[[ $state = rest ]] || return 1\n"
	                   "\tcommand=$line[1]\n"
	                   "\tcase $command in\n");
	for (size_t i = 0; i < count; i++)
		zsh_command(out, &all[i]);
	strbuf_addstr(out, "\tesac\n\t_arguments -s $specs\n}\n"
	                   "[[ $funcstack[1] = _slipway ]] && _slipway \"$@\" || compdef _slipway slipway\n");
}

/* ---- fish ---- */

static void fish_text(struct strbuf *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\'' || *c == '\\')
			strbuf_addch(out, '\\');
		strbuf_addch(out, *c);
	}
}

static void fish_values(struct strbuf *out, const struct opt_row *row)
{
	if (!takes_value(row))
		return;
	switch (row->words) {
	case WORDS_FILE:
		strbuf_addstr(out, " -r -F");
		return;
	case WORDS_DIR:
		strbuf_addstr(out, " -x -a '(__fish_complete_directories)'");
		return;
	case WORDS_ENVIRONMENT:
		strbuf_addstr(out, " -x -a '(__slipway_names environments)'");
		return;
	case WORDS_TARGET:
		strbuf_addstr(out, " -x -a '(__slipway_names targets)'");
		return;
	case WORDS_TAG:
		strbuf_addstr(out, " -x -a '(__slipway_names tags)'");
		return;
	case WORDS_CHOICE:
		strbuf_addstr(out, " -x -a '");
		for (const char *c = row->arg; *c; c++)
			strbuf_addch(out, *c == '|' ? ' ' : *c);
		strbuf_addstr(out, "'");
		return;
	case WORDS_NONE:
		break;
	}
	strbuf_addstr(out, " -x");
}

static void fish_option(struct strbuf *out, const char *command, const struct opt_row *row)
{
	strbuf_addstr(out, "complete -c slipway");
	if (command)
		strbuf_addf(out, " -n '__fish_seen_subcommand_from %s'", command);
	if (row->letter)
		strbuf_addf(out, " -s %c", row->letter);
	strbuf_addf(out, " -l %s", row->name);
	fish_values(out, row);
	strbuf_addstr(out, " -d '");
	fish_text(out, row->help);
	strbuf_addstr(out, "'\n");
}

void completion_fish(struct strbuf *out)
{
	size_t count;
	struct opt_table t = common();
	const struct command *all = commands_all(&count);
	strbuf_addstr(out, "# fish completion of slipway\n"
	                   "function __slipway_names\n"
	                   "\tset -l words (commandline -opc)\n"
	                   "\tset -l args\n"
	                   "\tfor i in (seq 2 (count $words))\n"
	                   "\t\tswitch $words[$i]\n"
	                   "\t\t\tcase -C --dir --config -e --env\n"
	                   "\t\t\t\tset -l next (math $i + 1)\n"
	                   "\t\t\t\tif test $next -le (count $words); and not begin; test $argv[1] = environments\n"
	                   "\t\t\t\t\t\tand string match -qr '^(-e|--env)$' -- $words[$i]; end\n"
	                   "\t\t\t\t\tset args $args $words[$i] $words[$next]\n"
	                   "\t\t\t\tend\n"
	                   "\t\tend\n"
	                   "\tend\n"
	                   "\tslipway $args completion $argv[1] 2>/dev/null\n"
	                   "end\n"
	                   "complete -c slipway -f\n");
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(out, "complete -c slipway -n __fish_use_subcommand -a %s -d '", all[i].name);
		fish_text(out, all[i].help);
		strbuf_addstr(out, "'\n");
		if (all[i].flags & TAKES_TARGETS)
			strbuf_addf(out, "complete -c slipway -n '__fish_seen_subcommand_from %s' -a '(__slipway_names targets)'\n",
			            all[i].name);
		for (size_t k = 0; k < all[i].verb->opt_count; k++)
			fish_option(out, all[i].name, &all[i].verb->opts[k]);
	}
	strbuf_addstr(out, "complete -c slipway -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n");
	for (size_t k = 0; k < t.count; k++)
		fish_option(out, NULL, &t.rows[k]);
}
