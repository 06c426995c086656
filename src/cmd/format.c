#include "cmd/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

void format_count(struct strbuf *out, uint64_t n)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			strbuf_addch(out, ',');
		strbuf_addch(out, digits[i]);
	}
}

void format_plural(struct strbuf *out, uint64_t n, const char *one, const char *many)
{
	format_count(out, n);
	strbuf_addf(out, " %s", n == 1 ? one : many);
}

void format_bytes(struct strbuf *out, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	if (bytes < 1024) {
		strbuf_addf(out, "%" PRIu64 " B", bytes);
		return;
	}
	double value = (double)bytes / 1024;
	size_t unit = 0;
	while (value >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	strbuf_addf(out, "%.1f %s", value, units[unit]);
}

void format_seconds(struct strbuf *out, int64_t ns)
{
	int64_t tenths = (ns + 50000000) / 100000000;
	if (tenths < 0)
		tenths = 0;
	if (tenths < 100)
		strbuf_addf(out, "%" PRId64 ".%" PRId64 " s", tenths / 10, tenths % 10);
	else if (tenths < 595)
		strbuf_addf(out, "%" PRId64 " s", (tenths + 5) / 10);
	else
		strbuf_addf(out, "%" PRId64 " min %02" PRId64 " s", (tenths + 5) / 600, (tenths + 5) / 10 % 60);
}

void format_left(struct strbuf *out, int64_t seconds)
{
	if (seconds >= 3600)
		strbuf_addf(out, "%" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60, seconds % 60);
	else
		strbuf_addf(out, "%" PRId64 ":%02" PRId64, seconds / 60, seconds % 60);
}

void format_age(struct strbuf *out, int64_t at_s, int64_t now_s)
{
	char age[CLOCK_TEXT];
	if (at_s == now_s) {
		strbuf_addstr(out, "just now");
	} else if (at_s > now_s) {
		clock_age(age, at_s - now_s);
		strbuf_addf(out, "in %s", age);
	} else {
		clock_age(age, now_s - at_s);
		strbuf_addf(out, "%s ago", age);
	}
}

void format_name(struct strbuf *out, const char *text)
{
	if (text)
		strbuf_addescaped(out, text, strlen(text));
	else
		strbuf_addch(out, '-');
}

void format_cut(struct strbuf *text, size_t width, bool utf8)
{
	const char *dots = utf8 ? "\xe2\x80\xa6" : "~";
	if (utf8_width(text->buf, text->len) <= width)
		return;
	while (text->len > 0 && utf8_width(text->buf, text->len) + 1 > width) {
		size_t len = text->len - 1;
		while (len > 0 && ((unsigned char)text->buf[len] & 0xc0) == 0x80)
			len--;
		strbuf_setlen(text, len);
	}
	strbuf_addstr(text, dots);
}
