#include "target/render_escape.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

enum render_style render_style_of(const char *path)
{
	static const struct { const char *extension; enum render_style style; } rows[] = {
		{ ".json", RENDER_JSON }, { ".webmanifest", RENDER_JSON },
		{ ".js", RENDER_JS }, { ".mjs", RENDER_JS }, { ".cjs", RENDER_JS },
	};
	const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');

	for (size_t i = 0; dot && i < sizeof rows / sizeof rows[0]; i++)
		if (strcasecmp(dot, rows[i].extension) == 0)
			return rows[i].style;
	return RENDER_PLAIN;
}

static const char *escape_json(struct strbuf *out, const char *value, size_t len)
{
	static const char plain[] = "\"\\\b\f\n\r\t", named[] = "\"\\bfnrt";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];
		const char *special = c ? strchr(plain, c) : NULL;

		if (special)
			strbuf_addf(out, "\\%c", named[special - plain]);
		else if (c < 0x20 || c == 0x7f)
			strbuf_addf(out, "\\u%04x", (unsigned)c);
		else
			strbuf_addch(out, value[i]);
	}
	return NULL;
}

/* Fits between any of the three quotes, and inside a <script> element. */
static const char *escape_js(struct strbuf *out, const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c && strchr("\"'`\\$", c)) {
			strbuf_addf(out, "\\%c", c);
		} else if (c == '\n' || c == '\r') {
			strbuf_addstr(out, c == '\n' ? "\\n" : "\\r");
		} else if (c < 0x20 || c == 0x7f) {
			strbuf_addf(out, "\\x%02x", (unsigned)c);
		} else if (c == '<' && i + 1 < len && (value[i + 1] == '/' || value[i + 1] == '!')) {
			strbuf_addf(out, "<\\%c", value[++i]);
		} else if (i + 2 < len && memcmp(value + i, "\xe2\x80\xa8", 3) == 0) {
			strbuf_addstr(out, "\\u2028");
			i += 2;
		} else if (i + 2 < len && memcmp(value + i, "\xe2\x80\xa9", 3) == 0) {
			strbuf_addstr(out, "\\u2029");
			i += 2;
		} else {
			strbuf_addch(out, value[i]);
		}
	}
	return NULL;
}

static const char *escape_plain(struct strbuf *out, const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c < 0x20 || c == 0x7f)
			return "holds a control character, which cannot be written safely into this kind of file";
		if (strchr("<>&\"'", c))
			return "holds one of < > & \" ', which cannot be written safely into this kind of file (.js and .json "
			       "files can)";
	}
	strbuf_add(out, value, len);
	return NULL;
}

const char *render_escape(struct strbuf *out, enum render_style style, const char *value, size_t len)
{
	if (!utf8_valid(value, len))
		return "is not valid UTF-8";
	if (style == RENDER_JSON)
		return escape_json(out, value, len);
	return style == RENDER_JS ? escape_js(out, value, len) : escape_plain(out, value, len);
}
