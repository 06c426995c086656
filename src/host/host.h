/* host: what any destination can do. A kind (dir, later firebase, s3, ssh) is one const table of functions.
 *
 * Two levels. A SESSION is per host manifest and shared by its targets (token, ssh child, region, clock offset). A
 * PLACE is one target's own spot on it: one row, one lock, one record.
 *
 * All calls come on the loop thread and return at once; op->done runs later, on the loop thread, exactly once: done,
 * failed (op->rc -1, op->fail) or cancelled (FAIL_CANCELLED; op->cancel was set). One op at a time per place, except
 * renew and what the header says may overlap. Out-parameters are filled before done and live in op->mem. A host
 * classifies failures; it never retries, sleeps, logs or exits. Every step may be repeated after a failure or a lost
 * answer: repeating it is harmless. A NULL slot means that the kind has no such trait. Long local work is sliced so
 * that cancel is seen within 1,000 entries.
 *
 * A release on a place moves one way: absent, begun, sealed, live. put is legal only while begun; seal vouches for the
 * whole tree. */
#ifndef SLIPWAY_HOST_HOST_H
#define SLIPWAY_HOST_HOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/mem.h"
#include "net/loop.h"
#include "release/history.h"
#include "release/manifest.h"
#include "release/switchlog.h"
#include "release/tree.h"
#include "target/project.h"
#include "target/secret.h"

struct session;
struct place;

enum host_trait {
	HOST_BODY_GZIP = 1,             /* wants gzip bodies and their SHA-256 */
	HOST_FINDS_MISSING = 2,         /* declare answers what is missing; else the plan decides */
	HOST_INSTANT_SWITCH = 4,        /* one visible step */
	HOST_HTACCESS = 8,              /* .htaccess is content here */
	HOST_BY_PATH = 16,              /* only content that stays at its path is taken over; all else is written */
	HOST_RETRIES = 32,              /* requests are repeated below (net/http.h): a failed step is not tried again */
	/* The lock is this machine's only. So seal looks at what is live beside its own work, and fails with FAIL_CONFLICT
	 * ("moved") when that is not begin's live_id; reading again right after the lock would prove nothing. */
	HOST_FENCES = 64,
	HOST_UNLISTED = 128,            /* what is live is listed for a plan only: a deploy does not count its paths */
	HOST_RETAINS = 256              /* the service keeps old releases by its own rule: only `prune` removes any */
};

struct http;
struct packer;

/* What the sessions of one kind share for the whole run (access tokens), by a key of the kind's. */
struct host_store;
struct host_store *host_store_new(void);
void host_store_free(struct host_store *s);     /* frees what is in it, newest first; accepts NULL */
void *host_store_get(const struct host_store *s, const char *key);      /* NULL when absent */
void host_store_set(struct host_store *s, const char *key, void *value, void (*release)(void *value));

struct host_env {                       /* what a session may use; outlives it */
	struct loop *loop;
	struct secrets *secrets;        /* resolved before open; sessions teach it theirs; may be NULL */
	const char *project_root;       /* relative paths of documents start here */
	struct http *http;              /* net/http.h; NULL in tests of hosts without network */
	struct host_store *store;       /* NULL with http */
	struct packer *packer;          /* host/packer.h; NULL where nothing is staged */
	const char *state_dir;          /* .slipway: local locks of kinds that have none */
	const char *channel;            /* --channel: a preview in place of what visitors see; NULL = the target's */
	int64_t channel_ttl_s;          /* --expires; 0 = not given */
};

struct host_identity {
	const char *who, *source;       /* "ci@tpb.iam", "GOOGLE_APPLICATION_CREDENTIALS" */
	const char **notes;             /* warnings, such as a key file that others can read */
	size_t note_count;
};

struct live_state {
	const char *id;                 /* what is live: release id or foreign name; NULL = nothing */
	bool has_header;                /* header is that release's; false for foreign content without a manifest */
	struct release_header header;
	bool folds_names;               /* the place folds case or normalisation */
	bool absent;                    /* the place's root does not exist yet (first deploy creates it) */
	/* NULL, or why nobody can be served what is live ("the release it names is gone"); a deploy mends it */
	const char *broken;
	int64_t newest_s;               /* time of the newest id on the place, sealed or begun; -1 = none */
	struct switchlog log;           /* completed from the live link in memory when it lags ("found") */
	/* NULL, or why deploy cannot switch here ("the document root is a real directory") */
	const char *blocked;
	const char *blocked_hint;       /* the exact command that mends it */
	/* Kinds that read the newest releases with what is live: these, newest first. NULL = `list` is to be asked. */
	const struct release_list *recent;
	bool recent_whole;              /* there are no others */
};

struct lock_info {
	const char *by, *where;         /* "ana@ci-7", "ci-7 pid 4711" */
	const char *command;            /* "deploy" */
	int64_t since_s, expires_s;     /* host's clock */
	int64_t now_s;                  /* host's clock when read */
	const char *token;              /* unique per holder */
};

