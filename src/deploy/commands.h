/* commands: the engine's verbs. Each takes a context (targets selected, state open), its options, fills its report and
 * returns 0, or -1 when the run as a whole failed (report->outcome.error is set too, so that --json can always print).
 * Memory: the context's. */
#ifndef SLIPWAY_DEPLOY_COMMANDS_H
#define SLIPWAY_DEPLOY_COMMANDS_H

#include "deploy/context.h"
#include "deploy/report.h"
#include "dist/build.h"
#include "host/host.h"
#include "release/plan.h"

/* ---- plan and deploy ---- */
struct deploy_options {
	const char *const *dist;        /* "DIR" or "NAME=DIR" */
	size_t dist_count;
	bool build_first, repair, again, retry_failed, skip_locked, allow_removals, secrets_known;
	bool compare_content;           /* plan: what others compressed is fetched, to tell contents from encodings */
	int64_t lock_timeout_ms;
};
#define PLAN_WHY_AT_DEPLOY "rendered value known at deploy"
#define PLAN_WHY_CONTENT "content differs"
/* What is live was compressed by another compressor: what it is cannot be told from its digest. */
#define PLAN_WHY_UNSURE "content or encoding differs"
#define PLAN_WHY_ENCODING "new-encoding"        /* the same content, compressed by us */
struct place_plan {                     /* beside row i */
	struct row *row;
	struct plan plan;               /* zero items when unchanged */
	/* per plan item: "new", "gone", or a PLAN_WHY_ */
	const char *const *why;
	const struct config_change *config;
	size_t config_count;
	/* per plan item: its gzip form, or NULL; NULL altogether where contents are sent as they are */
	const struct packed *const *wire;
	bool exact;                     /* send_bytes is exact (nothing rendered from unknown secrets) */
};
/* SHA-256 of what would be sent for item i; NULL: not known, or sent as it is. */
const uint8_t *place_plan_wire(const struct place_plan *p, size_t i);
struct plan_report {
	struct outcome outcome;
	struct place_plan *places;      /* as many as outcome.rows */
	const struct build *builds;     /* hidden files and problems, for plan's counts and check --explain */
	size_t build_count;
};
int plan_run(struct context *c, const struct deploy_options *o, struct plan_report *out);
struct deploy_report { struct outcome outcome; const struct build *builds; size_t build_count; };
int deploy_run(struct context *c, const struct deploy_options *o, struct deploy_report *out);

/* ---- from one release to another ---- */
struct place_move { struct row *row; const char *from, *to; };  /* NULL: nothing is live before, or after */

struct rollback_options {
	const char *undo;               /* --undo ID */
	const char *to;                 /* --to ID or prefix */
	int64_t before_s;               /* --before TIME; -1 = not given */
	unsigned steps;                 /* --steps N; 0 = 1 */
	bool each, dry_run;
	int64_t lock_timeout_ms;
	bool skip_locked;
};
struct rollback_report {
	struct outcome outcome;
	/* what was or would be moved; the reporter gets "jarupa  C -> A" notes before anything moves */
	struct place_move *moves;
	size_t move_count;
};
int rollback_run(struct context *c, const struct rollback_options *o, struct rollback_report *out);

/* What these have done or would do; the reporter was told each as "jarupa  C -> A" before. */
struct moves_report {
	struct outcome outcome;
	struct place_move *moves;
	size_t move_count;
};
struct promote_options {
	const char *channel;            /* whose release becomes what visitors see; never NULL */
	bool again;                     /* also where it was rolled back once (else the place is held) */
	bool dry_run, skip_locked;
	int64_t lock_timeout_ms;
};
int promote_run(struct context *c, const struct promote_options *o, struct moves_report *out);

/* Takes places off the net, asking first unless the context says yes; and puts them back. */
struct disable_options { bool dry_run, skip_locked; int64_t lock_timeout_ms; };
int disable_run(struct context *c, const struct disable_options *o, struct moves_report *out);
int enable_run(struct context *c, const struct disable_options *o, struct moves_report *out);

