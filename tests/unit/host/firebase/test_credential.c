#include "host/firebase/credential.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../../target/project_dir.h"
#include "account.h"
#include "base/base64.h"
#include "base/clock.h"

struct world {
	struct scratch home;
	struct project_dir d;
	struct secrets *secrets;
	struct strbuf notes;
	struct credential *c;
	struct fail f;
	struct strbuf key;              /* the account's key file */
};

static void begin(struct world *w)
{
	*w = (struct world){ .notes = STRBUF_INIT, .key = STRBUF_INIT };
	account_begin(&w->home);
	project_dir_init(&w->d);
	account_json(&w->key, "");
}

static void end(struct world *w)
{
	credential_free(w->c);
	secrets_free(w->secrets);
	strbuf_clear(&w->notes);
	strbuf_clear(&w->key);
	project_dir_clear(&w->d);
	scratch_end(&w->home);
}

/* A project whose one host has these credentials (JSON). */
static void manifest(struct world *w, const char *credentials)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "{ \"slipway\": 1, \"builds\": { \"w\": { \"dir\": \"dist\" } }, "
	            "\"environments\": { \"live\": {} }, "
	            "\"manifests\": { \"kiosks\": { \"kind\": \"firebase\", \"project\": \"tpb\", \"credentials\": %s } }, "
	            "\"targets\": { \"one\": {} } }", credentials);
	project_dir_write(&w->d, "slipway.json", text.buf);
	strbuf_clear(&text);
	if (project_dir_load(&w->d) < 0 || project_dir_resolve(&w->d, "live") < 0)
		fail_msg("%s", project_dir_problems(&w->d));
	w->secrets = secrets_new(w->d.project);
}

static int find(struct world *w)
{
	credential_free(w->c);
	w->c = NULL;
	strbuf_setlen(&w->notes, 0);
	w->f = (struct fail)FAIL_INIT;
	return credential_find(&w->c, w->d.targets.count ? &w->d.targets.items[0] : NULL,
	                       w->d.project ? project_root(w->d.project) : w->d.path, w->secrets, &w->notes, &w->f);
}

static void finds(struct world *w, const char *source, const char *who)
{
	if (find(w) < 0)
		fail_msg("%s", w->f.text);
	assert_string_equal(credential_source(w->c), source);
	assert_string_equal(credential_who(w->c), who);
}

static void fails(struct world *w, enum fail_kind kind, const char *text, const char *hint)
{
	if (find(w) == 0)
		fail_msg("found %s", credential_source(w->c));
	assert_int_equal(w->f.kind, kind);
	if (!strstr(w->f.text, text) || !strstr(w->f.hint, hint))
		fail_msg("\"%s\" | \"%s\" instead of \"%s\" | \"%s\"", w->f.text, w->f.hint, text, hint);
}

static void set(const char *name, const char *value)
{
	assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void user_json(struct strbuf *out, const char *extra)
{
	strbuf_addf(out, "{\"type\":\"authorized_user\",\"client_id\":\"c.apps\",\"client_secret\":\"cli-secret\","
	            "\"refresh_token\":\"1//refresh-secret\"%s}", extra);
}

static void store(struct world *w, const char *access, int64_t ends_in_s)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "{\"user\":{\"email\":\"ana@example.com\"},\"tokens\":{\"refresh_token\":\"1//stored-secret\","
	            "\"access_token\":\"%s\",\"expires_at\":%lld}}", access,
	            (long long)(clock_wall_s() + ends_in_s) * 1000);
	free(account_file(&w->home, ".config/configstore/firebase-tools.json", text.buf));
	strbuf_clear(&text);
}

