/* fanout: which places are better copied from a place that has what they lack than sent to one by one. A pure decision
 * over what each place said it is missing: services may know a content on every site, on one, or on none, so they are
 * asked first.
 *
 * Kiosks share all but a file or two. When what several of them lack alike is large, one is sent it (the seed), and the
 * others are made from it on the service's side. */
#ifndef SLIPWAY_DEPLOY_FANOUT_H
#define SLIPWAY_DEPLOY_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "release/tree.h"

#define FANOUT_NONE ((size_t)-1)
/* It pays from here on: what need not be sent, over all followers. */
#define FANOUT_BYTES ((uint64_t)16 * 1024 * 1024)
#define FANOUT_FILES 1000

struct fanout_place {
	const void *group;              /* only places of one group can be copied from one another */
	const struct tree *want;
	const size_t *missing;          /* indexes into want->entries, one for each missing content */
	size_t count;
	size_t seed;                    /* out: index of the place to be copied from, or FANOUT_NONE */
};
/* Could a place that lacks so much be copied from another one, or be what others are copied from? Who could not
 * need not wait for what the others say. */
bool fanout_concerns(size_t files, uint64_t bytes);
void fanout_choose(struct fanout_place *places, size_t count);

#endif
