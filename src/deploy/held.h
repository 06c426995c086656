/* held: what was rolled back does not come back unasked. */
#ifndef SLIPWAY_DEPLOY_HELD_H
#define SLIPWAY_DEPLOY_HELD_H

#include "deploy/fleet.h"

/* r leaves as held: "rolled back 1 h ago by ana: white screen". The record may be NULL: then only that it was. */
void held_leave(struct run *r, const struct switch_record *bad);

#endif
