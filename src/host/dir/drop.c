/* drop: removing releases, and what dead runs left behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "host/dir/link.h"
#include "host/dir/lock.h"
#include "host/dir/read.h"
#include "host/dir/stage.h"
#include "host/dir/walk.h"
#include "host/dir/work.h"

/* Names that a waiting process may be using right now are left alone for this long. */
#define STRAY_AGE_S 600

struct drop_call {
	struct place *p;
	char *id;
	uint64_t *freed;
};

static void drop_end(void *arg, int rc)
{
	struct drop_call *c = arg;

	(void)rc;
	free(c->id);
	free(c);
}

static void start(struct place *p, const char *id, uint64_t *freed, const struct work_kind *kind, struct op *op)
{
	struct drop_call *c = xcalloc(1, sizeof *c);

	c->p = p;
	c->id = id ? xstrdup(id) : NULL;
	c->freed = freed;
	work_start(p->session, op, kind, c);
}

/* What goes away with the tree: files that no other release links. */
static uint64_t weigh(const struct spot *s, const char *name, struct op *op)
{
	struct arena mem = ARENA_INIT;
	struct fail ignored = FAIL_INIT;
	struct walk w = { 0 };
	uint64_t sum = 0;
	int fd = openat(s->releases, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (walk_tree(&w, fd, &mem, op, &ignored) == 0)
		for (size_t i = 0; i < w.count; i++)
			if (S_ISREG(w.items[i].mode) && w.items[i].links == 1)
				sum += w.items[i].size;
	close(fd);
	arena_clear(&mem);
	return sum;
}

static int forget_manifest(const struct spot *s, const char *id, struct fail *f)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "releases/%s.jsonl", id);
	if (unlinkat(s->state, path, 0) < 0 && errno != ENOENT)
		return dir_errno(f, errno, "remove", path);
	return 0;
}

/* Renamed first, then the manifest, then the tree: at no moment is there half a release under its name, nor a whole
 * tree that looks foreign because its manifest is gone. */
static int unname(const struct drop_call *c, const struct spot *s, const char *dead, struct arena *mem, struct fail *f)
{
	struct live_link live;

	if (lock_ours(c->p, s, f) < 0 || link_read(&live, c->p, s, mem, f) < 0)
		return -1;
	if (live.id && strcmp(live.id, c->id) == 0)
		return fail_set(f, FAIL_CONFLICT, "release %s is live and stays", c->id);
	if (file_remove_tree(s->releases, dead, f) < 0)
		return -1;
	if (renameat(s->releases, c->id, s->releases, dead) == 0 || errno == ENOENT)
		return forget_manifest(s, c->id, f);
	if (errno != ENOSPC && errno != EDQUOT)
		return dir_errno(f, errno, "remove", c->id);
	/* Not even a longer name fits on the disk: then the place as it is must do. */
	return forget_manifest(s, c->id, f) < 0 ? -1 : file_remove_tree(s->releases, c->id, f);
}

static int drop_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct drop_call *c = arg;
	char dead[NAME_MAX + 1];
	struct spot s;
	int guard = -1, rc;

	(void)count;
	if (!dir_name_ok(c->id))
		return fail_set(f, FAIL_USAGE, "%s does not lie below releases/ and is not ours to remove", c->id);
	snprintf(dead, sizeof dead, ".%s.dead", c->id);
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0 && s.releases < 0)
		rc = fail_set(f, FAIL_MISSING, "there are no releases here");
	if (rc == 0) {
		*c->freed = weigh(&s, c->id, op);
		rc = lock_guard(&guard, &s, op, f);
	}
	if (rc == 0)
		rc = unname(c, &s, dead, op->mem, f);
	lock_unguard(guard);
	if (rc == 0)
		rc = file_remove_tree(s.releases, dead, f);
	spot_close(&s);
	return rc;
}

void dir_drop(struct place *p, const char *id, uint64_t *freed_bytes, struct op *op)
{
	static const struct work_kind kind = { .stage = "prune", .prepare = drop_run, .end = drop_end };

	*freed_bytes = 0;
	start(p, id, freed_bytes, &kind, op);
}

