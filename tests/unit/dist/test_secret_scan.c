#include "dist/secret_scan.h"

#include "test.h"

/* The samples are put together here, so that no scanner of repositories takes this file for a leak. */
#define BEGIN(label) "-----BEGIN" " " label "-----"
#define KEY "MIIEowIBAAKCAQEAyJq3hT4n0m8Yd1dQpVxZbR5cKz7LwUe2sGf9aTq6BvNhXoI4"
#define ID "AKI" "AZ7QW3ERTY5UIOPAS"

struct row {
	const char *text;
	enum secret is;
};

static const struct row rows[] = {
	/* keys */
	{ BEGIN("PRIVATE KEY") "\n" KEY "\n", SECRET_PRIVATE_KEY },
	{ BEGIN("RSA PRIVATE KEY") "\r\n" KEY "\r\n", SECRET_PRIVATE_KEY },
	{ BEGIN("EC PRIVATE KEY") "\n" KEY, SECRET_PRIVATE_KEY },
	{ BEGIN("OPENSSH PRIVATE KEY") "\n" KEY, SECRET_PRIVATE_KEY },
	{ BEGIN("ENCRYPTED PRIVATE KEY") "\n" KEY, SECRET_PRIVATE_KEY },
	{ BEGIN("RSA PRIVATE KEY") "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233\n\n" KEY, SECRET_PRIVATE_KEY },
	{ BEGIN("PGP PRIVATE KEY BLOCK") "\nVersion: GnuPG v2\n\n" KEY, SECRET_PRIVATE_KEY },
	{ "var k = '" BEGIN("PRIVATE KEY") "\\n" KEY "'", SECRET_PRIVATE_KEY },
	{ "var k = \"" BEGIN("PRIVATE KEY") "\\n\" +\n  \"" KEY "\"", SECRET_PRIVATE_KEY },
	{ "-------" BEGIN("PRIVATE KEY") "\n" KEY, SECRET_PRIVATE_KEY },
	{ "{\"private_key_id\":\"x\",\"private_key\":\"" BEGIN("PRIVATE KEY") "\\n" KEY "\\n\"}", SECRET_SERVICE_ACCOUNT },
	{ "{\"private_key\": \"" BEGIN("PRIVATE KEY") "\\n" KEY "\\n\"}", SECRET_SERVICE_ACCOUNT },
	/* what only looks like one */
	{ "if (s.includes('" BEGIN("PRIVATE KEY") "')) throw x", SECRET_NONE },
	{ "x=\"" BEGIN("PRIVATE KEY") "\\n\"+btoa(e).match(/.{1,64}/g).join(\"\\n\")", SECRET_NONE },
	{ "[\"" BEGIN("RSA PRIVATE KEY") "\",\"-----END RSA PRIVATE KEY-----\"]", SECRET_NONE },
	{ BEGIN("PRIVATE KEY") "\n...\n-----END PRIVATE KEY-----", SECRET_NONE },
	{ BEGIN("PRIVATE KEY") "\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", SECRET_NONE },
	{ BEGIN("PRIVATE KEY") "\nMIIEvQIBADANBgkq...\n", SECRET_NONE },
	{ BEGIN("PUBLIC KEY") "\n" KEY, SECRET_NONE },
	{ BEGIN("CERTIFICATE") "\n" KEY, SECRET_NONE },
	{ "----BEGIN PRIVATE KEY-----\n" KEY, SECRET_NONE },
	{ BEGIN("PRIVATE KEY"), SECRET_NONE },
	{ "/* ------------------------------------------------------------ */", SECRET_NONE },
	/* AWS */
	{ "\"" ID "\"", SECRET_AWS_KEY },
	{ ID, SECRET_AWS_KEY },
	{ "ASI" "AZ7QW3ERTY5UIOPAS", SECRET_AWS_KEY },
	{ "id=" ID "\nsecret=", SECRET_AWS_KEY },
	{ "AAAKIA " ID " AKIA", SECRET_AWS_KEY },
	{ "x" ID, SECRET_NONE },
	{ ID "x", SECRET_NONE },
	{ "_" ID, SECRET_NONE },
	{ "/" ID "+", SECRET_NONE },
	{ "AKIAIOSFODNN7EXAMPLE", SECRET_NONE },
	{ "AKIAZ7QW3ERTY5UIOPA", SECRET_NONE },
	{ "AKIAZ7QW3ERTY5UIOP1S", SECRET_NONE },
	{ "akiaz7qw3erty5uiopas", SECRET_NONE },
	{ "", SECRET_NONE },
	{ "AKI", SECRET_NONE },
};

static void finds_things_not_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum secret found = secret_scan(rows[i].text, strlen(rows[i].text), true, true);
		if (found != rows[i].is)
			fail_msg("%s: found %d", rows[i].text, (int)found);
	}
}

/* Wherever it stands, in whatever comes before: the scan looks at every fourth byte only. */
static void finds_it_anywhere(void **state)
{
	static const char fill[] = "A-IKS-----AKI ASI x----- BEGIN";
	char text[1200];

	(void)state;
	for (size_t at = 0; at < 200; at++) {
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			if (rows[i].is == SECRET_NONE)
				continue;
			size_t n = 0;
			for (; n < at; n++)
				text[n] = fill[(n * 7 + at) % (sizeof fill - 1)];
			int len = snprintf(text + n, sizeof text - n, "\n%s\n tail", rows[i].text);
			if (secret_scan(text, n + (size_t)len, true, true) == SECRET_NONE)
				fail_msg("not found at %zu: %s", at, rows[i].text);
		}
	}
}

/* Cut in two at every place, the overlap shown again: found once, and never a thing that is not there. */
static void survives_every_border(void **state)
{
	static char text[SECRET_OVERLAP + 4096];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		memset(text, ' ', sizeof text);
		size_t len = strlen(rows[i].text), at = SECRET_OVERLAP + 200, end = at + len + 300;
		memcpy(text + at, rows[i].text, len);
		for (size_t cut = at - 2; cut <= at + len + 2; cut++) {
			enum secret found = secret_scan(text, cut, true, false);
			if (found == SECRET_NONE)
				found = secret_scan(text + cut - SECRET_OVERLAP, end - cut + SECRET_OVERLAP, false, true);
			if ((found == SECRET_NONE) != (rows[i].is == SECRET_NONE))
				fail_msg("%s, cut at %zu: found %d", rows[i].text, cut - at, (int)found);
		}
	}
}

static void has_names(void **state)
{
	(void)state;
	assert_null(secret_rule(SECRET_NONE));
	assert_string_equal(secret_rule(SECRET_PRIVATE_KEY), "private key inside");
	assert_string_equal(secret_rule(SECRET_SERVICE_ACCOUNT), "service-account key inside");
	assert_string_equal(secret_rule(SECRET_AWS_KEY), "AWS access key id inside");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_things_not_names),
		cmocka_unit_test(finds_it_anywhere),
		cmocka_unit_test(survives_every_border),
		cmocka_unit_test(has_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
