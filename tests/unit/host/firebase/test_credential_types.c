#include "host/firebase/credential_inside.h"

#include "account.h"
#include "host/firebase/trust.h"

/* Every value that must not be told holds this word. */
#define CANARY "canary-0123456789"
#define IAM "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
#define USER "\"type\":\"authorized_user\",\"client_id\":\"c.apps\",\"client_secret\":\"" CANARY "\"," \
	"\"refresh_token\":\"1//" CANARY "\""
#define EXTERNAL "\"type\":\"external_account\",\"audience\":\"//iam.googleapis.com/projects/1/locations/global/" \
	"workloadIdentityPools/github/providers/main\",\"subject_token_type\":\"urn:ietf:params:oauth:token-type:jwt\""
#define SOURCE_FILE ",\"credential_source\":{\"file\":\"/run/token\"}"

static int read_it(struct credential *c, const char *object, const struct surroundings *around, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	int rc;

	*c = (struct credential){ .who = NULL };
	strbuf_addf(&text, "{%s}", object);
	if (json_parse(&c->doc, "test", text.buf, text.len, 0, f) < 0)
		fail_msg("%s: %s", f->text, text.buf);
	rc = credential_from_document(c, around, f);
	strbuf_clear(&text);
	return rc;
}

static void clear(struct credential *c)
{
	json_doc_wipe(c->doc);
	arena_clear(&c->mem);
	free(c->who);
	free(c->quota_project);
}

struct good {
	const char *object, *origin, *who, *token_url;
	enum credential_flow flow;
	unsigned hops;
};

