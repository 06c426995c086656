#include "dist/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

int beneath_init(struct beneath *b, const char *dir)
{
	b->fd = -1;
	b->real = realpath(dir, NULL);
	if (!b->real)
		return -1;
	b->fd = open(b->real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return b->fd < 0 ? -1 : 0;
}

void beneath_clear(struct beneath *b)
{
	int err = errno;

	if (b->fd >= 0)
		close(b->fd);
	free(b->real);
	*b = (struct beneath){ .fd = -1 };
	errno = err;
}

static int open_checked(int fd, const char *path, int flags, unsigned long long resolve)
{
	struct open_how how = { .flags = (unsigned long long)flags, .resolve = resolve };

	return (int)syscall(SYS_openat2, fd, path, &how, sizeof how);
}

/* Where the kernel cannot tell (a link that names the whole path, or a kernel before 5.6): resolve, compare, open
 * without links. */
static int open_resolved(const struct beneath *b, const char *path, int flags)
{
	size_t root = strlen(b->real), len = strlen(path);
	char *whole = xmalloc(root + len + 2), *real;
	int fd = -1;

	memcpy(whole, b->real, root);
	whole[root] = '/';
	memcpy(whole + root + 1, path, len + 1);
	real = realpath(whole, NULL);
	free(whole);
	if (!real)
		return -1;
	bool at_root = strcmp(b->real, "/") == 0;
	const char *rest = at_root ? real : real + root;
	if (!at_root && (strncmp(real, b->real, root) != 0 || (*rest != '/' && *rest != '\0'))) {
		free(real);
		errno = EXDEV;
		return -1;
	}
	rest += *rest == '/';
	if (*rest == '\0')
		rest = ".";
	fd = open_checked(b->fd, rest, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(b->fd, rest, flags | O_NOFOLLOW);
	int err = errno;
	free(real);
	errno = err;
	return fd;
}

int beneath_open(const struct beneath *b, const char *path, int flags)
{
	flags |= O_CLOEXEC;
	if (*path == '\0')
		path = ".";
	int fd = open_checked(b->fd, path, flags, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	if (fd >= 0 || (errno != EXDEV && errno != ENOSYS && errno != EPERM && errno != EAGAIN))
		return fd;
	return open_resolved(b, path, flags);
}
