/* verify: a release against its manifest, byte for byte. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "host/dir/link.h"
#include "host/dir/read.h"
#include "host/dir/stage.h"
#include "host/dir/walk.h"
#include "host/dir/work.h"

#define BLOCK ((size_t)128 * 1024)

struct verify_call {
	struct place *p;
	char *id;
	struct verify_report *out;
	struct manifest m;
	struct walk walk;
	const char **content;           /* beside m.tree.entries: what is wrong with the bytes, or NULL */
	atomic_ullong files, bytes;
	struct verify_finding *findings;
	size_t count, cap;
};

static void verify_end(void *arg, int rc)
{
	struct verify_call *c = arg;

	(void)rc;
	free(c->id);
	free(c->findings);
	free(c);
}

static int load(struct verify_call *c, const struct spot *s, struct arena *mem, struct op *op, struct fail *f)
{
	struct live_link live;
	int fd, tree, rc;

	if (!c->id) {
		if (link_read(&live, c->p, s, mem, f) < 0)
			return -1;
		if (!live.id)
			return fail_set(f, FAIL_MISSING, "nothing is live here");
		c->id = xstrdup(live.id);
	}
	c->out->id = arena_strdup(mem, c->id);
	fd = read_open_manifest(s->state, c->id, f);
	if (fd < 0 && f->kind == FAIL_MISSING)
		return fail_set(f, FAIL_MISSING, "%s has no manifest to compare with: slipway did not make it", c->id);
	if (fd < 0)
		return -1;
	rc = manifest_read(&c->m, fd, c->out->id, mem, f);
	close(fd);
	if (rc < 0)
		return -1;
	tree = openat(s->releases, c->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (tree < 0)
		return dir_errno(f, errno, "open the release", c->id);
	rc = walk_tree(&c->walk, tree, mem, op, f);
	close(tree);
	return rc;
}

static int verify_prepare(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct verify_call *c = arg;
	struct spot s;
	int rc = spot_open(&s, c->p, SPOT_READ, f);

	if (rc == 0)
		rc = load(c, &s, op->mem, op, f);
	spot_close(&s);
	if (rc == 0)
		c->content = arena_alloc(op->mem, (c->m.tree.count + 1) * sizeof(char *));
	*count = c->m.tree.count;
	return rc;
}

/* NULL = the content is right. An absent file is for the comparison of names to report. */
static const char *check_content(struct verify_call *c, int dir, const char *name, const struct blob *want, char *block,
                                 struct sha256 *hash)
{
	uint8_t got[SHA256_SIZE];
	uint64_t size = 0;
	ssize_t n;
	int fd = dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? NULL : "cannot be read";
	sha256_reset(hash);
	while ((n = file_read_full(fd, block, BLOCK)) > 0 && !(size > want->size)) {
		sha256_update(hash, block, (size_t)n);
		size += (uint64_t)n;
	}
	close(fd);
	sha256_final(hash, got);
	atomic_fetch_add(&c->files, 1);
	atomic_fetch_add(&c->bytes, size);
	if (n < 0)
		return "cannot be read";
	return size == want->size && memcmp(got, want->sha256, SHA256_SIZE) == 0 ? NULL : "content differs";
}

static int verify_part(void *arg, size_t from, size_t to, struct op *op, struct fail *f)
{
	struct verify_call *c = arg;
	struct cursor *at = xmalloc(sizeof *at);
	struct sha256 *hash = sha256_new();
	char *block = xmalloc(BLOCK);
	struct spot s;
	int rc = spot_open(&s, c->p, SPOT_READ, f), tree = -1;

	if (rc == 0) {
		tree = openat(s.releases, c->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		rc = tree < 0 ? dir_errno(f, errno, "open the release", c->id) : 0;
	}
	cursor_init(at, tree);
	for (size_t i = from; rc == 0 && i < to; i++) {
		const struct entry *e = &c->m.tree.entries[i];
		const char *name;
		int dir = cursor_at(at, e->path, &name);

		c->content[i] = check_content(c, dir, name, e->blob, block, hash);
		rc = dir_cancelled(op, f);
	}
	cursor_clear(at);
	if (tree >= 0)
		close(tree);
	spot_close(&s);
	free(block);
	sha256_free(hash);
	free(at);
	return rc;
}

static void find(struct verify_call *c, const char *path, const char *what)
{
	c->findings = vec_grow(c->findings, &c->cap, c->count + 1, sizeof *c->findings);
	c->findings[c->count++] = (struct verify_finding){ .path = path, .what = what };
}

/* Foreign releases keep the modes that they came with. */
static void compare_file(struct verify_call *c, size_t i, const struct walk_item *item)
{
	const char *path = c->m.tree.entries[i].path;

	if (!S_ISREG(item->mode)) {
		find(c, path, "is not a regular file");
		return;
	}
	if (c->content[i])
		find(c, path, c->content[i]);
	if (item->mtime_s != c->m.mtimes[i])
		find(c, path, "mtime differs");
	if (!c->m.header.foreign && (item->mode & 07777) != 0444)
		find(c, path, "mode");
}

/* Is the directory a parent of an entry? Entries below it sort right behind "dir/". */
static bool holds_entry(const struct tree *t, const char *dir)
{
	size_t len = strlen(dir), low = 0, high = t->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strncmp(t->entries[mid].path, dir, len);

		if (order == 0)
			order = (unsigned char)t->entries[mid].path[len] < '/' ? -1 : t->entries[mid].path[len] > '/';
		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static int verify_finish(void *arg, struct op *op, struct fail *f)
{
	struct verify_call *c = arg;
	const struct tree *t = &c->m.tree;
	size_t i = 0, w = 0;

	(void)f;
	while (i < t->count || w < c->walk.count) {
		const struct walk_item *item = w < c->walk.count ? &c->walk.items[w] : NULL;
		int order = !item ? -1 : i == t->count ? 1 : strcmp(t->entries[i].path, item->path);

		if (order < 0)
			find(c, t->entries[i].path, "missing");
		else if (order == 0)
			compare_file(c, i, item);
		else if (!S_ISDIR(item->mode) || !holds_entry(t, item->path))
			find(c, item->path, "extra");
		else if (!c->m.header.foreign && (item->mode & 0777) != 0755)
			find(c, item->path, "mode");
		i += order <= 0;
		w += order >= 0;
	}
	c->out->files = atomic_load(&c->files);
	c->out->bytes = atomic_load(&c->bytes);
	c->out->findings = c->count ? arena_memdup(op->mem, c->findings, c->count * sizeof *c->findings) : NULL;
	c->out->count = c->count;
	return 0;
}

void dir_verify(struct place *p, const char *id, struct verify_report *out, struct op *op)
{
	static const struct work_kind kind = { .stage = "verify", .prepare = verify_prepare, .part = verify_part,
		.finish = verify_finish, .end = verify_end };
	struct verify_call *c = xcalloc(1, sizeof *c);

	*out = (struct verify_report){ 0 };
	c->p = p;
	c->id = id ? xstrdup(id) : NULL;
	c->out = out;
	work_start(p->session, op, &kind, c);
}
