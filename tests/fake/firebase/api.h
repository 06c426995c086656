/* api: one API request from end to end: route, rights, faults, handler, latency, log. */
#ifndef FAKE_API_H
#define FAKE_API_H

#include "call.h"
#include "gate.h"

void api_answer(struct call *c, struct conn *conn);
/* Ends the record of a delivery that is over. */
void api_over(struct server *s, void *record, size_t sent);
/* Parses the request's body as JSON into c->body ("{}" when empty); to be freed by the caller. NULL after refusing. */
struct json_doc *api_body(struct call *c);
/* Sends what the call has for an answer. `headers` are whole lines, may be "". */
void api_deliver(struct call *c, struct conn *conn, const char *headers, struct delivery *d);

#endif
