#include "dist/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define SLICE ((size_t)2048)            /* names a job */
#define LIST_BYTES ((size_t)64 * 1024)
#define MAX_LINKED 100000
#define MAX_LINKS 32                    /* directory links one inside the other */

struct name {
	uint32_t at;                    /* in the folder's names */
	uint8_t is_dir, is_link, is_file;
};

struct slice {
	struct job job;
	struct folder *folder;
	size_t from, to;                /* of the folder's list */
	struct found *files;
	size_t file_count;
	char *text;                     /* the files' paths */
	size_t text_len;
	struct folder **children;       /* in order */
	size_t *before;                 /* how many files of the slice stand before the child */
	size_t child_count, child_cap, before_cap;
	struct notes notes;
};

struct folder {
	struct job job;
	struct walk *walk;
	struct folder *parent;
	char *path;                     /* "" at the top */
	size_t path_len;
	struct verdict verdict;         /* RULE_KEEP or RULE_ENTER */
	unsigned links;                 /* directory links on the way here */
	uint64_t device, inode;
	char *names;
	size_t names_len, names_cap;
	struct name *list;
	size_t count, cap;
	struct slice *slices;
	size_t slice_count;
	struct notes notes;
};

void notes_add(struct notes *n, enum note_kind kind, const char *path, const char *rule, bool builtin, bool is_dir)
{
	n->items = vec_grow(n->items, &n->cap, n->count + 1, sizeof *n->items);
	n->items[n->count++] = (struct note){ kind, xstrdup(path), xstrdup(rule), builtin, is_dir };
}

void notes_clear(struct notes *n)
{
	for (size_t i = 0; i < n->count; i++) {
		free(n->items[i].path);
		free(n->items[i].rule);
	}
	free(n->items);
	*n = (struct notes){ NULL, 0, 0 };
}

static void problem(struct notes *n, const char *path, const char *rule)
{
	notes_add(n, NOTE_PROBLEM, path, rule, false, false);
}

static bool is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM;
}

/* What the system said about a path becomes a problem of the build, unless it is about this machine. */
static void note_errno(struct walk *w, struct notes *n, const char *path, int err)
{
	char why[128], text[80];

	if (is_shortage(err)) {
		atomic_store(&w->shortage, err);
		return;
	}
	if (err == ENOENT || err == ENOTDIR) {
		problem(n, path, "vanished while the build was read");
		return;
	}
	snprintf(why, sizeof why, "cannot be read: %s", strerror_r(err, text, sizeof text));
	problem(n, path, why);
}

/* ---- jobs ---- */

static void folder_done(struct job *j);
static void slice_done(struct job *j);

/* Counted before it is known to the pool: pending is 0 only when nothing can follow. */
static void submit(struct walk *w, struct job *j, void (*run)(struct job *j), void (*done)(struct job *j))
{
	*j = (struct job){ .run = run, .done = done };
	atomic_fetch_add(&w->pending, 1);
	pool_submit(w->rq.pool, j);
}

static bool is_cancelled(const struct walk *w)
{
	return (w->rq.cancel && atomic_load(w->rq.cancel)) || atomic_load(&w->shortage);
}

/* ---- listing ---- */

static void run_folder(struct job *j);

static struct folder *folder_new(struct walk *w, struct folder *parent, const char *path, struct verdict v)
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
	d->list[d->count++] = (struct name){ .at = (uint32_t)d->names_len, .is_dir = type == DT_DIR, .is_link = type == DT_LNK,
		.is_file = type == DT_REG };
	d->names_len += len;
}

static int list(struct folder *d, int fd)
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

static bool is_loop(const struct folder *d)
{
	for (const struct folder *up = d->parent; up; up = up->parent)
		if (up->inode == d->inode && up->device == d->device)
			return true;
	return false;
}

/* ---- examining ---- */

/* The path of a name of the folder, in buf (room for it and more). */
static void join_path(char *buf, const struct folder *d, const char *name)
{
	size_t n = 0;

	if (d->path_len) {
		memcpy(buf, d->path, d->path_len);
		n = d->path_len;
		buf[n++] = '/';
	}
	memcpy(buf + n, name, strlen(name) + 1);
}

static void hide(struct slice *s, const char *path, const struct verdict *v, bool is_dir)
{
	notes_add(&s->notes, NOTE_HIDDEN, path, v->rule, v->builtin, is_dir);
}

