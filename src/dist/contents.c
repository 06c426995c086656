#include "dist/contents.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/db.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "dist/index.h"
#include "dist/secret_scan.h"

#define APP 0x736C7763                  /* "slwc" */
#define VERSION 1
#define KEY_SIZE 24
#define SIZE_BITS ((size_t)1 << 16)
#define TOUCH_S ((int64_t)7 * 86400)    /* used_s is coarse: a run that only reads seldom writes */
#define FORGET_S ((int64_t)90 * 86400)
#define MAX_ROWS 1000000

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS content ("
	" xxh BLOB NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL, verdict INTEGER NOT NULL,"
	" gz_sha256 BLOB, gz_size INTEGER, used_s INTEGER NOT NULL, seal INTEGER NOT NULL,"
	" PRIMARY KEY (xxh, size)) WITHOUT ROWID";

struct row {
	uint8_t key[KEY_SIZE];          /* XXH3-128, then size, most significant byte first: sorts as the table does */
	struct known_content known;
	int64_t used_s;
};

struct contents {
	char *path;
	bool loaded;
	struct row *rows;
	size_t count, cap;
	uint32_t *slots;                /* row number + 1, open addressing; a power of two */
	size_t slot_count;
	uint8_t *used;                  /* a byte a row: set by whoever finds it */
	uint8_t *sizes;                 /* a bit a hash of each known size */
	int64_t oldest_s;
	pthread_mutex_t lock;           /* guards added */
	struct row *added;
	size_t added_count, added_cap;
	char note[300];
};

static void put_be64(uint8_t out[8], uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t get_be64(const uint8_t in[8])
{
	uint64_t value = 0;

	for (size_t i = 0; i < 8; i++)
		value = value << 8 | in[i];
	return value;
}

static void make_key(uint8_t out[KEY_SIZE], struct xxh128 key, uint64_t size)
{
	put_be64(out, key.high);
	put_be64(out + 8, key.low);
	put_be64(out + 16, size);
}

static uint64_t row_size(const struct row *r)
{
	return get_be64(r->key + 16);
}

static int64_t seal_of(const struct row *r)
{
	uint8_t all[KEY_SIZE + SHA256_SIZE + 8];

	memcpy(all, r->key, KEY_SIZE);
	memcpy(all + KEY_SIZE, r->known.sha256, SHA256_SIZE);
	put_be64(all + KEY_SIZE + SHA256_SIZE, (uint64_t)SECRET_RULES << 32 | r->known.verdict);
	return (int64_t)xxh_bytes(all, sizeof all).low;
}

int contents_open(struct contents **out, const char *dir, struct fail *f)
{
	struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "%s/" CONTENTS_NAME, dir);
	if (db_peek(path.buf, APP, VERSION, f) < 0) {
		strbuf_clear(&path);
		return -1;
	}
	struct contents *c = xcalloc(1, sizeof *c);
	c->path = strbuf_detach(&path);
	pthread_mutex_init(&c->lock, NULL);
	*out = c;
	return 0;
}

void contents_free(struct contents *c)
{
	if (!c)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c->rows);
	free(c->slots);
	free(c->used);
	free(c->sizes);
	free(c->added);
	free(c->path);
	free(c);
}

const char *contents_note(const struct contents *c)
{
	return c->note[0] ? c->note : NULL;
}

static struct stat identify(const struct contents *c)
{
	struct stat st = { .st_ino = 0 };

	if (stat(c->path, &st) < 0)
		st.st_ino = 0;
	return st;
}

/* Another process may have made it anew already: only the file that was found damaged is removed. */
static void discard(struct contents *c, const struct stat *damaged)
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

/* ---- loading ---- */

static size_t find_slot(const struct contents *c, const uint8_t key[KEY_SIZE])
{
	size_t i = (size_t)(get_be64(key + 8) * 0x9E3779B97F4A7C15U >> 32) & (c->slot_count - 1);

	while (c->slots[i] && memcmp(c->rows[c->slots[i] - 1].key, key, KEY_SIZE) != 0)
		i = (i + 1) & (c->slot_count - 1);
	return i;
}

