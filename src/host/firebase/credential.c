#include "host/firebase/credential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "host/firebase/credential_inside.h"
#include "net/http.h"

#define METADATA_HOST "169.254.169.254"
#define METADATA_PATH "/computeMetadata/v1/instance/service-accounts/default/token"

/* ---- the environment ---- */
static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *in_home(const char *variable, const char *otherwise, const char *path, struct arena *mem)
{
	const char *dir = setting(variable), *home = setting("HOME");

	if (dir)
		return arena_printf(mem, "%s/%s", dir, path);
	return home ? arena_printf(mem, "%s/%s/%s", home, otherwise, path) : NULL;
}

/* FIREBASE_TOKEN_URL: an origin, as for the official client. */
static int read_origin(const char **out, const char *url, struct arena *mem, struct fail *f)
{
	struct strbuf origin = STRBUF_INIT, path = STRBUF_INIT;
	int rc = 0;

	if (!http_split(url, &origin, &path) || (path.len && strcmp(path.buf, "/") != 0))
		rc = fail_set(f, FAIL_CONFIG, "FIREBASE_TOKEN_URL must be an origin, such as https://oauth2.example");
	else if (strncmp(origin.buf, "https:", 6) != 0 && !http_is_loopback(origin.buf))
		rc = fail_set(f, FAIL_CONFIG, "FIREBASE_TOKEN_URL must begin with https://, unless it is this machine");
	else
		*out = arena_strdup(mem, origin.buf);
	strbuf_clear(&origin);
	strbuf_clear(&path);
	return rc;
}

static int read_surroundings(struct surroundings *a, struct credential *c, struct fail *f)
{
	const char *token_url = setting("FIREBASE_TOKEN_URL"), *quota = setting("GOOGLE_CLOUD_QUOTA_PROJECT"),
		   *programs = setting("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"), *ip = setting("GCE_METADATA_IP"),
		   *client_id = setting("FIREBASE_CLIENT_ID"), *client_secret = setting("FIREBASE_CLIENT_SECRET");

	*a = (struct surroundings){
		.key_path = setting("GOOGLE_APPLICATION_CREDENTIALS"),
		.firebase_token = setting("FIREBASE_TOKEN"),
		.client_id = client_secret ? client_id : NULL,
		.client_secret = client_id ? client_secret : NULL,
		.store_path = in_home("XDG_CONFIG_HOME", ".config", "configstore/firebase-tools.json", &c->mem),
		.gcloud_path = in_home("CLOUDSDK_CONFIG", ".config/gcloud", "application_default_credentials.json", &c->mem),
		.metadata_host = ip ? ip : setting("GCE_METADATA_HOST"),
		.metadata_detection = setting("METADATA_SERVER_DETECTION"),
		.programs_allowed = programs && strcmp(programs, "1") == 0,
	};
	if (quota && !credential_is_word(quota))
		return fail_set(f, FAIL_CONFIG, "GOOGLE_CLOUD_QUOTA_PROJECT is no project");
	c->quota_project = quota ? xstrdup(quota) : NULL;
	return token_url ? read_origin(&a->token_origin, token_url, &c->mem, f) : 0;
}

/* ---- the host manifest ---- */
struct expansion { const struct target *target; struct arena *mem; };

static char *expand(void *arg, const char *text)
{
	const struct expansion *e = arg;
	struct fail ignored;            /* project_resolve has shown that it expands */
	const char *out;

	return xstrdup(target_expand(e->target, text, &out, e->mem, &ignored) == 0 ? out : text);
}

static int take_reference(struct search *s, const json *ref, struct fail *f)
{
	const char *file = json_string(json_get(ref, "file")), *path = file, *value;
	mode_t mode = 0;
	size_t len;

	if (file && file[0] != '/' && s->root)
		path = arena_printf(&s->c->mem, "%s/%s", s->root, file);
	if (!s->secrets)
		return fail_set(f, FAIL_CONFIG, "cannot be read without a project");
	if (secrets_resolve_one(s->secrets, ref, "cannot be had", f) < 0)
		return -1;
	if (file && credential_look_at(&mode, path, f) < 0)
		return -1;
	value = secrets_value(s->secrets, ref, &len);
	if (credential_take(s, value, len, f) < 0)
		return -1;
	if (file)
		credential_note_readers(s, file, mode, json_root(s->c->doc));
	return 0;
}

