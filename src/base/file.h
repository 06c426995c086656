/* file: the system calls that must be done right: whole-file reads with a ceiling, atomic replacement, directories. */
#ifndef SLIPWAY_BASE_FILE_H
#define SLIPWAY_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "base/fail.h"
#include "base/strbuf.h"

enum file_flags { FILE_SYNC = 1, FILE_PRIVATE = 2 /* 0600 instead of 0644 */, FILE_NOFOLLOW = 4 };

/* Appends the whole of dirfd/path; refuses non-regular files without blocking, and more than max bytes. */
int file_read(struct strbuf *out, int dirfd, const char *path, size_t max, unsigned flags, struct fail *f);
/* Writes aside (".slipway-<16 hex>.tmp" in the same directory; only a killed process leaves one), syncs when asked (the
 * file and its directory), renames over: readers see the old or the new, never half. A link at path is replaced. */
int file_replace(int dirfd, const char *path, const void *data, size_t len, unsigned flags, struct fail *f);
/* write(2) until done; EINTR and short writes handled. -1 with errno. */
int file_write_all(int fd, const void *data, size_t len);
/* read(2) until len or end of file; the count, or -1 with errno. */
ssize_t file_read_full(int fd, void *data, size_t len);
/* mkdir -p below dirfd; those created get exactly this mode, whatever the umask (setgid is inherited as usual). */
int file_mkdirs(int dirfd, const char *path, mode_t mode, struct fail *f);
/* rm -rf of one entry of dirfd, through directory fds, following no link; an absent one is success. Makes read-only
 * directories writable on the way (we seal ours 0755, adopted trees may differ). Any depth with some 25 descriptors:
 * deeper directories are moved up first. Refuses to enter another file system mounted below (code EXDEV). Defined in
 * file_remove.c. */
int file_remove_tree(int dirfd, const char *name, struct fail *f);
/* fsync of a directory fd. */
int file_sync_dir(int dirfd, const char *name, struct fail *f);
/* Nanoseconds since the epoch of st_mtim / st_ctim. */
int64_t file_mtime_ns(const struct stat *st);
int64_t file_ctime_ns(const struct stat *st);

#endif
