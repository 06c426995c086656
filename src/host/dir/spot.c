/* spot: finding and opening what a place consists of. */
#include "host/dir/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/digest.h"
#include "base/file.h"
#include "base/strbuf.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

bool dir_name_ok(const char *id)
{
	size_t len = id ? strlen(id) : 0;

	return len > 0 && len <= NAME_MAX - 16 && id[0] != '.' && !strchr(id, '/');
}

int dir_errno(struct fail *f, int err, const char *verb, const char *path)
{
	struct strbuf shown = STRBUF_INIT;

	strbuf_addescaped(&shown, path, strlen(path));
	fail_errno(f, err, "cannot %s %s", verb, shown.buf);
	strbuf_clear(&shown);
	if (err == ENOSPC || err == EDQUOT)
		fail_hint(f, "make room (slipway prune frees releases that are no longer needed), then run this again");
	else if (err == EMFILE || err == ENFILE)
		fail_hint(f, "raise the limit of open files (ulimit -n)");
	return -1;
}

void dir_random(char out[33])
{
	uint8_t bytes[16];

	/* 16 bytes are never cut short, and the pool is ready long before any deploy. */
	while (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		;
	hex_encode(out, bytes, sizeof bytes);
}

int dir_cancelled(struct op *op, struct fail *f)
{
	if (!atomic_load_explicit(&op->cancel, memory_order_relaxed))
		return 0;
	return fail_set(f, FAIL_CANCELLED, "interrupted");
}

static int open_by_parts(int fd, const char *path, int flags)
{
	int at = fd, next, err;
	char part[NAME_MAX + 1];

	for (;;) {
		size_t len = strcspn(path, "/");
		bool last = path[len] == '\0';

		if (len > NAME_MAX) {
			next = -1;
			errno = ENAMETOOLONG;
		} else {
			memcpy(part, path, len);
			part[len] = '\0';
			next = openat(at, part, (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
		}
		err = errno;
		if (at != fd)
			close(at);
		errno = err;
		if (next < 0 || last)
			return next;
		at = next;
		path += len + 1;
	}
}

int dir_open_beneath(int fd, const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long got = syscall(SYS_openat2, fd, path, &how, sizeof how);

	if (got < 0 && (errno == ENOSYS || errno == EPERM))
		return open_by_parts(fd, path, flags);
	return (int)got;
}

void spot_close(struct spot *s)
{
	int *const fds[] = { &s->root, &s->state, &s->releases, &s->live_dir };

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* Cuts an absolute path into directory and name. */
static const char *parent_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == path ? 1 : (size_t)(slash - path);

	memcpy(out, path, len);
	out[len] = '\0';
	return slash + 1;
}

static int no_parent(struct fail *f, int err, const char *what, const char *dir)
{
	dir_errno(f, err, "open", dir);
	fail_wrap(f, "%s", what);
	if (err == ENOENT)
		fail_hint(f, "the first deploy creates the last directory only: create its parent, or correct the path");
	return -1;
}

static int open_root(struct spot *s, const struct place *p, enum spot_mode mode, struct fail *f)
{
	char parent[PATH_MAX];
	const char *name;
	int fd;

	s->root = open(p->root, DIR_FLAGS);
	if (s->root >= 0)
		return 0;
	if (errno != ENOENT)
		return dir_errno(f, errno, "open the root", p->root);
	name = parent_of(p->root, parent);
	if (p->inside && mode == SPOT_CREATE && file_mkdirs(AT_FDCWD, parent, 0755, f) < 0)
		return -1;
	fd = open(parent, DIR_FLAGS);
	if (fd < 0 && errno == ENOENT && p->inside)
		return 0;
	if (fd < 0)
		return no_parent(f, errno, "the root's parent is missing", parent);
	if (mode == SPOT_CREATE && file_mkdirs(fd, name, 0755, f) < 0) {
		fail_wrap(f, "root %s", p->root);
	} else if (mode == SPOT_CREATE) {
		s->root = openat(fd, name, DIR_FLAGS);
		if (s->root < 0)
			dir_errno(f, errno, "open the root", p->root);
	}
	close(fd);
	return mode == SPOT_CREATE && s->root < 0 ? -1 : 0;
}

/* -1 stays in *out when the directory is absent and not to be made. */
static int open_below(int *out, int root, const char *name, enum spot_mode mode, struct fail *f)
{
	if (root < 0)
		return 0;
	*out = openat(root, name, DIR_FLAGS | O_NOFOLLOW);
	if (*out < 0 && errno == ENOENT && mode == SPOT_CREATE) {
		if (file_mkdirs(root, name, 0755, f) < 0)
			return -1;
		*out = openat(root, name, DIR_FLAGS | O_NOFOLLOW);
	}
	if (*out < 0 && (errno != ENOENT || mode == SPOT_CREATE))
		return dir_errno(f, errno, "open", name);
	return 0;
}

static int open_live_dir(struct spot *s, const struct place *p, enum spot_mode mode, struct fail *f)
{
	char dir[PATH_MAX];

	s->live_name = parent_of(p->live, dir);
	if (s->root < 0 && strcmp(dir, p->root) == 0)
		return 0;
	if (p->live_inside && mode == SPOT_CREATE && file_mkdirs(AT_FDCWD, dir, 0755, f) < 0)
		return -1;
	s->live_dir = open(dir, DIR_FLAGS);
	if (s->live_dir < 0 && errno == ENOENT && p->live_inside)
		return 0;
	return s->live_dir < 0 ? no_parent(f, errno, "the live link's directory is missing", dir) : 0;
}

int spot_open(struct spot *s, const struct place *p, enum spot_mode mode, struct fail *f)
{
	*s = (struct spot){ .root = -1, .state = -1, .releases = -1, .live_dir = -1 };
	if (open_root(s, p, mode, f) < 0 || open_live_dir(s, p, mode, f) < 0 ||
	    open_below(&s->state, s->root, ".slipway", mode, f) < 0 ||
	    open_below(&s->releases, s->root, "releases", mode, f) < 0)
		return -1;
	if (mode == SPOT_CREATE) {
		int fd = -1;

		if (open_below(&fd, s->state, "releases", mode, f) < 0)
			return -1;
		close(fd);
	}
	return 0;
}
