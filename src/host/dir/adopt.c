/* adopt: today's directory becomes a release with the live link in front.
 *
 * The link is made under the release's own name, releases/ID, with the text that it needs at the live path; then one
 * RENAME_EXCHANGE swaps it with the live directory: the tree is in its place and the link in front of it at the same
 * moment, and no path ever leads nowhere. A run that died before that left a link that names itself (sweep knows it)
 * and a manifest without a tree; one that died after it is complete but for its record in the switch log, which is
 * completed from the link. A tree that a manifest cannot describe (links, devices, names against the rules) is
 * adopted without one. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "host/dir/link.h"
#include "host/dir/lock.h"
#include "host/dir/read.h"
#include "host/dir/stage.h"
#include "host/dir/walk.h"
#include "host/dir/work.h"

#define GAP_ESTIMATE_US 100     /* two renames in a row */

struct adopt_call {
	struct place *p;
	char *id, *by, *from;
	bool accept_gap, dry_run;
	struct adopt_report *out;
	struct strbuf steps;
	struct walk walk;
	struct live_link live;
	struct blob *blobs;             /* beside walk.items */
	const char *odd;                /* why there will be no manifest, or NULL */
};

static void adopt_end(void *arg, int rc)
{
	struct adopt_call *c = arg;

	(void)rc;
	strbuf_clear(&c->steps);
	free(c->id);
	free(c->by);
	free(c->from);
	free(c);
}

static void survey(struct adopt_call *c, struct arena *mem)
{
	for (size_t i = 0; i < c->walk.count; i++) {
		const struct walk_item *item = &c->walk.items[i];
		const char *problem = S_ISDIR(item->mode) ? NULL : path_problem(item->path, strlen(item->path));

		if (S_ISDIR(item->mode))
			continue;
		if (!S_ISREG(item->mode))
			problem = "is not a regular file";
		else
			c->out->bytes += item->size;
		c->out->files++;
		if (problem && !c->odd) {
			struct strbuf shown = STRBUF_INIT;

			strbuf_addescaped(&shown, item->path, strlen(item->path));
			c->odd = arena_printf(mem, "%s %s", shown.buf, problem);
			strbuf_clear(&shown);
		}
	}
}

/* A directory cannot be moved into itself. */
static bool root_is_inside(const struct place *p)
{
	char *root = realpath(p->root, NULL), *live = realpath(p->live, NULL);
	size_t len = live ? strlen(live) : 0;
	bool inside = root && live && strncmp(root, live, len) == 0 && (root[len] == '/' || root[len] == '\0');

	free(root);
	free(live);
	return inside;
}

static int check_adoptable(struct adopt_call *c, const struct spot *s, struct arena *mem, struct fail *f)
{
	struct stat live, root;

	if (link_read(&c->live, c->p, s, mem, f) < 0)
		return -1;
	if (c->live.kind == LIVE_RELEASE || c->live.kind == LIVE_OUTSIDE)
		return fail_set(f, FAIL_CONFLICT, "%s is a link already: there is nothing to adopt", c->p->live);
	if (c->live.kind != LIVE_DIRECTORY)
		return fail_set(f, FAIL_MISSING, "%s is not a directory: there is nothing to adopt", c->p->live);
	if (root_is_inside(c->p)) {
		fail_set(f, FAIL_CONFIG, "the root %s lies inside the document root %s", c->p->root, c->p->live);
		return fail_hint(f, "choose a root beside the document root, such as %s.releases", c->p->live);
	}
	if (fstatat(s->live_dir, s->live_name, &live, AT_SYMLINK_NOFOLLOW) < 0)
		return dir_errno(f, errno, "look at", c->p->live);
	if (s->root >= 0 && (fstat(s->root, &root) < 0 || root.st_dev != live.st_dev)) {
		fail_set(f, FAIL_CONFIG, "%s is not on the file system of the root %s", c->p->live, c->p->root);
		return fail_hint(f, "choose a root on the same file system: the directory is moved there by a rename");
	}
	return 0;
}

