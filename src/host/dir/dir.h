/* dir: a directory on this machine; the reference host that every other one is tested against.
 *
 *   live                                  symbolic link, relative, swapped by rename only (default root/current)
 *   root/releases/ID/                     a release's tree, files 0444, directories 0755;
 *                                         .ID.partial while it is staged, .ID.dead while it is removed
 *   root/.slipway/releases/ID.jsonl       its manifest, renamed into place before the tree is: a release is both
 *   root/.slipway/switches.jsonl, lock    the switch log; the lock (host/dir/lock.h)
 *   root/.slipway/reserve                 room for going back on a full disk (host/dir/reserve.h)
 *
 * The first deploy creates root when its parent exists: a missing parent is more often an unmounted disk or a typing
 * error than a wish. A relative root lies in the project, where neither can be: its parents are made too.
 *
 * The name of what lies outside releases/ (a link that somebody else pointed there, a real directory) is its absolute
 * path; a release's name never holds a slash or begins with a dot.
 *
 * Every call opens what it needs and closes it again: between calls a place holds no descriptor, so that a thousand
 * places need no more of them than there are workers. Inside a release no symbolic link is ever followed. */
#ifndef SLIPWAY_HOST_DIR_DIR_H
#define SLIPWAY_HOST_DIR_DIR_H

#include <limits.h>
#include <stdatomic.h>
#include "host/host.h"
#include "host/kinds.h"


struct content_cache;
struct staging;

struct session {
	struct loop *loop;
	const char *project_root;
	size_t places;
	struct content_cache *cache;    /* small contents that several places get */
	unsigned busy;                  /* works whose parts are running; the loop's */
};

enum durability { DURABLE_NONE, DURABLE_SWITCH, DURABLE_FULL };

struct place {
	struct session *session;
	const struct target *target;
	const char *name, *root, *live; /* absolute paths; in mem */
	bool inside;                    /* root was given relative to the project */
	bool live_inside;               /* so was live */
	enum durability durability;
	struct arena mem;
	char token[33];                 /* of the lock we hold; "" = none */
	struct staging *staging;        /* from begin to seal or abandon */
};

/* What an op has open: -1 for what does not exist (yet). */
struct spot {
	int root, state, releases;      /* root, root/.slipway, root/releases */
	int live_dir;                   /* the directory that the live link stands in */
	const char *live_name;          /* the link's name in it; points into the place */
};
enum spot_mode { SPOT_READ, SPOT_CREATE };

/* Opens root and what is below. SPOT_READ: an absent root is success with s->root -1 when it can be made, else
 * FAIL_MISSING. SPOT_CREATE makes what is missing. spot_close either way. */
int spot_open(struct spot *s, const struct place *p, enum spot_mode mode, struct fail *f);
void spot_close(struct spot *s);

/* A name that may stand under releases/. */
bool dir_name_ok(const char *id);
/* fail_errno with a path escaped: "cannot VERB PATH: ...". */
int dir_errno(struct fail *f, int err, const char *verb, const char *path);
/* 16 random bytes as hex. */
void dir_random(char out[33]);
/* openat2 below fd without following any symbolic link; component by component where the kernel has no openat2. */
int dir_open_beneath(int fd, const char *path, int flags);
/* Looks at op->cancel: -1 with FAIL_CANCELLED. */
int dir_cancelled(struct op *op, struct fail *f);

/* The slots of host_ops, by file. */
void dir_read(struct place *p, struct live_state *out, struct op *op);
void dir_list(struct place *p, struct release_list *out, struct op *op);
void dir_fetch(struct place *p, const char *id, const struct tree *want, struct manifest *out, struct op *op);
void dir_probe(struct place *p, const char *id, enum release_state *out, struct op *op);
void dir_verify(struct place *p, const char *id, struct verify_report *out, struct op *op);
void dir_check(struct place *p, struct check_report *out, struct op *op);
void dir_lock(struct place *p, const char *by, const char *command, struct lock_info *holder, struct op *op);
void dir_renew(struct place *p, struct op *op);
void dir_unlock(struct place *p, struct op *op);
void dir_peek_lock(struct place *p, struct lock_info *holder, struct op *op);
void dir_break_lock(struct place *p, const char *token, struct op *op);
void dir_begin(struct place *p, const struct begin_request *rq, struct missing *out, struct op *op);
void dir_put(struct place *p, const size_t *entries, size_t count, struct stage_stats *stats, struct op *op);
void dir_seal(struct place *p, struct stage_stats *stats, struct op *op);
void dir_flush(struct place *const *places, size_t count, struct op *op);
void dir_abandon(struct place *p, const char *id, struct op *op);
int dir_switch_plan(struct place *p, const char *from, const char *to, struct switch_plan *out, struct arena *mem,
                    struct fail *f);
void dir_step(struct place *p, const struct switch_step *step, const struct switch_note *note, struct op *op);
void dir_mark(struct place *p, const char *id, const struct switch_note *note, struct op *op);
void dir_drop(struct place *p, const char *id, uint64_t *freed_bytes, struct op *op);
void dir_sweep(struct place *p, const char *keep_id, struct op *op);
void dir_adopt(struct place *p, const struct adopt_request *rq, struct adopt_report *out, struct op *op);

#endif
