/* account: what the tests of credentials share: an environment without any, and a service account that is nobody's. */
#ifndef SLIPWAY_TESTS_FIREBASE_ACCOUNT_H
#define SLIPWAY_TESTS_FIREBASE_ACCOUNT_H

#include <stdbool.h>
#include "../../support/test.h"
#include "base/json.h"
#include "base/strbuf.h"

#define ACCOUNT_EMAIL "ci@tpb.iam.gserviceaccount.com"

/* A home of our own, and none of the variables that name credentials; METADATA_SERVER_DETECTION is none, since the
 * machine that runs the tests may be Google's. */
void account_begin(struct scratch *home);
/* Writes a file below home, mode 0600, and returns its path (the caller's to free). */
char *account_file(const struct scratch *home, const char *path, const char *text);
/* PEM of the account's key, PKCS #8. Static. */
const char *account_key(void);
/* The JSON of its key file; extra (may be "") stands before the closing brace: ", \"token_uri\": ...". */
void account_json(struct strbuf *out, const char *extra);
/* Splits a JWT and verifies it with the account's public key: its claims, or NULL. */
struct json_doc *account_claims(const char *jwt);
/* Its header. */
struct json_doc *account_jwt_header(const char *jwt);

#endif
