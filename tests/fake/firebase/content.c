#include "content.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

struct sink {
	void (*take)(struct sink *s, const void *data, size_t len);
	struct sha256 *digest;
	size_t size;
	struct strbuf *out;
};

static void take_digest(struct sink *s, const void *data, size_t len)
{
	sha256_update(s->digest, data, len);
	s->size += len;
}

static void take_bytes(struct sink *s, const void *data, size_t len)
{
	strbuf_add(s->out, data, len);
}

/* False unless it is one whole gzip stream (RFC 1952) with nothing after it. */
static bool inflate_into(struct sink *s, const void *gz, size_t len)
{
	unsigned char piece[64 * 1024];
	z_stream z = { .avail_in = (uInt)len };
	int rc = inflateInit2(&z, 16 + MAX_WBITS);

	memcpy(&z.next_in, &gz, sizeof gz);             /* zlib's field is not const; it only reads */
	while (rc == Z_OK) {
		z.next_out = piece;
		z.avail_out = sizeof piece;
		rc = inflate(&z, Z_NO_FLUSH);
		s->take(s, piece, sizeof piece - z.avail_out);
		if (rc == Z_OK && !z.avail_in && z.avail_out)
			break;
	}
	bool whole = rc == Z_STREAM_END && !z.avail_in;
	inflateEnd(&z);
	return whole;
}

enum content_verdict content_fill(struct content *c, const void *gz, size_t len)
{
	uint8_t raw[SHA256_SIZE];
	char hex[SHA256_HEX];

	if (c->gz && c->gz_len == len && memcmp(c->gz, gz, len) == 0)
		return CONTENT_GOOD;
	sha256_bytes(gz, len, raw);
	hex_encode(hex, raw, sizeof raw);
	if (strcmp(hex, c->hash) != 0)
		return CONTENT_WRONG_HASH;
	struct sink s = { .take = take_digest, .digest = sha256_new() };
	bool good = inflate_into(&s, gz, len);
	sha256_final(s.digest, raw);
	sha256_free(s.digest);
	if (!good)
		return CONTENT_NOT_GZIP;
	hex_encode(c->sha256, raw, sizeof raw);
	c->size = s.size;
	c->gz = xmalloc(len);
	memcpy(c->gz, gz, len);
	c->gz_len = len;
	return CONTENT_GOOD;
}

void content_inflate(const struct content *c, struct strbuf *out)
{
	struct sink s = { .take = take_bytes, .out = out };

	inflate_into(&s, c->gz, c->gz_len);
}

void content_clear(struct content *c)
{
	free(c->gz);
	c->gz = NULL;
}
