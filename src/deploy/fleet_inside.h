/* fleet_inside: what fleet.c, lock.c and switch.c share: the fleet itself and what it keeps beside each run. */
#ifndef SLIPWAY_DEPLOY_FLEET_INSIDE_H
#define SLIPWAY_DEPLOY_FLEET_INSIDE_H

#include "deploy/fleet.h"

/* todo: to be switched; doubt: a step failed, what is live must be read back; undo: stopped between two groups, to be
 * taken back; lost: taking it back failed; over: decided. */
enum fate { FATE_NONE, FATE_TODO, FATE_DOUBT, FATE_UNDO, FATE_LOST, FATE_OVER };
struct switching {                      /* one run's way from one release to another (switch.c) */
	enum fate fate;
	const char *from, *to;
	struct switch_plan plan;
	size_t next;                    /* the step that runs now or next */
	unsigned sent;                  /* how often the way was begun */
	uint32_t delay_ms;              /* before it is begun again */
	enum release_state state;       /* what the probe said of `to` */
	struct live_state after;
	struct fail why;                /* of the failed step */
};

struct seat {                           /* beside run i */
	bool waiting, busy;             /* of the phase: not started yet; between start and run_done */
	bool answered;                  /* a phase ended well: the place can be reached */
	bool late;                      /* it took longer than timeouts.target, and was told to end */
	int64_t most_ms;                /* timeouts.target */
	int64_t began_ns, spent_ns;     /* of the phase it is busy in; and in the ones before */
	uint64_t asked;                 /* requests beside the host's own */
	bool switched;                  /* a switch happened, also one that was undone */
	unsigned tries;                 /* of this phase */
	struct timer pause;             /* armed between two tries */
	struct run *run;
	/* The lock. renewing: renewal is in flight, and its op and memory are the host's. */
	struct op renewal;
	struct arena renewal_mem;
	bool renewing, held;            /* held: somebody else has it; holder says who */
	struct lock_info holder;
	struct switching sw;
};

struct link {                           /* one session */
	const char *host, *kind;
	const struct host_ops *ops;
	struct session *session;        /* NULL: could not be opened, see fail */
	struct fail fail;
};

struct fleet {
	struct context *c;
	struct host_env env;
	struct packs *packs;            /* NULL where nobody wants gzip */
	struct link *links;
	size_t link_count;
	struct run *runs;
	struct seat *seats;
	struct row **rows;
	size_t count;
	unsigned width, retries;        /* most runs at once; retries left for the whole command */
	const struct phase *phase;      /* NULL between phases */
	size_t busy, busy_here;         /* here: those that `width` is for */
	bool waited;                    /* for the lock: somebody else was at work meanwhile */
	bool interrupted;
	int64_t cut_ns;                 /* from when patience is counted */
	struct timer renew;
	const struct switch_wish *wish;
};

struct seat *seat_of(const struct run *r);
/* fleet_phase over the runs that `takes_part` names instead of the active ones. */
void fleet_walk(struct fleet *fl, const struct phase *ph, bool (*takes_part)(const struct run *r));
/* Starts reading what is live, within a phase. */
void fleet_start_read(struct run *r);
/* Looks for signals and lets the reporter breathe; every wait on the loop goes through this. */
void fleet_turn(struct fleet *fl, int max_ms);
/* The switch of r is in doubt and could not be read back (`why`): what it serves is not known. */
void switch_unknown(struct run *r, const struct fail *why);
/* A step that was told to end because its place took too long was not interrupted by anybody. */
void fleet_say_late(const struct run *r, struct fail *f);
uint32_t fleet_dice(void);              /* 32 random bits, for jitter */
/* How long a step of this kind is awaited after an interruption. */
int64_t patience_ms(const char *kind);

#endif
