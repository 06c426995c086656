#include "host/firebase/credential_inside.h"

#include <string.h>

#include "base/clock.h"

#define EARLY_S 300                     /* a stored access token that ends sooner is as good as none */

struct login {                          /* borrowed; NULL = absent */
	const char *account;            /* the mail address */
	const char *refresh_token, *access_token;
	int64_t ends_s;                 /* of access_token, wall time */
};

/* A login in the form of an authorized_user, so that it is read, kept and wiped the same way. */
static int take_login(struct search *s, const struct login *l, struct fail *f)
{
	const char *const fields[][2] = {
		{ "type", "authorized_user" }, { "account", l->account }, { "client_id", s->around.client_id },
		{ "client_secret", s->around.client_secret }, { "refresh_token", l->refresh_token },
		{ "access_token", l->access_token },
	};
	struct strbuf text = STRBUF_SECRET;
	struct credential *c = s->c;
	struct jw w;
	int rc;

	jw_init(&w, &text, 0);
	jw_object(&w);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i][1])
			jw_kstr(&w, fields[i][0], fields[i][1]);
	jw_end(&w);
	rc = credential_parse(&c->doc, text.buf, text.len, f);
	strbuf_clear(&text);
	c->flow = FLOW_ACCESS;
	if (rc == 0 && s->around.client_id && l->refresh_token)
		rc = credential_from_document(c, &s->around, f);
	if (rc < 0)
		return -1;
	c->access_token = json_string(json_get(json_root(c->doc), "access_token"));
	if (c->access_token && !credential_is_word(c->access_token))
		return fail_set(f, FAIL_AUTH, "the access token holds what no token does");
	return 0;
}

enum found credential_from_token(struct search *s, struct fail *f)
{
	const char *token = s->around.firebase_token;
	struct login l = { .account = NULL };

	if (!token)
		return FOUND_NOTHING;
	credential_set_source(s->c, "FIREBASE_TOKEN");
	/* Google's refresh tokens begin so. */
	if (!s->around.client_id && strncmp(token, "1//", 3) == 0) {
		fail_set(f, FAIL_AUTH, "a refresh token works with firebase-tools' own OAuth client only");
		fail_hint(f, "name it with FIREBASE_CLIENT_ID and FIREBASE_CLIENT_SECRET; better, use a key file and "
		             "GOOGLE_APPLICATION_CREDENTIALS");
		return FOUND_ERROR;
	}
	*(s->around.client_id ? &l.refresh_token : &l.access_token) = token;
	if (take_login(s, &l, f) < 0)
		return FOUND_ERROR;
	s->c->may_be_access = s->around.client_id != NULL;
	credential_set_who(s->c, s->around.client_id ? "a user who logged in" : "an access token");
	return FOUND;
}

/* ---- what firebase-tools (15.28) stored: configstore/firebase-tools.json ---- */
static const char *text_of(const json *o, const char *key)
{
	const char *text = json_string(json_get(o, key));

	return text && *text ? text : NULL;
}

static const char *email_of(const json *account)
{
	return text_of(json_get(account, "user"), "email");
}

/* The store itself has the form of an account: user and tokens. */
static const json *chosen(const json *store, const char *root)
{
	const char *email = root ? text_of(json_get(store, "activeAccounts"), root) : NULL;

	if (!email || (email_of(store) && strcmp(email_of(store), email) == 0))
		return store;
	for (const json *a = json_first(json_get(store, "additionalAccounts")); a; a = json_next(a))
		if (email_of(a) && strcmp(email_of(a), email) == 0)
			return a;
	return store;
}

static bool pick(struct login *out, const json *store, const char *root)
{
	const json *account = chosen(store, root), *tokens = json_get(account, "tokens");
	int64_t ends_ms = 0;

	*out = (struct login){ .account = email_of(account), .refresh_token = text_of(tokens, "refresh_token"),
	                       .access_token = text_of(tokens, "access_token") };
	if (json_int(json_get(tokens, "expires_at"), &ends_ms))
		out->ends_s = ends_ms / 1000;
	return out->refresh_token || out->access_token;
}

static enum found use_login(struct search *s, struct login *l, struct fail *f)
{
	int64_t left_s = l->access_token ? l->ends_s - clock_wall_s() : 0;

	if (left_s < EARLY_S)
		l->access_token = NULL;
	if (!l->access_token && !l->refresh_token)
		return FOUND_NOTHING;
	if (!l->access_token && !s->around.client_id) {
		fail_set(f, FAIL_AUTH, "the stored login has run out, and only firebase-tools' own OAuth client can renew it");
		fail_hint(f, "any command of firebase-tools renews it for an hour (firebase projects:list); or name the client "
		             "with FIREBASE_CLIENT_ID and FIREBASE_CLIENT_SECRET, or use GOOGLE_APPLICATION_CREDENTIALS");
		return FOUND_ERROR;
	}
	if (take_login(s, l, f) < 0)
		return FOUND_ERROR;
	s->c->access_s = l->access_token ? left_s : 0;
	credential_set_who(s->c, l->account ? l->account : "a user who logged in");
	return FOUND;
}

enum found credential_from_store(struct search *s, struct fail *f)
{
	const char *path = s->around.store_path;
	struct strbuf text = STRBUF_SECRET;
	struct json_doc *store = NULL;
	struct fail why = FAIL_INIT;
	enum found found = FOUND_NOTHING;
	struct login l;
	mode_t mode = 0;

	credential_set_source(s->c, "firebase login");
	if (!path)
		return FOUND_NOTHING;
	if (credential_read_file(&text, &mode, path, &why) < 0) {
		if (why.kind != FAIL_MISSING) {
			*f = why;
			found = FOUND_ERROR;
		}
	} else if (credential_parse(&store, text.buf, text.len, &why) == 0 && pick(&l, json_root(store), s->root)) {
		/* what is no JSON is an empty store to firebase-tools too */
		found = use_login(s, &l, f);
		if (found == FOUND)
			credential_note_readers(s, path, mode, json_root(store));
	}
	json_doc_wipe(store);
	strbuf_clear(&text);
	return found;
}
