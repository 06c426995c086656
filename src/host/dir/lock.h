/* lock: root/.slipway/lock, JSON with by, host, pid, command, since, expires (RFC 3339), token, and what tells a dead
 * holder on this machine from a live one: boot id, pid namespace, start time of the process.
 *
 * It appears whole (written aside, then linked without replacing: the link is the winner test) and is taken over by
 * renaming it aside. Whoever looks at it and then acts (takes over, renews, frees, switches) does both under a flock
 * of .slipway, so that between a holder's last look and its rename nobody else can take the lock: the kernel drops the
 * flock of a killed process. Where flock does not work (some network mounts), the lease alone decides. */
#ifndef SLIPWAY_HOST_DIR_LOCK_H
#define SLIPWAY_HOST_DIR_LOCK_H

#include "host/dir/dir.h"

#define LOCK_LEASE_S 120

/* Takes the flock: *guard is an fd, or -1 where there is no flock. FAIL_CONFLICT when another process keeps it for more
 * than 10 s; op (may be NULL) can be cancelled. */
int lock_guard(int *guard, const struct spot *s, struct op *op, struct fail *f);
void lock_unguard(int guard);
/* 1 when there is a lock (info filled, in mem), 0 when not, -1. A dead holder's lease reads as run out. */
int lock_read(struct lock_info *info, int state, const char *name, struct arena *mem, struct fail *f);
/* Is the lock on the place still ours and its lease running? FAIL_CONFLICT when not. */
int lock_ours(const struct place *p, const struct spot *s, struct fail *f);
/* Gives up the lock that p holds, if any; for place_close. */
void lock_release(struct place *p);

#endif
