/* jwt: RS256 (RFC 7515, 7518) with OpenSSL: keys and signatures. */
#ifndef FAKE_JWT_H
#define FAKE_JWT_H

#include <stdbool.h>
#include "base/mem.h"
#include "base/strbuf.h"

struct evp_pkey_st;
/* A fresh 2048-bit RSA key; its PKCS#8 PEM text is appended. NULL when OpenSSL cannot. */
struct evp_pkey_st *jwt_key(struct strbuf *pem);
void jwt_key_free(struct evp_pkey_st *key);             /* accepts NULL */
/* Splits "header.claims.signature"; the first two come out as JSON text in the arena. False when it is malformed. */
bool jwt_split(struct arena *a, const char *token, const char **header, const char **claims);
/* Did the key sign this token? */
bool jwt_signed_by(struct arena *a, const char *token, struct evp_pkey_st *key);

#endif
