/* http: HTTP/1.1 requests (RFC 9112) read piecewise from a buffer. Strict where it is cheap: no line folding, no blank
 * before a colon, exactly one Host, one kind of body framing, no trailers. */
#ifndef FAKE_HTTP_H
#define FAKE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include "base/strbuf.h"

enum { HTTP_HEADERS = 64, HTTP_HEAD_MAX = 64 * 1024 };
#define HTTP_BODY_MAX ((size_t)900 * 1024 * 1024)       /* what a strbuf holds, less a margin */

enum http_progress { HTTP_MORE, HTTP_CONTINUE, HTTP_READY, HTTP_BAD };

/* Zeroed = nothing read yet. */
struct http_request {
	const char *method, *path, *query;      /* query: without "?", "" when none; both still percent-encoded */
	struct { const char *name, *value; } headers[HTTP_HEADERS];
	size_t header_count;
	const char *body;                       /* in the buffer, so gone when that changes; body_len bytes */
	size_t body_len;
	bool keep_alive;
	/* inside */
	char *head;                             /* owned: what the texts above point into */
	size_t head_len, next;                  /* next: where undecoded chunks, at the end the next request, begin */
	bool chunked;
};

/* Looks at what has come. HTTP_CONTINUE: the client waits for "100 Continue" before it sends the body (said once).
 * HTTP_READY: the request is whole. HTTP_BAD: not HTTP as we speak it. Call again with the same request and buffer
 * whenever the buffer has grown; chunks are joined in it. */
enum http_progress http_read(struct http_request *r, struct strbuf *in);
/* Drops the request's bytes from the buffer (a large one is freed), frees what the request owns and zeroes it. Legal at
 * any time. */
void http_done(struct http_request *r, struct strbuf *in);
/* The value of a header (names in any case), or NULL. */
const char *http_header(const struct http_request *r, const char *name);
/* The reason phrase of a status. */
const char *http_reason(int status);

#endif
