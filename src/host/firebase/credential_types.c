#include "host/firebase/credential_inside.h"

#include <stdlib.h>
#include <string.h>

#include "host/firebase/trust.h"
#include "net/http.h"

#define GOOGLE_TOKEN "https://oauth2.googleapis.com/token"
#define GOOGLE_STS "https://sts.googleapis.com/v1/token"
#define PROGRAM_MS 30000
#define LIFE_S 3600

struct reading {
	struct credential *c;
	const struct surroundings *around;
	unsigned depth;                 /* source_credentials in source_credentials */
};

/* NULL when absent or empty. */
static const char *text_of(const json *o, const char *key)
{
	const char *text = json_string(json_get(o, key));

	return text && *text ? text : NULL;
}

static int need(const char **out, const json *o, const char *key, struct fail *f)
{
	*out = text_of(o, key);
	return *out ? 0 : fail_set(f, FAIL_AUTH, "%s is missing", key);
}

/* Puts an address from the document into a failure. */
static int foreign(const char *key, const char *url, struct fail *f)
{
	struct strbuf origin = STRBUF_INIT, shown = STRBUF_INIT;

	if (http_split(url, &origin, NULL))
		strbuf_addescaped(&shown, origin.buf, origin.len);
	fail_set(f, FAIL_AUTH, "%s leads to %s, which is not Google's: secrets are not sent there", key,
	         shown.len ? shown.buf : "no proper address");
	strbuf_clear(&origin);
	strbuf_clear(&shown);
	return -1;
}

/* ---- service_account ---- */
static int read_service_account(struct reading *r, const json *o, struct fail *f)
{
	struct credential *c = r->c;
	const char *uri = text_of(o, "token_uri"), *origin = r->around->token_origin;

	c->flow = FLOW_JWT;
	c->key_id = text_of(o, "private_key_id");
	if (need(&c->email, o, "client_email", f) < 0 || need(&c->private_key, o, "private_key", f) < 0)
		return -1;
	if (uri && !trust_token_uri(uri, origin))
		return foreign("token_uri", uri, f);
	c->token_url = origin ? arena_printf(&c->mem, "%s/oauth2/v4/token", origin) : uri ? uri : GOOGLE_TOKEN;
	return 0;
}

/* ---- authorized_user ---- */
static int read_user(struct reading *r, const json *o, struct fail *f)
{
	struct credential *c = r->c;
	const char *uri = text_of(o, "token_uri"), *origin = r->around->token_origin;

	c->flow = FLOW_REFRESH;
	if (need(&c->client_id, o, "client_id", f) < 0 || need(&c->client_secret, o, "client_secret", f) < 0 ||
	    need(&c->refresh_token, o, "refresh_token", f) < 0)
		return -1;
	if (uri && !trust_token_uri(uri, origin))
		return foreign("token_uri", uri, f);
	c->token_url = origin ? arena_printf(&c->mem, "%s/oauth2/v3/token", origin) : uri ? uri : GOOGLE_TOKEN;
	return 0;
}

/* ---- impersonation ---- */
static int read_life(int64_t *life_s, const json *o, struct fail *f)
{
	const json *v = json_get(json_get(o, "service_account_impersonation"), "token_lifetime_seconds");

	*life_s = LIFE_S;
	if (v && (!json_int(v, life_s) || *life_s < 600 || *life_s > 43200))
		return fail_set(f, FAIL_AUTH, "token_lifetime_seconds must be between 600 and 43200");
	return 0;
}

static int add_hop(struct reading *r, const json *o, const char *url, struct fail *f)
{
	struct credential *c = r->c;
	const char *end = strrchr(url, ':');
	const json *delegates = json_get(o, "delegates");
	struct hop *h = &c->hops[c->hop_count];

	if (c->hop_count == HOPS_MOST)
		return fail_set(f, FAIL_AUTH, "there are more than %d identities in a row", HOPS_MOST);
	if (!trust_service(url, "iamcredentials", r->around->token_origin))
		return foreign("service_account_impersonation_url", url, f);
	if (!end || strcmp(end, ":generateAccessToken") != 0)
		return fail_set(f, FAIL_AUTH, "service_account_impersonation_url does not end with :generateAccessToken");
	for (const json *d = json_first(delegates); d; d = json_next(d))
		if (!json_string(d))
			return fail_set(f, FAIL_AUTH, "delegates must be a list of strings");
	*h = (struct hop){ .url = url, .delegates = json_count(delegates) ? delegates : NULL };
	c->hop_count++;
	return read_life(&h->life_s, o, f);
}

