/* walk: everything below a directory, by descriptors, following no link. */
#ifndef SLIPWAY_HOST_DIR_WALK_H
#define SLIPWAY_HOST_DIR_WALK_H

#include <sys/types.h>
#include "host/dir/dir.h"

struct walk_item {
	const char *path;       /* relative to the base */
	mode_t mode;
	uint64_t size, links;
	int64_t mtime_s;
};
struct walk {
	struct walk_item *items;        /* sorted by path bytes; directories included, the base itself not; in mem */
	size_t count;
};
int walk_tree(struct walk *w, int base, struct arena *mem, struct op *op, struct fail *f);

#endif
