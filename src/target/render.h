/* render: {{NAME}} in text files becomes the target's variable. Pure: text in, text out.
 *
 * NAME is upper case, digits, "_" (the first not a digit); any other text between the marks is left alone; an
 * unknown NAME is an error with file, line and column. JSON-escaped in .json and .webmanifest; in .js/.mjs/.cjs
 * escaped for a string literal (quotes, backtick, backslash, $, </, newlines, U+2028/9), numbers and booleans
 * verbatim; elsewhere values with control characters or <>&"' are refused. */
#ifndef SLIPWAY_TARGET_RENDER_H
#define SLIPWAY_TARGET_RENDER_H

#include <stdbool.h>
#include "base/fail.h"
#include "base/strbuf.h"
#include "target/project.h"
#include "target/secret.h"

struct rendered {
	struct strbuf text;
	bool secret;                    /* a secret went in */
	bool changed;                   /* some NAME was replaced */
	bool unknown_secret;            /* plan without secrets: the text is not known before deploy */
};
/* `path` chooses the escaping and stands in messages. s may be NULL (plan): secrets become opaque and unknown_secret is
 * set. */
int render_text(struct rendered *out, const char *path, const char *text, size_t len, const struct render_rule *rule,
                const struct target *t, const struct secrets *s, struct fail *f);
/* Does this document (its path, and its text unrendered) pin the file pinned_path by hash: ngsw.json's hash table, a
 * workbox precache manifest's revision, or integrity= beside src or href? Paths are of one tree. */
bool render_pins(const char *path, const char *text, size_t len, const char *pinned_path);

/* Could a document of this name pin anything? Cheap: saves reading the others. */
bool render_may_pin(const char *path);

#endif
