#include "dist/flat.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define MAGIC "slipwayT"
#define MAX_ROWS ((uint64_t)1 << 31)
#define STALE_ROWS 1000                 /* unused rows that are not worth a thought */
#define CHUNK ((size_t)64 * 1024)

struct header {
	char magic[8], kind[8];
	uint32_t version, rules, row_size, reserved;
	uint64_t rows, slots;
	struct xxh128 check;            /* of the header with this field zero, then rows and slots */
};

/* A table as it lies in a file. */
struct image {
	struct header head;
	uint8_t *rows;
	uint32_t *slots;
};

struct flat {
	struct flat_format format;
	int dirfd;
	char *name;
	struct image base;
	bool loaded;
	uint8_t *used;                  /* a byte a row: set by whoever finds it */
	pthread_mutex_t lock;           /* guards added */
	uint8_t *added;
	size_t added_count, added_cap, saved_count;
};

static void image_free(struct image *m)
{
	free(m->rows);
	free(m->slots);
	*m = (struct image){ .rows = NULL };
}

static uint64_t slots_for(uint64_t rows)
{
	uint64_t slots = 16;

	while (slots < rows + rows / 2)
		slots *= 2;
	return slots;
}

static struct xxh128 row_key(const uint8_t *row)
{
	struct xxh128 key;

	memcpy(&key, row, sizeof key);
	return key;
}

static bool same_key(struct xxh128 a, struct xxh128 b)
{
	return a.low == b.low && a.high == b.high;
}

/* The slot that holds the key, or the free one where it belongs. */
static uint64_t find_slot(const uint32_t *slots, uint64_t count, const uint8_t *rows, size_t row_size,
                          struct xxh128 key)
{
	uint64_t i = key.low & (count - 1);

	while (slots[i] && !same_key(row_key(rows + (size_t)(slots[i] - 1) * row_size), key))
		i = (i + 1) & (count - 1);
	return i;
}

static struct xxh128 check_of(const struct header *h, const void *rows, const void *slots)
{
	struct header bare = *h;
	struct xxh *x = xxh_new();

	bare.check = (struct xxh128){ 0, 0 };
	xxh_update(x, &bare, sizeof bare);
	xxh_update(x, rows, (size_t)h->rows * h->row_size);
	xxh_update(x, slots, (size_t)h->slots * sizeof(uint32_t));
	struct xxh128 check = xxh_final(x);
	xxh_free(x);
	return check;
}

static bool header_fits(const struct header *h, const struct flat_format *format, uint64_t file_size)
{
	return h->rules == format->rules && h->row_size == format->row_size && h->rows < MAX_ROWS &&
		h->slots == slots_for(h->rows) &&
		file_size == sizeof *h + h->rows * h->row_size + h->slots * sizeof(uint32_t);
}

/* Every slot must name a row, and one slot in three is free, or a search would never end. */
static bool slots_sound(const struct image *m)
{
	uint64_t taken = 0;

	for (uint64_t i = 0; i < m->head.slots; i++) {
		taken += m->slots[i] != 0;
		if (m->slots[i] > m->head.rows)
			return false;
	}
	return taken == m->head.rows;
}

static bool read_body(struct image *m, int fd)
{
	size_t rows = (size_t)m->head.rows * m->head.row_size, slots = (size_t)m->head.slots * sizeof(uint32_t);

	m->rows = xmalloc(rows);
	m->slots = xmalloc(slots);
	if (file_read_full(fd, m->rows, rows) != (ssize_t)rows || file_read_full(fd, m->slots, slots) != (ssize_t)slots)
		return false;
	struct xxh128 check = check_of(&m->head, m->rows, m->slots);
	return same_key(check, m->head.check) && slots_sound(m);
}

/* The fd behind the header, or -1 when there is no file of ours. */
static int open_header(struct header *h, const struct flat *t, uint64_t *size)
{
	struct stat st;
	int fd = openat(t->dirfd, t->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && file_read_full(fd, h, sizeof *h) == (ssize_t)sizeof *h &&
	    memcmp(h->magic, MAGIC, sizeof h->magic) == 0) {
		*size = (uint64_t)st.st_size;
		return fd;
	}
	close(fd);
	return -1;
}

