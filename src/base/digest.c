#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "base/mem.h"

struct sha256 {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

/* SHA-256 fails only when OpenSSL is broken or out of memory; both leave nothing to go on with. */
static void must(int ok)
{
	if (ok == 1)
		return;
	fputs("slipway: SHA-256 is not available in this OpenSSL\n", stderr);
	abort();
}

struct sha256 *sha256_new(void)
{
	struct sha256 *h = xmalloc(sizeof *h);

	/* Fetched once: an implicit fetch costs more than hashing a small file. */
	h->md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	h->ctx = EVP_MD_CTX_new();
	must(h->md && h->ctx);
	sha256_reset(h);
	return h;
}

void sha256_reset(struct sha256 *h)
{
	must(EVP_DigestInit_ex2(h->ctx, h->md, NULL));
}

void sha256_update(struct sha256 *h, const void *data, size_t len)
{
	must(EVP_DigestUpdate(h->ctx, data, len));
}

void sha256_final(struct sha256 *h, uint8_t out[SHA256_SIZE])
{
	must(EVP_DigestFinal_ex(h->ctx, out, NULL));
}

void sha256_free(struct sha256 *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

void sha256_bytes(const void *data, size_t len, uint8_t out[SHA256_SIZE])
{
	must(EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL));
}

void hex_encode(char *out, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(void *out, const char *hex, size_t len)
{
	uint8_t *p = out;

	for (size_t i = 0; i < len; i++) {
		int high = hex_value(hex[2 * i]);
		int low = high < 0 ? -1 : hex_value(hex[2 * i + 1]);
		if (low < 0)
			return false;
		p[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
