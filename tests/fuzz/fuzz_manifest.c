/* manifest: whatever the bytes, reading ends; what was accepted adds up, and writing it again gives a manifest that
 * reads back the same. The looser look beside a tree never strays outside the text. */
#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "release/manifest.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int read_bytes(struct manifest *m, const void *data, size_t size, struct arena *mem, struct fail *f)
{
	int fd = memfd_create("manifest", MFD_CLOEXEC), rc;

	assert(fd >= 0 && file_write_all(fd, data, size) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	rc = manifest_read(m, fd, "fuzz", mem, f);
	close(fd);
	return rc;
}

static void write_again(struct strbuf *out, const struct manifest *m)
{
	manifest_format_header(out, &m->header);
	for (size_t i = 0; i < m->tree.count; i++) {
		const struct entry *from = &m->tree.entries[i];
		struct manifest_entry e = { .path = from->path, .size = from->blob->size, .mtime_s = m->mtimes[i],
			.has_headers = from->headers != NULL };

		memcpy(e.sha256, from->blob->sha256, SHA256_SIZE);
		if (from->headers)
			memcpy(e.headers, from->headers, SHA256_SIZE);
		manifest_format_entry(out, &e);
	}
}

static void count(void *arg, size_t index, int64_t mtime_s)
{
	size_t *n = arg;

	(void)index;
	(void)mtime_s;
	++*n;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const struct blob blob = { .size = 1 };
	struct entry entries[] = { { .path = "a", .blob = &blob }, { .path = "index.html", .blob = &blob } };
	struct arena mem = ARENA_INIT;
	struct fail f = FAIL_INIT;
	struct strbuf text = STRBUF_INIT;
	struct manifest m, again;
	struct tree two;
	size_t n = 0;

	assert(tree_init(&two, entries, 2, &f) == 0);
	manifest_match((const char *)data, size, &two, count, &n);
	assert(n <= 2);
	if (read_bytes(&m, data, size, &mem, &f) == 0) {
		assert(m.tree.count == m.header.files && m.tree.bytes == m.header.bytes);
		write_again(&text, &m);
		assert(read_bytes(&again, text.buf, text.len, &mem, &f) == 0);
		assert(memcmp(again.tree.id, m.tree.id, SHA256_SIZE) == 0);
		n = 0;
		manifest_match(text.buf, text.len, &m.tree, count, &n);
		assert(n == m.tree.count);
	} else {
		assert(f.kind == FAIL_CORRUPT || f.kind == FAIL_REMOTE);
	}
	strbuf_clear(&text);
	arena_clear(&mem);
	return 0;
}
