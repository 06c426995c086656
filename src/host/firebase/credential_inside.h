/* credential_inside: what a credential is made of, for the files that find one and for exchange.c.
 *
 * credential.c reads the environment, knows the order and the metadata server. credential_login.c knows
 * FIREBASE_TOKEN and what firebase-tools stored. credential_read.c reads files, credential_types.c the documents in
 * them. Everything is settled when a credential is found: no later step looks at the environment. */
#ifndef SLIPWAY_HOST_FIREBASE_CREDENTIAL_INSIDE_H
#define SLIPWAY_HOST_FIREBASE_CREDENTIAL_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/json.h"
#include "base/mem.h"
#include "host/firebase/credential.h"

#define SCOPE_FIREBASE "https://www.googleapis.com/auth/firebase"
#define SCOPE_CLOUD "https://www.googleapis.com/auth/cloud-platform"

enum credential_flow {
	FLOW_ACCESS,                    /* access_token is all there is */
	FLOW_JWT,                       /* service_account: signs for itself */
	FLOW_REFRESH,                   /* refresh_token */
	FLOW_STS,                       /* external_account: a token of somebody else's */
	FLOW_METADATA                   /* the machine's own service */
};

enum subject_kind { SUBJECT_FILE, SUBJECT_URL, SUBJECT_PROGRAM };

struct subject {                        /* where an external account's token comes from (AIP-4117) */
	enum subject_kind kind;
	const char *file, *url;
	const json *headers;            /* of url: object of strings, or NULL */
	const char *field;              /* the answer is JSON and the token stands there; NULL = it is the token */
	char **argv, **env;             /* the program, and what its environment has besides ours; NULL-terminated */
	int most_ms;
};

struct hop {                            /* from one identity to the next: generateAccessToken */
	const char *url;
	const json *delegates;          /* array of strings, or NULL */
	int64_t life_s;
};
#define HOPS_MOST 4

struct credential {
	enum credential_flow flow;
	char *who, *source, *quota_project, *identity;
	struct json_doc *doc;           /* wiped; strings below are borrowed from it or lie in mem, which holds no secret */
	struct arena mem;
	const char *token_url;          /* where the first exchange is posted to; FLOW_METADATA: got from */

	const char *email, *key_id, *private_key;                       /* FLOW_JWT; key_id may be NULL */
	const char *client_id, *client_secret, *refresh_token;          /* FLOW_REFRESH; client_*: FLOW_STS too, or NULL */
	const char *audience, *subject_type, *user_project;             /* FLOW_STS; user_project may be NULL */
	struct subject subject;
	struct hop hops[HOPS_MOST];
	unsigned hop_count;

	/* An access token that came with it, good for access_s seconds more (FLOW_ACCESS: 0 = nobody knows), or NULL. */
	const char *access_token;
	int64_t access_s;
	bool may_be_access;             /* FIREBASE_TOKEN: when refresh_token is refused, it is tried as an access token */
};

struct surroundings {                   /* the environment, read once; NULL = not set */
	const char *key_path;           /* GOOGLE_APPLICATION_CREDENTIALS */
	const char *firebase_token, *client_id, *client_secret;         /* client_*: both or none */
	const char *store_path, *gcloud_path;                           /* of the files; NULL = nobody's home */
	const char *metadata_host, *metadata_detection;
	const char *token_origin;       /* FIREBASE_TOKEN_URL, without a slash at its end */
	bool programs_allowed;          /* GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 */
};

struct search {
	const struct target *target;
	const char *root;
	struct secrets *secrets;
	struct strbuf *notes;
	struct surroundings around;
	struct credential *c;           /* being filled */
};

enum found { FOUND_ERROR = -1, FOUND_NOTHING, FOUND };

/* credential_login.c. Each names its source. */
enum found credential_from_token(struct search *s, struct fail *f);
enum found credential_from_store(struct search *s, struct fail *f);

/* credential_read.c */
/* Reads a document and fills s->c from it. NOTHING (and f untouched) only when there is no such file. */
enum found credential_take_file(struct search *s, const char *path, struct fail *f);
enum found credential_absent(const char *path, struct fail *f);         /* a failure for those to whom it matters */
int credential_take(struct search *s, const char *text, size_t len, struct fail *f);
/* Appends a regular file of at most 1 MiB, and its mode. FAIL_AUTH when others may write it, FAIL_MISSING when there is
 * none. The failure begins with the path. */
int credential_read_file(struct strbuf *out, mode_t *mode, const char *path, struct fail *f);
/* The same look at a file that somebody else reads. */
int credential_look_at(mode_t *mode, const char *path, struct fail *f);
/* Notes that others may read a file of keys. */
void credential_note_readers(struct search *s, const char *path, mode_t mode, const json *document);
/* A JSON object, or base64 of one. Failures hold nothing of the text. */
int credential_parse(struct json_doc **out, const char *text, size_t len, struct fail *f);
/* May it stand in a header line? Visible ASCII only. */
bool credential_is_word(const char *text);
void credential_set_who(struct credential *c, const char *who);
void credential_set_source(struct credential *c, const char *source);

/* credential_types.c: fills c from its doc. */
int credential_from_document(struct credential *c, const struct surroundings *around, struct fail *f);

#endif
