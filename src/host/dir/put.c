/* put: writing what no kept release could give. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "host/dir/copy.h"
#include "host/dir/lock.h"
#include "host/dir/work.h"

#define SMALL ((size_t)64 * 1024)

struct put_call {
	struct place *p;
	struct staging *st;
	size_t *entries;
	size_t count;
	struct stage_stats *stats;
	atomic_ullong files, bytes;
};

/* One part's hands. */
struct writer {
	const struct put_call *call;
	const struct spot *s;
	struct op *op;
	struct cursor to;
	char *small;            /* SMALL bytes, when first needed */
};

static int changed(struct fail *f, const struct entry *e)
{
	struct strbuf shown = STRBUF_INIT;

	strbuf_addescaped(&shown, e->path, strlen(e->path));
	fail_set(f, FAIL_BUILD, "%s changed while it was read", shown.buf);
	strbuf_clear(&shown);
	return fail_hint(f, "let the build finish, then deploy again");
}

static int write_error(struct fail *f, const struct entry *e)
{
	if (errno == ECANCELED)
		return fail_set(f, FAIL_CANCELLED, "interrupted");
	if (errno == ESTALE || errno == EBADMSG)
		return changed(f, e);
	return dir_errno(f, errno, "write", e->path);
}

static int write_bytes(int fd, const struct entry *e, const void *data, size_t len, struct fail *f)
{
	return file_write_all(fd, data, len) < 0 ? write_error(f, e) : 0;
}

/* The file it was hashed from: unchanged before (blob_open) and after (blob_check). */
static int write_file(struct writer *w, int fd, const struct entry *e, struct fail *f)
{
	const struct blob *b = e->blob;
	int from = blob_open(b, f), rc = 0;

	if (from < 0)
		return -1;
	if (b->size > SMALL) {
		rc = copy_file(w->call->st, from, fd, b->size, w->op) < 0 ? write_error(f, e) : 0;
	} else {
		ssize_t n;

		if (!w->small)
			w->small = xmalloc(SMALL);
		n = file_read_full(from, w->small, b->size);
		if (n < 0)
			rc = dir_errno(f, errno, "read", b->path);
		else
			rc = (uint64_t)n < b->size ? changed(f, e) : write_bytes(fd, e, w->small, (size_t)n, f);
	}
	if (rc == 0)
		rc = blob_check(b, from, f);
	close(from);
	return rc;
}

/* A content that only a kept release of this place has. */
static int write_kept(struct writer *w, int fd, const struct entry *e, const struct pick *p, struct fail *f)
{
	int tree = -1, from = -1, rc;

	if (!p->source)
		return fail_set(f, FAIL_MISSING, "the content of %s is nowhere to be had", e->path);
	tree = openat(w->s->releases, w->call->st->sources[p->source - 1], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (tree >= 0)
		from = dir_open_beneath(tree, e->path, O_RDONLY | O_NONBLOCK);
	if (from < 0)
		rc = dir_errno(f, errno, "open the kept", e->path);
	else if (copy_checked(from, fd, e->blob->size, e->blob->sha256, w->op) == 0)
		rc = 0;
	else if (errno == EBADMSG || errno == ESTALE)
		rc = fail_set(f, FAIL_CORRUPT, "the kept %s no longer has the content it was released with", e->path);
	else
		rc = write_error(f, e);
	if (from >= 0)
		close(from);
	if (tree >= 0)
		close(tree);
	return rc;
}

static int write_content(struct writer *w, int fd, const struct entry *e, const struct pick *p, struct fail *f)
{
	struct session *session = w->call->p->session;
	const void *data;
	int rc = 0;

	if (e->blob->source == BLOB_MEMORY)
		return write_bytes(fd, e, e->blob->data, e->blob->size, f);
	if (e->blob->source == BLOB_REMOTE)
		return write_kept(w, fd, e, p, f);
	if (session->places > 1)
		rc = cache_get(session->cache, e->blob, &data, f);
	if (rc < 0)
		return -1;
	return rc ? write_bytes(fd, e, data, e->blob->size, f) : write_file(w, fd, e, f);
}

/* Always a new inode: a file that an earlier try left is removed, never written into. */
static int create(struct writer *w, const struct entry *e, struct fail *f)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	const char *name;
	int dir = cursor_at(&w->to, e->path, &name), fd;

	if (dir < 0)
		return dir_errno(f, errno, "open the directory of", e->path);
	fd = openat(dir, name, flags, 0444);
	if (fd < 0 && errno == EEXIST && unlinkat(dir, name, 0) == 0)
		fd = openat(dir, name, flags, 0444);
	if (fd < 0)
		dir_errno(f, errno, "write", e->path);
	return fd;
}