static void the_order(void **state)
{
	struct world w;
	struct strbuf user = STRBUF_INIT;
	char *key, *gcloud;

	(void)state;
	begin(&w);
	user_json(&user, ",\"account\":\"gcloud@example.com\"");
	key = account_file(&w.home, "key.json", w.key.buf);
	gcloud = account_file(&w.home, ".config/gcloud/application_default_credentials.json", user.buf);
	store(&w, "ya29.stored", 3600);
	set("SLIPWAY_TEST_KEY", w.key.buf);
	set("GOOGLE_APPLICATION_CREDENTIALS", key);
	set("FIREBASE_TOKEN", "ya29.from-environment");
	set("METADATA_SERVER_DETECTION", "assume-present");
	manifest(&w, "{ \"env\": \"SLIPWAY_TEST_KEY\" }");
	finds(&w, "credentials of host kiosks", ACCOUNT_EMAIL);
	w.d.targets.count = 0;
	finds(&w, "GOOGLE_APPLICATION_CREDENTIALS", ACCOUNT_EMAIL);
	set("GOOGLE_APPLICATION_CREDENTIALS", "");
	finds(&w, "FIREBASE_TOKEN", "an access token");
	set("FIREBASE_TOKEN", NULL);
	finds(&w, "firebase login", "ana@example.com");
	scratch_write(&w.home, ".config/configstore/firebase-tools.json", "{\"tokens\":{}}");
	finds(&w, "gcloud", "gcloud@example.com");
	set("CLOUDSDK_CONFIG", w.home.path);
	finds(&w, "metadata server", "this machine's service account");
	set("METADATA_SERVER_DETECTION", "none");
	fails(&w, FAIL_AUTH, "there are no credentials for Google", "GOOGLE_APPLICATION_CREDENTIALS=key.json");
	set("HOME", NULL);
	fails(&w, FAIL_AUTH, "there are no credentials for Google", "");
	assert_string_equal(w.notes.buf, "");
	free(key);
	free(gcloud);
	strbuf_clear(&user);
	end(&w);
}

/* The first that is there applies, and is not passed over for another identity when it is broken. */
static void a_broken_one_is_no_reason_to_be_somebody_else(void **state)
{
	struct world w;
	struct strbuf user = STRBUF_INIT;

	(void)state;
	begin(&w);
	user_json(&user, "");
	free(account_file(&w.home, ".config/gcloud/application_default_credentials.json", user.buf));
	set("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/\x1b[31mkey.json");
	fails(&w, FAIL_AUTH, "GOOGLE_APPLICATION_CREDENTIALS: /nowhere/\\x1B[31mkey.json: there is no such file", "");
	set("GOOGLE_APPLICATION_CREDENTIALS", w.home.path);
	fails(&w, FAIL_AUTH, ": is not a regular file", "");
	set("GOOGLE_APPLICATION_CREDENTIALS", NULL);
	store(&w, "ya29.stored", 200);
	fails(&w, FAIL_AUTH, "firebase login: the stored login has run out", "firebase projects:list");
	set("FIREBASE_TOKEN", "1//a-refresh-token");
	fails(&w, FAIL_AUTH, "FIREBASE_TOKEN: a refresh token works with", "FIREBASE_CLIENT_ID");
	strbuf_clear(&user);
	end(&w);
}

static void many_put_the_key_into_the_variable(void **state)
{
	struct world w;
	struct strbuf encoded = STRBUF_INIT;

	(void)state;
	begin(&w);
	set("GOOGLE_APPLICATION_CREDENTIALS", w.key.buf);
	fails(&w, FAIL_AUTH, "GOOGLE_APPLICATION_CREDENTIALS: it seems to hold a credential",
	      "\"env\": \"GOOGLE_APPLICATION");
	base64_encode(&encoded, w.key.buf, w.key.len);
	set("GOOGLE_APPLICATION_CREDENTIALS", encoded.buf);
	fails(&w, FAIL_AUTH, "GOOGLE_APPLICATION_CREDENTIALS: it seems to hold a credential", "");
	set("GOOGLE_APPLICATION_CREDENTIALS", "first line\nsecond");
	fails(&w, FAIL_AUTH, "GOOGLE_APPLICATION_CREDENTIALS: it seems to hold a credential", "");
	set("GOOGLE_APPLICATION_CREDENTIALS", encoded.buf);
	manifest(&w, "{ \"env\": \"GOOGLE_APPLICATION_CREDENTIALS\" }");
	finds(&w, "credentials of host kiosks", ACCOUNT_EMAIL);
	strbuf_clear(&encoded);
	end(&w);
}

/* ---- who may read and write the files ---- */
struct place { const char *path, *source; };