struct begin_request {
	const char *id;                 /* release id; borrowed until seal's done */
	const char *cookie;             /* engine's run id: a begun release of the same cookie is resumed */
	const struct tree *want;        /* borrowed until seal's done */
	const struct release_header *header;    /* written by seal; borrowed until its done */
	const char *live_id;            /* links are taken from here first; NULL = first release */
	bool fresh;                     /* --repair: trust no stored content, use fresh inodes */
	/* live_id is what a record says, nobody has looked: seal reads what read would, for the read that follows, and
	 * leaves it to the caller to compare (kinds with HOST_FENCES). */
	bool unseen;
	bool full_durability;           /* durability "full": sync every file */
};

/* put and seal add to it, so that one serves a whole staging. */
struct stage_stats {
	uint64_t sent_files, sent_bytes, linked_files, requests;
	atomic_ullong *files_now, *bytes_now;   /* NULL, or counted up while put goes on (bytes of the contents) */
};

/* What is missing, as indexes into want->entries. All entries for a kind without HOST_FINDS_MISSING are decided by the
 * host's own look at kept releases (dir: what cannot be hard-linked). */
struct missing {
	size_t *entries;
	size_t count;
	uint64_t bytes;
};

enum release_state { RELEASE_ABSENT, RELEASE_BEGUN, RELEASE_SEALED, RELEASE_LIVE };

struct switch_step {
	const char *what;               /* for people: "current -> releases/ID" */
	const char *from, *to;          /* release ids; from NULL = nothing live */
	void *detail;                   /* the host's */
};
struct switch_plan {                    /* groups run in order; steps of a group may run at the same time */
	struct switch_step *steps;
	size_t *group_ends;             /* index after the last step of each group */
	size_t group_count, step_count;
};

struct switch_note { const char *action, *by, *reason, *ci; };      /* what the switch log says */

struct verify_finding {
	const char *path;
	const char *what; /* "content differs", "missing", "extra", "mtime differs", "mode" */
};
struct verify_report {
	const char *id;
	uint64_t files, bytes;          /* read */
	struct verify_finding *findings;
	size_t count;
};

struct config_change { const char *key, *from, *to; };          /* canonical JSON; NULL = absent */
struct config_changes { struct config_change *items; size_t count; };

struct channel_info { const char *name, *url, *live; int64_t expires_s; };      /* expires_s -1 = never */
struct channel_list { struct channel_info *items; size_t count; };

struct check_finding { bool ok; const char *what, *hint; };
struct check_report { struct check_finding *items; size_t count; };

struct adopt_request {
	const char *id;                 /* the foreign release's id to be */
	const char *by, *from;          /* from: path of today's directory; NULL = the configured live path */
	bool accept_gap;                /* go on where the swap cannot be one step */
	bool dry_run;
};
struct adopt_report {
	bool needs_gap;                 /* the kernel or file system cannot exchange; nothing was done unless accept_gap */
	int64_t gap_us;                 /* measured (after) or estimated (before) */
	uint64_t files, bytes;
	const char *steps;              /* what was or would be done, a line each */
};

struct host_ops {
	const char *kind;
	unsigned traits;

	/* Begins what a session of this manifest will need and what others do not (signing in), while the caller is busy
	 * with something else than the loop, even if the run ends before anything is asked of the host. What goes wrong is
	 * told by the session. */
	void (*prepare)(const struct target *any, const struct host_env *env);
	int (*session_open)(struct session **out, const struct target *any, const struct host_env *env, struct fail *f);
	void (*session_close)(struct session *s);
	/* `name` is the place's name ("jarupa", "jarupa/site"); t is borrowed until place_close. No I/O. */
	int (*place_open)(struct place **out, struct session *s, const struct target *t, const char *name, struct fail *f);
	void (*place_close)(struct place *p);           /* gives up a held lock */
	/* Where it is, for people: "/srv/www/jarupa/current", "s3://bucket/prefix", "deploy@host:/var/www". */
	const char *(*describe)(const struct place *p);
	const char *(*url)(const struct place *p);      /* where visitors see it, when the target does not say; NULL */
	/* As whom, and by which credential, this host will be spoken to: looked up offline, in mem. -1: there is none,
	 * or it may not be used. notes: sentences about it, added to. */
	int (*identity)(const struct target *any, const struct host_env *env, struct host_identity *out, struct arena *mem,
	                struct fail *f);
	const char *(*group)(const struct place *p);    /* places with the same text can be cloned from one another */
	uint64_t (*requests)(const struct place *p);    /* sent so far, repeated ones too; NULL = none ever */
	/* What header.tree of a release of this tree reads here (kinds whose releases carry a configuration). NULL = the
	 * tree's id. */
	void (*label)(const struct place *p, const struct tree *want, uint8_t out[SHA256_SIZE]);
	/* After op->cancel of the op under way was set: for kinds whose steps wait for others, ends it soon. */
	void (*cancel)(struct place *p);