static int check_version(const struct header *h, const struct flat *t, struct fail *f)
{
	if (h->version <= t->format.version)
		return 0;
	return fail_set(f, FAIL_STATE, "%s has format %u, newer than the %u that this slipway knows", t->name, h->version,
		t->format.version);
}

static int image_load(struct image *m, const struct flat *t, struct fail *f)
{
	uint64_t size;

	*m = (struct image){ .rows = NULL };
	int fd = open_header(&m->head, t, &size);
	if (fd < 0) {
		image_free(m);
		return 0;
	}
	int rc = check_version(&m->head, t, f);
	bool good = rc == 0 && m->head.version == t->format.version &&
		strncmp(m->head.kind, t->format.kind, sizeof m->head.kind) == 0 &&
		header_fits(&m->head, &t->format, size) && read_body(m, fd);
	close(fd);
	if (!good)
		image_free(m);
	return rc;
}

int flat_open(struct flat **out, int dirfd, const char *name, const struct flat_format *format, struct fail *f)
{
	struct flat *t = xcalloc(1, sizeof *t);
	struct header h;
	uint64_t size;

	t->format = *format;
	t->dirfd = dirfd;
	t->name = xstrdup(name);
	pthread_mutex_init(&t->lock, NULL);
	int fd = open_header(&h, t, &size), rc = 0;
	if (fd >= 0) {
		rc = check_version(&h, t, f);
		close(fd);
	}
	if (rc < 0) {
		flat_free(t);
		return -1;
	}
	*out = t;
	return 0;
}

void flat_load(struct flat *t)
{
	struct fail newer = FAIL_INIT;

	if (t->loaded)
		return;
	t->loaded = true;
	/* A newer one that another process put there meanwhile is left unread, as a damaged one would be. */
	if (image_load(&t->base, t, &newer) < 0)
		image_free(&t->base);
	t->used = xcalloc((size_t)t->base.head.rows, 1);
}

void flat_free(struct flat *t)
{
	if (!t)
		return;
	image_free(&t->base);
	pthread_mutex_destroy(&t->lock);
	free(t->used);
	free(t->added);
	free(t->name);
	free(t);
}

size_t flat_count(const struct flat *t)
{
	return (size_t)t->base.head.rows;
}

const void *flat_row(const struct flat *t, size_t i)
{
	return t->base.rows + i * t->format.row_size;
}

const void *flat_find(const struct flat *t, struct xxh128 key)
{
	const struct image *m = &t->base;

	if (m->head.rows == 0)
		return NULL;
	uint64_t slot = find_slot(m->slots, m->head.slots, m->rows, t->format.row_size, key);
	if (!m->slots[slot])
		return NULL;
	size_t row = m->slots[slot] - 1;
	__atomic_store_n(&t->used[row], 1, __ATOMIC_RELAXED);
	return flat_row(t, row);
}

void flat_add(struct flat *t, const void *row)
{
	size_t size = t->format.row_size;

	pthread_mutex_lock(&t->lock);
	t->added = vec_grow(t->added, &t->added_cap, t->added_count + 1, size);
	memcpy(t->added + t->added_count++ * size, row, size);
	pthread_mutex_unlock(&t->lock);
}

static size_t count_unused(const struct flat *t)
{
	size_t unused = 0;

	for (size_t i = 0; i < t->base.head.rows; i++)
		unused += !t->used[i];
	return unused;
}

bool flat_changed(const struct flat *t)
{
	return t->added_count > t->saved_count;
}

/* ---- saving ---- */

struct builder {
	struct image m;
	size_t row_size;
	uint64_t room;
};

static void builder_put(struct builder *b, const uint8_t *row)
{
	uint64_t slot = find_slot(b->m.slots, b->m.head.slots, b->m.rows, b->row_size, row_key(row));

	if (!b->m.slots[slot])
		b->m.slots[slot] = (uint32_t)++b->m.head.rows;
	memcpy(b->m.rows + (size_t)(b->m.slots[slot] - 1) * b->row_size, row, b->row_size);
}

