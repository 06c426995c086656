#include "token.h"

#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "jwt.h"
#include "server.h"

enum { SKEW_S = 300, LIFE_S = 3600 };
static const char bearer[] = "Bearer ";

struct account {
	const char *email, *key_id;
	struct evp_pkey_st *key;
	struct account *next;
};
struct token {
	const char *text, *email;
	int64_t expires_s;                  /* wall clock */
};

void tokens_clear(struct tokens *t)
{
	for (struct account *a = t->accounts; a; a = a->next)
		jwt_key_free(a->key);
	strmap_clear(&t->issued);
	strmap_clear(&t->refresh);
	arena_clear(&t->mem);
}

static void write_account(struct strbuf *out, const struct account *a, const char *project, const char *pem,
			  const char *base)
{
	struct jw w;

	jw_init(&w, out, 2);
	jw_object(&w);
	jw_kstr(&w, "type", "service_account");
	jw_kstr(&w, "project_id", project);
	jw_kstr(&w, "private_key_id", a->key_id);
	jw_kstr(&w, "private_key", pem);
	jw_kstr(&w, "client_email", a->email);
	jw_kstr(&w, "client_id", "100000000000000000001");
	jw_key(&w, "token_uri");
	strbuf_addf(out, "\"%s/token\"", base);
	w.keyed = false;
	w.comma = true;
	jw_end(&w);
	strbuf_addch(out, '\n');
}

int tokens_add_account(struct tokens *t, const char *path, const char *project, const char *base, struct fail *f)
{
	struct strbuf pem = STRBUF_INIT, text = STRBUF_INIT;
	struct account *a = arena_alloc(&t->mem, sizeof *a);
	char id[41];

	a->key = jwt_key(&pem);
	if (!a->key)
		return fail_set(f, FAIL_LOCAL, "OpenSSL cannot make a key");
	world_random_hex(id, 40);
	a->key_id = arena_strdup(&t->mem, id);
	a->email = arena_printf(&t->mem, "deployer@%s.iam.gserviceaccount.com", project);
	a->next = t->accounts;
	t->accounts = a;
	write_account(&text, a, project, pem.buf, base);
	int rc = file_replace(AT_FDCWD, path, text.buf, text.len, FILE_PRIVATE, f);
	strbuf_clear(&pem);
	strbuf_clear(&text);
	return rc;
}

void tokens_add_refresh(struct tokens *t, const char *text)
{
	char *kept = arena_strdup(&t->mem, text);

	strmap_set(&t->refresh, kept, kept);
}

const char *tokens_holder(const struct tokens *t, const char *authorization)
{
	if (!authorization || strncmp(authorization, bearer, sizeof bearer - 1) != 0)
		return NULL;
	authorization += sizeof bearer - 1;
	if (t->owner && strcmp(authorization, "owner") == 0)
		return "owner@example.com";
	const struct token *one = strmap_get(&t->issued, authorization);
	return one && one->expires_s > clock_wall_s() ? one->email : NULL;
}

void tokens_expire(struct tokens *t)
{
	strmap_clear(&t->issued);
}

int token_deny(struct call *c, int status, const char *error, const char *why)
{
	c->status = status;
	strbuf_setlen(&c->out, 0);
	jw_init(&c->w, &c->out, 0);
	jw_object(&c->w);
	jw_kstr(&c->w, "error", error);
	jw_kstr(&c->w, "error_description", why);
	jw_end(&c->w);
	return -1;
}

static int issue(struct call *c, const char *email)
{
	struct tokens *t = &c->server->tokens;
	struct token *one = arena_alloc(&t->mem, sizeof *one);
	char random[41];

	world_random_hex(random, 40);
	one->text = arena_printf(&t->mem, "ya29.c.%s", random);
	one->email = arena_strdup(&t->mem, email);
	one->expires_s = clock_wall_s() + t->lifetime_s;
	strmap_set(&t->issued, one->text, one);
	jw_object(&c->w);
	jw_kstr(&c->w, "access_token", one->text);
	jw_kint(&c->w, "expires_in", t->lifetime_s);
	jw_kstr(&c->w, "token_type", "Bearer");
	jw_end(&c->w);
	return 0;
}

