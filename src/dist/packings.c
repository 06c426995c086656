#include "dist/packings.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dist/cachedb.h"
#include "dist/xxh.h"

struct row {
	uint8_t sha256[SHA256_SIZE];
	struct gzipped gz;
	int64_t used_s;
	bool large;                     /* which of the two compressors made it */
	bool used;
};

struct packings {
	struct cachedb *cache;
	char ids[2][GZIP_ID_SIZE];      /* of the compressors, by `large` */
	bool loaded;
	struct row *rows;               /* sorted by compressor, then by SHA-256, as the query gives them */
	size_t count, cap, large_from;
	struct row *added;
	size_t added_count, added_cap;
	int64_t oldest_s;
};

static int64_t seal_of(const struct packings *p, const struct row *r)
{
	uint8_t all[SHA256_SIZE * 2 + 8 + GZIP_ID_SIZE] = { 0 };
	const char *id = p->ids[r->large];

	memcpy(all, r->sha256, SHA256_SIZE);
	memcpy(all + SHA256_SIZE, r->gz.sha256, SHA256_SIZE);
	cachedb_put_be64(all + SHA256_SIZE * 2, r->gz.size);
	memcpy(all + SHA256_SIZE * 2 + 8, id, strlen(id));
	return (int64_t)xxh_bytes(all, sizeof all).low;
}

struct packings *packings_new(struct cachedb *cache)
{
	struct packings *p = xcalloc(1, sizeof *p);

	p->cache = cache;
	gzip_id(p->ids[0], 0);
	gzip_id(p->ids[1], UINT64_MAX);
	return p;
}

void packings_free(struct packings *p)
{
	if (!p)
		return;
	free(p->rows);
	free(p->added);
	free(p);
}

/* ---- loading ---- */

static void take_row(struct packings *p, struct db_row *q, bool large)
{
	size_t sha_len, gz_len;
	const void *sha = db_blob(q, 0, &sha_len), *gz = db_blob(q, 1, &gz_len);
	struct row r = { .gz.size = (uint64_t)db_int(q, 2), .used_s = db_int(q, 3), .large = large };

	if (p->oldest_s == 0 || r.used_s < p->oldest_s)
		p->oldest_s = r.used_s;
	if (sha_len != SHA256_SIZE || gz_len != SHA256_SIZE)
		return;
	memcpy(r.sha256, sha, sha_len);
	memcpy(r.gz.sha256, gz, gz_len);
	if (seal_of(p, &r) != db_int(q, 4))
		return;
	p->rows = vec_grow(p->rows, &p->cap, p->count + 1, sizeof *p->rows);
	p->rows[p->count++] = r;
}

static int read_rows(void *arg, struct db *d, struct fail *f)
{
	struct packings *p = arg;
	int rc = 0;

	for (int large = 0; rc == 0 && large < 2; large++) {
		struct db_row *q;
		p->large_from = p->count;
		if (db_query(d, &q, f, "SELECT sha256, gz_sha256, gz_size, used_s, seal FROM packing WHERE compressor = ?"
			" ORDER BY sha256", "s", p->ids[large]) < 0)
			return -1;
		while ((rc = db_next(q, f)) == 1)
			take_row(p, q, large == 1);
		db_done(q);
	}
	return rc;
}

static void load(struct packings *p)
{
	p->loaded = true;
	if (!cachedb_read(p->cache, read_rows, p))
		p->count = 0;
	if (p->large_from > p->count)
		p->large_from = p->count;
}

static int compare_rows(const void *a, const void *b)
{
	return memcmp(((const struct row *)a)->sha256, ((const struct row *)b)->sha256, SHA256_SIZE);
}