static size_t size_bit(uint64_t size)
{
	return (size_t)((size * 0x9E3779B97F4A7C15U) >> 48) & (SIZE_BITS - 1);
}

static void arrange(struct contents *c)
{
	c->slot_count = 16;
	while (c->slot_count < c->count + c->count / 2)
		c->slot_count *= 2;
	c->slots = xcalloc(c->slot_count, sizeof *c->slots);
	c->used = xcalloc(c->count, 1);
	c->sizes = xcalloc(SIZE_BITS / 8, 1);
	for (size_t i = 0; i < c->count; i++) {
		size_t bit = size_bit(row_size(&c->rows[i]));
		c->sizes[bit / 8] |= (uint8_t)(1U << bit % 8);
		c->slots[find_slot(c, c->rows[i].key)] = (uint32_t)i + 1;
	}
}

static void take_row(struct contents *c, struct db_row *q)
{
	size_t xxh_len, sha_len;
	const void *xxh = db_blob(q, 0, &xxh_len), *sha = db_blob(q, 2, &sha_len);
	struct row r = { .known.verdict = (uint32_t)db_int(q, 3), .used_s = db_int(q, 4) };

	if (c->oldest_s == 0 || r.used_s < c->oldest_s)
		c->oldest_s = r.used_s;
	if (xxh_len != sizeof(struct xxh128) || sha_len != SHA256_SIZE)
		return;
	memcpy(r.key, xxh, xxh_len);
	put_be64(r.key + 16, (uint64_t)db_int(q, 1));
	memcpy(r.known.sha256, sha, sha_len);
	if (seal_of(&r) != db_int(q, 5))
		return;
	c->rows = vec_grow(c->rows, &c->cap, c->count + 1, sizeof *c->rows);
	c->rows[c->count++] = r;
}

static int read_rows(struct contents *c, struct db *d, struct fail *f)
{
	struct db_row *q;
	int rc;

	if (db_query(d, &q, f, "SELECT xxh, size, sha256, verdict, used_s, seal FROM content", "") < 0)
		return -1;
	while ((rc = db_next(q, f)) == 1)
		take_row(c, q);
	db_done(q);
	return rc;
}

/* To be written if it may be: what a killed process left half done is then undone. */
static int open_to_read(struct db **d, const struct contents *c, struct fail *f)
{
	if (db_open(d, c->path, APP, VERSION, schema, DB_SYNC_OFF, f) == 0)
		return 0;
	if (f->kind == FAIL_CORRUPT)
		return -1;
	return db_open(d, c->path, APP, VERSION, schema, DB_READ_ONLY, f);
}

void contents_load(struct contents *c)
{
	struct fail f = FAIL_INIT;
	struct db *d = NULL;

	if (c->loaded)
		return;
	c->loaded = true;
	struct stat st = identify(c);
	int rc = st.st_ino == 0 ? 0 : open_to_read(&d, c, &f);
	if (rc == 0 && d)
		rc = read_rows(c, d, &f);
	db_close(d);
	if (rc < 0) {
		c->count = 0;
		if (f.kind == FAIL_CORRUPT)
			discard(c, &st);
	}
	arrange(c);
}

bool contents_find(const struct contents *c, struct xxh128 key, uint64_t size, struct known_content *out)
{
	uint8_t wanted[KEY_SIZE];

	make_key(wanted, key, size);
	uint32_t found = c->slots[find_slot(c, wanted)];
	if (!found)
		return false;
	__atomic_store_n(&c->used[found - 1], 1, __ATOMIC_RELAXED);
	*out = c->rows[found - 1].known;
	return true;
}

bool contents_has_size(const struct contents *c, uint64_t size)
{
	size_t bit = size_bit(size);

	return c->sizes[bit / 8] >> bit % 8 & 1;
}

/* ---- saving ---- */