/* The account that a hop's address names: ".../serviceAccounts/EMAIL:generateAccessToken". */
static char *hop_email(const struct hop *h, struct arena *mem)
{
	const char *name = strrchr(h->url, '/');

	return name && strchr(name, '@') ? arena_strndup(mem, name + 1, strcspn(name + 1, ":?")) : NULL;
}

/* ---- external_account ---- */
/* Splits a command at blanks; double quotes keep them together, and nothing else is special, as in Google's clients. */
static char **split_command(const char *command, struct arena *mem)
{
	char **argv = arena_alloc(mem, (strlen(command) / 2 + 2) * sizeof *argv);
	size_t n = 0;

	for (const char *p = command + strspn(command, " \t"); *p; p += strspn(p, " \t")) {
		struct strbuf word = STRBUF_INIT;
		bool quoted = false;

		for (; *p && (quoted || !strchr(" \t", *p)); p++) {
			if (*p == '"')
				quoted = !quoted;
			else
				strbuf_addch(&word, *p);
		}
		argv[n++] = arena_strdup(mem, word.buf);
		strbuf_clear(&word);
	}
	return argv;
}

static int read_program(struct reading *r, const json *o, struct fail *f)
{
	struct credential *c = r->c;
	const char *command, *output = text_of(o, "output_file");
	const json *most = json_get(o, "timeout_millis");
	int64_t ms = PROGRAM_MS;
	const char *email = c->hop_count ? hop_email(&c->hops[0], &c->mem) : NULL;
	char **env = arena_alloc(&c->mem, 6 * sizeof *env);
	size_t n = 0;

	if (need(&command, o, "command", f) < 0)
		return -1;
	if (most && (!json_int(most, &ms) || ms < 5000 || ms > 120000))
		return fail_set(f, FAIL_AUTH, "timeout_millis must be between 5000 and 120000");
	if (!r->around->programs_allowed) {
		fail_set(f, FAIL_AUTH, "it wants to run a program, which has not been allowed");
		return fail_hint(f, "if you trust where the file came from, GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 "
		                    "allows it");
	}
	env[n++] = arena_printf(&c->mem, "GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE=%s", c->audience);
	env[n++] = arena_printf(&c->mem, "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE=%s", c->subject_type);
	env[n++] = arena_strdup(&c->mem, "GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE=0");
	if (email)
		env[n++] = arena_printf(&c->mem, "GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL=%s", email);
	if (output)
		env[n] = arena_printf(&c->mem, "GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE=%s", output);
	c->subject = (struct subject){ .kind = SUBJECT_PROGRAM, .argv = split_command(command, &c->mem), .env = env,
	                               .most_ms = (int)ms };
	return c->subject.argv[0] ? 0 : fail_set(f, FAIL_AUTH, "command is empty");
}

static int read_headers(struct subject *s, const json *o, struct fail *f)
{
	s->headers = json_get(o, "headers");
	for (const json *h = json_first(s->headers); h; h = json_next(h)) {
		const char *name = json_key(h), *value = json_string(h);

		if (!name || !*name || !credential_is_word(name) || strchr(name, ':') || !value ||
		    strpbrk(value, "\r\n"))
			return fail_set(f, FAIL_AUTH, "headers of credential_source are not names with texts of one line");
	}
	return 0;
}

static int read_format(struct subject *s, const json *format, struct fail *f)
{
	const char *type = text_of(format, "type");

	if (!type || strcmp(type, "text") == 0)
		return 0;
	if (strcmp(type, "json") != 0)
		return fail_set(f, FAIL_AUTH, "format of credential_source must be text or json");
	return need(&s->field, format, "subject_token_field_name", f);
}

static int read_source(struct reading *r, const json *o, struct fail *f)
{
	struct subject *s = &r->c->subject;
	const json *program = json_get(o, "executable");
	const char *file = text_of(o, "file"), *url = text_of(o, "url");

	if (text_of(o, "environment_id")) {
		fail_set(f, FAIL_AUTH, "it proves itself by requests signed for AWS, which slipway does not do");
		return fail_hint(f, "use a service account key, or a credential_source with a file, url or executable");
	}
	if (!!file + !!url + !!program != 1)
		return fail_set(f, FAIL_AUTH, "credential_source must have one of file, url and executable");
	if (program)
		return read_program(r, program, f);
	*s = (struct subject){ .kind = file ? SUBJECT_FILE : SUBJECT_URL, .file = file, .url = url };
	if (url && !http_split(url, NULL, NULL))
		return fail_set(f, FAIL_AUTH, "url of credential_source is no address");
	return read_headers(s, o, f) < 0 || read_format(s, json_get(o, "format"), f) < 0 ? -1 : 0;
}

