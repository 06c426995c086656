/* render_escape: how a value is written into a file of a certain kind. */
#ifndef SLIPWAY_TARGET_RENDER_ESCAPE_H
#define SLIPWAY_TARGET_RENDER_ESCAPE_H

#include <stddef.h>
#include "base/strbuf.h"

enum render_style { RENDER_PLAIN, RENDER_JSON, RENDER_JS };
enum render_style render_style_of(const char *path);
/* Appends value; NULL, or what is wrong with it here ("holds a character that ..."). */
const char *render_escape(struct strbuf *out, enum render_style style, const char *value, size_t len);

#endif
