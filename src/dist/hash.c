#include "dist/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "dist/secret_scan.h"

#define BATCH_FILES 64
#define BATCH_BYTES ((uint64_t)4 * 1024 * 1024)

/* What a worker needs while it runs a job; kept between jobs. */
struct bench {
	struct bench *next;
	struct xxh *xxh;
	struct sha256 *sha;
	char *room;                     /* SECRET_OVERLAP bytes of the block before, then a block and one byte */
};

struct batch {
	struct job job;
	struct hasher *hasher;
	size_t from, to;
};

struct hasher {
	struct hash_request rq;
	struct found **files;
	struct batch *batches;
	atomic_size_t pending;
	atomic_int shortage;
	pthread_mutex_t lock;           /* guards benches and notes */
	struct bench *benches;
	struct notes notes;
};

static struct bench *bench_take(struct hasher *h)
{
	pthread_mutex_lock(&h->lock);
	struct bench *b = h->benches;
	if (b)
		h->benches = b->next;
	pthread_mutex_unlock(&h->lock);
	if (b)
		return b;

	b = xcalloc(1, sizeof *b);
	b->xxh = xxh_new();
	b->sha = sha256_new();
	b->room = xmalloc(SECRET_OVERLAP + HASH_BLOCK + 1);
	return b;
}

static void bench_return(struct hasher *h, struct bench *b)
{
	pthread_mutex_lock(&h->lock);
	b->next = h->benches;
	h->benches = b;
	pthread_mutex_unlock(&h->lock);
}

static void note(struct hasher *h, struct found *f, const char *rule)
{
	f->failed = true;
	pthread_mutex_lock(&h->lock);
	notes_add(&h->notes, NOTE_PROBLEM, f->blob.path, rule, false, false);
	pthread_mutex_unlock(&h->lock);
}

static void note_changed(struct hasher *h, struct found *f)
{
	note(h, f, "changed while the build was read");
}

static void note_errno(struct hasher *h, struct found *f, int err)
{
	char why[128], text[80];

	if (err == EMFILE || err == ENFILE || err == ENOMEM) {
		f->failed = true;
		atomic_store(&h->shortage, err);
		return;
	}
	if (err == ENOENT || err == ENOTDIR) {
		note(h, f, "vanished while the build was read");
		return;
	}
	snprintf(why, sizeof why, "cannot be read: %s", strerror_r(err, text, sizeof text));
	note(h, f, why);
}

/* The same file with the same content as the walk saw: ctime cannot be set back. */
static bool is_same(const struct found *f, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_dev == f->device && st.st_ino == f->blob.inode &&
		(uint64_t)st.st_size == f->blob.size && file_mtime_ns(&st) == f->blob.mtime_ns &&
		file_ctime_ns(&st) == f->blob.ctime_ns;
}

/* ---- reading one file ---- */

struct reading {
	struct hasher *hasher;
	struct found *f;
	struct bench *b;
	int fd;
	struct known_content known;
};

static void judge_small(struct reading *r, const char *data, size_t len)
{
	struct index *x = r->hasher->rq.index;
	struct xxh128 key = { 0, 0 };

	if (x) {
		key = xxh_bytes(data, len);
		if (index_content(x, key, len, &r->known))
			return;
	}
	sha256_reset(r->b->sha);
	sha256_update(r->b->sha, data, len);
	sha256_final(r->b->sha, r->known.sha256);
	r->known.verdict = secret_scan(data, len, true, true);
	if (x)
		index_learn(x, key, len, &r->known);
}

/* 1 read, 0 noted. */
static int read_small(struct reading *r)
{
	char *data = r->b->room + SECRET_OVERLAP;
	size_t size = (size_t)r->f->blob.size;
	/* One more than there should be: a file that has grown shows itself. */
	ssize_t n = file_read_full(r->fd, data, size + 1);

	if (n < 0) {
		note_errno(r->hasher, r->f, errno);
		return 0;
	}
	if ((size_t)n != size) {
		note_changed(r->hasher, r->f);
		return 0;
	}
	judge_small(r, data, size);
	return 1;
}

enum pass { PASS_KEY = 1, PASS_CONTENT = 2 };

static void take_block(struct reading *r, unsigned passes, uint64_t before, size_t n)
{
	char *block = r->b->room + SECRET_OVERLAP;
	size_t overlap = before < SECRET_OVERLAP ? (size_t)before : SECRET_OVERLAP;

	if (passes & PASS_KEY)
		xxh_update(r->b->xxh, block, n);
	if (!(passes & PASS_CONTENT))
		return;
	sha256_update(r->b->sha, block, n);
	if (r->known.verdict == SECRET_NONE)
		r->known.verdict = secret_scan(block - overlap, overlap + n, overlap == before, before + n == r->f->blob.size);
	if (n >= SECRET_OVERLAP)
		memcpy(r->b->room, block + n - SECRET_OVERLAP, SECRET_OVERLAP);
}

/* From the start to the end, in blocks. */
static int read_through(struct reading *r, unsigned passes)
{
	const struct hash_request *rq = &r->hasher->rq;
	uint64_t done = 0;

	xxh_reset(r->b->xxh);
	sha256_reset(r->b->sha);
	r->known.verdict = SECRET_NONE;
	for (;;) {
		ssize_t n = file_read_full(r->fd, r->b->room + SECRET_OVERLAP, HASH_BLOCK);
		if (n < 0) {
			note_errno(r->hasher, r->f, errno);
			return 0;
		}
		if (done + (uint64_t)n > r->f->blob.size || ((size_t)n < HASH_BLOCK && done + (uint64_t)n != r->f->blob.size)) {
			note_changed(r->hasher, r->f);
			return 0;
		}
		if (n == 0)
			return 1;
		take_block(r, passes, done, (size_t)n);
		done += (uint64_t)n;
		if (passes & PASS_KEY || !rq->index)
			atomic_fetch_add_explicit(&rq->progress->bytes_hashed, (unsigned long long)n, memory_order_relaxed);
		if ((size_t)n < HASH_BLOCK)
			return 1;
		if (rq->cancel && atomic_load(rq->cancel))
			return 0;
	}
}

