/* secret: values by reference ({"env"}, {"file"[, "key"]}, {"command": [argv]}), resolved only when something is
 * rendered or a host is opened. One trailing newline is stripped; empty is an error. Values are wiped on free and
 * redacted (also JSON-, URL- and base64-escaped) from every message. Files outside the project need
 * SLIPWAY_SECRET_DIRS. */
#ifndef SLIPWAY_TARGET_SECRET_H
#define SLIPWAY_TARGET_SECRET_H

#include "base/fail.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "target/project.h"

struct secrets;
struct secrets *secrets_new(const struct project *p);
void secrets_free(struct secrets *s);           /* wipes */
/* Resolves every VAR_SECRET of the targets; all missing ones are listed in one failure (FAIL_CONFIG). Equal references
 * are resolved once. */
int secrets_resolve(struct secrets *s, const struct target *const *targets, size_t count, struct fail *f);
/* The value, NUL-terminated, owned by s; NULL when not resolved. */
const char *secrets_value(const struct secrets *s, const json *ref, size_t *len);
/* Replaces every known value in text by "[redacted]". */
void secrets_redact(const struct secrets *s, struct strbuf *text);
/* In place, for fixed buffers such as struct fail's. */
void secrets_redact_fail(const struct secrets *s, struct fail *f);
/* How plans and explain show a reference: "env JARUPA_TOKEN", "file secrets/x.json key token", "command pass". */
void secret_describe(const json *ref, struct strbuf *out);

#endif
