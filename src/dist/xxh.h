/* xxh: XXH3-128, the fast local key of a content. Never an identity: it stays on this machine. */
#ifndef SLIPWAY_DIST_XXH_H
#define SLIPWAY_DIST_XXH_H

#include <stddef.h>
#include <stdint.h>

struct xxh128 {
	uint64_t low, high;
};
/* Of len bytes at once. */
struct xxh128 xxh_bytes(const void *data, size_t len);

/* A running hash: new (or reset), update, final. */
struct xxh;
struct xxh *xxh_new(void);
void xxh_reset(struct xxh *x);
void xxh_update(struct xxh *x, const void *data, size_t len);
struct xxh128 xxh_final(const struct xxh *x);
void xxh_free(struct xxh *x);           /* accepts NULL */

#endif
