/* oauth: what Google's token endpoints answer (RFC 6749 5.1, 5.2; RFC 8693; google.rpc errors from iamcredentials), and
 * how it is said to people. */
#ifndef SLIPWAY_HOST_FIREBASE_OAUTH_H
#define SLIPWAY_HOST_FIREBASE_OAUTH_H

#include <stdint.h>
#include "base/fail.h"
#include "base/strbuf.h"
#include "host/firebase/credential_inside.h"

struct oauth_answer {
	struct strbuf token;            /* secret; never anything that could not stand in a header line */
	int64_t life_s;                 /* from the moment of the answer; at least 1 */
};
#define OAUTH_ANSWER_INIT { .token = STRBUF_SECRET }

/* An answer below 300: access_token and expires_in, or accessToken and expireTime. now_s: the answer's Date, else our
 * clock. FAIL_REMOTE when it is neither. */
int oauth_read(struct oauth_answer *out, const char *text, size_t len, int64_t now_s, struct fail *f);

struct oauth_error {                    /* "" = was not said; fit for a terminal */
	char code[64];                  /* "invalid_grant", "PERMISSION_DENIED" */
	char subtype[64];               /* "invalid_rapt" */
	char text[300];                 /* Google's own words */
};
/* secrets: what they know is taken out before anything is cut to fit, in case the far side says back what it was told.
 * May be NULL. */
void oauth_read_error(struct oauth_error *out, const char *text, size_t len, const struct secrets *secrets);

enum oauth_step { OAUTH_SUBJECT, OAUTH_GRANT, OAUTH_HOP };
struct oauth_refusal {
	const struct credential *c;
	enum oauth_step step;
	unsigned hop;                   /* OAUTH_HOP */
	long status;
	int64_t date_s;                 /* the answer's Date; -1 = none */
	int64_t now_s;                  /* our clock */
};
/* A clock that is wrong by more than Google takes. */
#define OAUTH_SKEW_S 300
/* Makes a sentence and a hint of it: FAIL_AUTH. Returns -1. */
int oauth_explain(struct fail *f, const struct oauth_refusal *r, const struct oauth_error *e);

#endif
