/* secret: values by reference ({"env"}, {"file"[, "key"]}, {"command": [argv]}), resolved only when something is
 * rendered or a host is opened. One trailing newline is stripped; empty is an error. Values are wiped on free and
 * redacted (also JSON-, URL- and base64-escaped) from every message. Files outside the project need
 * SLIPWAY_SECRET_DIRS (directories, separated by ":"): where the opened file really lies counts, so a link out of
 * the project does not help. Commands run in the project's directory without a shell, stdin is /dev/null, stderr
 * is ours, at most 30 s and 64 KiB. Values shorter than 4 bytes are not redacted: that would tear up every message
 * and hide nothing. */
#ifndef SLIPWAY_TARGET_SECRET_H
#define SLIPWAY_TARGET_SECRET_H

#include "base/fail.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "target/project.h"

struct secrets;
struct secrets *secrets_new(const struct project *p);
void secrets_free(struct secrets *s);           /* wipes */
/* Resolves every VAR_SECRET of the targets that render something; all missing ones are listed in one failure
 * (FAIL_CONFIG; in full by secrets_missing). Equal references are resolved once. */
int secrets_resolve(struct secrets *s, const struct target *const *targets, size_t count, struct fail *f);
/* One reference, such as a host's credentials; what: how messages call it ("credentials of host kiosks"). */
int secrets_resolve_one(struct secrets *s, const json *ref, const char *what, struct fail *f);
/* A line for each secret that the last secrets_resolve could not get: "TOKEN of jarupa: env JARUPA_TOKEN is not
 * set\n". */
const char *secrets_missing(const struct secrets *s);
/* The value, NUL-terminated, owned by s; NULL when not resolved. */
const char *secrets_value(const struct secrets *s, const json *ref, size_t *len);
/* A secret that came by other ways, such as an access token: redacted from here on like the rest. s may be NULL. */
void secrets_learn(struct secrets *s, const char *value, size_t len);
/* Replaces every known value in text by "[redacted]". */
void secrets_redact(const struct secrets *s, struct strbuf *text);
/* In place, for fixed buffers such as struct fail's. */
void secrets_redact_fail(const struct secrets *s, struct fail *f);
/* How plans and explain show a reference: "env JARUPA_TOKEN", "file secrets/x.json key token", "command pass". */
void secret_describe(const json *ref, struct strbuf *out);

#endif
