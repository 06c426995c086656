/* files: the paths of a version and the digests of their gzip form: GET VERSION/files (sites.versions.files.list),
 * 1,000 a page. The one way to read a tree back; used where a plan must show files, and by verify. */
#include <stdlib.h>
#include <string.h>

#include "host/firebase/call.h"
#include "host/firebase/releases.h"

#define PAGE 1000
#define PAGES_MOST 10000

struct file { const char *path, *hash; bool active; };

struct listing {
	struct place *p;
	struct op *op;
	const char *id, *version;
	struct file *files;             /* strings live in op->mem */
	size_t count, cap, pages;
	void (*done)(struct listing *l, int rc);
	const struct tree *want;        /* fetch's */
	struct manifest *manifest;
	struct verify_report *report;   /* verify's */
};

static void end(struct listing *l, int rc)
{
	struct place *p = l->p;
	struct op *op = l->op;

	free(l->files);
	free(l);
	op_finish(p->session->loop, op, rc);
}

static void ask(struct listing *l, const char *token);

static void have_page(struct call *c)
{
	struct listing *l = c->owner;
	const char *token = json_string(json_get(c->answer, "nextPageToken"));
	int rc = c->rc;

	if (rc < 0)
		call_fail(c, l->op);
	for (const json *f = json_first(json_get(c->answer, "files")); rc == 0 && f; f = json_next(f)) {
		const char *path = json_string(json_get(f, "path")), *hash = json_string(json_get(f, "hash"));
		const char *status = json_string(json_get(f, "status"));
		if (!path || path[0] != '/')
			continue;
		l->files = vec_grow(l->files, &l->cap, l->count + 1, sizeof *l->files);
		l->files[l->count++] = (struct file){ .path = arena_strdup(l->op->mem, path + 1),
			.hash = arena_strdup(l->op->mem, hash ? hash : ""), .active = !status || strcmp(status, "ACTIVE") == 0 };
	}
	if (rc == 0 && token && *token && ++l->pages < PAGES_MOST)
		ask(l, token);
	else
		l->done(l, rc);
	call_free(c);
}

static void ask(struct listing *l, const char *token)
{
	struct call *c = call_new(l->p, l->op, "GET", have_page);

	c->owner = l;
	strbuf_addf(&c->path, "/v1beta1/%s/files?status=ACTIVE&pageSize=%d", l->version, PAGE);
	if (token) {
		strbuf_addstr(&c->path, "&pageToken=");
		http_escape(&c->path, token, "");
	}
	call_send(c);
}

static struct listing *listing(struct place *p, const char *id, struct op *op, void (*done)(struct listing *l, int rc))
{
	const struct version *v = version_find(p, id);

	if (!v) {
		fail_set(&op->fail, FAIL_MISSING, "release %s is not known on site %s", id, p->site);
		op_finish(p->session->loop, op, -1);
		return NULL;
	}
	struct listing *l = xcalloc(1, sizeof *l);
	*l = (struct listing){ .p = p, .op = op, .id = arena_strdup(op->mem, id),
		.version = arena_strdup(op->mem, v->name), .done = done };
	ask(l, NULL);
	return l;
}

/* ---- the manifest of a release ---- */

/* What want holds at this path with this digest is that content; anything else is known by its gzip form only. */
static const struct blob *blob_for(const struct listing *l, const struct file *file)
{
	const struct packer *packer = l->p->session->packer;
	const struct entry *e = l->want ? tree_find(l->want, file->path) : NULL;
	const struct packed *packed = e && packer ? packer->find(packer, e->blob) : NULL;
	struct blob *b;
	char hex[SHA256_HEX];

	if (packed) {
		hex_encode(hex, packed->sha256, SHA256_SIZE);
		if (strcmp(hex, file->hash) == 0)
			return e->blob;
	}
	b = arena_alloc(l->op->mem, sizeof *b);
	b->source = BLOB_REMOTE;
	if (strlen(file->hash) == SHA256_HEX - 1)
		(void)hex_decode(b->sha256, file->hash, SHA256_SIZE);
	return b;
}

static void fill_header(const struct listing *l)
{
	struct release_list list;

	l->manifest->header = (struct release_header){ .id = l->id };
	if (!l->p->page)                /* nobody has read since the last switch */
		return;
	const json *root = json_root(l->p->page);
	releases_parse(l->p, &(struct release_page){ &root, 1 }, &list, NULL, l->op->mem);
	const struct release_info *it = release_find(&list, l->id);
	if (it)
		l->manifest->header = it->header;
}

static void fill_manifest(struct listing *l, int rc)
{
	struct entry *entries = arena_alloc(l->op->mem, (l->count + 1) * sizeof *entries);
	size_t n = 0;

	for (size_t i = 0; rc == 0 && i < l->count; i++)
		if (l->files[i].active && !path_problem(l->files[i].path, strlen(l->files[i].path)))
			entries[n++] = (struct entry){ .path = l->files[i].path, .blob = blob_for(l, &l->files[i]) };
	if (rc == 0)
		rc = tree_init(&l->manifest->tree, entries, n, &l->op->fail);
	if (rc == 0) {
		fill_header(l);
		l->manifest->compressor = releases_compressor(l->p->page, l->version, l->op->mem);
	} else if (l->op->fail.kind == FAIL_BUILD) {
		l->op->fail.kind = FAIL_CORRUPT;
	}
	end(l, rc);
}

void firebase_fetch(struct place *p, const char *id, const struct tree *want, struct manifest *out, struct op *op)
{
	*out = (struct manifest){ .mtimes = NULL };
	struct listing *l = listing(p, id, op, fill_manifest);
	if (l) {
		l->want = want;
		l->manifest = out;
	}
}

/* ---- verify: is every file stored? ---- */

static void fill_report(struct listing *l, int rc)
{
	struct verify_report *out = l->report;
	const struct version *v = version_find(l->p, l->id);

	out->bytes = v ? v->bytes : 0;
	out->findings = arena_alloc(l->op->mem, (l->count + 2) * sizeof *out->findings);
	for (size_t i = 0; rc == 0 && i < l->count; i++) {
		out->files += l->files[i].active;
		if (!l->files[i].active)
			out->findings[out->count++] = (struct verify_finding){ .path = l->files[i].path, .what = "missing" };
	}
	if (rc == 0 && v && v->files && v->files != out->files)
		out->findings[out->count++] = (struct verify_finding){ .what = "missing",
			.path = arena_printf(l->op->mem, "%llu of %llu files", (unsigned long long)(v->files - out->files),
					     (unsigned long long)v->files) };
	end(l, rc);
}

void firebase_verify(struct place *p, const char *id, struct verify_report *out, struct op *op)
{
	*out = (struct verify_report){ .id = arena_strdup(op->mem, id) };
	struct listing *l = listing(p, id, op, fill_report);
	if (l)
		l->report = out;
}
