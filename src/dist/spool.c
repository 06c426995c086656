#include "dist/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "dist/cachedb.h"

#define TOTAL "total"
#define ASIDE "aside-"
#define LITTER_S 3600                   /* a file written aside that is this old was left by a process that died */
#define TOUCH_S 3600
#define COUNT_S 86400
#define BLOCK ((size_t)256 * 1024)
#define PATH_SIZE (2 + SHA256_HEX)      /* "a/" and the digest */

struct spool {
	int dirfd;
	uint64_t limit;
	uint64_t run;                   /* random: part of the names of files written aside */
	atomic_ullong files, written;   /* begun and written (bytes) by this run */
};

int spool_new(struct spool **out, const char *dir, uint64_t limit, struct fail *f)
{
	struct strbuf path = STRBUF_INIT;
	struct spool *s = NULL;

	strbuf_addf(&path, "%s/" SPOOL_NAME, dir);
	int rc = cachedb_make_dir(dir, f);
	if (rc == 0)
		rc = file_mkdirs(AT_FDCWD, path.buf, 0700, f);
	if (rc == 0) {
		s = xcalloc(1, sizeof *s);
		s->limit = limit;
		if (getrandom(&s->run, sizeof s->run, 0) != (ssize_t)sizeof s->run)
			s->run = (uint64_t)getpid() << 32 ^ (uint64_t)clock_wall_ns();
		s->dirfd = open(path.buf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (s->dirfd < 0)
			rc = fail_errno(f, errno, "cannot open the spool");
	}
	strbuf_clear(&path);
	if (rc < 0)
		free(s);
	else
		*out = s;
	return rc;
}

static void path_of(char out[PATH_SIZE], const uint8_t sha256[SHA256_SIZE])
{
	hex_encode(out + 2, sha256, SHA256_SIZE);
	out[0] = out[2];
	out[1] = '/';
}

/* ---- reading ---- */

static bool holds(int fd, const struct gzipped *what)
{
	struct sha256 *sha = sha256_new();
	char *block = xmalloc(BLOCK);
	uint8_t found[SHA256_SIZE];
	uint64_t size = 0;
	ssize_t n;

	while ((n = file_read_full(fd, block, BLOCK)) > 0) {
		sha256_update(sha, block, (size_t)n);
		size += (uint64_t)n;
	}
	sha256_final(sha, found);
	sha256_free(sha);
	free(block);
	return n == 0 && size == what->size && memcmp(found, what->sha256, SHA256_SIZE) == 0;
}

int spool_open(struct spool *s, const struct gzipped *what, bool verify)
{
	char path[PATH_SIZE];
	struct stat st;

	path_of(path, what->sha256);
	int fd = openat(s->dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != what->size ||
		(verify && !holds(fd, what))) {
		unlinkat(s->dirfd, path, 0);
		close(fd);
		return -1;
	}
	if (st.st_mtim.tv_sec < clock_wall_s() - TOUCH_S)
		futimens(fd, NULL);
	return fd;
}

/* ---- writing ---- */

static int fail_spool(struct fail *f, const char *what)
{
	return fail_errno(f, errno, "cannot %s a file of the spool", what);
}

int spool_begin(struct spool *s, struct spool_file *file, struct fail *f)
{
	snprintf(file->name, sizeof file->name, ASIDE "%016llx-%llx", (unsigned long long)s->run,
		atomic_fetch_add(&s->files, 1));
	file->fd = openat(s->dirfd, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return file->fd < 0 ? fail_spool(f, "create") : 0;
}

void spool_abandon(struct spool *s, struct spool_file *file)
{
	close(file->fd);
	unlinkat(s->dirfd, file->name, 0);
}

int spool_commit(struct spool *s, struct spool_file *file, const struct gzipped *what, struct fail *f)
{
	char path[PATH_SIZE];

	path_of(path, what->sha256);
	int rc = renameat(s->dirfd, file->name, s->dirfd, path);
	if (rc < 0 && errno == ENOENT) {
		path[1] = '\0';
		mkdirat(s->dirfd, path, 0700);
		path[1] = '/';
		rc = renameat(s->dirfd, file->name, s->dirfd, path);
	}
	if (rc < 0) {
		fail_spool(f, "rename");
		spool_abandon(s, file);
		return -1;
	}
	close(file->fd);
	atomic_fetch_add(&s->written, what->size);
	return 0;
}

/* ---- the bound ---- */

struct kept {
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;
	int64_t used_ns;
};

struct survey {
	struct kept *items;
	size_t count, cap;
	uint64_t total;
};

static DIR *open_dir(int root, const char *name)
{
	int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static void survey_shard(struct survey *v, int root, const char *name)
{
	DIR *dir = open_dir(root, name);
	struct kept k;
	struct stat st;

	if (!dir)
		return;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (strlen(e->d_name) != SHA256_HEX - 1 || !hex_decode(k.sha256, e->d_name, SHA256_SIZE) ||
			fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		k.size = (uint64_t)st.st_size;
		k.used_ns = file_mtime_ns(&st);
		v->items = vec_grow(v->items, &v->cap, v->count + 1, sizeof *v->items);
		v->items[v->count++] = k;
		v->total += k.size;
	}
	closedir(dir);
}

static int by_use(const void *a, const void *b)
{
	int64_t x = ((const struct kept *)a)->used_ns, y = ((const struct kept *)b)->used_ns;

	return (x > y) - (x < y);
}

/* Down to a little less than the limit, or every run from here on would have to look again. */
static uint64_t evict(const struct spool *s)
{
	struct survey v = { .items = NULL };

	for (const char *digit = "0123456789abcdef"; *digit; digit++)
		survey_shard(&v, s->dirfd, (char[]){ *digit, '\0' });
	if (v.total > s->limit) {
		qsort(v.items, v.count, sizeof *v.items, by_use);
		for (size_t i = 0; i < v.count && v.total > s->limit - s->limit / 8; i++) {
			char path[PATH_SIZE];
			path_of(path, v.items[i].sha256);
			if (unlinkat(s->dirfd, path, 0) == 0 || errno == ENOENT)
				v.total -= v.items[i].size;
		}
	}
	free(v.items);
	return v.total;
}

/* False: not known, or counted too long ago. The file's mtime is that of the count: adding to it sets it back. */
static bool read_total(const struct spool *s, uint64_t *total, struct stat *st)
{
	struct strbuf text = STRBUF_INIT;
	struct fail ignored = FAIL_INIT;
	char *end = NULL;

	bool known = file_read(&text, s->dirfd, TOTAL, 32, FILE_NOFOLLOW, &ignored) == 0 &&
		fstatat(s->dirfd, TOTAL, st, AT_SYMLINK_NOFOLLOW) == 0;
	if (known) {
		*total = strtoull(text.buf, &end, 10);
		known = end != text.buf && *end == '\n' && llabs(clock_wall_s() - st->st_mtim.tv_sec) < COUNT_S;
	}
	strbuf_clear(&text);
	return known;
}

static void write_total(const struct spool *s, uint64_t total, const struct stat *counted)
{
	struct fail ignored = FAIL_INIT;
	char text[32];
	int n = snprintf(text, sizeof text, "%llu\n", (unsigned long long)total);

	if (file_replace(s->dirfd, TOTAL, text, (size_t)n, FILE_PRIVATE, &ignored) == 0 && counted) {
		const struct timespec times[2] = { counted->st_mtim, counted->st_mtim };
		utimensat(s->dirfd, TOTAL, times, AT_SYMLINK_NOFOLLOW);
	}
}

static void sweep_litter(const struct spool *s)
{
	DIR *dir = open_dir(s->dirfd, ".");
	struct stat st;

	if (!dir)
		return;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		bool aside = strncmp(e->d_name, ASIDE, sizeof ASIDE - 1) == 0 || strncmp(e->d_name, ".slipway-", 9) == 0;
		if (aside && fstatat(s->dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			clock_wall_s() - st.st_mtim.tv_sec > LITTER_S)
			unlinkat(s->dirfd, e->d_name, 0);
	}
	closedir(dir);
}

void spool_free(struct spool *s)
{
	uint64_t total = 0, written;
	struct stat counted;

	if (!s)
		return;
	written = atomic_load(&s->written);
	if (written > 0) {
		bool known = read_total(s, &total, &counted);
		if (known && total + written <= s->limit)
			write_total(s, total + written, &counted);
		else
			write_total(s, evict(s), NULL);
		sweep_litter(s);
	}
	close(s->dirfd);
	free(s);
}
