/* message: what a release's message says: the user's text, then a compact JSON object that only machines read:
 * `new menu {"by":"ana@ci-7","action":"deploy","env":"production"}`. At most 512 characters (the service's limit): the
 * text is cut, never the tail. */
#ifndef SLIPWAY_HOST_FIREBASE_MESSAGE_H
#define SLIPWAY_HOST_FIREBASE_MESSAGE_H

#include "base/mem.h"
#include "base/strbuf.h"

#define MESSAGE_MOST 512

struct message {                        /* strings NULL when not said */
	const char *text;
	const char *by, *action, *environment, *approver, *ci;
};
void message_format(struct strbuf *out, const struct message *m);
/* A message that somebody else wrote has no tail: it is all text. */
void message_parse(struct message *out, const char *text, struct arena *mem);

#endif
