/* trace: what happened: counters, and a JSON line per API request, kept (the newest 65,536) and written to a file. A
 * line never holds a body, a header or a token. */
#ifndef FAKE_TRACE_H
#define FAKE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/strbuf.h"
#include "routes.h"

/* One API request from its arrival until its answer is delivered or its connection gone. */
struct record {
	unsigned long n, conn;
	enum kind kind;
	char method[12], site[64];
	char *path, *query;                 /* owned */
	int status;                         /* 0: no answer was to be seen */
	const char *fault;                  /* or NULL */
	size_t bytes_in, bytes_out;
	int64_t begin_ns;                   /* monotonic */
	struct site *upload_site;           /* of an upload under way, else NULL */
	const char *upload_hash;
};

enum { TRACE_LINES = 65536 };
struct trace {
	unsigned long requests, by_kind[KIND_COUNT], errors, uploads, concurrent, most_concurrent;
	uint64_t upload_bytes;
	/* inside */
	unsigned long lines;                /* ever */
	char **ring;                        /* the newest TRACE_LINES */
	int fd;                             /* -1: no file */
	struct strbuf pending;              /* not yet in the file */
	int64_t begin_ns;
};

/* path NULL: only kept. */
int trace_init(struct trace *t, const char *path, struct fail *f);
void trace_clear(struct trace *t);
/* Counts a request that has come; to be given back to trace_end. */
struct record *trace_begin(struct trace *t, const struct http_request *r, enum kind kind, unsigned long conn);
/* Its line, and the end of the record. */
void trace_end(struct trace *t, struct record *r);
/* Writes what is pending to the file. */
void trace_flush(struct trace *t);
/* Appends the lines from number `since` (0 = the first there is) as a JSON list. */
void trace_lines(const struct trace *t, unsigned long since, struct strbuf *out);
void trace_reset(struct trace *t);              /* the counters, not the lines */

#endif
