/* staging: one release on its way, from begin until it is switched to or begun anew.
 *
 * fan: requests of one step that run side by side; the step ends when all have, with the first failure. */
#ifndef SLIPWAY_HOST_FIREBASE_STAGING_H
#define SLIPWAY_HOST_FIREBASE_STAGING_H

#include "base/strmap.h"
#include "host/firebase/call.h"

#define POPULATE_MOST 1000              /* paths a call, as the official client sends them */

struct staging {
	struct begin_request rq;        /* borrowed as host.h says */
	const char *version;            /* name of the version; in mem */
	const char *created;            /* when the service made it, by its clock; NULL = it was there before. In mem */
	bool sealed;                    /* it is complete already */
	struct fail refused;            /* what finalize was answered, while the version is asked */
	const char *upload_url;         /* where its contents go; in mem */
	struct strmap required;         /* gzip digests (hex) that the service asked for */
	struct arena mem;
};

struct fan {
	struct place *p;
	struct op *op;
	size_t pending;
	int rc;
	void (*over)(struct fan *fan);  /* once, when none is pending */
};
/* One of them ended; the failure of the first that failed is kept. */
void fan_one_done(struct fan *fan, int rc, const struct fail *f);

/* What the service said to a populate call: remembers upload URL and required digests. */
int staging_required(struct staging *st, const struct place *p, const json *answer, struct fail *f);
/* The entries of want whose contents are required, one a content, into out (in op->mem). */
void staging_missing(const struct staging *st, const struct place *p, struct missing *out, struct arena *mem);
/* {"files":{"/path":"hash",...}} of some entries; of those without `packed` yet, nothing. */
void staging_files(struct strbuf *body, const struct place *p, const struct entry *entries, size_t count);
/* Appends labels and, where it has one, the configuration: `"labels":{...},"config":{...}`. */
void staging_labels(struct strbuf *body, const struct place *p, const struct staging *st);

#endif
