/* utf8: what slipway needs to know about Unicode: validity, display width, distance, and keys under which two names
 * collide on file systems that fold case or normalisation (libutf8proc does the tables). */
#ifndef SLIPWAY_BASE_UTF8_H
#define SLIPWAY_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/strbuf.h"

/* The first code point of s: its length in bytes (1-4), or 0 when s is empty or begins with an invalid sequence. */
size_t utf8_decode(const char *s, size_t len, uint32_t *cp);
/* Writes cp (<= U+10FFFF) as 1-4 bytes; how many. */
size_t utf8_encode(char *out, uint32_t cp);
/* Its Unicode general category: "Lu", "Nd", "Zs", ... */
const char *utf8_category(uint32_t cp);
bool utf8_valid(const char *s, size_t len);         /* strict: no surrogates, overlongs, > U+10FFFF (RFC 3629) */
size_t utf8_width(const char *s, size_t len);       /* columns on a terminal (East Asian wide = 2) */
/* Appends the NFC + full case folding of s (valid UTF-8): two names with equal keys are one name on a folding host. */
void utf8_fold_key(struct strbuf *out, const char *s, size_t len);
/* Damerau-Levenshtein distance, for "did you mean"; capped at `limit` + 1. */
size_t utf8_distance(const char *a, const char *b, size_t limit);
/* The candidate nearest to word, or NULL when none is close (distance <= 1 + len/4). */
const char *utf8_nearest(const char *word, const char *const *candidates, size_t count);

#endif
