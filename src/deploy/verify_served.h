/* verify_served: verify's other way: by what visitors get instead of by the host's own means. */
#ifndef SLIPWAY_DEPLOY_VERIFY_SERVED_H
#define SLIPWAY_DEPLOY_VERIFY_SERVED_H

#include "deploy/errand.h"

/* For every active run: reports[i] (beside run i) becomes what was found of its live release; id NULL when it could not
 * be looked at (the row says why). */
void verify_served(struct errand *v, struct verify_report *reports);

#endif
