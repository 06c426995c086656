/* Packs a directory for a host that takes gzip bodies, as deploy does (each distinct content once, read, compressed,
 * digested, spooled), and beside it what the compressors alone take, on as many threads.
 * usage: gzip [-j THREADS] DIR CACHEDIR
 *
 * Prints lines "NAME SECONDS CONTENTS BYTES PACKED": slipway; again (50 places in a second run, with what the first one
 * left); libdeflate6-distinct and zlib9-distinct (each distinct content, read and compressed); zlib9 (each file). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deploy/packs.h"
#include "dist/build.h"
#include "dist/gzip.h"

static double seconds_since(int64_t start)
{
	return (double)(clock_mono_ns() - start) / 1e9;
}

/* ---- slipway ---- */

static void on_note(struct reporter *r, const struct row *row, const char *text)
{
	(void)r;
	(void)row;
	fprintf(stderr, "gzip: %s\n", text);
}

static void op_over(struct op *op)
{
	--*(unsigned *)op->owner;
}

/* The distinct contents of a tree, by what the packer calls them. */
static size_t sum_distinct(const struct packer *k, const struct tree *t, const struct entry **out, uint64_t *packed)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct packed *p = k->find(k, t->entries[i].blob);
		size_t before = 0;
		while (before < n && k->find(k, out[before]->blob) != p)
			before++;
		if (before < n)
			continue;
		out[n++] = &t->entries[i];
		*packed += p->size;
	}
	return n;
}

static int pack_all(const char *name, struct context *c, const struct tree *t, unsigned places,
	const struct entry **distinct, size_t *n)
{
	struct packs *p = packs_new(c);
	struct packer *k = packs_packer(p);
	unsigned left = places;
	struct op *ops = xcalloc(places, sizeof *ops);
	uint64_t packed = 0, bytes = 0;
	int rc = 0;

	int64_t start = clock_mono_ns();
	for (unsigned i = 0; i < places; i++) {
		ops[i] = (struct op){ .done = op_over, .owner = &left, .mem = &c->mem };
		k->pack(k, t->entries, t->count, &ops[i]);
	}
	while (left > 0)
		loop_turn(c->loop, -1);
	double seconds = seconds_since(start);
	for (unsigned i = 0; i < places; i++) {
		if (ops[i].rc < 0)
			fprintf(stderr, "gzip: %s\n", ops[i].fail.text);
		rc |= ops[i].rc;
	}
	if (rc == 0) {
		*n = sum_distinct(k, t, distinct, &packed);
		for (size_t i = 0; i < *n; i++)
			bytes += distinct[i]->blob->size;
		printf("%s %.4f %zu %llu %llu\n", name, seconds, *n, (unsigned long long)bytes, (unsigned long long)packed);
	}
	free(ops);
	packs_free(p);
	return rc;
}

/* ---- the compressors ---- */

struct peer {
	const struct entry **entries;
	size_t count;
	bool zlib;
	atomic_size_t next;
	atomic_ullong bytes, packed;
};

struct hands {                          /* of one thread */
	z_stream z;
	struct gzip *gzip;
	char *in, *out;
};

static uint64_t by_zlib(struct hands *h, size_t size)
{
	deflateReset(&h->z);    /* first, or the bound is that of a stream that is over */
	size_t room = deflateBound(&h->z, (uLong)size);

	h->out = xrealloc(h->out, room);
	h->z.next_in = (Bytef *)h->in;
	h->z.avail_in = (uInt)size;
	h->z.next_out = (Bytef *)h->out;
	h->z.avail_out = (uInt)room;
	if (deflate(&h->z, Z_FINISH) != Z_STREAM_END)
		abort();
	return h->z.total_out;
}

static uint64_t by_libdeflate(struct hands *h, size_t size)
{
	size_t room = gzip_room(h->gzip, size);
	struct gzipped sum;

	h->out = xrealloc(h->out, room);
	gzip_whole(h->gzip, h->out, room, h->in, size, &sum);
	return sum.size;
}

