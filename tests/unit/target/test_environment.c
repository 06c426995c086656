#include "target/environment.h"

#include <sys/stat.h>

#include "../support/test.h"
#include "project_dir.h"
#include "target/git_head.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static const char *const ours[] = {
	"SLIPWAY_ENV", "SLIPWAY_USER", "SLIPWAY_ALLOW_ENDPOINTS", "BITBUCKET_BRANCH", "BITBUCKET_PR_ID", "BITBUCKET_COMMIT",
	"BITBUCKET_STEP_TRIGGERER_UUID", "BITBUCKET_REPO_FULL_NAME", "BITBUCKET_BUILD_NUMBER", "GITHUB_REF_NAME",
	"GITHUB_REF_TYPE", "GITHUB_EVENT_NAME", "GITHUB_HEAD_REF", "GITHUB_SHA", "GITHUB_ACTOR", "GITHUB_SERVER_URL",
	"GITHUB_REPOSITORY", "GITHUB_RUN_ID", "CI_COMMIT_BRANCH", "CI_MERGE_REQUEST_IID", "CI_COMMIT_SHA", "CI_JOB_URL",
	"GITLAB_USER_LOGIN", "BUILD_URL", NULL
};

static int forget_all(void **state)
{
	(void)state;
	for (size_t i = 0; ours[i]; i++)
		unsetenv(ours[i]);
	return 0;
}

static void begin(struct project_dir *d, const char *environments)
{
	struct strbuf config = STRBUF_INIT;

	project_dir_init(d);
	strbuf_addf(&config, "{ \"slipway\": 1, \"builds\": { \"w\": { \"dir\": \"d\" } }, \"environments\": %s "
	                     "}", environments);
	project_dir_write(d, "slipway.json", config.buf);
	strbuf_clear(&config);
	assert_int_equal(project_dir_load(d), 0);
}

#define FLEET "{ \"base\": {}, \"staging\": { \"extends\": \"base\", \"branches\": [\"staging\", \"test/*\"] }, " \
	"\"production\": { \"extends\": \"base\", \"branches\": [\"main\", \"master\"] } }"

/* "NAME (why)", or the failure. */
static void choice_is(const struct project_dir *d, const char *option, const char *expected)
{
	struct arena mem = ARENA_INIT;
	struct env_choice choice;
	struct fail f = FAIL_INIT;
	char got[1024];

	if (environment_choose(&choice, d->project, option, &mem, &f) == 0)
		(void)snprintf(got, sizeof got, "%s (%s)", choice.environment ? choice.environment->name : "-", choice.why);
	else
		(void)snprintf(got, sizeof got, "%s", f.text);
	assert_string_equal(got, expected);
	arena_clear(&mem);
}

static void in_order(void **state)
{
	struct project_dir d;

	(void)state;
	begin(&d, FLEET);
	choice_is(&d, NULL, "which environment? There is staging, production");
	choice_is(&d, "base", "environment \"base\" is only extended by others and cannot be chosen; there is staging, "
	                      "production");
	choice_is(&d, "stagin", "there is no environment \"stagin\" (--env); there is staging, production");
	project_dir_write(&d, ".git/HEAD", "ref: refs/heads/main\n");
	choice_is(&d, NULL, "production (branch main)");
	project_dir_write(&d, ".git/HEAD", "ref: refs/heads/feature\n");
	choice_is(&d, NULL, "no environment takes branch \"feature\"; there is staging, production");
	setenv("CI_COMMIT_BRANCH", "test/one", 1);
	choice_is(&d, NULL, "staging (branch test/one)");
	setenv("GITHUB_REF_NAME", "main", 1);
	choice_is(&d, NULL, "staging (branch test/one)");
	setenv("GITHUB_REF_TYPE", "branch", 1);
	choice_is(&d, NULL, "production (branch main)");
	setenv("BITBUCKET_BRANCH", "staging", 1);
	choice_is(&d, NULL, "staging (branch staging)");
	setenv("SLIPWAY_ENV", "production", 1);
	choice_is(&d, NULL, "production (SLIPWAY_ENV)");
	choice_is(&d, "staging", "staging (--env)");
	project_dir_clear(&d);
}

static void pull_requests_choose_nothing(void **state)
{
	static const char *const marks[][2] = { { "BITBUCKET_PR_ID", "7" }, { "CI_MERGE_REQUEST_IID", "7" },
	                                        { "GITHUB_HEAD_REF", "main" },
		{ "GITHUB_EVENT_NAME", "pull_request_target" } };
	struct project_dir d;

	(void)state;
	begin(&d, FLEET);
	project_dir_write(&d, ".git/HEAD", "ref: refs/heads/main\n");
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		setenv("BITBUCKET_BRANCH", "main", 1);
		setenv(marks[i][0], marks[i][1], 1);
		choice_is(&d, NULL, "a pull-request pipeline chooses no environment by branch; there is staging, production");
		choice_is(&d, "staging", "staging (--env)");
		unsetenv(marks[i][0]);
	}
	project_dir_clear(&d);
}

