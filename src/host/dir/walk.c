#include "host/dir/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walker {
	struct walk_item *items;
	size_t count, cap;
	struct arena *mem;
	struct op *op;
};

static int add(struct walker *w, int fd, const char *dir, const char *name, struct fail *f)
{
	struct walk_item *item;
	struct stat st;
	const char *path = *dir ? arena_printf(w->mem, "%s/%s", dir, name) : arena_strdup(w->mem, name);

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : dir_errno(f, errno, "look at", path);
	w->items = vec_grow(w->items, &w->cap, w->count + 1, sizeof *w->items);
	item = &w->items[w->count++];
	*item = (struct walk_item){ .path = path, .mode = st.st_mode, .size = (uint64_t)st.st_size,
		.links = (uint64_t)st.st_nlink, .mtime_s = st.st_mtim.tv_sec };
	return w->count % 1000 ? 0 : dir_cancelled(w->op, f);
}

static int walk_dir(struct walker *w, int base, const char *dir, struct fail *f)
{
	int fd = dir_open_beneath(base, *dir ? dir : ".", O_RDONLY | O_DIRECTORY), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d) {
		rc = dir_errno(f, errno, "list", *dir ? dir : "the release");
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (rc == 0 && (errno = 0, e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = add(w, fd, dir, e->d_name, f);
	if (rc == 0 && errno)
		rc = dir_errno(f, errno, "list", *dir ? dir : "the release");
	closedir(d);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct walk_item *)a)->path, ((const struct walk_item *)b)->path);
}

int walk_tree(struct walk *out, int base, struct arena *mem, struct op *op, struct fail *f)
{
	struct walker w = { .mem = mem, .op = op };
	int rc = walk_dir(&w, base, "", f);

	/* The list is its own queue: directories are read in the order in which they were found. */
	for (size_t i = 0; rc == 0 && i < w.count; i++)
		if (S_ISDIR(w.items[i].mode))
			rc = walk_dir(&w, base, w.items[i].path, f);
	if (w.count)
		qsort(w.items, w.count, sizeof *w.items, by_path);
	out->items = w.count ? arena_memdup(mem, w.items, w.count * sizeof *w.items) : NULL;
	out->count = w.count;
	free(w.items);
	return rc;
}
