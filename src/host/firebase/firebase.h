/* firebase: Firebase Hosting by its REST API (v1beta1), the kiosks' home.
 *
 * What slipway calls a release is a version with our labels, made live by a release of the channel:
 *
 *   label slipway-release   the release id            slipway-parent   what was live when it was staged
 *   label slipway-tree      32 hex digits over the raw tree and the canonical configuration
 *   label slipway-commit, slipway-gz                  commit, and the compressor that named its contents
 *   release message         the user's text and a compact JSON tail: by, action, environment, approver, ci
 *
 * The newest release of the channel is the truth; the releases are the switch log. A version that others made is a
 * foreign release; its name is the version's id.
 *
 * A deploy of one site: read (the newest releases: 1 request, and the last one when nothing changed) - create with the
 * configuration, populate by 1,000 paths as their gzip form becomes known (begin) - upload what the service lacks
 * (put) - finalize, with the live release read again beside it (seal) - release (step). Nothing else is asked.
 *
 * The API never locks: a lock of this machine keeps two runs here apart (lock.c), and the fence in seal tells a run
 * that another one came between. What remains is the time between seal and the release.
 *
 * Facts: Firebase Hosting REST API v1beta1 (its discovery document), and what is written in each file. */
#ifndef SLIPWAY_HOST_FIREBASE_FIREBASE_H
#define SLIPWAY_HOST_FIREBASE_FIREBASE_H

#include "base/json.h"
#include "host/host.h"
#include "host/kinds.h"
#include "host/packer.h"
#include "net/http.h"

struct batch;
struct beginning;
struct cloning;
struct putting;
struct staging;
struct token;

struct session {
	struct loop *loop;
	struct http *http;
	struct http_peer *peer;
	struct packer *packer;
	struct token *token;            /* the run's, shared by whoever has the same credential */
	const char *api;                /* origin of the API */
	bool local;                     /* it is a loopback endpoint: a stand-in */
	const char *state_dir, *channel;        /* of the environment; borrowed */
	int64_t channel_ttl_s;
	struct batch *batches, *last_batch;     /* begin.c: paths that wait to be sent, and how many are on their way */
	size_t batches_out;
	struct putting *putting;        /* put.c: whose contents are being sent */
	size_t open_bodies;
	struct op token_op;             /* a token is wanted as soon as there is a session */
	bool token_wanted;
	struct arena mem;
};

enum version_status { VERSION_OTHER, VERSION_CREATED, VERSION_FINALIZED };

/* A version that was met, by the name of its release. */
struct version {
	const char *release;            /* release id, or the version's id */
	const char *name;               /* "projects/P/sites/S/versions/V", as the service gave it */
	enum version_status status;
	uint64_t bytes, files;          /* as stored; 0 = not told */
	char tree[SHA256_SIZE + 1];     /* its label slipway-tree: hex digits of half a digest; "" = none */
};

struct place {
	struct session *session;
	const struct target *target;
	const char *name, *project, *site, *channel;
	const char *config;             /* canonical JSON of the ServingConfig */
	const char *where, *url;
	struct http_lane *lane;
	struct call *waiting;           /* calls that have no token yet (call.c) */
	struct version *versions;       /* what reads and begins have met; in mem */
	size_t version_count, version_cap;
	struct json_doc *page;          /* the newest answer of the release list; NULL = to be asked again */
	bool page_unread;               /* seal brought it: the next read need not ask */
	bool page_old;                  /* releases were removed since: list and probe ask again */
	const json *live_config;        /* in page: the live version's */
	bool channel_absent;            /* as far as was read */
	struct beginning *beginning;    /* while it lasts */
	struct cloning *cloning;        /* while it lasts */
	struct staging *staging;        /* from begin to the switch or the next begin */
	int lock_fd;                    /* -1 = not held */
	bool lock_waived;               /* nothing can be written here: it counts as held */
	struct arena mem;
};

/* ---- shared by the files of the room ---- */
/* The version behind a release id; NULL when it was not met. */
const struct version *version_find(const struct place *p, const char *release);
struct version *version_note(struct place *p, const char *release, const char *name, enum version_status status);
/* Notes its tree label, or that it has none. */
void version_label(struct version *v, const json *version);
enum version_status version_status_of(const json *version);
/* "V" of ".../versions/V". */
const char *version_id(const char *name);

/* ops of the table, by file */
void firebase_read(struct place *p, struct live_state *out, struct op *op);             /* releases.c */
void firebase_abandon(struct place *p, const char *id, struct op *op);                  /* step.c */
void firebase_list(struct place *p, struct release_list *out, struct op *op);
void firebase_probe(struct place *p, const char *id, enum release_state *out, struct op *op);
void firebase_begin(struct place *p, const struct begin_request *rq, struct missing *out, struct op *op); /* begin.c */
void firebase_put(struct place *p, const size_t *entries, size_t count, struct stage_stats *stats, struct op *op);
void firebase_clone(struct place *p, const struct place *from, struct missing *out, struct stage_stats *stats,
		    struct op *op);
void firebase_seal(struct place *p, struct stage_stats *stats, struct op *op);
int firebase_switch_plan(struct place *p, const char *from, const char *to, struct switch_plan *out, struct arena *mem,
			 struct fail *f);
void firebase_step(struct place *p, const struct switch_step *step, const struct switch_note *note, struct op *op);
void firebase_disable(struct place *p, const struct switch_note *note, struct op *op);
void firebase_drop(struct place *p, const char *id, uint64_t *freed_bytes, struct op *op);
void firebase_fetch(struct place *p, const char *id, const struct tree *want, struct manifest *out, struct op *op);
void firebase_verify(struct place *p, const char *id, struct verify_report *out, struct op *op);
void firebase_check(struct place *p, struct check_report *out, struct op *op);
void firebase_compare_config(struct place *p, struct config_changes *out, struct arena *mem);
void firebase_channels(struct place *p, struct channel_list *out, struct op *op);
void firebase_channel_delete(struct place *p, const char *channel, struct op *op);
void firebase_channel_prolong(struct place *p, struct op *op);
void firebase_channel_live(struct place *p, const char *channel, const char **id, struct op *op);
void firebase_lock(struct place *p, const char *by, const char *command, struct lock_info *holder, struct op *op);
void firebase_unlock(struct place *p, struct op *op);
void firebase_peek_lock(struct place *p, struct lock_info *holder, struct op *op);
void firebase_break_lock(struct place *p, const char *token, struct op *op);
void begin_cancel(struct place *p);             /* what waits for something else than an answer ends soon */
void clone_cancel(struct place *p);
void call_cancel(struct place *p);              /* every call of the place ends as cancelled, soon (call.c) */
void lock_drop(struct place *p);                /* for place_close */
/* For what changes something: -1, and op has ended with FAIL_CONFLICT, when the lock is not held. */
int lock_check(const struct place *p, struct op *op);
/* Ends the staging: what it holds is freed. */
void staging_drop(struct place *p);

#endif
