#include "dist/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "release/tree.h"

#define MAX_LINKED 20000
#define MAX_LINKS 32                    /* directory links one inside the other */

static void problem(struct notes *n, const char *path, const char *rule)
{
	notes_add(n, NOTE_PROBLEM, path, rule, false, false);
}

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
		folder_free(child);
		return;
	}
	s->children = vec_grow(s->children, &s->child_cap, s->child_count + 1, sizeof(struct folder *));
	s->before = vec_grow(s->before, &s->before_cap, s->child_count + 1, sizeof *s->before);
	s->children[s->child_count] = child;
	s->before[s->child_count++] = s->file_count;
	walk_enter(child);
}

static const char *special_problem(mode_t mode)
{
	if (S_ISFIFO(mode))
		return "is a FIFO";
	if (S_ISSOCK(mode))
		return "is a socket";
	if (S_ISBLK(mode) || S_ISCHR(mode))
		return "is a device";
	return "changed while the build was read";
}

/* Opened without being read: enough to know where a link ends and that it stays in the tree. */
static int stat_link(struct slice *s, const char *path, struct stat *st)
{
	struct walk *w = s->folder->walk;
	int fd = beneath_open(w->rq.root, path, O_PATH);
	const char *why = fd < 0 ? walk_link_problem(errno) : NULL;

	if (why)
		problem(&s->notes, path, why);
	else if (fd < 0 || fstat(fd, st) < 0)
		walk_note_errno(w, &s->notes, path, errno);
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
	*f = (struct found){ .device = st->st_dev, .blob = { .size = (uint64_t)st->st_size, .source = BLOB_FILE,
		.dir = rq->dir, .path = kept, .inode = st->st_ino, .mtime_ns = file_mtime_ns(st),
		.ctime_ns = file_ctime_ns(st) } };
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
		walk_note_errno(d->walk, &s->notes, path, errno);
		return;
	}
	if (S_ISREG(st.st_mode))
		take(s, path, &st);
	else
		problem(&s->notes, path, special_problem(st.st_mode));
}

void slice_examine(struct slice *s, int fd)
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
	for (size_t i = s->from; i < s->to && !walk_is_cancelled(d->walk); i++) {
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
