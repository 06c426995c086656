/* ledger_seen: has the ledger been written by anybody else since a run of ours closed it? A full look at it takes
 * longer the longer its history is, and finds nothing when nobody touched it. So what the closed file looked like
 * (size, times, inode) is kept beside it, in ledger.db.seen; any difference, or no such file, means that it has to be
 * looked through. */
#ifndef SLIPWAY_DEPLOY_LEDGER_SEEN_H
#define SLIPWAY_DEPLOY_LEDGER_SEEN_H

#include <stdbool.h>

/* path: of the database. */
bool ledger_seen(const char *path);
/* After it was closed, or looked through. Where it cannot be kept the next run looks once more. */
void ledger_seen_keep(const char *path);
void ledger_seen_forget(const char *path);

#endif
