#include "host/dir/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "host/dir/lock.h"
#include "host/dir/read.h"
#include "host/dir/work.h"
#include "release/release_id.h"

void staging_free(struct staging *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->source_count; i++)
		free(st->sources[i]);
	free(st->sources);
	free(st->picks);
	free(st->id);
	free(st->partial);
	free(st);
}

struct begin_call {
	struct place *p;
	struct begin_request rq;
	struct missing *out;
};

static struct staging *staging_new(const struct place *p, const struct begin_request *rq)
{
	struct staging *st = xcalloc(1, sizeof *st);
	struct strbuf partial = STRBUF_INIT;
	int64_t t = release_id_time(rq->id);

	strbuf_addf(&partial, ".%s.partial", rq->id);
	st->id = xstrdup(rq->id);
	st->partial = strbuf_detach(&partial);
	st->want = rq->want;
	st->header = rq->header;
	st->fresh = rq->fresh;
	st->full = rq->full_durability || p->durability == DURABLE_FULL;
	st->mtime_s = t >= 0 ? t : rq->header->created_s;
	st->picks = xcalloc(rq->want->count + 1, sizeof *st->picks);
	for (size_t i = 0; i < rq->want->count; i++)
		st->picks[i].mtime_s = st->mtime_s;
	return st;
}

