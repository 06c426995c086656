/* render: whatever the template, it ends; a template without marks comes back as it is; escaped values cannot leave the
 * string literal that they stand in. The first byte chooses the kind of file. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "target/render.h"
#include "target/render_escape.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char *const paths[] = { "a.js", "a.json", "a.html", "a.txt" };

/* A JSON string around what was escaped must be one string. */
static void stays_a_string(const char *value, size_t len)
{
	struct strbuf out = STRBUF_INIT;
	struct json_doc *d = NULL;
	struct fail f = FAIL_INIT;

	strbuf_addch(&out, '"');
	if (!render_escape(&out, RENDER_JSON, value, len)) {
		strbuf_addch(&out, '"');
		assert(memchr(value, '\0', len) || json_parse(&d, "x", out.buf, out.len, 0, &f) == 0);
		assert(!d || (strlen(json_string(json_root(d))) == len && memcmp(json_string(json_root(d)), value, len) == 0));
	}
	json_doc_free(d);
	strbuf_setlen(&out, 0);
	if (!render_escape(&out, RENDER_JS, value, len))
		for (size_t i = 0; i < out.len; i++) {
			assert(!strchr("\"'`\n\r", out.buf[i]) || out.buf[i] == '\0');
			assert(!(out.buf[i] == '<' && (out.buf[i + 1] == '/' || out.buf[i + 1] == '!')));
			i += out.buf[i] == '\\';
		}
	strbuf_clear(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct var vars[] = {
		{ .name = "A", .kind = VAR_STRING, .text = "va<l>ue" }, { .name = "N", .kind = VAR_NUMBER, .text = "1" },
		{ .name = "S", .kind = VAR_SECRET },
	};
	static const struct target target = { .name = "t", .vars = vars, .var_count = 3 };
	static const struct render_rule rule = { .path = "a", .open = "{{", .close = "}}" };
	struct rendered out;
	struct fail f = FAIL_INIT;
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	if (render_text(&out, paths[data[0] & 3], text, size - 1, &rule, &target, NULL, &f) == 0 && !out.changed)
		assert(out.text.len == size - 1 && memcmp(out.text.buf, text, size - 1) == 0);
	strbuf_clear(&out.text);
	stays_a_string(text, size - 1);
	(void)render_pins("index.html", text, size - 1, "config.js");
	(void)render_pins("sw.js", text, size - 1, "config.js");
	(void)render_pins("ngsw.json", text, size - 1, "config.js");
	return 0;
}
