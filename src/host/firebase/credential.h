/* credential: who we are at Google, found without a network. The first of these that is there applies, also when it is
 * unusable (then it is a failure: deploying as somebody else is no remedy):
 *
 *   credentials      of the host manifest: {"file"[, "key"]} or {"env"}; JSON or base64 of it
 *   GOOGLE_APPLICATION_CREDENTIALS      the path of such a JSON file
 *   FIREBASE_TOKEN                      a refresh token of firebase-tools, or an access token
 *   firebase login                      what firebase-tools stored for this directory, or at all
 *   gcloud                              application_default_credentials.json in CLOUDSDK_CONFIG or ~/.config/gcloud
 *   metadata server                     where this machine seems to be Google's, or GCE_METADATA_HOST says so
 *
 * Types of JSON: service_account, authorized_user, external_account and impersonated_service_account, as in
 * https://google.aip.dev/auth/4110 and following. Addresses in them are believed only when they are Google's: secrets
 * go to oauth2, sts and iamcredentials on googleapis.com, to the origin that FIREBASE_TOKEN_URL names (it replaces
 * Google's for tokens), and, for external_account and impersonation, to what SLIPWAY_ALLOW_ENDPOINTS lists.
 *
 * Refresh tokens of firebase-tools work with its OAuth client only, which is not ours to ship: FIREBASE_CLIENT_ID and
 * FIREBASE_CLIENT_SECRET name it. Without them a stored access token is used while it lives. */
#ifndef SLIPWAY_HOST_FIREBASE_CREDENTIAL_H
#define SLIPWAY_HOST_FIREBASE_CREDENTIAL_H

#include "base/fail.h"
#include "base/strbuf.h"
#include "target/project.h"
#include "target/secret.h"

struct credential;

/* Reads the environment and at most two files, so that every command can say first who it is. target: any one of the
 * host's, for its `credentials`; NULL = as if the manifest named none. root: the project's directory, absolute; NULL =
 * no project. secrets: learns what must not be told; NULL only where target is or names no credentials.
 * Adds to notes a line for what is not as it should be ("/home/ana/key.json can be read by others: chmod 600 ...").
 * FAIL_AUTH: none there, unusable, or a file that others may write. FAIL_CONFIG: the reference or the environment is
 * wrong. */
int credential_find(struct credential **out, const struct target *target, const char *root, struct secrets *secrets,
                    struct strbuf *notes, struct fail *f);
void credential_free(struct credential *c);             /* wipes; accepts NULL */
/* For people, fit for a terminal: "ci@tpb.iam.gserviceaccount.com", "ana@example.com", "this machine's service
 * account"; and where it came from: "GOOGLE_APPLICATION_CREDENTIALS", "credentials of host kiosks", "gcloud". */
const char *credential_who(const struct credential *c);
const char *credential_source(const struct credential *c);
/* Equal text = the same credential, which needs one access token only. Tells nothing of it. */
const char *credential_identity(const struct credential *c);
/* The value of x-goog-user-project; NULL = none is to be sent. */
const char *credential_quota_project(const struct credential *c);

#endif
