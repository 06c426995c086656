/* What people read when Google does not let them in, and that they read no secret. */
#include "base/base64.h"
#include "google.h"
#include "host/firebase/exchange.h"
#include "net/http.h"

#define POOL "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/providers/main"
#define ROBOT "/v1/projects/-/serviceAccounts/ci@x:generateAccessToken"
#define JWT "/oauth2/v4/token"
#define REFRESH "/oauth2/v3/token"
#define STS "/v1/token"
#define OAUTH(code, words) "{\"error\":\"" code "\",\"error_description\":\"" words "\"}"

enum type { SERVICE_ACCOUNT, USER, EXTERNAL, ROBOT_OF_USER, ROBOT_OF_EXTERNAL };

/* Every secret in it holds the word canary. */
static struct token *token_of(struct google *g, enum type type)
{
	static const char user[] = "\"type\":\"authorized_user\",\"client_id\":\"c.apps\","
				   "\"client_secret\":\"canary/client\",\"refresh_token\":\"1//canary-refresh\"";
	struct strbuf text = STRBUF_INIT;
	char *subject = account_file(&g->home, "subject", "canary.subject.token");
	struct token *t;

	if (type == SERVICE_ACCOUNT)
		account_json(&text, "");
	else if (type == USER)
		strbuf_addf(&text, "{%s}", user);
	else if (type == ROBOT_OF_USER)
		strbuf_addf(&text, "{\"type\":\"impersonated_service_account\","
		            "\"service_account_impersonation_url\":\"GOOGLE%s\",\"source_credentials\":{%s}}", ROBOT, user);
	else
		strbuf_addf(&text, "{\"type\":\"external_account\",\"audience\":\"%s\",\"token_url\":\"GOOGLE%s\","
		            "\"subject_token_type\":\"urn:ietf:params:oauth:token-type:jwt\",\"client_id\":\"c\","
		            "\"client_secret\":\"canary+client\",\"credential_source\":{\"file\":\"%s\"}%s%s%s}", POOL, STS,
		            subject, type == EXTERNAL ? "" : ",\"service_account_impersonation_url\":\"GOOGLE",
		            type == EXTERNAL ? "" : ROBOT, type == EXTERNAL ? "" : "\"");
	t = google_token_of(g, text.buf);
	free(subject);
	strbuf_clear(&text);
	return t;
}

struct refusal {
	enum type type;
	const char *path;
	int status;
	const char *body, *text, *hint;
};

