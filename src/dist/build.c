#include "dist/build.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "dist/beneath.h"
#include "dist/collide.h"
#include "dist/hash.h"
#include "dist/index.h"
#include "dist/rules.h"
#include "dist/secret_scan.h"
#include "dist/walk.h"

/* One build_read under way. */
struct reading {
	struct build *b;
	const struct build_request *rq;
	struct beneath root;
	struct rules *rules;
	struct file_index *files;
	struct build_progress own, *progress;
	struct found **found;
	size_t count;
};

static char *escaped(struct build *b, const char *text)
{
	struct strbuf s = STRBUF_INIT;

	strbuf_addescaped(&s, text, strlen(text));
	char *kept = arena_strdup(&b->mem, s.buf);
	strbuf_clear(&s);
	return kept;
}

/* Until all of our jobs are drained; a cancelled run waits, too: the jobs stop by themselves. */
static void drain(struct reading *r, atomic_size_t *pending)
{
	struct pollfd p = { .fd = pool_fd(r->rq->pool), .events = POLLIN };

	while (atomic_load(pending) > 0) {
		if (r->rq->wait) {
			r->rq->wait(r->rq->wait_arg);
			continue;
		}
		poll(&p, 1, -1);
		pool_drain(r->rq->pool);
	}
}

static bool is_cancelled(const struct reading *r)
{
	return r->rq->cancel && atomic_load(r->rq->cancel);
}

/* ---- what is left of a walk ---- */

static void take_file(void *arg, struct found *f)
{
	struct reading *r = arg;

	r->found[r->count++] = f;
}

static int check_end(struct reading *r, int shortage, struct fail *f)
{
	if (is_cancelled(r))
		return fail_set(f, FAIL_CANCELLED, "interrupted while the build was read");
	if (shortage) {
		fail_errno(f, shortage, "cannot read the build in %s", escaped(r->b, r->rq->dir));
		f->kind = FAIL_LOCAL;
		return -1;
	}
	return 0;
}

static int run_walk(struct reading *r, struct fail *f)
{
	struct build *b = r->b;

	b->walk = xcalloc(1, sizeof *b->walk);
	walk_start(b->walk, &(struct walk_request){ .root = &r->root, .dir = &b->root, .rules = r->rules, .index = r->files,
		.pool = r->rq->pool, .progress = r->progress, .cancel = r->rq->cancel });
	drain(r, &b->walk->pending);
	walk_finish(b->walk);
	if (check_end(r, atomic_load(&b->walk->shortage), f) < 0)
		return -1;
	r->found = xcalloc(b->walk->files, sizeof(struct found *));
	walk_each(b->walk, take_file, r);
	return 0;
}

static int run_hash(struct reading *r, struct fail *f)
{
	struct found **fresh = xcalloc(r->count, sizeof(struct found *));
	atomic_size_t *pending;
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		if (!r->found[i]->known)
			fresh[count++] = r->found[i];
	struct hasher *h = hash_start(&(struct hash_request){ .root = r->root.fd, .index = r->rq->index, .files = r->files,
		.pool = r->rq->pool, .progress = r->progress, .cancel = r->rq->cancel }, fresh, count, &pending);
	drain(r, pending);
	int shortage = hash_finish(h, &r->b->walk->notes);
	for (size_t i = 0; i < count; i++) {
		r->b->hashed_files += fresh[i]->known;
		r->b->hashed_bytes += fresh[i]->known ? fresh[i]->blob.size : 0;
	}
	free(fresh);
	return check_end(r, shortage, f);
}

/* ---- one blob a content ---- */

static uint64_t digest_word(const struct blob *b)
{
	uint64_t word;

	memcpy(&word, b->sha256, sizeof word);
	return word;
}

static struct entry *make_entries(struct reading *r)
{
	struct entry *entries = arena_alloc(&r->b->mem, (r->count + 1) * sizeof *entries);
	size_t slots = 16;

	while (slots < 2 * r->count)
		slots *= 2;
	const struct blob **seen = xcalloc(slots, sizeof(const struct blob *));
	for (size_t i = 0; i < r->count; i++) {
		const struct blob *blob = &r->found[i]->blob;
		size_t at = (size_t)digest_word(blob) & (slots - 1);
		while (seen[at] && !blob_equal(seen[at], blob))
			at = (at + 1) & (slots - 1);
		if (!seen[at])
			seen[at] = blob;
		entries[i] = (struct entry){ .path = blob->path, .blob = seen[at] };
	}
	free(seen);
	return entries;
}

/* ---- the result ---- */

