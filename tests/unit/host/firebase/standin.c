#include "standin.h"

#include <curl/curl.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account.h"
#include "base/mem.h"
#include "dist/gzip.h"

/* ---- the process ---- */

/* Unit programs lie in BUILD/tests/unit, the stand-in in BUILD/tests/fake. */
static bool find_program(char out[PATH_MAX])
{
	static const char here[] = "/tests/unit/";
	const char *build = getenv("SLIPWAY_BUILD");
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	char *end;

	if (n <= 0)
		return false;
	self[n] = '\0';
	end = strstr(self, here);
	if (!build && !end)
		return false;
	if (end)
		*end = '\0';
	n = snprintf(out, PATH_MAX, "%s/tests/fake/firebase-server", build ? build : self);
	return n < PATH_MAX && access(out, X_OK) == 0;
}

static void run(const char *program, const char *account, int out)
{
	dup2(out, STDOUT_FILENO);
	execl(program, program, "--die-with-parent", "--allow-owner", "--service-account", account, "--project",
	      STANDIN_PROJECT, (char *)NULL);
	_exit(127);
}

/* "ready http://127.0.0.1:PORT" */
static void read_url(int fd, char *url, size_t room)
{
	FILE *said = fdopen(fd, "r");
	char line[256] = "";

	if (!said || !fgets(line, sizeof line, said) || sscanf(line, "ready %255s", line) != 1)
		line[0] = '\0';
	snprintf(url, room, "%s", line);
	if (said)
		fclose(said);
}

bool standin_start(struct standin *s)
{
	char program[PATH_MAX], account[PATH_MAX], url[256];
	int out[2];

	if (!find_program(program) || pipe(out) < 0)
		return false;
	account_begin(&s->home);
	snprintf(account, sizeof account, "%s/account.json", s->home.path);
	s->pid = fork();
	if (s->pid == 0)
		run(program, account, out[1]);
	close(out[1]);
	read_url(out[0], url, sizeof url);
	setenv("FIREBASE_HOSTING_API_URL", url, 1);
	setenv("FIREBASE_TOKEN_URL", url, 1);
	setenv("GOOGLE_APPLICATION_CREDENTIALS", account, 1);
	return true;
}

void standin_end(struct standin *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		waitpid(s->pid, NULL, 0);
	}
	scratch_end(&s->home);
}

static void absent(void **state)
{
	(void)state;
	skip_or_fail("the stand-in server is not built (make test-programs)");
}

int standin_absent(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(absent) };

	return cmocka_run_group_tests_name("firebase", tests, NULL, NULL);
}

/* ---- calls ---- */

static size_t keep(char *data, size_t size, size_t count, void *answer)
{
	strbuf_add(answer, data, size * count);
	return size * count;
}

