#include "jwt.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

struct evp_pkey_st *jwt_key(struct strbuf *pem)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *out = BIO_new(BIO_s_mem());
	char *text;

	if (!key || !out || !PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL)) {
		EVP_PKEY_free(key);
		key = NULL;
	} else {
		long len = BIO_get_mem_data(out, &text);
		strbuf_add(pem, text, (size_t)len);
	}
	BIO_free(out);
	return key;
}

void jwt_key_free(struct evp_pkey_st *key)
{
	EVP_PKEY_free(key);
}

/* base64url without padding (RFC 4648, 5); the bytes, NUL-terminated, or NULL. */
static unsigned char *decode(struct arena *a, const char *text, size_t len, size_t *out_len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char *out = arena_bytes(a, len + 1);
	unsigned bits = 0, held = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
		if (!digit)
			return NULL;
		bits = bits << 6 | (unsigned)(digit - digits);
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (unsigned char)(bits >> held);
		}
	}
	out[n] = '\0';
	*out_len = n;
	return out;
}

bool jwt_split(struct arena *a, const char *token, const char **header, const char **claims)
{
	const char *dot = strchr(token, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
	size_t len;

	if (!second)
		return false;
	*header = (const char *)decode(a, token, (size_t)(dot - token), &len);
	*claims = (const char *)decode(a, dot + 1, (size_t)(second - dot - 1), &len);
	return *header && *claims;
}

bool jwt_signed_by(struct arena *a, const char *token, struct evp_pkey_st *key)
{
	const char *last = strrchr(token, '.');
	size_t len;
	unsigned char *signature = last ? decode(a, last + 1, strlen(last + 1), &len) : NULL;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	bool good = signature && EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1
		    && EVP_DigestVerify(md, signature, len, (const unsigned char *)token, (size_t)(last - token)) == 1;
	EVP_MD_CTX_free(md);
	return good;
}
