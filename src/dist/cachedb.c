#include "dist/cachedb.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define APP 0x736C7763                  /* "slwc" */
#define VERSION 2

/* What has an older format goes. */
static const char schema[] =
	"DROP TABLE IF EXISTS content;"
	"DROP TABLE IF EXISTS packing;"
	"CREATE TABLE content ("
	" xxh BLOB NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL, verdict INTEGER NOT NULL,"
	" used_s INTEGER NOT NULL, seal INTEGER NOT NULL,"
	" PRIMARY KEY (xxh, size)) WITHOUT ROWID;"
	"CREATE TABLE packing ("
	" sha256 BLOB NOT NULL, compressor TEXT NOT NULL, gz_sha256 BLOB NOT NULL, gz_size INTEGER NOT NULL,"
	" used_s INTEGER NOT NULL, seal INTEGER NOT NULL,"
	" PRIMARY KEY (sha256, compressor)) WITHOUT ROWID";

struct cachedb {
	char *path;
	char note[300];
};

void cachedb_put_be64(uint8_t out[8], uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> (56 - 8 * i));
}

uint64_t cachedb_get_be64(const uint8_t in[8])
{
	uint64_t value = 0;

	for (size_t i = 0; i < 8; i++)
		value = value << 8 | in[i];
	return value;
}

int cachedb_make_dir(const char *dir, struct fail *f)
{
	struct stat st;
	int fd;

	if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (file_mkdirs(AT_FDCWD, dir, 0700, f) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		struct fail ignored = FAIL_INIT;
		file_replace(fd, ".gitignore", "*\n", 2, 0, &ignored);
		close(fd);
	}
	return 0;
}

int cachedb_open(struct cachedb **out, const char *dir, struct fail *f)
{
	struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "%s/" CACHEDB_NAME, dir);
	if (db_peek(path.buf, APP, VERSION, f) < 0) {
		strbuf_clear(&path);
		return -1;
	}
	struct cachedb *c = xcalloc(1, sizeof *c);
	c->path = strbuf_detach(&path);
	*out = c;
	return 0;
}

void cachedb_free(struct cachedb *c)
{
	if (!c)
		return;
	free(c->path);
	free(c);
}

const char *cachedb_note(const struct cachedb *c)
{
	return c->note[0] ? c->note : NULL;
}

static struct stat identify(const struct cachedb *c)
{
	struct stat st = { .st_ino = 0 };

	if (stat(c->path, &st) < 0)
		st.st_ino = 0;
	return st;
}

/* Another process may have made it anew already: only the file that was found damaged is removed. */
static void discard(struct cachedb *c, const struct stat *damaged)
{
	struct stat now = identify(c);
	struct strbuf path = STRBUF_INIT;

	if (now.st_ino == damaged->st_ino && now.st_dev == damaged->st_dev) {
		strbuf_addf(&path, "%s-journal", c->path);
		unlink(path.buf);
		unlink(c->path);
	}
	strbuf_clear(&path);
	strbuf_addescaped(&path, c->path, strlen(c->path));
	snprintf(c->note, sizeof c->note, "%.220s was damaged; the cache is made anew", path.buf);
	strbuf_clear(&path);
}

/* To be written if it may be: what a killed process left half done is then undone. */
static int open_to_read(struct db **d, const struct cachedb *c, struct fail *f)
{
	if (db_open(d, c->path, APP, VERSION, schema, DB_SYNC_OFF, f) == 0)
		return 0;
	if (f->kind == FAIL_CORRUPT)
		return -1;
	return db_open(d, c->path, APP, VERSION, schema, DB_READ_ONLY, f);
}

bool cachedb_read(struct cachedb *c, int (*read)(void *arg, struct db *d, struct fail *f), void *arg)
{
	struct fail f = FAIL_INIT;
	struct db *d = NULL;
	struct stat st = identify(c);

	if (st.st_ino == 0)
		return true;
	int rc = open_to_read(&d, c, &f);
	if (rc == 0)
		rc = read(arg, d, &f);
	db_close(d);
	if (rc < 0 && f.kind == FAIL_CORRUPT)
		discard(c, &st);
	return rc == 0;
}

static int write_once(const struct cachedb *c, int (*write)(void *arg, struct db *d, struct fail *f), void *arg,
	struct fail *f)
{
	struct db *d;

	if (db_open(&d, c->path, APP, VERSION, schema, DB_SYNC_OFF, f) < 0)
		return -1;
	int rc = db_exec(d, "BEGIN IMMEDIATE", f);
	if (rc == 0)
		rc = write(arg, d, f);
	if (rc == 0)
		rc = db_exec(d, "COMMIT", f);
	if (rc < 0) {
		struct fail ignored = FAIL_INIT;
		db_exec(d, "ROLLBACK", &ignored);
	}
	db_close(d);
	return rc;
}

int cachedb_write(struct cachedb *c, int (*write)(void *arg, struct db *d, struct fail *f), void *arg, struct fail *f)
{
	struct stat st = identify(c);
	int rc = write_once(c, write, arg, f);

	if (rc < 0 && f->kind == FAIL_CORRUPT) {
		discard(c, &st);
		rc = write_once(c, write, arg, f);
	}
	return rc;
}