static int read_external(struct reading *r, const json *o, struct fail *f)
{
	struct credential *c = r->c;
	const char *url = text_of(o, "token_url"), *next = text_of(o, "service_account_impersonation_url");

	c->flow = FLOW_STS;
	c->client_id = text_of(o, "client_id");
	c->client_secret = text_of(o, "client_secret");
	c->user_project = text_of(o, "workforce_pool_user_project");
	c->token_url = url ? url : GOOGLE_STS;
	if (need(&c->audience, o, "audience", f) < 0 || need(&c->subject_type, o, "subject_token_type", f) < 0)
		return -1;
	if (!trust_service(c->token_url, "sts", r->around->token_origin))
		return foreign("token_url", c->token_url, f);
	if (next && add_hop(r, o, next, f) < 0)
		return -1;
	return read_source(r, json_get(o, "credential_source"), f);
}

/* ---- all of them ---- */
static int read_any(struct reading *r, const json *o, struct fail *f);

static int read_impersonated(struct reading *r, const json *o, struct fail *f)
{
	const char *url;

	if (++r->depth > HOPS_MOST)
		return fail_set(f, FAIL_AUTH, "there are more than %d identities in a row", HOPS_MOST);
	if (need(&url, o, "service_account_impersonation_url", f) < 0)
		return -1;
	if (read_any(r, json_get(o, "source_credentials"), f) < 0)
		return fail_wrap(f, "source_credentials");
	return add_hop(r, o, url, f);
}

static int read_any(struct reading *r, const json *o, struct fail *f)
{
	static const struct {
		const char *type;
		int (*read)(struct reading *r, const json *o, struct fail *f);
	} types[] = {
		{ "service_account", read_service_account }, { "authorized_user", read_user },
		{ "external_account", read_external }, { "impersonated_service_account", read_impersonated },
	};
	const char *type = text_of(o, "type"), *universe = text_of(o, "universe_domain");

	if (universe && strcmp(universe, "googleapis.com") != 0)
		return fail_set(f, FAIL_AUTH, "it belongs to another cloud than Google's own (universe_domain)");
	for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i].type) == 0)
			return types[i].read(r, o, f);
	if (!type || !credential_is_word(type))
		fail_set(f, FAIL_AUTH, json_get(o, "installed") ? "it describes an OAuth client, not an account" :
		         "type is missing");
	else
		fail_set(f, FAIL_AUTH, "credentials of type \"%.40s\" are not supported", type);
	return fail_hint(f, "service_account, authorized_user, external_account and impersonated_service_account are");
}

/* "workload identity github/main" for ".../workloadIdentityPools/github/providers/main". */
static const char *pool_name(const char *audience, struct arena *mem)
{
	const char *pool = strstr(audience, "Pools/"), *provider = strstr(audience, "/providers/");

	if (!pool || !provider || provider < pool)
		return "a workload identity";
	pool += strlen("Pools/");
	return arena_printf(mem, "workload identity %.*s/%s", (int)(provider - pool), pool,
	                    provider + strlen("/providers/"));
}

static const char *name_of(struct credential *c, const json *root)
{
	const char *email = c->hop_count ? hop_email(&c->hops[c->hop_count - 1], &c->mem) : NULL;

	if (c->hop_count)
		return email ? email : "a service account";
	if (c->flow == FLOW_JWT)
		return c->email;
	if (c->flow == FLOW_STS)
		return pool_name(c->audience, &c->mem);
	return text_of(root, "account") ? text_of(root, "account") : "a user who logged in";
}

int credential_from_document(struct credential *c, const struct surroundings *around, struct fail *f)
{
	struct reading r = { .c = c, .around = around };
	const json *root = json_root(c->doc);
	const char *quota = text_of(root, "quota_project_id");

	if (read_any(&r, root, f) < 0)
		return -1;
	credential_set_who(c, name_of(c, root));
	if (quota && !c->quota_project) {
		if (!credential_is_word(quota))
			return fail_set(f, FAIL_AUTH, "quota_project_id is no project");
		c->quota_project = xstrdup(quota);
	}
	return 0;
}
