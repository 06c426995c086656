#include "base/strmap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct strmap_slot {
	const char *key;            /* NULL: free */
	void *value;
	uint64_t hash;
};

/* FNV-1a with a final mix, since the table uses the low bits. */
static uint64_t hash_of(const char *key)
{
	uint64_t h = 14695981039346656037U;

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 1099511628211U;
	h ^= h >> 32;
	h *= 0x9E3779B97F4A7C15U;
	return h ^ h >> 29;
}

/* The slot that holds key, or the free one where it would go. cap is a power of two and never full. */
static struct strmap_slot *find(const struct strmap *m, const char *key, uint64_t hash)
{
	size_t i = (size_t)hash & (m->cap - 1);

	while (m->slots[i].key && (m->slots[i].hash != hash || strcmp(m->slots[i].key, key) != 0))
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

void *strmap_get(const struct strmap *m, const char *key)
{
	return m->count ? find(m, key, hash_of(key))->value : NULL;
}

static void enlarge(struct strmap *m)
{
	struct strmap bigger = { .count = m->count, .cap = m->cap ? m->cap * 2 : 16 };

	bigger.slots = xcalloc(bigger.cap, sizeof *bigger.slots);
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].key)
			*find(&bigger, m->slots[i].key, m->slots[i].hash) = m->slots[i];
	free(m->slots);
	*m = bigger;
}

void *strmap_set(struct strmap *m, const char *key, void *value)
{
	uint64_t hash = hash_of(key);

	if (m->count + 1 > m->cap / 4 * 3)
		enlarge(m);

	struct strmap_slot *slot = find(m, key, hash);
	void *earlier = slot->value;
	if (!slot->key) {
		m->count++;
		slot->key = key;
		slot->hash = hash;
	}
	slot->value = value;
	return earlier;
}

void strmap_clear(struct strmap *m)
{
	free(m->slots);
	*m = (struct strmap)STRMAP_INIT;
}
