#include "release/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/json.h"

#define SCHEMA_FAMILY "slipway.release/"
#define BLOCK 65536
#define LINE_MAX_BYTES (1024 * 1024)

struct manifest_reader {
	int fd;
	const char *name;               /* the caller's, for messages */
	char *buf;                      /* buf[start, end) is read and not yet taken */
	size_t start, end, cap;
	bool eof;
	uint64_t line;
	struct release_header header;   /* its digests and counts; strings belong to the caller */
	struct sha256 *tree;
	struct strbuf text, path, last;
	uint64_t files, bytes;
};

static int corrupt(const struct manifest_reader *r, struct fail *f, const char *defect)
{
	return fail_set(f, FAIL_CORRUPT, "%s:%" PRIu64 ": %s", r->name, r->line, defect);
}

int manifest_open(struct manifest_reader **out, int fd, const char *name, struct fail *f)
{
	struct manifest_reader *r = xcalloc(1, sizeof *r);

	(void)f;
	r->fd = fd;
	r->name = name;
	r->tree = sha256_new();
	r->text = (struct strbuf)STRBUF_INIT;
	r->path = (struct strbuf)STRBUF_INIT;
	r->last = (struct strbuf)STRBUF_INIT;
	sha256_update(r->tree, "slipway.tree/1\n", 15);
	*out = r;
	return 0;
}

void manifest_close(struct manifest_reader *r)
{
	if (!r)
		return;
	sha256_free(r->tree);
	strbuf_clear(&r->text);
	strbuf_clear(&r->path);
	strbuf_clear(&r->last);
	free(r->buf);
	free(r);
}

