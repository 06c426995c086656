#include "host/dir/copy.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/file.h"

#define STEP ((size_t)16 * 1024 * 1024)
#define BLOCK ((size_t)256 * 1024)

/* What a kernel or file system answers when it cannot do it at all, as opposed to failing at it. */
static bool unsupported(int err)
{
	return err == EOPNOTSUPP || err == EXDEV || err == EINVAL || err == ENOSYS || err == ENOTTY || err == EPERM ||
	       err == EBADF || err == ETXTBSY;
}

static bool stopped(struct op *op)
{
	if (!atomic_load_explicit(&op->cancel, memory_order_relaxed))
		return false;
	errno = ECANCELED;
	return true;
}

/* 1 copied, 0 this way does not work here, -1. */
static int copy_range(struct staging *st, int from, int to, uint64_t size, struct op *op)
{
	uint64_t done = 0;

	while (done < size) {
		size_t want = size - done < STEP ? (size_t)(size - done) : STEP;
		ssize_t n;

		if (stopped(op))
			return -1;
		n = copy_file_range(from, NULL, to, NULL, want, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && done == 0 && unsupported(errno)) {
			atomic_store(&st->no_range, true);
			return 0;
		}
		if (n < 0)
			return -1;
		/* Some file systems answer 0 although there is something to read: let read() find out. */
		if (n == 0 && done == 0)
			return 0;
		if (n == 0) {
			errno = ESTALE;
			return -1;
		}
		done += (uint64_t)n;
	}
	return 1;
}

static int copy_blocks(int from, int to, uint64_t size, struct sha256 *hash, struct op *op)
{
	char *block = xmalloc(BLOCK);
	uint64_t done = 0;
	int rc = 0;

	while (rc == 0 && done < size) {
		size_t want = size - done < BLOCK ? (size_t)(size - done) : BLOCK;
		ssize_t n = stopped(op) ? -1 : file_read_full(from, block, want);

		if (n >= 0 && (size_t)n < want) {
			errno = ESTALE;
			n = -1;
		}
		if (n < 0 || file_write_all(to, block, (size_t)n) < 0) {
			rc = -1;
		} else {
			if (hash)
				sha256_update(hash, block, (size_t)n);
			done += (uint64_t)n;
		}
	}
	free(block);
	return rc;
}

int copy_file(struct staging *st, int from, int to, uint64_t size, struct op *op)
{
	int rc = 0;

	if (size == 0)
		return 0;
	if (!atomic_load_explicit(&st->no_clone, memory_order_relaxed)) {
		if (ioctl(to, FICLONE, from) == 0)
			return 0;
		if (!unsupported(errno))
			return -1;
		atomic_store(&st->no_clone, true);
	}
	if (!atomic_load_explicit(&st->no_range, memory_order_relaxed))
		rc = copy_range(st, from, to, size, op);
	return rc ? (rc < 0 ? -1 : 0) : copy_blocks(from, to, size, NULL, op);
}

int copy_checked(int from, int to, uint64_t size, const uint8_t sha256[SHA256_SIZE], struct op *op)
{
	struct sha256 *hash = sha256_new();
	uint8_t got[SHA256_SIZE];
	int rc = copy_blocks(from, to, size, hash, op);
	int err = errno;

	sha256_final(hash, got);
	sha256_free(hash);
	errno = err;
	if (rc == 0 && memcmp(got, sha256, SHA256_SIZE) != 0) {
		errno = EBADMSG;
		rc = -1;
	}
	return rc;
}