static enum found from_manifest(struct search *s, struct fail *f)
{
	const json *raw = s->target ? target_value(s->target, "credentials") : NULL;
	struct expansion e = { s->target, &s->c->mem };
	json *ref = raw ? json_map_strings(raw, expand, &e) : NULL;
	int rc;

	if (!ref)
		return FOUND_NOTHING;
	credential_set_source(s->c, arena_printf(&s->c->mem, "credentials of host %s", s->target->host));
	/* A plan runs nothing of the project, and signs in all the same. */
	if (json_get(raw, "command")) {
		fail_set(f, FAIL_CONFIG, "credentials are never taken from a command of the project");
		fail_hint(f, "run it before slipway, and name its result: {\"env\"} or {\"file\"}");
		json_free(ref);
		return FOUND_ERROR;
	}
	rc = take_reference(s, ref, f);
	json_free(ref);
	return rc < 0 ? FOUND_ERROR : FOUND;
}

/* ---- variables and files ---- */
/* Many put the key itself into the variable, as JSON, base64 or PEM; it must not be shown as if it were a path. */
static bool is_path(const char *text)
{
	return access(text, F_OK) == 0 || (strlen(text) < 300 && !strpbrk(text, "{\r\n"));
}

static enum found from_variable(struct search *s, struct fail *f)
{
	const char *path = s->around.key_path;
	enum found found;

	if (!path)
		return FOUND_NOTHING;
	credential_set_source(s->c, "GOOGLE_APPLICATION_CREDENTIALS");
	if (!is_path(path)) {
		fail_set(f, FAIL_AUTH, "it seems to hold a credential, and should hold the path of one");
		fail_hint(f, "\"credentials\": { \"env\": \"GOOGLE_APPLICATION_CREDENTIALS\" } in the host manifest takes it "
		             "as it is");
		return FOUND_ERROR;
	}
	found = credential_take_file(s, path, f);
	if (found == FOUND_NOTHING)
		found = credential_absent(path, f);
	return found;
}

static enum found from_gcloud(struct search *s, struct fail *f)
{
	credential_set_source(s->c, "gcloud");
	return s->around.gcloud_path ? credential_take_file(s, s->around.gcloud_path, f) : FOUND_NOTHING;
}

/* ---- the metadata server ---- */
static bool file_begins(const char *path, const char *word)
{
	char text[64] = "";
	FILE *in = fopen(path, "re");
	bool begins = in && fgets(text, sizeof text, in) && strncmp(text, word, strlen(word)) == 0;

	if (in)
		(void)fclose(in);
	return begins;
}

/* Offline, as Google's own clients look first: what runs us, then what the firmware says. */
static bool is_google_machine(void)
{
	static const char *const variables[] = { "K_SERVICE", "CLOUD_RUN_JOB", "FUNCTION_NAME", "GAE_SERVICE" };

	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		if (setting(variables[i]))
			return true;
	return file_begins("/sys/class/dmi/id/product_name", "Google") ||
	       file_begins("/sys/class/dmi/id/bios_vendor", "Google");
}

static bool has_metadata(const struct surroundings *a)
{
	const char *detection = a->metadata_detection ? a->metadata_detection : "";

	if (strcmp(detection, "none") == 0)
		return false;
	return a->metadata_host || strcmp(detection, "assume-present") == 0 || strcmp(detection, "ping-only") == 0 ||
	       is_google_machine();
}

static enum found from_metadata(struct search *s, struct fail *f)
{
	const char *host = s->around.metadata_host ? s->around.metadata_host : METADATA_HOST;
	struct strbuf origin = STRBUF_INIT;
	enum found found = FOUND_NOTHING;
	const char *url;