static void modes(struct world *w, const char *path, const char *shown, bool noted)
{
	static const struct { mode_t mode; bool readers, writers; } rows[] = {
		{ 0600, false, false }, { 0400, false, false }, { 0640, true, false }, { 0604, true, false },
		{ 0444, true, false }, { 0620, false, true }, { 0602, false, true }, { 0666, true, true },
	};
	struct strbuf note = STRBUF_INIT, refusal = STRBUF_INIT;

	strbuf_addf(&note, "%s can be read by other accounts of this machine: chmod 600 mends that\n", shown);
	strbuf_addf(&refusal, "%s: others may write it", shown[0] == '/' ? shown : path);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(chmod(path, rows[i].mode), 0);
		if (rows[i].writers) {
			fails(w, FAIL_AUTH, refusal.buf, "chmod go-rwx");
			continue;
		}
		if (find(w) < 0)
			fail_msg("%s", w->f.text);
		assert_string_equal(w->notes.buf, rows[i].readers && noted ? note.buf : "");
	}
	assert_int_equal(unlink(path), 0);
	strbuf_clear(&note);
	strbuf_clear(&refusal);
}

#define EXTERNAL "{\"type\":\"external_account\",\"audience\":\"//iam.googleapis.com/projects/1/locations/global/" \
	"workloadIdentityPools/github/providers/main\",\"subject_token_type\":\"urn:ietf:params:oauth:token-type:jwt\"," \
	"\"credential_source\":"

static void noted_once(void **state)
{
	struct world w;
	struct credential *again = NULL;
	char *key;

	(void)state;
	begin(&w);
	key = account_file(&w.home, "key.json", w.key.buf);
	assert_int_equal(chmod(key, 0644), 0);
	set("GOOGLE_APPLICATION_CREDENTIALS", key);
	finds(&w, "GOOGLE_APPLICATION_CREDENTIALS", ACCOUNT_EMAIL);
	assert_int_equal(credential_find(&again, NULL, NULL, NULL, &w.notes, &w.f), 0);
	assert_ptr_equal(strchr(w.notes.buf, '\n') + 1, w.notes.buf + w.notes.len);
	credential_free(again);
	free(key);
	end(&w);
}

static void who_may_read_and_write_the_files(void **state)
{
	struct world w;
	struct strbuf user = STRBUF_INIT, path = STRBUF_INIT;
	char *key, *gcloud;

	(void)state;
	begin(&w);
	user_json(&user, "");
	gcloud = account_file(&w.home, ".config/gcloud/application_default_credentials.json", user.buf);
	modes(&w, gcloud, gcloud, true);
	store(&w, "ya29.stored", 3600);
	strbuf_addf(&path, "%s/.config/configstore/firebase-tools.json", w.home.path);
	modes(&w, path.buf, path.buf, true);
	key = account_file(&w.home, "key.json", w.key.buf);
	set("GOOGLE_APPLICATION_CREDENTIALS", key);
	modes(&w, key, key, true);
	free(account_file(&w.home, "key.json", EXTERNAL "{\"file\":\"/run/token\"}}"));
	modes(&w, key, key, false);
	free(account_file(&w.home, "key.json", EXTERNAL "{\"file\":\"/run/token\"},\"client_secret\":\"s3cret\"}"));
	modes(&w, key, key, true);
	project_dir_write(&w.d, "secrets/k.json", w.key.buf);
	manifest(&w, "{ \"file\": \"secrets/k.json\" }");
	strbuf_setlen(&path, 0);
	strbuf_addf(&path, "%s/secrets/k.json", project_root(w.d.project));
	modes(&w, path.buf, "secrets/k.json", true);
	free(key);
	free(gcloud);
	strbuf_clear(&user);
	strbuf_clear(&path);
	end(&w);
}

/* ---- the manifest's references ---- */
static void reference(const char *credentials, const char *failure)
{
	struct world w;
	struct strbuf encoded = STRBUF_INIT, doc = STRBUF_INIT, lines = STRBUF_INIT;
	struct jw jw;

	begin(&w);
	base64_encode(&encoded, w.key.buf, w.key.len);
	for (size_t i = 0; i < encoded.len; i += 76)
		strbuf_addf(&lines, "%.76s\n", encoded.buf + i);
	jw_init(&jw, &doc, 0);
	jw_object(&jw);
	jw_kstr(&jw, "plain", w.key.buf);
	jw_kstr(&jw, "encoded", encoded.buf);
	jw_end(&jw);
	set("SLIPWAY_TEST_KEY", w.key.buf);
	set("SLIPWAY_TEST_KEY64", lines.buf);
	set("SLIPWAY_TEST_NONE", NULL);
	set("SLIPWAY_TEST_WORD", "canary-word");
	project_dir_write(&w.d, "key-live.json", w.key.buf);
	project_dir_write(&w.d, "all.json", doc.buf);
	manifest(&w, credentials);
	if (failure) {
		assert_int_equal(find(&w), -1);
		assert_string_equal(w.f.text, failure);
		assert_null(strstr(w.f.text, "canary"));
	} else {
		finds(&w, "credentials of host kiosks", ACCOUNT_EMAIL);
	}
	strbuf_clear(&encoded);
	strbuf_clear(&doc);
	strbuf_clear(&lines);
	end(&w);
}

