/* base64: RFC 4648, the standard alphabet (padded) and the one for URLs (not padded). */
#ifndef SLIPWAY_BASE_BASE64_H
#define SLIPWAY_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include "base/strbuf.h"

void base64_encode(struct strbuf *out, const void *data, size_t len);
void base64url_encode(struct strbuf *out, const void *data, size_t len);
/* Appends what text stands for. Takes both alphabets, white space anywhere, padding or none. False, and out is as it
 * was, for any other character, bits that are left over, or more than two "=". */
bool base64_decode(struct strbuf *out, const char *text, size_t len);

#endif