static int read_large(struct reading *r)
{
	struct index *x = r->hasher->rq.index;
	uint64_t size = r->f->blob.size;
	unsigned passes = !x ? PASS_CONTENT : index_has_size(x, size) ? PASS_KEY : PASS_KEY | PASS_CONTENT;
	struct xxh128 key = { 0, 0 };

	posix_fadvise(r->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (!read_through(r, passes))
		return 0;
	if (passes & PASS_KEY)
		key = xxh_final(r->b->xxh);
	if (passes == PASS_KEY) {
		if (index_content(x, key, size, &r->known))
			return 1;
		if (lseek(r->fd, 0, SEEK_SET) < 0 || !read_through(r, PASS_CONTENT))
			return 0;
	}
	sha256_final(r->b->sha, r->known.sha256);
	if (x)
		index_learn(x, key, size, &r->known);
	return 1;
}

static void read_open(struct hasher *h, struct bench *b, struct found *f, int fd)
{
	const struct hash_request *rq = &h->rq;
	struct reading r = { .hasher = h, .f = f, .b = b, .fd = fd };
	int64_t now = clock_wall_ns();

	if (!is_same(f, fd)) {
		note_changed(h, f);
		return;
	}
	if (rq->opened)
		rq->opened(rq->opened_arg, f->blob.path);
	bool small = f->blob.size <= HASH_BLOCK;
	if (!(small ? read_small(&r) : read_large(&r)))
		return;
	if (!is_same(f, fd)) {
		note_changed(h, f);
		return;
	}
	memcpy(f->blob.sha256, r.known.sha256, SHA256_SIZE);
	f->verdict = r.known.verdict;
	f->known = true;
	const struct file_stamp stamp = { f->device, f->blob.inode, f->blob.size, f->blob.mtime_ns, f->blob.ctime_ns };
	if (rq->files)
		file_index_add(rq->files, f->blob.path, &stamp, now, &r.known);
	atomic_fetch_add_explicit(&rq->progress->files_hashed, 1, memory_order_relaxed);
	if (small)
		atomic_fetch_add_explicit(&rq->progress->bytes_hashed, f->blob.size, memory_order_relaxed);
}

/* Links are followed as the walk did; is_same tells whether it is still the file that the walk saw. */
static void read_file(struct hasher *h, struct bench *b, struct found *f)
{
	int fd = openat(h->rq.root, f->blob.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		note_errno(h, f, errno);
		return;
	}
	read_open(h, b, f, fd);
	close(fd);
}

/* ---- jobs ---- */

static void run_batch(struct job *j)
{
	struct batch *t = (struct batch *)(void *)j;
	struct hasher *h = t->hasher;
	struct bench *b = bench_take(h);

	for (size_t i = t->from; i < t->to; i++) {
		if ((h->rq.cancel && atomic_load(h->rq.cancel)) || atomic_load(&h->shortage))
			break;
		read_file(h, b, h->files[i]);
	}
	bench_return(h, b);
}

static void batch_done(struct job *j)
{
	atomic_fetch_sub(&((struct batch *)(void *)j)->hasher->pending, 1);
}

/* As many files as make a job worth its while; a large one is a job of its own. */
static size_t cut(const struct hasher *h, size_t from, size_t count)
{
	uint64_t bytes = 0;
	size_t to = from;

	while (to < count && to - from < BATCH_FILES && (to == from || bytes + h->files[to]->blob.size <= BATCH_BYTES))
		bytes += h->files[to++]->blob.size;
	return to;
}

struct hasher *hash_start(const struct hash_request *rq, struct found **files, size_t count, atomic_size_t **pending)
{
	struct hasher *h = xcalloc(1, sizeof *h);
	size_t batches = 0;

	h->rq = *rq;
	h->files = files;
	if (rq->index && count > 0)
		index_load_contents(rq->index);
	pthread_mutex_init(&h->lock, NULL);
	for (size_t from = 0; from < count; from = cut(h, from, count))
		batches++;
	h->batches = xcalloc(batches, sizeof *h->batches);
	atomic_store(&h->pending, batches);
	for (size_t i = 0, from = 0; i < batches; i++) {
		struct batch *t = &h->batches[i];
		*t = (struct batch){ .job = { .run = run_batch, .done = batch_done }, .hasher = h, .from = from,
			.to = cut(h, from, count) };
		from = t->to;
	}
	/* The long ones first, or one of them is what all others wait for. */
	for (int large = 1; large >= 0; large--)
		for (size_t i = 0; i < batches; i++)
			if ((files[h->batches[i].from]->blob.size > BATCH_BYTES) == (large == 1))
				pool_submit(rq->pool, &h->batches[i].job);
	*pending = &h->pending;
	return h;
}

int hash_finish(struct hasher *h, struct notes *notes)
{
	int shortage = atomic_load(&h->shortage);

	for (size_t i = 0; i < h->notes.count; i++) {
		const struct note *n = &h->notes.items[i];
		notes_add(notes, n->kind, n->path, n->rule, n->builtin, n->is_dir);
	}
	notes_clear(&h->notes);
	for (struct bench *b = h->benches, *next; b; b = next) {
		next = b->next;
		xxh_free(b->xxh);
		sha256_free(b->sha);
		free(b->room);
		free(b);
	}
	pthread_mutex_destroy(&h->lock);
	free(h->batches);
	free(h);
	return shortage;
}
