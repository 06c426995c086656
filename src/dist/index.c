#include "dist/index.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dist/cachedb.h"
#include "dist/contents.h"
#include "dist/flat.h"
#include "dist/packings.h"
#include "dist/secret_scan.h"

#define VERSION 1
#define LITTER_S 3600                   /* a file written aside that is this old was left by a process that died */
#define FORGET_S (90 * 86400)           /* the index of a build directory that has not been saved for so long */

struct file_row {
	struct xxh128 key;              /* of the path */
	struct file_stamp stamp;
	uint8_t sha256[SHA256_SIZE];
	uint32_t verdict, reserved;
};

struct file_index {
	struct flat *rows;
	char name[32];
	struct file_index *next;
};

struct index {
	int dirfd;
	char *dir;
	struct cachedb *cache;
	struct contents *contents;
	struct packings *packings;
	struct file_index *files;
	char warning[300];
};

static const struct flat_format file_format = { "files", VERSION, SECRET_RULES, sizeof(struct file_row) };

static void warn(struct index *x, const char *why)
{
	if (!x->warning[0])
		snprintf(x->warning, sizeof x->warning, "the cache in %.100s is not saved: %.150s", x->dir, why);
}

static int refuse(struct fail *f, const char *dir, const char *name)
{
	return fail_hint(f, "use the newer slipway, or remove %s/%s: it can be made anew", dir, name);
}

int index_open(struct index **out, const char *dir, struct fail *f)
{
	struct fail why = FAIL_INIT;
	struct index *x = xcalloc(1, sizeof *x);

	x->dir = xstrdup(dir);
	if (cachedb_make_dir(dir, &why) < 0)
		warn(x, why.text);
	x->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x->dirfd < 0)
		warn(x, "it cannot be opened");
	else if (faccessat(x->dirfd, ".", W_OK, 0) < 0)
		warn(x, "it cannot be written");
	if (cachedb_open(&x->cache, dir, f) < 0) {
		index_close(x);
		return refuse(f, dir, CACHEDB_NAME);
	}
	x->contents = contents_new(x->cache);
	x->packings = packings_new(x->cache);
	*out = x;
	return 0;
}

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len >= n && strcmp(name + len - n, end) == 0;
}

static bool is_ours(const char *name)
{
	return strncmp(name, "files-", 6) == 0;
}

/* Takes away what a killed process wrote aside, and the indexes of directories long gone. */
static void sweep(const struct index *x)
{
	int fd = openat(x->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct stat st;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		int64_t age = ends_in(e->d_name, ".tmp") ? LITTER_S : FORGET_S;
		if (is_ours(e->d_name) && fstatat(x->dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    clock_wall_s() - st.st_mtim.tv_sec > age)
			unlinkat(x->dirfd, e->d_name, 0);
	}
	closedir(dir);
}

/* Was anything written? */
static bool save_files(struct index *x, struct flat *t)
{
	struct fail f = FAIL_INIT;

	if (!flat_changed(t) || x->warning[0])
		return false;
	if (flat_save(t, &f) == 0)
		return true;
	warn(x, f.text);
	return false;
}

static bool save_cache(struct index *x)
{
	struct fail f = FAIL_INIT;

	if (!x->contents || x->warning[0])
		return false;
	int contents = contents_save(x->contents, &f);
	int packings = contents < 0 ? 0 : packings_save(x->packings, &f);
	if (contents < 0 || packings < 0)
		warn(x, f.text);
	return contents == 1 || packings == 1;
}

void index_save(struct index *x)
{
	bool saved = save_cache(x);

	for (struct file_index *i = x->files; i; i = i->next)
		saved = save_files(x, i->rows) || saved;
	if (saved)
		sweep(x);
}

void index_close(struct index *x)
{
	if (!x)
		return;
	index_save(x);
	for (struct file_index *i = x->files, *next; i; i = next) {
		next = i->next;
		flat_free(i->rows);
		free(i);
	}
	contents_free(x->contents);
	packings_free(x->packings);
	cachedb_free(x->cache);
	if (x->dirfd >= 0)
		close(x->dirfd);
	free(x->dir);
	free(x);
}

const char *index_warning(const struct index *x)
{
	return x->warning[0] ? x->warning : cachedb_note(x->cache);
}

int index_files(struct file_index **out, struct index *x, const char *root, struct fail *f)
{
	struct xxh128 h = xxh_bytes(root, strlen(root));
	char name[sizeof x->files->name];

	snprintf(name, sizeof name, "files-%016llx.idx", (unsigned long long)h.low);
	for (struct file_index *i = x->files; i; i = i->next) {
		if (strcmp(i->name, name) == 0) {
			*out = i;
			return 0;
		}
	}
	struct file_index *i = xcalloc(1, sizeof *i);
	memcpy(i->name, name, sizeof name);
	if (flat_open(&i->rows, x->dirfd, name, &file_format, f) < 0) {
		free(i);
		fail_wrap(f, "%s", x->dir);
		return refuse(f, x->dir, name);
	}
	flat_load(i->rows);
	i->next = x->files;
	x->files = i;
	*out = i;
	return 0;
}

static bool same_stamp(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
		a->device == b->device;
}

bool file_index_find(const struct file_index *i, const char *path, const struct file_stamp *s,
                     struct known_content *out)
{
	const struct file_row *row = flat_find(i->rows, xxh_bytes(path, strlen(path)));

	if (!row || !same_stamp(&row->stamp, s))
		return false;
	memcpy(out->sha256, row->sha256, SHA256_SIZE);
	out->verdict = row->verdict;
	return true;
}

void file_index_add(struct file_index *i, const char *path, const struct file_stamp *s, int64_t read_ns,
                    const struct known_content *known)
{
	int64_t newest = s->mtime_ns > s->ctime_ns ? s->mtime_ns : s->ctime_ns;

	if (newest > read_ns - INDEX_RACY_NS)
		return;
	struct file_row row = { .key = xxh_bytes(path, strlen(path)), .stamp = *s, .verdict = known->verdict };
	memcpy(row.sha256, known->sha256, SHA256_SIZE);
	flat_add(i->rows, &row);
}

void index_load_contents(struct index *x)
{
	contents_load(x->contents);
}

bool index_content(const struct index *x, struct xxh128 key, uint64_t size, struct known_content *out)
{
	return contents_find(x->contents, key, size, out);
}

void index_learn(struct index *x, struct xxh128 key, uint64_t size, const struct known_content *known)
{
	contents_learn(x->contents, key, size, known);
}

bool index_has_size(const struct index *x, uint64_t size)
{
	return contents_has_size(x->contents, size);
}

bool index_packing(struct index *x, const uint8_t sha256[SHA256_SIZE], uint64_t size, struct gzipped *out)
{
	return packings_find(x->packings, sha256, size, out);
}

void index_learn_packing(struct index *x, const uint8_t sha256[SHA256_SIZE], uint64_t size, const struct gzipped *gz)
{
	packings_learn(x->packings, sha256, size, gz);
}
