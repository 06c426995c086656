#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

enum { FLUSH_AT = 64 * 1024 };

int trace_init(struct trace *t, const char *path, struct fail *f)
{
	*t = (struct trace){ .fd = -1, .pending = STRBUF_INIT, .begin_ns = clock_mono_ns() };
	t->ring = xcalloc(TRACE_LINES, sizeof(char *));
	if (path)
		t->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (path && t->fd < 0)
		return fail_errno(f, errno, "%s", path);
	return 0;
}

void trace_clear(struct trace *t)
{
	trace_flush(t);
	if (t->fd >= 0)
		close(t->fd);
	for (size_t i = 0; t->ring && i < TRACE_LINES; i++)
		free(t->ring[i]);
	free(t->ring);
	strbuf_clear(&t->pending);
}

/* Only what cannot hold a secret is shown; of the rest the names. */
static char *safe_query(const char *query)
{
	static const char *const open[] = { "versionName", "updateMask", "update_mask", "pageSize", "pageToken", "status",
					    "filter", "channelId", "fields", "alt", "prettyPrint" };
	struct strbuf out = STRBUF_INIT;

	for (const char *p = query; *p; p += *p == '&') {
		size_t len = strcspn(p, "&"), name = strcspn(p, "=&");
		bool shown = false;
		for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
			shown |= strlen(open[i]) == name && memcmp(p, open[i], name) == 0;
		if (out.len)
			strbuf_addch(&out, '&');
		strbuf_add(&out, p, shown ? len : name);
		p += len;
	}
	return strbuf_detach(&out);
}

struct record *trace_begin(struct trace *t, const struct http_request *r, enum kind kind, unsigned long conn)
{
	struct record *one = xcalloc(1, sizeof *one);

	one->n = ++t->requests;
	one->conn = conn;
	one->kind = kind;
	snprintf(one->method, sizeof one->method, "%s", r->method);
	one->path = xstrdup(r->path);
	one->query = safe_query(r->query);
	one->bytes_in = r->body_len;
	one->begin_ns = clock_mono_ns();
	t->by_kind[kind]++;
	if (++t->concurrent > t->most_concurrent)
		t->most_concurrent = t->concurrent;
	return one;
}

static char *line_of(const struct trace *t, const struct record *r)
{
	struct strbuf out = STRBUF_INIT;
	int64_t now = clock_mono_ns();
	struct jw w;

	jw_init(&w, &out, 0);
	jw_object(&w);
	jw_kint(&w, "n", (int64_t)r->n);
	jw_kstr(&w, "kind", kind_name(r->kind));
	if (*r->site)
		jw_kstr(&w, "site", r->site);
	jw_kstr(&w, "method", r->method);
	jw_kstr(&w, "path", r->path);
	if (*r->query)
		jw_kstr(&w, "query", r->query);
	jw_kint(&w, "status", r->status);
	if (r->fault)
		jw_kstr(&w, "fault", r->fault);
	jw_kint(&w, "bytes_in", (int64_t)r->bytes_in);
	jw_kint(&w, "bytes_out", (int64_t)r->bytes_out);
	jw_kint(&w, "conn", (int64_t)r->conn);
	jw_kint(&w, "at_ms", (r->begin_ns - t->begin_ns) / 1000000);
	jw_kint(&w, "ms", (now - r->begin_ns) / 1000000);
	jw_end(&w);
	return strbuf_detach(&out);
}

void trace_end(struct trace *t, struct record *r)
{
	char *line = line_of(t, r), **slot = &t->ring[t->lines++ % TRACE_LINES];

	free(*slot);
	*slot = line;
	if (t->fd >= 0) {
		strbuf_addf(&t->pending, "%s\n", line);
		if (t->pending.len > FLUSH_AT)
			trace_flush(t);
	}
	t->concurrent--;
	t->errors += r->status >= 400;
	free(r->path);
	free(r->query);
	free(r);
}

void trace_flush(struct trace *t)
{
	if (t->fd >= 0 && t->pending.len)
		(void)!file_write_all(t->fd, t->pending.buf, t->pending.len);
	strbuf_setlen(&t->pending, 0);
}

void trace_lines(const struct trace *t, unsigned long since, struct strbuf *out)
{
	unsigned long first = t->lines > TRACE_LINES ? t->lines - TRACE_LINES : 0;

	strbuf_addch(out, '[');
	for (unsigned long i = since > first ? since : first; i < t->lines; i++)
		strbuf_addf(out, "%s%s", out->len > 1 ? ",\n" : "", t->ring[i % TRACE_LINES]);
	strbuf_addch(out, ']');
}

void trace_reset(struct trace *t)
{
	t->requests = t->errors = t->uploads = 0;
	t->most_concurrent = t->concurrent;
	t->upload_bytes = 0;
	memset(t->by_kind, 0, sizeof t->by_kind);
}
