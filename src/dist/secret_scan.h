/* secret_scan: finds credentials in contents: private key blocks (PEM and PGP, also inside JSON and program text),
 * Google service-account keys, AWS access key ids. It looks for the thing itself, not for its name: the text
 * "-----BEGIN PRIVATE KEY-----" in a library that reads keys is no key, and AWS's documented example id is none. */
#ifndef SLIPWAY_DIST_SECRET_SCAN_H
#define SLIPWAY_DIST_SECRET_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* Counts up whenever the scan finds more or less than before: judgements kept in the index are then void. */
#define SECRET_RULES 1

enum secret { SECRET_NONE, SECRET_PRIVATE_KEY, SECRET_SERVICE_ACCOUNT, SECRET_AWS_KEY };

/* "private key inside", ...; NULL for SECRET_NONE. */
const char *secret_rule(enum secret s);

/* How much of the end of a window must be shown again at the start of the next, so that nothing is cut in two. */
#define SECRET_OVERLAP 1024

/* Scans one window of a content. `first`: nothing is before it; `last`: nothing follows. */
enum secret secret_scan(const void *data, size_t len, bool first, bool last);

#endif
