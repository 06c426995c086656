#include "cmd/opts.h"

#include <string.h>

#include "test.h"

struct sample {
	bool flag;
	int level, number, choice;
	const char *text, *note;
	struct strlist list;
	int64_t wait_ms, when_s;
};
#define AT(field) offsetof(struct sample, field)

static const struct opt_row rows[] = {
	{ "flag", 'f', OPT_FLAG, AT(flag), NULL, WORDS_NONE, "" },
	{ "verbose", 'v', OPT_COUNT, AT(level), NULL, WORDS_NONE, "" },
	{ "number", 'n', OPT_NUMBER, AT(number), "N", WORDS_NONE, "" },
	{ "choice", 0, OPT_CHOICE, AT(choice), "auto|always|never", WORDS_CHOICE, "" },
	{ "text", 't', OPT_STRING, AT(text), "TEXT", WORDS_NONE, "" },
	{ "note", 'm', OPT_TEXT, AT(note), "TEXT", WORDS_NONE, "" },
	{ "list", 'l', OPT_LIST, AT(list), "X", WORDS_NONE, "" },
	{ "wait", 0, OPT_DURATION, AT(wait_ms), "TIME", WORDS_NONE, "" },
	{ "when", 0, OPT_TIME, AT(when_s), "TIME", WORDS_NONE, "" },
};

struct parsed {
	struct sample s;
	struct strlist words;
	struct fail f;
	int rc, used;
};

static struct parsed parse_mode(enum opts_mode mode, const char *const *args)
{
	struct parsed p = { .f = FAIL_INIT };
	const struct opt_table table = { rows, sizeof(rows) / sizeof(rows[0]), &p.s };
	char *argv[16];
	int argc = 0;
	for (; args[argc]; argc++)
		memcpy(&argv[argc], &args[argc], sizeof(argv[argc]));
	p.rc = opts_parse(&table, 1, mode, argc, argv, &p.words, &p.used, &p.f);
	return p;
}
#define PARSE(...) parse_mode(OPTS_ALL, (const char *const[]){ __VA_ARGS__, NULL })

static void forget(struct parsed *p)
{
	strlist_clear(&p->words);
	strlist_clear(&p->s.list);
}

static void options_stand_anywhere(void **state)
{
	struct parsed p = PARSE("a", "--flag", "b", "-n", "7", "c");
	(void)state;
	assert_int_equal(p.rc, 0);
	assert_true(p.s.flag);
	assert_int_equal(p.s.number, 7);
	assert_int_equal(p.words.count, 3);
	assert_string_equal(p.words.items[2], "c");
	forget(&p);
}

static void values_come_in_every_form(void **state)
{
	struct parsed p = PARSE("--text=a=b", "-n12", "--list", "x", "-ly", "--list=z", "--choice=never", "-m", "");
	(void)state;
	assert_int_equal(p.rc, 0);
	assert_string_equal(p.s.text, "a=b");
	assert_int_equal(p.s.number, 12);
	assert_int_equal(p.s.list.count, 3);
	assert_string_equal(p.s.list.items[1], "y");
	assert_int_equal(p.s.choice, 2);
	assert_string_equal(p.s.note, "");
	forget(&p);
}

static void letters_bundle(void **state)
{
	struct parsed p = PARSE("-fvvn3");
	(void)state;
	assert_int_equal(p.rc, 0);
	assert_true(p.s.flag);
	assert_int_equal(p.s.level, 2);
	assert_int_equal(p.s.number, 3);
	forget(&p);
}

static void two_dashes_end_options(void **state)
{
	struct parsed p = PARSE("--", "--flag", "-v", "-");
	(void)state;
	assert_int_equal(p.rc, 0);
	assert_false(p.s.flag);
	assert_int_equal(p.words.count, 3);
	forget(&p);
	p = PARSE("-");
	assert_int_equal(p.words.count, 1);
	forget(&p);
}

