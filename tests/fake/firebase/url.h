/* url: the texts inside URLs and forms: percent encoding, "a=b&c=d" lists, and multipart forms as the official client
 * sends them. */
#ifndef FAKE_URL_H
#define FAKE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include "base/mem.h"

enum { PARAMS_MAX = 32 };
struct params {
	struct { const char *name, *value; } list[PARAMS_MAX];
	size_t count;
};

/* The text with %XX decoded, in the arena; NULL when an escape is broken or hides a NUL. With URL_FORM a "+" is a
 * blank. */
enum url_kind { URL_PATH, URL_FORM };
char *url_decode(struct arena *a, const char *text, size_t len, enum url_kind kind);
/* Splits and decodes; false when something is malformed, there are more than PARAMS_MAX, or a name comes twice. */
bool params_read(struct params *p, struct arena *a, const char *text, size_t len);
/* The fields of a multipart/form-data body; the boundary is taken from the Content-Type. */
bool params_read_multipart(struct params *p, struct arena *a, const char *content_type, const char *body, size_t len);
const char *params_get(const struct params *p, const char *name);           /* or NULL */

#endif
