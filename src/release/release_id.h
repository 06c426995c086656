/* release_id: "YYYYMMDD-HHMMSS-xxxxxxxx", UTC + 8 hex digits of the build id; text order is time order. Foreign
 * releases carry whatever name they have on the host, so ids travel as strings everywhere. */
#ifndef SLIPWAY_RELEASE_RELEASE_ID_H
#define SLIPWAY_RELEASE_RELEASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"
#include "base/fail.h"

#define RELEASE_ID_SIZE 25              /* 24 characters and the NUL */

bool release_id_valid(const char *id);
/* Seconds since 1970 UTC, or -1 when the id is not ours. */
int64_t release_id_time(const char *id);
/* The 8 hex digits for a run with these builds: the build id's own, or of SHA-256 over the sorted ids when several. */
void release_id_suffix(char out[9], const uint8_t (*build_ids)[SHA256_SIZE], size_t count);
/* Time = max(now_s, newest_s + 1) where newest_s is the newest id on any chosen place (-1 = none); refused
 * (FAIL_CONFLICT, both times named) when that is more than 300 s ahead of now_s. */
int release_id_make(char out[RELEASE_ID_SIZE], int64_t now_s, int64_t newest_s, const char suffix[9], struct fail *f);

#endif
