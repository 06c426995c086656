#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/mem.h"

#define READ_STEP ((size_t)64 * 1024)

int file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t file_read_full(int fd, void *data, size_t len)
{
	char *p = data;
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(fd, p + have, len - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

/* Names in messages are escaped once, here. */
static const char *shown(struct strbuf *s, const char *path)
{
	strbuf_addescaped(s, path, strlen(path));
	return s->buf;
}

static int fail_path(struct fail *f, int err, const char *verb, const char *path)
{
	struct strbuf name = STRBUF_INIT;

	fail_errno(f, err, "%s %s", verb, shown(&name, path));
	strbuf_clear(&name);
	return -1;
}

static int refuse_path(struct fail *f, const char *path, const char *why)
{
	struct strbuf name = STRBUF_INIT;

	fail_set(f, FAIL_LOCAL, "%s %s", shown(&name, path), why);
	strbuf_clear(&name);
	return -1;
}

static int read_open(struct strbuf *out, int fd, const char *path, size_t max, struct fail *f)
{
	char chunk[READ_STEP];
	size_t total = 0;

	for (;;) {
		ssize_t n = file_read_full(fd, chunk, sizeof chunk);
		if (n < 0)
			return fail_path(f, errno, "cannot read", path);
		total += (size_t)n;
		if (total > max) {
			char why[64];
			snprintf(why, sizeof why, "is larger than %zu bytes", max);
			return refuse_path(f, path, why);
		}
		strbuf_add(out, chunk, (size_t)n);
		if (strbuf_failed(out))
			return refuse_path(f, path, "does not fit into memory set aside for it");
		if ((size_t)n < sizeof chunk)
			return 0;
	}
}

int file_read(struct strbuf *out, int dirfd, const char *path, size_t max, unsigned flags, struct fail *f)
{
	size_t before = out->len;
	struct stat st;
	int rc = -1;

	/* O_NONBLOCK: a FIFO without a writer must not hang us. */
	int fd = openat(dirfd, path,
		O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (flags & FILE_NOFOLLOW ? O_NOFOLLOW : 0));
	if (fd < 0)
		return fail_path(f, errno, "cannot open", path);
	if (fstat(fd, &st) < 0)
		fail_path(f, errno, "cannot stat", path);
	else if (!S_ISREG(st.st_mode))
		refuse_path(f, path, S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
	else
		rc = read_open(out, fd, path, max, f);
	if (rc < 0)
		strbuf_setlen(out, before);
	close(fd);
	return rc;
}

int file_sync_dir(int dirfd, const char *name, struct fail *f)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail_path(f, errno, "cannot open", name);
	/* EINVAL: the file system has no such operation, and nothing more can be asked of it. */
	int err = fsync(fd) < 0 && errno != EINVAL ? errno : 0;
	close(fd);
	return err ? fail_path(f, err, "cannot sync", name) : 0;
}

/* The directory part of path into dir ("." when there is none); the name of a new file in it into aside. */
static void name_aside(struct strbuf *dir, struct strbuf *aside, const char *path)
{
	const char *slash = strrchr(path, '/');
	uint64_t random;

	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		random = (uint64_t)getpid() << 32 ^ (uintptr_t)path;
	if (slash)
		strbuf_add(dir, path, slash == path ? 1 : (size_t)(slash - path));
	else
		strbuf_addch(dir, '.');
	strbuf_addf(aside, "%.*s.slipway-%016llx.tmp", slash ? (int)(slash - path) + 1 : 0, path,
		(unsigned long long)random);
}

/* Writes and closes fd; 0 or an errno. */
static int fill(int fd, const void *data, size_t len, bool sync)
{
	int err = 0;

	if (file_write_all(fd, data, len) < 0 || (sync && fsync(fd) < 0))
		err = errno;
	if (close(fd) < 0 && err == 0)
		err = errno;
	return err;
}

int file_replace(int dirfd, const char *path, const void *data, size_t len, unsigned flags, struct fail *f)
{
	struct strbuf dir = STRBUF_INIT, aside = STRBUF_INIT;
	int rc = -1;

	name_aside(&dir, &aside, path);
	int fd = openat(dirfd, aside.buf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		flags & FILE_PRIVATE ? 0600 : 0644);
	if (fd < 0) {
		fail_path(f, errno, "cannot write", path);
		goto out;
	}
	int err = fill(fd, data, len, flags & FILE_SYNC);
	if (err == 0 && renameat(dirfd, aside.buf, dirfd, path) < 0)
		err = errno;
	if (err) {
		unlinkat(dirfd, aside.buf, 0);
		fail_path(f, err, "cannot write", path);
		goto out;
	}
	rc = flags & FILE_SYNC ? file_sync_dir(dirfd, dir.buf, f) : 0;
out:
	strbuf_clear(&dir);
	strbuf_clear(&aside);
	return rc;
}

/* The exact mode whatever the umask, but the setgid bit that a parent hands down stays. */
static int set_mode(int dirfd, const char *path, mode_t mode)
{
	struct stat st;
	int rc = -1;

	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0) {
		rc = (st.st_mode & 0777) == (mode & 0777) ? 0 : fchmod(fd, (st.st_mode & 07000) | (mode & 0777));
	}
	int err = errno;
	close(fd);
	errno = err;
	return rc;
}

static int make_one(int dirfd, const char *path, mode_t mode, struct fail *f)
{
	struct stat st;

	/* The owner's rights are kept until the mode is set, or a umask such as 0777 would lock us out. */
	if (mkdirat(dirfd, path, mode | 0700) == 0)
		return set_mode(dirfd, path, mode) < 0 ? fail_path(f, errno, "cannot set the mode of", path) : 0;

	int err = errno;
	if (fstatat(dirfd, path, &st, 0) < 0)
		return fail_path(f, err, "cannot create the directory", path);
	return S_ISDIR(st.st_mode) ? 0 : fail_path(f, ENOTDIR, "cannot create the directory", path);
}

int file_mkdirs(int dirfd, const char *path, mode_t mode, struct fail *f)
{
	char *part = xstrdup(path);
	int rc = 0;

	for (char *p = part + (*part == '/'); rc == 0 && *p; p++) {
		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		rc = make_one(dirfd, part, mode, f);
		*p = '/';
	}
	if (rc == 0)
		rc = make_one(dirfd, part, mode, f);
	free(part);
	return rc;
}

int64_t file_mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

int64_t file_ctime_ns(const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}
