/* authority: a certificate authority made on the spot, and a TLS server with a certificate of its own. */
#ifndef SLIPWAY_TEST_AUTHORITY_H
#define SLIPWAY_TEST_AUTHORITY_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct authority;
/* The server's certificate is for name and kiosks.name; expired: since yesterday; old: no TLS above 1.1. */
struct authority *authority_new(const char *name, bool expired, bool old);
void authority_free(struct authority *a);       /* accepts NULL */
const char *authority_file(const struct authority *a);  /* the authority's certificate, PEM */
SSL *authority_accept(struct authority *a, int fd);     /* NULL when the handshake fails */

#endif
