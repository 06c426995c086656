/* token: one access token for each credential, for the whole run and for all sessions that have this credential. Wanted
 * by many, it is asked for once. A token is renewed once before it ends (5 min, or at half of a short life, when it is
 * next wanted; where that fails the old one serves to its end), and once when the service refuses it with 401.
 *
 * A request does: token_want; in `headers` http_add_header(rq, token_bearer(t)), keeping token_number(t); then
 * token_accepted with that number, or on a 401 token_refused with it, token_want and one more try. A new token that is
 * refused where none was ever accepted ends it: nothing is asked for again, and every want fails. Where one was, the
 * refusal may be one site's own, which is no reason to leave the others without a token; the third in a row ends it.
 *
 * Everything runs on the loop thread. */
#ifndef SLIPWAY_HOST_FIREBASE_TOKEN_H
#define SLIPWAY_HOST_FIREBASE_TOKEN_H

#include "base/fail.h"
#include "host/firebase/credential.h"
#include "net/http.h"
#include "net/loop.h"
#include "target/secret.h"

struct tokens;
struct token;

/* All of a run; one for each engine. secrets: learns tokens and assertions; may be NULL. Opens nothing. */
struct tokens *tokens_new(struct loop *l, struct http *h, struct secrets *secrets);
/* Before the engine is freed, and after all who want: ops that still wait end as cancelled. Wipes; accepts NULL. */
void tokens_free(struct tokens *ts);
/* The token of a credential. c is taken over, and stays as it is until tokens_free, also when another one of the same
 * identity came first. o: name and timeouts of the sign-in; the first of an identity decides. */
struct token *tokens_adopt(struct tokens *ts, struct credential *c, const struct http_peer_options *o);

/* Ends op when there is a token that should do for some minutes. Failures: FAIL_AUTH (stays), or what the engine gave
 * up on; the text says who could not sign in, and with which credential. */
void token_want(struct token *t, struct op *op);
/* Signs in now unless there is a token: who wants one soon waits less. Nobody is told how it went. */
void token_begin(struct token *t);
/* An op that waits ends as cancelled, on the next turn; harmless when it has ended. */
void token_unwant(struct token *t, struct op *op);
/* "Authorization: Bearer ...", valid until the loop turns; NULL when there is none. */
const char *token_bearer(const struct token *t);
/* Which one that is: from 1, and another one for each new token; 0 = none. */
unsigned token_number(const struct token *t);
/* The service answered 401 to a request with the token of this number, or something else. Older ones than the present
 * one are no news; nor is 0. */
void token_refused(struct token *t, unsigned number);
void token_accepted(struct token *t, unsigned number);
/* The value of x-goog-user-project; NULL = none is to be sent. */
const char *token_quota_project(const struct token *t);
/* Google's clock minus ours in seconds, where that mattered: a service account was refused for it, and asked again. */
int64_t token_skew_s(const struct token *t);

#endif