static void note_secrets(struct reading *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct found *f = r->found[i];
		const char *rule = f->known ? secret_rule((enum secret)f->verdict) : NULL;
		if (rule && !rules_allow(r->rules, f->blob.path))
			notes_add(&r->b->walk->notes, NOTE_PROBLEM, f->blob.path, rule, true, false);
	}
}

static int by_path(const void *a, const void *b)
{
	const struct note *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : strcmp(x->rule, y->rule);
}

static void publish_notes(struct build *b)
{
	struct notes *n = &b->walk->notes;

	if (n->count > 1)
		qsort(n->items, n->count, sizeof *n->items, by_path);
	b->hidden = arena_alloc(&b->mem, (n->count + 1) * sizeof *b->hidden);
	b->problems = arena_alloc(&b->mem, (n->count + 1) * sizeof *b->problems);
	for (size_t i = 0; i < n->count; i++) {
		const struct note *t = &n->items[i];
		const char *path = escaped(b, t->path), *rule = escaped(b, t->rule);
		if (t->kind == NOTE_PROBLEM) {
			b->problems[b->problem_count++] = (struct problem){ *path ? path : ".", rule, t->builtin };
			continue;
		}
		b->hidden[b->hidden_count++] = (struct hidden){ path, rule, t->builtin, t->is_dir };
		b->hidden_builtin += t->builtin;
		b->hidden_user += !t->builtin;
	}
	notes_clear(n);
}

static int refuse(struct build *b, struct fail *f)
{
	const struct problem *first = &b->problems[0];

	if (b->problem_count == 1)
		fail_set(f, FAIL_BUILD, "the build in %.150s is refused: %.250s: %s", escaped(b, b->dir), first->path,
			first->rule);
	else
		fail_set(f, FAIL_BUILD, "the build in %.150s is refused: %zu problems, the first: %.200s: %s",
			escaped(b, b->dir), b->problem_count, first->path, first->rule);
	for (size_t i = 0; i < b->problem_count; i++)
		if (b->problems[i].builtin)
			return fail_hint(f, "what is meant to be public can be named in the build's \"allow_unsafe\"");
	return -1;
}

static int finish(struct reading *r, struct fail *f)
{
	struct build *b = r->b;

	note_secrets(r);
	struct entry *entries = make_entries(r);
	if (r->rq->rules->folds_names)
		collide(&b->walk->notes, entries, r->count);
	publish_notes(b);
	if (b->problem_count > 0)
		return refuse(b, f);
	return tree_init(&b->tree, entries, r->count, f);
}

static int open_root(struct reading *r, struct fail *f)
{
	const struct build_request *rq = r->rq;

	if (beneath_init(&r->root, rq->dir) < 0) {
		fail_errno(f, errno, "cannot open the build directory %s", escaped(r->b, rq->dir));
		return fail_hint(f, "build the front end first, or say where it is with --dist");
	}
	r->b->root.fd = r->root.fd;
	if (rules_new(&r->rules, rq->rules, r->root.real, f) < 0)
		return -1;
	return rq->index ? index_files(&r->files, rq->index, r->root.real, f) : 0;
}

int build_read(struct build *b, const struct build_request *rq, struct fail *f)
{
	struct reading r = { .b = b, .rq = rq, .root = { .fd = -1 } };

	*b = (struct build){ .root = { .fd = -1 }, .mem = ARENA_INIT };
	b->name = arena_strdup(&b->mem, rq->name);
	b->dir = arena_strdup(&b->mem, rq->dir);
	b->root.name = b->dir;
	r.progress = rq->progress ? rq->progress : &r.own;
	int rc = open_root(&r, f);
	if (rc == 0)
		rc = run_walk(&r, f);
	if (rc == 0)
		rc = run_hash(&r, f);
	if (rc == 0)
		rc = finish(&r, f);
	if (rc < 0)
		fail_stage(f, "read");
	free(r.found);
	rules_free(r.rules);
	free(r.root.real);      /* the descriptor stays open in b->root */
	return rc;
}

void build_none(struct build *b, const char *name)
{
	struct fail ignored = FAIL_INIT;        /* no entry, nothing to refuse */

	*b = (struct build){ .root = { .fd = -1 }, .mem = ARENA_INIT, .empty = true };
	b->name = arena_strdup(&b->mem, name);
	b->dir = b->root.name = "";
	(void)tree_init(&b->tree, NULL, 0, &ignored);
}

void build_shut(struct build *b)
{
	if (b->dir && b->root.fd >= 0)
		close(b->root.fd);
	b->root.fd = -1;
}

void build_close(struct build *b)
{
	if (b->walk)
		walk_clear(b->walk);
	free(b->walk);
	build_shut(b);
	arena_clear(&b->mem);
	*b = (struct build){ .root = { .fd = -1 }, .mem = ARENA_INIT };
}
