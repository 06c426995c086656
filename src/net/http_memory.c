#include "net/http_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strbuf.h"

#define FILE_MOST ((size_t)64 * 1024)
#define WIDTH_MOST 65536UL

/* Of a line "64 https://...": the origin, or NULL. */
static const char *read_line(const char *line, unsigned *width)
{
	char *end;
	unsigned long n = strtoul(line, &end, 10);

	if (end == line || *end != ' ' || n < 1 || n > WIDTH_MOST)
		return NULL;
	*width = (unsigned)n;
	return end + 1;
}

static void read_all(struct strbuf *out, const char *file)
{
	struct fail ignored = FAIL_INIT;

	if (file_read(out, AT_FDCWD, file, FILE_MOST, FILE_NOFOLLOW, &ignored) < 0)
		strbuf_setlen(out, 0);
}

/* Calls with each line, without its newline. */
static void each_line(struct strbuf *text, void (*call)(void *arg, const char *line), void *arg)
{
	char *at = text->buf, *line;

	while (text->len > 0 && (line = strsep(&at, "\n")) != NULL)
		call(arg, line);
}

struct search { const char *origin; unsigned found; };

static void look(void *arg, const char *line)
{
	struct search *s = arg;
	unsigned width;
	const char *origin = read_line(line, &width);

	if (origin && strcmp(origin, s->origin) == 0)
		s->found = width;
}

unsigned http_memory_find(const char *file, const char *origin)
{
	struct search s = { .origin = origin };
	struct strbuf text = STRBUF_INIT;

	read_all(&text, file);
	each_line(&text, look, &s);
	strbuf_clear(&text);
	return s.found;
}

struct rewriting { const char *origin; struct strbuf out; };

static void take_over(void *arg, const char *line)
{
	struct rewriting *r = arg;
	unsigned width;
	const char *origin = read_line(line, &width);

	if (origin && strcmp(origin, r->origin) != 0)
		strbuf_addf(&r->out, "%s\n", line);
}

void http_memory_keep(const char *file, const char *origin, unsigned width)
{
	struct rewriting r = { .origin = origin, .out = STRBUF_INIT };
	struct strbuf text = STRBUF_INIT;
	struct fail ignored = FAIL_INIT;

	strbuf_addf(&r.out, "%u %s\n", width, origin);
	read_all(&text, file);
	each_line(&text, take_over, &r);
	if (r.out.len <= FILE_MOST)
		(void)file_replace(AT_FDCWD, file, r.out.buf, r.out.len, FILE_PRIVATE, &ignored);
	strbuf_clear(&text);
	strbuf_clear(&r.out);
}
