#include "base/clock.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t now_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_wall_ns(void)
{
	return now_ns(CLOCK_REALTIME);
}

int64_t clock_wall_s(void)
{
	return now_ns(CLOCK_REALTIME) / 1000000000;
}

int64_t clock_mono_ns(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

void clock_format(char out[CLOCK_TEXT], int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, CLOCK_TEXT, "@%lld", (long long)wall_s);
}

/* Exactly n digits at *p, moved past; -1 otherwise. */
static int digits(const char **p, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return -1;
		value = value * 10 + (**p - '0');
	}
	return value;
}

static bool skip(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* Range checks that mktime would silently carry over into the next unit. */
static bool sensible(const struct tm *tm)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = tm->tm_year + 1900;

	if (year < 1970 || tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1)
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int last = days[tm->tm_mon] + (tm->tm_mon == 1 && leap);
	return tm->tm_mday <= last && tm->tm_hour >= 0 && tm->tm_hour <= 23 && tm->tm_min >= 0 && tm->tm_min <= 59 &&
		tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

static bool read_date(const char **p, bool dashes, struct tm *tm)
{
	tm->tm_year = digits(p, 4) - 1900;
	if (dashes && !skip(p, '-'))
		return false;
	tm->tm_mon = digits(p, 2) - 1;
	if (dashes && !skip(p, '-'))
		return false;
	tm->tm_mday = digits(p, 2);
	return true;
}

/* "YYYYMMDD-HHMMSS", UTC: the beginning of a release id. */
static bool parse_compact(int64_t *out, const char *p)
{
	struct tm tm = { 0 };

	if (!read_date(&p, false, &tm) || !skip(&p, '-'))
		return false;
	tm.tm_hour = digits(&p, 2);
	tm.tm_min = digits(&p, 2);
	tm.tm_sec = digits(&p, 2);
	if (*p || !sensible(&tm))
		return false;
	*out = timegm(&tm);
	return true;
}

/* The end of an RFC 3339 time: a fraction (dropped), then Z or +hh:mm. */
static bool read_zone(const char **p, int *offset_s)
{
	if (skip(p, '.')) {
		if (!isdigit((unsigned char)**p))
			return false;
		while (isdigit((unsigned char)**p))
			(*p)++;
	}
	*offset_s = 0;
	if (skip(p, 'Z') || skip(p, 'z'))
		return **p == '\0';

	int sign = **p == '-' ? -1 : 1;
	if (!skip(p, '+') && !skip(p, '-'))
		return false;
	int hours = digits(p, 2);
	bool colon = skip(p, ':');
	int minutes = colon ? digits(p, 2) : -1;
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*offset_s = sign * (hours * 3600 + minutes * 60);
	return **p == '\0';
}

static bool local_time(int64_t *out, struct tm *tm)
{
	if (!sensible(tm))
		return false;
	tm->tm_isdst = -1;
	*out = mktime(tm);
	return true;
}

/* "YYYY-MM-DD", and with a time after it: local without a zone, else RFC 3339. */
static bool parse_dashed(int64_t *out, const char *p)
{
	struct tm tm = { 0 };
	int offset;

	if (!read_date(&p, true, &tm))
		return false;
	if (*p == '\0')
		return local_time(out, &tm);
	bool rfc = *p == 'T' || *p == 't';
	if (!rfc && *p != ' ')
		return false;
	p++;
	tm.tm_hour = digits(&p, 2);
	if (!skip(&p, ':'))
		return false;
	tm.tm_min = digits(&p, 2);
	if (*p == '\0' && !rfc)
		return local_time(out, &tm);
	if (!skip(&p, ':'))
		return false;
	tm.tm_sec = digits(&p, 2);
	if (*p == '\0' && !rfc)
		return local_time(out, &tm);
	if (!read_zone(&p, &offset) || !sensible(&tm))
		return false;
	*out = timegm(&tm) - offset;
	return true;
}

struct unit {
	const char *name;
	int64_t ms;
};

static bool parse_span(int64_t *ms, const char *text)
{
	static const struct unit units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }, { "w", 604800000 },
	};
	int64_t n = 0;
	const char *p = text;

	for (; isdigit((unsigned char)*p); p++) {
		n = n * 10 + (*p - '0');
		if (n > INT64_MAX / 1000 / 604800000)
			return false;
	}
	if (p == text)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcmp(p, units[i].name) == 0) {
			*ms = n * units[i].ms;
			return true;
		}
	}
	return false;
}

int clock_parse(int64_t *wall_s, const char *text, int64_t now_s, struct fail *f)
{
	int64_t ms;

	if (parse_span(&ms, text)) {
		*wall_s = now_s - ms / 1000;
		return 0;
	}
	if (parse_compact(wall_s, text) || parse_dashed(wall_s, text))
		return 0;
	return fail_set(f, FAIL_USAGE, "\"%.60s\" is not a time: write 2026-11-23 09:05, 2026-11-23T09:05:01Z, "
		"20261123-090501 or an age such as 2h", text);
}

int clock_parse_duration(int64_t *ms, const char *text, struct fail *f)
{
	if (parse_span(ms, text))
		return 0;
	return fail_set(f, FAIL_CONFIG, "\"%.60s\" is not a duration: write 500ms, 30s, 15m, 2h, 14d or 1w", text);
}

void clock_age(char out[CLOCK_TEXT], int64_t seconds)
{
	if (seconds < 0)
		seconds = 0;
	if (seconds < 60)
		snprintf(out, CLOCK_TEXT, "%d s", (int)seconds);
	else if (seconds < 3600)
		snprintf(out, CLOCK_TEXT, "%d min", (int)(seconds / 60));
	else if (seconds < 86400)
		snprintf(out, CLOCK_TEXT, "%d h", (int)(seconds / 3600));
	else
		snprintf(out, CLOCK_TEXT, "%lld d", (long long)(seconds / 86400));
}
