/* presume: a deploy that need not look before it begins.
 *
 * Where the ledger says that this machine's last deploy put another tree on a place, the place will most likely change,
 * and what is live is most likely what that run left. For kinds that read what is live beside sealing anyway
 * (HOST_FENCES), the first look is left to that moment: one round trip and one request less. Nothing is released before
 * the look has been judged exactly as a first look is: held, unchanged, the fuse. Where the record was old, what was
 * staged is thrown away and the place is staged anew from what it really serves. */
#ifndef SLIPWAY_DEPLOY_PRESUME_H
#define SLIPWAY_DEPLOY_PRESUME_H

#include "deploy/stage.h"

/* Before fleet_read: marks the runs (r->presumed) and gives them the live state that the record tells. */
void presume(struct wish *w, struct fleet *fl);
/* After stage_all: looks at the presumed runs and decides again; those whose record was old are staged again. After
 * it, no run is presumed. -1 as decide; s->refused as after stage_all. */
int presume_settle(struct wish *w, struct fleet *fl, struct staging *s, struct fail *f);
/* At the end of the run, when every place has its result: no place is said to serve what was only presumed, or what
 * somebody else has replaced meanwhile (moved); where asking is cheap, it is asked what it serves. */
void presume_tell(struct fleet *fl);

#endif