/* 1 when the release lies there sealed with this very tree, 0 when it does not lie there. */
static int sealed_already(const struct staging *st, const struct spot *s, struct op *op, struct fail *f)
{
	struct manifest_reader *r = NULL;
	struct release_header h;
	struct stat dir;
	int fd, rc;

	if (!read_is_dir(s->releases, st->id, &dir))
		return 0;
	fd = read_open_manifest(s->state, st->id, f);
	rc = fd < 0 ? -1 : manifest_open(&r, fd, st->id, f);
	if (rc == 0)
		rc = manifest_header(r, &h, op->mem, f);
	if (rc == 0 && memcmp(h.tree, st->want->id, SHA256_SIZE) == 0)
		rc = 1;
	else if (rc == 0)
		rc = fail_set(f, FAIL_CONFLICT, "release %s exists already, with other content", st->id);
	manifest_close(r);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* A umask, a default ACL or a mount option may give files another mode than they are created with: one file tells. */
static int learn_modes(struct staging *st, const struct spot *s, struct fail *f)
{
	char random[33], name[48];
	struct stat sb = { 0 };
	int fd, err = 0;

	dir_random(random);
	snprintf(name, sizeof name, ".probe-%s", random);
	fd = openat(s->releases, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0 || fstat(fd, &sb) < 0)
		err = errno;
	if (fd >= 0) {
		close(fd);
		unlinkat(s->releases, name, 0);
	}
	if (err)
		return dir_errno(f, err, "write into", "releases");
	st->fix_modes = (sb.st_mode & 07777) != 0444;
	return 0;
}

static int open_tree(const struct spot *s, const struct staging *st, struct fail *f)
{
	int fd = openat(s->releases, st->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		dir_errno(f, errno, "open", st->partial);
	return fd;
}

static int begin_tree(struct staging *st, const struct spot *s, const char *live_id, struct op *op, struct fail *f)
{
	int tree, rc;

	if (file_remove_tree(s->releases, st->partial, f) < 0 || file_mkdirs(s->releases, st->partial, 0755, f) < 0 ||
	    learn_modes(st, s, f) < 0)
		return -1;
	if (!st->fresh && stage_match(st, s, live_id, op, f) < 0)
		return -1;
	tree = open_tree(s, st, f);
	if (tree < 0)
		return -1;
	rc = stage_dirs(st, tree, op, f);
	close(tree);
	return rc;
}

static int begin_prepare(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct begin_call *c = arg;
	struct staging *st = c->p->staging;
	struct spot s;
	int rc;

	if (!dir_name_ok(st->id))
		return fail_set(f, FAIL_USAGE, "%s cannot be the name of a release", st->id);
	rc = spot_open(&s, c->p, SPOT_CREATE, f);
	if (rc == 0)
		rc = lock_ours(c->p, &s, f);
	if (rc == 0)
		rc = sealed_already(st, &s, op, f);
	st->sealed = rc == 1;
	if (rc == 0)
		rc = begin_tree(st, &s, c->rq.live_id, op, f);
	if (rc == 0 && !st->fresh)
		*count = st->want->count;
	spot_close(&s);
	return rc < 0 ? -1 : 0;
}

static int begin_part(void *arg, size_t from, size_t to, struct op *op, struct fail *f)
{
	struct begin_call *c = arg;
	struct spot s;
	int rc = spot_open(&s, c->p, SPOT_READ, f);

	if (rc == 0)
		rc = stage_links(c->p->staging, &s, from, to, op, f);
	spot_close(&s);
	return rc;
}

static int begin_finish(void *arg, struct op *op, struct fail *f)
{
	struct begin_call *c = arg;
	const struct staging *st = c->p->staging;
	size_t n = 0;

	(void)f;
	for (size_t i = 0; !st->sealed && i < st->want->count; i++)
		n += st->picks[i].state == PICK_MISSING;
	c->out->entries = n ? arena_alloc(op->mem, n * sizeof *c->out->entries) : NULL;
	for (size_t i = 0; n && i < st->want->count; i++) {
		if (st->picks[i].state != PICK_MISSING)
			continue;
		c->out->entries[c->out->count++] = i;
		c->out->bytes += st->want->entries[i].blob->size;
	}
	return 0;
}

void dir_begin(struct place *p, const struct begin_request *rq, struct missing *out, struct op *op)
{
	static const struct work_kind kind = { .stage = "stage", .prepare = begin_prepare, .part = begin_part,
		.finish = begin_finish };
	struct begin_call *c = xcalloc(1, sizeof *c);

	*out = (struct missing){ 0 };
	staging_free(p->staging);
	p->staging = staging_new(p, rq);
	c->p = p;
	c->rq = *rq;
	c->out = out;
	work_start(p->session, op, &kind, c);
}

struct seal_call {
	struct place *p;
	struct staging *st;
	struct stage_stats *stats;
};

static int flush_text(int fd, struct strbuf *text, const char *name, struct fail *f)
{
	int rc = file_write_all(fd, text->buf, text->len) < 0 ? dir_errno(f, errno, "write the manifest", name) : 0;

	strbuf_setlen(text, 0);
	return rc;
}

static int write_entries(int fd, const struct staging *st, struct op *op, struct fail *f)
{
	struct release_header h = *st->header;
	struct strbuf text = STRBUF_INIT;
	int rc = 0;

	h.id = st->id;
	memcpy(h.tree, st->want->id, SHA256_SIZE);
	h.files = st->want->count;
	h.bytes = st->want->bytes;
	manifest_format_header(&text, &h);
	for (size_t i = 0; rc == 0 && i < st->want->count; i++) {
		const struct entry *from = &st->want->entries[i];
		struct manifest_entry e = { .path = from->path, .size = from->blob->size, .mtime_s = st->picks[i].mtime_s,
			.has_headers = from->headers != NULL };

		memcpy(e.sha256, from->blob->sha256, SHA256_SIZE);
		if (from->headers)
			memcpy(e.headers, from->headers, SHA256_SIZE);
		manifest_format_entry(&text, &e);
		if (text.len >= 256 * 1024)
			rc = dir_cancelled(op, f) < 0 ? -1 : flush_text(fd, &text, st->id, f);
	}
	if (rc == 0)
		rc = flush_text(fd, &text, st->id, f);
	strbuf_clear(&text);
	return rc;
}

/* Aside, then renamed: there is a whole manifest or none. */
static int write_manifest(const struct staging *st, const struct spot *s, struct op *op, struct fail *f)
{
	char random[33], aside[64], name[PATH_MAX];
	int fd, rc;

	dir_random(random);
	snprintf(aside, sizeof aside, "releases/.slipway-%s.tmp", random);
	snprintf(name, sizeof name, "releases/%s.jsonl", st->id);
	fd = openat(s->state, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return dir_errno(f, errno, "write the manifest", name);
	rc = write_entries(fd, st, op, f);
	if (rc == 0 && st->full && fsync(fd) < 0)
		rc = dir_errno(f, errno, "sync the manifest", name);
	if (close(fd) < 0 && rc == 0)
		rc = dir_errno(f, errno, "write the manifest", name);
	if (rc == 0 && renameat(s->state, aside, s->state, name) < 0)
		rc = dir_errno(f, errno, "write the manifest", name);
	if (rc < 0)
		unlinkat(s->state, aside, 0);
	return rc == 0 && st->full ? file_sync_dir(s->state, "releases", f) : rc;
}

static int check_complete(const struct staging *st, struct fail *f)
{
	size_t left = 0;

	for (size_t i = 0; i < st->want->count; i++)
		left += st->picks[i].state == PICK_MISSING;
	return left ? fail_set(f, FAIL_LOCAL, "%zu files of the release were not staged", left) : 0;
}

/* Syncs every directory of the tree, each once: entries of one directory stand together but for its subdirectories. */
static int sync_dirs(const struct staging *st, const struct spot *s, struct fail *f)
{
	char dir[PATH_MAX], last[PATH_MAX] = "";
	int tree = open_tree(s, st, f), rc = tree < 0 ? -1 : fsync(tree);

	if (tree >= 0 && rc < 0)
		dir_errno(f, errno, "sync", st->partial);
	for (size_t i = 0; rc == 0 && i < st->want->count; i++) {
		const char *path = st->want->entries[i].path;

		for (const char *slash = strchr(path, '/'); rc == 0 && slash; slash = strchr(slash + 1, '/')) {
			size_t len = (size_t)(slash - path);
			int fd;

			if (strncmp(last, path, len + 1) == 0)
				continue;
			memcpy(dir, path, len);
			dir[len] = '\0';
			fd = dir_open_beneath(tree, dir, O_RDONLY | O_DIRECTORY);
			rc = fd < 0 || fsync(fd) < 0 ? dir_errno(f, errno, "sync", dir) : 0;
			if (fd >= 0)
				close(fd);
		}
		snprintf(last, sizeof last, "%s", path);
	}
	if (tree >= 0)
		close(tree);
	return rc;
}

/* The rename makes it a release. Under the guard, so that the lock is still ours when it happens. */
static int put_in_place(const struct place *p, const struct staging *st, const struct spot *s, struct op *op,
                        struct fail *f)
{
	int guard, rc = lock_guard(&guard, s, op, f);

	if (rc < 0)
		return -1;
	rc = lock_ours(p, s, f);
	if (rc == 0 && renameat2(s->releases, st->partial, s->releases, st->id, RENAME_NOREPLACE) < 0 &&
	    ((errno != EINVAL && errno != ENOSYS) || renameat(s->releases, st->partial, s->releases, st->id) < 0))
		rc = dir_errno(f, errno, "put the release in place", st->id);
	lock_unguard(guard);
	return rc == 0 && st->full ? file_sync_dir(s->releases, ".", f) : rc;
}

static int seal_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct seal_call *c = arg;
	struct staging *st = c->st;
	struct spot s;
	int rc;

	(void)count;
	if (!st)
		return fail_set(f, FAIL_LOCAL, "nothing was begun here");
	if (st->sealed)
		return 0;
	if (check_complete(st, f) < 0)
		return -1;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0)
		rc = lock_ours(c->p, &s, f);
	if (rc == 0 && st->full)
		rc = sync_dirs(st, &s, f);
	if (rc == 0)
		rc = write_manifest(st, &s, op, f);
	if (rc == 0)
		rc = put_in_place(c->p, st, &s, op, f);
	st->sealed = rc == 0;
	spot_close(&s);
	return rc;
}

static void seal_end(void *arg, int rc)
{
	struct seal_call *c = arg;

	if (rc == 0 && c->stats)
		c->stats->linked_files += atomic_exchange(&c->st->linked, 0);
	free(c);
}

void dir_seal(struct place *p, struct stage_stats *stats, struct op *op)
{
	static const struct work_kind kind = { .stage = "seal", .prepare = seal_run, .end = seal_end };
	struct seal_call *c = xcalloc(1, sizeof *c);

	c->p = p;
	c->st = p->staging;
	c->stats = stats;
	work_start(p->session, op, &kind, c);
}
