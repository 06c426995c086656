#include "host/firebase/jwt.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "account.h"

static const struct jwt plain = { .key_id = "k1", .issuer = ACCOUNT_EMAIL, .scope = "a b",
                                  .audience = "https://oauth2.googleapis.com/token", .issued_s = 1700000000 };

/* Signed by `openssl dgst -sha256 -sign`: PKCS #1 v1.5 has one answer only. */
static void a_known_one(void **state)
{
	static const char expected[] =
		"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0."
		"eyJpc3MiOiJjaUB0cGIuaWFtLmdzZXJ2aWNlYWNjb3VudC5jb20iLCJzY29wZSI6ImEgYiIsImF1ZCI6Imh0dHBzOi8vb2F1dGgyLmdvb2ds"
		"ZWFwaXMuY29tL3Rva2VuIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDM2MDB9."
		"QtvfyrzySK9tWhGHiapvKNxXCEfFcselpNR-8-oVVkfc3dnXpN38GV3R0I5CUic620qMii1dNzyIodtXrdvd1hfEmh-3yxam6kLFtZY_nQZc"
		"CDv8xSXW6Hd57N6MtI4EfYJAwqHB1RnCF1cr2zU62vJUiE5oQJvjp6QbKAUlA_PA8Iuu8TL7HsXKtfLDqF-OU47TNILJcTyLX214E7qxjEt_"
		"uC0w13v0QjjdRSwVll50Qt184bfiBGvpgZ9f8lb6stEsg5tz7GpAQomsU1SSknNA7CCWfl8O5OtNQvS96DkkN9NXtq40BHjucX4wAZl44gSQ"
		"Rb99HiRzzFeA0r1mjA";
	struct strbuf out = STRBUF_SECRET;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(jwt_sign(&out, &plain, account_key(), &f), 0);
	assert_string_equal(out.buf, expected);
	strbuf_clear(&out);
}

static void what_it_says_and_who_signed(void **state)
{
	struct jwt j = plain;
	struct strbuf out = STRBUF_SECRET;
	struct fail f = FAIL_INIT;
	struct json_doc *claims, *header;
	int64_t ends = 0;

	(void)state;
	j.key_id = NULL;
	j.issuer = "o'\"\\\xc3\xa9@x";
	assert_int_equal(jwt_sign(&out, &j, account_key(), &f), 0);
	claims = account_claims(out.buf);
	header = account_jwt_header(out.buf);
	assert_non_null(claims);
	assert_string_equal(json_string(json_get(json_root(claims), "iss")), j.issuer);
	assert_true(json_int(json_get(json_root(claims), "exp"), &ends));
	assert_int_equal(ends, 1700003600);
	assert_null(json_get(json_root(header), "kid"));
	json_doc_free(claims);
	json_doc_free(header);
	/* One byte of the claims changed: nobody believes it. */
	strchr(out.buf, '.')[5] ^= 1;
	assert_null(account_claims(out.buf));
	strbuf_clear(&out);
}

static void refused(const char *key, const char *text, const char *hint)
{
	struct strbuf out = STRBUF_SECRET;
	struct fail f = FAIL_INIT;

	assert_int_equal(jwt_sign(&out, &plain, key, &f), -1);
	assert_int_equal(f.kind, FAIL_AUTH);
	assert_string_equal(f.text, text);
	assert_non_null(strstr(f.hint, hint));
	assert_int_equal(out.len, 0);
	/* Left there, it would be taken for a failure of the next TLS connection. */
	assert_int_equal(ERR_peek_error(), 0);
}

static void keys_that_are_none(void **state)
{
	struct strbuf twice = STRBUF_INIT, cut = STRBUF_INIT;

	(void)state;
	for (const char *p = account_key(); *p; p++)
		strbuf_add(&twice, *p == '\n' ? "\\n" : p, *p == '\n' ? 2 : 1);
	strbuf_add(&cut, account_key(), 500);
	refused("", "private_key is not the PEM text of an RSA key", "as Google's console gave it");
	refused("not a key", "private_key is not the PEM text of an RSA key", "");
	refused(cut.buf, "private_key is not the PEM text of an RSA key", "");
	refused(twice.buf, "private_key is not the PEM text of an RSA key", "escaped twice");
	/* an elliptic curve's */
	refused("-----BEGIN " "PRIVATE KEY-----\n"
	        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n"
	        "OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n"
	        "1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n"
	        "-----END " "PRIVATE KEY-----\n", "private_key is not the PEM text of an RSA key", "");
	strbuf_clear(&twice);
	strbuf_clear(&cut);
}

/* OpenSSL would ask for the password, on the terminal. */
static void a_key_with_a_password(void **state)
{
	BIO *in = BIO_new_mem_buf(account_key(), -1), *out = BIO_new(BIO_s_mem());
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	struct strbuf pem = STRBUF_INIT;
	char *text = NULL;
	long len;

	(void)state;
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_128_cbc(), "password", 8, NULL, NULL), 1);
	len = BIO_get_mem_data(out, &text);
	strbuf_add(&pem, text, (size_t)len);
	assert_non_null(strstr(pem.buf, "ENCRYPTED"));
	refused(pem.buf, "private_key is not the PEM text of an RSA key", "");
	strbuf_clear(&pem);
	EVP_PKEY_free(key);
	BIO_free(in);
	BIO_free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_one),
		cmocka_unit_test(what_it_says_and_who_signed),
		cmocka_unit_test(keys_that_are_none),
		cmocka_unit_test(a_key_with_a_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
