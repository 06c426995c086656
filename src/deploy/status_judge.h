/* status_judge: is a place as the record says? Pure: it looks at what was read before. */
#ifndef SLIPWAY_DEPLOY_STATUS_JUDGE_H
#define SLIPWAY_DEPLOY_STATUS_JUDGE_H

#include <stdbool.h>
#include "base/mem.h"
#include "deploy/commands.h"
#include "deploy/ledger.h"
#include "host/host.h"

struct status_facts {
	const struct live_state *live;
	const struct ledger_place *last;        /* the ledger's newest row for the place; NULL = none */
	const char *newest;                     /* the newest release id that any selected place serves; NULL = none */
	int64_t now_s;
};
struct status_verdict {
	enum place_health health;               /* never PLACE_UNREACHABLE: that place could not be read */
	const char *wanted;                     /* PLACE_BEHIND: the release it should serve */
	const char *note;                       /* one sentence for people, or NULL */
};

/* empty: nothing is live, or somebody has disabled the place, which is what was wanted then.
 * drifted: what is live is gone, verify saw a difference since the last switch, or the live release was put there
 * by something that neither the switch log nor the ledger knows of. A switch whose record was lost to a crash (the
 * ledger intended it, or the
 * live release was staged on top of the logged one) is no drift; a place that slipway never switched cannot drift.
 * behind: the place took part in a newer run and did not get there (the ledger says so, or the newest run's release
 * lies on the place, begun or sealed), and nobody took that release back since.
 * live: everything else; the note tells of a switch that another machine made. */
struct status_verdict status_judge(const struct status_facts *facts, struct arena *mem);

/* The newest of two release ids by time; foreign names and NULL never win. */
const char *status_newest(const char *a, const char *b);

#endif
