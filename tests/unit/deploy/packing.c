#include "packing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "dist/gzip.h"

static void on_note(struct reporter *r, const struct row *row, const char *text)
{
	struct packing *t = (struct packing *)((char *)r - offsetof(struct packing, reporter));

	assert_null(row);
	strbuf_addf(&t->notes, "%s\n", text);
}

/* Files that were just written are older than the run: the racy rule is tested by itself. */
void packing_open(struct packing *t, bool no_cache)
{
	struct fail f = FAIL_INIT;

	t->c = (struct context){ .reporter = &t->reporter, .cache_dir = t->cache, .now_s = clock_wall_s() + 60 };
	if (loop_new(&t->c.loop, 3, false, &f) < 0 || (!no_cache && index_open(&t->c.index, t->cache, &f) < 0))
		fail_msg("%s", f.text);
	t->packs = packs_new(&t->c);
	t->packer = packs_packer(t->packs);
}

void packing_close(struct packing *t)
{
	if (!t->packs)
		return;
	packs_free(t->packs);
	t->packs = NULL;
	index_close(t->c.index);
	loop_free(t->c.loop);
}

void packing_again(struct packing *t)
{
	packing_close(t);
	packing_open(t, false);
}

int packing_setup(void **state)
{
	struct packing *t = calloc(1, sizeof *t);

	assert_non_null(t);
	scratch_begin(&t->scratch);
	snprintf(t->cache, sizeof t->cache, "%s/cache", t->scratch.path);
	assert_int_equal(mkdirat(t->scratch.fd, "dist", 0755), 0);
	t->dist = (struct blob_dir){ .name = "dist" };
	t->dist.fd = openat(t->scratch.fd, "dist", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	t->reporter.note = on_note;
	t->notes = (struct strbuf)STRBUF_INIT;
	packing_open(t, false);
	*state = t;
	return 0;
}

int packing_teardown(void **state)
{
	struct packing *t = *state;

	packing_close(t);
	close(t->dist.fd);
	strbuf_clear(&t->notes);
	arena_clear(&t->mem);
	scratch_end(&t->scratch);
	free(t);
	return 0;
}

/* ---- contents ---- */

const struct blob *packing_file(struct packing *t, const char *name, const void *data, size_t len)
{
	struct blob *b = arena_alloc(&t->mem, sizeof *b);
	struct stat st;

	int fd = openat(t->dist.fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, data, len), 0);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	*b = (struct blob){ .size = len, .source = BLOB_FILE, .dir = &t->dist, .path = arena_strdup(&t->mem, name),
		.inode = st.st_ino, .mtime_ns = file_mtime_ns(&st), .ctime_ns = file_ctime_ns(&st) };
	sha256_bytes(data, len, b->sha256);
	return b;
}

const struct blob *packing_text(struct packing *t, const char *name, const char *text)
{
	return packing_file(t, name, text, strlen(text));
}

const struct blob *packing_rendered(struct packing *t, const char *text, bool secret)
{
	struct blob *b = arena_alloc(&t->mem, sizeof *b);

	*b = (struct blob){ .size = strlen(text), .source = BLOB_MEMORY, .secret = secret,
		.data = arena_strdup(&t->mem, text) };
	sha256_bytes(text, strlen(text), b->sha256);
	return b;
}

const struct entry *packing_entries(struct packing *t, const struct blob *const *blobs, size_t count)
{
	struct entry *e = arena_alloc(&t->mem, (count + 1) * sizeof *e);

	for (size_t i = 0; i < count; i++)
		e[i] = (struct entry){ .path = arena_printf(&t->mem, "e%zu", i), .blob = blobs[i] };
	return e;
}

const struct entry *packing_many(struct packing *t, size_t count)
{
	struct entry *e = arena_alloc(&t->mem, (count + 1) * sizeof *e);
	char name[40], text[200];

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof name, "f%04zu", i);
		snprintf(text, sizeof text, "file %zu%*s", i, (int)(i % 150), "");
		e[i] = (struct entry){ .path = arena_strdup(&t->mem, name), .blob = packing_text(t, name, text) };
	}
	return e;
}

char *packing_large(void)
{
	char *data = xmalloc(PACKING_LARGE);

	for (size_t i = 0; i < PACKING_LARGE; i++)
		data[i] = (char)(i % 251 + (i >> 14));
	return data;
}

/* ---- ops ---- */

static void on_done(struct op *op)
{
	struct waited *w = op->owner;

	assert_false(w->done);
	w->done = true;
}

void packing_pack(struct packing *t, struct waited *w, const struct entry *entries, size_t count)
{
	*w = (struct waited){ .op = { .done = on_done, .owner = w, .mem = &t->mem } };
	t->packer->pack(t->packer, entries, count, &w->op);
}

