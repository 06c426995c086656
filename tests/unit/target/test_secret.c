#include "target/secret.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../support/test.h"
#include "project_dir.h"
#include "target/redact.h"

/* One target per line of targets; each renders something. */
static void begin(struct project_dir *d, const char *vars)
{
	struct strbuf config = STRBUF_INIT;

	project_dir_init(d);
	strbuf_addf(&config, "{ \"slipway\": 1, \"builds\": { \"w\": { \"dir\": \"dist\" } }, \"defaults\": { "
	                     "\"render\": [\"c.js\"] }, "
	            "\"manifests\": { \"h\": { \"kind\": \"dir\", \"root\": \"www/${target}\" } }, "
	            "\"targets\": { \"one\": { \"vars\": %s }, \"two\": { \"vars\": %s } } }", vars, vars);
	project_dir_write(d, "slipway.json", config.buf);
	strbuf_clear(&config);
	assert_int_equal(project_dir_load(d), 0);
	assert_int_equal(project_dir_resolve(d, NULL), 0);
}

static int resolve(const struct project_dir *d, struct secrets *s, struct fail *f)
{
	const struct target *targets[] = { &d->targets.items[0], &d->targets.items[1] };

	return secrets_resolve(s, targets, 2, f);
}

static void value_is(const struct project_dir *d, const struct secrets *s, const char *name, const char *expected)
{
	size_t len = 0;
	const char *value = secrets_value(s, target_var(&d->targets.items[0], name)->ref, &len);

	if (!expected) {
		assert_null(value);
		return;
	}
	assert_non_null(value);
	assert_string_equal(value, expected);
	assert_int_equal(len, strlen(expected));
}

static void each_kind_of_reference(void **state)
{
	struct project_dir d;
	struct secrets *s;
	struct fail f = FAIL_INIT;

	(void)state;
	begin(&d, "{ \"E\": { \"env\": \"${TARGET}_T\" }, \"F\": { \"file\": \"s/plain\" }, \"K\": { \"file\": "
	          "\"s/doc.json\", \"key\": "
	      "\"a.b\" }, \"N\": { \"file\": \"s/doc.json\", \"key\": \"n\" }, \"C\": { \"command\": [\"printf\", "
	      "\"%s\\\\n\\\\n\", \"$HOME x\"] } }");
	project_dir_write(&d, "s/plain", "from file\r\n");
	project_dir_write(&d, "s/doc.json", "{\"a\":{\"b\":\"d\\u00e9ep\"},\"n\":1.50}");
	assert_int_equal(setenv("ONE_T", "first", 1), 0);
	assert_int_equal(setenv("TWO_T", "second", 1), 0);
	s = secrets_new(d.project);
	if (resolve(&d, s, &f) < 0)
		fail_msg("%s", f.text);
	assert_string_equal(secrets_missing(s), "");
	value_is(&d, s, "E", "first");
	value_is(&d, s, "F", "from file");
	value_is(&d, s, "K", "d\xc3\xa9" "ep");
	value_is(&d, s, "N", "1.50");
	value_is(&d, s, "C", "$HOME x\n");
	secrets_free(s);
	project_dir_clear(&d);
}

static void all_missing_ones_at_once(void **state)
{
	struct project_dir d;
	struct secrets *s;
	struct fail f = FAIL_INIT;

	(void)state;
	begin(&d, "{ \"A\": { \"env\": \"SLIPWAY_TEST_UNSET\" }, \"B\": { \"env\": \"SLIPWAY_TEST_EMPTY\" }, \"C\": { "
	          "\"file\": \"none\" }, "
	      "\"D\": { \"file\": \"doc.json\", \"key\": \"x\" }, \"E\": { \"command\": [\"false\"] }, "
	      "\"F\": { \"command\": [\"no-such-program-here\"] }, \"G\": { \"file\": \".\" }, \"H\": { \"file\": "
	      "\"fifo\" }, "
	      "\"I\": { \"command\": [\"head\", \"-c\", \"70000\", \"/dev/zero\"] }, \"J\": { \"file\": \"doc.json\", "
	      "\"key\": \"a\" } }");
	project_dir_write(&d, "doc.json", "{\"a\":[]}");
	assert_int_equal(unsetenv("SLIPWAY_TEST_UNSET"), 0);
	assert_int_equal(setenv("SLIPWAY_TEST_EMPTY", "", 1), 0);
	assert_int_equal(mkfifoat(project_dirfd(d.project), "fifo", 0600), 0);
	s = secrets_new(d.project);
	assert_int_equal(resolve(&d, s, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.text, "10 secrets are missing: env SLIPWAY_TEST_UNSET is not set, "));
	assert_string_equal(secrets_missing(s),
	                    "A of one: env SLIPWAY_TEST_UNSET is not set\nB of one: env SLIPWAY_TEST_EMPTY is empty\n"
	                    "C of one: file none does not exist\nD of one: file doc.json key x has no such key\n"
	                    "E of one: command false failed\nF of one: command no-such-program-here is not installed\n"
	                    "G of one: file . is not a regular file\nH of one: file fifo is not a regular file\n"
	                    "I of one: command head wrote more than 64 KiB\n"
	                    "J of one: file doc.json key a is not a string, number or boolean at that key\n"
	                    "A of two: env SLIPWAY_TEST_UNSET is not set\nB of two: env SLIPWAY_TEST_EMPTY is empty\n"
	                    "C of two: file none does not exist\nD of two: file doc.json key x has no such key\n"
	                    "E of two: command false failed\nF of two: command no-such-program-here is not installed\n"
	                    "G of two: file . is not a regular file\nH of two: file fifo is not a regular file\n"
	                    "I of two: command head wrote more than 64 KiB\n"
	                    "J of two: file doc.json key a is not a string, number or boolean at that key\n");
	secrets_free(s);
	project_dir_clear(&d);
}

