/* subject: the token of an identity provider, which an external account gives for one of Google's (AIP-4117). A file or
 * a program is read here, on a worker; what an address answers comes by subject_extract only. */
#ifndef SLIPWAY_HOST_FIREBASE_SUBJECT_H
#define SLIPWAY_HOST_FIREBASE_SUBJECT_H

#include <stddef.h>
#include "base/fail.h"
#include "base/strbuf.h"
#include "host/firebase/credential_inside.h"
#include "net/loop.h"

#define SUBJECT_MOST ((size_t)64 * 1024)

/* Appends the token that a file or an address gave: the text without white space at its end, or the JSON field.
 * FAIL_AUTH; nothing of the text is in the failure. */
int subject_extract(struct strbuf *token, const struct subject *s, const char *text, size_t len, struct fail *f);
/* Appends the token that a program wrote: {"version": 1, "success": true, "token_type", "id_token" | "saml_response"[,
 * "expiration_time"]}. */
int subject_from_program(struct strbuf *token, const char *text, size_t len, struct fail *f);

struct subject_job;
/* SUBJECT_FILE and SUBJECT_PROGRAM. done runs on the loop, exactly once, unless abandoned; token and f (rc -1) are its
 * to look at until it returns. s is copied. */
struct subject_job *subject_fetch(struct loop *l, const struct subject *s,
                                  void (*done)(void *arg, int rc, const struct strbuf *token, const struct fail *f),
                                  void *arg);
/* done will not run; a program is killed. The job frees itself. Accepts NULL. */
void subject_abandon(struct subject_job *j);

#endif
