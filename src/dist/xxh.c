#include "dist/xxh.h"

#include <stdio.h>
#include <stdlib.h>

#include <xxhash.h>
#if defined(__x86_64__) && defined(__has_include)
#if __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>            /* the widest instructions this machine has */
#endif
#endif

static struct xxh128 split(XXH128_hash_t h)
{
	return (struct xxh128){ h.low64, h.high64 };
}

struct xxh128 xxh_bytes(const void *data, size_t len)
{
	return split(XXH3_128bits(data, len));
}

static XXH3_state_t *state(struct xxh *x)
{
	return (XXH3_state_t *)x;
}

struct xxh *xxh_new(void)
{
	struct xxh *x = (struct xxh *)XXH3_createState();

	if (!x) {
		fputs("slipway: out of memory\n", stderr);
		abort();
	}
	xxh_reset(x);
	return x;
}

void xxh_reset(struct xxh *x)
{
	XXH3_128bits_reset(state(x));
}

void xxh_update(struct xxh *x, const void *data, size_t len)
{
	XXH3_128bits_update(state(x), data, len);
}

struct xxh128 xxh_final(const struct xxh *x)
{
	return split(XXH3_128bits_digest((const XXH3_state_t *)x));
}

void xxh_free(struct xxh *x)
{
	if (x)
		XXH3_freeState(state(x));
}
