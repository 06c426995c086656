#include "host/firebase/oauth.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define LIFE_S 3600                     /* when nothing is said */

/* ---- what is granted ---- */
static int64_t life_of(const json *o, int64_t now_s)
{
	const json *in = json_get(o, "expires_in");
	const char *text = json_string(in), *at = json_string(json_get(o, "expireTime"));
	struct fail ignored;
	int64_t life_s = LIFE_S, end_s;

	if (text)
		life_s = strtoll(text, NULL, 10);
	else if (in)
		(void)json_int(in, &life_s);
	else if (at && clock_parse(&end_s, at, now_s, &ignored) == 0)
		life_s = end_s - now_s;
	return life_s > 0 ? life_s : 1;
}

int oauth_read(struct oauth_answer *out, const char *text, size_t len, int64_t now_s, struct fail *f)
{
	struct json_doc *d = NULL;
	struct fail ignored;
	const json *root = NULL;
	const char *token;
	int rc = 0;

	if (json_parse(&d, "answer", text, len, JSON_DUPLICATES_LAST_WINS, &ignored) == 0)
		root = json_root(d);
	token = json_string(json_get(root, "access_token"));
	if (!token)
		token = json_string(json_get(root, "accessToken"));
	if (!token || !*token)
		rc = fail_set(f, FAIL_REMOTE, "the answer holds no access token");
	else if (!credential_is_word(token))
		rc = fail_set(f, FAIL_REMOTE, "the access token holds what no token does");
	if (rc == 0) {
		strbuf_setlen(&out->token, 0);
		strbuf_addstr(&out->token, token);
		out->life_s = life_of(root, now_s);
	}
	json_doc_wipe(d);
	return rc;
}

/* ---- what is refused ---- */
static void copy(char *out, size_t size, const char *text, const struct secrets *secrets)
{
	struct strbuf shown = STRBUF_INIT;
	size_t len;

	if (text)
		strbuf_addescaped(&shown, text, strlen(text));
	secrets_redact(secrets, &shown);
	len = shown.len < size ? shown.len : size - 1;
	while (len > 0 && len < shown.len && ((unsigned char)shown.buf[len] & 0xc0) == 0x80)
		len--;
	memcpy(out, shown.buf, len);
	out[len] = '\0';
	strbuf_clear(&shown);
}

void oauth_read_error(struct oauth_error *out, const char *text, size_t len, const struct secrets *secrets)
{
	struct json_doc *d = NULL;
	struct fail ignored;
	const json *root = NULL, *error;

	*out = (struct oauth_error){ .code = "" };
	if (json_parse(&d, "answer", text, len, JSON_DUPLICATES_LAST_WINS, &ignored) == 0)
		root = json_root(d);
	error = json_get(root, "error");
	copy(out->code, sizeof out->code, json_string(json_string(error) ? error : json_get(error, "status")), secrets);
	copy(out->subtype, sizeof out->subtype, json_string(json_get(root, "error_subtype")), secrets);
	copy(out->text, sizeof out->text, json_string(json_string(error) ? json_get(root, "error_description") :
	                                              json_get(error, "message")), secrets);
	json_doc_wipe(d);
}

static bool is(const struct oauth_error *e, const char *code)
{
	return strcmp(e->code, code) == 0;
}

static bool says(const struct oauth_error *e, const char *words)
{
	return strcasestr(e->text, words) != NULL;
}

/* Google's own words, or what there is. */
static const char *words_of(const struct oauth_error *e)
{
	return e->text[0] ? e->text : e->code[0] ? e->code : "it gives no reason";
}

static int otherwise(struct fail *f, const struct oauth_refusal *r, const struct oauth_error *e)
{
	if (!e->code[0] && !e->text[0])
		return fail_set(f, FAIL_AUTH, "Google answered %ld and gave no reason", r->status);
	if (!e->text[0] || !e->code[0])
		return fail_set(f, FAIL_AUTH, "Google answered %ld: %s", r->status, words_of(e));
	return fail_set(f, FAIL_AUTH, "Google answered %ld (%s): %s", r->status, e->code, e->text);
}

static int explain_clock(struct fail *f, const struct oauth_refusal *r, const struct oauth_error *e)
{
	char ours[CLOCK_TEXT], theirs[CLOCK_TEXT];

	clock_format(ours, r->now_s);
	clock_format(theirs, r->date_s);
	fail_set(f, FAIL_AUTH, "this machine's clock says %s, Google's %s; asked again with Google's time, it answered: %s",
	         ours, theirs, words_of(e));
	return fail_hint(f, "set the clock of this machine");
}

