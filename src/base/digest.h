/* digest: SHA-256 (OpenSSL) and hex. Identity at rest and on the wire. */
#ifndef SLIPWAY_BASE_DIGEST_H
#define SLIPWAY_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32
#define SHA256_HEX 65               /* with the NUL */

struct sha256;                      /* a running digest */
struct sha256 *sha256_new(void);
void sha256_reset(struct sha256 *h);
void sha256_update(struct sha256 *h, const void *data, size_t len);
void sha256_final(struct sha256 *h, uint8_t out[SHA256_SIZE]);      /* then reset or free */
void sha256_free(struct sha256 *h);
void sha256_bytes(const void *data, size_t len, uint8_t out[SHA256_SIZE]);

void hex_encode(char *out, const void *data, size_t len);           /* writes 2*len digits and a NUL */
bool hex_decode(void *out, const char *hex, size_t len);            /* len bytes from 2*len digits; false if not hex */

#endif