static void sentences(void **state)
{
	static const struct refusal rows[] = {
		{ SERVICE_ACCOUNT, JWT, 400, OAUTH("invalid_grant", "Invalid JWT Signature."),
		  "Google does not know this key: it was deleted or replaced (Invalid JWT Signature.)", "in place of k1" },
		{ SERVICE_ACCOUNT, JWT, 400, OAUTH("invalid_grant", "Invalid grant: account not found"),
		  "the service account is disabled or deleted (Invalid grant: account not found)", "Service Accounts" },
		{ SERVICE_ACCOUNT, JWT, 401, OAUTH("invalid_client", "The account has been disabled."),
		  "is disabled or deleted", "" },
		{ SERVICE_ACCOUNT, JWT, 400, OAUTH("invalid_scope", "x"), "Google answered 400 (invalid_scope): x", "" },
		{ SERVICE_ACCOUNT, JWT, 400, "<html>", "Google answered 400 and gave no reason", "" },
		{ USER, REFRESH, 400, OAUTH("invalid_grant", "Token has been expired or revoked."),
		  "the login has run out or was revoked (Token has been expired or revoked.)",
		  "log in again: gcloud auth application-default login" },
		{ USER, REFRESH, 400,
		  "{\"error\":\"invalid_grant\",\"error_description\":\"reauth related error (invalid_rapt)\","
		  "\"error_subtype\":\"invalid_rapt\"}", "your organisation wants you to log in again", "gcloud auth" },
		{ USER, REFRESH, 400, OAUTH("invalid_grant", "Account has been deleted"),
		  "the account is disabled or deleted", "" },
		{ USER, REFRESH, 401, OAUTH("unauthorized_client", "Unauthorized"),
		  "the login belongs to another OAuth client, or that client is gone (Unauthorized)", "log in again: gcloud" },
		{ USER, REFRESH, 401, OAUTH("deleted_client", "The OAuth client was deleted."),
		  "belongs to another OAuth client", "" },
		{ EXTERNAL, STS, 400, OAUTH("invalid_target", "The target service does not exist"),
		  "audience names no identity pool and provider that Google knows", "" },
		{ EXTERNAL, STS, 400, OAUTH("invalid_grant", "The audience in ID Token does not match"),
		  "Google does not accept the token of the identity provider (The audience in ID Token does not match)",
		  "attribute condition" },
		{ EXTERNAL, STS, 403, OAUTH("unauthorized_client", "Rejected by the attribute condition."),
		  "Google answered 403 (unauthorized_client): Rejected by the attribute condition.", "" },
		{ ROBOT_OF_EXTERNAL, ROBOT, 403,
		  "{\"error\":{\"code\":403,\"status\":\"PERMISSION_DENIED\",\"message\":\"denied\"}}",
		  "it may not act as ci@x (denied)", "roles/iam.workloadIdentityUser" },
		{ ROBOT_OF_USER, ROBOT, 403, "{\"error\":{\"status\":\"PERMISSION_DENIED\"}}",
		  "it may not act as ci@x (PERMISSION_DENIED)", "roles/iam.serviceAccountTokenCreator" },
		{ ROBOT_OF_USER, ROBOT, 404, "{}", "there is no service account ci@x (it gives no reason)", "" },
		{ ROBOT_OF_USER, ROBOT, 401, "{\"error\":{\"status\":\"UNAUTHENTICATED\",\"message\":\"\\u001b[31m no\"}}",
		  "Google answered 401 (UNAUTHENTICATED): \\x1B[31m no", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct google g;

		google_begin(&g);
		google_says(&g, rows[i].path, rows[i].status, rows[i].body);
		google_says(&g, REFRESH, 200, NULL);
		google_says(&g, STS, 200, NULL);
		google_fails(&g, token_of(&g, rows[i].type), FAIL_AUTH, rows[i].text, rows[i].hint);
		google_end(&g);
	}
}

static void another_client_of_firebase_tools(void **state)
{
	struct google g;

	(void)state;
	google_begin(&g);
	google_says(&g, REFRESH, 403, OAUTH("unauthorized_client", "Unauthorized"));
	assert_int_equal(setenv("FIREBASE_CLIENT_ID", "c", 1), 0);
	assert_int_equal(setenv("FIREBASE_CLIENT_SECRET", "s", 1), 0);
	assert_int_equal(setenv("FIREBASE_TOKEN", "1//x", 1), 0);
	google_fails(&g, google_token(&g), FAIL_AUTH, "belongs to another OAuth client",
	             "FIREBASE_CLIENT_SECRET must be those");
	google_end(&g);
}

/* ---- secrets ---- */
static bool tells(const char *text)
{
	struct strbuf word = STRBUF_INIT;
	bool told = strstr(text, "canary") != NULL;

	base64_encode(&word, "canary", 6);
	told |= strstr(text, word.buf) != NULL;
	strbuf_clear(&word);
	/* the middle of the key's text, and what every JWT begins with */
	return told || strstr(text, "2zU62vJUiE5oQJ") || strstr(text, "eyJhbGci") || strstr(text, "KPIbI98v3PhDhM7Jw01c");
}

/* A far side that says back what it was told, each time a failure can quote it. */
static void nothing_is_told_back(void **state)
{
	static const struct { enum type type; const char *path, *field; } rows[] = {
		{ SERVICE_ACCOUNT, JWT, "assertion" }, { USER, REFRESH, "refresh_token" }, { USER, REFRESH, "client_secret" },
		{ EXTERNAL, STS, "subject_token" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct google g;
		struct strbuf body = STRBUF_INIT;
		struct token *t;
		struct want w;
		struct jw jw;
		char *value;

		google_begin(&g);
		/* first a harmless failure, to learn what is sent: a body that is no token is not final */
		google_says_once(&g, rows[i].path, 200, "{}");
		t = token_of(&g, rows[i].type);
		assert_int_equal(google_want(&g, t, &w), -1);
		value = google_field(google_request(&g, 0)->body, rows[i].field);
		assert_non_null(value);
		jw_init(&jw, &body, 0);
		jw_object(&jw);
		jw_kstr(&jw, "error", "invalid_request");
		jw_kstr(&jw, "error_description", value);
		jw_end(&jw);
		/* signed in another second, the assertion would be another one: what is said back must be what is learnt */
		google_says(&g, rows[i].path, 418, body.buf);
		assert_int_equal(google_want(&g, t, &w), -1);
		if (tells(w.op.fail.text) || tells(w.op.fail.hint))
			fail_msg("%s | %s", w.op.fail.text, w.op.fail.hint);
		assert_non_null(strstr(w.op.fail.text, "[redacted]"));
		free(value);
		strbuf_clear(&body);
		google_end(&g);
	}
}

/* What was learnt on the way is out of every other message too. */
static void every_message_is_safe(void **state)
{
	struct google g;
	struct strbuf text = STRBUF_INIT;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says(&g, STS, 200, "{\"access_token\":\"ya29.canary-first\"}");
	google_says(&g, ROBOT, 200, "{\"accessToken\":\"ya29.canary-second\"}");
	t = token_of(&g, ROBOT_OF_EXTERNAL);
	google_has_token(&g, t, "Authorization: Bearer ya29.canary-second");
	strbuf_addf(&text, "%s canary.subject.token ya29.canary-first canary+client canary%%2Bclient", token_bearer(t));
	secrets_redact(g.secrets, &text);
	assert_string_equal(text.buf, "Authorization: Bearer [redacted] [redacted] [redacted] [redacted] [redacted]");
	strbuf_setlen(&text, 0);
	(void)token_of(&g, SERVICE_ACCOUNT);
	strbuf_addstr(&text, account_key());
	secrets_redact(g.secrets, &text);
	assert_string_equal(text.buf, "[redacted]");
	strbuf_clear(&text);
	google_end(&g);
}

/* ---- where nobody answers ---- */
static void finished(struct exchange *x)
{
	*(bool *)x->owner = true;
}

static void no_metadata_server_answers(void **state)
{
	struct google g;
	struct credential *c = NULL;
	struct fail f = FAIL_INIT;
	struct http_peer_options o = { .name = "test" };
	bool over = false;
	struct exchange x = { .done = finished, .owner = &over };

	(void)state;
	google_begin(&g);
	google_says(&g, "/computeMetadata/v1/instance/service-accounts/default/token", 503, "");
	assert_int_equal(setenv("GCE_METADATA_HOST", g.origin, 1), 0);
	assert_int_equal(unsetenv("METADATA_SERVER_DETECTION"), 0);
	assert_int_equal(credential_find(&c, NULL, NULL, g.secrets, &g.notes, &f), 0);
	struct http_peer *p = http_peer_new(g.http, &o);
	x.lane = http_lane_new(p, "test");
	x.loop = g.loop;
	x.c = c;
	exchange_init(&x);
	assert_int_equal(exchange_allow(c, p, &f), 0);
	exchange_start(&x);
	/* which is 10 s otherwise */
	loop_timer(g.loop, &x.patience, 50);
	while (!over)
		loop_turn(g.loop, 1000);
	assert_int_equal(x.rc, -1);
	assert_int_equal(x.fail.kind, FAIL_AUTH);
	assert_string_equal(x.fail.text, "no metadata server answers");
	exchange_clear(&x);
	http_lane_free(x.lane);
	http_peer_free(p);
	credential_free(c);
	google_end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sentences),
		cmocka_unit_test(another_client_of_firebase_tools),
		cmocka_unit_test(nothing_is_told_back),
		cmocka_unit_test(every_message_is_safe),
		cmocka_unit_test(no_metadata_server_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
