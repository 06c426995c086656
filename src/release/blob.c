#include "release/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"

bool blob_equal(const struct blob *a, const struct blob *b)
{
	return a == b || (a->size == b->size && memcmp(a->sha256, b->sha256, SHA256_SIZE) == 0);
}

/* "BUILD/path", escaped once, in front of the sentence. */
static int fail_at(const struct blob *b, struct fail *f)
{
	struct strbuf name = STRBUF_INIT;

	strbuf_addescaped(&name, b->dir->name, strlen(b->dir->name));
	strbuf_addch(&name, '/');
	strbuf_addescaped(&name, b->path, strlen(b->path));
	fail_wrap(f, "%s", name.buf);
	strbuf_clear(&name);
	return -1;
}

static int refuse(const struct blob *b, struct fail *f, const char *why)
{
	fail_set(f, FAIL_BUILD, "%s", why);
	return fail_at(b, f);
}

/* A shortage is this machine's trouble and says nothing about the file. */
static bool is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM || err == EIO;
}

int blob_check(const struct blob *b, int fd, struct fail *f)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		fail_errno(f, errno, "cannot stat");
		return fail_at(b, f);
	}
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != b->size || (uint64_t)st.st_ino != b->inode ||
	    file_mtime_ns(&st) != b->mtime_ns || file_ctime_ns(&st) != b->ctime_ns)
		return refuse(b, f, "changed while read");
	return 0;
}

int blob_open(const struct blob *b, struct fail *f)
{
	if (b->source != BLOB_FILE)
		return fail_set(f, FAIL_LOCAL, "this content is not in a file");

	/* O_NONBLOCK: what was a file may be a FIFO by now. */
	int fd = openat(b->dir->fd, b->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		fail_errno(f, errno, "cannot open");
		if (!is_shortage(errno))
			f->kind = FAIL_BUILD;
		return fail_at(b, f);
	}
	if (blob_check(b, fd, f) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int read_file(const struct blob *b, void *buf, struct fail *f)
{
	int fd = blob_open(b, f);
	if (fd < 0)
		return -1;

	int rc = -1;
	ssize_t n = file_read_full(fd, buf, (size_t)b->size);
	if (n < 0) {
		fail_errno(f, errno, "cannot read");
		fail_at(b, f);
	} else if ((uint64_t)n != b->size) {
		refuse(b, f, "changed while read");
	} else {
		rc = blob_check(b, fd, f);
	}
	close(fd);
	return rc;
}

int blob_read(const struct blob *b, void *buf, size_t max, struct fail *f)
{
	if (b->size > max)
		return fail_set(f, FAIL_LOCAL, "content of %llu bytes is too large to be held in memory",
			(unsigned long long)b->size);
	if (b->source == BLOB_FILE)
		return read_file(b, buf, f);
	if (b->source == BLOB_REMOTE)
		return fail_set(f, FAIL_LOCAL, "this content is not on this machine");
	if (b->size)
		memcpy(buf, b->data, (size_t)b->size);
	return 0;
}
