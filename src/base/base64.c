#include "base/base64.h"

#include <stdint.h>
#include <string.h>

#define COMMON "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void encode(struct strbuf *out, const unsigned char *p, size_t len, const char *alphabet, bool pad)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t have = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)p[i] << 16;

		bits |= have > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		bits |= have > 2 ? p[i + 2] : 0;
		for (size_t k = 0; k < 4; k++) {
			if (k <= have)
				strbuf_addch(out, alphabet[bits >> (18 - 6 * k) & 63]);
			else if (pad)
				strbuf_addch(out, '=');
		}
	}
}

void base64_encode(struct strbuf *out, const void *data, size_t len)
{
	encode(out, data, len, COMMON "+/", true);
}

void base64url_encode(struct strbuf *out, const void *data, size_t len)
{
	encode(out, data, len, COMMON "-_", false);
}

static int sextet(char c)
{
	static const char common[] = COMMON;
	const char *at = c ? strchr(common, c) : NULL;

	return at ? (int)(at - common) : c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct strbuf *out, const char *text, size_t len)
{
	size_t before = out->len, pads = 0;
	uint32_t bits = 0;
	unsigned have = 0;              /* bits not yet written */
	bool good = true;

	for (size_t i = 0; i < len && good; i++) {
		int value = sextet(text[i]);

		if (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r'))
			continue;
		if (text[i] == '=') {
			good = ++pads <= 2;
			continue;
		}
		good = value >= 0 && pads == 0;
		bits = bits << 6 | ((uint32_t)value & 63);
		have += 6;
		if (have >= 8) {
			have -= 8;
			strbuf_addch(out, (char)(bits >> have & 255));
		}
	}
	good = good && have < 6 && (bits & ((1U << have) - 1)) == 0;
	if (!good)
		strbuf_setlen(out, before);
	return good;
}
