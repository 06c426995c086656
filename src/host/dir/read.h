/* read: small looks at a place that several ops share. */
#ifndef SLIPWAY_HOST_DIR_READ_H
#define SLIPWAY_HOST_DIR_READ_H

#include <sys/stat.h>
#include "host/dir/dir.h"

struct name_list {
	const char **names;     /* in mem; without "." and ".." */
	size_t count;
};
/* dir -1 = none. */
int read_names(struct name_list *out, int dir, struct arena *mem, struct fail *f);
bool read_is_dir(int dir, const char *name, struct stat *st);
/* The manifest of a release: an fd, or -1 (FAIL_MISSING when there is none). */
int read_open_manifest(int state, const char *id, struct fail *f);

#endif