/* Rows that others saved since we loaded; ours are newer or the same. */
static bool is_other(const struct image *now, const struct flat *t)
{
	return now->head.rows > 0 && !same_key(now->head.check, t->base.head.check);
}

static void build(struct builder *b, const struct flat *t, const struct image *now)
{
	bool other = is_other(now, t);
	size_t unused = count_unused(t);
	bool drop_unused = unused > STALE_ROWS && unused > t->base.head.rows - unused + t->added_count;

	b->row_size = t->format.row_size;
	b->room = t->base.head.rows + t->added_count + (other ? now->head.rows : 0);
	b->m.head.slots = slots_for(b->room);
	b->m.rows = xmalloc((size_t)b->room * b->row_size);
	b->m.slots = xcalloc((size_t)b->m.head.slots, sizeof(uint32_t));
	for (size_t i = 0; other && i < now->head.rows; i++)
		builder_put(b, now->rows + i * b->row_size);
	for (size_t i = 0; i < t->base.head.rows; i++)
		if (t->used[i] || !drop_unused)
			builder_put(b, flat_row(t, i));
	for (size_t i = 0; i < t->added_count; i++)
		builder_put(b, t->added + i * b->row_size);
}

/* The number of slots follows from the number of rows, which is less than the room when keys met. */
static void settle(struct builder *b)
{
	uint64_t slots = slots_for(b->m.head.rows);

	if (slots == b->m.head.slots)
		return;
	free(b->m.slots);
	b->m.head.slots = slots;
	b->m.slots = xcalloc((size_t)slots, sizeof(uint32_t));
	for (uint64_t i = 0; i < b->m.head.rows; i++) {
		struct xxh128 key = row_key(b->m.rows + i * b->row_size);
		uint64_t slot = find_slot(b->m.slots, slots, b->m.rows, b->row_size, key);
		b->m.slots[slot] = (uint32_t)i + 1;
	}
}

static int write_image(const struct flat *t, const struct image *m, struct fail *f)
{
	char aside[80];
	uint64_t random = 0;

	if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
		random = (uint64_t)getpid() << 32 ^ (uintptr_t)m;
	snprintf(aside, sizeof aside, "%.40s.%016llx.tmp", t->name, (unsigned long long)random);
	int fd = openat(t->dirfd, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail_errno(f, errno, "cannot write %s", t->name);
	int err = 0;
	if (file_write_all(fd, &m->head, sizeof m->head) < 0 ||
	    file_write_all(fd, m->rows, (size_t)m->head.rows * m->head.row_size) < 0 ||
	    file_write_all(fd, m->slots, (size_t)m->head.slots * sizeof(uint32_t)) < 0)
		err = errno;
	if (close(fd) < 0 && !err)
		err = errno;
	if (!err && renameat(t->dirfd, aside, t->dirfd, t->name) < 0)
		err = errno;
	if (!err)
		return 0;
	unlinkat(t->dirfd, aside, 0);
	return fail_errno(f, err, "cannot write %s", t->name);
}

int flat_save(struct flat *t, struct fail *f)
{
	struct builder b = { .room = 0 };
	struct image now;

	flat_load(t);
	if (image_load(&now, t, f) < 0)
		return -1;
	build(&b, t, &now);
	settle(&b);
	memcpy(b.m.head.magic, MAGIC, sizeof b.m.head.magic);
	memcpy(b.m.head.kind, t->format.kind, strnlen(t->format.kind, sizeof b.m.head.kind));
	b.m.head.version = t->format.version;
	b.m.head.rules = t->format.rules;
	b.m.head.row_size = (uint32_t)t->format.row_size;
	b.m.head.check = check_of(&b.m.head, b.m.rows, b.m.slots);
	int rc = write_image(t, &b.m, f);
	if (rc == 0)
		t->saved_count = t->added_count;
	image_free(&b.m);
	image_free(&now);
	return rc;
}
