#include "http.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { KEPT_ROOM = 256 * 1024 };        /* what a connection's buffer may keep between requests */

const char *http_reason(int status)
{
	static const struct { int status; const char *reason; } known[] = {
		{ 200, "OK" }, { 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
		{ 307, "Temporary Redirect" }, { 308, "Permanent Redirect" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" }, { 408, "Request Timeout" },
		{ 409, "Conflict" }, { 411, "Length Required" }, { 413, "Content Too Large" }, { 429, "Too Many Requests" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 502, "Bad Gateway" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].status == status)
			return known[i].reason;
	return "Unknown";
}

const char *http_header(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

/* "POST /path?query HTTP/1.1", cut up in place. */
static bool read_request_line(struct http_request *r, char *line)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	char *query = target ? strchr(target, '?') : NULL;

	if (!version || target == line || target[1] != '/' || strcmp(version + 1, "HTTP/1.1") != 0)
		return false;
	for (const char *p = line; p < target; p++)
		if (!isupper((unsigned char)*p))
			return false;
	*target = *version = '\0';
	r->method = line;
	r->path = target + 1;
	r->query = version;                             /* an empty string by now */
	if (query && query < version) {
		*query = '\0';
		r->query = query + 1;
	}
	return true;
}

static bool once_only(const char *name)
{
	return strcasecmp(name, "host") == 0 || strcasecmp(name, "authorization") == 0
	       || strcasecmp(name, "content-length") == 0 || strcasecmp(name, "transfer-encoding") == 0;
}

static bool read_header(struct http_request *r, char *line)
{
	size_t name = strcspn(line, ": \t");

	if (!name || line[name] != ':' || r->header_count == HTTP_HEADERS)
		return false;
	line[name] = '\0';
	char *value = line + name + 1;
	value += strspn(value, " \t");
	for (size_t n = strlen(value); n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'); n--)
		value[n - 1] = '\0';
	if (once_only(line) && http_header(r, line))
		return false;
	r->headers[r->header_count].name = line;
	r->headers[r->header_count++].value = value;
	return true;
}

static bool read_framing(struct http_request *r)
{
	const char *length = http_header(r, "content-length"), *coding = http_header(r, "transfer-encoding");
	const char *connection = http_header(r, "connection");

	if (!http_header(r, "host") || (length && coding) || (coding && strcasecmp(coding, "chunked") != 0))
		return false;
	r->keep_alive = !connection || strcasecmp(connection, "close") != 0;
	r->chunked = coding != NULL;
	if (length) {
		char *end;
		unsigned long n = strtoul(length, &end, 10);
		if (*end || !isdigit((unsigned char)*length) || n > HTTP_BODY_MAX)
			return false;
		r->body_len = n;
	}
	return true;
}

static bool read_head(struct http_request *r)
{
	char *line = r->head, *end = r->head + r->head_len - 2;         /* where the empty line begins */

	while (line < end) {
		char *stop = strstr(line, "\r\n");
		if (!stop)
			return false;                                   /* a NUL in it */
		*stop = '\0';
		if (line == r->head ? !read_request_line(r, line) : !read_header(r, line))
			return false;
		line = stop + 2;
	}
	return r->method && read_framing(r);
}

/* Moves each whole chunk down to the end of the body so far. */
static enum http_progress read_chunks(struct http_request *r, struct strbuf *in)
{
	for (;;) {
		char *at = in->buf + r->next, *stop = memmem(at, in->len - r->next, "\r\n", 2), *end;
		if (!stop)
			return in->len - r->next > 64 ? HTTP_BAD : HTTP_MORE;
		unsigned long n = strtoul(at, &end, 16);
		if (!isxdigit((unsigned char)*at) || (*end != '\r' && *end != ';'))
			return HTTP_BAD;
		size_t data = (size_t)(stop + 2 - in->buf);
		if (n > HTTP_BODY_MAX || r->body_len + n > HTTP_BODY_MAX)
			return HTTP_BAD;
		if (in->len < data + n + 2)
			return HTTP_MORE;
		if (memcmp(in->buf + data + n, "\r\n", 2) != 0)
			return HTTP_BAD;
		memmove(in->buf + r->head_len + r->body_len, in->buf + data, n);
		r->body_len += n;
		r->next = data + n + 2;
		if (n == 0)
			return HTTP_READY;
	}
}

static enum http_progress read_body(struct http_request *r, struct strbuf *in)
{
	if (!r->chunked) {
		r->next = r->head_len + r->body_len;
		return in->len < r->next ? HTTP_MORE : HTTP_READY;
	}
	return read_chunks(r, in);
}

enum http_progress http_read(struct http_request *r, struct strbuf *in)
{
	bool fresh = !r->head;

	if (fresh) {
		char *blank = memmem(in->buf, in->len, "\r\n\r\n", 4);
		if (blank ? blank - in->buf > HTTP_HEAD_MAX : in->len > HTTP_HEAD_MAX)
			return HTTP_BAD;
		if (!blank)
			return HTTP_MORE;
		r->head_len = r->next = (size_t)(blank + 4 - in->buf);
		r->head = xstrndup(in->buf, r->head_len);
		if (strlen(r->head) != r->head_len || !read_head(r))
			return HTTP_BAD;
	}
	enum http_progress now = read_body(r, in);
	r->body = in->buf + r->head_len;
	if (now == HTTP_MORE && fresh && http_header(r, "expect"))
		return HTTP_CONTINUE;
	return now;
}

void http_done(struct http_request *r, struct strbuf *in)
{
	size_t used = r->next < in->len ? r->next : in->len, rest = in->len - used;

	if (used) {
		memmove(in->buf, in->buf + used, rest);
		strbuf_setlen(in, rest);
	}
	if (!rest && in->cap > KEPT_ROOM)
		strbuf_clear(in);
	free(r->head);
	*r = (struct http_request){ 0 };
}
