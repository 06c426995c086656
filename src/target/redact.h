/* redact: takes known values out of text, also where they stand JSON-, URL- or base64-escaped. */
#ifndef SLIPWAY_TARGET_REDACT_H
#define SLIPWAY_TARGET_REDACT_H

#include <stddef.h>
#include "base/strbuf.h"

#define REDACT_MIN 4                /* shorter values are left alone */

struct redactor;
struct redactor *redactor_new(void);
void redactor_free(struct redactor *r);         /* wipes */
void redactor_add(struct redactor *r, const char *value, size_t len);
/* Replaces every known form of every value by "[redacted]", also the beginning of one that "..." cuts off. */
void redactor_apply(const struct redactor *r, struct strbuf *text);
/* For text that was cut to fit: removes the beginning of a value at its end. */
void redactor_cut_tail(const struct redactor *r, struct strbuf *text);

#endif