static int refill(struct manifest_reader *r, struct fail *f)
{
	ssize_t n;

	if (r->start) {
		memmove(r->buf, r->buf + r->start, r->end - r->start);
		r->end -= r->start;
		r->start = 0;
	}
	if (r->end >= LINE_MAX_BYTES)
		return corrupt(r, f, "the line is too long");
	r->buf = vec_grow(r->buf, &r->cap, r->end + BLOCK, 1);
	do
		n = read(r->fd, r->buf + r->end, BLOCK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_errno(f, errno, "cannot read %s", r->name);
	r->eof = n == 0;
	r->end += (size_t)n;
	return 0;
}

/* The next line without its newline, valid until the next call: 1, 0 at the end, -1. */
static int next_line(struct manifest_reader *r, const char **line, size_t *len, struct fail *f)
{
	size_t seen = 0;

	r->line++;
	for (;;) {
		size_t have = r->end - r->start;
		const char *nl = have > seen ? memchr(r->buf + r->start + seen, '\n', have - seen) : NULL;

		if (nl) {
			*line = r->buf + r->start;
			*len = (size_t)(nl - *line);
			r->start += *len + 1;
			return 1;
		}
		if (r->eof && have)
			return corrupt(r, f, "the last line is cut short");
		if (r->eof)
			return 0;
		seen = have;
		if (refill(r, f) < 0)
			return -1;
	}
}

static const char *text_of(const json *object, const char *key, struct arena *mem)
{
	const char *s = json_string(json_get(object, key));

	return s ? arena_strdup(mem, s) : NULL;
}

static bool digest_of(uint8_t *out, const json *object, const char *key)
{
	const char *s = json_string(json_get(object, key));

	return s && strlen(s) == SHA256_HEX - 1 && hex_decode(out, s, SHA256_SIZE);
}

static bool count_of(uint64_t *out, const json *object, const char *key)
{
	int64_t n;

	if (!json_int(json_get(object, key), &n) || n < 0)
		return false;
	*out = (uint64_t)n;
	return true;
}

static int take_header(struct manifest_reader *r, struct release_header *h, const json *o, struct arena *mem,
	struct fail *f)
{
	const char *schema = json_string(json_get(o, "schema"));
	const char *created = json_string(json_get(o, "created"));
	struct fail ignored = FAIL_INIT;

	if (!schema || strncmp(schema, SCHEMA_FAMILY, strlen(SCHEMA_FAMILY)) != 0)
		return corrupt(r, f, "this is not a release manifest");
	if (strcmp(schema, SCHEMA_FAMILY "1") != 0) {
		fail_set(f, FAIL_REMOTE, "%s was written as %.60s, which this slipway does not know", r->name, schema);
		return fail_hint(f, "use the newer slipway that wrote it");
	}
	*h = (struct release_header){ .id = text_of(o, "id", mem), .parent = text_of(o, "parent", mem),
		.environment = text_of(o, "environment", mem), .target = text_of(o, "target", mem),
		.by = text_of(o, "by", mem), .commit = text_of(o, "commit", mem), .branch = text_of(o, "branch", mem),
		.ci = text_of(o, "ci", mem), .message = text_of(o, "message", mem),
		.approver = text_of(o, "approver", mem), .foreign = json_bool(json_get(o, "foreign"), false) };
	if (!h->id || !*h->id)
		return corrupt(r, f, "the release has no id");
	if (!digest_of(h->tree, o, "tree") || !digest_of(h->build, o, "build"))
		return corrupt(r, f, "the tree or build id is not a SHA-256");
	if (!count_of(&h->files, o, "files") || !count_of(&h->bytes, o, "bytes"))
		return corrupt(r, f, "the number of files or bytes is missing");
	if (!created || clock_parse(&h->created_s, created, 0, &ignored) < 0)
		return corrupt(r, f, "the time of creation is missing");
	return 0;
}

int manifest_header(struct manifest_reader *r, struct release_header *h, struct arena *mem, struct fail *f)
{
	struct fail parse = FAIL_INIT;
	struct json_doc *doc;
	const char *line;
	size_t len;
	int rc = next_line(r, &line, &len, f);

	if (rc <= 0)
		return rc < 0 ? -1 : corrupt(r, f, "the file is empty");
	if (json_parse(&doc, r->name, line, len, 0, &parse) < 0)
		return corrupt(r, f, "the header is not JSON");
	rc = take_header(r, h, json_root(doc), mem, f);
	json_doc_free(doc);
	r->header = *h;
	return rc;
}

static void digest_entry(struct manifest_reader *r, const struct manifest_entry *e)
{
	struct strbuf *t = &r->text;

	strbuf_setlen(t, 0);
	strbuf_addhex(t, e->sha256, SHA256_SIZE);
	strbuf_addf(t, " %" PRIu64 " ", e->size);
	if (e->has_headers)
		strbuf_addhex(t, e->headers, SHA256_SIZE);
	else
		strbuf_addch(t, '-');
	strbuf_addch(t, ' ');
	strbuf_add(t, e->path, r->path.len + 1);
	sha256_update(r->tree, t->buf, t->len);
	r->files++;
	r->bytes += e->size;
}

static int check_end(struct manifest_reader *r, struct fail *f)
{
	uint8_t tree[SHA256_SIZE];

	if (r->files != r->header.files || r->bytes != r->header.bytes)
		return corrupt(r, f, "the entries do not add up to what the header says");
	sha256_final(r->tree, tree);
	if (memcmp(tree, r->header.tree, SHA256_SIZE) != 0)
		return corrupt(r, f, "the entries do not hash to the tree id of the header");
	return 0;
}

int manifest_next(struct manifest_reader *r, struct manifest_entry *e, struct fail *f)
{
	struct strbuf previous;
	const char *line, *problem;
	size_t len;
	int rc = next_line(r, &line, &len, f);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return check_end(r, f);
	previous = r->last;
	r->last = r->path;
	r->path = previous;
	if (!manifest_parse_entry(e, &r->path, line, len))
		return corrupt(r, f, "this is not an entry");
	problem = path_problem(r->path.buf, r->path.len);
	if (problem)
		return corrupt(r, f, problem);
	if (r->files && strcmp(r->last.buf, r->path.buf) >= 0)
		return corrupt(r, f, "the entry is out of order");
	digest_entry(r, e);
	return 1;
}

static void keep_entry(struct entry *to, const struct manifest_entry *e, struct arena *mem)
{
	struct blob *b = arena_alloc(mem, sizeof *b);

	memcpy(b->sha256, e->sha256, SHA256_SIZE);
	b->size = e->size;
	b->source = BLOB_REMOTE;
	to->path = arena_strdup(mem, e->path);
	to->blob = b;
	to->headers = e->has_headers ? arena_memdup(mem, e->headers, SHA256_SIZE) : NULL;
}

static int read_entries(struct manifest *m, struct manifest_reader *r, struct arena *mem, struct fail *f)
{
	struct entry *entries = NULL;
	int64_t *mtimes = NULL;
	size_t n = 0, entry_cap = 0, mtime_cap = 0;
	struct manifest_entry e;
	int rc;

	while ((rc = manifest_next(r, &e, f)) > 0) {
		entries = vec_grow(entries, &entry_cap, n + 1, sizeof *entries);
		mtimes = vec_grow(mtimes, &mtime_cap, n + 1, sizeof *mtimes);
		keep_entry(&entries[n], &e, mem);
		mtimes[n++] = e.mtime_s;
	}
	if (rc == 0) {
		/* Order, form and id were checked on the way: this is what tree_init would build. */
		m->tree.entries = n ? arena_memdup(mem, entries, n * sizeof *entries) : NULL;
		m->mtimes = n ? arena_memdup(mem, mtimes, n * sizeof *mtimes) : NULL;
		m->tree.count = n;
		m->tree.bytes = r->bytes;
		memcpy(m->tree.id, m->header.tree, SHA256_SIZE);
	}
	free(entries);
	free(mtimes);
	return rc;
}

int manifest_read(struct manifest *m, int fd, const char *name, struct arena *mem, struct fail *f)
{
	struct manifest_reader *r;
	int rc;

	*m = (struct manifest){ 0 };
	if (manifest_open(&r, fd, name, f) < 0)
		return -1;
	rc = manifest_header(r, &m->header, mem, f);
	if (rc == 0)
		rc = read_entries(m, r, mem, f);
	manifest_close(r);
	return rc;
}
