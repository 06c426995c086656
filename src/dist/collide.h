/* collide: names that are one name where case or Unicode normalisation is folded. */
#ifndef SLIPWAY_DIST_COLLIDE_H
#define SLIPWAY_DIST_COLLIDE_H

#include "dist/walk.h"
#include "release/tree.h"

/* Notes a problem for every path that has a partner, and names it: the same key, or the key of one of its
 * directories. */
void collide(struct notes *notes, const struct entry *entries, size_t count);

#endif
