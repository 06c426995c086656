/* exchange: the way from a credential to an access token, once: the identity provider's token where there is one, the
 * grant, and a generateAccessToken for each identity on the way. All requests go over one lane, repeatable (each asks
 * for something new and changes nothing) and before all others, since everything waits for it; retries are the
 * engine's. A service account whose clock is off is asked for once more with Google's time.
 *
 * Everything runs on the loop. idle: job and rq not under way; else exactly one of them is. */
#ifndef SLIPWAY_HOST_FIREBASE_EXCHANGE_H
#define SLIPWAY_HOST_FIREBASE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/fail.h"
#include "host/firebase/credential_inside.h"
#include "host/firebase/oauth.h"
#include "host/firebase/subject.h"
#include "net/http.h"
#include "net/loop.h"

struct exchange {
	struct timer patience;          /* first: the loop's view. Where there is no metadata server, nobody answers */

	/* ---- the caller's ---- */
	struct loop *loop;
	struct http_lane *lane;
	struct secrets *secrets;        /* learns every secret on the way; may be NULL */
	const struct credential *c;     /* not FLOW_ACCESS */
	void (*done)(struct exchange *x);       /* the exchange is idle again; may run inside exchange_start */
	void *owner;

	/* ---- the outcome, valid in done ---- */
	int rc;
	struct fail fail;               /* without who it is about */
	bool refused;                   /* the grant itself was answered with 400 or 401 */
	struct oauth_answer answer;
	int64_t skew_s;                 /* Google's clock minus ours, where it mattered; kept for the next time */

	/* ---- its own ---- */
	enum oauth_step step;
	unsigned hop;
	bool corrected, again, late;
	struct http_request rq;
	struct strbuf subject, body, bearer;    /* secret */
	struct subject_job *job;
};

/* The caller's fields are filled by the caller, the rest is nothing. */
void exchange_init(struct exchange *x);
/* Every address that it will speak to. FAIL_CONFIG for those that may not be spoken to. */
int exchange_allow(const struct credential *c, struct http_peer *p, struct fail *f);
void exchange_start(struct exchange *x);        /* must be idle */
/* Ends it without done. Before the lane is freed. */
void exchange_stop(struct exchange *x);
void exchange_clear(struct exchange *x);        /* must be idle; wipes */

#endif
