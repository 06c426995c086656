/* stage: a release between begin and seal. begin always starts over: what an interrupted run left under .ID.partial
 * may have been cut short by a power failure and is not looked at again. It links what a kept release holds at the
 * same path and returns the rest; put writes that; seal vouches for the count, writes the manifest and renames the
 * tree into place. */
#ifndef SLIPWAY_HOST_DIR_STAGE_H
#define SLIPWAY_HOST_DIR_STAGE_H

#include "base/strbuf.h"
#include "host/dir/dir.h"

/* What becomes of one wanted entry. */
enum pick_state { PICK_MISSING, PICK_LINKED, PICK_WRITTEN };
struct pick {
	int64_t mtime_s;        /* of the kept file at this path if its content is the same, else the release's time */
	uint16_t source;        /* 1 + index into sources, 0 = none holds it */
	uint8_t state;          /* enum pick_state; written by the one part that owns the entry */
};

struct staging {
	char *id, *partial;             /* "ID", ".ID.partial" */
	const struct tree *want;        /* the caller's until seal's done, as is header */
	const struct release_header *header;
	bool fresh, full;
	bool sealed;                    /* complete: nothing is left to do, want and header are not looked at again */
	bool fix_modes;                 /* umask or an ACL gives new files another mode than they are created with */
	atomic_bool no_clone, no_range; /* the kernel cannot do that between these file systems */
	int64_t mtime_s;
	char **sources;                 /* kept releases, live first */
	size_t source_count;
	struct pick *picks;             /* beside want->entries */
	atomic_ullong linked;
};

void staging_free(struct staging *st);
/* Chooses sources and picks: for every entry the first kept release that has the same content at the same path. */
int stage_match(struct staging *st, const struct spot *s, const char *live_id, struct op *op, struct fail *f);
/* Makes all directories of the tree, parents first. */
int stage_dirs(const struct staging *st, int tree, struct op *op, struct fail *f);
/* Links entries [from, to) that have a source; one that cannot be linked stays missing. */
int stage_links(struct staging *st, const struct spot *s, size_t from, size_t to, struct op *op, struct fail *f);

/* The directory that a path stands in, kept open from one entry to the next. */
struct cursor {
	int base, fd;           /* fd: the directory `dir`, base itself when dir is empty, -1 = none yet */
	size_t len;
	char dir[PATH_MAX];
};
void cursor_init(struct cursor *c, int base);
/* The directory's fd and, in *name, the last part. -1 with errno. */
int cursor_at(struct cursor *c, const char *path, const char **name);
void cursor_clear(struct cursor *c);

/* Content of files that several places get: read and hashed once, kept up to 64 MiB. */
struct content_cache *cache_new(void);
void cache_free(struct content_cache *c);
/* 1 and *data (valid until cache_free), 0 when it is not kept (too big, no room, remote), -1. */
int cache_get(struct content_cache *c, const struct blob *b, const void **data, struct fail *f);

#endif
