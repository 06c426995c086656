#include "call.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct { int status; const char *name; } errors[] = {
	[INVALID_ARGUMENT] = { 400, "INVALID_ARGUMENT" }, [FAILED_PRECONDITION] = { 400, "FAILED_PRECONDITION" },
	[UNAUTHENTICATED] = { 401, "UNAUTHENTICATED" }, [PERMISSION_DENIED] = { 403, "PERMISSION_DENIED" },
	[NOT_FOUND] = { 404, "NOT_FOUND" }, [ALREADY_EXISTS] = { 409, "ALREADY_EXISTS" },
	[RESOURCE_EXHAUSTED] = { 429, "RESOURCE_EXHAUSTED" }, [INTERNAL] = { 500, "INTERNAL" },
	[UNAVAILABLE] = { 503, "UNAVAILABLE" },
};

static int write_error(struct call *c, int status, const char *name, const char *message)
{
	c->status = status;
	c->type = "application/json; charset=UTF-8";
	strbuf_setlen(&c->out, 0);
	jw_init(&c->w, &c->out, 0);
	jw_object(&c->w);
	jw_key(&c->w, "error");
	jw_object(&c->w);
	jw_kint(&c->w, "code", status);
	jw_kstr(&c->w, "message", message);
	jw_kstr(&c->w, "status", name);
	jw_end(&c->w);
	jw_end(&c->w);
	return -1;
}

int refuse(struct call *c, enum api_error error, const char *fmt, ...)
{
	struct strbuf text = STRBUF_MAX(4096);
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	write_error(c, errors[error].status, errors[error].name, text.buf);
	strbuf_clear(&text);
	return -1;
}

int refuse_status(struct call *c, int status, const char *message)
{
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (errors[i].status == status)
			return write_error(c, status, errors[i].name, message);
	return write_error(c, status, "UNKNOWN", message);
}

int refuse_upload(struct call *c, int status, const char *message)
{
	c->status = status;
	c->type = "text/plain; charset=utf-8";
	strbuf_setlen(&c->out, 0);
	strbuf_addf(&c->out, "Couldn't process request (status=%d): %s\n", status, message);
	return -1;
}

bool among(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		if (n == len && memcmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}

int check_keys(struct call *c, const json *object, const char *where, const char *keys)
{
	if (json_type(object) != JSON_OBJECT)
		return refuse(c, INVALID_ARGUMENT, "Invalid value at '%s': an object is expected", where);
	for (const json *v = json_first(object); v; v = json_next(v))
		if (keys && !among(keys, json_key(v)))
			return refuse(c, INVALID_ARGUMENT,
				      "Invalid JSON payload received. Unknown name \"%s\" at '%s': Cannot find field.",
				      json_key(v), where);
	return 0;
}

static bool read_number(const char *text, size_t *out)
{
	char *end;

	*out = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end;
}

int read_page(struct call *c, size_t usual, size_t most, size_t *size, size_t *from)
{
	const char *pages = params_get(&c->query, "pageSize"), *token = params_get(&c->query, "pageToken");

	*size = *from = 0;
	if (pages && !read_number(pages, size))
		return refuse(c, INVALID_ARGUMENT, "Invalid value at 'page_size' (TYPE_INT32), \"%s\"", pages);
	if (*size > most)
		*size = most;
	if (!*size)
		*size = usual;
	if (token && *token && (strncmp(token, "page-", 5) != 0 || !read_number(token + 5, from)))
		return refuse(c, INVALID_ARGUMENT, "Invalid page token");
	return 0;
}

void write_page_token(struct call *c, size_t next)
{
	jw_kstr(&c->w, "nextPageToken", arena_printf(c->mem, "page-%zu", next));
}

int read_mask(struct call *c, const char *fields, const char **mask)
{
	const char *given = params_get(&c->query, "updateMask");

	if (!given)
		given = params_get(&c->query, "update_mask");
	char *words = arena_strdup(c->mem, given ? given : "");
	for (char *p = words; *p; p++)
		if (*p == ',')
			*p = ' ';
	*mask = words;
	for (char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		char *field = arena_strndup(c->mem, p, n);
		if (!among(fields, field))
			return refuse(c, INVALID_ARGUMENT, "Invalid field in update_mask: %s", field);
		p += n;
	}
	return 0;
}