static int explain_jwt(struct fail *f, const struct oauth_refusal *r, const struct oauth_error *e)
{
	int64_t skew_s = r->date_s < 0 ? 0 : r->date_s - r->now_s;

	if (is(e, "invalid_grant") && (skew_s > OAUTH_SKEW_S || skew_s < -OAUTH_SKEW_S))
		return explain_clock(f, r, e);
	if (says(e, "signature") || says(e, "no key")) {
		fail_set(f, FAIL_AUTH, "Google does not know this key: it was deleted or replaced (%s)", words_of(e));
		return fail_hint(f, "make a new key for the account%s%.64s, and take that", r->c->key_id ? " in place of " : "",
		                 r->c->key_id && credential_is_word(r->c->key_id) ? r->c->key_id : "");
	}
	if (says(e, "disabled") || says(e, "deleted") || says(e, "not found") || says(e, "not a valid email")) {
		fail_set(f, FAIL_AUTH, "the service account is disabled or deleted (%s)", words_of(e));
		return fail_hint(f, "look for it under IAM & Admin, Service Accounts, in its project");
	}
	return otherwise(f, r, e);
}

static const char *login_command(const struct credential *c)
{
	if (strcmp(c->source, "firebase login") == 0)
		return "firebase login --reauth";
	if (strcmp(c->source, "FIREBASE_TOKEN") == 0)
		return "firebase login:ci, and take the token that it prints";
	return "gcloud auth application-default login";
}

static int explain_login(struct fail *f, const struct oauth_refusal *r, const struct oauth_error *e)
{
	if (is(e, "invalid_client") || is(e, "unauthorized_client") || strstr(e->code, "ed_client")) {
		fail_set(f, FAIL_AUTH, "the login belongs to another OAuth client, or that client is gone (%s)", words_of(e));
		if (strcmp(r->c->source, "firebase login") == 0 || strcmp(r->c->source, "FIREBASE_TOKEN") == 0)
			return fail_hint(f, "FIREBASE_CLIENT_ID and FIREBASE_CLIENT_SECRET must be those of the firebase-tools "
			                    "that logged in");
		return fail_hint(f, "log in again: %s", login_command(r->c));
	}
	if (strcmp(e->subtype, "invalid_rapt") == 0)
		fail_set(f, FAIL_AUTH, "your organisation wants you to log in again (%s)", words_of(e));
	else if (is(e, "invalid_grant") && (says(e, "disabled") || says(e, "deleted")))
		return fail_set(f, FAIL_AUTH, "the account is disabled or deleted (%s)", words_of(e));
	else if (is(e, "invalid_grant"))
		fail_set(f, FAIL_AUTH, "the login has run out or was revoked (%s)", words_of(e));
	else
		return otherwise(f, r, e);
	return fail_hint(f, "log in again: %s", login_command(r->c));
}

static int explain_sts(struct fail *f, const struct oauth_refusal *r, const struct oauth_error *e)
{
	if (is(e, "invalid_target"))
		fail_set(f, FAIL_AUTH, "audience names no identity pool and provider that Google knows (%s)", words_of(e));
	else if (is(e, "invalid_grant") || is(e, "invalid_request"))
		fail_set(f, FAIL_AUTH, "Google does not accept the token of the identity provider (%s)", words_of(e));
	else
		return otherwise(f, r, e);
	return fail_hint(f, "compare issuer, audience and attribute condition of the provider with the token's claims");
}

static int explain_metadata(struct fail *f, const struct oauth_refusal *r, const struct oauth_error *e)
{
	if (r->status != 404)
		return otherwise(f, r, e);
	fail_set(f, FAIL_AUTH, "this machine has no service account");
	return fail_hint(f, "give it one, or set GOOGLE_APPLICATION_CREDENTIALS");
}

static int explain_hop(struct fail *f, const struct oauth_refusal *r, const struct oauth_error *e)
{
	const char *name = strrchr(r->c->hops[r->hop].url, '/');
	struct strbuf shown = STRBUF_INIT;

	strbuf_addescaped(&shown, name + 1, strcspn(name + 1, ":?"));
	if (r->status == 404) {
		fail_set(f, FAIL_AUTH, "there is no service account %s (%s)", shown.buf, words_of(e));
	} else if (r->status == 403) {
		fail_set(f, FAIL_AUTH, "it may not act as %s (%s)", shown.buf, words_of(e));
		fail_hint(f, "grant it %s on that account", r->c->flow == FLOW_STS && r->hop == 0 ?
		          "roles/iam.workloadIdentityUser" : "roles/iam.serviceAccountTokenCreator");
	} else {
		otherwise(f, r, e);
	}
	strbuf_clear(&shown);
	return -1;
}

int oauth_explain(struct fail *f, const struct oauth_refusal *r, const struct oauth_error *e)
{
	if (r->step == OAUTH_HOP)
		return explain_hop(f, r, e);
	if (r->step == OAUTH_SUBJECT)
		return fail_set(f, FAIL_AUTH, "it answered %ld%s%s", r->status, e->text[0] ? ": " : "", e->text);
	switch (r->c->flow) {
	case FLOW_JWT:
		return explain_jwt(f, r, e);
	case FLOW_REFRESH:
		return explain_login(f, r, e);
	case FLOW_STS:
		return explain_sts(f, r, e);
	case FLOW_METADATA:
		return explain_metadata(f, r, e);
	case FLOW_ACCESS:
		break;
	}
	return otherwise(f, r, e);
}
