/* Each type of credential, from the file to the access token. */
#include <unistd.h>

#include "base/clock.h"
#include "google.h"

#define LINE "Authorization: Bearer "
#define CLOUD "https://www.googleapis.com/auth/cloud-platform"
#define BOTH "https://www.googleapis.com/auth/firebase " CLOUD
#define POOL "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/providers/main"
#define USER "\"type\":\"authorized_user\",\"client_id\":\"c.apps\",\"client_secret\":\"cli/s+ &=\"," \
	"\"refresh_token\":\"1//r\""
#define EXTERNAL "{\"type\":\"external_account\",\"audience\":\"" POOL "\",\"token_url\":\"GOOGLE/v1/token\"," \
	"\"subject_token_type\":\"urn:ietf:params:oauth:token-type:jwt\",\"credential_source\":"
#define NEXT(email) "\"service_account_impersonation_url\":\"GOOGLE/v1/projects/-/serviceAccounts/" email \
	":generateAccessToken\""

static void set(const char *name, const char *value)
{
	assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void field_is(const struct asked *a, const char *name, const char *expected)
{
	char *value = google_field(a->body, name);

	if (!expected)
		assert_null(value);
	else if (!value)
		fail_msg("%s is missing: %s", name, a->body);
	else
		assert_string_equal(value, expected);
	free(value);
}

static void asked_is(struct google *g, size_t i, const char *method, const char *target)
{
	assert_string_equal(google_request(g, i)->method, method);
	assert_string_equal(google_request(g, i)->target, target);
}

static void a_service_account(void **state)
{
	struct google g;
	struct strbuf text = STRBUF_INIT;
	struct json_doc *claims, *header;
	struct token *t;
	char *jwt;

	(void)state;
	google_begin(&g);
	google_says(&g, "/oauth2/v4/token", 200, NULL);
	account_json(&text, ", \"token_uri\": \"https://oauth2.googleapis.com/token\"");
	t = google_token_of(&g, text.buf);
	google_has_token(&g, t, LINE "ya29.1");
	assert_null(token_quota_project(t));
	jwt = google_field(google_request(&g, 0)->body, "assertion");
	claims = account_claims(jwt);
	header = account_jwt_header(jwt);
	assert_string_equal(json_string(json_get(json_root(claims), "scope")), BOTH);
	assert_string_equal(json_string(json_get(json_root(header), "kid")), "k1");
	json_doc_free(claims);
	json_doc_free(header);
	free(jwt);
	strbuf_clear(&text);
	google_end(&g);
}

static void a_user(void **state)
{
	struct google g;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says(&g, "/oauth2/v3/token", 200, NULL);
	t = google_token_of(&g, "{" USER ",\"quota_project_id\":\"tpb-quota\"}");
	google_has_token(&g, t, LINE "ya29.1");
	assert_string_equal(token_quota_project(t), "tpb-quota");
	field_is(google_request(&g, 0), "grant_type", "refresh_token");
	field_is(google_request(&g, 0), "client_id", "c.apps");
	field_is(google_request(&g, 0), "client_secret", "cli/s+ &=");
	field_is(google_request(&g, 0), "refresh_token", "1//r");
	google_end(&g);
}

static void a_refresh_token_of_the_environment(void **state)
{
	struct google g;

	(void)state;
	google_begin(&g);
	google_says(&g, "/oauth2/v3/token", 200, NULL);
	set("FIREBASE_CLIENT_ID", "c.apps");
	set("FIREBASE_CLIENT_SECRET", "cli-secret");
	set("FIREBASE_TOKEN", "1//refresh");
	google_has_token(&g, google_token(&g), LINE "ya29.1");
	field_is(google_request(&g, 0), "refresh_token", "1//refresh");
	google_end(&g);
}

/* FIREBASE_TOKEN may hold an access token, which no one can exchange. */
static void an_access_token_of_the_environment(void **state)
{
	struct google g;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says(&g, "/oauth2/v3/token", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"Bad Request\"}");
	set("FIREBASE_TOKEN", "ya29.mine");
	t = google_token(&g);
	google_has_token(&g, t, LINE "ya29.mine");
	assert_int_equal(google_asked(&g), 0);
	token_refused(t, token_number(t));
	google_fails(&g, t, FAIL_AUTH, "(FIREBASE_TOKEN): the service refuses the access token", "a service account's key");
	set("FIREBASE_CLIENT_ID", "c.apps");
	set("FIREBASE_CLIENT_SECRET", "cli-secret");
	t = google_token(&g);
	google_has_token(&g, t, LINE "ya29.mine");
	google_has_token(&g, t, LINE "ya29.mine");
	assert_int_equal(google_asked(&g), 1);
	token_refused(t, token_number(t));
	google_fails(&g, t, FAIL_AUTH, "(FIREBASE_TOKEN): the login has run out or was revoked (Bad Request)",
	             "firebase login:ci");
	assert_int_equal(google_asked(&g), 1);
	google_end(&g);
}

static void a_stored_login(void **state)
{
	struct google g;
	struct strbuf text = STRBUF_INIT;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says(&g, "/oauth2/v3/token", 200, NULL);
	strbuf_addf(&text, "{\"user\":{\"email\":\"ana@example.com\"},\"tokens\":{\"refresh_token\":\"1//stored\","
	            "\"access_token\":\"ya29.stored\",\"expires_at\":%lld}}", (long long)(clock_wall_s() + 900) * 1000);
	free(account_file(&g.home, ".config/configstore/firebase-tools.json", text.buf));
	t = google_token(&g);
	google_has_token(&g, t, LINE "ya29.stored");
	token_refused(t, token_number(t));
	google_fails(&g, t, FAIL_AUTH, "as ana@example.com (firebase login): the service refuses the access token", "");
	set("FIREBASE_CLIENT_ID", "c.apps");
	set("FIREBASE_CLIENT_SECRET", "cli-secret");
	t = google_token(&g);
	google_has_token(&g, t, LINE "ya29.stored");
	assert_int_equal(google_asked(&g), 0);
	token_refused(t, token_number(t));
	google_has_token(&g, t, LINE "ya29.1");
	field_is(google_request(&g, 0), "refresh_token", "1//stored");
	strbuf_clear(&text);
	google_end(&g);
}

/* ---- external_account ---- */
static void sts_is(const struct asked *a, const char *subject, const char *scope)
{
	field_is(a, "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
	field_is(a, "audience", POOL);
	field_is(a, "scope", scope);
	field_is(a, "requested_token_type", "urn:ietf:params:oauth:token-type:access_token");
	field_is(a, "subject_token", subject);
	field_is(a, "subject_token_type", "urn:ietf:params:oauth:token-type:jwt");
}

static void tokens_in_files(void **state)
{
	struct google g;
	struct strbuf text = STRBUF_INIT;
	char *file;

	(void)state;
	google_begin(&g);
	google_says(&g, "/v1/token", 200, NULL);
	file = account_file(&g.home, "token", "header.claims+/=.signature\n");
	strbuf_addf(&text, EXTERNAL "{\"file\":\"%s\"},\"workforce_pool_user_project\":\"tpb\"}", file);
	google_has_token(&g, google_token_of(&g, text.buf), LINE "ya29.1");
	sts_is(google_request(&g, 0), "header.claims+/=.signature", BOTH);
	field_is(google_request(&g, 0), "options", "{\"userProject\":\"tpb\"}");
	strbuf_setlen(&text, 0);
	strbuf_addf(&text, EXTERNAL "{\"file\":\"%s\",\"format\":{\"type\":\"json\",\"subject_token_field_name\":\"t\"}},"
	            "\"client_id\":\"id\",\"client_secret\":\"se:cret\",\"workforce_pool_user_project\":\"tpb\"}", file);
	free(account_file(&g.home, "token", "{\"t\":\"in json\"}"));
	google_has_token(&g, google_token_of(&g, text.buf), LINE "ya29.2");
	sts_is(google_request(&g, 1), "in json", BOTH);
	field_is(google_request(&g, 1), "options", NULL);
	assert_true(google_has(google_request(&g, 1), "Authorization: Basic aWQ6c2U6Y3JldA=="));
	free(file);
	strbuf_clear(&text);
	google_end(&g);
}

/* As GitHub Actions does it, up to the service account. */
static void tokens_from_an_address(void **state)
{
	struct google g;
	struct token *t;
	char end[CLOCK_TEXT], answer[128];

	(void)state;
	google_begin(&g);
	clock_format(end, clock_wall_s() + 3000);
	(void)snprintf(answer, sizeof answer, "{\"accessToken\":\"ya29.robot\",\"expireTime\":\"%s\"}", end);
	google_says(&g, "/oidc", 200, "{\"count\":9,\"value\":\"a.b.c\"}");
	google_says(&g, "/v1/token", 200, NULL);
	google_says(&g, "/v1/projects/-/serviceAccounts/ci@x:generateAccessToken", 200, answer);
	t = google_token_of(&g, EXTERNAL "{\"url\":\"GOOGLE/oidc?audience=x\","
	                    "\"headers\":{\"Authorization\":\"Bearer job-token\"},"
	                    "\"format\":{\"type\":\"json\",\"subject_token_field_name\":\"value\"}}," NEXT("ci@x")
	                    ",\"service_account_impersonation\":{\"token_lifetime_seconds\":1800}}");
	google_has_token(&g, t, LINE "ya29.robot");
	assert_int_equal(google_asked(&g), 3);
	asked_is(&g, 0, "GET", "/oidc?audience=x");
	assert_true(google_has(google_request(&g, 0), "Authorization: Bearer job-token"));
	asked_is(&g, 1, "POST", "/v1/token");
	sts_is(google_request(&g, 1), "a.b.c", CLOUD);
	assert_null(strstr(google_request(&g, 1)->head, "Authorization"));
	asked_is(&g, 2, "POST", "/v1/projects/-/serviceAccounts/ci@x:generateAccessToken");
	assert_true(google_has(google_request(&g, 2), LINE "ya29.1"));
	assert_true(google_has(google_request(&g, 2), "Content-Type: application/json"));
	assert_string_equal(google_request(&g, 2)->body, "{\"scope\":[\"https://www.googleapis.com/auth/firebase\",\"" CLOUD
	                    "\"],\"lifetime\":\"1800s\"}");
	/* the provider's token is asked for each time: it lives some minutes only */
	token_refused(t, token_number(t));
	google_has_token(&g, t, LINE "ya29.robot");
	assert_int_equal(google_asked(&g), 6);
	google_end(&g);
}

static void tokens_of_programs(void **state)
{
	struct google g;
	struct strbuf text = STRBUF_INIT;
	char *program;

	(void)state;
	google_begin(&g);
	google_says(&g, "/v1/token", 200, NULL);
	set("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
	set("GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE", "left over");
	program = account_file(&g.home, "get",
	                       "printf '{\"version\":1,\"success\":true,\"token_type\":"
	                       "\"urn:ietf:params:oauth:token-type:id_token\",\"id_token\":\"%s|%s|%s|%s\"}' \"$1\" "
	                       "\"$GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE\" \"$GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE\" "
	                       "\"$GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE\"\n");
	strbuf_addf(&text, EXTERNAL "{\"executable\":{\"command\":\"sh %s \\\"for me\\\"\"}}}", program);
	google_has_token(&g, google_token_of(&g, text.buf), LINE "ya29.1");
	sts_is(google_request(&g, 0), "for me|" POOL "|0|", BOTH);
	free(program);
	strbuf_clear(&text);
	google_end(&g);
}

static void no_token(const char *source, const char *failure)
{
	struct google g;
	struct strbuf text = STRBUF_INIT;

	google_begin(&g);
	set("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
	google_says(&g, "/refuses", 403, "{\"error\":{\"message\":\"no\"}}");
	google_says(&g, "/empty", 200, "\r\n");
	google_says(&g, "/other", 200, "{\"token\":\"canary-token\"}");
	free(account_file(&g.home, "nul", ""));
	free(account_file(&g.home, "text", "canary-token"));
	strbuf_addf(&text, EXTERNAL "%s}", source);
	set("HERE", g.home.path);
	assert_int_equal(chdir(g.home.path), 0);
	google_fails(&g, google_token_of(&g, text.buf), FAIL_AUTH, failure, "");
	assert_int_equal(chdir("/"), 0);
	strbuf_clear(&text);
	google_end(&g);
}

static void providers_that_give_none(void **state)
{
#define SAYS(answer) "{\"executable\":{\"command\":\"echo " answer "\"}}"
#define FIELD ",\"format\":{\"type\":\"json\",\"subject_token_field_name\":\"value\"}}"
	(void)state;
	no_token("{\"file\":\"absent\"}", "workload identity github/main (GOOGLE_APPLICATION_CREDENTIALS): file of "
	         "credential_source: ");
	no_token("{\"file\":\"nul\"}", "file of credential_source: it is empty");
	no_token("{\"file\":\"text\"" FIELD, "file of credential_source: it is not JSON, which format says it is");
	no_token("{\"url\":\"GOOGLE/refuses\"}", "identity provider: it answered 403: no");
	no_token("{\"url\":\"GOOGLE/empty\"}", "answer of the identity provider: it is empty");
	no_token("{\"url\":\"GOOGLE/other\"" FIELD, "answer of the identity provider: it has no field value");
	no_token(SAYS("hello"), "echo: it did not write JSON");
	no_token(SAYS("{'version':2}"), "echo: it did not write JSON");
	no_token("{\"executable\":{\"command\":\"printf {\\\"version\\\":2}\"}}", "printf: it did not write JSON");
	no_token("{\"executable\":{\"command\":\"cat key.json\"}}", "cat: its answer is not of version 1");
	no_token("{\"executable\":{\"command\":\"no-such-program-here\"}}",
	         "no-such-program-here: there is no such program");
	no_token("{\"executable\":{\"command\":\"false\"}}", "false: it failed");
}

/* What a program says in its own words. */
static void programs_that_fail(void **state)
{
	static const struct { const char *answer, *failure; } rows[] = {
		{ "{\"version\":1,\"success\":false,\"code\":\"401\",\"message\":\"log in\\nfirst\"}",
		  "sh: it failed: log in\\x0Afirst" },
		{ "{\"version\":1,\"success\":true}", "sh: its answer holds no token" },
		{ "{\"version\":1,\"success\":true,\"token_type\":\"urn:ietf:params:oauth:token-type:saml2\","
		  "\"id_token\":\"x\"}",
		  "sh: its answer holds no token" },
		{ "{\"version\":1,\"success\":true,\"token_type\":\"urn:ietf:params:oauth:token-type:jwt\",\"id_token\":\"x\","
		  "\"expiration_time\":1600000000}", "sh: the token that it gave has run out" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct google g;
		struct strbuf script = STRBUF_INIT, text = STRBUF_INIT;
		char *program;

		google_begin(&g);
		set("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
		strbuf_addf(&script, "cat <<'END'\n%s\nEND\n%s", rows[i].answer, i == 0 ? "exit 1\n" : "");
		program = account_file(&g.home, "get", script.buf);
		strbuf_addf(&text, EXTERNAL "{\"executable\":{\"command\":\"sh %s\"}}}", program);
		google_fails(&g, google_token_of(&g, text.buf), FAIL_AUTH, rows[i].failure, "");
		assert_int_equal(google_asked(&g), 0);
		free(program);
		strbuf_clear(&script);
		strbuf_clear(&text);
		google_end(&g);
	}
}

/* A program under way is killed, and nobody waits for it. */
static void a_program_under_way_at_the_end(void **state)
{
	struct google g;
	struct strbuf text = STRBUF_INIT;
	struct want w;
	int64_t began = clock_mono_ns();

	(void)state;
	google_begin(&g);
	set("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
	strbuf_addstr(&text, EXTERNAL "{\"executable\":{\"command\":\"sleep 100\"}}}");
	google_send(google_token_of(&g, text.buf), &w);
	loop_turn(g.loop, 10);
	tokens_free(g.tokens);
	g.tokens = NULL;
	google_wait(&g, &w);
	assert_int_equal(w.op.fail.kind, FAIL_CANCELLED);
	strbuf_clear(&text);
	google_end(&g);
	assert_true(clock_mono_ns() - began < 10000000000);
}

/* ---- the others ---- */
static void one_identity_after_another(void **state)
{
	struct google g;

	(void)state;
	google_begin(&g);
	google_says(&g, "/oauth2/v3/token", 200, NULL);
	google_says(&g, "/v1/projects/-/serviceAccounts/one@x:generateAccessToken", 200, "{\"accessToken\":\"ya29.one\"}");
	google_says(&g, "/v1/projects/-/serviceAccounts/two@x:generateAccessToken", 200, "{\"accessToken\":\"ya29.two\"}");
	google_has_token(&g, google_token_of(&g, "{\"type\":\"impersonated_service_account\"," NEXT("two@x") ","
	                 "\"delegates\":[\"projects/-/serviceAccounts/between@x\"],\"source_credentials\":{\"type\":"
	                 "\"impersonated_service_account\"," NEXT("one@x") ",\"source_credentials\":{" USER "}}}"),
	                 LINE "ya29.two");
	assert_int_equal(google_asked(&g), 3);
	assert_true(google_has(google_request(&g, 1), LINE "ya29.1"));
	assert_string_equal(google_request(&g, 1)->body, "{\"scope\":[\"" CLOUD "\"],\"lifetime\":\"3600s\"}");
	assert_true(google_has(google_request(&g, 2), LINE "ya29.one"));
	assert_string_equal(google_request(&g, 2)->body, "{\"delegates\":[\"projects/-/serviceAccounts/between@x\"],"
	                    "\"scope\":[\"https://www.googleapis.com/auth/firebase\",\"" CLOUD "\"],"
	                    "\"lifetime\":\"3600s\"}");
	google_end(&g);
}

#define METADATA "/computeMetadata/v1/instance/service-accounts/default/token"

static void the_metadata_server(void **state)
{
	struct google g;

	(void)state;
	google_begin(&g);
	google_answers(&g, (struct google_answer){ .path = METADATA, .status = 200,
	                                           .headers = "Metadata-Flavor: Google\r\n" });
	set("METADATA_SERVER_DETECTION", NULL);
	set("GCE_METADATA_HOST", g.origin + strlen("http://"));
	google_has_token(&g, google_token(&g), LINE "ya29.1");
	asked_is(&g, 0, "GET", METADATA "?scopes=https://www.googleapis.com/auth/firebase," CLOUD);
	assert_true(google_has(google_request(&g, 0), "Metadata-Flavor: Google"));
	google_end(&g);
}

static void metadata_servers_that_are_none(void **state)
{
	static const struct { int status; const char *headers, *text; enum fail_kind kind; } rows[] = {
		{ 404, "Metadata-Flavor: Google\r\n", "(metadata server): this machine has no service account", FAIL_AUTH },
		{ 200, "", "(metadata server): what answers is not Google's metadata server", FAIL_REMOTE },
		{ 200, "Metadata-Flavor: Other\r\n", "what answers is not Google's metadata server", FAIL_REMOTE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct google g;

		google_begin(&g);
		google_answers(&g, (struct google_answer){ .path = METADATA, .status = rows[i].status,
		                                           .headers = rows[i].headers });
		set("METADATA_SERVER_DETECTION", NULL);
		set("GCE_METADATA_HOST", g.origin);
		google_fails(&g, google_token(&g), rows[i].kind, rows[i].text, "");
		google_end(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_account),
		cmocka_unit_test(a_user),
		cmocka_unit_test(a_refresh_token_of_the_environment),
		cmocka_unit_test(an_access_token_of_the_environment),
		cmocka_unit_test(a_stored_login),
		cmocka_unit_test(tokens_in_files),
		cmocka_unit_test(tokens_from_an_address),
		cmocka_unit_test(tokens_of_programs),
		cmocka_unit_test(providers_that_give_none),
		cmocka_unit_test(programs_that_fail),
		cmocka_unit_test(a_program_under_way_at_the_end),
		cmocka_unit_test(one_identity_after_another),
		cmocka_unit_test(the_metadata_server),
		cmocka_unit_test(metadata_servers_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
