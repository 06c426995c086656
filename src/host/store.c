/* store: what the sessions of one kind share for the whole run. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/host.h"

struct held {
	struct held *next;
	char *key;
	void *value;
	void (*release)(void *value);
};

struct host_store {
	struct held *newest;
};

struct host_store *host_store_new(void)
{
	return xcalloc(1, sizeof(struct host_store));
}

void host_store_free(struct host_store *s)
{
	struct held *next;

	for (struct held *h = s ? s->newest : NULL; h; h = next) {
		next = h->next;
		if (h->release)
			h->release(h->value);
		free(h->key);
		free(h);
	}
	free(s);
}

void *host_store_get(const struct host_store *s, const char *key)
{
	for (const struct held *h = s->newest; h; h = h->next)
		if (strcmp(h->key, key) == 0)
			return h->value;
	return NULL;
}

void host_store_set(struct host_store *s, const char *key, void *value, void (*release)(void *value))
{
	struct held *h = xmalloc(sizeof *h);

	*h = (struct held){ .next = s->newest, .key = xstrdup(key), .value = value, .release = release };
	s->newest = h;
}
