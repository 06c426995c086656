/* served: what visitors get: files of a release fetched over HTTP from where a place is seen, and held against their
 * digests. Nothing is written, no credential is sent.
 *
 * One WEB a command: a peer of its own on the run's network engine, for the origins of all places. Places take turns,
 * eight at a time, so that neither the lists of their files nor the bodies on their way grow with the fleet: wait for
 * a turn before the list is read, and end it. Within a turn files are asked in order, many at once, streamed through
 * SHA-256. */
#ifndef SLIPWAY_DEPLOY_SERVED_H
#define SLIPWAY_DEPLOY_SERVED_H

#include <stdatomic.h>
#include "deploy/served_url.h"
#include "host/host.h"
#include "net/http.h"
#include "net/loop.h"
#include "target/project.h"

struct web;
/* places: how many will want a turn. dir: where long answers may lie meanwhile; borrowed. */
struct web *web_new(struct http *h, struct loop *l, size_t places, const char *dir);
void web_free(struct web *w);           /* no turn may be under way; accepts NULL */

/* op ends when it is this place's turn, or as cancelled. */
struct web_turn {
	struct op *op;
	struct web_turn *next;
};
void web_turn(struct web *w, struct web_turn *t, struct op *op);
void web_turn_end(struct web *w);

struct served_item {
	const char *path;
	const uint8_t *sha256;          /* of the content, or (site.gzip) of its gzip form as our compressor makes it */
	/* The answer: NULL = it is served as it should be; "served content differs", "not served (404)", ... */
	const char *what;
};
struct served_site {
	const char *name;               /* the place's, for traces */
	const char *url;                /* NULL: FAIL_CONFIG */
	struct served_rules rules;
	bool gzip;
	size_t findings_most;           /* after so many, other files are not asked for; 0 = no limit */
	atomic_ullong *files_now, *bytes_now;   /* counted up meanwhile; may be NULL */
};
struct served_sum { uint64_t files, bytes, requests; bool cut; };       /* cut: there were too many findings */

/* What is live says about addresses: as the documents do, but for what would change in its configuration. */
struct served_rules served_rules_live(const struct target *t, const struct config_change *changes, size_t count);
/* Within a turn. items are borrowed until done, their texts are in op->mem. op fails when the place cannot be asked at
 * all: by its address, its connection, or an answer that says "come back later" to the end. */
void served_compare(struct web *w, const struct served_site *site, struct served_item *items, size_t count,
                    struct served_sum *sum, struct op *op);

#endif