char *standin_send(const char *method, const void *body, size_t size, const char *path)
{
	struct strbuf url = STRBUF_INIT, answer = STRBUF_INIT;
	struct curl_slist *headers = curl_slist_append(NULL, "Authorization: Bearer owner");
	CURL *c = curl_easy_init();
	long status = 0;

	strbuf_addf(&url, "%s%s", getenv("FIREBASE_HOSTING_API_URL"), path);
	headers = curl_slist_append(headers, "Content-Type: application/json");
	curl_easy_setopt(c, CURLOPT_URL, url.buf);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &answer);
	if (body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	if (curl_easy_perform(c) == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	if (status != 200 && status != 404)
		fail_msg("%s %s: %ld %s", method, url.buf, status, answer.buf);
	strbuf_clear(&url);
	if (status == 200)
		return strbuf_detach(&answer);
	strbuf_clear(&answer);
	return NULL;
}

static char *call(const char *method, const char *body, const char *path, va_list ap)
	__attribute__((format(printf, 3, 0)));
static char *call(const char *method, const char *body, const char *path, va_list ap)
{
	char where[1024];

	assert_true(vsnprintf(where, sizeof where, path, ap) < (int)sizeof where);
	return standin_send(method, body, body ? strlen(body) : 0, where);
}

char *standin_call(const char *method, const char *body, const char *path, ...)
{
	char *answer;
	va_list ap;

	va_start(ap, path);
	answer = call(method, body, path, ap);
	va_end(ap);
	return answer;
}

struct json_doc *standin_ask(const char *method, const char *body, const char *path, ...)
{
	struct json_doc *doc = NULL;
	struct fail f = FAIL_INIT;
	char *answer;
	va_list ap;

	va_start(ap, path);
	answer = call(method, body, path, ap);
	va_end(ap);
	assert_non_null(answer);
	if (json_parse(&doc, "answer", answer, strlen(answer), JSON_DUPLICATES_LAST_WINS, &f) < 0)
		fail_msg("%s", f.text);
	free(answer);
	return doc;
}

int64_t standin_counter(const char *name)
{
	struct json_doc *doc = standin_ask("GET", NULL, "/_fake/counters");
	int64_t n = -1;

	assert_true(json_int(json_get(json_root(doc), name), &n));
	json_doc_free(doc);
	return n;
}

/* ---- sites, and what others do there ---- */

void standin_site(char out[64], const struct scratch *s, const char *name)
{
	struct strbuf body = STRBUF_INIT, unique = STRBUF_INIT;

	/* The part of the directory's name that no two have in common may have capitals, a site's may not. */
	strbuf_addhex(&unique, strrchr(s->path, '.') + 1, strlen(strrchr(s->path, '.') + 1));
	snprintf(out, 64, "%s-%s", name, unique.buf);
	strbuf_addf(&body, "{\"project\":\"" STANDIN_PROJECT "\",\"sites\":[\"%s\"]}", out);
	free(standin_call("POST", body.buf, "/_fake/sites"));
	strbuf_clear(&body);
	strbuf_clear(&unique);
}

static char *name_of(struct json_doc *doc)
{
	char *name = xstrdup(json_string(json_get(json_root(doc), "name")));

	json_doc_free(doc);
	return name;
}

char *standin_foreign_version(const char *site, const char *text)
{
	char *name = name_of(standin_ask("POST", "{}", "/v1beta1/sites/%s/versions", site));
	struct gzip *z = gzip_new();
	size_t room = gzip_room(z, strlen(text));
	void *packed = xmalloc(room);
	struct gzipped sum;
	char hash[SHA256_HEX], body[256], path[512];

	gzip_whole(z, packed, room, text, strlen(text), &sum);
	gzip_free(z);
	hex_encode(hash, sum.sha256, SHA256_SIZE);
	snprintf(body, sizeof body, "{\"files\":{\"/index.html\":\"%s\"}}", hash);
	json_doc_free(standin_ask("POST", body, "/v1beta1/%s:populateFiles", name));
	snprintf(path, sizeof path, "/upload/%s/files/%s", strstr(name, "sites/"), hash);
	free(standin_send("POST", packed, (size_t)sum.size, path));
	free(packed);
	json_doc_free(standin_ask("PATCH", "{\"status\":\"FINALIZED\"}", "/v1beta1/%s?updateMask=status", name));
	return name;
}

void standin_release(const char *site, const char *version)
{
	json_doc_free(standin_ask("POST", "{}", "/v1beta1/sites/%s/releases?versionName=%s", site,
				  strstr(version, "sites/")));
}

char *standin_version(const char *site, const char *release)
{
	struct json_doc *doc = standin_ask("GET", NULL, "/v1beta1/sites/%s/versions?pageSize=100", site);
	char *found = NULL;

	for (const json *v = json_first(json_get(json_root(doc), "versions")); v && !found; v = json_next(v)) {
		const char *id = json_string(json_get(json_get(v, "labels"), "slipway-release"));
		const char *name = json_string(json_get(v, "name"));

		if (strcmp(id ? id : strrchr(name, '/') + 1, release) == 0)
			found = xstrdup(name);
	}
	json_doc_free(doc);
	return found;
}