/* A project that somebody else wrote must not make us publish what lies outside it. */
static void files_outside_need_leave(void **state)
{
	struct project_dir d, outside;
	struct secrets *s;
	struct fail f = FAIL_INIT;
	struct strbuf vars = STRBUF_INIT, link = STRBUF_INIT;

	(void)state;
	project_dir_init(&outside);
	project_dir_write(&outside, "key", "outside");
	strbuf_addf(&vars, "{ \"A\": { \"file\": \"%s/key\" }, \"L\": { \"file\": \"link\" }, \"I\": { \"file\": "
	                   "\"inner\" } }", outside.path);
	begin(&d, vars.buf);
	project_dir_write(&d, "real", "inside");
	strbuf_addf(&link, "%s/key", outside.path);
	assert_int_equal(symlinkat(link.buf, project_dirfd(d.project), "link"), 0);
	assert_int_equal(symlinkat("real", project_dirfd(d.project), "inner"), 0);
	assert_int_equal(unsetenv("SLIPWAY_SECRET_DIRS"), 0);
	s = secrets_new(d.project);
	assert_int_equal(resolve(&d, s, &f), -1);
	assert_string_equal(f.hint, "allow its directory with SLIPWAY_SECRET_DIRS");
	value_is(&d, s, "A", NULL);
	value_is(&d, s, "L", NULL);
	value_is(&d, s, "I", "inside");
	assert_int_equal(setenv("SLIPWAY_SECRET_DIRS", outside.path, 1), 0);
	assert_int_equal(resolve(&d, s, &f), 0);
	value_is(&d, s, "A", "outside");
	value_is(&d, s, "L", "outside");
	assert_int_equal(unsetenv("SLIPWAY_SECRET_DIRS"), 0);
	secrets_free(s);
	strbuf_clear(&vars);
	strbuf_clear(&link);
	project_dir_clear(&d);
	project_dir_clear(&outside);
}

static void redacted(const char *value, const char *text, const char *expected)
{
	struct redactor *r = redactor_new();
	struct strbuf s = STRBUF_INIT;

	redactor_add(r, value, strlen(value));
	strbuf_addstr(&s, text);
	redactor_apply(r, &s);
	assert_string_equal(s.buf, expected);
	strbuf_clear(&s);
	redactor_free(r);
}

static void values_are_redacted(void **state)
{
	(void)state;
	redacted("s3cr3t", "a s3cr3t b s3cr3ts3cr3t", "a [redacted] b [redacted][redacted]");
	redacted("s3cr3t", "s3cr3", "s3cr3");
	redacted("abc", "abc", "abc");
	redacted("p\"w/\\d", "{\"x\":\"p\\\"w/\\\\d\",\"y\":\"p\\\"w\\/\\\\d\"}",
	         "{\"x\":\"[redacted]\",\"y\":\"[redacted]\"}");
	redacted("gr\xC3\xBC\xC3\x9F/\xF0\x9F\x8E\x88!",
	         "gr\\u00fc\\u00df/\\ud83c\\udf88! gr\\u00FC\\u00DF\\/\\uD83C\\uDF88!", "[redacted] [redacted]");
	redacted("swordfish", "no swordf... nor c3dvcmRm... but swo... and swordf",
	         "no [redacted]... nor [redacted]... but swo... and swordf");
	redacted("swordfish", "swordfish... swordfish", "[redacted]... [redacted]");
	redacted("p w/+d", "?a=p%20w%2F%2Bd&b=p+w%2f%2bd", "?a=[redacted]&b=[redacted]");
	redacted("a/b c=d", "a/b%20c%3Dd a%2Fb+c=d a%2fb%20c%3dd", "[redacted] [redacted] [redacted]");
	redacted("swordfish", "c3dvcmRmaXNo eHN3b3JkZmlzaA== eHhzd29yZGZpc2h4", "[redacted] eH[redacted]A== "
	                                                                        "eHh[redacted]h4");
	redacted("line one is long\nline two is long\nx", "at line two is long: x", "at [redacted]: x");
	redacted("ab\ncd", "ab\\x0Acd ab\\ncd", "[redacted] [redacted]");
}

