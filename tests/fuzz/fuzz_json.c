/* jsonc: whatever the bytes, parsing ends, and what was accepted is written as text that reads back equal. The first
 * byte chooses the flags. */
#include <assert.h>
#include <stddef.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void visit(const struct json_doc *d, const json *v)
{
	unsigned line, column;
	const char *text;
	size_t len;

	assert(json_position(d, v, JSON_AT_KEY, &line, &column) && line > 0 && column > 0);
	(void)json_raw(d, v, &text, &len);
	for (const json *c = json_first(v); c; c = json_next(c))
		visit(d, c);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct json_doc *d = NULL, *again = NULL;
	struct fail f = FAIL_INIT;
	struct strbuf text = STRBUF_INIT;

	if (size == 0 || json_parse(&d, "fuzz", (const char *)data + 1, size - 1, data[0] & 3u, &f) < 0)
		return 0;
	visit(d, json_root(d));
	json_canonical(&text, json_root(d));
	assert(json_parse(&again, "again", text.buf, text.len, 0, &f) == 0);
	assert(json_equal(json_root(d), json_root(again)));
	json_doc_free(again);
	json_doc_free(d);
	strbuf_clear(&text);
	return 0;
}
