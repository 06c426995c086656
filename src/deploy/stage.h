/* stage: putting a sealed release on every active place. Runs carry a place_wish (decide.h). */
#ifndef SLIPWAY_DEPLOY_STAGE_H
#define SLIPWAY_DEPLOY_STAGE_H

#include "deploy/decide.h"
#include "deploy/fleet.h"

struct staging {                        /* of the whole run */
	const char *id;
	bool known;                     /* the id is an earlier run's: a place may hold the release already */
	struct fail refused;            /* FAIL_BUILD: a file is not what was hashed; the run must end */
};

/* Stages what is not staged yet, or is to be staged again. Afterwards every active run holds the sealed release
 * s->id. When s->refused is set, the others left as skipped. */
void stage_all(struct fleet *fl, struct staging *s);

#endif
