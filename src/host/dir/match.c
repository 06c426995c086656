/* match: what of a wanted tree lies in kept releases already. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "host/dir/read.h"
#include "host/dir/stage.h"

#define MANIFEST_MAX ((size_t)1 << 30)
#define MAX_SOURCES 64

struct match {
	struct staging *st;
	uint16_t source;        /* 1 + index */
	size_t pending;
};

static void same(void *arg, size_t index, int64_t mtime_s)
{
	struct match *m = arg;
	struct pick *p = &m->st->picks[index];

	if (p->source)
		return;
	p->source = m->source;
	p->mtime_s = mtime_s;
	m->pending--;
}

static int newest_first(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

/* Kept releases, live first, then newest first. What turns out not to be a release has no manifest and gives nothing.
 * */
static int find_sources(struct staging *st, const struct spot *s, const char *live_id, struct arena *mem,
                        struct fail *f)
{
	struct name_list names;
	size_t n = 0;

	if (read_names(&names, s->releases, mem, f) < 0)
		return -1;
	st->sources = xcalloc(names.count + 1, sizeof *st->sources);
	for (size_t i = 0; i < names.count; i++) {
		if (!dir_name_ok(names.names[i]))
			continue;
		st->sources[n++] = xstrdup(names.names[i]);
		if (live_id && strcmp(names.names[i], live_id) == 0) {
			char *live = st->sources[n - 1];

			st->sources[n - 1] = st->sources[0];
			st->sources[0] = live;
		}
	}
	st->source_count = n;
	if (n > 1) {
		bool pinned = live_id && strcmp(st->sources[0], live_id) == 0;

		qsort(st->sources + pinned, n - pinned, sizeof *st->sources, newest_first);
	}
	return 0;
}

/* A manifest that cannot be read makes no link: its release is passed over. */
static void match_source(struct match *m, const struct spot *s, const char *id)
{
	struct strbuf text = STRBUF_INIT;
	struct fail ignored = FAIL_INIT;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "releases/%s.jsonl", id);
	if (file_read(&text, s->state, path, MANIFEST_MAX, FILE_NOFOLLOW, &ignored) == 0)
		manifest_match(text.buf, text.len, m->st->want, same, m);
	strbuf_clear(&text);
}

int stage_match(struct staging *st, const struct spot *s, const char *live_id, struct op *op, struct fail *f)
{
	struct match m = { .st = st, .pending = st->want->count };

	if (find_sources(st, s, live_id, op->mem, f) < 0)
		return -1;
	for (size_t i = 0; i < st->source_count && i < MAX_SOURCES && m.pending; i++) {
		if (dir_cancelled(op, f) < 0)
			return -1;
		m.source = (uint16_t)(i + 1);
		match_source(&m, s, st->sources[i]);
	}
	return 0;
}

/* The directories of entry i that the entry before did not have, outermost first. */
static int make_dirs(struct cursor *c, const char *path, const char *before, struct fail *f)
{
	size_t common = 0;
	char dir[PATH_MAX];

	for (size_t i = 0; path[i] && path[i] == before[i]; i++)
		if (path[i] == '/')
			common = i + 1;
	for (const char *slash = strchr(path + common, '/'); slash; slash = strchr(slash + 1, '/')) {
		const char *name;
		int fd;

		memcpy(dir, path, (size_t)(slash - path));
		dir[slash - path] = '\0';
		fd = cursor_at(c, dir, &name);
		/* An O_PATH descriptor will do for mkdirat, and file_mkdirs gives the exact mode whatever the umask. */
		if (fd < 0)
			return dir_errno(f, errno, "open the directory of", dir);
		if (file_mkdirs(fd, name, 0755, f) < 0)
			return -1;
	}
	return 0;
}

int stage_dirs(const struct staging *st, int tree, struct op *op, struct fail *f)
{
	const char *before = "";
	struct cursor *c = xmalloc(sizeof *c);
	int rc = 0;

	cursor_init(c, tree);
	for (size_t i = 0; rc == 0 && i < st->want->count; i++) {
		const char *path = st->want->entries[i].path;

		if (i % 1000 == 999)
			rc = dir_cancelled(op, f);
		if (rc == 0)
			rc = make_dirs(c, path, before, f);
		before = path;
	}
	cursor_clear(c);
	free(c);
	return rc;
}

struct linker {
	struct staging *st;
	struct cursor to, from;
	uint16_t source;        /* whose tree `from` stands in; 0 = none */
	int fd;
};

static int open_source(struct linker *l, const struct spot *s, uint16_t source)
{
	if (l->source == source)
		return l->fd >= 0;
	cursor_clear(&l->from);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = openat(s->releases, l->st->sources[source - 1], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	l->source = source;
	cursor_init(&l->from, l->fd);
	return l->fd >= 0;
}

/* Whether the entry could be linked. Every reason against it (a full link count, a file system without links, a file
 * that no longer looks like its manifest) has the same answer: it is written instead. */
static bool link_one(struct linker *l, const struct spot *s, const struct entry *e, const struct pick *p)
{
	const char *name;
	struct stat st;
	int from, to;

	if (!open_source(l, s, p->source))
		return false;
	from = cursor_at(&l->from, e->path, &name);
	if (from < 0 || fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (st.st_mode != (S_IFREG | 0444) || (uint64_t)st.st_size != e->blob->size || st.st_mtim.tv_sec != p->mtime_s ||
	    st.st_mtim.tv_nsec != 0)
		return false;
	to = cursor_at(&l->to, e->path, &name);
	return to >= 0 && linkat(from, name, to, name, 0) == 0;
}

int stage_links(struct staging *st, const struct spot *s, size_t from, size_t to, struct op *op, struct fail *f)
{
	struct linker *l = xmalloc(sizeof *l);
	int rc = 0, tree = openat(s->releases, st->partial, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t linked = 0;

	l->st = st;
	l->source = 0;
	l->fd = -1;
	cursor_init(&l->to, tree);
	cursor_init(&l->from, -1);
	if (tree < 0)
		rc = dir_errno(f, errno, "open", st->partial);
	for (size_t i = from; rc == 0 && i < to; i++) {
		struct pick *p = &st->picks[i];

		if (p->source && link_one(l, s, &st->want->entries[i], p)) {
			p->state = PICK_LINKED;
			linked++;
		}
		rc = dir_cancelled(op, f);
	}
	atomic_fetch_add(&st->linked, linked);
	cursor_clear(&l->from);
	cursor_clear(&l->to);
	if (l->fd >= 0)
		close(l->fd);
	if (tree >= 0)
		close(tree);
	free(l);
	return rc;
}
