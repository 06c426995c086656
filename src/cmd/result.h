/* result: the one document of --json. What every command has, then the verb's own members. Schemas:
 * manifests/schema/result/. */
#ifndef SLIPWAY_CMD_RESULT_H
#define SLIPWAY_CMD_RESULT_H

#include "base/json.h"
#include "base/strbuf.h"
#include "cmd/command.h"

/* The whole document, with its newline. */
void result_json(struct strbuf *out, struct invocation *in, int exit_code);
/* "key": {"kind","stage","message","hint"}, or null for FAIL_NONE. */
void result_fail(struct jw *w, const char *key, const struct fail *f);
/* "key": "2026-11-23T09:05:01Z", or null below 1. */
void result_time(struct jw *w, const char *key, int64_t at_s);
/* "key": hex of 32 bytes, or null when all are zero. */
void result_digest(struct jw *w, const char *key, const uint8_t digest[SHA256_SIZE]);

/* Numbers of an outcome, also for the closing line of the text. */
struct outcome_sums {
	size_t results[RESULT_INTERRUPTED + 1];
	uint64_t sent_files, sent_bytes, requests;
};
struct outcome_sums outcome_sum(const struct outcome *o);

#endif
