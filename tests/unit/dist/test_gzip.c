#include "dist/gzip.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "test.h"

#define LONG_SIZE ((size_t)40 * 1024 * 1024)

/* Text that compresses, the same every time. */
static void fill_text(char *out, size_t len)
{
	uint32_t x = 1;

	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		out[i] = "the quick brown fox, 0123456789\n"[x >> 27];
		if (i >= 4096 && x >> 20 & 3)
			out[i] = out[i - 4096];
	}
}

static void fill_noise(char *out, size_t len)
{
	uint64_t x = 88172645463325252U;

	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		out[i] = (char)x;
	}
}

/* What zlib itself makes of it. */
static void assert_unpacks(const void *packed, size_t len, const void *want, size_t want_len)
{
	z_stream z = { .next_in = Z_NULL };
	char *out = xmalloc(want_len + 1);
	union { const void *given; Bytef *taken; } in = { .given = packed };

	assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
	z.next_in = in.taken;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)want_len + 1;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	assert_int_equal(z.total_out, want_len);
	assert_memory_equal(out, want, want_len);
	inflateEnd(&z);
	free(out);
}

static void check_sum(const struct gzipped *sum, const void *packed)
{
	uint8_t want[SHA256_SIZE];

	sha256_bytes(packed, (size_t)sum->size, want);
	assert_memory_equal(sum->sha256, want, SHA256_SIZE);
}

/* A malloc'd stream. */
static uint8_t *whole(struct gzip *z, const void *data, size_t len, struct gzipped *sum)
{
	size_t room = gzip_room(z, len);
	uint8_t *out = xmalloc(room);

	gzip_whole(z, out, room, data, len, sum);
	assert_true(sum->size <= room);
	check_sum(sum, out);
	return out;
}

static void packs_what_zlib_unpacks(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 100, 4095, 70000, 1 << 20 };
	static const uint8_t header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	struct gzip *z = gzip_new();
	char *data = xmalloc(1 << 20);

	(void)state;
	for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
		size_t len = sizes[i / 2];
		struct gzipped sum;
		(i % 2 ? fill_noise : fill_text)(data, len);
		uint8_t *out = whole(z, data, len, &sum);
		assert_memory_equal(out, header, sizeof header);
		assert_unpacks(out, (size_t)sum.size, data, len);
		/* What cannot be compressed hardly grows. */
		assert_true(sum.size <= len + len / 1000 + 40);
		free(out);
	}
	free(data);
	gzip_free(z);
	gzip_free(NULL);
}

