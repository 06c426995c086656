/* state: the world as tests look at it. */
#ifndef FAKE_STATE_H
#define FAKE_STATE_H

#include "call.h"

/* Handlers of the control interface, see call.h and ../README.md. */
int state_all(struct call *c);
int state_site(struct call *c);
int state_export(struct call *c);               /* the live tree into a directory */

#endif