static int look(struct adopt_call *c, const struct spot *s, struct op *op, struct fail *f)
{
	int fd, rc;

	if (check_adoptable(c, s, op->mem, f) < 0)
		return -1;
	fd = openat(s->live_dir, s->live_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return dir_errno(f, errno, "open", c->p->live);
	rc = walk_tree(&c->walk, fd, op->mem, op, f);
	close(fd);
	survey(c, op->mem);
	return rc;
}

static int adopt_prepare(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct adopt_call *c = arg;
	struct spot s;
	int rc;

	if (!dir_name_ok(c->id))
		return fail_set(f, FAIL_USAGE, "%s cannot be the name of a release", c->id);
	if (c->from && strcmp(c->from, c->p->live) != 0) {
		fail_set(f, FAIL_USAGE, "only the directory at the live path %s can be adopted", c->p->live);
		return fail_hint(f, "set \"live\" to the directory that is served today");
	}
	rc = spot_open(&s, c->p, c->dry_run ? SPOT_READ : SPOT_CREATE, f);
	if (rc == 0 && !c->dry_run)
		rc = lock_ours(c->p, &s, f);
	if (rc == 0)
		rc = look(c, &s, op, f);
	spot_close(&s);
	c->blobs = arena_alloc(op->mem, (c->walk.count + 1) * sizeof *c->blobs);
	*count = c->dry_run || c->odd ? 0 : c->walk.count;
	return rc;
}

static int hash_file(int dir, const char *name, struct blob *b, struct sha256 *hash, char *block, size_t room)
{
	int fd = dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	sha256_reset(hash);
	while ((n = file_read_full(fd, block, room)) > 0) {
		sha256_update(hash, block, (size_t)n);
		b->size += (uint64_t)n;
	}
	sha256_final(hash, b->sha256);
	close(fd);
	return n < 0 ? -1 : 0;
}

static int adopt_part(void *arg, size_t from, size_t to, struct op *op, struct fail *f)
{
	struct adopt_call *c = arg;
	struct cursor *at = xmalloc(sizeof *at);
	struct sha256 *hash = sha256_new();
	const size_t room = 128 * 1024;
	char *block = xmalloc(room);
	int base = open(c->p->live, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc = base < 0 ? dir_errno(f, errno, "open", c->p->live) : 0;

	cursor_init(at, base);
	for (size_t i = from; rc == 0 && i < to; i++) {
		const struct walk_item *item = &c->walk.items[i];
		const char *name;
		int dir;

		if (!S_ISREG(item->mode))
			continue;
		dir = cursor_at(at, item->path, &name);
		if (hash_file(dir, name, &c->blobs[i], hash, block, room) < 0)
			rc = dir_errno(f, errno, "read", item->path);
		else
			rc = dir_cancelled(op, f);
	}
	cursor_clear(at);
	if (base >= 0)
		close(base);
	free(block);
	sha256_free(hash);
	free(at);
	return rc;
}

static int write_manifest(struct adopt_call *c, const struct spot *s, struct arena *mem, struct fail *f)
{
	struct entry *entries = arena_alloc(mem, (c->walk.count + 1) * sizeof *entries);
	struct strbuf text = STRBUF_INIT;
	struct tree tree;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < c->walk.count; i++)
		if (S_ISREG(c->walk.items[i].mode))
			entries[n++] = (struct entry){ .path = c->walk.items[i].path, .blob = &c->blobs[i] };
	rc = tree_init(&tree, entries, n, f);
	if (rc == 0) {
		struct release_header h = { .id = c->id, .by = c->by, .created_s = clock_wall_s(), .foreign = true,
			.target = c->p->target->name, .environment = c->p->target->environment, .files = n,
			.bytes = tree.bytes };

		memcpy(h.tree, tree.id, SHA256_SIZE);
		memcpy(h.build, tree.id, SHA256_SIZE);
		manifest_format_header(&text, &h);
		for (size_t i = 0, k = 0; i < n; i++) {
			struct manifest_entry e = { .path = entries[i].path, .size = entries[i].blob->size };

			/* Both lists are in path order; directories are in one only. */
			while (c->walk.items[k].path != entries[i].path)
				k++;
			e.mtime_s = c->walk.items[k].mtime_s;
			memcpy(e.sha256, entries[i].blob->sha256, SHA256_SIZE);
			manifest_format_entry(&text, &e);
		}
		rc = file_replace(s->state, arena_printf(mem, "releases/%s.jsonl", c->id), text.buf, text.len,
		                  c->p->durability == DURABLE_NONE ? 0 : FILE_SYNC, f);
	}
	strbuf_clear(&text);
	return rc;
}

/* Two renames: for a moment the live path leads nowhere. */
static int move_with_gap(struct adopt_call *c, const struct spot *s, const char *text, struct fail *f)
{
	char random[33], aside[64];
	int64_t began;
	int err = 0;

	dir_random(random);
	snprintf(aside, sizeof aside, ".slipway-link-%s", random);
	if (symlinkat(text, s->live_dir, aside) < 0)
		return dir_errno(f, errno, "write a link beside", c->p->live);
	unlinkat(s->releases, c->id, 0);
	began = clock_mono_ns();
	if (renameat(s->live_dir, s->live_name, s->releases, c->id) < 0)
		err = errno;
	else if (renameat(s->live_dir, aside, s->live_dir, s->live_name) < 0) {
		err = errno;
		renameat(s->releases, c->id, s->live_dir, s->live_name);
	}
	c->out->gap_us = (clock_mono_ns() - began) / 1000;
	if (err)
		unlinkat(s->live_dir, aside, 0);
	return err ? dir_errno(f, err, "move", c->p->live) : 0;
}

/* 1 done, 0 only a gap would do it and that was not accepted, -1. */
static int exchange(struct adopt_call *c, const struct spot *s, const char *text, struct fail *f)
{
	if (symlinkat(text, s->releases, c->id) < 0)
		return dir_errno(f, errno, "write the link below releases for", c->id);
	if (renameat2(s->live_dir, s->live_name, s->releases, c->id, RENAME_EXCHANGE) == 0)
		return 1;
	if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
		c->out->needs_gap = true;
		c->out->gap_us = GAP_ESTIMATE_US;
		if (c->accept_gap)
			return move_with_gap(c, s, text, f) < 0 ? -1 : 1;
		unlinkat(s->releases, c->id, 0);
		return 0;
	}
	dir_errno(f, errno, "move", c->p->live);
	unlinkat(s->releases, c->id, 0);
	return -1;
}