static void *peer_thread(void *arg)
{
	struct peer *p = arg;
	struct hands h = { .gzip = gzip_new() };
	struct fail f = FAIL_INIT;
	size_t i;

	if (deflateInit2(&h.z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	while ((i = atomic_fetch_add(&p->next, 1)) < p->count) {
		const struct blob *b = p->entries[i]->blob;
		h.in = xrealloc(h.in, (size_t)b->size + 1);
		if (blob_read(b, h.in, (size_t)b->size, &f) < 0) {
			fprintf(stderr, "gzip: %s\n", f.text);
			exit(1);
		}
		atomic_fetch_add(&p->packed, p->zlib ? by_zlib(&h, (size_t)b->size) : by_libdeflate(&h, (size_t)b->size));
		atomic_fetch_add(&p->bytes, b->size);
	}
	deflateEnd(&h.z);
	gzip_free(h.gzip);
	free(h.in);
	free(h.out);
	return NULL;
}

static int larger_first(const void *a, const void *b)
{
	uint64_t x = (*(const struct entry *const *)a)->blob->size, y = (*(const struct entry *const *)b)->blob->size;

	return (x < y) - (x > y);
}

static void compress_all(const char *name, bool zlib, const struct entry **entries, size_t count, unsigned threads)
{
	struct peer p = { .entries = entries, .count = count, .zlib = zlib };
	pthread_t ids[16];

	qsort(entries, count, sizeof *entries, larger_first);
	int64_t start = clock_mono_ns();
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, peer_thread, &p) != 0)
			abort();
	for (unsigned i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	printf("%s %.4f %zu %llu %llu\n", name, seconds_since(start), count, atomic_load(&p.bytes), atomic_load(&p.packed));
}

static int run(struct context *c, const char *dir)
{
	const struct build_rules rules = { .htaccess = true };
	const struct build_request rq = { .name = "bench", .dir = dir, .rules = &rules, .index = c->index,
		.pool = loop_pool(c->loop) };
	struct fail f = FAIL_INIT;
	struct build b;
	size_t n = 0;
	int rc = build_read(&b, &rq, &f);

	if (rc < 0)
		fprintf(stderr, "gzip: %s\n", f.text);
	const struct entry **all = xcalloc(b.tree.count + 1, sizeof *all);
	if (rc == 0)
		rc = pack_all("slipway", c, &b.tree, 1, all, &n);
	index_save(c->index);
	index_close(c->index);
	c->index = NULL;
	if (rc == 0 && (rc = index_open(&c->index, c->cache_dir, &f)) == 0)
		rc = pack_all("again", c, &b.tree, 50, all, &n);
	if (rc == 0) {
		unsigned threads = pool_threads(loop_pool(c->loop));
		compress_all("libdeflate6-distinct", false, all, n, threads);
		compress_all("zlib9-distinct", true, all, n, threads);
		for (size_t i = 0; i < b.tree.count; i++)
			all[i] = &b.tree.entries[i];
		compress_all("zlib9", true, all, b.tree.count, threads);
	}
	free(all);
	build_close(&b);
	return rc;
}

int main(int argc, char **argv)
{
	struct reporter reporter = { .note = on_note };
	struct context c = { .reporter = &reporter, .now_s = clock_wall_s() };
	struct fail f = FAIL_INIT;
	unsigned threads = 0;
	int opt, rc = -1;

	while ((opt = getopt(argc, argv, "j:")) != -1) {
		if (opt != 'j')
			return 2;
		threads = (unsigned)strtoul(optarg, NULL, 10);
	}
	if (optind + 2 != argc) {
		fprintf(stderr, "usage: gzip [-j THREADS] DIR CACHEDIR\n");
		return 2;
	}
	c.cache_dir = argv[optind + 1];
	if (index_open(&c.index, c.cache_dir, &f) == 0 && loop_new(&c.loop, threads, false, &f) == 0)
		rc = run(&c, argv[optind]);
	else
		fprintf(stderr, "gzip: %s\n", f.text);
	index_close(c.index);
	loop_free(c.loop);
	arena_clear(&c.mem);
	return rc < 0;
}
