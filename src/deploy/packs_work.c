#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "deploy/packs_inside.h"

#define BLOCK ((size_t)1024 * 1024)
#define HUGE_PAGE ((size_t)2 * 1024 * 1024)

/* ---- benches ---- */

void benches_init(struct benches *b, size_t keep)
{
	b->free = NULL;
	b->keep = keep;
	pthread_mutex_init(&b->lock, NULL);
}

struct bench *bench_take(struct benches *all)
{
	pthread_mutex_lock(&all->lock);
	struct bench *b = all->free;
	if (b)
		all->free = b->next;
	pthread_mutex_unlock(&all->lock);
	if (b)
		return b;

	b = xcalloc(1, sizeof *b);
	b->gzip = gzip_new();
	b->sha = sha256_new();
	return b;
}

static void trim(uint8_t **buffer, size_t *room, size_t keep)
{
	if (*room <= keep)
		return;
	free(*buffer);
	*buffer = NULL;
	*room = 0;
}

void bench_return(struct benches *all, struct bench *b)
{
	trim(&b->raw, &b->raw_room, all->keep);
	trim(&b->packed, &b->packed_room, all->keep);
	pthread_mutex_lock(&all->lock);
	b->next = all->free;
	all->free = b;
	pthread_mutex_unlock(&all->lock);
}

void benches_clear(struct benches *all)
{
	for (struct bench *b = all->free, *next; b; b = next) {
		next = b->next;
		gzip_free(b->gzip);
		sha256_free(b->sha);
		free(b->raw);
		free(b->packed);
		free(b);
	}
	pthread_mutex_destroy(&all->lock);
}

