#include "dist/contents.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/db.h"
#include "base/mem.h"
#include "dist/cachedb.h"
#include "dist/index.h"
#include "dist/secret_scan.h"

#define KEY_SIZE 24
#define SIZE_BITS ((size_t)1 << 16)

struct row {
	uint8_t key[KEY_SIZE];          /* XXH3-128, then size, most significant byte first: sorts as the table does */
	struct known_content known;
	int64_t used_s;
};

struct contents {
	struct cachedb *cache;
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
};

static void make_key(uint8_t out[KEY_SIZE], struct xxh128 key, uint64_t size)
{
	cachedb_put_be64(out, key.high);
	cachedb_put_be64(out + 8, key.low);
	cachedb_put_be64(out + 16, size);
}

static uint64_t row_size(const struct row *r)
{
	return cachedb_get_be64(r->key + 16);
}

static int64_t seal_of(const struct row *r)
{
	uint8_t all[KEY_SIZE + SHA256_SIZE + 8];

	memcpy(all, r->key, KEY_SIZE);
	memcpy(all + KEY_SIZE, r->known.sha256, SHA256_SIZE);
	cachedb_put_be64(all + KEY_SIZE + SHA256_SIZE, (uint64_t)SECRET_RULES << 32 | r->known.verdict);
	return (int64_t)xxh_bytes(all, sizeof all).low;
}

struct contents *contents_new(struct cachedb *cache)
{
	struct contents *c = xcalloc(1, sizeof *c);

	c->cache = cache;
	pthread_mutex_init(&c->lock, NULL);
	return c;
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
	free(c);
}

/* ---- loading ---- */

static size_t find_slot(const struct contents *c, const uint8_t key[KEY_SIZE])
{
	size_t i = (size_t)(cachedb_get_be64(key + 8) * 0x9E3779B97F4A7C15U >> 32) & (c->slot_count - 1);

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
	cachedb_put_be64(r.key + 16, (uint64_t)db_int(q, 1));
	memcpy(r.known.sha256, sha, sha_len);
	if (seal_of(&r) != db_int(q, 5))
		return;
	c->rows = vec_grow(c->rows, &c->cap, c->count + 1, sizeof *c->rows);
	c->rows[c->count++] = r;
}

static int read_rows(void *arg, struct db *d, struct fail *f)
{
	struct db_row *q;
	int rc;

	if (db_query(d, &q, f, "SELECT xxh, size, sha256, verdict, used_s, seal FROM content", "") < 0)
		return -1;
	while ((rc = db_next(q, f)) == 1)
		take_row(arg, q);
	db_done(q);
	return rc;
}

void contents_load(struct contents *c)
{
	if (c->loaded)
		return;
	c->loaded = true;
	if (!cachedb_read(c->cache, read_rows, c))
		c->count = 0;
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
	return c->used[i] && c->rows[i].used_s < now_s - CACHEDB_TOUCH_S;
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
	if (c->oldest_s < now_s - CACHEDB_FORGET_S &&
		db_run(d, f, "DELETE FROM content WHERE used_s < ?", "i", now_s - CACHEDB_FORGET_S) < 0)
		return -1;
	if (c->count + c->added_count <= CACHEDB_ROWS_MOST)
		return 0;
	return db_run(d, f, "DELETE FROM content WHERE used_s <"
		" (SELECT used_s FROM content ORDER BY used_s DESC LIMIT 1 OFFSET ?)", "i", (int64_t)CACHEDB_ROWS_MOST);
}

struct saving {
	const struct contents *c;
	int64_t now_s;
};

static int write_rows(void *arg, struct db *d, struct fail *f)
{
	const struct saving *s = arg;
	const struct contents *c = s->c;

	for (size_t i = 0; i < c->added_count; i++)
		if (put_row(d, &c->added[i], s->now_s, f) < 0)
			return -1;
	for (size_t i = 0; i < c->count; i++)
		if (wants_touch(c, i, s->now_s) && db_run(d, f, "UPDATE content SET used_s = ? WHERE xxh = ? AND size = ?",
			"ibi", s->now_s, c->rows[i].key, sizeof(struct xxh128), (int64_t)row_size(&c->rows[i])) < 0)
			return -1;
	return shed(c, d, s->now_s, f);
}

int contents_save(struct contents *c, struct fail *f)
{
	struct saving s = { .c = c, .now_s = clock_wall_s() };

	if (!has_changed(c, s.now_s))
		return 0;
	if (c->added_count > 0)
		qsort(c->added, c->added_count, sizeof *c->added, compare_rows);
	if (cachedb_write(c->cache, write_rows, &s, f) < 0)
		return -1;
	c->added_count = 0;
	if (c->used)
		memset(c->used, 0, c->count);
	return 1;
}
