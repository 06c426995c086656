#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "host/dir/stage.h"

void cursor_init(struct cursor *c, int base)
{
	c->base = base;
	c->fd = -1;
	c->len = 0;
}

void cursor_clear(struct cursor *c)
{
	if (c->fd >= 0 && c->fd != c->base)
		close(c->fd);
	c->fd = -1;
}

int cursor_at(struct cursor *c, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	if (c->fd >= 0 && c->len == len && memcmp(c->dir, path, len) == 0)
		return c->fd;
	cursor_clear(c);
	if (len >= sizeof c->dir) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(c->dir, path, len);
	c->dir[len] = '\0';
	c->len = len;
	c->fd = len ? dir_open_beneath(c->base, c->dir, O_PATH | O_DIRECTORY) : c->base;
	return c->fd;
}
