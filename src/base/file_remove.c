/* rm -rf: a file of its own, since hostile trees (any depth, no permissions, mounts) make it the hard part of
 * file.h. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Descriptors held at once by one removal. Deeper directories are first moved up to the top one. */
#define MAX_DEPTH 24

struct removal {
	int top;                    /* the directory that is being removed */
	dev_t dev;                  /* its file system: a mount below is not ours to empty */
	unsigned long moved;        /* names given to directories that were moved up */
	int err;                    /* the first errno */
	char where[256];            /* the name it happened at */
};

static int remove_children(struct removal *r, int fd, unsigned depth);

static int give_up(struct removal *r, int err, const char *name)
{
	if (r->err == 0) {
		r->err = err;
		snprintf(r->where, sizeof r->where, "%s", name);
	}
	return -1;
}

/* Opens a directory that may deny us: the mode is widened through an O_PATH descriptor, which no link can divert. */
static int open_denied(int dirfd, const char *name)
{
	char path[64];
	int fd = -1;

	int at = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", at);
	if (chmod(path, 0700) == 0)
		fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = errno;
	close(at);
	errno = err;
	return fd;
}

static int open_dir(int dirfd, const char *name)
{
	struct stat st;

	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		fd = open_denied(dirfd, name);
	if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700)
		(void)!fchmod(fd, (st.st_mode & 07777) | 0700);
	return fd;
}

/* Moves name up under a fresh name of the top directory, to be found there by its next pass. */
static int move_up(struct removal *r, int dirfd, const char *name)
{
	char aside[48];

	for (;;) {
		snprintf(aside, sizeof aside, ".slipway-removed-%lu", r->moved++);
		if (renameat2(dirfd, name, r->top, aside, 1 /* RENAME_NOREPLACE */) == 0)
			return 0;
		if (errno == EINVAL && renameat(dirfd, name, r->top, aside) == 0)
			return 0;
		if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
			return give_up(r, errno, name);
	}
}

static int remove_dir(struct removal *r, int dirfd, const char *name, unsigned depth)
{
	struct stat st;

	int fd = open_dir(dirfd, name);
	if (fd < 0)
		return errno == ENOENT ? 0 : give_up(r, errno, name);
	if (fstat(fd, &st) < 0 || st.st_dev != r->dev) {
		close(fd);
		return give_up(r, EXDEV, name);
	}
	if (depth >= MAX_DEPTH) {
		close(fd);
		return move_up(r, dirfd, name);
	}
	if (remove_children(r, fd, depth) < 0)
		return -1;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return give_up(r, errno, name);
	return 0;
}

static int remove_entry(struct removal *r, int dirfd, const struct dirent *e, unsigned depth)
{
	if (e->d_type != DT_DIR) {
		if (unlinkat(dirfd, e->d_name, 0) == 0 || errno == ENOENT)
			return 0;
		if (errno != EISDIR && errno != EPERM)
			return give_up(r, errno, e->d_name);
	}

	struct stat st;
	int err = errno;
	if (fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : give_up(r, errno, e->d_name);
	if (!S_ISDIR(st.st_mode))
		return give_up(r, err, e->d_name);
	return remove_dir(r, dirfd, e->d_name, depth + 1);
}

/* NULL at the end and, with errno set, on an error. */
static const struct dirent *next_entry(DIR *dir)
{
	const struct dirent *e;

	do {
		errno = 0;
		e = readdir(dir);
	} while (e && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
	return e;
}

/* Empties the directory behind fd, which it closes. Passes go on until one finds nothing: readdir may skip entries
 * while others are unlinked, and directories may have been moved up into this one. */
static int remove_children(struct removal *r, int fd, unsigned depth)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *e;
	size_t seen;
	int rc = 0;

	if (!dir) {
		close(fd);
		return give_up(r, ENOMEM, "");
	}
	do {
		seen = 0;
		rewinddir(dir);
		while (rc == 0 && (e = next_entry(dir))) {
			seen++;
			rc = remove_entry(r, dirfd(dir), e, depth);
		}
		if (rc == 0 && errno)
			rc = give_up(r, errno, "");
	} while (rc == 0 && seen > 0);
	closedir(dir);
	return rc;
}

static int report(struct fail *f, const struct removal *r, const char *name)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addescaped(&text, name, strlen(name));
	if (r->where[0] && strcmp(r->where, name) != 0) {
		strbuf_addstr(&text, ": ");
		strbuf_addescaped(&text, r->where, strlen(r->where));
	}
	fail_errno(f, r->err, "cannot remove %s", text.buf);
	strbuf_clear(&text);
	return -1;
}

int file_remove_tree(int dirfd, const char *name, struct fail *f)
{
	struct removal r = { .top = -1 };
	const char *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	struct stat st;

	if (*last == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0) {
		r.err = EINVAL;
		return report(f, &r, name);
	}
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		r.err = errno;
		return r.err == ENOENT ? 0 : report(f, &r, name);
	}
	if (!S_ISDIR(st.st_mode)) {
		if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
			return 0;
		r.err = errno;
		return report(f, &r, name);
	}
	r.dev = st.st_dev;
	r.top = open_dir(dirfd, name);
	int fd = r.top < 0 ? -1 : fcntl(r.top, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		give_up(&r, errno, name);
	else if (remove_children(&r, fd, 0) == 0 && unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		give_up(&r, errno, name);
	if (r.top >= 0)
		close(r.top);
	return r.err ? report(f, &r, name) : 0;
}
