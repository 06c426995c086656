/* work: an op as jobs on the pool: one to prepare, parts of at most 1,000 entries, one to finish. Parts of one op run
 * one after another while many ops are at work (each worker stays in its own directories) and side by side when few
 * are. */
#ifndef SLIPWAY_HOST_DIR_WORK_H
#define SLIPWAY_HOST_DIR_WORK_H

#include "host/dir/dir.h"

#define WORK_SLICE 1000

struct work_kind {
	const char *stage;              /* for fail_stage */
	/* On a worker, alone. Sets *count for the parts. */
	int (*prepare)(void *call, size_t *count, struct op *op, struct fail *f);
	/* On workers, several at once: entries [from, to). May be NULL, then there are no parts. */
	int (*part)(void *call, size_t from, size_t to, struct op *op, struct fail *f);
	/* On a worker, alone, when everything before succeeded. May be NULL. */
	int (*finish)(void *call, struct op *op, struct fail *f);
	/* On the loop, before op->done, whatever happened; frees the call. NULL = free(call). */
	void (*end)(void *call, int rc);
};

/* Runs the op; call is handed over. */
void work_start(struct session *s, struct op *op, const struct work_kind *kind, void *call);

#endif
