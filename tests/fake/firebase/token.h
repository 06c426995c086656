/* token: who may call. Service accounts with keys made here, a real exchange of signed JWTs (RFC 7523) and of refresh
 * tokens (RFC 6749) for bearer tokens, and what is still valid. */
#ifndef FAKE_TOKEN_H
#define FAKE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "call.h"

struct account;
struct tokens {
	struct arena mem;
	struct account *accounts;
	struct strmap issued;               /* bearer -> what it stands for */
	struct strmap refresh;              /* refresh token -> itself */
	int64_t lifetime_s;
	bool owner;                         /* "Bearer owner" is good, as for the official client's emulators */
};

void tokens_clear(struct tokens *t);
/* Makes an account with a fresh 2048-bit key and writes its JSON file (0600) with token_uri = base + "/token". */
int tokens_add_account(struct tokens *t, const char *path, const char *project, const char *base, struct fail *f);
void tokens_add_refresh(struct tokens *t, const char *text);
/* The e-mail of whoever holds the value of an Authorization header, or NULL. */
const char *tokens_holder(const struct tokens *t, const char *authorization);
/* Every token issued so far is worth nothing from now on. */
void tokens_expire(struct tokens *t);

/* OAuth's refusal, which is not Google's error document. Returns -1. */
int token_deny(struct call *c, int status, const char *error, const char *why);
/* Handlers, see call.h. exchange: a JWT or a refresh token; refresh: the latter only. */
int token_exchange(struct call *c);
int token_refresh(struct call *c);

#endif