static int from_refresh_token(struct call *c, const struct params *form)
{
	const char *text = params_get(form, "refresh_token"), *id = params_get(form, "client_id");
	const char *secret = params_get(form, "client_secret");

	if (!id || !*id || !secret || !*secret)
		return token_deny(c, 400, "invalid_client", "The OAuth client was not found.");
	if (!text || !strmap_get(&c->server->tokens.refresh, text))
		return token_deny(c, 400, "invalid_grant", "Bad Request");
	return issue(c, "user@example.com");
}

static bool good_scope(const char *scopes)
{
	return scopes && (among(scopes, "https://www.googleapis.com/auth/cloud-platform")
			  || among(scopes, "https://www.googleapis.com/auth/firebase")
			  || among(scopes, "https://www.googleapis.com/auth/firebase.hosting"));
}

/* NULL, or what is wrong with the claims. */
static const char *judge_claims(struct call *c, const struct account *a, const json *claims)
{
	const char *aud = json_string(json_get(claims, "aud"));
	int64_t iat, exp, now = clock_wall_s();

	if (!a)
		return "Invalid grant: account not found";
	if (!aud || strcmp(aud, arena_printf(c->mem, "%s%s", c->base, c->request->path)) != 0)
		return "Invalid JWT: the audience is not this endpoint.";
	if (!json_int(json_get(claims, "iat"), &iat) || !json_int(json_get(claims, "exp"), &exp) || iat > now + SKEW_S
	    || exp <= now - SKEW_S || exp <= iat || exp > iat + LIFE_S)
		return "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.";
	if (!good_scope(json_string(json_get(claims, "scope"))))
		return "Invalid OAuth scope or ID token audience provided.";
	return NULL;
}

static const struct account *find_account(const struct tokens *t, const char *email)
{
	const struct account *a = t->accounts;

	while (a && (!email || strcmp(a->email, email) != 0))
		a = a->next;
	return a;
}

static const char *judge_jwt(struct call *c, const char *assertion, const json *header, const json *claims,
			     const struct account **account)
{
	const char *alg = json_string(json_get(header, "alg")), *kid = json_string(json_get(header, "kid"));
	const struct account *a = find_account(&c->server->tokens, json_string(json_get(claims, "iss")));

	*account = a;
	if (!alg || strcmp(alg, "RS256") != 0)
		return "Invalid JWT: the algorithm is not RS256.";
	const char *wrong = judge_claims(c, a, claims);
	if (wrong)
		return wrong;
	if ((kid && strcmp(kid, a->key_id) != 0) || !jwt_signed_by(c->mem, assertion, a->key))
		return "Invalid JWT Signature.";
	return NULL;
}

static int from_jwt(struct call *c, const struct params *form)
{
	const char *assertion = params_get(form, "assertion"), *head, *body, *wrong = "Invalid JWT: it cannot be read.";
	struct json_doc *header = NULL, *claims = NULL;
	const struct account *a = NULL;
	struct fail f;

	if (assertion && jwt_split(c->mem, assertion, &head, &body)
	    && json_parse(&header, "header", head, strlen(head), 0, &f) == 0
	    && json_parse(&claims, "claims", body, strlen(body), 0, &f) == 0)
		wrong = judge_jwt(c, assertion, json_root(header), json_root(claims), &a);
	int rc = wrong ? token_deny(c, 400, "invalid_grant", wrong) : issue(c, a->email);
	json_doc_free(header);
	json_doc_free(claims);
	return rc;
}

static bool read_form(struct call *c, struct params *form)
{
	const struct http_request *r = c->request;
	const char *type = http_header(r, "content-type");

	if (!type)
		return false;
	if (strncmp(type, "multipart/form-data", 19) == 0)
		return params_read_multipart(form, c->mem, type, r->body, r->body_len);
	return strncmp(type, "application/x-www-form-urlencoded", 33) == 0
	       && params_read(form, c->mem, r->body, r->body_len);
}

static int exchange(struct call *c, const char *grants)
{
	struct params form;
	const char *grant;

	if (!read_form(c, &form))
		return token_deny(c, 400, "invalid_request", "The form cannot be read.");
	grant = params_get(&form, "grant_type");
	if (!grant || !among(grants, grant))
		return token_deny(c, 400, "unsupported_grant_type", "Invalid grant_type");
	return strcmp(grant, "refresh_token") == 0 ? from_refresh_token(c, &form) : from_jwt(c, &form);
}

int token_exchange(struct call *c)
{
	return exchange(c, "urn:ietf:params:oauth:grant-type:jwt-bearer refresh_token");
}

int token_refresh(struct call *c)
{
	return exchange(c, "refresh_token");
}
