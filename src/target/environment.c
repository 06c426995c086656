#include "target/environment.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/glob.h"
#include "target/git_head.h"

/* What this room knows from the process's environment; set but empty counts as unset. */
static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* ---- the branch ---- */
static bool in_pull_request(void)
{
	const char *event = setting("GITHUB_EVENT_NAME");

	return setting("BITBUCKET_PR_ID") || setting("CI_MERGE_REQUEST_IID") || setting("GITHUB_HEAD_REF") ||
	       (event && strncmp(event, "pull_request", 12) == 0);
}

static const char *ci_branch(void)
{
	const char *type = setting("GITHUB_REF_TYPE");

	if (setting("BITBUCKET_BRANCH"))
		return setting("BITBUCKET_BRANCH");
	if (setting("GITHUB_REF_NAME") && type && strcmp(type, "branch") == 0)
		return setting("GITHUB_REF_NAME");
	return setting("CI_COMMIT_BRANCH");
}

static const char *current_branch(const char *root, struct arena *mem)
{
	struct git_head head;

	if (ci_branch())
		return ci_branch();
	git_head_read(&head, root, mem);
	return head.branch;
}

static bool branch_matches(const char *pattern, const char *branch)
{
	struct fail ignored = FAIL_INIT;
	struct glob *g = NULL;
	bool hit = strcmp(pattern, branch) == 0;

	if (!hit && strpbrk(pattern, "*?[{(") && glob_new(&g, pattern, &ignored) == 0)
		hit = glob_match(g, branch);
	glob_free(g);
	return hit;
}

static bool takes_branch(const struct environment *e, const char *branch)
{
	for (size_t i = 0; i < e->branch_count; i++)
		if (branch_matches(e->branches[i], branch))
			return true;
	return false;
}

/* ---- the choice ---- */
static void list_names(struct strbuf *out, const struct environment *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!all[i].abstract)
			strbuf_addf(out, "%s%s", out->len ? ", " : "", all[i].name);
}

static int by_name(struct env_choice *out, const struct project *p, const char *name, const char *why, struct fail *f)
{
	struct strbuf names = STRBUF_INIT, shown = STRBUF_INIT;
	size_t count;
	const struct environment *all = project_environments(p, &count), *e = project_environment(p, name);

	if (e && !e->abstract) {
		*out = (struct env_choice){ e, why };
		return 0;
	}
	list_names(&names, all, count);
	strbuf_addescaped(&shown, name, strlen(name));
	if (count == 0)
		fail_set(f, FAIL_USAGE, "%s names environment \"%s\", but this project has no environments", why, shown.buf);
	else if (e)
		fail_set(f, FAIL_USAGE, "environment \"%s\" is only extended by others and cannot be chosen; there is %s", name,
		         names.buf);
	else
		fail_set(f, FAIL_USAGE, "there is no environment \"%s\" (%s); there is %s", shown.buf, why, names.buf);
	strbuf_clear(&names);
	strbuf_clear(&shown);
	return project_firebase(p) ? fail_hint(f, "a firebase.json's project is chosen with -P ALIAS") : -1;
}

/* 1 chosen, 0 no environment takes the branch, -1. */
static int by_branch(struct env_choice *out, const struct project *p, const char *branch, struct arena *mem,
                     struct fail *f)
{
	const struct environment *found = NULL;
	size_t count;
	const struct environment *all = project_environments(p, &count);

	for (size_t i = 0; branch && i < count; i++) {
		if (all[i].abstract || !takes_branch(&all[i], branch))
			continue;
		if (found) {
			fail_set(f, FAIL_USAGE, "branch \"%s\" belongs to two environments: %s and %s", branch, found->name,
			         all[i].name);
			return fail_hint(f, "choose with --env");
		}
		found = &all[i];
	}
	if (!found)
		return 0;
	*out = (struct env_choice){ found, arena_printf(mem, "branch %s", branch) };
	return 1;
}

static int only_one(struct env_choice *out, const struct project *p, const char *branch, bool pull_request,
                    struct fail *f)
{
	struct strbuf names = STRBUF_INIT, shown = STRBUF_INIT;
	const struct environment *only = NULL;
	size_t count, choosable = 0;
	const struct environment *all = project_environments(p, &count);

	for (size_t i = 0; i < count; i++) {
		if (all[i].abstract)
			continue;
		only = &all[i];
		choosable++;
	}
	if (choosable <= 1) {
		*out = (struct env_choice){ only, choosable ? "the only one" : "the project has none" };
		return choosable || count == 0 ? 0 : fail_set(f, FAIL_CONFIG, "every environment is only extended by others");
	}
	list_names(&names, all, count);
	strbuf_addescaped(&shown, branch ? branch : "", branch ? strlen(branch) : 0);
	if (pull_request)
		fail_set(f, FAIL_USAGE, "a pull-request pipeline chooses no environment by branch; there is %s", names.buf);
	else if (branch)
		fail_set(f, FAIL_USAGE, "no environment takes branch \"%s\"; there is %s", shown.buf, names.buf);
	else
		fail_set(f, FAIL_USAGE, "which environment? There is %s", names.buf);
	strbuf_clear(&names);
	strbuf_clear(&shown);
	return fail_hint(f, "choose with --env NAME or SLIPWAY_ENV");
}

