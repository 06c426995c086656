#include "dist/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "dist/folder.h"

#define SLICE ((size_t)2048)            /* names a job */

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

void walk_note_errno(struct walk *w, struct notes *n, const char *path, int err)
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

const char *walk_link_problem(int err)
{
	switch (err) {
	case EXDEV: return "is a link that leaves the build";
	case ELOOP: return "is a link that leads to itself";
	case ENOENT:
	case ENOTDIR: return "is a link to nothing";
	default: return NULL;
	}
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

bool walk_is_cancelled(const struct walk *w)
{
	return (w->rq.cancel && atomic_load(w->rq.cancel)) || atomic_load(&w->shortage);
}

static void run_slice(struct job *j)
{
	struct slice *s = (struct slice *)(void *)j;
	struct walk *w = s->folder->walk;

	if (walk_is_cancelled(w))
		return;
	int fd = beneath_open(w->rq.root, s->folder->path, O_PATH | O_DIRECTORY);
	if (fd < 0) {
		walk_note_errno(w, &s->notes, s->folder->path, errno);
		return;
	}
	slice_examine(s, fd);
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
		slice_examine(&d->slices[0], fd);
}

static void read_folder(struct folder *d, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		walk_note_errno(d->walk, &d->notes, d->path, errno);
		return;
	}
	d->device = st.st_dev;
	d->inode = st.st_ino;
	if (folder_is_loop(d)) {
		problem(&d->notes, d->path, "is a link to a directory around it");
		return;
	}
	if (folder_list(d, fd) < 0)
		walk_note_errno(d->walk, &d->notes, d->path, errno);
	else
		slice_up(d, fd);
}

static void run_folder(struct job *j)
{
	struct folder *d = (struct folder *)(void *)j;

	if (walk_is_cancelled(d->walk))
		return;
	int fd = beneath_open(d->walk->rq.root, d->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0) {
		read_folder(d, fd);
		close(fd);
		return;
	}
	if (errno == EXDEV || errno == ELOOP)
		problem(&d->notes, d->path, walk_link_problem(errno));
	else
		walk_note_errno(d->walk, &d->notes, d->path, errno);
}

static void folder_done(struct job *j)
{
	atomic_fetch_sub(&((struct folder *)(void *)j)->walk->pending, 1);
}

static void slice_done(struct job *j)
{
	atomic_fetch_sub(&((struct slice *)(void *)j)->folder->walk->pending, 1);
}

void walk_enter(struct folder *d)
{
	submit(d->walk, &d->job, run_folder, folder_done);
}

/* ---- the whole ---- */

void walk_start(struct walk *w, const struct walk_request *rq)
{
	*w = (struct walk){ .rq = *rq };
	w->top = folder_new(w, NULL, "", (struct verdict){ RULE_KEEP, NULL, false });
	walk_enter(w->top);
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

void walk_clear(struct walk *w)
{
	folder_free(w->top);
	notes_clear(&w->notes);
	w->top = NULL;
}