static void good_ones(void **state)
{
	static const struct good rows[] = {
		{ USER, NULL, "a user who logged in", "https://oauth2.googleapis.com/token", FLOW_REFRESH, 0 },
		{ USER ",\"token_uri\":\"https://accounts.google.com/o/oauth2/token\"", NULL, "a user who logged in",
		  "https://accounts.google.com/o/oauth2/token", FLOW_REFRESH, 0 },
		{ USER ",\"account\":\"ana@\\u001b.example\"", "http://127.0.0.1:1", "ana@\\x1B.example",
		  "http://127.0.0.1:1/oauth2/v3/token", FLOW_REFRESH, 0 },
		{ USER ",\"universe_domain\":\"googleapis.com\"", NULL, "a user who logged in",
		  "https://oauth2.googleapis.com/token", FLOW_REFRESH, 0 },
		{ EXTERNAL SOURCE_FILE, NULL, "workload identity github/main", "https://sts.googleapis.com/v1/token", FLOW_STS,
		  0 },
		{ EXTERNAL SOURCE_FILE ",\"token_url\":\"https://sts.europe-west1.rep.googleapis.com/v1/token\"", NULL,
		  "workload identity github/main", "https://sts.europe-west1.rep.googleapis.com/v1/token", FLOW_STS, 0 },
		{ EXTERNAL SOURCE_FILE ",\"service_account_impersonation_url\":\"" IAM "ci@tpb.iam:generateAccessToken\"", NULL,
		  "ci@tpb.iam", "https://sts.googleapis.com/v1/token", FLOW_STS, 1 },
		{ EXTERNAL SOURCE_FILE ",\"token_url\":\"http://127.0.0.1:1/v1/token\"", "http://127.0.0.1:1",
		  "workload identity github/main", "http://127.0.0.1:1/v1/token", FLOW_STS, 0 },
		{ "\"type\":\"impersonated_service_account\",\"service_account_impersonation_url\":\"" IAM
		  "two@x:generateAccessToken\",\"source_credentials\":{\"type\":\"impersonated_service_account\","
		  "\"service_account_impersonation_url\":\"" IAM "one@x:generateAccessToken\",\"delegates\":[\"a\",\"b\"],"
		  "\"source_credentials\":{" USER "}}", NULL, "two@x", "https://oauth2.googleapis.com/token", FLOW_REFRESH, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct surroundings around = { .token_origin = rows[i].origin };
		struct credential c;
		struct fail f = FAIL_INIT;

		if (read_it(&c, rows[i].object, &around, &f) < 0)
			fail_msg("row %zu: %s", i, f.text);
		assert_string_equal(c.who, rows[i].who);
		assert_string_equal(c.token_url, rows[i].token_url);
		assert_int_equal(c.flow, rows[i].flow);
		assert_int_equal(c.hop_count, rows[i].hops);
		clear(&c);
	}
}

static void programs(void **state)
{
	struct surroundings around = { .programs_allowed = true };
	struct credential c;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(read_it(&c, EXTERNAL ",\"service_account_impersonation_url\":\"" IAM "ci@x:generateAccessToken\","
	                         "\"credential_source\":{\"executable\":{\"command\":"
	                         "\" /bin/get  --for=\\\"a b\\\" \\\"\\\" last\","
	                         "\"timeout_millis\":6000,\"output_file\":\"/tmp/out\"}}", &around, &f), 0);
	assert_string_equal(c.subject.argv[0], "/bin/get");
	assert_string_equal(c.subject.argv[1], "--for=a b");
	assert_string_equal(c.subject.argv[2], "");
	assert_string_equal(c.subject.argv[3], "last");
	assert_null(c.subject.argv[4]);
	assert_int_equal(c.subject.most_ms, 6000);
	assert_string_equal(c.subject.env[1],
	                    "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE=urn:ietf:params:oauth:token-type:jwt");
	assert_string_equal(c.subject.env[3], "GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL=ci@x");
	assert_string_equal(c.subject.env[4], "GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE=/tmp/out");
	assert_null(c.subject.env[5]);
	clear(&c);
}

struct bad { const char *object, *text, *hint; };

static void bad_ones(void **state)
{
#define SOURCE(text) EXTERNAL ",\"credential_source\":" text
#define HOP(url) "\"service_account_impersonation_url\":\"" url "\""
	static const struct bad rows[] = {
		{ "\"type\":\"gdch_service_account\"", "credentials of type \"gdch_service_account\" are not supported",
		  "service_account, authorized_user" },
		{ "\"type\":\"x\\ny\"", "type is missing", "" },
		{ "\"installed\":{\"client_id\":\"x\"}", "it describes an OAuth client, not an account", "" },
		{ "\"type\":\"service_account\",\"private_key\":\"" CANARY "\"", "client_email is missing", "" },
		{ "\"type\":\"service_account\",\"client_email\":\"x@y\"", "private_key is missing", "" },
		{ "\"type\":\"service_account\",\"client_email\":\"x@y\",\"private_key\":7", "private_key is missing", "" },
		{ "\"type\":\"service_account\",\"client_email\":\"x@y\",\"private_key\":\"" CANARY "\","
		  "\"token_uri\":\"https://oauth2.googleapis.com.evil.example/token\"",
		  "token_uri leads to https://oauth2.googleapis.com.evil.example, which is not Google's", "" },
		{ USER ",\"token_uri\":\"https://oauth2.googleapis.com/other\"", "token_uri leads to", "" },
		{ USER ",\"token_uri\":\"no url " CANARY "\"", "token_uri leads to no proper address", "" },
		{ USER ",\"universe_domain\":\"apis-berlin.example\"", "it belongs to another cloud", "" },
		{ "\"type\":\"authorized_user\",\"client_id\":\"c\",\"client_secret\":\"" CANARY "\"",
		  "refresh_token is missing", "" },
		{ EXTERNAL, "credential_source must have one of file, url and executable", "" },
		{ SOURCE("{\"file\":\"a\",\"url\":\"https://b\"}"), "credential_source must have one of", "" },
		{ SOURCE("{\"environment_id\":\"aws1\",\"url\":\"http://169.254.169.254/x\"}"),
		  "it proves itself by requests signed for AWS, which slipway does not do", "service account key" },
		{ SOURCE("{\"url\":\"gopher://x\"}"), "url of credential_source is no address", "" },
		{ SOURCE("{\"url\":\"https://x\",\"headers\":{\"A\":\"" CANARY "\\r\\nB: c\"}}"),
		  "headers of credential_source", "" },
		{ SOURCE("{\"url\":\"https://x\",\"headers\":{\"A: b\\r\\nC\":\"d\"}}"), "headers of credential_source", "" },
		{ SOURCE("{\"file\":\"x\",\"format\":{\"type\":\"xml\"}}"), "format of credential_source", "" },
		{ SOURCE("{\"file\":\"x\",\"format\":{\"type\":\"json\"}}"), "subject_token_field_name is missing", "" },
		{ SOURCE("{\"executable\":{\"command\":\"get\"}}"), "it wants to run a program, which has not been allowed",
		  "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1" },
		{ SOURCE("{\"executable\":{\"command\":\"get\",\"timeout_millis\":1}}"), "timeout_millis must be", "" },
		{ EXTERNAL SOURCE_FILE ",\"token_url\":\"https://sts.evil.example/v1/token\"",
		  "token_url leads to https://sts.evil.example, which is not Google's", "" },
		{ EXTERNAL SOURCE_FILE ",\"token_url\":\"http://127.0.0.1:2/v1/token\"",
		  "token_url leads to http://127.0.0.1:2", "" },
		{ EXTERNAL SOURCE_FILE "," HOP("https://iam.evil.example/ci@x:generateAccessToken"),
		  "service_account_impersonation_url leads to https://iam.evil.example", "" },
		{ EXTERNAL SOURCE_FILE "," HOP(IAM "ci@x:signJwt"), "does not end with :generateAccessToken", "" },
		{ EXTERNAL SOURCE_FILE "," HOP(IAM "ci@x:generateAccessToken")
		  ",\"service_account_impersonation\":{\"token_lifetime_seconds\":10}", "token_lifetime_seconds must be", "" },
		{ "\"type\":\"impersonated_service_account\"," HOP(IAM "ci@x:generateAccessToken"),
		  "source_credentials: type is missing", "" },
		{ "\"type\":\"impersonated_service_account\"," HOP(IAM "ci@x:generateAccessToken") ",\"delegates\":[1],"
		  "\"source_credentials\":{" USER "}", "delegates must be a list of strings", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct surroundings around = { .token_origin = "http://127.0.0.1:1" };
		struct credential c;
		struct fail f = FAIL_INIT;

		if (read_it(&c, rows[i].object, &around, &f) == 0)
			fail_msg("row %zu was taken", i);
		assert_int_equal(f.kind, FAIL_AUTH);
		if (!strstr(f.text, rows[i].text) || !strstr(f.hint, rows[i].hint))
			fail_msg("row %zu: \"%s\" | \"%s\"", i, f.text, f.hint);
		assert_null(strstr(f.text, CANARY));
		assert_null(strstr(f.hint, CANARY));
		clear(&c);
	}
}

static void no_endless_chain(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct surroundings around = { .token_origin = NULL };
	struct credential c;
	struct fail f = FAIL_INIT;

	(void)state;
	for (int i = 0; i < 5; i++)
		strbuf_addf(&text, "%s\"type\":\"impersonated_service_account\"," HOP(IAM "ci@x:generateAccessToken"),
		            i ? ",\"source_credentials\":{" : "");
	strbuf_addstr(&text, ",\"source_credentials\":{" USER "}}}}}");
	assert_int_equal(read_it(&c, text.buf, &around, &f), -1);
	assert_non_null(strstr(f.text, "more than 4 identities in a row"));
	clear(&c);
	strbuf_clear(&text);
}

static void whom_secrets_are_sent_to(void **state)
{
	static const struct { const char *url; bool trusted; } rows[] = {
		{ "https://sts.googleapis.com/v1/token", true },
		{ "https://STS.googleapis.com:443/v1/token", true },
		{ "https://sts.us-east1.googleapis.com/v1/token", true },
		{ "https://sts.us-east1.rep.googleapis.com/v1/token", true },
		{ "https://us-east1-sts.googleapis.com/v1/token", true },
		{ "http://sts.googleapis.com/v1/token", false },
		{ "https://sts.googleapis.com:8443/v1/token", false },
		{ "https://sts.googleapis.com.evil.example/", false },
		{ "https://evil.example/sts.googleapis.com", false },
		{ "https://user@sts.googleapis.com/", false },
		{ "https://sts.storage.googleapis.com/", false },
		{ "https://my-sts.storage.googleapis.com/", false },
		{ "https://bucket-sts.googleapis.com/", false },
		{ "https://storage.googleapis.com/", false },
		{ "https://iamcredentials.googleapis.com/", false },
		{ "https://googleapis.com/", false },
		{ "https://.googleapis.com/", false },
		{ "https://login.example:9443/sts", true },
		{ "https://login.example/sts", false },
		{ "http://127.0.0.1:1/sts", true },
		{ "http://127.0.0.1:2/sts", false },
		{ "http://localhost:1/sts", false },
		{ "https://localhost/sts", false },
	};

	(void)state;
	assert_int_equal(setenv("SLIPWAY_ALLOW_ENDPOINTS", "https://login.example:9443", 1), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (trust_service(rows[i].url, "sts", "http://127.0.0.1:1") != rows[i].trusted)
			fail_msg("%s", rows[i].url);
	assert_int_equal(unsetenv("SLIPWAY_ALLOW_ENDPOINTS"), 0);
	assert_true(trust_token_uri("https://www.googleapis.com/oauth2/v4/token", NULL));
	assert_false(trust_token_uri("http://127.0.0.1:1/token", NULL));
	assert_true(trust_token_uri("http://127.0.0.1:1/token", "http://127.0.0.1:1"));
	assert_false(trust_token_uri("https://oauth2.googleapis.com/token/../x", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(programs),
		cmocka_unit_test(bad_ones),
		cmocka_unit_test(no_endless_chain),
		cmocka_unit_test(whom_secrets_are_sent_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