/* ---- preview channels ---- */
/* list NULL: the kind has none (a dir host), or they could not be read (row->result). */
struct channels_row { struct row *row; const struct channel_list *list; };
struct channels_report { struct outcome outcome; struct channels_row *places; };
int channels_run(struct context *c, struct channels_report *out);

/* Asks first, unless the context says yes. A place without the channel is unchanged. */
struct channel_delete_row { struct row *row; bool deleted; };
struct channel_delete_report { struct outcome outcome; struct channel_delete_row *places; };
int channel_delete_run(struct context *c, const char *channel, struct channel_delete_report *out);

/* ---- reading ---- */
enum place_health { PLACE_LIVE, PLACE_EMPTY, PLACE_DRIFTED, PLACE_BEHIND, PLACE_UNREACHABLE };
const char *place_health_name(enum place_health h);     /* "live", "empty", "drifted", "behind", "unreachable" */
struct status_row {
	struct row *row;
	enum place_health health;
	const char *wanted;
	const char *note;
	const struct release_header *header;
};
struct status_options { bool deep, exit_code; /* exit_code: outcome.difference is set when a place is not live */ };
struct status_report { struct outcome outcome; struct status_row *places; };
int status_run(struct context *c, const struct status_options *o, struct status_report *out);

/* Releases per place, newest first, foreign ones included. pin and unpin name a release whose mark is changed first. */
struct releases_options { const char *pin, *unpin; };
struct releases_row { struct row *row; const struct release_list *list; };
struct releases_report { struct outcome outcome; struct releases_row *places; };
int releases_run(struct context *c, const struct releases_options *o, struct releases_report *out);

struct verify_options { const char *release; /* NULL = live */ bool served; };
struct verify_row { struct row *row; const struct verify_report *report; };
struct verify_run_report { struct outcome outcome; struct verify_row *places; };
int verify_run(struct context *c, const struct verify_options *o, struct verify_run_report *out);

/* check --online: credentials, rights, clock, space, as the hosts themselves tell. */
struct check_row { struct row *row; const struct check_report *report; };
struct check_online_report { struct outcome outcome; struct check_row *places; };
int check_online_run(struct context *c, struct check_online_report *out);

/* ---- keeping house ---- */
struct prune_options {
	int keep; /* -1 = the target's policy */
	bool dry_run, foreign;
	int64_t lock_timeout_ms;
	bool skip_locked;
};
struct prune_row { struct row *row; const char *const *dropped; size_t count; uint64_t freed_bytes; };
struct prune_report { struct outcome outcome; struct prune_row *places; };
int prune_run(struct context *c, const struct prune_options *o, struct prune_report *out);

/* Frees stale locks, live ones with force; places where nothing is held are not a failure. */
struct unlock_options { bool force; };
struct unlock_row { struct row *row; const struct lock_info *holder; bool freed; };
struct unlock_report { struct outcome outcome; struct unlock_row *places; };
int unlock_run(struct context *c, const struct unlock_options *o, struct unlock_report *out);

/* Turns the directory that stands in the place of the live link into a foreign release, link in front. */
struct adopt_options { bool dry_run; const char *from; };
struct adopt_row { struct row *row; const struct adopt_report *report; };
struct adopt_run_report { struct outcome outcome; struct adopt_row *places; };
int adopt_run(struct context *c, const struct adopt_options *o, struct adopt_run_report *out);

/* ---- history: ledger and switch logs merged ---- */
struct history_options { int64_t since_s, until_s; const char *result; size_t limit; };
struct history_item {
	int64_t at_s;
	const char *target, *place, *action, *release, *from, *result, *by, *message;
	const char *source;             /* "ledger", "host", "both" */
	const char *commit, *ci, *error;
};
struct history_report { struct outcome outcome; struct history_item *items; size_t count; };
int history_run(struct context *c, const struct history_options *o, struct history_report *out);

#endif
