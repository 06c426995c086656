/* Packs a directory for a host that takes gzip bodies, as deploy does (each distinct content once, read, compressed,
 * digested, spooled), and compresses each of its files with zlib at level 9, on as many threads.
 * usage: gzip [-j THREADS] DIR CACHEDIR
 *
 * A line each of: slipway, again (a second run with what the first one left), zlib9, and as "NAME SECONDS CONTENTS
 * BYTES PACKED". zlib9 also says what the distinct contents alone take: "zlib9-distinct". */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "deploy/packs.h"
#include "dist/build.h"

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

static void set_done(struct op *op)
{
	*(bool *)op->owner = true;
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

static int pack_all(const char *name, struct context *c, const struct tree *t, const struct entry **distinct, size_t *n)
{
	struct packs *p = packs_new(c);
	struct packer *k = packs_packer(p);
	bool done = false;
	struct op op = { .done = set_done, .owner = &done, .mem = &c->mem };
	uint64_t packed = 0, bytes = 0;

	int64_t start = clock_mono_ns();
	k->pack(k, t->entries, t->count, &op);
	while (!done)
		loop_turn(c->loop, -1);
	double seconds = seconds_since(start);
	if (op.rc < 0) {
		fprintf(stderr, "gzip: %s\n", op.fail.text);
	} else {
		*n = sum_distinct(k, t, distinct, &packed);
		for (size_t i = 0; i < *n; i++)
			bytes += distinct[i]->blob->size;
		printf("%s %.4f %zu %llu %llu\n", name, seconds, *n, (unsigned long long)bytes, (unsigned long long)packed);
	}
	packs_free(p);
	return op.rc;
}

/* ---- zlib ---- */

struct peer {
	const struct entry **entries;
	size_t count;
	atomic_size_t next;
	atomic_ullong bytes, packed;
};

static size_t deflate_file(z_stream *z, const struct blob *b, char **in, char **out)
{
	struct fail f = FAIL_INIT;

	deflateReset(z);        /* first, or the bound is that of a stream that is over */
	size_t room = deflateBound(z, (uLong)b->size);
	*in = xrealloc(*in, (size_t)b->size + 1);
	*out = xrealloc(*out, room);
	if (blob_read(b, *in, (size_t)b->size, &f) < 0) {
		fprintf(stderr, "gzip: %s\n", f.text);
		exit(1);
	}
	z->next_in = (Bytef *)*in;
	z->avail_in = (uInt)b->size;
	z->next_out = (Bytef *)*out;
	z->avail_out = (uInt)room;
	if (deflate(z, Z_FINISH) != Z_STREAM_END)
		abort();
	return z->total_out;
}

static void *peer_thread(void *arg)
{
	struct peer *p = arg;
	z_stream z = { 0 };
	char *in = NULL, *out = NULL;
	size_t i;

	if (deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	while ((i = atomic_fetch_add(&p->next, 1)) < p->count) {
		atomic_fetch_add(&p->packed, deflate_file(&z, p->entries[i]->blob, &in, &out));
		atomic_fetch_add(&p->bytes, p->entries[i]->blob->size);
	}
	deflateEnd(&z);
	free(in);
	free(out);
	return NULL;
}

static int larger_first(const void *a, const void *b)
{
	uint64_t x = (*(const struct entry *const *)a)->blob->size, y = (*(const struct entry *const *)b)->blob->size;

	return (x < y) - (x > y);
}

static void zlib_all(const char *name, const struct entry **entries, size_t count, unsigned threads)
{
	struct peer p = { .entries = entries, .count = count };
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
		rc = pack_all("slipway", c, &b.tree, all, &n);
	index_save(c->index);
	index_close(c->index);
	c->index = NULL;
	if (rc == 0 && (rc = index_open(&c->index, c->cache_dir, &f)) == 0)
		rc = pack_all("again", c, &b.tree, all, &n);
	if (rc == 0) {
		unsigned threads = pool_threads(loop_pool(c->loop));
		zlib_all("zlib9-distinct", all, n, threads);
		for (size_t i = 0; i < b.tree.count; i++)
			all[i] = &b.tree.entries[i];
		zlib_all("zlib9", all, b.tree.count, threads);
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