void packing_fetch(struct packing *t, struct waited *w, const struct blob *b)
{
	*w = (struct waited){ .op = { .done = on_done, .owner = w, .mem = &t->mem } };
	t->packer->open(t->packer, b, &w->body, &w->op);
}

int packing_wait(struct packing *t, struct waited *w)
{
	/* Never within the call. */
	while (!w->done)
		loop_turn(t->c.loop, -1);
	return w->op.rc;
}

void packing_do(struct packing *t, const struct entry *entries, size_t count)
{
	struct waited w;

	packing_pack(t, &w, entries, count);
	assert_false(w.done);
	if (packing_wait(t, &w) < 0)
		fail_msg("%s", w.op.fail.text);
}

static int keep(void *arg, const void *data, size_t len, struct fail *f)
{
	(void)f;
	strbuf_add(arg, data, len);
	return 0;
}

void packing_unpack(struct strbuf *out, const void *data, size_t len)
{
	struct gunzip *g = gunzip_new(256U << 20);
	struct fail f = FAIL_INIT;

	if (gunzip_feed(g, data, len, keep, out, &f) < 0 || gunzip_end(g, &f) < 0)
		fail_msg("%s", f.text);
	gunzip_free(g);
}

bool packing_check(struct packing *t, const struct blob *b, const void *data, size_t len)
{
	const struct packed *p = t->packer->find(t->packer, b);
	struct strbuf out = STRBUF_INIT;
	uint8_t found[SHA256_SIZE];
	struct waited w;

	assert_non_null(p);
	packing_fetch(t, &w, b);
	if (packing_wait(t, &w) < 0)
		fail_msg("%s", w.op.fail.text);
	assert_int_equal(w.body.size, p->size);
	bool file = w.body.fd >= 0;
	char *bytes = xmalloc((size_t)p->size + 1);
	if (file)
		assert_int_equal(pread(w.body.fd, bytes, (size_t)p->size + 1, 0), p->size);
	else
		memcpy(bytes, w.body.data, (size_t)p->size);
	sha256_bytes(bytes, (size_t)p->size, found);
	assert_memory_equal(found, p->sha256, SHA256_SIZE);
	packing_unpack(&out, bytes, (size_t)p->size);
	assert_int_equal(out.len, len);
	assert_memory_equal(out.buf, data, len);
	strbuf_clear(&out);
	free(bytes);
	t->packer->close(t->packer, &w.body);
	assert_int_equal(w.body.fd, -1);
	assert_null(w.body.data);
	return file;
}

bool packing_check_one(struct packing *t, const struct entry *many, size_t i)
{
	char text[200];
	int len = snprintf(text, sizeof text, "file %zu%*s", i, (int)(i % 150), "");

	return packing_check(t, many[i].blob, text, (size_t)len);
}

uint64_t packing_compressed(const struct packing *t)
{
	return packs_counts(t->packs).compressed;
}

/* ---- what is on disk ---- */

static void see_file(int fd, const char *path, void (*see)(void *, const char *, const struct strbuf *), void *arg)
{
	struct strbuf bytes = STRBUF_INIT, plain = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	if (file_read(&bytes, fd, path, 256U << 20, 0, &f) < 0)
		fail_msg("%s", f.text);
	see(arg, path, &bytes);
	if (strncmp(path, "spool/", 6) == 0 && strlen(path) > 40) {
		packing_unpack(&plain, bytes.buf, bytes.len);
		see(arg, path, &plain);
	}
	strbuf_clear(&bytes);
	strbuf_clear(&plain);
}

static void walk(int root, const char *path, void (*see)(void *, const char *, const struct strbuf *), void *arg)
{
	int fd = openat(root, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	assert_non_null(dir);
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		char below[600];
		struct stat st;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof below, "%s%s%s", path, *path ? "/" : "", e->d_name);
		assert_int_equal(fstatat(root, below, &st, 0), 0);
		if (S_ISDIR(st.st_mode))
			walk(root, below, see, arg);
		else
			see_file(root, below, see, arg);
	}
	closedir(dir);
}

void packing_walk(struct packing *t, void (*see)(void *arg, const char *path, const struct strbuf *bytes), void *arg)
{
	int fd = open(t->cache, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	walk(fd, "", see, arg);
	close(fd);
}

static void count_spooled(void *arg, const char *path, const struct strbuf *bytes)
{
	(void)bytes;
	*(size_t *)arg += strncmp(path, "spool/", 6) == 0 && path[7] == '/';
}

size_t packing_spooled(struct packing *t)
{
	size_t seen = 0;

	packing_walk(t, count_spooled, &seen);
	return seen / 2;        /* packed and unpacked */
}