static void enter(struct slice *s, const char *path, const struct name *n)
{
	struct folder *d = s->folder;
	struct walk *w = d->walk;
	struct verdict v = rules_judge_dir(w->rq.rules, path, d->path_len ? &d->verdict : NULL);

	if (v.is == RULE_REFUSE)
		notes_add(&s->notes, NOTE_PROBLEM, path, v.rule, true, true);
	if (v.is == RULE_HIDE)
		hide(s, path, &v, true);
	if (v.is == RULE_REFUSE || v.is == RULE_HIDE)
		return;
	const char *unsafe = path_problem(path, strlen(path));
	if (unsafe) {
		problem(&s->notes, path, unsafe);
		return;
	}
	struct folder *child = folder_new(w, d, path, v);
	child->links += n->is_link;
	if (n->is_link && (child->links > MAX_LINKS || atomic_fetch_add(&w->linked, 1) >= MAX_LINKED)) {
		problem(&s->notes, path, "is reached through too many links");
		free(child->path);
		free(child);
		return;
	}
	s->children = vec_grow(s->children, &s->child_cap, s->child_count + 1, sizeof(struct folder *));
	s->before = vec_grow(s->before, &s->before_cap, s->child_count + 1, sizeof *s->before);
	s->children[s->child_count] = child;
	s->before[s->child_count++] = s->file_count;
	submit(w, &child->job, run_folder, folder_done);
}

static const char *special_problem(mode_t mode)
{
	if (S_ISFIFO(mode))
		return "is a FIFO";
	if (S_ISSOCK(mode))
		return "is a socket";
	if (S_ISBLK(mode) || S_ISCHR(mode))
		return "is a device";
	return "is no regular file";
}

static const char *link_problem(int err)
{
	switch (err) {
	case EXDEV: return "is a link that leaves the build";
	case ELOOP: return "is a link that leads to itself";
	case ENOENT:
	case ENOTDIR: return "is a link to nothing";
	default: return NULL;
	}
}

/* Opened without being read: enough to know where a link ends and that it stays in the tree. */
static int stat_link(struct slice *s, const char *path, struct stat *st)
{
	struct walk *w = s->folder->walk;
	int fd = beneath_open(w->rq.root, path, O_PATH);
	const char *why = fd < 0 ? link_problem(errno) : NULL;

	if (why)
		problem(&s->notes, path, why);
	else if (fd < 0 || fstat(fd, st) < 0)
		note_errno(w, &s->notes, path, errno);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static void take(struct slice *s, const char *path, const struct stat *st)
{
	const struct walk_request *rq = &s->folder->walk->rq;
	struct found *f = &s->files[s->file_count++];
	size_t len = strlen(path) + 1;
	char *kept = s->text + s->text_len;

	memcpy(kept, path, len);
	s->text_len += len;
	*f = (struct found){ .device = st->st_dev, .blob = { .size = (uint64_t)st->st_size, .source = BLOB_FILE, .dir = rq->dir,
		.path = kept, .inode = st->st_ino, .mtime_ns = file_mtime_ns(st), .ctime_ns = file_ctime_ns(st) } };
	const struct file_stamp stamp = { f->device, f->blob.inode, f->blob.size, f->blob.mtime_ns, f->blob.ctime_ns };
	struct known_content known;
	if (rq->index && file_index_find(rq->index, path, &stamp, &known)) {
		memcpy(f->blob.sha256, known.sha256, SHA256_SIZE);
		f->verdict = known.verdict;
		f->known = true;
	}
	atomic_fetch_add_explicit(&rq->progress->files_seen, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&rq->progress->bytes_seen, f->blob.size, memory_order_relaxed);
}

static void examine_file(struct slice *s, int fd, const char *path, const struct name *n)
{
	struct folder *d = s->folder;
	struct verdict v = rules_judge_file(d->walk->rq.rules, path, d->path_len ? &d->verdict : NULL);
	struct stat st;

	if (v.is == RULE_REFUSE) {
		notes_add(&s->notes, NOTE_PROBLEM, path, v.rule, true, false);
		return;
	}
	if (v.is == RULE_HIDE) {
		hide(s, path, &v, false);
		return;
	}
	const char *unsafe = path_problem(path, strlen(path));
	if (unsafe) {
		problem(&s->notes, path, unsafe);
		return;
	}
	if (n->is_link) {
		if (stat_link(s, path, &st) < 0)
			return;
	} else if (fstatat(fd, d->names + n->at, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		note_errno(d->walk, &s->notes, path, errno);
		return;
	}
	if (S_ISREG(st.st_mode))
		take(s, path, &st);
	else
		problem(&s->notes, path, S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode) ? "changed while the build was read" :
			special_problem(st.st_mode));
}

/* fd is the folder's. */
static void examine(struct slice *s, int fd)
{
	struct folder *d = s->folder;
	size_t text = 0, longest = 0;

	for (size_t i = s->from; i < s->to; i++) {
		size_t len = strlen(d->names + d->list[i].at);
		text += len + d->path_len + 2;
		longest = len > longest ? len : longest;
	}
	s->text = xmalloc(text);
	s->files = xmalloc((s->to - s->from) * sizeof *s->files);
	char *path = xmalloc(d->path_len + longest + 2);
	for (size_t i = s->from; i < s->to && !is_cancelled(d->walk); i++) {
		join_path(path, d, d->names + d->list[i].at);
		if (d->list[i].is_dir)
			enter(s, path, &d->list[i]);
		else
			examine_file(s, fd, path, &d->list[i]);
	}
	free(path);
	s->files = xrealloc(s->files, s->file_count * sizeof *s->files);
	s->text = xrealloc(s->text, s->text_len);
	const char *kept = s->text;
	for (size_t i = 0; i < s->file_count; i++, kept += strlen(kept) + 1)
		s->files[i].blob.path = kept;
}

static void run_slice(struct job *j)
{
	struct slice *s = (struct slice *)(void *)j;
	struct walk *w = s->folder->walk;

	if (is_cancelled(w))
		return;
	int fd = beneath_open(w->rq.root, s->folder->path, O_PATH | O_DIRECTORY);
	if (fd < 0) {
		note_errno(w, &s->notes, s->folder->path, errno);
		return;
	}
	examine(s, fd);
	close(fd);
}

/* A folder of usual size is examined while it is open; a huge one is shared out. */
static void slice_up(struct folder *d, int fd)
{
	d->slice_count = (d->count + SLICE - 1) / SLICE;
	d->slices = xcalloc(d->slice_count, sizeof *d->slices);
	for (size_t i = 0; i < d->slice_count; i++) {
		struct slice *s = &d->slices[i];
		s->folder = d;
		s->from = i * SLICE;
		s->to = s->from + SLICE < d->count ? s->from + SLICE : d->count;
		if (d->slice_count > 1)
			submit(d->walk, &s->job, run_slice, slice_done);
	}
	if (d->slice_count == 1)
		examine(&d->slices[0], fd);
}

static void read_folder(struct folder *d, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		note_errno(d->walk, &d->notes, d->path, errno);
		return;
	}
	d->device = st.st_dev;
	d->inode = st.st_ino;
	if (is_loop(d)) {
		problem(&d->notes, d->path, "is a link to a directory around it");
		return;
	}
	if (list(d, fd) < 0) {
		note_errno(d->walk, &d->notes, d->path, errno);
		return;
	}
	settle_types(d, fd);
	if (d->count > 1)
		qsort_r(d->list, d->count, sizeof *d->list, by_tree_order, d->names);
	slice_up(d, fd);
}

