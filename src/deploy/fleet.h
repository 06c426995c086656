/* fleet: all the places of a command and the barrier-wise walk over them. The failure of one place is data: the others
 * go on.
 *
 * A command is a sequence of phases. fleet_phase starts `start` for every run that takes part (at most `width` at
 * once), turns the loop until each of them has called run_done, and returns. Interruption: after the first signal no
 * run and no step is started any more, but in phases marked `always`; what is in flight is awaited (dir 2 s, others
 * 10 s; not at all where nothing changes), then cancelled. A second signal is the reporter's business: tick is called
 * on every turn, at least ten times a second.
 *
 * Retries live here: a step that failed with FAIL_LINK or FAIL_BUSY starts its phase again for that run after a pause
 * (retry.h). */
#ifndef SLIPWAY_DEPLOY_FLEET_H
#define SLIPWAY_DEPLOY_FLEET_H

#include "deploy/context.h"
#include "deploy/report.h"
#include "host/host.h"

struct fleet;

struct run {                            /* one place's walk */
	struct fleet *fleet;
	const struct target *target;
	const struct host_ops *ops;
	struct session *session;        /* the fleet's */
	struct place *place;            /* NULL when it could not be opened */
	struct arena mem;               /* this place's results */
	struct op op;                   /* the one step in flight; op.owner = this run, op.mem = &mem */
	struct row row;
	bool active;                    /* takes part in the next phase; a failure takes it out */
	bool presumed;                  /* live is what the record tells; nobody has looked (presume.h) */
	bool locked;                    /* renewed every 30 s by the fleet until unlocked */
	struct live_state live;
	struct release_list list;
	struct channel_list channels;   /* channel.h */
	void *data;                     /* the command's */
};

/* `live` is filled by fleet_read, `list` by fleet_list. Runs, rows and all that lies in a run's `mem` stay valid
 * after fleet_close, as long as the context's mem. */

struct phase {
	enum phase_id id;
	void (*start)(struct run *r);   /* must lead to run_done, at once or later */
	bool changes;                   /* changes the place: in-flight steps are awaited after an interruption */
	bool always;                    /* runs also after an interruption: reading back, recording, unlocking */
	bool once;                      /* never retried */
};

/* Has the hosts of the context's targets begin what their sessions will wait for. */
void fleet_prepare(struct context *c);
/* Opens sessions (one per host manifest and kind) and places for the context's targets. Places that cannot be opened
 * get a failed row; an unknown kind is FAIL_CONFIG for its rows. -1 only for what concerns the whole run. */
int fleet_open(struct fleet **out, struct context *c, struct fail *f);
void fleet_close(struct fleet *fl);
struct context *fleet_context(struct fleet *fl);
struct packer *fleet_packer(struct fleet *fl);          /* NULL where no kind of host wants gzip */
struct run *fleet_runs(struct fleet *fl, size_t *count);        /* name order; stable */
void fleet_phase(struct fleet *fl, const struct phase *ph);
bool fleet_interrupted(const struct fleet *fl);
size_t fleet_active(const struct fleet *fl);

/* Ends the phase for r. rc -1: r->op.fail is copied to the row, named with the phase's stage, and r leaves (result
 * failed, or interrupted for FAIL_CANCELLED, pending for FAIL_LINK/FAIL_BUSY of a place that never answered). */
void run_done(struct run *r, int rc);
/* The usual done callback: run_done(op->owner, op->rc). */
void run_op_done(struct op *op);
/* Takes r out with a result and a failure (copied; NULL = none). Does not end a phase: inside one, call
 * run_done too. */
void run_leave(struct run *r, enum result result, const struct fail *f);
/* Part of what the phase asks of r was answered: it is no place that never was. */
void run_heard(struct run *r);
/* Decides the result of r, which stays active for what follows (pruning); its row is final and shows no further
 * phase. */
void run_finish(struct run *r, enum result result);
/* Shows another phase within the one that runs (sealing, while staging goes on elsewhere); progress counts anew. */
void run_show(struct run *r, enum phase_id id);
/* Adds a note to the row (so that the result shows it too) and tells the reporter. */
void run_note(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* So many requests were made for the place that its host knows nothing of. */
void run_asked(struct run *r, uint64_t requests);
/* How a command line names the place: "jarupa", "jarupa --channel pr-42"; in the context's memory. */
const char *run_words(const struct run *r);
/* Prepares r->op for the next step: done, clean failure. After an interruption the step is cancelled before it
 * begins, but in a phase marked `always`. Returns &r->op. */
struct op *run_op(struct run *r, void (*done)(struct op *op));

/* Phases that every command shares. */
void fleet_read(struct fleet *fl);              /* live_state of each; row.previous and row.live set */
void fleet_list(struct fleet *fl);              /* release_list of each, whole */
/* The newest releases of each: what was read with what is live, where the kind does so; else the whole list. */
void fleet_recent(struct fleet *fl);
/* After the lock: reads again, but for places whose kind looks by itself while it seals (HOST_FENCES), unless the lock
 * had to be waited for. */
void fleet_read_again(struct fleet *fl);
/* All or none. On -1 nothing is locked; FAIL_CONFLICT's text lists all holders with host, age and the way to free them.
 * Waits up to timeout_ms (events, not spinning); skip_locked turns held places into RESULT_SKIPPED instead. Starts the
 * renewal. */
int fleet_lock(struct fleet *fl, int64_t timeout_ms, bool skip_locked, struct fail *f);
void fleet_unlock(struct fleet *fl);            /* whatever is held, also after failures and interruptions */
/* The switch of every active run from its live release to `to(r)`, flush first, read back after an unknown; rows get
 * their results. */
struct switch_wish {
	const char *(*to)(struct run *r);
	/* NULL: what is live. What died between a switch and its record is named here: the place is at `to`, and the
	 * step writes what is missing. */
	const char *(*from)(struct run *r);
	const char *action, *reason;
};
void fleet_switch(struct fleet *fl, const struct switch_wish *wish);
void fleet_fill(struct fleet *fl, struct outcome *o);           /* rows and sums */

#endif
