/* opts: command lines by table. A row says what an option is called, what it takes and where in the command's own
 * options struct the value goes; help, completion and the parser read the same rows.
 *
 * Options may stand before, between and after words; `--opt=value`, `--opt value`, `-ovalue`, `-o value`, bundled
 * letters (`-qy`), and `--` (everything after it is a word). Long names are not abbreviated: a script that works
 * today must not break when an option is added. Values are borrowed from argv. */
#ifndef SLIPWAY_CMD_OPTS_H
#define SLIPWAY_CMD_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"

enum opt_kind {
	OPT_FLAG,           /* bool */
	OPT_COUNT,          /* int, one more each time */
	OPT_STRING,         /* const char *; the last one counts; empty is an error (a script's unset variable) */
	OPT_TEXT,           /* the same, may be empty */
	OPT_LIST,           /* struct strlist; each adds one */
	OPT_NUMBER,         /* int, 0 to 1,000,000 */
	OPT_DURATION,       /* int64_t, milliseconds */
	OPT_TIME,           /* int64_t, seconds since 1970 */
	OPT_CHOICE          /* int, index into `arg`, which lists the words: "auto|always|never" */
};

enum opt_words {                /* what a shell may offer as value */
	WORDS_NONE, WORDS_FILE, WORDS_DIR, WORDS_ENVIRONMENT, WORDS_TARGET, WORDS_TAG, WORDS_CHOICE
};

struct strlist {
	const char **items;
	size_t count, cap;
};
/* Items are borrowed. */
void strlist_add(struct strlist *l, const char *item);
void strlist_clear(struct strlist *l);

struct opt_row {
	const char *name;           /* without the dashes */
	char letter;                /* 0 = none */
	enum opt_kind kind;
	size_t offset;              /* of the value in the options struct */
	const char *arg;            /* "DIR"; NULL for flags */
	enum opt_words words;
	const char *help;           /* a short phrase */
};

struct opt_table {
	const struct opt_row *rows;
	size_t count;
	void *into;                 /* the struct the offsets are in */
};

enum opts_mode { OPTS_ALL, OPTS_UNTIL_WORD };

/* Parses argv[0..argc) with `count` tables. OPTS_UNTIL_WORD stops at the first word; *used = arguments consumed
 * (may be NULL). FAIL_USAGE names the option and the nearest known one. */
int opts_parse(const struct opt_table *tables, size_t count, enum opts_mode mode, int argc, char *const *argv,
               struct strlist *words, int *used, struct fail *f);

/* Frees what OPT_LIST rows have gathered. */
void opts_clear(const struct opt_table *t);
/* Does an option that stands on its own, such as --json, occur before any "--"? For errors of the parser itself. */
bool opts_present(int argc, char *const *argv, const char *option);

#endif
