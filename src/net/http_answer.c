/* What an answer says: status, the headers that matter, and the words of an error. */
#include "net/http_inside.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

#define QUOTED_MOST 200                 /* bytes of the far side's words */
#define PATH_MOST 200
#define ERROR_MOST ((size_t)64 * 1024)  /* a longer body is no error object */

const char *http_answer_path(const struct http_request *rq, size_t *len)
{
	const char *path = strstr(rq->url, "://");

	path = path ? path + 3 + strcspn(path + 3, "/?") : "";
	*len = strcspn(path, "?");
	if (*len > 0)
		return path;
	*len = 1;
	return "/";
}

void http_answer_asked(struct strbuf *out, const struct http_request *rq)
{
	size_t len;
	const char *path = http_answer_path(rq, &len);

	strbuf_addf(out, "%s %.*s%s", rq->method, (int)(len < PATH_MOST ? len : PATH_MOST), path,
		len > PATH_MOST ? "..." : "");
}

const char *http_header(const struct http_request *rq, const char *name)
{
	const struct http *h = rq->lane->peer->http;
	struct curl_header *header = NULL;

	if (h->telling != rq || !h->told)
		return NULL;
	if (h->curl->easy_header(h->told->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	return header->value;
}

/* Retry-After: seconds or a date (RFC 9110 10.2.3). A date is held against the answer's own, since clocks differ. */
static uint32_t retry_after_ms(const struct libcurl *c, const char *text, int64_t date_s)
{
	size_t digits = strspn(text, "0123456789");
	int64_t seconds = 0;

	if (digits > 0 && text[digits] == '\0') {
		for (size_t i = 0; i < digits && seconds < UINT32_MAX; i++)
			seconds = seconds * 10 + (text[i] - '0');
	} else {
		int64_t then = (int64_t)c->getdate(text, NULL);
		seconds = then < 0 ? 0 : then - (date_s >= 0 ? date_s : clock_wall_s());
	}
	if (seconds <= 0)
		return 0;
	return seconds < UINT32_MAX / 1000 ? (uint32_t)(seconds * 1000) : UINT32_MAX;
}

void http_answer_headers(struct http_request *rq)
{
	const struct http_handle *x = rq->lane->peer->http->told;
	const struct libcurl *c = x->http->curl;
	const char *date, *after;

	if (!x->begun)                  /* what a proxy says to CONNECT is no answer */
		return;
	c->easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &rq->status);
	date = http_header(rq, "Date");
	rq->date_s = date ? (int64_t)c->getdate(date, NULL) : -1;
	after = http_header(rq, "Retry-After");
	rq->retry_after_ms = after ? retry_after_ms(c, after, rq->date_s) : 0;
}

/* Appends text fit for a terminal and not too long; what is cut is cut between characters. */
static void add_quoted(struct strbuf *out, const char *text, size_t len)
{
	size_t most = len;

	if (len > QUOTED_MOST)
		for (most = QUOTED_MOST; most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80;)
			most--;
	strbuf_addescaped(out, text, most);
	if (most < len)
		strbuf_addstr(out, "...");
}

/* {"error": {"code": 403, "message": "...", "status": "PERMISSION_DENIED"}}, as Google's services answer. */
static bool add_error_object(struct strbuf *out, const struct strbuf *answer)
{
	struct json_doc *doc = NULL;
	struct fail f = FAIL_INIT;
	bool found = false;

	if (json_parse(&doc, "answer", answer->buf, answer->len, JSON_DUPLICATES_LAST_WINS, &f) < 0)
		return false;
	const json *error = json_get(json_root(doc), "error");
	const char *status = json_string(json_get(error, "status")), *message = json_string(json_get(error, "message"));
	if (status && *status) {
		strbuf_addch(out, ' ');
		add_quoted(out, status, strlen(status));
		found = true;
	}
	if (message && *message) {
		strbuf_addstr(out, ": ");
		add_quoted(out, message, strlen(message));
		found = true;
	}
	json_doc_free(doc);
	return found;
}

/* The first line of a short plain text, as the upload host answers. A page for a browser says nothing here. */
static void add_words(struct strbuf *out, const struct strbuf *answer)
{
	const char *text = answer->buf;
	size_t len = 0;

	while (isspace((unsigned char)*text))
		text++;
	if (*text == '<' || *text == '{' || *text == '[')
		return;
	while (text[len] && text[len] != '\n' && text[len] != '\r')
		len++;
	if (len > 0) {
		strbuf_addstr(out, ": ");
		add_quoted(out, text, len);
	}
}

static enum fail_kind kind_of(long status)
{
	switch (status) {
	case 401:
	case 403:
		return FAIL_AUTH;
	case 404:
		return FAIL_MISSING;
	case 409:
	case 412:
		return FAIL_CONFLICT;
	case 408:
	case 429:
		return FAIL_BUSY;
	default:
		return status >= 500 && status != 501 ? FAIL_BUSY : FAIL_REMOTE;
	}
}

enum http_verdict http_judge(struct http_request *rq)
{
	struct strbuf text = STRBUF_INIT;

	if (rq->status >= 200 && rq->status < 300)
		return HTTP_OK;
	http_answer_asked(&text, rq);
	strbuf_addf(&text, ": answered %ld", rq->status);
	if (rq->status < 400)
		strbuf_addstr(&text, ", and redirects are not followed");
	else if (!(rq->flags & HTTP_SECRET) && rq->answer.len <= ERROR_MOST && !add_error_object(&text, &rq->answer))
		add_words(&text, &rq->answer);
	fail_set(&rq->fail, kind_of(rq->status), "%s", text.buf);
	rq->fail.code = (int)rq->status;
	strbuf_clear(&text);
	return HTTP_FAILED;
}

void http_request_clear(struct http_request *rq)
{
	strbuf_clear(&rq->answer);
}
