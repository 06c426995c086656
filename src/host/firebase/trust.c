#include "host/firebase/trust.h"

#include <stddef.h>
#include <string.h>

#include "base/strbuf.h"
#include "net/http.h"
#include "target/environment.h"

#define GOOGLE ".googleapis.com"

static bool same_origin(const char *url, const char *origin)
{
	struct strbuf own = STRBUF_INIT;
	bool same = origin && http_split(url, &own, NULL) && strcmp(own.buf, origin) == 0;

	strbuf_clear(&own);
	return same;
}

bool trust_token_uri(const char *url, const char *token_origin)
{
	static const char *const google[] = {
		"https://oauth2.googleapis.com/token", "https://accounts.google.com/o/oauth2/token",
		"https://www.googleapis.com/oauth2/v4/token",
	};

	for (size_t i = 0; i < sizeof google / sizeof *google; i++)
		if (strcmp(url, google[i]) == 0)
			return true;
	return same_origin(url, token_origin);
}

/* "us-east1", "eu": no word that could be a bucket's, since those have names below storage.googleapis.com. */
static bool is_region(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", text[i]))
			return false;
	return len == 2 || (len > 2 && text[len - 1] >= '0' && text[len - 1] <= '9');
}

/* What stands before .googleapis.com: "sts", "sts.us-east1", "sts.us-east1.rep" or "us-east1-sts". */
static bool is_service(const char *name, size_t len, const char *service)
{
	size_t n = strlen(service), rep = strlen(".rep");

	if (len < n)
		return false;
	if (memcmp(name, service, n) == 0 && (len == n || name[n] == '.')) {
		if (len > n + rep && memcmp(name + len - rep, ".rep", rep) == 0)
			len -= rep;
		return len == n || is_region(name + n + 1, len - n - 1);
	}
	return len > n && memcmp(name + len - n, service, n) == 0 && name[len - n - 1] == '-' &&
	       is_region(name, len - n - 1);
}

static bool is_google(const char *origin, const char *service)
{
	const char *host = origin + strlen("https://");
	size_t len = strlen(origin), suffix = strlen(GOOGLE);

	if (strncmp(origin, "https://", strlen("https://")) != 0 || len < strlen("https://") + suffix)
		return false;
	return strcmp(origin + len - suffix, GOOGLE) == 0 && is_service(host, strlen(host) - suffix, service);
}

bool trust_service(const char *url, const char *service, const char *token_origin)
{
	struct strbuf origin = STRBUF_INIT;
	bool trusted = http_split(url, &origin, NULL) &&
	               (is_google(origin.buf, service) || (token_origin && strcmp(origin.buf, token_origin) == 0) ||
	                (!http_is_loopback(origin.buf) && endpoint_allowed(url)));

	strbuf_clear(&origin);
	return trusted;
}