static int record(const struct adopt_call *c, const struct spot *s, struct arena *mem, struct fail *f)
{
	struct switch_record r = { .id = c->id, .at_s = clock_wall_s(), .by = c->by, .action = "adopt" };
	struct live_link none = { .kind = LIVE_NOTHING };
	struct switchlog log;

	if (log_read(&log, s, &none, mem, f) < 0 || log_append(s, &log, &r, f) < 0)
		return -1;
	if (c->p->durability == DURABLE_NONE)
		return 0;
	if (log_sync(s, f) < 0 || file_sync_dir(s->live_dir, ".", f) < 0)
		return -1;
	return file_sync_dir(s->releases, ".", f);
}

static int swap(struct adopt_call *c, const struct spot *s, struct op *op, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	int guard = -1, rc = link_text(&text, c->p, c->id, f);
	char manifest[PATH_MAX];

	snprintf(manifest, sizeof manifest, "releases/%s.jsonl", c->id);
	if (rc == 0 && !c->odd)
		rc = write_manifest(c, s, op->mem, f);
	if (rc == 0)
		rc = lock_guard(&guard, s, op, f);
	if (rc == 0)
		rc = lock_ours(c->p, s, f);
	if (rc == 0)
		rc = exchange(c, s, text.buf, f);
	lock_unguard(guard);
	if (rc <= 0)
		unlinkat(s->state, manifest, 0);
	else
		rc = record(c, s, op->mem, f);
	strbuf_clear(&text);
	return rc;
}

static void tell(struct adopt_call *c, struct arena *mem)
{
	struct strbuf *t = &c->steps;

	if (c->odd)
		strbuf_addf(t, "keep no manifest of it: %s\n", c->odd);
	else
		strbuf_addf(t, "hash %" PRIu64 " files and write .slipway/releases/%s.jsonl\n", c->out->files, c->id);
	if (c->out->needs_gap)
		strbuf_addf(t, "move %s to releases/%s, then put a link in its place\n", c->p->live, c->id);
	else
		strbuf_addf(t, "exchange %s with a link to releases/%s in one step\n", c->p->live, c->id);
	c->out->steps = arena_strndup(mem, t->buf, t->len);
}

static int adopt_finish(void *arg, struct op *op, struct fail *f)
{
	struct adopt_call *c = arg;
	struct spot s;
	int rc = 0;

	if (!c->dry_run) {
		rc = spot_open(&s, c->p, SPOT_READ, f);
		if (rc == 0)
			rc = swap(c, &s, op, f);
		spot_close(&s);
	}
	tell(c, op->mem);
	return rc < 0 ? -1 : 0;
}

void dir_adopt(struct place *p, const struct adopt_request *rq, struct adopt_report *out, struct op *op)
{
	static const struct work_kind kind = { .stage = "adopt", .prepare = adopt_prepare, .part = adopt_part,
		.finish = adopt_finish, .end = adopt_end };
	struct adopt_call *c = xcalloc(1, sizeof *c);

	*out = (struct adopt_report){ 0 };
	c->p = p;
	c->id = xstrdup(rq->id ? rq->id : "");
	c->by = rq->by ? xstrdup(rq->by) : NULL;
	c->from = rq->from ? xstrdup(rq->from) : NULL;
	c->accept_gap = rq->accept_gap;
	c->dry_run = rq->dry_run;
	c->out = out;
	c->steps = (struct strbuf)STRBUF_INIT;
	work_start(p->session, op, &kind, c);
}
