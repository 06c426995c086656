#include "dist/gzip.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"

#define LEVEL 6
#define LEVEL_TEXT "6"
#define OS_UNIX 3
#define OS_AT 9                         /* the header's byte that names the system */
#define BITS_GZIP (MAX_WBITS + 16)      /* zlib: with gzip's header and trailer */
#define MEMORY_LEVEL 8
#define PIECE ((size_t)64 * 1024)

struct gzip {
	struct libdeflate_compressor *whole;
	struct sha256 *sha;
	/* the stream; piece NULL until there is one */
	z_stream stream;
	gz_header header;
	uint8_t *piece;
	uint64_t size;
	int to, err;
};

void gzip_id(char out[GZIP_ID_SIZE], uint64_t size)
{
	if (size <= GZIP_WHOLE_MOST)
		snprintf(out, GZIP_ID_SIZE, "libdeflate-%s-" LEVEL_TEXT, LIBDEFLATE_VERSION_STRING);
	else
		snprintf(out, GZIP_ID_SIZE, "zlib-%.32s-" LEVEL_TEXT, zlibVersion());
	for (char *c = out; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
		else if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9'))
			*c = '-';
	}
}

struct gzip *gzip_new(void)
{
	struct gzip *z = xcalloc(1, sizeof *z);

	z->whole = libdeflate_alloc_compressor(LEVEL);
	if (!z->whole)
		abort();        /* no memory; as base/mem.h has it */
	z->sha = sha256_new();
	return z;
}

void gzip_free(struct gzip *z)
{
	if (!z)
		return;
	libdeflate_free_compressor(z->whole);
	sha256_free(z->sha);
	if (z->piece)
		deflateEnd(&z->stream);
	free(z->piece);
	free(z);
}

/* ---- at once ---- */

size_t gzip_room(struct gzip *z, size_t len)
{
	return libdeflate_gzip_compress_bound(z->whole, len);
}

void gzip_whole(struct gzip *z, void *out, size_t room, const void *data, size_t len, struct gzipped *sum)
{
	size_t size = libdeflate_gzip_compress(z->whole, data, len, out, room);

	assert(len <= GZIP_WHOLE_MOST && size > OS_AT);
	/* libdeflate says "unknown". No checksum covers the header. */
	((uint8_t *)out)[OS_AT] = OS_UNIX;
	sha256_reset(z->sha);
	sha256_update(z->sha, out, size);
	sha256_final(z->sha, sum->sha256);
	sum->size = size;
}

/* ---- in a stream ---- */

void gzip_begin(struct gzip *z, int to)
{
	int rc;

	if (z->piece) {
		rc = deflateReset(&z->stream);
	} else {
		z->piece = xmalloc(PIECE);
		rc = deflateInit2(&z->stream, LEVEL, Z_DEFLATED, BITS_GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
	}
	if (rc != Z_OK)
		abort();
	z->header = (gz_header){ .os = OS_UNIX };
	deflateSetHeader(&z->stream, &z->header);
	sha256_reset(z->sha);
	z->to = to;
	z->err = 0;
	z->size = 0;
}

static void take(struct gzip *z, size_t len)
{
	sha256_update(z->sha, z->piece, len);
	z->size += len;
	if (z->to >= 0 && !z->err && file_write_all(z->to, z->piece, len) < 0)
		z->err = errno;
}

static void deflate_all(struct gzip *z, int flush)
{
	int rc;

	do {
		z->stream.next_out = z->piece;
		z->stream.avail_out = (uInt)PIECE;
		rc = deflate(&z->stream, flush);
		assert(rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR);
		take(z, PIECE - z->stream.avail_out);
	} while (z->stream.avail_out == 0);
	assert(z->stream.avail_in == 0 && (flush != Z_FINISH || rc == Z_STREAM_END));
}

void gzip_feed(struct gzip *z, const void *data, size_t len)
{
	/* zlib only reads it, and has no const unless told so. */
	union { const void *given; Bytef *taken; } in = { .given = data };

	assert(len <= UINT_MAX);
	z->stream.next_in = in.taken;
	z->stream.avail_in = (uInt)len;
	deflate_all(z, Z_NO_FLUSH);
}

int gzip_end(struct gzip *z, struct gzipped *sum)
{
	deflate_all(z, Z_FINISH);
	sha256_final(z->sha, sum->sha256);
	sum->size = z->size;
	return z->err;
}

/* ---- the way back ---- */

struct gunzip {
	z_stream stream;
	uint64_t left;                  /* what may still come out */
	bool ended;                     /* a stream is complete, and the next has not begun */
	bool begun, broken;
	uint8_t piece[PIECE];
};

struct gunzip *gunzip_new(uint64_t most)
{
	struct gunzip *g = xcalloc(1, sizeof *g);

	if (inflateInit2(&g->stream, BITS_GZIP) != Z_OK)
		abort();
	g->left = most;
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->stream);
	free(g);
}

static int refuse(struct gunzip *g, struct fail *f, const char *why)
{
	g->broken = true;
	return fail_set(f, FAIL_CORRUPT, "%s", why);
}

/* One call of inflate; how much came out, or -1. */
static int inflate_piece(struct gunzip *g, struct fail *f)
{
	if (g->ended)
		inflateReset(&g->stream);
	g->ended = false;
	g->begun = true;
	g->stream.next_out = g->piece;
	g->stream.avail_out = (uInt)PIECE;
	int rc = inflate(&g->stream, Z_NO_FLUSH);
	if (rc == Z_MEM_ERROR)
		abort();
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return refuse(g, f, "is not a gzip stream, or a damaged one");
	g->ended = rc == Z_STREAM_END;
	return (int)(PIECE - g->stream.avail_out);
}

int gunzip_feed(struct gunzip *g, const void *data, size_t len, int (*sink)(void *arg, const void *data, size_t len,
	struct fail *f), void *arg, struct fail *f)
{
	union { const void *given; Bytef *taken; } in = { .given = data };
	int n = 0;

	assert(len <= UINT_MAX);
	if (g->broken)
		return refuse(g, f, "is not a gzip stream");
	g->stream.next_in = in.taken;
	g->stream.avail_in = (uInt)len;
	while (g->stream.avail_in > 0 || n == (int)PIECE) {
		n = inflate_piece(g, f);
		if (n < 0)
			return -1;
		if ((uint64_t)n > g->left)
			return refuse(g, f, "unpacks to more than it should");
		g->left -= (uint64_t)n;
		if (n > 0 && sink(arg, g->piece, (size_t)n, f) < 0) {
			g->broken = true;
			return -1;
		}
		if (g->ended && g->stream.avail_in == 0)
			break;
	}
	return 0;
}

int gunzip_end(const struct gunzip *g, struct fail *f)
{
	return g->begun && g->ended && !g->broken ? 0 : fail_set(f, FAIL_CORRUPT, "the gzip stream is cut off");
}
