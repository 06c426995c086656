/* format: numbers as people read them. All append to out. */
#ifndef SLIPWAY_CMD_FORMAT_H
#define SLIPWAY_CMD_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/strbuf.h"

void format_count(struct strbuf *out, uint64_t n);                              /* "1,088" */
/* "1 file", "1,088 files" */
void format_plural(struct strbuf *out, uint64_t n, const char *one, const char *many);
void format_bytes(struct strbuf *out, uint64_t bytes);                          /* "812 B", "5.0 KiB", "72.5 MiB" */
void format_seconds(struct strbuf *out, int64_t ns);                            /* "0.9 s", "12 s", "3 min 05 s" */
void format_left(struct strbuf *out, int64_t seconds);                          /* "0:03", "1:02:03" */
void format_age(struct strbuf *out, int64_t at_s, int64_t now_s);               /* "3 min ago", "in 5 s", "just now" */
/* Text from outside (names, messages), made fit for a terminal. NULL appends "-". */
void format_name(struct strbuf *out, const char *text);
/* Cuts text to `width` columns, the last of them an ellipsis. */
void format_cut(struct strbuf *text, size_t width, bool utf8);

#endif