void contents_learn(struct contents *c, struct xxh128 key, uint64_t size, const struct known_content *known)
{
	struct row r = { .known = *known };

	make_key(r.key, key, size);
	pthread_mutex_lock(&c->lock);
	c->added = vec_grow(c->added, &c->added_cap, c->added_count + 1, sizeof *c->added);
	c->added[c->added_count++] = r;
	pthread_mutex_unlock(&c->lock);
}

static bool wants_touch(const struct contents *c, size_t i, int64_t now_s)
{
	return c->used[i] && c->rows[i].used_s < now_s - TOUCH_S;
}

static bool has_changed(const struct contents *c, int64_t now_s)
{
	if (c->added_count > 0)
		return true;
	for (size_t i = 0; i < c->count; i++)
		if (wants_touch(c, i, now_s))
			return true;
	return false;
}

static int compare_rows(const void *a, const void *b)
{
	return memcmp(((const struct row *)a)->key, ((const struct row *)b)->key, KEY_SIZE);
}

static int put_row(struct db *d, const struct row *r, int64_t now_s, struct fail *f)
{
	return db_run(d, f, "INSERT INTO content (xxh, size, sha256, verdict, used_s, seal) VALUES (?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (xxh, size) DO UPDATE SET sha256 = excluded.sha256, verdict = excluded.verdict,"
		" used_s = excluded.used_s, seal = excluded.seal", "bibiii", r->key, sizeof(struct xxh128),
		(int64_t)row_size(r), r->known.sha256, (size_t)SHA256_SIZE, (int64_t)r->known.verdict, now_s, seal_of(r));
}

static int shed(const struct contents *c, struct db *d, int64_t now_s, struct fail *f)
{
	if (c->oldest_s < now_s - FORGET_S &&
		db_run(d, f, "DELETE FROM content WHERE used_s < ?", "i", now_s - FORGET_S) < 0)
		return -1;
	if (c->count + c->added_count <= MAX_ROWS)
		return 0;
	return db_run(d, f, "DELETE FROM content WHERE used_s <"
		" (SELECT used_s FROM content ORDER BY used_s DESC LIMIT 1 OFFSET ?)", "i", (int64_t)MAX_ROWS);
}

static int write_rows(const struct contents *c, struct db *d, int64_t now_s, struct fail *f)
{
	if (db_exec(d, "BEGIN IMMEDIATE", f) < 0)
		return -1;
	for (size_t i = 0; i < c->added_count; i++)
		if (put_row(d, &c->added[i], now_s, f) < 0)
			return -1;
	for (size_t i = 0; i < c->count; i++)
		if (wants_touch(c, i, now_s) && db_run(d, f, "UPDATE content SET used_s = ? WHERE xxh = ? AND size = ?", "ibi",
			now_s, c->rows[i].key, sizeof(struct xxh128), (int64_t)row_size(&c->rows[i])) < 0)
			return -1;
	return shed(c, d, now_s, f) < 0 ? -1 : db_exec(d, "COMMIT", f);
}

static int save_once(const struct contents *c, int64_t now_s, struct fail *f)
{
	struct db *d;

	if (db_open(&d, c->path, APP, VERSION, schema, DB_SYNC_OFF, f) < 0)
		return -1;
	int rc = write_rows(c, d, now_s, f);
	if (rc < 0) {
		struct fail ignored = FAIL_INIT;
		db_exec(d, "ROLLBACK", &ignored);
	}
	db_close(d);
	return rc;
}

int contents_save(struct contents *c, struct fail *f)
{
	int64_t now_s = clock_wall_s();

	if (!has_changed(c, now_s))
		return 0;
	if (c->added_count > 0)
		qsort(c->added, c->added_count, sizeof *c->added, compare_rows);
	struct stat st = identify(c);
	int rc = save_once(c, now_s, f);
	if (rc < 0 && f->kind == FAIL_CORRUPT) {
		discard(c, &st);
		rc = save_once(c, now_s, f);
	}
	if (rc < 0)
		return -1;
	c->added_count = 0;
	if (c->used)
		memset(c->used, 0, c->count);
	return 1;
}
