#include "dist/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

#define LIST_BYTES ((size_t)64 * 1024)

struct folder *folder_new(struct walk *w, struct folder *parent, const char *path, struct verdict v)
{
	struct folder *d = xcalloc(1, sizeof *d);

	d->walk = w;
	d->parent = parent;
	d->path = xstrdup(path);
	d->path_len = strlen(path);
	d->verdict = v;
	d->links = parent ? parent->links : 0;
	return d;
}

static void list_name(struct folder *d, const char *name, uint8_t type)
{
	size_t len = strlen(name) + 1;

	d->names = vec_grow(d->names, &d->names_cap, d->names_len + len, 1);
	memcpy(d->names + d->names_len, name, len);
	d->list = vec_grow(d->list, &d->cap, d->count + 1, sizeof *d->list);
	d->list[d->count++] = (struct name){ .at = (uint32_t)d->names_len, .is_dir = type == DT_DIR,
		.is_link = type == DT_LNK, .is_file = type == DT_REG };
	d->names_len += len;
}

static int read_names(struct folder *d, int fd)
{
	char *buf = xmalloc(LIST_BYTES);
	ssize_t n;

	while ((n = getdents64(fd, buf, LIST_BYTES)) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *e = (const struct dirent64 *)(const void *)(buf + at);
			at += e->d_reclen;
			if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
				list_name(d, e->d_name, e->d_type);
		}
	}
	int err = errno;
	free(buf);
	errno = err;
	return n < 0 ? -1 : 0;
}

/* File systems that do not tell types, and links, whose order in the tree is that of what they lead to. */
static void settle_types(struct folder *d, int fd)
{
	struct stat st;

	for (size_t i = 0; i < d->count; i++) {
		struct name *n = &d->list[i];
		const char *name = d->names + n->at;
		if (!n->is_dir && !n->is_link && !n->is_file && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			n->is_dir = S_ISDIR(st.st_mode);
			n->is_link = S_ISLNK(st.st_mode);
			n->is_file = S_ISREG(st.st_mode);
		}
		if (n->is_link && fstatat(fd, name, &st, 0) == 0)
			n->is_dir = S_ISDIR(st.st_mode);
	}
}

/* Tree order: a directory is compared as its name with the slash that follows in every path below it. */
static int by_tree_order(const void *a, const void *b, void *names)
{
	const struct name *x = a, *y = b;
	const unsigned char *s = (const unsigned char *)names + x->at, *t = (const unsigned char *)names + y->at;

	while (*s && *s == *t) {
		s++;
		t++;
	}
	int c = *s ? *s : x->is_dir ? '/' : 0, d = *t ? *t : y->is_dir ? '/' : 0;
	return c - d;
}

bool folder_is_loop(const struct folder *d)
{
	for (const struct folder *up = d->parent; up; up = up->parent)
		if (up->inode == d->inode && up->device == d->device)
			return true;
	return false;
}

int folder_list(struct folder *d, int fd)
{
	if (read_names(d, fd) < 0)
		return -1;
	settle_types(d, fd);
	if (d->count > 1)
		qsort_r(d->list, d->count, sizeof *d->list, by_tree_order, d->names);
	return 0;
}

void folder_free(struct folder *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->slice_count; i++) {
		struct slice *s = &d->slices[i];
		for (size_t k = 0; k < s->child_count; k++)
			folder_free(s->children[k]);
		free(s->children);
		free(s->before);
		free(s->files);
		free(s->text);
		notes_clear(&s->notes);
	}
	notes_clear(&d->notes);
	free(d->slices);
	free(d->names);
	free(d->list);
	free(d->path);
	free(d);
}
