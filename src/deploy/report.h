/* report: what a command has to say, as data. The engine fills rows and calls the reporter; cmd/ draws, prints, or
 * writes JSON. No printing happens below cmd/. */
#ifndef SLIPWAY_DEPLOY_REPORT_H
#define SLIPWAY_DEPLOY_REPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"
#include "base/fail.h"
#include "release/release_id.h"

struct problem;

enum result {
	RESULT_NONE,            /* not decided yet */
	RESULT_DEPLOYED, RESULT_UNCHANGED,
	RESULT_FAILED,          /* serves its old release */
	RESULT_UNKNOWN,         /* live is NULL */
	RESULT_PENDING,         /* wanted, unreachable */
	RESULT_SKIPPED,         /* never tried */
	RESULT_HELD, RESULT_ROLLED_BACK, RESULT_INTERRUPTED
};
const char *result_name(enum result r);         /* "deployed", "unchanged", ... */

enum phase_id { PHASE_WAIT, PHASE_OPEN, PHASE_READ, PHASE_PLAN, PHASE_LOCK, PHASE_STAGE, PHASE_SEAL, PHASE_FLUSH,
	PHASE_SWITCH,
                PHASE_VERIFY, PHASE_RECORD, PHASE_PRUNE, PHASE_DELETE, PHASE_UNLOCK, PHASE_DONE };
const char *phase_name(enum phase_id p);        /* "read", "stage", ... */

/* One place. Numbers and pointers change on the loop thread only; the progress counters may be bumped by workers. */
struct row {
	const char *target, *place, *host, *kind, *url;     /* url NULL when unknown */
	const char *where;                      /* host_ops.describe */
	enum phase_id phase;
	enum result result;
	const char *release;                    /* the id this command made or moved to; NULL = none */
	const char *previous;                   /* live before; NULL = nothing */
	const char *live;                       /* live now; NULL = nothing or unknown (see result) */
	const char *held;                       /* RESULT_HELD: "rolled back 1 h ago by ana: white screen" */
	size_t added, changed, removed, kept;
	bool uncounted;                         /* the four are not known: what is live is not listed for a deploy */
	uint64_t sent_files, sent_bytes, requests;
	int64_t started_ns, ended_ns;           /* monotonic; 0 = not yet */
	atomic_ullong progress_files, progress_bytes;       /* of the running phase */
	uint64_t total_files, total_bytes;      /* 0 = unknown */
	struct fail fail;                       /* kind FAIL_NONE = no error */
	const char *const *notes;               /* "drifted since 09:12; mend with --repair" */
	size_t note_count;
};

struct build_row {
	const char *name;
	uint8_t id[SHA256_SIZE];
	size_t files;
	uint64_t bytes;
	size_t hidden_user, hidden_builtin;
	const struct problem *problems;         /* why it was refused (dist/build.h) */
	size_t problem_count;
};

/* The outcome of a command over places; the rest of a command's own shape is in its own struct. */
struct outcome {
	const char *release;                    /* the run's id, or NULL */
	const struct build_row *builds;
	size_t build_count;
	struct row **rows;                      /* in name order */
	size_t row_count;
	struct fail error;                      /* the run as a whole; kind FAIL_NONE = none */
	bool changed_something;                 /* a switch happened, also one that was undone */
	bool difference;                        /* exit 1 territory: verify findings, plan --exit-code */
	bool interrupted;
	uint64_t requests;
	int64_t started_ns, ended_ns;
};
/* Design section 3's table: 8, 6, 7, 2, 5 (locks) take precedence over the rest; else 0, 3 (changed something) or 4; 1
 * only where `difference`. */
int outcome_exit(const struct outcome *o);

/* Called on the loop thread (tick also during build reading). All slots are set; none blocks except confirm. */
struct reporter {
	void (*phase)(struct reporter *r, const struct row *row);                       /* row->phase or result changed */
	void (*note)(struct reporter *r, const struct row *row, const char *text);      /* row NULL = the run */
	/* One of several reasons why the run cannot start; its error, which follows, names the first and their number. */
	void (*problem)(struct reporter *r, const char *text);
	void (*tick)(struct reporter *r);
	/* Rows exist from here on (array of pointers, stable until the command ends). */
	void (*rows)(struct reporter *r, struct row *const *rows, size_t count);
	/* Asks on the terminal. word NULL: yes/no; else the word must be typed. 0 = yes; -1 FAIL_USAGE = no, or nobody to
	 * ask. */
	int (*confirm)(struct reporter *r, const char *question, const char *word, struct fail *f);
	/* A structured event for --events: name and a compact JSON object of details (may be NULL). */
	void (*event)(struct reporter *r, const char *name, const struct row *row, const char *detail_json);
};

#endif
