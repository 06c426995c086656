/* clock: times. Wall times are nanoseconds since 1970 UTC; durations are milliseconds unless named otherwise. */
#ifndef SLIPWAY_BASE_CLOCK_H
#define SLIPWAY_BASE_CLOCK_H

#include <stdint.h>
#include "base/fail.h"

/* Wall times can jump; durations and deadlines are measured on the monotonic clock. */
int64_t clock_wall_ns(void);
int64_t clock_wall_s(void);
int64_t clock_mono_ns(void);

#define CLOCK_TEXT 32
/* "2026-11-23T09:05:01Z" (RFC 3339). */
void clock_format(char out[CLOCK_TEXT], int64_t wall_s);
/* RFC 3339, "YYYY-MM-DD[ HH:MM[:SS]]" (local time zone), "YYYYMMDD-HHMMSS" (UTC) or an age such as "90m", "2h", "3d"
 * (before now_s). FAIL_USAGE otherwise. */
int clock_parse(int64_t *wall_s, const char *text, int64_t now_s, struct fail *f);
/* "30s", "15m", "2h", "14d" (also "500ms", "1w") to milliseconds. FAIL_CONFIG otherwise. */
int clock_parse_duration(int64_t *ms, const char *text, struct fail *f);
/* "3 s", "12 min", "5 h", "2 d": for people. */
void clock_age(char out[CLOCK_TEXT], int64_t seconds);

#endif
