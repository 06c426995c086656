/* stream: a non-blocking socket, plain or TLS (OpenSSL, server side), read and written alike. */
#ifndef FAKE_STREAM_H
#define FAKE_STREAM_H

#include <stddef.h>
#include <sys/types.h>
#include "base/fail.h"

struct ssl_st;
struct ssl_ctx_st;
struct stream {
	int fd;
	struct ssl_st *tls;         /* NULL: plain */
};
enum { STREAM_AGAIN = -1, STREAM_BROKEN = -2 };

/* A server context from a certificate chain and its key (PEM files); TLS 1.2 and later, HTTP/1.1 only. */
int stream_tls_new(struct ssl_ctx_st **out, const char *cert, const char *key, struct fail *f);
void stream_tls_free(struct ssl_ctx_st *ctx);           /* accepts NULL */
/* Takes over fd; tls may be NULL. The handshake goes along with the first reads. */
void stream_open(struct stream *s, int fd, struct ssl_ctx_st *tls);
/* The bytes moved, 0 at the end of the stream, STREAM_AGAIN or STREAM_BROKEN. */
ssize_t stream_read(struct stream *s, void *data, size_t len);
ssize_t stream_write(struct stream *s, const void *data, size_t len);
enum stream_end { STREAM_FIN, STREAM_RST };
/* Closes it: politely, or so that the peer sees a reset. */
void stream_close(struct stream *s, enum stream_end how);

#endif
