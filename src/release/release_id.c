#include "release/release_id.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/mem.h"

#define MAX_AHEAD_S 300

static bool digits(const char *s, size_t n, int *value)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*value = v;
	return true;
}

static bool suffix_valid(const char *s)
{
	for (size_t i = 0; i < 8; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	return s[8] == '\0';
}

int64_t release_id_time(const char *id)
{
	struct tm tm = { 0 }, back;
	int year, month;
	time_t t;

	if (!id || strnlen(id, RELEASE_ID_SIZE) != RELEASE_ID_SIZE - 1 || id[8] != '-' || id[15] != '-')
		return -1;
	if (!digits(id, 4, &year) || !digits(id + 4, 2, &month) || !digits(id + 6, 2, &tm.tm_mday) ||
	    !digits(id + 9, 2, &tm.tm_hour) || !digits(id + 11, 2, &tm.tm_min) || !digits(id + 13, 2, &tm.tm_sec) ||
	    !suffix_valid(id + 16))
		return -1;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	back = tm;
	t = timegm(&back);
	/* timegm() accepts the 31st of February; only a date that survives the round trip is one that we wrote. */
	if (t < 0 || !gmtime_r(&t, &back) || back.tm_year != tm.tm_year || back.tm_mon != tm.tm_mon ||
	    back.tm_mday != tm.tm_mday || back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min ||
	    	back.tm_sec != tm.tm_sec)
		return -1;
	return t;
}

bool release_id_valid(const char *id)
{
	return release_id_time(id) >= 0;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

void release_id_suffix(char out[9], const uint8_t (*build_ids)[SHA256_SIZE], size_t count)
{
	uint8_t digest[SHA256_SIZE];
	uint8_t *sorted;

	if (count == 1) {
		hex_encode(out, build_ids[0], 4);
		return;
	}
	sorted = xmalloc(count ? count * SHA256_SIZE : 1);
	if (count)
		memcpy(sorted, build_ids, count * SHA256_SIZE);
	qsort(sorted, count, SHA256_SIZE, by_bytes);
	sha256_bytes(sorted, count * SHA256_SIZE, digest);
	free(sorted);
	hex_encode(out, digest, 4);
}

int release_id_make(char out[RELEASE_ID_SIZE], int64_t now_s, int64_t newest_s, const char suffix[9], struct fail *f)
{
	int64_t at = newest_s >= now_s ? newest_s + 1 : now_s;
	char now_text[CLOCK_TEXT], newest_text[CLOCK_TEXT];
	struct tm tm;
	time_t t = (time_t)at;

	if (at > now_s + MAX_AHEAD_S) {
		clock_format(now_text, now_s);
		clock_format(newest_text, newest_s);
		fail_set(f, FAIL_CONFLICT, "the newest release is from %s, but the clock here says %s", newest_text, now_text);
		return fail_hint(f, "set this machine's clock, or wait until it has passed the newest release");
	}
	if (now_s < 0 || !gmtime_r(&t, &tm) || tm.tm_year > 9999 - 1900)
		return fail_set(f, FAIL_LOCAL, "the clock of this machine is out of range");
	strftime(out, 16, "%Y%m%d-%H%M%S", &tm);
	out[15] = '-';
	memcpy(out + 16, suffix, 9);
	return 0;
}
