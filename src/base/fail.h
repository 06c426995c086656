/* fail: errors as values.
 *
 * A failure is a kind (decides retry and exit code), a stage, a sentence for the reader and, where we have one, a
 * hint that says what to do next. It lives on the caller's stack or in an op, allocates nothing and is per target:
 * forty targets give forty answers. No secret and no query string ever enters the text.
 *
 * Convention: fallible functions return 0 or -1 with `struct fail *f` last; on -1 *f is filled, on 0 it is
 * untouched. */
#ifndef SLIPWAY_BASE_FAIL_H
#define SLIPWAY_BASE_FAIL_H

#include <stdint.h>

enum fail_kind {
	FAIL_NONE,
	FAIL_USAGE,     /* the command line; exit 2 */
	FAIL_CONFIG,    /* a project document; exit 2 */
	FAIL_AUTH,      /* credentials or rights */
	FAIL_MISSING,   /* something named does not exist */
	FAIL_CONFLICT,  /* a lock is held, or the place moved under us */
	FAIL_BUSY,      /* the far side asks us to come back */
	FAIL_LINK,      /* connection trouble */
	FAIL_REMOTE,    /* the host answered nonsense or a permanent error */
	FAIL_LOCAL,     /* this machine: disk, permissions, descriptors */
	FAIL_STATE,     /* .slipway unusable (disk full, newer format, no permission); exit 6 */
	FAIL_BUILD,     /* the build was refused; exit 7 */
	FAIL_CORRUPT,   /* stored content does not match its digest */
	FAIL_CANCELLED  /* interrupted; exit 8 */
};

struct fail {
	enum fail_kind kind;
	int code;                   /* errno, CURLcode or HTTP status; 0 when none */
	uint32_t retry_after_ms;    /* 0 = the far side did not say */
	char stage[16];             /* "read", "lock", "stage", "seal", "switch", ...; "" until somebody knows */
	char text[600];             /* one sentence, no newline, already escaped for a terminal */
	char hint[300];             /* "" or what to do next */
};

#define FAIL_INIT { .kind = FAIL_NONE }

/* Fills *f (clearing stage, code and hint) and returns -1, so that `return fail_set(f, ...)` reads as one step. */
int fail_set(struct fail *f, enum fail_kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* fail_set for a failed system call: appends ": " + strerror(err), keeps err in f->code, and chooses the kind from err
 * (EACCES, EPERM, EROFS: FAIL_AUTH; ENOENT, ENOTDIR: FAIL_MISSING; else FAIL_LOCAL). Returns -1. */
int fail_errno(struct fail *f, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the sentence; kind, stage, code and hint stay. Returns -1. */
int fail_wrap(struct fail *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sets the hint. Returns -1. */
int fail_hint(struct fail *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Names the stage if none is set yet. Returns -1. */
int fail_stage(struct fail *f, const char *stage);

/* The kind's name in --json documents: "usage", "config", "auth", "missing", "conflict", "busy", "link", "remote",
 * "local", "state", "build", "corrupt", "cancelled". */
const char *fail_kind_name(enum fail_kind kind);

#endif
