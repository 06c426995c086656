/* capture: runs a program and takes what it writes to stdout. No shell; stdin is /dev/null, stderr is ours; signals are
 * as a new process expects them. Blocks: for workers, and for moments when nothing else can go on. */
#ifndef SLIPWAY_BASE_CAPTURE_H
#define SLIPWAY_BASE_CAPTURE_H

#include <stdatomic.h>
#include <stddef.h>

struct capture {
	char *const *argv;              /* argv[0] is looked for in PATH */
	char *const *env;               /* NULL = ours */
	int dirfd;                      /* where it runs; -1 = where we are */
	int most_ms;                    /* it is killed when it takes longer */
	const atomic_bool *cancel;      /* may be NULL; looked at ten times a second: set, and it is killed */
};

enum captured {
	CAPTURED,
	CAPTURE_FAILED,                 /* it ended with another status than 0; what it wrote is there */
	CAPTURE_LATE,
	CAPTURE_LONG,                   /* more than max bytes; killed */
	CAPTURE_UNREADABLE,
	CAPTURE_ABSENT,                 /* there is no such program */
	CAPTURE_REFUSED,                /* it could not be started */
	CAPTURE_CANCELLED
};
/* Fills out (max + 1 bytes, the caller's to wipe; not NUL-terminated) and len. */
enum captured capture_run(const struct capture *c, char *out, size_t max, size_t *len);

#endif
