/* choose_id: the release id of a deploy. */
#ifndef SLIPWAY_DEPLOY_CHOOSE_ID_H
#define SLIPWAY_DEPLOY_CHOOSE_ID_H

#include "deploy/decide.h"

/* The id of the newest unfinished run with the same builds and configuration (*known), where every active place can
 * still take it: no newer release is there, and what it may hold under the id is the wanted tree and not bad. Else a
 * new one, later than all ids on all places. Places were read and listed. */
int choose_id(char out[RELEASE_ID_SIZE], bool *known, struct wish *w, struct fleet *fl, struct fail *f);

#endif
