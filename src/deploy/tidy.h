/* tidy: what a deploy does after the switch: dropping releases beyond the keep policy and sweeping leftovers of dead
 * runs. Nothing here can fail a deploy: trouble becomes a note. */
#ifndef SLIPWAY_DEPLOY_TIDY_H
#define SLIPWAY_DEPLOY_TIDY_H

#include "deploy/fleet.h"

/* For active runs that were deployed. keep_id is a begun or sealed release that stays. */
void tidy_all(struct fleet *fl, const char *keep_id);

#endif
