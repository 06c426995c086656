/* serve: what a visitor sees: the live release of a site, by Host SITE.localhost or SITE--CHANNEL.localhost, or by path
 * /_site/SITE[@CHANNEL]/... */
#ifndef FAKE_SERVE_H
#define FAKE_SERVE_H

#include "call.h"
#include "gate.h"

/* Is the request a visitor's? */
bool serve_wants(const struct call *c);
void serve_answer(struct call *c, struct conn *conn);

#endif
