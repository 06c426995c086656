/* fake_host: host_ops in memory, for the tests of the engine: places that keep releases, a lock, a switch log; faults
 * and hooks per operation and place. Everything completes on the next turn of the loop.
 *
 * A channel of a place is a place of its own, "a@pr-42", which is also what hooks, faults and calls know it by. */
#ifndef SLIPWAY_TESTS_DEPLOY_FAKE_HOST_H
#define SLIPWAY_TESTS_DEPLOY_FAKE_HOST_H

#include "base/strbuf.h"
#include "host/host.h"

enum { FAKE_PLACES = 8, FAKE_RELEASES = 16, FAKE_RECORDS = 32, FAKE_FAULTS = 8 };

struct fake_release {
	struct release_header header;
	struct tree tree;               /* a copy in the world's arena */
	char cookie[80];
	bool sealed, fresh;
	size_t put;                     /* entries that arrived */
};

struct fake_place {
	char name[64];
	struct fake_release releases[FAKE_RELEASES];
	size_t count;
	const char *live;               /* id, or NULL */
	struct switch_record records[FAKE_RECORDS];
	size_t record_count;
	struct lock_info lock;          /* token NULL = free */
	bool ours;
	const char *blocked;
};

enum fault_way {
	FAULT_BEFORE,                   /* nothing is done */
	FAULT_AFTER,                    /* it is done, and the answer is lost */
	FAULT_HANG                      /* nothing is done, and nothing answers until the op is cancelled */
};
struct fake_fault {
	const char *op, *place;         /* "step", "jarupa"; place NULL = any */
	enum fault_way way;
	enum fail_kind kind;
	unsigned skip, times;           /* lets `skip` calls pass, then strikes `times` times; 0 = for ever */
	uint32_t retry_after_ms;
	unsigned seen;
};

struct fake_world {
	struct fake_place places[FAKE_PLACES];
	size_t count;
	struct fake_fault faults[FAKE_FAULTS];
	size_t fault_count;
	size_t steps;                   /* of a switch, a group each; 0 = 1 */
	bool folds;
	bool no_channels;               /* the kind has none, and cannot be disabled */
	int64_t ttl_s;                  /* --expires as the last session was told */
	struct strbuf calls;            /* "jarupa:read jarupa:lock ..." */
	/* Called before each operation; may change the world or raise a signal. NULL = none. */
	void (*hook)(struct fake_world *w, struct fake_place *p, const char *op);
	unsigned hooked;                /* the hook's own count */
	struct arena mem;
};

/* Makes `w` the world that fake_find's table works on. */
void fake_use(struct fake_world *w);
void fake_clear(struct fake_world *w);
const struct host_ops *fake_find(const char *kind);     /* "dir"; NULL for others */
struct fake_place *fake_place(struct fake_world *w, const char *name);  /* made when it is not there */
void fake_fault(struct fake_world *w, struct fake_fault fault);
/* How often `op` was called on the place (NULL = on all). */
unsigned fake_calls(const struct fake_world *w, const char *place, const char *op);
/* A sealed release of no files; live when asked. */
void fake_release(struct fake_world *w, struct fake_place *p, const char *id, bool live);
void fake_log(struct fake_place *p, const char *id, const char *from, const char *action, const char *reason,
	      int64_t at_s);
struct fake_release *fake_find_release(struct fake_place *p, const char *id);

#endif
