/* cache: contents in memory for the time of a run, so that 24 places do not read each source file 24 times. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "host/dir/stage.h"

#define CACHE_MAX ((size_t)64 * 1024 * 1024)
#define CONTENT_MAX ((size_t)1024 * 1024)

struct content {
	struct content *next;
	uint8_t sha256[SHA256_SIZE];
	size_t size;
	char data[];
};

struct content_cache {
	pthread_mutex_t lock;           /* guards all below; a content never changes once it is in */
	struct content *buckets[4096];
	size_t bytes;                   /* kept or about to be */
};

struct content_cache *cache_new(void)
{
	struct content_cache *c = xcalloc(1, sizeof *c);

	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void cache_free(struct content_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < sizeof c->buckets / sizeof *c->buckets; i++) {
		for (struct content *next, *at = c->buckets[i]; at; at = next) {
			next = at->next;
			free(at);
		}
	}
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static struct content **bucket(struct content_cache *c, const struct blob *b)
{
	return &c->buckets[(b->sha256[0] | (unsigned)b->sha256[1] << 8) & 4095];
}

static const struct content *find(struct content_cache *c, const struct blob *b)
{
	const struct content *at = *bucket(c, b);

	while (at && (at->size != b->size || memcmp(at->sha256, b->sha256, SHA256_SIZE) != 0))
		at = at->next;
	return at;
}

static struct content *load(const struct blob *b, struct fail *f)
{
	struct content *n = xmalloc(sizeof *n + b->size);
	uint8_t got[SHA256_SIZE];

	n->size = b->size;
	memcpy(n->sha256, b->sha256, SHA256_SIZE);
	if (blob_read(b, n->data, n->size, f) < 0) {
		free(n);
		return NULL;
	}
	sha256_bytes(n->data, n->size, got);
	if (memcmp(got, b->sha256, SHA256_SIZE) != 0) {
		fail_set(f, FAIL_BUILD, "%s changed while it was read", b->path);
		free(n);
		return NULL;
	}
	return n;
}

int cache_get(struct content_cache *c, const struct blob *b, const void **data, struct fail *f)
{
	const struct content *have;
	struct content *loaded;
	bool room;

	if (b->source != BLOB_FILE || b->size > CONTENT_MAX)
		return 0;
	pthread_mutex_lock(&c->lock);
	have = find(c, b);
	room = have || c->bytes + b->size <= CACHE_MAX;
	if (!have && room)
		c->bytes += b->size;
	pthread_mutex_unlock(&c->lock);
	if (!room)
		return 0;
	if (!have) {
		loaded = load(b, f);
		pthread_mutex_lock(&c->lock);
		have = find(c, b);
		if (loaded && !have) {
			loaded->next = *bucket(c, b);
			*bucket(c, b) = loaded;
			have = loaded;
		} else {
			c->bytes -= b->size;
			if (loaded)
				free(loaded);
			else
				have = NULL;
		}
		pthread_mutex_unlock(&c->lock);
	}
	if (!have)
		return -1;
	*data = have->data;
	return 1;
}
