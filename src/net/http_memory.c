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

unsigned http_memory_find(const char *file, const char *origin)
{
	struct strbuf text = STRBUF_INIT;
	unsigned width, found = 0;
	char *line;

	read_all(&text, file);
	for (char *at = text.len ? text.buf : NULL; (line = strsep(&at, "\n")) != NULL;) {
		const char *of = read_line(line, &width);

		if (of && strcmp(of, origin) == 0)
			found = width;
	}
	strbuf_clear(&text);
	return found;
}

void http_memory_keep(const char *file, const char *origin, unsigned width)
{
	struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
	struct fail ignored = FAIL_INIT;
	unsigned other;
	char *line;

	strbuf_addf(&out, "%u %s\n", width, origin);
	read_all(&text, file);
	for (char *at = text.len ? text.buf : NULL; (line = strsep(&at, "\n")) != NULL;) {
		const char *of = read_line(line, &other);

		if (of && strcmp(of, origin) != 0)
			strbuf_addf(&out, "%s\n", line);
	}
	if (out.len <= FILE_MOST)
		(void)file_replace(AT_FDCWD, file, out.buf, out.len, FILE_PRIVATE, &ignored);
	strbuf_clear(&text);
	strbuf_clear(&out);
}
