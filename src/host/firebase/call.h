/* call: one JSON call to the API, with everything that all of them share: the bearer token (fetched when there is none,
 * renewed once when it is refused), the quota project, the answer parsed, Google's errors classified.
 *
 *   struct call *c = call_new(place, op, "POST", done);
 *   strbuf_addf(&c->path, "/v1beta1/%s:populateFiles", version);
 *   strbuf_addstr(&c->body, "{...}");
 *   call_send(c);                      done(c) runs later, exactly once; then call_free(c)
 *
 * Errors of the service: https://cloud.google.com/apis/design/errors (google.rpc.Status in "error"). */
#ifndef SLIPWAY_HOST_FIREBASE_CALL_H
#define SLIPWAY_HOST_FIREBASE_CALL_H

#include "host/firebase/firebase.h"

struct call {
	struct place *place;
	struct op *op;                  /* the step it serves */
	void *owner;                    /* the step's */
	struct strbuf path;             /* "/v1beta1/..." behind the API's origin, or a whole URL; query included */
	struct strbuf body;             /* JSON; empty = none */
	struct http_request rq;         /* flags may be changed before call_send; fd, offset, size for uploads */
	bool raw;                       /* what is answered is not JSON */
	bool once;                      /* not to be repeated blindly: HTTP_REPEATABLE is left out */
	void (*done)(struct call *c);

	int rc;                         /* in done; c->rq.fail says why */
	struct json_doc *doc;           /* the answer; NULL when it was empty */
	const json *answer;             /* its root */

	/* the file's */
	struct op token_op;
	struct arena token_mem;
	unsigned token;                 /* number of the token that the last attempt carried; 0 = none */
	bool renewed;
	struct call *next_waiting;      /* of the place, until there is a token */
};

struct call *call_new(struct place *p, struct op *op, const char *method, void (*done)(struct call *c));
void call_send(struct call *c);
/* Counts the attempts for the op's results, then frees. Accepts NULL. */
void call_free(struct call *c);
/* Does the answer's error say so (part of google.rpc.Status.message)? */
bool call_says(const struct call *c, const char *text);
/* Moves the failure to the op; returns -1. */
int call_fail(const struct call *c, struct op *op);
/* Keeps the answer as the place's newest page of releases (read.c). */
void page_keep(struct place *p, struct call *c);
#define RECENT_RELEASES 25              /* of a page: enough for what is live, who went back, and where to */

/* Appends "/v1beta1/projects/P/sites/S". */
void call_site(struct call *c);
/* Makes it a PATCH of the place's channel that lets it live for --expires from now on (channels.c); one that is not
 * there is made by it. */
void call_channel_ttl(struct call *c);

#endif
