/* fields: Google's partial answers: ?fields=name,release(type,version/labels) leaves only what is selected. */
#ifndef FAKE_FIELDS_H
#define FAKE_FIELDS_H

#include "call.h"

/* Cuts the JSON answer that c->out holds down to the selection; refuses one that cannot be read. */
int fields_apply(struct call *c, const char *selection);

#endif
