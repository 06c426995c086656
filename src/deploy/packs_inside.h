/* packs_inside: what packs.c (who waits for which content), packs_tasks.c (what runs when) and packs_work.c (what a
 * worker does) share. */
#ifndef SLIPWAY_DEPLOY_PACKS_INSIDE_H
#define SLIPWAY_DEPLOY_PACKS_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include "deploy/packs.h"
#include "dist/gzip.h"
#include "dist/spool.h"

#define PACKS_BYTES ((uint64_t)64 * 1024 * 1024)        /* of raw contents under way */

struct content;

/* What a worker needs while it packs; kept between tasks. */
struct bench {
	struct bench *next;
	struct gzip *gzip;
	struct sha256 *sha;
	uint8_t *raw, *packed;
	size_t raw_room, packed_room;
};
struct benches {
	pthread_mutex_t lock;           /* guards free */
	struct bench *free;
	size_t keep;                    /* larger buffers are freed when a task is over */
};
void benches_init(struct benches *b, size_t keep);
void benches_clear(struct benches *b);
struct bench *bench_take(struct benches *all);
void bench_return(struct benches *all, struct bench *b);

/* One content on a worker: packed for its digest, or fetched for its bytes. Made and freed on the loop thread. */
struct task {
	struct task *next;              /* of the batch */
	struct content *content;        /* the loop's; not for the worker */
	const atomic_bool *cancel;
	const struct blob *blob;
	struct spool *spool;            /* NULL: there is none, or the content is secret */
	bool may_write;                 /* the spool can take it */
	bool fetch;                     /* the bytes are wanted, not the digest alone */
	bool known;                     /* what must come out is in `sum` */
	bool secret;                    /* wipe what is left of it; `data` is wanted even without fetch */
	int64_t sure_ns;                /* a file that changed after this is hashed again */
	/* the result */
	int rc;
	struct fail fail;
	struct gzipped sum;
	bool compressed;
	bool spooled;                   /* the spool holds it */
	bool differs;                   /* rc -1: it was known as something else than sum, which is right */
	struct fail spool_fail;         /* why the spool could not take it; kind FAIL_NONE: it could */
	int fd;                         /* the bytes, with fetch or secret: in a file, */
	void *data;                     /* or malloc'd */
};
void task_run(struct task *t, struct bench *b);          /* on a worker */

/* An op that waits for a content: pack for the first of its entries that is not known yet, open for bytes. */
struct waiter {
	struct op *op;
	const struct entry *entries;    /* pack's; NULL = open */
	size_t count, at;
	struct packed_body *out;        /* open's */
	struct content *content;
	struct waiter *next;            /* of the same content */
	struct waiter *before, *after;  /* of all */
};

enum content_state { CONTENT_IDLE, CONTENT_QUEUED, CONTENT_RUNNING };

/* One distinct content. Once known it stays so; its bytes are at hand while somebody uses them (those from a secret
 * always), and can otherwise be fetched: from the spool, or by packing it again. */
struct content {
	const struct blob *blob;        /* of whoever asked for it last */
	struct packs *packs;
	enum content_state state;
	bool known, secret;
	bool spooled;                   /* the spool held it whole, as seen by this run */
	bool fetch;                     /* of the queued task: bytes are wanted */
	struct packed packed;
	const struct fail *failed;      /* why it could not be packed; NULL = not tried, or known */
	struct waiter *waiters;
	struct content *next;           /* in the queue */
	unsigned users;                 /* bodies that were handed out */
	int fd;                         /* or -1 */
	void *data;                     /* or NULL */
};

struct packs {
	struct packer packer;           /* first */
	struct context *c;
	struct arena mem;
	char id[GZIP_ID_SIZE];
	struct content **slots;         /* open addressing by SHA-256; a power of two */
	size_t count, slot_count;
	struct content *queue, **queue_end;
	struct waiter *waiting;
	struct timer look;
	struct benches benches;
	struct spool *spool;
	bool spool_tried, spool_full;
	unsigned running;
	uint64_t bytes;
	atomic_bool cancel;             /* nobody waits: running tasks may end early */
	struct packs_counts counts;
};

/* packs.c: the content's task is over; whoever waited for it goes on, or ends with `why`. */
void packs_release(struct packs *p, struct content *c, const struct fail *why);
void packs_drop_bytes(struct content *c);
/* packs_tasks.c. What is to be sent goes first: the network is what everybody waits for in the end. */
void packs_queue_last(struct packs *p, struct content *c, bool fetch);
void packs_queue_first(struct packs *p, struct content *c, bool fetch);
void packs_feed(struct packs *p);       /* starts what may run now */

#endif
