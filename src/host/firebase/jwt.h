/* jwt: a JSON Web Token signed with RS256 (RFC 7515, RFC 7518 3.3): how a service account asks Google for an access
 * token (https://developers.google.com/identity/protocols/oauth2/service-account#httprest). */
#ifndef SLIPWAY_HOST_FIREBASE_JWT_H
#define SLIPWAY_HOST_FIREBASE_JWT_H

#include <stdint.h>
#include "base/fail.h"
#include "base/strbuf.h"

#define JWT_LIFE_S 3600                 /* the longest that Google takes */

struct jwt {
	const char *key_id;             /* private_key_id; NULL = none is named */
	const char *issuer;             /* client_email */
	const char *scope;              /* separated by one space */
	const char *audience;           /* the URL that it is posted to */
	int64_t issued_s;               /* wall time of the far side */
};
/* Appends header.claims.signature. key: PEM of an RSA key, PKCS #8 or #1, without a password. FAIL_AUTH otherwise;
 * nothing of the key is in the failure. What is appended is a secret for as long as it lives. */
int jwt_sign(struct strbuf *out, const struct jwt *j, const char *key, struct fail *f);

#endif
