/* strmap: string keys to pointers, open addressing; keys are borrowed and must outlive the map. */
#ifndef SLIPWAY_BASE_STRMAP_H
#define SLIPWAY_BASE_STRMAP_H

#include <stddef.h>

struct strmap_slot;
struct strmap {
	struct strmap_slot *slots;
	size_t count, cap;
};
#define STRMAP_INIT { NULL, 0, 0 }

void *strmap_get(const struct strmap *m, const char *key);              /* NULL when absent */
void *strmap_set(struct strmap *m, const char *key, void *value);       /* the earlier value or NULL */
void strmap_clear(struct strmap *m);

#endif
