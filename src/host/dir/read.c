#include "host/dir/read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/strbuf.h"
#include "host/dir/link.h"
#include "host/dir/work.h"
#include "release/release_id.h"

int read_names(struct name_list *out, int dir, struct arena *mem, struct fail *f)
{
	int fd = dir < 0 ? -1 : openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const char **names = NULL;
	size_t cap = 0, n = 0;
	const struct dirent *e;
	int err;

	*out = (struct name_list){ 0 };
	if (dir < 0)
		return 0;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return dir_errno(f, errno, "list", "releases");
	}
	while ((errno = 0, e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		names = vec_grow(names, &cap, n + 1, sizeof *names);
		names[n++] = arena_strdup(mem, e->d_name);
	}
	err = errno;
	out->names = n ? arena_memdup(mem, names, n * sizeof *names) : NULL;
	out->count = n;
	closedir(d);
	free(names);
	return err ? dir_errno(f, err, "list", "releases") : 0;
}

bool read_is_dir(int dir, const char *name, struct stat *st)
{
	return dir >= 0 && fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st->st_mode);
}

int read_open_manifest(int state, const char *id, struct fail *f)
{
	char path[PATH_MAX];
	int fd;

	if (!dir_name_ok(id) || state < 0)
		return fail_set(f, FAIL_MISSING, "there is no such release of ours here");
	snprintf(path, sizeof path, "releases/%s.jsonl", id);
	fd = openat(state, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return dir_errno(f, errno, "open the manifest", path);
	return fd;
}

/* The header of a release that is complete: manifest and directory. False: foreign, or damaged. */
static bool header_of(struct release_header *h, const struct spot *s, const char *id, struct arena *mem)
{
	struct manifest_reader *r = NULL;
	struct fail ignored = FAIL_INIT;
	struct stat st;
	bool good;
	int fd;

	if (!dir_name_ok(id) || !read_is_dir(s->releases, id, &st))
		return false;
	fd = read_open_manifest(s->state, id, &ignored);
	if (fd < 0)
		return false;
	good = manifest_open(&r, fd, id, &ignored) == 0 && manifest_header(r, h, mem, &ignored) == 0 &&
	       strcmp(h->id, id) == 0;
	manifest_close(r);
	close(fd);
	return good;
}

static bool folds(const struct spot *s)
{
	struct stat a, b;

	return s->state >= 0 && fstat(s->state, &a) == 0 && fstatat(s->root, ".SLIPWAY", &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* The id in "ID" or ".ID.partial". */
static int64_t time_in_name(const char *name)
{
	char id[RELEASE_ID_SIZE];

	if (*name != '.')
		return release_id_time(name);
	if (strlen(name) != RELEASE_ID_SIZE + strlen(".partial") || strcmp(name + RELEASE_ID_SIZE, ".partial") != 0)
		return -1;
	memcpy(id, name + 1, RELEASE_ID_SIZE - 1);
	id[RELEASE_ID_SIZE - 1] = '\0';
	return release_id_time(id);
}

struct read_call {
	struct place *p;
	char *id;
	void *out;
};

static void read_call_free(void *arg, int rc)
{
	struct read_call *c = arg;

	(void)rc;
	free(c->id);
	free(c);
}

static void start(struct place *p, const char *id, void *out, const struct work_kind *kind, struct op *op)
{
	struct read_call *c = xcalloc(1, sizeof *c);

	c->p = p;
	c->id = id ? xstrdup(id) : NULL;
	c->out = out;
	work_start(p->session, op, kind, c);
}

static void fill_blocked(struct live_state *out, const struct place *p, const struct live_link *live, struct arena *mem)
{
	const struct target *t = p->target;

	if (live->kind == LIVE_DIRECTORY) {
		out->blocked = "the document root is a real directory";
		out->blocked_hint = arena_printf(mem, "slipway adopt %s%s%s", t->name, t->environment ? " --env " : "",
		                                 t->environment ? t->environment : "");
	} else if (live->kind == LIVE_ODD) {
		out->blocked = "the document root is neither a link nor a directory";
		out->blocked_hint = arena_printf(mem, "mv %s %s.old", p->live, p->live);
	}
}

static const char *why_broken(const struct spot *s, const struct live_link *live)
{
	struct stat st;

	if (live->kind == LIVE_RELEASE && !read_is_dir(s->releases, live->id, &st))
		return "the live link leads to a release that is gone";
	if (live->kind == LIVE_OUTSIDE && (stat(live->id, &st) < 0 || !S_ISDIR(st.st_mode)))
		return "the live link leads nowhere";
	return NULL;
}

static int read_state(struct live_state *out, const struct place *p, const struct spot *s, struct arena *mem,
                      struct fail *f)
{
	struct live_link live;
	struct name_list names;

	out->newest_s = -1;
	out->absent = s->root < 0;
	if (link_read(&live, p, s, mem, f) < 0 || log_read(&out->log, s, &live, mem, f) < 0 ||
	    read_names(&names, s->releases, mem, f) < 0)
		return -1;
	out->id = live.id;
	out->has_header = live.kind == LIVE_RELEASE && header_of(&out->header, s, live.id, mem);
	out->broken = why_broken(s, &live);
	out->folds_names = folds(s);
	fill_blocked(out, p, &live, mem);
	for (size_t i = 0; i < names.count; i++) {
		int64_t t = time_in_name(names.names[i]);

		if (t > out->newest_s)
			out->newest_s = t;
	}
	return 0;
}

static int read_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	const struct read_call *c = arg;
	struct spot s;
	int rc;

	(void)count;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0)
		rc = read_state(c->out, c->p, &s, op->mem, f);
	spot_close(&s);
	return rc;
}

void dir_read(struct place *p, struct live_state *out, struct op *op)
{
	static const struct work_kind kind = { .stage = "read", .prepare = read_run, .end = read_call_free };

	*out = (struct live_state){ .newest_s = -1 };
	start(p, NULL, out, &kind, op);
}

struct listing {
	const struct place *p;
	const struct spot *s;
	struct live_link live;
	struct switchlog log;
	struct arena *mem;
	struct release_info *items;
	size_t count, cap;
};

static void add_release(struct listing *l, const char *id, const struct stat *st)
{
	struct release_info *r;

	l->items = vec_grow(l->items, &l->cap, l->count + 1, sizeof *l->items);
	r = &l->items[l->count++];
	*r = (struct release_info){ 0 };
	if (!header_of(&r->header, l->s, id, l->mem))
		r->header = (struct release_header){ .id = id, .created_s = st->st_mtim.tv_sec, .foreign = true };
	r->live = l->live.id && strcmp(l->live.id, id) == 0;
	r->bad_record = switchlog_bad(&l->log, id);
	r->bad = r->bad_record != NULL;
	r->pinned = switchlog_pinned(&l->log, id);
}

/* A directory outside releases/ that is live or once was, as the switch log tells. */
static void add_outside(struct listing *l, const char *id)
{
	struct stat st;

	if (!id || id[0] != '/')
		return;
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->items[i].header.id, id) == 0)
			return;
	if (stat(id, &st) == 0 && S_ISDIR(st.st_mode))
		add_release(l, id, &st);
}

