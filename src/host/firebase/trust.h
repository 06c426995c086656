/* trust: whether an address that a credential's document names may be given secrets. A document may have come with a
 * project, so only Google's own addresses are believed, and what the environment of the user names. */
#ifndef SLIPWAY_HOST_FIREBASE_TRUST_H
#define SLIPWAY_HOST_FIREBASE_TRUST_H

#include <stdbool.h>

/* A service account's token_uri. token_origin: what FIREBASE_TOKEN_URL says, or NULL. */
bool trust_token_uri(const char *url, const char *token_origin);
/* An address of one of Google's services ("sts", "iamcredentials"): SERVICE.googleapis.com and its regional forms over
 * https, the token origin, or what SLIPWAY_ALLOW_ENDPOINTS lists. Loopback counts only as the token origin: whoever
 * listens there need not be us. */
bool trust_service(const char *url, const char *service, const char *token_origin);

#endif
