/* json_scan: the strict reading of JSON text. cJSON, which builds the tree, is lax about trailing text, control
 * characters, numbers, surrogates and UTF-8, and tells no positions: this scan goes first, refuses what RFC 8259
 * refuses, and records where each value and key begins, in document order. */
#ifndef SLIPWAY_BASE_JSON_SCAN_H
#define SLIPWAY_BASE_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 64
#define JSON_NO_KEY UINT32_MAX

struct json_spot { uint32_t value, key; };      /* byte offsets; key = JSON_NO_KEY outside objects */

struct json_scan {
	struct json_spot *spots;        /* one per value, in document order; malloc'd */
	size_t count, cap;
	size_t wrong_at;                /* after -1: where, and what in words */
	const char *wrong;
};

/* Scans text[0..len), which must be followed by a NUL and be shorter than 1 GiB. With JSON_COMMENTS in flags, comments
 * are overwritten with blanks (line ends stay), so offsets keep their meaning. 0, or -1 with wrong_at and wrong set. */
int json_scan(struct json_scan *out, char *text, size_t len, unsigned flags);
void json_scan_clear(struct json_scan *s);

#endif