static void the_only_one(void **state)
{
	struct project_dir d;

	(void)state;
	begin(&d, "{ \"base\": {}, \"live\": { \"extends\": \"base\" } }");
	choice_is(&d, NULL, "live (the only one)");
	project_dir_clear(&d);
	begin(&d, "{}");
	choice_is(&d, NULL, "- (the project has none)");
	choice_is(&d, "live", "--env names environment \"live\", but this project has no environments");
	project_dir_clear(&d);
	begin(&d, "{ \"a\": { \"branches\": [\"x\"] }, \"b\": { \"branches\": [\"x\"] } }");
	setenv("CI_COMMIT_BRANCH", "x", 1);
	choice_is(&d, NULL, "branch \"x\" belongs to two environments: a and b");
	project_dir_clear(&d);
}

static void head_is(const struct project_dir *d, const char *below, const char *branch, const char *commit)
{
	struct arena mem = ARENA_INIT;
	struct git_head head;

	git_head_read(&head, arena_printf(&mem, "%s%s", d->path, below), &mem);
	assert_string_equal(head.branch ? head.branch : "-", branch);
	assert_string_equal(head.commit ? head.commit : "-", commit);
	arena_clear(&mem);
}

static void git_heads(void **state)
{
	struct project_dir d;

	(void)state;
	project_dir_init(&d);
	project_dir_write(&d, ".git/HEAD", "ref: refs/heads/feature/x\n");
	project_dir_write(&d, "a/b/", "");
	head_is(&d, "/a/b", "feature/x", "-");
	project_dir_write(&d, ".git/packed-refs", "# pack-refs with: peeled\n"
	                  "f" COMMIT "\n^" COMMIT "\n" COMMIT " refs/heads/feature/x\n");
	head_is(&d, "", "feature/x", COMMIT);
	project_dir_write(&d, ".git/refs/heads/feature/x", "ff23456789abcdef0123456789abcdef01234567\n");
	head_is(&d, "", "feature/x", "ff23456789abcdef0123456789abcdef01234567");
	project_dir_write(&d, ".git/HEAD", COMMIT "\n");
	head_is(&d, "", "-", COMMIT);
	project_dir_write(&d, ".git/HEAD", "ref: refs/heads/.invalid\n");
	head_is(&d, "", "-", "-");
	project_dir_write(&d, ".git/worktrees/w/HEAD", "ref: refs/heads/feature/x\n");
	project_dir_write(&d, ".git/worktrees/w/commondir", "../..\n");
	project_dir_write(&d, "w/.git", "gitdir: ../.git/worktrees/w\n");
	head_is(&d, "/w", "feature/x", "ff23456789abcdef0123456789abcdef01234567");
	project_dir_clear(&d);
}

static void who_and_where(void **state)
{
	struct arena mem = ARENA_INIT;
	struct provenance p;
	struct project_dir d;

	(void)state;
	project_dir_init(&d);
	provenance_read(&p, d.path, &mem);
	assert_non_null(strchr(p.by, '@'));
	assert_null(p.ci);
	setenv("GITHUB_ACTOR", "ana", 1);
	setenv("GITHUB_SHA", COMMIT, 1);
	setenv("GITHUB_REF_NAME", "main", 1);
	setenv("GITHUB_REF_TYPE", "branch", 1);
	setenv("GITHUB_SERVER_URL", "https://github.com", 1);
	setenv("GITHUB_REPOSITORY", "o/r", 1);
	setenv("GITHUB_RUN_ID", "42", 1);
	provenance_read(&p, d.path, &mem);
	assert_string_equal(p.by, "ana");
	assert_string_equal(p.commit, COMMIT);
	assert_string_equal(p.branch, "main");
	assert_string_equal(p.ci, "https://github.com/o/r/actions/runs/42");
	setenv("SLIPWAY_USER", "bad\nname", 1);
	provenance_read(&p, d.path, &mem);
	assert_null(strchr(p.by, '\n'));
	arena_clear(&mem);
	project_dir_clear(&d);
}

static void endpoints(void **state)
{
	static const char *const good[] = { "http://localhost:9000", "http://127.0.0.1", "https://127.9.8.7:1/x",
	                                    "http://[::1]:80/" };
	static const char *const bad[] = { "http://localhost.evil.example", "http://localhost@evil.example",
	                                   "http://127.0.0.1.evil.example",
	                                   "http://127.1", "http://evil.example/localhost", "localhost", "http://[::1",
		"http://0127.0.0.1x" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(endpoint_allowed(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(endpoint_allowed(bad[i]));
	setenv("SLIPWAY_ALLOW_ENDPOINTS", "https://a.example, https://s3.example:9000/", 1);
	assert_true(endpoint_allowed("https://s3.example:9000/bucket"));
	assert_true(endpoint_allowed("https://a.example"));
	assert_false(endpoint_allowed("http://a.example"));
	assert_false(endpoint_allowed("https://a.example:444"));
	assert_false(endpoint_allowed("https://a.example.evil"));
	assert_false(endpoint_allowed("https://s3.example:90"));
}

#define TEST(name) cmocka_unit_test_setup(name, forget_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_order), TEST(pull_requests_choose_nothing), TEST(the_only_one), TEST(git_heads), TEST(who_and_where),
			TEST(endpoints),
	};

	return cmocka_run_group_tests_name("target/environment", tests, NULL, NULL);
}
