/* packs: the packer (host/packer.h) of one run, over blobs: compresses each distinct content once, on the workers, for
 * all places that wait for it; remembers digests in the index and bytes in the spool, for this run and later ones.
 *
 * What is compressed: contents that somebody asks for, that this run has not packed and the index does not know. Ops
 * are served in the order in which they came, the largest contents of an op first; an op ends as soon as its last
 * entry is known, whatever else is under way. At most 4 jobs a worker (small contents share one) and 64 MiB of raw
 * bytes are under way at once. A content whose file may have changed within the clock tick in which it was hashed
 * (dist/index.h, the racy rule) is hashed again while it is packed.
 *
 * Where the bytes wait: in the spool. What an earlier run left there is verified before it is sent, once a run. What is
 * not there is compressed again when it is asked for, and must then be what it was. When the spool cannot be written
 * (the disk is full, the directory may not be written) the run goes on without: contents are then compressed a second
 * time, into memory, when they are sent; this is said once. Contents from secrets stay in memory, are wiped, and are
 * neither spooled nor indexed. Without an index (--no-cache) every content is compressed, and its bytes still wait in
 * the spool, overwriting what is there.
 *
 * Cancelled ops end within a tenth of a second. When no op waits any more, what is queued is forgotten. */
#ifndef SLIPWAY_DEPLOY_PACKS_H
#define SLIPWAY_DEPLOY_PACKS_H

#include "deploy/context.h"
#include "host/packer.h"

struct packs;
/* Uses the context's loop, reporter, index and cache_dir; touches no file before something is packed. Blobs that are
 * handed in must keep their bytes, and builds their directories open, until packs_free. */
struct packs *packs_new(struct context *c);
/* No op may be waiting. Turns the loop until jobs of ops that were cancelled are over. Accepts NULL. */
void packs_free(struct packs *p);
struct packer *packs_packer(struct packs *p);

struct packs_counts {
	uint64_t compressed, bytes;     /* contents, and their raw bytes; who had to be compressed twice counts twice */
	uint64_t known;                 /* contents whose gzip form the index knew */
};
struct packs_counts packs_counts(const struct packs *p);

#endif
