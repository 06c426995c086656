/* blob: one distinct content, and where its bytes can be had on this machine.
 *
 * Identity is SHA-256 + size. A blob never changes; a file that no longer looks like the one that was hashed (size,
 * mtime, ctime, inode) is not the blob any more, and reading it fails with FAIL_BUILD ("changed while read"). */
#ifndef SLIPWAY_RELEASE_BLOB_H
#define SLIPWAY_RELEASE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"
#include "base/fail.h"

enum blob_source {
	BLOB_REMOTE,                    /* known by digest only: an entry of a release that lies on a host */
	BLOB_FILE,                      /* dir->fd / path, as it was at mtime_ns, ctime_ns, inode */
	BLOB_MEMORY                     /* data: rendered text; owned by the arena of whoever rendered it */
};

struct blob_dir {                       /* an open build or overlay directory */
	int fd;
	const char *name;               /* for messages */
};

struct blob {
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;
	uint8_t source;                 /* enum blob_source */
	bool secret;                    /* rendered from a secret: never spooled, indexed or printed */
	const struct blob_dir *dir;     /* BLOB_FILE */
	union {
		const char *path;       /* BLOB_FILE: relative to dir */
		const void *data;       /* BLOB_MEMORY */
	};
	uint64_t inode;
	int64_t mtime_ns, ctime_ns;
};

bool blob_equal(const struct blob *a, const struct blob *b);
/* Opens the file behind a BLOB_FILE blob (never blocking on what took its place) and checks by inode, size and times
 * that it is unchanged. Returns the fd or -1 (FAIL_BUILD; FAIL_LOCAL for a descriptor shortage). */
int blob_open(const struct blob *b, struct fail *f);
/* After the last read: is the fd still what was hashed? */
int blob_check(const struct blob *b, int fd, struct fail *f);
/* Reads the whole of a blob of at most `max` bytes into buf (size bytes), checked. */
int blob_read(const struct blob *b, void *buf, size_t max, struct fail *f);

#endif