static void references_of_the_manifest(void **state)
{
	(void)state;
	reference("{ \"env\": \"SLIPWAY_TEST_KEY\" }", NULL);
	reference("{ \"env\": \"SLIPWAY_TEST_KEY64\" }", NULL);
	reference("{ \"file\": \"key-${environment}.json\" }", NULL);
	reference("{ \"file\": \"all.json\", \"key\": \"plain\" }", NULL);
	reference("{ \"file\": \"all.json\", \"key\": \"encoded\" }", NULL);
	reference("{ \"command\": [\"cat\", \"key-live.json\"] }",
	          "credentials of host kiosks: credentials are never taken from a command of the project");
	reference("{ \"env\": \"SLIPWAY_TEST_NONE\" }",
	          "credentials of host kiosks: cannot be had: env SLIPWAY_TEST_NONE is not set");
	reference("{ \"env\": \"SLIPWAY_TEST_WORD\" }",
	          "credentials of host kiosks: it is neither a JSON object nor base64 of one");
}

/* ---- firebase-tools ---- */
static void accounts_of_firebase_tools(void **state)
{
	struct world w;
	struct strbuf text = STRBUF_INIT;

	(void)state;
	begin(&w);
	strbuf_addf(&text, "{\"user\":{\"email\":\"ana@example.com\"},\"tokens\":{\"refresh_token\":\"1//a\"},"
	            "\"additionalAccounts\":[{\"user\":{\"email\":\"bob@example.com\"},"
	            "\"tokens\":{\"refresh_token\":\"1//b\"}}],"
	            "\"activeAccounts\":{\"/elsewhere\":\"carl@example.com\",\"%s\":\"bob@example.com\"}}", w.d.path);
	free(account_file(&w.home, "xdg/configstore/firebase-tools.json", text.buf));
	set("FIREBASE_CLIENT_ID", "c.apps");
	set("FIREBASE_CLIENT_SECRET", "cli-secret");
	fails(&w, FAIL_AUTH, "there are no credentials", "");
	strbuf_setlen(&text, 0);
	strbuf_addf(&text, "%s/xdg", w.home.path);
	set("XDG_CONFIG_HOME", text.buf);
	finds(&w, "firebase login", "bob@example.com");
	memcpy(w.d.path, "/else", 5);
	finds(&w, "firebase login", "ana@example.com");
	memcpy(w.d.path, "/tmp/", 5);
	scratch_write(&w.home, "xdg/configstore/firebase-tools.json", "damaged");
	fails(&w, FAIL_AUTH, "there are no credentials", "");
	strbuf_clear(&text);
	end(&w);
}

static void tokens_of_firebase_tools(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	store(&w, "ya29.stored", 290);
	fails(&w, FAIL_AUTH, "the stored login has run out", "FIREBASE_CLIENT_ID");
	set("FIREBASE_CLIENT_ID", "c.apps");
	fails(&w, FAIL_AUTH, "the stored login has run out", "");
	set("FIREBASE_CLIENT_SECRET", "cli-secret");
	finds(&w, "firebase login", "ana@example.com");
	set("FIREBASE_TOKEN", "1//refresh");
	finds(&w, "FIREBASE_TOKEN", "a user who logged in");
	set("FIREBASE_CLIENT_ID", NULL);
	set("FIREBASE_TOKEN", "ya29.x\nX-Evil: 1");
	fails(&w, FAIL_AUTH, "FIREBASE_TOKEN: the access token holds what no token does", "");
	end(&w);
}