/* The three alignments of base64, found inside longer texts that hold the value at any offset. */
static void base64_at_any_offset(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *value = "correct horse";

	(void)state;
	for (size_t before = 0; before < 6; before++) {
		char plain[64], encoded[128] = "";
		size_t n = 0;
		struct redactor *r = redactor_new();
		struct strbuf s = STRBUF_INIT;

		(void)snprintf(plain, sizeof plain, "%.*s%szz", (int)before, "~~~~~~", value);
		while (strlen(plain) % 3)
			memcpy(plain + strlen(plain), "z", 2);
		for (size_t i = 0; plain[i]; i += 3) {
			unsigned bits = (unsigned)(unsigned char)plain[i] << 16 | (unsigned)(unsigned char)plain[i + 1] << 8 |
			                (unsigned char)plain[i + 2];

			for (int k = 18; k >= 0; k -= 6)
				encoded[n++] = alphabet[bits >> k & 63];
		}
		encoded[n] = '\0';
		redactor_add(r, value, strlen(value));
		strbuf_addstr(&s, encoded);
		redactor_apply(r, &s);
		assert_non_null(strstr(s.buf, "[redacted]"));
		strbuf_clear(&s);
		redactor_free(r);
	}
}

static void failures_are_redacted_even_when_cut(void **state)
{
	struct project_dir d;
	struct secrets *s;
	struct fail f = FAIL_INIT;
	char filler[sizeof f.text];

	(void)state;
	begin(&d, "{ \"A\": { \"env\": \"SLIPWAY_TEST_T\" } }");
	assert_int_equal(setenv("SLIPWAY_TEST_T", "correct-horse-battery", 1), 0);
	s = secrets_new(d.project);
	assert_int_equal(resolve(&d, s, &f), 0);
	fail_set(&f, FAIL_LOCAL, "cannot use correct-horse-battery here");
	secrets_redact_fail(s, &f);
	assert_string_equal(f.text, "cannot use [redacted] here");
	memset(filler, '.', sizeof filler);
	filler[sizeof filler - 12] = '\0';
	fail_set(&f, FAIL_LOCAL, "%scorrect-horse-battery", filler);
	assert_non_null(strstr(f.text, "correct"));
	secrets_redact_fail(s, &f);
	assert_null(strstr(f.text, "correct"));
	secrets_free(s);
	project_dir_clear(&d);
}

static void what_is_learnt_later(void **state)
{
	struct project_dir d;
	struct secrets *s;
	struct fail f = FAIL_INIT;

	(void)state;
	begin(&d, "{}");
	s = secrets_new(d.project);
	secrets_learn(s, "ya29.token", 10);
	secrets_learn(NULL, "ya29.token", 10);
	fail_set(&f, FAIL_AUTH, "Bearer ya29.token, eWEyOS50b2tlbg==");
	secrets_redact_fail(s, &f);
	assert_string_equal(f.text, "Bearer [redacted], [redacted]g==");
	secrets_free(s);
	project_dir_clear(&d);
}

static void references_are_described(void **state)
{
	struct project_dir d;
	struct strbuf s = STRBUF_INIT;

	(void)state;
	begin(&d, "{ \"A\": { \"env\": \"X\" }, \"B\": { \"file\": \"f\", \"key\": \"k\" }, \"C\": { \"command\": "
	          "[\"pass\", \"show\"] } }");
	for (const char *name = "ABC"; *name; name++) {
		const char one[] = { *name, '\0' };

		secret_describe(target_var(&d.targets.items[0], one)->ref, &s);
		strbuf_addch(&s, ';');
	}
	assert_string_equal(s.buf, "env X;file f key k;command pass;");
	strbuf_clear(&s);
	project_dir_clear(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_reference), cmocka_unit_test(all_missing_ones_at_once),
		cmocka_unit_test(files_outside_need_leave), cmocka_unit_test(values_are_redacted),
		cmocka_unit_test(base64_at_any_offset), cmocka_unit_test(failures_are_redacted_even_when_cut),
		cmocka_unit_test(what_is_learnt_later),
		cmocka_unit_test(references_are_described),
	};

	return cmocka_run_group_tests_name("target/secret", tests, NULL, NULL);
}