static void says_what_compresses(void **state)
{
	char small[GZIP_ID_SIZE], large[GZIP_ID_SIZE];

	(void)state;
	gzip_id(small, GZIP_WHOLE_MOST);
	gzip_id(large, GZIP_WHOLE_MOST + 1);
	assert_memory_equal(small, "libdeflate-", 11);
	assert_memory_equal(large, "zlib-", 5);
	assert_string_equal(small + strlen(small) - 2, "-6");
	assert_string_equal(large + strlen(large) - 2, "-6");
	assert_int_equal(strspn(small, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(small));
	assert_int_equal(strspn(large, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(large));
}

/* Names of contents: a change here sends everything to every place again. Other versions have other names. */
static void keeps_its_names(void **state)
{
	struct gzip *z = gzip_new();
	char *data = xmalloc(100000), id[GZIP_ID_SIZE], hex[SHA256_HEX];
	struct gzipped sum;

	(void)state;
	gzip_id(id, 0);
	fill_text(data, 100000);
	free(whole(z, data, 100000, &sum));
	hex_encode(hex, sum.sha256, SHA256_SIZE);
	if (strcmp(id, "libdeflate-1-14-6") == 0)
		assert_string_equal(hex, "e3509e7696d433d57a321c5817457ed1431ac0338bda3d1306eb94da7877b840");
	else
		skip_here("another libdeflate");
	free(data);
	gzip_free(z);
}

/* ---- streams ---- */

static struct gzipped stream(struct gzip *z, const char *data, size_t len, size_t piece, int to, int want)
{
	struct gzipped sum;

	gzip_begin(z, to);
	for (size_t done = 0; done < len; done += piece)
		gzip_feed(z, data + done, len - done < piece ? len - done : piece);
	assert_int_equal(gzip_end(z, &sum), want);
	return sum;
}

static void assert_same(const struct gzipped *a, const struct gzipped *b)
{
	assert_int_equal(a->size, b->size);
	assert_memory_equal(a->sha256, b->sha256, SHA256_SIZE);
}

static void streams_the_same_in_any_pieces(void **state)
{
	static const size_t pieces[] = { 1 << 20, 1, 7, 65536, 100001 };
	const struct scratch *s = *state;
	struct gzip *z = gzip_new();
	size_t len = 700000;
	char *data = xmalloc(len);

	fill_text(data, len);
	for (size_t i = 0; i < len / 3; i += 2)
		data[i + len / 3] = (char)(data[i] * 31);
	int fd = openat(s->fd, "out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	struct gzipped first = stream(z, data, len, pieces[0], fd, 0);
	uint8_t *out = xmalloc((size_t)first.size);
	assert_int_equal(pread(fd, out, (size_t)first.size, 0), first.size);
	check_sum(&first, out);
	assert_unpacks(out, (size_t)first.size, data, len);
	assert_memory_equal(out, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
	for (size_t i = 1; i < sizeof pieces / sizeof *pieces; i++) {
		struct gzipped again = stream(z, data, len, pieces[i], -1, 0);
		assert_same(&first, &again);
	}
	close(fd);
	free(out);
	free(data);
	gzip_free(z);
}

static void streams_what_is_long(void **state)
{
	const struct scratch *s = *state;
	struct gzip *z = gzip_new();
	char *data = xmalloc(LONG_SIZE);

	fill_noise(data, 16384);
	for (size_t i = 16384; i < LONG_SIZE; i += 16384) {
		memcpy(data + i, data, 16384);
		data[i + i / 16384] ^= 1;
	}
	int fd = openat(s->fd, "out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct gzipped sum = stream(z, data, LONG_SIZE, 1 << 20, fd, 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), sum.size);
	uint8_t *out = xmalloc((size_t)sum.size);
	assert_int_equal(pread(fd, out, (size_t)sum.size, 0), sum.size);
	check_sum(&sum, out);
	assert_unpacks(out, (size_t)sum.size, data, LONG_SIZE);
	close(fd);
	free(out);
	free(data);
	gzip_free(z);
}

/* The sum is that of the whole, though nothing could be written. */
static void says_what_a_full_disk_did(void **state)
{
	struct gzip *z = gzip_new();
	char data[200000];
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	fill_noise(data, sizeof data);
	struct gzipped full = stream(z, data, sizeof data, 10000, fd, ENOSPC);
	struct gzipped right = stream(z, data, sizeof data, 10000, -1, 0);
	assert_same(&full, &right);
	close(fd);
	gzip_free(z);
}

struct packing { char *data; struct gzipped sums[20], streamed; };

static void *pack_in_thread(void *arg)
{
	struct packing *p = arg;
	struct gzip *z = gzip_new();

	for (size_t i = 0; i < 20; i++)
		free(whole(z, p->data + i * 1000, 30000 + i * 1500, &p->sums[i]));
	p->streamed = stream(z, p->data, 200000, 5000, -1, 0);
	gzip_free(z);
	return NULL;
}

static void threads_agree(void **state)
{
	char *data = xmalloc(200000);
	struct packing all[4];
	pthread_t threads[4];

	(void)state;
	fill_text(data, 200000);
	for (size_t i = 0; i < 4; i++) {
		all[i].data = data;
		assert_int_equal(pthread_create(&threads[i], NULL, pack_in_thread, &all[i]), 0);
	}
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 1; i < 4; i++) {
		assert_same(&all[0].streamed, &all[i].streamed);
		for (size_t k = 0; k < 20; k++)
			assert_same(&all[0].sums[k], &all[i].sums[k]);
	}
	free(data);
}

/* ---- the way back ---- */

static int keep(void *arg, const void *data, size_t len, struct fail *f)
{
	struct strbuf *out = arg;

	if (out->max == 1)
		return fail_set(f, FAIL_LOCAL, "enough");
	assert_true(len > 0 && len <= 65536);
	strbuf_add(out, data, len);
	return 0;
}

/* FAIL_NONE: unpacked whole. */
static enum fail_kind unpack(struct strbuf *out, const void *packed, size_t len, size_t piece, uint64_t most)
{
	struct gunzip *g = gunzip_new(most);
	struct fail f = FAIL_INIT;
	int rc = 0;

	for (size_t done = 0; rc == 0 && done < len; done += piece)
		rc = gunzip_feed(g, (const char *)packed + done, len - done < piece ? len - done : piece, keep, out, &f);
	if (rc == 0)
		gunzip_end(g, &f);
	else
		assert_int_equal(gunzip_feed(g, "", 1, keep, out, &(struct fail){ .code = 0 }), -1);
	gunzip_free(g);
	return f.kind;
}

static void unpacks_in_any_pieces(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131072, 300000 };
	static const size_t pieces[] = { 1, 13, 1 << 20 };
	struct gzip *z = gzip_new();
	char *data = xmalloc(300000);

	(void)state;
	fill_text(data, 300000);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct gzipped sum;
		uint8_t *packed = whole(z, data, sizes[i], &sum);
		for (size_t k = 0; k < 3; k++) {
			struct strbuf out = STRBUF_INIT;
			assert_int_equal(unpack(&out, packed, (size_t)sum.size, pieces[k], sizes[i]), FAIL_NONE);
			assert_int_equal(out.len, sizes[i]);
			assert_memory_equal(out.buf, data, sizes[i]);
			strbuf_clear(&out);
		}
		free(packed);
	}
	free(data);
	gzip_free(z);
	gunzip_free(NULL);
}

static void unpacks_several_streams(void **state)
{
	struct gzip *z = gzip_new();
	struct strbuf all = STRBUF_INIT, out = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct gzipped sum;
		uint8_t *packed = whole(z, &"abc"[i], 3 - i, &sum);
		strbuf_add(&all, packed, (size_t)sum.size);
		free(packed);
	}
	for (size_t piece = 1; piece < all.len + 1; piece += 5) {
		assert_int_equal(unpack(&out, all.buf, all.len, piece, 6), FAIL_NONE);
		assert_string_equal(out.buf, "abcbcc");
		strbuf_setlen(&out, 0);
	}
	assert_int_equal(unpack(&out, all.buf, all.len, 10, 5), FAIL_CORRUPT);
	strbuf_clear(&all);
	strbuf_clear(&out);
	gzip_free(z);
}

static void refuses_what_is_no_gzip(void **state)
{
	struct gzip *z = gzip_new();
	struct strbuf out = STRBUF_INIT;
	char data[5000];
	struct gzipped sum;

	(void)state;
	fill_text(data, sizeof data);
	uint8_t *packed = whole(z, data, sizeof data, &sum);
	size_t len = (size_t)sum.size;
	assert_int_equal(unpack(&out, "", 0, 1, 100), FAIL_CORRUPT);
	assert_int_equal(unpack(&out, "<!doctype html>", 15, 4, 100), FAIL_CORRUPT);
	for (size_t cut = 1; cut < len; cut += 37)
		assert_int_equal(unpack(&out, packed, cut, 100, sizeof data), FAIL_CORRUPT);
	/* The trailer's checksum covers every byte; only the bits that fill up the last one say nothing. */
	for (size_t at = 10; at < len; at += at == len - 10 ? 2 : 1) {
		packed[at] ^= 0x10;
		assert_int_equal(unpack(&out, packed, len, 1000, sizeof data), FAIL_CORRUPT);
		packed[at] ^= 0x10;
	}
	uint8_t *longer = xmalloc(len + 1);
	memcpy(longer, packed, len);
	longer[len] = 'x';
	assert_int_equal(unpack(&out, longer, len + 1, 64, sizeof data), FAIL_CORRUPT);
	out.max = 1;
	assert_int_equal(unpack(&out, packed, len, 1000, sizeof data), FAIL_LOCAL);
	free(longer);
	free(packed);
	strbuf_clear(&out);
	gzip_free(z);
}

/* 32 MiB of nothing in 32 KiB: no more comes out than was allowed. */
static void stops_a_bomb(void **state)
{
	struct gzip *z = gzip_new();
	size_t len = (size_t)GZIP_WHOLE_MOST;
	char *zeros = xcalloc(len, 1);
	struct strbuf out = STRBUF_INIT;
	struct gzipped sum;
	uint8_t *packed = whole(z, zeros, len, &sum);

	(void)state;
	assert_true(sum.size < 64 * 1024);
	assert_int_equal(unpack(&out, packed, (size_t)sum.size, 4096, 1 << 20), FAIL_CORRUPT);
	assert_true(out.len <= 1 << 20);
	strbuf_setlen(&out, 0);
	assert_int_equal(unpack(&out, packed, (size_t)sum.size, 4096, len), FAIL_NONE);
	assert_int_equal(out.len, len);
	strbuf_clear(&out);
	free(packed);
	free(zeros);
	gzip_free(z);
}

#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packs_what_zlib_unpacks),
		cmocka_unit_test(says_what_compresses),
		cmocka_unit_test(keeps_its_names),
		SCRATCH(streams_the_same_in_any_pieces),
		SCRATCH(streams_what_is_long),
		cmocka_unit_test(says_what_a_full_disk_did),
		cmocka_unit_test(threads_agree),
		cmocka_unit_test(unpacks_in_any_pieces),
		cmocka_unit_test(unpacks_several_streams),
		cmocka_unit_test(refuses_what_is_no_gzip),
		cmocka_unit_test(stops_a_bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
