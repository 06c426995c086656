#include "authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/mem.h"
#include "test.h"

struct authority {
	SSL_CTX *context;
	char file[64];
};

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

/* Signed by the issuer, or by itself. */
static X509 *certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, bool expired)
{
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);
	char alternative[128];

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), issuer ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3 * 86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), expired ? -86400 : 86400);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : subject);
	if (issuer) {
		snprintf(alternative, sizeof alternative, "DNS:%s,DNS:kiosks.%s", name, name);
		extend(cert, NID_subject_alt_name, alternative);
	} else {
		extend(cert, NID_basic_constraints, "critical,CA:TRUE");
		extend(cert, NID_key_usage, "critical,keyCertSign");
	}
	assert_true(X509_sign(cert, issuer ? issuer_key : key, EVP_sha256()) > 0);
	return cert;
}

struct authority *authority_new(const char *name, bool expired, bool old)
{
	struct authority *a = xcalloc(1, sizeof *a);
	EVP_PKEY *root_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");

	snprintf(a->file, sizeof a->file, "/tmp/slipway-authority-XXXXXX");
	int fd = mkstemp(a->file);
	/* No two have the same name, or one would be taken for another that forged it. */
	X509 *root = certificate(a->file, root_key, NULL, NULL, false);
	X509 *cert = certificate(name, key, root, root_key, expired);
	FILE *out = fdopen(fd, "w");
	assert_non_null(out);
	assert_int_equal(PEM_write_X509(out, root), 1);
	fclose(out);
	a->context = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(a->context, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(a->context, key), 1);
	if (old) {
		SSL_CTX_set_security_level(a->context, 0);
		SSL_CTX_set_max_proto_version(a->context, TLS1_1_VERSION);
	}
	X509_free(root);
	X509_free(cert);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(key);
	return a;
}

void authority_free(struct authority *a)
{
	if (!a)
		return;
	SSL_CTX_free(a->context);
	unlink(a->file);
	free(a);
}

const char *authority_file(const struct authority *a)
{
	return a->file;
}

SSL *authority_accept(struct authority *a, int fd)
{
	SSL *tls = SSL_new(a->context);

	SSL_set_fd(tls, fd);
	if (SSL_accept(tls) == 1)
		return tls;
	SSL_free(tls);
	return NULL;
}
