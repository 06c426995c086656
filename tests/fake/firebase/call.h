/* call: one API request while it is being handled: what was asked (routed, authorised, parsed) and the growing answer.
 *
 * A handler returns 0 with the answer written through c->w, or -1 after refuse(), which replaces what was written. */
#ifndef FAKE_CALL_H
#define FAKE_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include "base/json.h"
#include "base/mem.h"
#include "http.h"
#include "url.h"
#include "world.h"

enum { CALL_ARGS = 4 };
struct route;
struct server;
struct call {
	struct server *server;
	struct world *world;
	const struct http_request *request;
	const struct route *route;
	struct arena *mem;                  /* gone after the answer */
	struct params query;
	const json *body;                   /* NULL where the route takes none */
	const char *args[CALL_ARGS];        /* what the "*" of the route stood for, decoded */
	const char *base;                   /* scheme, host and port as the client sees them */
	const char *user;                   /* e-mail of the bearer */
	const char *project_name;           /* as in the path; NULL in its short form */
	struct project *project;            /* of that name; NULL in the short form and for "-" */
	struct site *site;                  /* of the path; NULL where it has none */
	bool long_names;                    /* answer with projects/NUMBER/sites/..., as the path was asked */
	bool bad_upload_host;               /* a fault: hand out the TLS port as the upload host */
	/* the answer */
	int status;
	const char *type;
	struct strbuf out;
	struct jw w;
};

enum api_error {
	INVALID_ARGUMENT, FAILED_PRECONDITION, UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND, ALREADY_EXISTS,
	RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE
};
/* Google's error document; the status comes from the error. Returns -1. */
int refuse(struct call *c, enum api_error error, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same for any status: its name is the one that goes with it. */
int refuse_status(struct call *c, int status, const char *message);
/* The plain text in which the upload host refuses. Returns -1. */
int refuse_upload(struct call *c, int status, const char *message);

/* Refuses a value that is no object, and an object with a key that is not among `keys` (blank-separated; NULL: any).
 * `where` stands in the message ("version.config"). */
int check_keys(struct call *c, const json *object, const char *where, const char *keys);
/* Is word among the blank-separated words? */
bool among(const char *words, const char *word);
/* pageSize (1..most; `usual` when absent or 0) and where the page begins: a pageToken is a place in a list. */
int read_page(struct call *c, size_t usual, size_t most, size_t *size, size_t *from);
/* Writes nextPageToken for a page that ends before `next`. */
void write_page_token(struct call *c, size_t next);
/* updateMask, by either of its names: refuses a field that is not in `fields`. *mask is "" when absent, else its fields
 * separated by blanks. */
int read_mask(struct call *c, const char *fields, const char **mask);

#endif
