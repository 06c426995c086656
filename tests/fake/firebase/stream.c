#include "stream.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

int stream_tls_new(struct ssl_ctx_st **out, const char *cert, const char *key, struct fail *f)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION)
	    || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1
	    || SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
		SSL_CTX_free(ctx);
		return fail_set(f, FAIL_CONFIG, "cannot use %s with %s: %s", cert, key,
				ERR_reason_error_string(ERR_peek_last_error()));
	}
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	*out = ctx;
	return 0;
}

void stream_tls_free(struct ssl_ctx_st *ctx)
{
	SSL_CTX_free(ctx);
}

void stream_open(struct stream *s, int fd, struct ssl_ctx_st *tls)
{
	*s = (struct stream){ .fd = fd };
	if (tls) {
		s->tls = SSL_new(tls);
		SSL_set_fd(s->tls, fd);
		SSL_set_accept_state(s->tls);
	}
}

static ssize_t tls_result(struct stream *s, int n)
{
	if (n > 0)
		return n;
	int error = SSL_get_error(s->tls, n);

	ERR_clear_error();
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return STREAM_AGAIN;
	return error == SSL_ERROR_ZERO_RETURN ? 0 : STREAM_BROKEN;
}

static ssize_t plain_result(ssize_t n)
{
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? STREAM_AGAIN : STREAM_BROKEN;
}

static int at_most_int(size_t len)
{
	return len > INT_MAX ? INT_MAX : (int)len;
}

ssize_t stream_read(struct stream *s, void *data, size_t len)
{
	if (s->tls)
		return tls_result(s, SSL_read(s->tls, data, at_most_int(len)));
	return plain_result(recv(s->fd, data, len, 0));
}

ssize_t stream_write(struct stream *s, const void *data, size_t len)
{
	if (s->tls)
		return tls_result(s, SSL_write(s->tls, data, at_most_int(len)));
	return plain_result(send(s->fd, data, len, MSG_NOSIGNAL));
}

void stream_close(struct stream *s, enum stream_end how)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (how == STREAM_RST)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	else if (s->tls)
		SSL_shutdown(s->tls);
	SSL_free(s->tls);
	close(s->fd);
	*s = (struct stream){ .fd = -1 };
}
