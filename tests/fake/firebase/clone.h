/* clone: copying a version to a site of the same project (or, when the server was told so, of any), as a long-running
 * operation, and asking whether it is done. */
#ifndef FAKE_CLONE_H
#define FAKE_CLONE_H

#include "call.h"

/* Handlers, see call.h. */
int clone_begin(struct call *c);
int clone_poll(struct call *c);

#endif