static int abandon_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	const struct drop_call *c = arg;
	char partial[NAME_MAX + 1];
	struct spot s;
	int rc;

	(void)count;
	(void)op;
	if (!dir_name_ok(c->id))
		return fail_set(f, FAIL_USAGE, "%s cannot be the name of a release", c->id);
	snprintf(partial, sizeof partial, ".%s.partial", c->id);
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0 && s.releases >= 0) {
		rc = lock_ours(c->p, &s, f);
		if (rc == 0)
			rc = file_remove_tree(s.releases, partial, f);
	}
	spot_close(&s);
	return rc;
}

void dir_abandon(struct place *p, const char *id, struct op *op)
{
	static const struct work_kind kind = { .stage = "stage", .prepare = abandon_run, .end = drop_end };

	staging_free(p->staging);
	p->staging = NULL;
	start(p, id, NULL, &kind, op);
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n > m && strcmp(s + n - m, with) == 0;
}

static bool old(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && clock_wall_s() - st.st_mtim.tv_sec > STRAY_AGE_S;
}

/* What an interrupted adopt leaves: a symbolic link that names itself, waiting to be exchanged with the live
 * directory. */
static bool is_placeholder(const struct spot *s, const char *name)
{
	char text[PATH_MAX], own[NAME_MAX + 16];
	ssize_t n = name[0] == '.' ? -1 : readlinkat(s->releases, name, text, sizeof text - 1);

	if (n < 0)
		return false;
	text[n] = '\0';
	snprintf(own, sizeof own, "releases/%s", name);
	return strcmp(text, own) == 0 || ends(text, own);
}

/* Staged trees and half-removed ones. */
static int sweep_releases(const struct drop_call *c, const struct spot *s, struct op *op, struct fail *f)
{
	struct name_list names;
	char keep[NAME_MAX + 1] = "";

	if (c->id)
		snprintf(keep, sizeof keep, ".%s.partial", c->id);
	if (read_names(&names, s->releases, op->mem, f) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		const char *n = names.names[i];
		bool scrap = ends(n, ".partial") || ends(n, ".dead") || begins(n, ".probe-");

		if (n[0] == '.' ? !scrap || strcmp(n, keep) == 0 : !is_placeholder(s, n))
			continue;
		if (dir_cancelled(op, f) < 0 || file_remove_tree(s->releases, n, f) < 0)
			return -1;
	}
	return 0;
}

/* Manifests without a tree, and files that were being written. */
static int sweep_manifests(const struct drop_call *c, const struct spot *s, struct op *op, struct fail *f)
{
	int dir = openat(s->state, "releases", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct name_list names;
	int rc = read_names(&names, dir, op->mem, f);

	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		const char *n = names.names[i];
		char id[NAME_MAX + 1];
		struct stat st;

		snprintf(id, sizeof id, "%s", n);
		if (ends(n, ".jsonl"))
			id[strlen(n) - strlen(".jsonl")] = '\0';
		else if (!begins(n, ".slipway-"))
			continue;
		if (n[0] != '.' && ((c->id && strcmp(id, c->id) == 0) || read_is_dir(s->releases, id, &st)))
			continue;
		if (unlinkat(dir, n, 0) < 0 && errno != ENOENT)
			rc = dir_errno(f, errno, "remove", n);
	}
	if (dir >= 0)
		close(dir);
	return rc;
}

static int sweep_strays(int dir, struct arena *mem, struct fail *f)
{
	struct name_list names;
	int rc = read_names(&names, dir, mem, f);

	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		const char *n = names.names[i];

		if (!begins(n, ".lock-") && !begins(n, ".slipway-") && !begins(n, ".check-"))
			continue;
		if (old(dir, n) && unlinkat(dir, n, 0) < 0 && errno != ENOENT)
			rc = dir_errno(f, errno, "remove", n);
	}
	return rc;
}

static int sweep_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	const struct drop_call *c = arg;
	struct spot s;
	int rc;

	(void)count;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0 && s.state >= 0) {
		if (lock_ours(c->p, &s, f) < 0 || sweep_releases(c, &s, op, f) < 0 || sweep_manifests(c, &s, op, f) < 0 ||
		    sweep_strays(s.state, op->mem, f) < 0 || sweep_strays(s.live_dir, op->mem, f) < 0)
			rc = -1;
	}
	spot_close(&s);
	return rc;
}

void dir_sweep(struct place *p, const char *keep_id, struct op *op)
{
	static const struct work_kind kind = { .stage = "prune", .prepare = sweep_run, .end = drop_end };

	start(p, keep_id, NULL, &kind, op);
}