static int write_one(struct writer *w, const struct entry *e, struct pick *p, struct fail *f)
{
	const struct staging *st = w->call->st;
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = p->mtime_s } };
	int fd = create(w, e, f), rc;

	if (fd < 0)
		return -1;
	rc = write_content(w, fd, e, p, f);
	if (rc == 0 && ((st->fix_modes && fchmod(fd, 0444) < 0) || futimens(fd, times) < 0 || (st->full && fsync(fd) < 0)))
		rc = dir_errno(f, errno, "write", e->path);
	if (close(fd) < 0 && rc == 0)
		rc = dir_errno(f, errno, "write", e->path);
	if (rc == 0)
		p->state = PICK_WRITTEN;
	return rc;
}

static int put_entries(struct writer *w, size_t from, size_t to, struct put_call *c, struct fail *f)
{
	uint64_t files = 0, bytes = 0;
	int rc = 0;

	for (size_t i = from; rc == 0 && i < to; i++) {
		size_t n = c->entries[i];
		const struct entry *e = &c->st->want->entries[n];

		if (c->st->picks[n].state != PICK_MISSING)
			continue;
		rc = write_one(w, e, &c->st->picks[n], f);
		if (rc == 0) {
			files++;
			bytes += e->blob->size;
			rc = dir_cancelled(w->op, f);
		}
	}
	atomic_fetch_add(&c->files, files);
	atomic_fetch_add(&c->bytes, bytes);
	return rc;
}

static int put_part(void *arg, size_t from, size_t to, struct op *op, struct fail *f)
{
	struct put_call *c = arg;
	struct writer *w = xcalloc(1, sizeof *w);
	struct spot s;
	int rc = spot_open(&s, c->p, SPOT_READ, f), tree = -1;

	*w = (struct writer){ .call = c, .s = &s, .op = op };
	if (rc == 0) {
		tree = openat(s.releases, c->st->partial, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		rc = tree < 0 ? dir_errno(f, errno, "open", c->st->partial) : 0;
	}
	cursor_init(&w->to, tree);
	if (rc == 0)
		rc = put_entries(w, from, to, c, f);
	cursor_clear(&w->to);
	if (tree >= 0)
		close(tree);
	spot_close(&s);
	free(w->small);
	free(w);
	return rc;
}

static int put_prepare(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct put_call *c = arg;
	struct spot s;
	int rc;

	(void)op;
	if (!c->st)
		return fail_set(f, FAIL_LOCAL, "nothing was begun here");
	if (c->st->sealed)
		return 0;
	*count = c->count;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0)
		rc = lock_ours(c->p, &s, f);
	spot_close(&s);
	return rc;
}

static void put_end(void *arg, int rc)
{
	struct put_call *c = arg;

	(void)rc;
	if (c->stats) {
		c->stats->sent_files += atomic_load(&c->files);
		c->stats->sent_bytes += atomic_load(&c->bytes);
	}
	free(c->entries);
	free(c);
}

void dir_put(struct place *p, const size_t *entries, size_t count, struct stage_stats *stats, struct op *op)
{
	static const struct work_kind kind = { .stage = "stage", .prepare = put_prepare, .part = put_part, .end = put_end };
	struct put_call *c = xcalloc(1, sizeof *c);

	c->p = p;
	c->st = p->staging;
	c->count = count;
	c->stats = stats;
	c->entries = xmalloc(count ? count * sizeof *entries : 1);
	if (count)
		memcpy(c->entries, entries, count * sizeof *entries);
	work_start(p->session, op, &kind, c);
}
