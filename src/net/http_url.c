/* URLs, read more strictly than libcurl does: what passes here has one reading only. */
#include "net/http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>


void http_escape(struct strbuf *out, const char *text, const char *keep)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (strchr(unreserved, *c) || (keep && strchr(keep, *c)))
			strbuf_addch(out, (char)*c);
		else
			strbuf_addf(out, "%%%02X", *c);
	}
}

/* The length of "host" or "[v6]" at the beginning of text; 0 when it is neither. */
static size_t host_length(const char *text)
{
	if (text[0] != '[')
		return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
	size_t len = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
	return len > 3 && text[len] == ']' ? len + 1 : 0;
}

static bool visible(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || *text == '#' || *text == '\\')
			return false;
	return true;
}

/* ":8080" at the beginning of text, or nothing (0). Returns the length that it takes, or -1. */
static int port_length(const char *text, unsigned *port)
{
	*port = 0;
	if (text[0] != ':')
		return 0;
	size_t digits = strspn(text + 1, "0123456789");
	if (digits < 1 || digits > 5 || text[1] == '0')
		return -1;
	*port = (unsigned)strtoul(text + 1, NULL, 10);
	return *port <= 65535 ? (int)digits + 1 : -1;
}

bool http_split(const char *url, struct strbuf *origin, struct strbuf *path)
{
	bool secure = strncasecmp(url, "https://", 8) == 0;

	if (!secure && strncasecmp(url, "http://", 7) != 0)
		return false;
	const char *host = url + (secure ? 8 : 7);
	size_t len = host_length(host);
	unsigned port;
	int ported = port_length(host + len, &port);
	const char *rest = host + len + (ported > 0 ? ported : 0);
	if (len == 0 || len > 255 || ported < 0 || (*rest && *rest != '/' && *rest != '?') || !visible(rest))
		return false;
	if (origin) {
		strbuf_addstr(origin, secure ? "https://" : "http://");
		for (size_t i = 0; i < len; i++)
			strbuf_addch(origin, (char)tolower((unsigned char)host[i]));
		if (port && port != (secure ? 443 : 80))
			strbuf_addf(origin, ":%u", port);
	}
	if (path) {
		size_t until = strcspn(rest, "?");
		strbuf_add(path, until ? rest : "/", until ? until : 1);
	}
	return true;
}

static bool is_loopback(const char *host)
{
	size_t len = strlen(host);
	struct in_addr v4;

	return strcmp(host, "localhost") == 0 || (len > 10 && strcmp(host + len - 10, ".localhost") == 0) ||
		strcmp(host, "[::1]") == 0 || (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

static bool is_metadata(const char *host)
{
	struct in_addr v4;

	return strcmp(host, "metadata.google.internal") == 0 || strcmp(host, "metadata.google.internal.") == 0 ||
		(inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 16 == (169U << 8 | 254));
}

static bool ask_host(const char *origin, bool (*is)(const char *host))
{
	struct strbuf text = STRBUF_INIT;
	bool yes = false;

	if (http_split(origin, &text, NULL)) {
		char *host = strstr(text.buf, "://") + 3;
		host[host_length(host)] = '\0';
		yes = is(host);
	}
	strbuf_clear(&text);
	return yes;
}

bool http_is_loopback(const char *origin)
{
	return ask_host(origin, is_loopback);
}

bool http_is_metadata(const char *origin)
{
	return ask_host(origin, is_metadata);
}