/* ---- what follows from the environment ---- */
static void equal_credentials_are_one(void **state)
{
	struct world w;
	char *key, *identity;

	(void)state;
	begin(&w);
	key = account_file(&w.home, "key.json", w.key.buf);
	set("GOOGLE_APPLICATION_CREDENTIALS", key);
	set("SLIPWAY_TEST_KEY", w.key.buf);
	finds(&w, "GOOGLE_APPLICATION_CREDENTIALS", ACCOUNT_EMAIL);
	identity = strdup(credential_identity(w.c));
	assert_int_equal(strlen(identity), 64);
	manifest(&w, "{ \"env\": \"SLIPWAY_TEST_KEY\" }");
	finds(&w, "credentials of host kiosks", ACCOUNT_EMAIL);
	assert_string_equal(credential_identity(w.c), identity);
	w.d.targets.count = 0;
	strbuf_setlen(&w.key, 0);
	account_json(&w.key, ", \"private_key_id\": \"k2\"");
	free(account_file(&w.home, "key.json", w.key.buf));
	finds(&w, "GOOGLE_APPLICATION_CREDENTIALS", ACCOUNT_EMAIL);
	assert_string_not_equal(credential_identity(w.c), identity);
	free(identity);
	free(key);
	end(&w);
}

static void quota_projects(void **state)
{
	struct world w;
	struct strbuf user = STRBUF_INIT;

	(void)state;
	begin(&w);
	user_json(&user, ",\"quota_project_id\":\"tpb-quota\"");
	free(account_file(&w.home, ".config/gcloud/application_default_credentials.json", user.buf));
	finds(&w, "gcloud", "a user who logged in");
	assert_string_equal(credential_quota_project(w.c), "tpb-quota");
	set("GOOGLE_CLOUD_QUOTA_PROJECT", "other");
	finds(&w, "gcloud", "a user who logged in");
	assert_string_equal(credential_quota_project(w.c), "other");
	set("GOOGLE_CLOUD_QUOTA_PROJECT", "a\r\nX-Evil: 1");
	fails(&w, FAIL_CONFIG, "GOOGLE_CLOUD_QUOTA_PROJECT is no project", "");
	set("GOOGLE_CLOUD_QUOTA_PROJECT", NULL);
	strbuf_setlen(&user, 0);
	user_json(&user, ",\"quota_project_id\":\"a b\"");
	free(account_file(&w.home, ".config/gcloud/application_default_credentials.json", user.buf));
	fails(&w, FAIL_AUTH, "quota_project_id is no project", "");
	strbuf_clear(&user);
	end(&w);
}

static void origins_that_are_none(void **state)
{
	static const char *const bad[] = {
		"oauth2.example", "ftp://x", "https://a@b", "https://x/path", "http://oauth2.example",
	};
	struct world w;

	(void)state;
	begin(&w);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		set("FIREBASE_TOKEN_URL", bad[i]);
		fails(&w, FAIL_CONFIG, "FIREBASE_TOKEN_URL must be", "");
	}
	set("FIREBASE_TOKEN_URL", "http://127.0.0.1:8080/");
	fails(&w, FAIL_AUTH, "there are no credentials", "");
	set("METADATA_SERVER_DETECTION", NULL);
	set("GCE_METADATA_HOST", "not a host");
	fails(&w, FAIL_CONFIG, "metadata server: GCE_METADATA_HOST", "");
	set("GCE_METADATA_IP", "127.0.0.1:8081");
	finds(&w, "metadata server", "this machine's service account");
	set("METADATA_SERVER_DETECTION", "none");
	fails(&w, FAIL_AUTH, "there are no credentials", "");
	set("METADATA_SERVER_DETECTION", "bios-only");
	set("GCE_METADATA_IP", NULL);
	set("GCE_METADATA_HOST", NULL);
	set("K_SERVICE", "kiosk");
	finds(&w, "metadata server", "this machine's service account");
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order),
		cmocka_unit_test(a_broken_one_is_no_reason_to_be_somebody_else),
		cmocka_unit_test(many_put_the_key_into_the_variable),
		cmocka_unit_test(who_may_read_and_write_the_files),
		cmocka_unit_test(noted_once),
		cmocka_unit_test(references_of_the_manifest),
		cmocka_unit_test(accounts_of_firebase_tools),
		cmocka_unit_test(tokens_of_firebase_tools),
		cmocka_unit_test(equal_credentials_are_one),
		cmocka_unit_test(quota_projects),
		cmocka_unit_test(origins_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