static void run_folder(struct job *j)
{
	struct folder *d = (struct folder *)(void *)j;

	if (is_cancelled(d->walk))
		return;
	int fd = beneath_open(d->walk->rq.root, d->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0) {
		read_folder(d, fd);
		close(fd);
		return;
	}
	if (errno == EXDEV || errno == ELOOP)
		problem(&d->notes, d->path, link_problem(errno));
	else
		note_errno(d->walk, &d->notes, d->path, errno);
}

static void folder_done(struct job *j)
{
	atomic_fetch_sub(&((struct folder *)(void *)j)->walk->pending, 1);
}

static void slice_done(struct job *j)
{
	atomic_fetch_sub(&((struct slice *)(void *)j)->folder->walk->pending, 1);
}

/* ---- the whole ---- */

void walk_start(struct walk *w, const struct walk_request *rq)
{
	*w = (struct walk){ .rq = *rq };
	w->top = folder_new(w, NULL, "", (struct verdict){ RULE_KEEP, NULL, false });
	submit(w, &w->top->job, run_folder, folder_done);
}

static void move_notes(struct notes *into, struct notes *from)
{
	into->items = vec_grow(into->items, &into->cap, into->count + from->count, sizeof *into->items);
	if (from->count)
		memcpy(into->items + into->count, from->items, from->count * sizeof *from->items);
	into->count += from->count;
	free(from->items);
	*from = (struct notes){ NULL, 0, 0 };
}

/* What is needed for walking alone is given back before the tree is built. */
static void collect(struct walk *w, struct folder *d)
{
	move_notes(&w->notes, &d->notes);
	free(d->names);
	free(d->list);
	d->names = NULL;
	d->list = NULL;
	for (size_t i = 0; i < d->slice_count; i++) {
		move_notes(&w->notes, &d->slices[i].notes);
		w->files += d->slices[i].file_count;
		for (size_t k = 0; k < d->slices[i].child_count; k++)
			collect(w, d->slices[i].children[k]);
	}
}

void walk_finish(struct walk *w)
{
	collect(w, w->top);
}

static void each_file(const struct folder *d, void (*each)(void *arg, struct found *file), void *arg)
{
	for (size_t i = 0; i < d->slice_count; i++) {
		const struct slice *s = &d->slices[i];
		size_t file = 0;
		for (size_t k = 0; k < s->child_count; k++) {
			for (; file < s->before[k]; file++)
				each(arg, &s->files[file]);
			each_file(s->children[k], each, arg);
		}
		for (; file < s->file_count; file++)
			each(arg, &s->files[file]);
	}
}

void walk_each(const struct walk *w, void (*each)(void *arg, struct found *file), void *arg)
{
	each_file(w->top, each, arg);
}

static void folder_free(struct folder *d)
{
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

void walk_clear(struct walk *w)
{
	if (w->top)
		folder_free(w->top);
	notes_clear(&w->notes);
	w->top = NULL;
}
