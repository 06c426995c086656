/* content: one gzip stream under its name, the SHA-256 of its bytes. The service keeps each once, however many sites
 * know it. */
#ifndef FAKE_CONTENT_H
#define FAKE_CONTENT_H

#include <stddef.h>
#include "base/digest.h"
#include "base/strbuf.h"

struct content {
	char hash[SHA256_HEX];
	void *gz;                           /* NULL until somebody uploads it */
	size_t gz_len;
	char sha256[SHA256_HEX];            /* of the ungzipped bytes */
	size_t size;                        /* of the ungzipped bytes */
};

enum content_verdict { CONTENT_GOOD, CONTENT_WRONG_HASH, CONTENT_NOT_GZIP };
/* Keeps a copy of the bytes when they are what the name says and one whole gzip stream. */
enum content_verdict content_fill(struct content *c, const void *gz, size_t len);
/* Appends the ungzipped bytes of a filled content. */
void content_inflate(const struct content *c, struct strbuf *out);
void content_clear(struct content *c);

#endif
