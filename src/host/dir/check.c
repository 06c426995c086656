/* check: whether a deploy could work here, by looking and, inside .slipway, by trying. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/clock.h"
#include "host/dir/link.h"
#include "host/dir/work.h"

#define LOW_BYTES ((uint64_t)64 * 1024 * 1024)
#define LOW_INODES 1000
#define CLOCK_SKEW_S 5
#define MAX_FINDINGS 16

struct check_call {
	struct place *p;
	struct check_report *out;
	struct arena *mem;
};

static void say(struct check_call *c, bool ok, const char *what, const char *hint)
{
	c->out->items[c->out->count++] = (struct check_finding){ .ok = ok, .what = what, .hint = ok ? NULL : hint };
}

static void check_rights(struct check_call *c, int dir, const char *role, const char *path)
{
	bool ok = faccessat(dir, ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0;

	say(c, ok, arena_printf(c->mem, ok ? "%s %s can be written" : "%s %s cannot be written", role, path),
	    "give the deploying user the right to write there");
}

static void check_space(struct check_call *c, int dir)
{
	struct statvfs v;
	uint64_t bytes;
	bool inodes_low;

	if (fstatvfs(dir, &v) < 0)
		return;
	bytes = (uint64_t)v.f_bavail * v.f_frsize;
	inodes_low = v.f_files > 0 && v.f_favail < LOW_INODES;
	say(c, bytes >= LOW_BYTES && !inodes_low,
	    arena_printf(c->mem, "%" PRIu64 " MiB%s are free", bytes >> 20, inodes_low ? " but hardly any inodes" : ""),
	    "make room; slipway prune frees releases that are no longer needed");
}

static void check_live(struct check_call *c, const struct spot *s)
{
	struct fail f = FAIL_INIT;
	struct live_link live;
	struct stat a, b;

	if (link_read(&live, c->p, s, c->mem, &f) < 0) {
		say(c, false, arena_strdup(c->mem, f.text), NULL);
		return;
	}
	if (live.kind == LIVE_DIRECTORY || live.kind == LIVE_ODD)
		say(c, false, arena_printf(c->mem, "%s is no link", c->p->live),
		    arena_printf(c->mem, "slipway adopt %s", c->p->target->name));
	if (s->root >= 0 && s->live_dir >= 0 && fstat(s->root, &a) == 0 && fstat(s->live_dir, &b) == 0)
		say(c, a.st_dev == b.st_dev, a.st_dev == b.st_dev ? "root and live link are on one file system"
		                                                  : "root and live link are on different file systems",
		    "put root on the file system of the live link");
}

/* Links and renames inside .slipway; the file's time against our clock tells a file server whose clock is off. */
static void try_links(struct check_call *c, const struct spot *s)
{
	char random[33], a[64], b[64];
	struct stat st = { 0 };
	bool linked, renamed;
	struct fail f = FAIL_INIT;
	int64_t skew;
	int fd;

	dir_random(random);
	snprintf(a, sizeof a, ".check-%s-a", random);
	snprintf(b, sizeof b, ".check-%s-b", random);
	fd = openat(s->state, a, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0) {
		dir_errno(&f, errno, "create a file in", ".slipway");
		say(c, false, arena_strdup(c->mem, f.text), "give the deploying user the right to write there");
		return;
	}
	fstat(fd, &st);
	close(fd);
	linked = linkat(s->state, a, s->state, b, 0) == 0;
	say(c, linked, linked ? "hard links work" : "there are no hard links here",
	    "every release will be a full copy; use another file system");
	unlinkat(s->state, b, 0);
	renamed = symlinkat(a, s->state, b) == 0 && renameat(s->state, b, s->state, a) == 0;
	say(c, renamed, renamed ? "a link is switched by one rename" : "a link cannot be renamed over another name",
	    "use a file system with symbolic links");
	unlinkat(s->state, a, 0);
	unlinkat(s->state, b, 0);
	skew = st.st_mtim.tv_sec - clock_wall_s();
	say(c, skew <= CLOCK_SKEW_S && skew >= -CLOCK_SKEW_S,
	    arena_printf(c->mem, "the file system's clock is %" PRId64 " s from ours", skew), "set the clocks (NTP)");
}

static void check_names(struct check_call *c, const struct spot *s)
{
	struct stat a, b;
	bool folds = fstat(s->state, &a) == 0 && fstatat(s->root, ".SLIPWAY", &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	             a.st_ino == b.st_ino;

	say(c, true, folds ? "names differ in more than case" : "names are case-sensitive", NULL);
}

static int check_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct check_call *c = arg;
	struct spot s;
	int rc;

	(void)count;
	c->mem = op->mem;
	c->out->items = arena_alloc(op->mem, MAX_FINDINGS * sizeof *c->out->items);
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc < 0) {
		say(c, false, arena_strdup(op->mem, f->text), arena_strdup(op->mem, f->hint));
	} else if (s.root < 0) {
		say(c, true, arena_printf(op->mem, "root %s is not there yet; the first deploy makes it", c->p->root), NULL);
	} else {
		check_rights(c, s.root, "root", c->p->root);
		check_space(c, s.root);
	}
	if (rc == 0 && s.live_dir >= 0) {
		check_rights(c, s.live_dir, "the directory of", c->p->live);
		check_live(c, &s);
	}
	if (rc == 0 && s.state >= 0) {
		try_links(c, &s);
		check_names(c, &s);
	}
	spot_close(&s);
	return 0;
}

void dir_check(struct place *p, struct check_report *out, struct op *op)
{
	static const struct work_kind kind = { .stage = "check", .prepare = check_run };
	struct check_call *c = xcalloc(1, sizeof *c);

	*out = (struct check_report){ 0 };
	c->p = p;
	c->out = out;
	work_start(p->session, op, &kind, c);
}