/* In huge pages where the system has them: on a virtual machine, a tenth of the time went into page faults. */
static void *large_buffer(size_t *size)
{
	void *got;

	*size = (*size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	if (posix_memalign(&got, HUGE_PAGE, *size) != 0)
		abort();        /* no memory; as base/mem.h has it */
	madvise(got, *size, MADV_HUGEPAGE);
	return got;
}

/* What was in it is of no use any more: nothing is copied when it grows. */
static uint8_t *room_for(uint8_t **buffer, size_t *room, size_t need)
{
	if (need > *room) {
		free(*buffer);
		*buffer = need >= HUGE_PAGE / 2 ? large_buffer(&need) : xmalloc(need);
		*room = need;
	}
	return *buffer;
}

/* ---- failures ---- */

static const char *name_of(const struct blob *b)
{
	return b->source == BLOB_FILE ? b->path : "a rendered file";
}

static int fail_at(const struct blob *b, struct fail *f)
{
	struct strbuf name = STRBUF_INIT;

	strbuf_addescaped(&name, name_of(b), strlen(name_of(b)));
	fail_wrap(f, "%s", name.buf);
	strbuf_clear(&name);
	return -1;
}

static int refuse(const struct blob *b, struct fail *f, const char *why)
{
	fail_set(f, FAIL_BUILD, "%s", why);
	return fail_at(b, f);
}

static int trouble(const struct blob *b, struct fail *f, int err, const char *what)
{
	fail_errno(f, err, "cannot %s", what);
	return fail_at(b, f);
}

static int changed(const struct blob *b, struct fail *f)
{
	refuse(b, f, "is no longer what was hashed");
	return fail_hint(f, "let the build finish, then deploy again");
}

/* The raw bytes are the same, so it is the compressor that is another one than when the index was told. */
static int differs(struct task *t)
{
	t->differs = true;
	refuse(t->blob, &t->fail, "its gzip form is not the one that was announced: the compressor is not what it was");
	return fail_hint(&t->fail, "deploy again: the index has been put right");
}

static bool is_young(const struct task *t)
{
	const struct blob *b = t->blob;

	return b->source == BLOB_FILE && (b->mtime_ns > t->sure_ns || b->ctime_ns > t->sure_ns);
}

/* ---- keeping what came out ---- */

static int settle_sum(struct task *t, const struct gzipped *sum)
{
	bool same = t->sum.size == sum->size && memcmp(t->sum.sha256, sum->sha256, SHA256_SIZE) == 0;

	t->compressed = true;
	t->sum = *sum;
	return t->known && !same ? differs(t) : 0;
}

/* Failing is no failure of the task: its digest is known, and its bytes can be had again. */
static void spool_bytes(struct task *t, const void *data)
{
	struct spool_file file = { .fd = -1 };

	if (spool_begin(t->spool, &file, &t->spool_fail) < 0)
		return;
	if (file_write_all(file.fd, data, (size_t)t->sum.size) < 0) {
		fail_errno(&t->spool_fail, errno, "cannot write a file of the spool");
		spool_abandon(t->spool, &file);
	} else {
		t->spooled = spool_commit(t->spool, &file, &t->sum, &t->spool_fail) == 0;
	}
}

static void keep_bytes(struct task *t, const void *data)
{
	if (t->spool && t->may_write)
		spool_bytes(t, data);
	if (t->fetch && t->spooled)
		t->fd = spool_open(t->spool, &t->sum, false);
	if ((t->fetch && t->fd < 0) || t->secret) {
		t->data = xmalloc((size_t)t->sum.size);
		memcpy(t->data, data, (size_t)t->sum.size);
	}
}

/* ---- packing ---- */

static int read_whole(struct task *t, struct bench *b, const void **data)
{
	size_t size = (size_t)t->blob->size;
	uint8_t found[SHA256_SIZE];

	if (t->blob->source == BLOB_MEMORY) {
		*data = t->blob->data;
		return 0;
	}
	*data = room_for(&b->raw, &b->raw_room, size);
	if (blob_read(t->blob, b->raw, size, &t->fail) < 0)
		return -1;
	if (!is_young(t))
		return 0;
	sha256_bytes(b->raw, size, found);
	return memcmp(found, t->blob->sha256, SHA256_SIZE) == 0 ? 0 : changed(t->blob, &t->fail);
}

static int pack_whole(struct task *t, struct bench *b)
{
	size_t size = (size_t)t->blob->size, room = gzip_room(b->gzip, size);
	struct gzipped sum;
	const void *data;

	if (read_whole(t, b, &data) < 0)
		return -1;
	room_for(&b->packed, &b->packed_room, room);
	gzip_whole(b->gzip, b->packed, room, data, size, &sum);
	int rc = settle_sum(t, &sum);
	if (rc == 0)
		keep_bytes(t, b->packed);
	if (t->secret)
		explicit_bzero(b->packed, (size_t)sum.size);
	return rc;
}

static int feed_file(struct task *t, struct bench *b, int from)
{
	bool young = is_young(t);
	uint8_t found[SHA256_SIZE];
	uint64_t done = 0;
	ssize_t n;

	room_for(&b->raw, &b->raw_room, BLOCK);
	sha256_reset(b->sha);
	while (done < t->blob->size) {
		if (atomic_load(t->cancel))
			return fail_set(&t->fail, FAIL_CANCELLED, "interrupted");
		n = file_read_full(from, b->raw, BLOCK);
		if (n < 0)
			return trouble(t->blob, &t->fail, errno, "read");
		if (n == 0)
			break;
		gzip_feed(b->gzip, b->raw, (size_t)n);
		if (young)
			sha256_update(b->sha, b->raw, (size_t)n);
		done += (uint64_t)n;
	}
	if (blob_check(t->blob, from, &t->fail) < 0)
		return -1;
	sha256_final(b->sha, found);
	bool same = done == t->blob->size && (!young || memcmp(found, t->blob->sha256, SHA256_SIZE) == 0);
	return same ? 0 : changed(t->blob, &t->fail);
}

static int feed_blob(struct task *t, struct bench *b)
{
	if (t->blob->source == BLOB_MEMORY) {
		const uint8_t *data = t->blob->data;
		for (uint64_t done = 0; done < t->blob->size; done += BLOCK)
			gzip_feed(b->gzip, data + done, t->blob->size - done < BLOCK ? (size_t)(t->blob->size - done) : BLOCK);
		return 0;
	}
	int from = blob_open(t->blob, &t->fail);
	if (from < 0)
		return -1;
	int rc = feed_file(t, b, from);
	close(from);
	return rc;
}

/* Compresses into `to`; 0, or -1 when the content cannot be had. *err: why `to` could not take it. */
static int pack_into(struct task *t, struct bench *b, int to, int *err)
{
	struct gzipped sum;

	gzip_begin(b->gzip, to);
	int rc = feed_blob(t, b);
	*err = gzip_end(b->gzip, &sum);
	return rc < 0 ? -1 : settle_sum(t, &sum);
}

/* Into memory that has a descriptor. */
static int pack_memory(struct task *t, struct bench *b)
{
	int err, fd = memfd_create("slipway", MFD_CLOEXEC);

	if (fd < 0)
		return trouble(t->blob, &t->fail, errno, "hold it in memory");
	int rc = pack_into(t, b, fd, &err);
	if (rc == 0 && err)
		rc = trouble(t->blob, &t->fail, err, "hold it in memory");
	if (rc == 0)
		t->fd = fd;
	else
		close(fd);
	return rc;
}

static int pack_spooled(struct task *t, struct bench *b)
{
	struct spool_file file = { .fd = -1 };
	int err;

	if (spool_begin(t->spool, &file, &t->spool_fail) < 0)
		return 0;
	int rc = pack_into(t, b, file.fd, &err);
	if (rc < 0 || err) {
		if (rc == 0)
			fail_errno(&t->spool_fail, err, "cannot write a file of the spool");
		spool_abandon(t->spool, &file);
		return rc;
	}
	t->spooled = spool_commit(t->spool, &file, &t->sum, &t->spool_fail) == 0;
	if (t->spooled && t->fetch)
		t->fd = spool_open(t->spool, &t->sum, false);
	return 0;
}

static int pack_stream(struct task *t, struct bench *b)
{
	int err;

	if (t->spool && t->may_write && pack_spooled(t, b) < 0)
		return -1;
	if (t->secret || (t->fetch && t->fd < 0))
		return pack_memory(t, b);
	return t->compressed ? 0 : pack_into(t, b, -1, &err);
}

void task_run(struct task *t, struct bench *b)
{
	t->fd = -1;
	if (atomic_load(t->cancel)) {
		t->rc = fail_set(&t->fail, FAIL_CANCELLED, "interrupted");
		return;
	}
	if (t->fetch && t->known && t->spool) {
		t->fd = spool_open(t->spool, &t->sum, true);
		t->spooled = t->fd >= 0;
		if (t->spooled)
			return;
	}
	if (t->blob->source == BLOB_REMOTE) {
		t->rc = fail_set(&t->fail, FAIL_LOCAL, "a content to be packed is not on this machine");
		return;
	}
	t->rc = t->blob->size > GZIP_WHOLE_MOST ? pack_stream(t, b) : pack_whole(t, b);
}