bool packings_find(struct packings *p, const uint8_t sha256[SHA256_SIZE], uint64_t size, struct gzipped *out)
{
	struct row wanted = { .large = size > GZIP_WHOLE_MOST };

	if (!p->loaded)
		load(p);
	size_t from = wanted.large ? p->large_from : 0, to = wanted.large ? p->count : p->large_from;
	if (from == to)
		return false;
	memcpy(wanted.sha256, sha256, SHA256_SIZE);
	struct row *r = bsearch(&wanted, p->rows + from, to - from, sizeof *r, compare_rows);
	if (!r)
		return false;
	r->used = true;
	*out = r->gz;
	return true;
}

/* ---- saving ---- */

void packings_learn(struct packings *p, const uint8_t sha256[SHA256_SIZE], uint64_t size, const struct gzipped *gz)
{
	struct row r = { .gz = *gz, .large = size > GZIP_WHOLE_MOST };

	memcpy(r.sha256, sha256, SHA256_SIZE);
	p->added = vec_grow(p->added, &p->added_cap, p->added_count + 1, sizeof *p->added);
	p->added[p->added_count++] = r;
}

static bool wants_touch(const struct row *r, int64_t now_s)
{
	return r->used && r->used_s < now_s - CACHEDB_TOUCH_S;
}

static bool has_changed(const struct packings *p, int64_t now_s)
{
	if (p->added_count > 0)
		return true;
	for (size_t i = 0; i < p->count; i++)
		if (wants_touch(&p->rows[i], now_s))
			return true;
	return false;
}

static int put_row(const struct packings *p, struct db *d, const struct row *r, int64_t now_s, struct fail *f)
{
	return db_run(d, f, "INSERT OR REPLACE INTO packing (sha256, compressor, gz_sha256, gz_size, used_s, seal)"
		" VALUES (?, ?, ?, ?, ?, ?)", "bsbiii", r->sha256, (size_t)SHA256_SIZE, p->ids[r->large], r->gz.sha256,
		(size_t)SHA256_SIZE, (int64_t)r->gz.size, now_s, seal_of(p, r));
}

static int shed(const struct packings *p, struct db *d, int64_t now_s, struct fail *f)
{
	/* Rows of other compressors go along. */
	if (p->oldest_s < now_s - CACHEDB_FORGET_S &&
		db_run(d, f, "DELETE FROM packing WHERE used_s < ?", "i", now_s - CACHEDB_FORGET_S) < 0)
		return -1;
	if (p->count + p->added_count <= CACHEDB_ROWS_MOST)
		return 0;
	return db_run(d, f, "DELETE FROM packing WHERE used_s <"
		" (SELECT used_s FROM packing ORDER BY used_s DESC LIMIT 1 OFFSET ?)", "i", (int64_t)CACHEDB_ROWS_MOST);
}

struct saving {
	const struct packings *p;
	int64_t now_s;
};

static int write_rows(void *arg, struct db *d, struct fail *f)
{
	const struct saving *s = arg;
	const struct packings *p = s->p;

	for (size_t i = 0; i < p->added_count; i++)
		if (put_row(p, d, &p->added[i], s->now_s, f) < 0)
			return -1;
	for (size_t i = 0; i < p->count; i++)
		if (wants_touch(&p->rows[i], s->now_s) && db_run(d, f, "UPDATE packing SET used_s = ? WHERE sha256 = ?"
			" AND compressor = ?", "ibs", s->now_s, p->rows[i].sha256, (size_t)SHA256_SIZE,
			p->ids[p->rows[i].large]) < 0)
			return -1;
	return shed(p, d, s->now_s, f);
}

int packings_save(struct packings *p, struct fail *f)
{
	struct saving s = { .p = p, .now_s = clock_wall_s() };

	if (!has_changed(p, s.now_s))
		return 0;
	if (p->added_count > 0)
		qsort(p->added, p->added_count, sizeof *p->added, compare_rows);
	if (cachedb_write(p->cache, write_rows, &s, f) < 0)
		return -1;
	p->added_count = 0;
	for (size_t i = 0; i < p->count; i++)
		p->rows[i].used = false;
	return 1;
}
