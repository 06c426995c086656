/* faults: rules that say which API request goes wrong and how, latencies per kind of call, and a rate limit.
 *
 * A rule counts the requests that fit it (kind, site) since it was set, and fires on the nth of them (and the `times`
 * - 1 that follow), on a share of them (`rate`), or on all. The first rule that fires decides. */
#ifndef FAKE_FAULTS_H
#define FAKE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/mem.h"
#include "call.h"
#include "gate.h"
#include "routes.h"

struct fault {
	const char *name;           /* "status", "reset_before", ... */
	enum manner manner;         /* how the answer leaves */
	bool effect;                /* does the request take effect? */
	bool garbage;               /* 200 with an HTML page instead of the answer */
	bool huge;                  /* 200 with JSON that does not end for 64 MiB */
	bool expire;                /* every token, this request's too */
	bool bad_host;              /* hand out the TLS port as the upload host */
	int status;                 /* an error with this status instead of the answer; 0: the answer */
	int64_t retry_after;        /* seconds; -1: no header */
	const char *message;
};

struct rule;
struct faults {
	struct arena mem;
	struct rule *rules;
	size_t count;
	uint64_t random;
	/* milliseconds */
	int64_t token_ms, read_ms, control_ms, upload_ms, clone_ms;
	/* the bucket */
	double per_second, burst, held;
	int64_t filled_ns;
	struct fault limited;
};

void faults_init(struct faults *s);
void faults_clear(struct faults *s);
/* What is to happen to this request; NULL: nothing. Counts it. */
const struct fault *faults_decide(struct faults *s, enum kind kind, const char *site);
/* How long its answer waits. */
int64_t faults_latency(const struct faults *s, enum kind kind, const char *method);
/* "token=300,control=300": read follows control until it is named itself. False when it cannot be read. */
bool faults_set_latency(struct faults *s, const char *text);

/* Handlers of the control interface, see call.h and README.md. */
int faults_post(struct call *c);
int faults_post_latency(struct call *c);
int faults_post_rate(struct call *c);

#endif
