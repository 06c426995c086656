#include "target/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "target/draft.h"
#include "target/shape.h"
#include "target/vars.h"

/* ---- the draft ---- */
void draft_begin(struct draft *d, struct jw *w, const char *path)
{
	struct strbuf *text = arena_alloc(&d->mem, sizeof *text);

	d->files = vec_grow(d->files, &d->cap, d->count + 1, sizeof *d->files);
	*text = (struct strbuf)STRBUF_INIT;
	jw_init(w, text, 2);
	jw_object(w);
	d->files[d->count++] = (struct draft_file){ .path = arena_strdup(&d->mem, path), .text = text };
}

void draft_end(struct jw *w)
{
	jw_end(w);
	strbuf_addch(w->out, '\n');
}

static void draft_clear(struct draft *d)
{
	for (size_t i = 0; i < d->count; i++)
		strbuf_clear(d->files[i].text);
	free(d->files);
	strbuf_clear(&d->notes);
	arena_clear(&d->mem);
}

/* ---- a project of directories ---- */
static void draft_targets(struct draft *d, const struct init_request *rq, const char *name)
{
	for (size_t i = 0; i < (rq->target_count ? rq->target_count : 1); i++) {
		struct jw w;

		draft_begin(d, &w, arena_printf(&d->mem, "targets/%s.json", rq->target_count ? rq->targets[i] : name));
		jw_kstr(&w, "host", "local");
		draft_end(&w);
	}
}

/* Several targets need several roots, also when the one that was given does not say how they differ. */
static const char *root_of(struct draft *d, const struct init_request *rq)
{
	if (!rq->root)
		return "www/${target}";
	if (rq->target_count <= 1 || strstr(rq->root, "${target}"))
		return rq->root;
	return arena_printf(&d->mem, "%s/${target}", rq->root);
}

static void draft_plain(struct draft *d, const struct init_request *rq, const char *name)
{
	struct jw w;

	draft_begin(d, &w, "manifests/local.json");
	jw_kstr(&w, "kind", "dir");
	jw_kstr(&w, "root", root_of(d, rq));
	draft_end(&w);
	draft_targets(d, rq, name);
	draft_begin(d, &w, "slipway.json");
	jw_kint(&w, "slipway", 1);
	jw_kstr(&w, "name", name);
	jw_key(&w, "builds");
	jw_object(&w);
	jw_key(&w, name);
	jw_object(&w);
	jw_kstr(&w, "dir", vars_literal(rq->dist ? rq->dist : "dist", &d->mem));
	jw_end(&w);
	jw_end(&w);
	jw_key(&w, "defaults");
	jw_object(&w);
	jw_key(&w, "keep");
	jw_object(&w);
	jw_kint(&w, "last", 10);
	jw_end(&w);
	jw_end(&w);
	draft_end(&w);
}

/* ---- writing ---- */
static int check_free(const struct draft *d, int dirfd, struct fail *f)
{
	struct strbuf there = STRBUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++) {
		if (faccessat(dirfd, d->files[i].path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (n++ < 5)
			strbuf_addf(&there, "%s%s", n > 1 ? ", " : "", d->files[i].path);
	}
	if (n) {
		fail_set(f, FAIL_USAGE, "init never overwrites, but %s%s %s there already", there.buf, n > 5 ? ", ..." : "",
		         n == 1 ? "is" : "are");
		fail_hint(f, "move %s aside, or edit %s", n == 1 ? "it" : "them", n == 1 ? "it" : "them");
	}
	strbuf_clear(&there);
	return n ? -1 : 0;
}

static int write_new(int dirfd, const struct draft_file *file, struct fail *f)
{
	int fd = openat(dirfd, file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644), err = 0;

	if (fd < 0)
		return fail_errno(f, errno, "cannot create %s", file->path);
	if (file_write_all(fd, file->text->buf, file->text->len) < 0)
		err = errno;
	if (close(fd) < 0 && !err)
		err = errno;
	if (err) {
		(void)unlinkat(dirfd, file->path, 0);
		return fail_errno(f, err, "cannot write %s", file->path);
	}
	return 0;
}

static int write_all(const struct draft *d, int dirfd, struct strbuf *report, struct fail *f)
{
	size_t done = 0;
	int rc = 0;

	if (file_mkdirs(dirfd, "manifests", 0755, f) < 0 || file_mkdirs(dirfd, "targets", 0755, f) < 0)
		return -1;
	while (done < d->count && (rc = write_new(dirfd, &d->files[done], f)) == 0)
		done++;
	if (rc < 0) {
		while (done > 0)
			(void)unlinkat(dirfd, d->files[--done].path, 0);
		(void)unlinkat(dirfd, "manifests", AT_REMOVEDIR);
		(void)unlinkat(dirfd, "targets", AT_REMOVEDIR);
		return -1;
	}
	for (size_t i = 0; i < d->count; i++)
		strbuf_addf(report, "wrote %s\n", d->files[i].path);
	strbuf_add(report, d->notes.buf, d->notes.len);
	return 0;
}

/* ---- init ---- */
static int check_request(const struct init_request *rq, struct fail *f)
{
	if (rq->kind && strcmp(rq->kind, "dir") != 0 && strcmp(rq->kind, "firebase") != 0)
		return fail_set(f, FAIL_USAGE, "init writes projects for dir, or from a firebase.json; for %.20s write "
		                               "manifests/ by "
		                "hand", rq->kind);
	if (rq->name && !form_fits(FORM_NAME, rq->name))
		return fail_set(f, FAIL_USAGE, "the project's name may hold letters, digits, \".\", \"_\" and \"-\" only");
	for (size_t i = 0; i < rq->target_count; i++)
		if (!form_fits(FORM_NAME, rq->targets[i]))
			return fail_set(f, FAIL_USAGE, "a target's name may hold letters, digits, \".\", \"_\" and \"-\" only");
	return 0;
}

static const char *own_name(struct draft *d, const struct init_request *rq)
{
	char *real = realpath(rq->dir, NULL), *slash = real ? strrchr(real, '/') : NULL;
	const char *name = rq->name ? rq->name : form_name_of(slash && slash[1] ? slash + 1 : "site", &d->mem);

	free(real);
	return name;
}

int init_project(const struct init_request *rq, struct strbuf *report, struct fail *f)
{
	struct draft d = { .notes = STRBUF_INIT, .mem = ARENA_INIT };
	int dirfd, rc = -1;
	bool firebase;

	if (check_request(rq, f) < 0)
		return -1;
	dirfd = open(rq->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return fail_errno(f, errno, "cannot enter the directory");
	firebase = rq->kind ? strcmp(rq->kind, "firebase") == 0 : faccessat(dirfd, "firebase.json", F_OK, 0) == 0;
	if (!firebase)
		draft_plain(&d, rq, own_name(&d, rq));
	if ((!firebase || draft_from_firebase(&d, dirfd, rq, own_name(&d, rq), f) == 0) && check_free(&d, dirfd, f) == 0)
		rc = write_all(&d, dirfd, report, f);
	(void)close(dirfd);
	draft_clear(&d);
	return rc;
}
