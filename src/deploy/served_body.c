#include "deploy/served_body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "dist/gzip.h"

#define KEPT_MOST ((size_t)128 * 1024)
#define BLOCK ((size_t)256 * 1024)

void served_body_begin(struct served_body *b, bool gzip, const char *dir)
{
	b->gzip = gzip;
	b->dir = dir;
	b->size = 0;
	strbuf_setlen(&b->kept, 0);
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	if (gzip)
		return;
	if (b->sum)
		sha256_reset(b->sum);
	else
		b->sum = sha256_new();
}

static int open_file(struct served_body *b, struct fail *f)
{
	b->fd = b->dir ? open(b->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
	if (b->fd < 0)
		b->fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return b->fd < 0 ? fail_errno(f, errno, "cannot keep a long answer in a file") : 0;
}

static int spill(struct served_body *b, const void *data, size_t len, struct fail *f)
{
	if (b->fd < 0 && open_file(b, f) < 0)
		return -1;
	if (file_write_all(b->fd, b->kept.buf, b->kept.len) < 0 || file_write_all(b->fd, data, len) < 0)
		return fail_errno(f, errno, "cannot keep a long answer in a file");
	strbuf_setlen(&b->kept, 0);
	return 0;
}

int served_body_feed(struct served_body *b, const void *data, size_t len, struct fail *f)
{
	b->size += len;
	if (!b->gzip) {
		sha256_update(b->sum, data, len);
		return 0;
	}
	if (b->fd >= 0 || b->kept.len + len > KEPT_MOST)
		return spill(b, data, len, f);
	strbuf_add(&b->kept, data, len);
	return 0;
}

static void compress_whole(struct gzip *z, const void *data, size_t len, struct gzipped *sum)
{
	size_t room = gzip_room(z, len);
	void *out = xmalloc(room);

	gzip_whole(z, out, room, data, len, sum);
	free(out);
}

static int compress_long(struct gzip *z, int fd, struct gzipped *sum, struct fail *f)
{
	char *block = xmalloc(BLOCK);
	ssize_t n = -1;

	gzip_begin(z, -1);
	if (lseek(fd, 0, SEEK_SET) == 0)
		while ((n = file_read_full(fd, block, BLOCK)) > 0)
			gzip_feed(z, block, (size_t)n);
	int err = errno;
	gzip_end(z, sum);
	free(block);
	return n < 0 ? fail_errno(f, err, "cannot read a kept answer back") : 0;
}

static int compress(struct served_body *b, struct gzipped *sum, struct fail *f)
{
	struct gzip *z = gzip_new();
	int rc = 0;

	if (b->fd < 0) {
		compress_whole(z, b->kept.buf, b->kept.len, sum);
	} else if (b->size > GZIP_WHOLE_MOST) {
		rc = compress_long(z, b->fd, sum, f);
	} else {
		void *data = mmap(NULL, (size_t)b->size, PROT_READ, MAP_PRIVATE, b->fd, 0);

		if (data == MAP_FAILED)
			rc = fail_errno(f, errno, "cannot read a kept answer back");
		else
			compress_whole(z, data, (size_t)b->size, sum);
		if (data != MAP_FAILED)
			munmap(data, (size_t)b->size);
	}
	gzip_free(z);
	return rc;
}

int served_body_digest(struct served_body *b, uint8_t out[SHA256_SIZE], struct fail *f)
{
	struct gzipped sum;

	if (!b->gzip) {
		sha256_final(b->sum, out);
		return 0;
	}
	if (compress(b, &sum, f) < 0)
		return -1;
	memcpy(out, sum.sha256, SHA256_SIZE);
	return 0;
}

void served_body_clear(struct served_body *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	sha256_free(b->sum);
	b->sum = NULL;
	strbuf_clear(&b->kept);
}