	/* Reading; all may be called without the lock and write nothing. */
	void (*read)(struct place *p, struct live_state *out, struct op *op);           /* cheap: pointer and header */
	/* Newest first. A kind may know no other releases than those that were live once, and tell them as of the latest
	 * read. */
	void (*list)(struct place *p, struct release_list *out, struct op *op);
	/* FAIL_MISSING: no manifest. want (may be NULL): what it will be compared with; kinds that know contents by another
	 * digest name those that want has by want's. */
	void (*fetch)(struct place *p, const char *id, const struct tree *want, struct manifest *out, struct op *op);
	/* After read: how the live configuration differs from the target's. */
	void (*compare_config)(struct place *p, struct config_changes *out, struct arena *mem);
	void (*probe)(struct place *p, const char *id, enum release_state *out, struct op *op);
	void (*verify)(struct place *p, const char *id, struct verify_report *out, struct op *op);      /* byte for byte */
	/* rights, space, link support, clock */
	void (*check)(struct place *p, struct check_report *out, struct op *op);

	/* The lock: lease 120 s by the host's clock. lock fails with FAIL_CONFLICT and fills holder when somebody else has
	 * it and the lease runs; an expired one is taken over (the winner is decided by one rename). After renew fails with
	 * FAIL_CONFLICT the lock is lost, and every changing call fails with FAIL_CONFLICT. */
	void (*lock)(struct place *p, const char *by, const char *command, struct lock_info *holder, struct op *op);
	void (*renew)(struct place *p, struct op *op);                  /* may overlap with other ops */
	void (*unlock)(struct place *p, struct op *op);                 /* ours only */
	void (*peek_lock)(struct place *p, struct lock_info *holder, struct op *op);    /* token NULL = free */
	/* Frees a lock by its token, whoever holds it (the `unlock` command); FAIL_CONFLICT when the holder changed. */
	void (*break_lock)(struct place *p, const char *token, struct op *op);

	/* Staging; lock held. Begin of what is sealed already, with the same tree: nothing is missing when it is whole, and
	 * it is begun anew when it is not (what was never flushed may have come out of a power failure empty). */
	void (*begin)(struct place *p, const struct begin_request *rq, struct missing *out, struct op *op);
	void (*put)(struct place *p, const size_t *entries, size_t count, struct stage_stats *stats, struct op *op);
	/* Between begin and put: what was begun becomes a copy of what `from` (of the same session, sealed) holds, with
	 * what differs still missing. -1 leaves everything as begin left it. May be NULL. */
	void (*clone)(struct place *p, const struct place *from, struct missing *out, struct stage_stats *stats,
	              struct op *op);
	/* complete, verified, manifest written */
	void (*seal)(struct place *p, struct stage_stats *stats, struct op *op);
	/* Durability before a switch: once per wave, for all of its places of this kind at once (count > 0). May be
	 * NULL. */
	void (*flush)(struct place *const *places, size_t count, struct op *op);
	/* removes a begun release; sealed stays, unless this place has just sealed it unseen */
	void (*abandon)(struct place *p, const char *id, struct op *op);

	/* Switching; lock held. switch_plan does no I/O. A step checks that the lock is still ours, does its part, reads it
	 * back, and the last one appends to the switch log. Going back = switch_plan with from and to swapped. */
	int (*switch_plan)(struct place *p, const char *from, const char *to, struct switch_plan *out, struct arena *mem,
	                   struct fail *f);
	void (*step)(struct place *p, const struct switch_step *step, const struct switch_note *note, struct op *op);
	/* Appends a mark (pin, unpin, drifted, clean) to the switch log; needs no lock. */
	void (*mark)(struct place *p, const char *id, const struct switch_note *note, struct op *op);

	/* Removing; lock held. drop refuses the live release; works on a full disk. sweep removes leftovers of dead runs
	 * (begun releases older than the lock, stray temporary names) except `keep_id`. */
	void (*drop)(struct place *p, const char *id, uint64_t *freed_bytes, struct op *op);
	void (*sweep)(struct place *p, const char *keep_id, struct op *op);

	void (*adopt)(struct place *p, const struct adopt_request *rq, struct adopt_report *out, struct op *op);

	/* Preview channels, and taking a place off the net. */
	void (*channels)(struct place *p, struct channel_list *out, struct op *op);
	void (*channel_delete)(struct place *p, const char *channel, struct op *op);
	/* The preview that p is itself lives for env.channel_ttl_s from now on. */
	void (*channel_prolong)(struct place *p, struct op *op);
	/* What another channel of the place serves: its release id (in op->mem), which p can be switched to from here
	 * on; NULL when it serves nothing. FAIL_MISSING: there is no such channel. */
	void (*channel_live)(struct place *p, const char *channel, const char **id, struct op *op);
	void (*disable)(struct place *p, const struct switch_note *note, struct op *op);
};

/* The table for a kind, or NULL (the caller says that this build cannot deploy there). */
const struct host_ops *host_find(const char *kind);

#endif