static void a_value_may_look_like_an_option(void **state)
{
	struct parsed p = PARSE("--text", "--flag");
	(void)state;
	assert_int_equal(p.rc, 0);
	assert_string_equal(p.s.text, "--flag");
	assert_false(p.s.flag);
	forget(&p);
}

static void stops_at_the_first_word(void **state)
{
	struct parsed p = parse_mode(OPTS_UNTIL_WORD, (const char *const[]){ "-f", "deploy", "-v", NULL });
	(void)state;
	assert_int_equal(p.rc, 0);
	assert_int_equal(p.used, 1);
	assert_int_equal(p.s.level, 0);
	assert_int_equal(p.words.count, 0);
	forget(&p);
}

static void refuses(struct parsed p, const char *text, const char *hint)
{
	assert_int_equal(p.rc, -1);
	assert_int_equal(p.f.kind, FAIL_USAGE);
	assert_string_equal(p.f.text, text);
	assert_string_equal(p.f.hint, hint);
	forget(&p);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	refuses(PARSE("--flga"), "unknown option --flga", "did you mean --flag?");
	refuses(PARSE("--zzzzzz=1"), "unknown option --zzzzzz", "");
	refuses(PARSE("-x"), "unknown option -x", "");
	refuses(PARSE("-fx"), "unknown letter in -fx", "");
	refuses(PARSE("-xlag"), "unknown option -xlag", "did you mean --flag?");
	refuses(PARSE("--fla"), "unknown option --fla", "did you mean --flag?");
	refuses(PARSE("--flag=1"), "--flag takes no value", "");
	refuses(PARSE("--number"), "--number needs a value: --number N", "");
	refuses(PARSE("--number=x"), "--number: \"x\" is not a number", "");
	refuses(PARSE("--number=-1"), "--number: \"-1\" is not a number", "");
	refuses(PARSE("--number=99999999999999999999"), "--number: \"99999999999999999999\" is too large", "");
	refuses(PARSE("--choice", "red"), "--choice: \"red\" is none of auto|always|never", "");
	refuses(PARSE("--choice", "al"), "--choice: \"al\" is none of auto|always|never", "");
	refuses(PARSE("--text="), "--text: \"\" is empty", "");
	refuses(PARSE("--list", ""), "--list: \"\" is empty", "");
	refuses(PARSE("--a\x1b[31m"), "unknown option --a\\x1B[31m", "");
	refuses(PARSE("--"
	              "=1"),
	        "unknown option --", "");
}

static void times_and_durations(void **state)
{
	struct parsed p = PARSE("--wait", "90s", "--when", "20261123-090501");
	(void)state;
	assert_int_equal(p.rc, 0);
	assert_int_equal(p.s.wait_ms, 90000);
	assert_int_equal(p.s.when_s, 1795424701);
	forget(&p);
	p = PARSE("--wait", "soon");
	assert_int_equal(p.rc, -1);
	assert_non_null(strstr(p.f.text, "--wait: \"soon\" is not a duration"));
	forget(&p);
	p = PARSE("--when", "yesterday-ish");
	assert_int_equal(p.rc, -1);
	assert_non_null(strstr(p.f.text, "is not a time"));
	forget(&p);
}

static void presence_is_seen_before_the_dashes(void **state)
{
	char json[] = "--json", dashes[] = "--", word[] = "x";
	char *first[] = { word, json }, *after[] = { dashes, json };
	(void)state;
	assert_true(opts_present(2, first, "--json"));
	assert_false(opts_present(2, after, "--json"));
	assert_false(opts_present(0, first, "--json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(values_come_in_every_form),
		cmocka_unit_test(letters_bundle),
		cmocka_unit_test(two_dashes_end_options),
		cmocka_unit_test(a_value_may_look_like_an_option),
		cmocka_unit_test(stops_at_the_first_word),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(times_and_durations),
		cmocka_unit_test(presence_is_seen_before_the_dashes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