	if (!has_metadata(&s->around))
		return FOUND_NOTHING;
	credential_set_source(s->c, "metadata server");
	credential_set_who(s->c, "this machine's service account");
	url = arena_printf(&s->c->mem, "%s%s", strncmp(host, "http://", 7) == 0 ? "" : "http://", host);
	if (http_split(url, &origin, NULL)) {
		s->c->flow = FLOW_METADATA;
		s->c->token_url = arena_printf(&s->c->mem, "%s%s?scopes=%s,%s", origin.buf, METADATA_PATH, SCOPE_FIREBASE,
		                               SCOPE_CLOUD);
		found = FOUND;
	} else {
		found = fail_set(f, FAIL_CONFIG, "GCE_METADATA_HOST (or GCE_METADATA_IP) is no host");
	}
	strbuf_clear(&origin);
	return found;
}

/* ---- all of them ---- */
static void learn(struct secrets *secrets, const char *value)
{
	if (value)
		secrets_learn(secrets, value, strlen(value));
}

static void learn_all(struct secrets *secrets, const struct credential *c)
{
	learn(secrets, c->private_key);
	learn(secrets, c->client_secret);
	learn(secrets, c->refresh_token);
	learn(secrets, c->access_token);
	for (const json *h = json_first(c->subject.headers); h; h = json_next(h))
		learn(secrets, json_string(h));
}

static char *identity_of(const struct credential *c)
{
	struct strbuf all = STRBUF_SECRET;
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX];

	strbuf_addf(&all, "%d %s %s ", c->flow, c->token_url ? c->token_url : "", c->quota_project ? c->quota_project : "");
	if (c->doc)
		json_canonical(&all, json_root(c->doc));
	sha256_bytes(all.buf, all.len, digest);
	hex_encode(hex, digest, sizeof digest);
	strbuf_clear(&all);
	return xstrdup(hex);
}

static enum found find(struct search *s, struct fail *f)
{
	static enum found (*const places[])(struct search *s, struct fail *f) = {
		from_manifest, from_variable, credential_from_token, credential_from_store, from_gcloud, from_metadata,
	};
	enum found found = FOUND_NOTHING;

	for (size_t i = 0; i < sizeof places / sizeof *places && found == FOUND_NOTHING; i++)
		found = places[i](s, f);
	return found;
}

int credential_find(struct credential **out, const struct target *target, const char *root, struct secrets *secrets,
                    struct strbuf *notes, struct fail *f)
{
	struct credential *c = xcalloc(1, sizeof *c);
	struct search s = { .target = target, .root = root, .secrets = secrets, .notes = notes, .c = c };
	enum found found;

	if (read_surroundings(&s.around, c, f) < 0) {
		credential_free(c);
		return -1;
	}
	found = find(&s, f);
	learn_all(secrets, c);
	if (found == FOUND) {
		c->identity = identity_of(c);
		*out = c;
		return 0;
	}
	if (found == FOUND_NOTHING) {
		fail_set(f, FAIL_AUTH, "there are no credentials for Google");
		fail_hint(f, "GOOGLE_APPLICATION_CREDENTIALS=key.json, \"credentials\" in the host manifest, or "
		             "gcloud auth application-default login");
	} else {
		fail_wrap(f, "%s", c->source);
		secrets_redact_fail(secrets, f);
	}
	credential_free(c);
	return -1;
}

void credential_free(struct credential *c)
{
	if (!c)
		return;
	json_doc_wipe(c->doc);
	arena_clear(&c->mem);
	free(c->who);
	free(c->source);
	free(c->quota_project);
	free(c->identity);
	free(c);
}

const char *credential_who(const struct credential *c)
{
	return c->who;
}

const char *credential_source(const struct credential *c)
{
	return c->source;
}

const char *credential_identity(const struct credential *c)
{
	return c->identity;
}

const char *credential_quota_project(const struct credential *c)
{
	return c->quota_project;
}
