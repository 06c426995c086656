#include "base/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The last line of defence, not the first: whoever quotes foreign text escapes it. A control character that slipped
 * through must still not move the cursor, and a cut must not leave half a UTF-8 sequence. */
static void tidy(char *text, size_t size, int wanted)
{
	size_t len = strlen(text);

	if (wanted >= 0 && (size_t)wanted >= size) {
		while (len > 0 && ((unsigned char)text[len - 1] & 0xC0) == 0x80)
			len--;
		if (len > 0 && (unsigned char)text[len - 1] >= 0xC0)
			len--;
		text[len] = '\0';
	}
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = '?';
}

static int format(char *out, size_t size, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
static int format(char *out, size_t size, const char *fmt, va_list ap)
{
	int wanted = vsnprintf(out, size, fmt, ap);

	if (wanted < 0)
		out[0] = '\0';
	return wanted;
}

int fail_set(struct fail *f, enum fail_kind kind, const char *fmt, ...)
{
	char text[sizeof f->text];      /* the arguments may point into *f */
	va_list ap;

	va_start(ap, fmt);
	int wanted = format(text, sizeof text, fmt, ap);
	va_end(ap);
	tidy(text, sizeof text, wanted);
	*f = (struct fail){ .kind = kind };
	memcpy(f->text, text, strlen(text) + 1);
	return -1;
}

static enum fail_kind errno_kind(int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
	case EROFS:
		return FAIL_AUTH;
	case ENOENT:
	case ENOTDIR:
		return FAIL_MISSING;
	default:
		return FAIL_LOCAL;
	}
}

int fail_errno(struct fail *f, int err, const char *fmt, ...)
{
	char what[sizeof f->text], room[128];
	va_list ap;

	va_start(ap, fmt);
	int wanted = format(what, sizeof what - sizeof room, fmt, ap);
	va_end(ap);
	tidy(what, sizeof what - sizeof room, wanted);
	fail_set(f, errno_kind(err), "%s: %s", what, strerror_r(err, room, sizeof room));
	f->code = err;
	return -1;
}

int fail_wrap(struct fail *f, const char *fmt, ...)
{
	char context[sizeof f->text], text[sizeof f->text];
	va_list ap;

	va_start(ap, fmt);
	int wanted = format(context, sizeof context / 2, fmt, ap);
	va_end(ap);
	tidy(context, sizeof context / 2, wanted);
	wanted = snprintf(text, sizeof text, "%s: %s", context, f->text);
	tidy(text, sizeof text, wanted);
	memcpy(f->text, text, strlen(text) + 1);
	return -1;
}

int fail_hint(struct fail *f, const char *fmt, ...)
{
	char hint[sizeof f->hint];
	va_list ap;

	va_start(ap, fmt);
	int wanted = format(hint, sizeof hint, fmt, ap);
	va_end(ap);
	tidy(hint, sizeof hint, wanted);
	memcpy(f->hint, hint, strlen(hint) + 1);
	return -1;
}

int fail_stage(struct fail *f, const char *stage)
{
	if (f->stage[0] == '\0')
		snprintf(f->stage, sizeof f->stage, "%s", stage);
	return -1;
}

const char *fail_kind_name(enum fail_kind kind)
{
	static const char *const names[] = {
		[FAIL_NONE] = "none",           [FAIL_USAGE] = "usage",     [FAIL_CONFIG] = "config",
		[FAIL_AUTH] = "auth",           [FAIL_MISSING] = "missing", [FAIL_CONFLICT] = "conflict",
		[FAIL_BUSY] = "busy",           [FAIL_LINK] = "link",       [FAIL_REMOTE] = "remote",
		[FAIL_LOCAL] = "local",         [FAIL_STATE] = "state",     [FAIL_BUILD] = "build",
		[FAIL_CORRUPT] = "corrupt",     [FAIL_CANCELLED] = "cancelled",
	};

	return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "none";
}