static int64_t rank(const struct release_info *r)
{
	int64_t t = release_id_time(r->header.id);

	return t >= 0 ? t : r->header.created_s;
}

static int newest_first(const void *a, const void *b)
{
	const struct release_info *x = a, *y = b;
	int64_t tx = rank(x), ty = rank(y);

	return tx != ty ? (tx < ty) - (tx > ty) : strcmp(y->header.id, x->header.id);
}

static int list_releases(struct listing *l, struct release_list *out, struct fail *f)
{
	struct name_list names;
	struct stat st;

	if (link_read(&l->live, l->p, l->s, l->mem, f) < 0 || log_read(&l->log, l->s, &l->live, l->mem, f) < 0 ||
	    read_names(&names, l->s->releases, l->mem, f) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (dir_name_ok(names.names[i]) && read_is_dir(l->s->releases, names.names[i], &st))
			add_release(l, names.names[i], &st);
	if (l->live.kind == LIVE_OUTSIDE || l->live.kind == LIVE_DIRECTORY)
		add_outside(l, l->live.id);
	for (size_t i = 0; i < l->log.count; i++) {
		add_outside(l, l->log.records[i].from);
		add_outside(l, l->log.records[i].id);
	}
	if (l->count)
		qsort(l->items, l->count, sizeof *l->items, newest_first);
	out->items = l->count ? arena_memdup(l->mem, l->items, l->count * sizeof *l->items) : NULL;
	out->count = l->count;
	return 0;
}

static int list_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	const struct read_call *c = arg;
	struct spot s;
	struct listing l = { .p = c->p, .s = &s, .mem = op->mem };
	int rc;

	(void)count;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0)
		rc = list_releases(&l, c->out, f);
	spot_close(&s);
	free(l.items);
	return rc;
}

void dir_list(struct place *p, struct release_list *out, struct op *op)
{
	static const struct work_kind kind = { .stage = "read", .prepare = list_run, .end = read_call_free };

	*out = (struct release_list){ 0 };
	start(p, NULL, out, &kind, op);
}

static int fetch_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	const struct read_call *c = arg;
	struct spot s;
	int rc, fd = -1;

	(void)count;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0) {
		fd = read_open_manifest(s.state, c->id, f);
		rc = fd < 0 ? -1 : manifest_read(c->out, fd, arena_printf(op->mem, "%s.jsonl", c->id), op->mem, f);
	}
	if (fd >= 0)
		close(fd);
	spot_close(&s);
	return rc;
}

void dir_fetch(struct place *p, const char *id, const struct tree *want, struct manifest *out, struct op *op)
{
	static const struct work_kind kind = { .stage = "read", .prepare = fetch_run, .end = read_call_free };

	(void)want;                     /* contents are known by the digest that it has them by */
	*out = (struct manifest){ 0 };
	start(p, id, out, &kind, op);
}

static int probe_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	const struct read_call *c = arg;
	enum release_state *out = c->out;
	struct live_link live = { 0 };
	struct release_header h;
	struct stat st;
	struct spot s;
	int rc;

	(void)count;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0)
		rc = link_read(&live, c->p, &s, op->mem, f);
	*out = RELEASE_ABSENT;
	if (rc == 0 && live.id && live.kind != LIVE_ODD && strcmp(live.id, c->id) == 0)
		*out = RELEASE_LIVE;
	else if (rc == 0 && dir_name_ok(c->id) && header_of(&h, &s, c->id, op->mem))
		*out = RELEASE_SEALED;
	else if (rc == 0 && dir_name_ok(c->id) &&
	         read_is_dir(s.releases, arena_printf(op->mem, ".%s.partial", c->id), &st))
		*out = RELEASE_BEGUN;
	spot_close(&s);
	return rc;
}

void dir_probe(struct place *p, const char *id, enum release_state *out, struct op *op)
{
	static const struct work_kind kind = { .stage = "read", .prepare = probe_run, .end = read_call_free };

	*out = RELEASE_ABSENT;
	start(p, id, out, &kind, op);
}
