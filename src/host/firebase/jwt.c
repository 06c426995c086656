#include "host/firebase/jwt.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/mem.h"

/* Without it OpenSSL would ask on the terminal. */
static int no_password(char *buffer, int size, int writing, void *arg)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *read_key(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_password, NULL) : NULL;

	BIO_free(in);
	if (key && !EVP_PKEY_is_a(key, "RSA")) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static void add_header(struct strbuf *out, const struct jwt *j)
{
	struct strbuf text = STRBUF_INIT;
	struct jw w;

	jw_init(&w, &text, 0);
	jw_object(&w);
	jw_kstr(&w, "alg", "RS256");
	jw_kstr(&w, "typ", "JWT");
	if (j->key_id)
		jw_kstr(&w, "kid", j->key_id);
	jw_end(&w);
	base64url_encode(out, text.buf, text.len);
	strbuf_clear(&text);
}

static void add_claims(struct strbuf *out, const struct jwt *j)
{
	struct strbuf text = STRBUF_INIT;
	struct jw w;

	jw_init(&w, &text, 0);
	jw_object(&w);
	jw_kstr(&w, "iss", j->issuer);
	jw_kstr(&w, "scope", j->scope);
	jw_kstr(&w, "aud", j->audience);
	jw_kint(&w, "iat", j->issued_s);
	jw_kint(&w, "exp", j->issued_s + JWT_LIFE_S);
	jw_end(&w);
	base64url_encode(out, text.buf, text.len);
	strbuf_clear(&text);
}

static int add_signature(struct strbuf *out, const char *text, size_t len, EVP_PKEY *key)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const unsigned char *bytes = (const unsigned char *)text;
	unsigned char *signature = NULL;
	size_t size = 0;
	int rc = -1;

	if (context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(context, NULL, &size, bytes, len) == 1) {
		signature = xmalloc(size);
		rc = EVP_DigestSign(context, signature, &size, bytes, len) == 1 ? 0 : -1;
	}
	if (rc == 0) {
		strbuf_addch(out, '.');
		base64url_encode(out, signature, size);
	}
	free(signature);
	EVP_MD_CTX_free(context);
	return rc;
}

int jwt_sign(struct strbuf *out, const struct jwt *j, const char *key, struct fail *f)
{
	struct strbuf text = STRBUF_SECRET;
	EVP_PKEY *rsa = read_key(key);
	int rc = -1;

	if (!rsa) {
		fail_set(f, FAIL_AUTH, "private_key is not the PEM text of an RSA key");
		if (strstr(key, "\\n"))
			fail_hint(f, "its line ends are escaped twice: \\\\n stands where \\n should");
		else
			fail_hint(f, "take the file as Google's console gave it");
	} else {
		add_header(&text, j);
		strbuf_addch(&text, '.');
		add_claims(&text, j);
		rc = add_signature(&text, text.buf, text.len, rsa);
		if (rc < 0)
			fail_set(f, FAIL_AUTH, "private_key cannot sign");
	}
	if (rc == 0)
		strbuf_add(out, text.buf, text.len);
	/* Left in the queue, they would be taken for failures of the next connection. */
	ERR_clear_error();
	EVP_PKEY_free(rsa);
	strbuf_clear(&text);
	return rc;
}