int environment_choose(struct env_choice *out, const struct project *p, const char *option, struct arena *mem,
                       struct fail *f)
{
	bool pull_request = in_pull_request();
	const char *branch = NULL;
	size_t count;
	int rc;

	(void)project_environments(p, &count);
	*out = (struct env_choice){ NULL, "the project has none" };
	if (option)
		return by_name(out, p, option, "--env", f);
	if (setting("SLIPWAY_ENV"))
		return by_name(out, p, setting("SLIPWAY_ENV"), "SLIPWAY_ENV", f);
	if (count && !pull_request) {
		branch = current_branch(project_root(p), mem);
		rc = by_branch(out, p, branch, mem, f);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	return only_one(out, p, branch, pull_request, f);
}

/* ---- endpoints ---- */
static size_t origin_length(const char *url)
{
	const char *rest = strstr(url, "://");

	return rest ? (size_t)(rest - url) + 3 + strcspn(rest + 3, "/?#") : 0;
}

static bool is_loopback(const char *host, size_t len)
{
	unsigned parts[4];
	char text[64];
	int used = 0;

	if (len >= sizeof text)
		return false;
	memcpy(text, host, len);
	text[len] = '\0';
	if (strcmp(text, "localhost") == 0 || strcmp(text, "[::1]") == 0)
		return true;
	return sscanf(text, "%3u.%3u.%3u.%3u%n", &parts[0], &parts[1], &parts[2], &parts[3], &used) == 4 &&
	       (size_t)used == len && parts[0] == 127 && parts[1] < 256 && parts[2] < 256 && parts[3] < 256 &&
	       strspn(text, "0123456789.") == len;
}

bool endpoint_allowed(const char *url)
{
	const char *host = strstr(url, "://"), *list = setting("SLIPWAY_ALLOW_ENDPOINTS");
	size_t origin = origin_length(url), len;

	if (!origin || memchr(url, '@', origin) || memchr(url, '\\', origin))
		return false;
	host += 3;
	len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
	if (is_loopback(host, len))
		return true;
	while (list && *list) {
		size_t n = strcspn(list, ", ");

		if (n && origin_length(list) && strncmp(list, url, origin) == 0 &&
		    (n == origin || (n == origin + 1 && list[origin] == '/')))
			return true;
		list += n + strspn(list + n, ", ");
	}
	return false;
}

/* ---- provenance ---- */
static const char *user_at_host(struct arena *mem)
{
	char host[256] = "", buffer[4096];
	struct passwd entry, *found = NULL;

	if (gethostname(host, sizeof host - 1) < 0)
		host[0] = '\0';
	if (getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) != 0 || !found)
		return arena_printf(mem, "uid %lu@%s", (unsigned long)geteuid(), host);
	return arena_printf(mem, "%s@%s", found->pw_name, host);
}

static const char *first_setting(const char *const *names)
{
	for (; *names; names++)
		if (setting(*names))
			return setting(*names);
	return NULL;
}

static const char *ci_job(struct arena *mem)
{
	const char *server = setting("GITHUB_SERVER_URL"), *repository = setting("GITHUB_REPOSITORY"),
		*run = setting("GITHUB_RUN_ID");

	if (server && repository && run)
		return arena_printf(mem, "%s/%s/actions/runs/%s", server, repository, run);
	repository = setting("BITBUCKET_REPO_FULL_NAME");
	run = setting("BITBUCKET_BUILD_NUMBER");
	if (repository && run)
		return arena_printf(mem, "https://bitbucket.org/%s/pipelines/results/%s", repository, run);
	return first_setting((const char *const[]){ "CI_JOB_URL", "BUILD_URL", NULL });
}

/* What an environment variable says goes into records that are printed for years: one line, no control characters. */
static const char *one_line(const char *text, struct arena *mem)
{
	struct strbuf shown = STRBUF_INIT;
	const char *out;

	if (!text)
		return NULL;
	strbuf_addescaped(&shown, text, strlen(text));
	out = arena_strndup(mem, shown.buf, shown.len);
	strbuf_clear(&shown);
	return out;
}

void provenance_read(struct provenance *out, const char *project_root, struct arena *mem)
{
	const char *by = first_setting((const char *const[]){ "SLIPWAY_USER", "GITHUB_ACTOR", "GITLAB_USER_LOGIN",
	                                                      "BITBUCKET_STEP_TRIGGERER_UUID", NULL });
	const char *commit = first_setting((const char *const[]){ "GITHUB_SHA", "BITBUCKET_COMMIT", "CI_COMMIT_SHA",
	                                                          NULL });
	const char *branch = ci_branch();
	struct git_head head = { NULL, NULL };

	if (!commit || !branch)
		git_head_read(&head, project_root, mem);
	out->by = one_line(by ? by : user_at_host(mem), mem);
	out->commit = one_line(commit ? commit : head.commit, mem);
	out->branch = one_line(branch ? branch : head.branch, mem);
	out->ci = one_line(ci_job(mem), mem);
}
