#include "../support/test.h"

#include <fcntl.h>
#include <unistd.h>
#include "base/file.h"
#include "release/manifest.h"

struct case_data {
	struct scratch scratch;
	struct arena mem;
	struct strbuf text;
	struct blob blobs[8];
	struct entry entries[8];
	struct tree tree;
	struct fail fail;
};

static int setup(void **state)
{
	struct case_data *c = calloc(1, sizeof *c);

	if (!c)
		return -1;
	scratch_begin(&c->scratch);
	c->text = (struct strbuf)STRBUF_INIT;
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct case_data *c = *state;

	scratch_end(&c->scratch);
	strbuf_clear(&c->text);
	arena_clear(&c->mem);
	free(c);
	return 0;
}

/* A manifest of these paths; size is the index + 1, the content's digest begins with it. */
static void write_all(struct case_data *c, const char *const *paths, size_t n)
{
	struct release_header h = { .id = "20261123-090501-1a2b3c4d", .parent = "v41", .by = "ana", .created_s = 1795424701,
		.message = "two\nlines \"quoted\"", .files = n };

	for (size_t i = 0; i < n; i++) {
		c->blobs[i] = (struct blob){ .sha256 = { (uint8_t)(i + 1) }, .size = i + 1 };
		c->entries[i] = (struct entry){ .path = paths[i], .blob = &c->blobs[i] };
	}
	c->entries[0].headers = c->blobs[0].sha256;
	assert_int_equal(tree_init(&c->tree, c->entries, n, &c->fail), 0);
	memcpy(h.tree, c->tree.id, SHA256_SIZE);
	h.bytes = c->tree.bytes;
	manifest_format_header(&c->text, &h);
	for (size_t i = 0; i < n; i++) {
		const struct entry *from = &c->tree.entries[i];
		struct manifest_entry e = { .path = from->path, .size = from->blob->size, .mtime_s = (int64_t)i - 1,
			.has_headers = from->headers != NULL };

		memcpy(e.sha256, from->blob->sha256, SHA256_SIZE);
		if (from->headers)
			memcpy(e.headers, from->headers, SHA256_SIZE);
		manifest_format_entry(&c->text, &e);
	}
}

static const char *const some[] = { "a \"q\".js", "b/c", "b/d", "\xc3\xa9" };

static int read_text(struct case_data *c, struct manifest *m, const char *text, size_t len)
{
	int fd, rc;

	unlinkat(c->scratch.fd, "m", 0);
	fd = openat(c->scratch.fd, "m", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	rc = manifest_read(m, fd, "m.jsonl", &c->mem, &c->fail);
	close(fd);
	return rc;
}

static void round_trip(void **state)
{
	struct case_data *c = *state;
	struct manifest m;

	write_all(c, some, 4);
	assert_int_equal(read_text(c, &m, c->text.buf, c->text.len), 0);
	assert_string_equal(m.header.id, "20261123-090501-1a2b3c4d");
	assert_string_equal(m.header.parent, "v41");
	assert_string_equal(m.header.message, "two\nlines \"quoted\"");
	assert_null(m.header.commit);
	assert_false(m.header.foreign);
	assert_int_equal(m.header.created_s, 1795424701);
	assert_int_equal(m.tree.count, 4);
	assert_int_equal(m.tree.bytes, 10);
	assert_memory_equal(m.tree.id, c->tree.id, SHA256_SIZE);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(m.tree.entries[i].path, some[i]);
		assert_true(blob_equal(m.tree.entries[i].blob, c->tree.entries[i].blob));
		assert_int_equal(m.mtimes[i], (int)i - 1);
		assert_int_equal(m.tree.entries[i].headers != NULL, i == 0);
	}
}

/* Every cut, and every single byte changed, is noticed, but for what the tree id does not cover: times and most of the
 * header. */
static void any_damage(void **state)
{
	struct case_data *c = *state;
	struct manifest m;
	size_t header;
	char *copy;

	write_all(c, some, 4);
	header = (size_t)((char *)memchr(c->text.buf, '\n', c->text.len) - c->text.buf);
	for (size_t len = 0; len < c->text.len; len++)
		assert_int_equal(read_text(c, &m, c->text.buf, len), -1);
	copy = malloc(c->text.len);
	assert_non_null(copy);
	for (size_t i = header + 1; i < c->text.len; i++) {
		const char *line = c->text.buf + i;

		while (line[-1] != '\n')
			line--;
		if (c->text.buf + i > strstr(line, "\"m\":") + 3 && strchr("0123456789-", c->text.buf[i]))
			continue;
		memcpy(copy, c->text.buf, c->text.len);
		copy[i] = (char)(copy[i] ^ 1);
		if (read_text(c, &m, copy, c->text.len) == 0)
			fail_msg("byte %zu: %.*s", i, (int)strcspn(line, "\n"), line);
		assert_true(c->fail.kind == FAIL_CORRUPT);
		assert_memory_equal(c->fail.text, "m.jsonl:", 8);
	}
	free(copy);
}

static void fails_with(struct case_data *c, const char *from, const char *to, enum fail_kind kind, const char *text)
{
	struct strbuf changed = STRBUF_INIT;
	const char *at = strstr(c->text.buf, from);
	struct manifest m;

	assert_non_null(at);
	strbuf_add(&changed, c->text.buf, (size_t)(at - c->text.buf));
	strbuf_addstr(&changed, to);
	strbuf_addstr(&changed, at + strlen(from));
	assert_int_equal(read_text(c, &m, changed.buf, changed.len), -1);
	assert_int_equal(c->fail.kind, kind);
	if (!strstr(c->fail.text, text))
		fail_msg("\"%s\" instead of \"%s\"", c->fail.text, text);
	strbuf_clear(&changed);
}

static void what_is_wrong(void **state)
{
	struct case_data *c = *state;

	write_all(c, some, 4);
	fails_with(c, "slipway.release/1", "slipway.release/2", FAIL_REMOTE, "slipway.release/2");
	fails_with(c, "slipway.release/1", "slipway.tree/1", FAIL_CORRUPT, "not a release manifest");
	fails_with(c, "\"id\":\"2", "\"x\":\"2", FAIL_CORRUPT, "no id");
	fails_with(c, "\"files\":4", "\"files\":5", FAIL_CORRUPT, "add up");
	fails_with(c, "\"files\":4", "\"files\":-4", FAIL_CORRUPT, "number");
	fails_with(c, "\"created\":\"", "\"created\":\"x", FAIL_CORRUPT, "time");
	fails_with(c, "{\"p\":\"b/d\"", "{\"p\":\"a/d\"", FAIL_CORRUPT, "m.jsonl:4: the entry is out of order");
	fails_with(c, "{\"p\":\"b/d\"", "{\"p\":\"b/c\"", FAIL_CORRUPT, "out of order");
	fails_with(c, "{\"p\":\"b/d\"", "{\"p\":\"b/../d\"", FAIL_CORRUPT, ". or .. part");
	fails_with(c, "{\"p\":\"b/d\"", "{\"p\":\"b/e\"", FAIL_CORRUPT, "tree id");
	fails_with(c, ",\"n\":3,", ",\"n\":03,", FAIL_CORRUPT, "not an entry");
	fails_with(c, ",\"n\":3,", ",\"n\":99999999999999999999,", FAIL_CORRUPT, "not an entry");
}

static void a_stream(void **state)
{
	struct case_data *c = *state;
	struct manifest_reader *r;
	struct release_header h;
	struct manifest_entry e;
	struct manifest m;
	int fd;

	write_all(c, some, 4);
	assert_int_equal(read_text(c, &m, c->text.buf, c->text.len), 0);
	fd = openat(c->scratch.fd, "m", O_RDONLY | O_CLOEXEC);
	assert_int_equal(manifest_open(&r, fd, "m", &c->fail), 0);
	assert_int_equal(manifest_header(r, &h, &c->mem, &c->fail), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(manifest_next(r, &e, &c->fail), 1);
		assert_string_equal(e.path, some[i]);
	}
	assert_int_equal(manifest_next(r, &e, &c->fail), 0);
	manifest_close(r);
	manifest_close(NULL);
	close(fd);
}

static void note_match(void *arg, size_t index, int64_t mtime_s)
{
	int64_t *times = arg;

	times[index] = mtime_s;
}

static void matching(void **state)
{
	struct case_data *c = *state;
	struct blob other = { .sha256 = { 99 }, .size = 3 };
	struct entry want[6] = { { .path = "a \"q\".js", .blob = &c->blobs[0] }, { .path = "a!", .blob = &c->blobs[0] },
		{ .path = "b/c", .blob = &c->blobs[2] }, { .path = "b/d", .blob = &c->blobs[2] },
		{ .path = "b/e", .blob = &c->blobs[2] }, { .path = "\xc3\xa9", .blob = &other } };
	int64_t times[6] = { 99, 99, 99, 99, 99, 99 };
	struct tree t;

	write_all(c, some, 4);
	assert_int_equal(tree_init(&t, want, 6, &c->fail), 0);
	manifest_match(c->text.buf, c->text.len, &t, note_match, times);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(times[i], i == 0 ? -1 : i == 3 ? 1 : 99);
	manifest_match("", 0, &t, note_match, times);
	manifest_match(c->text.buf, c->text.len - 1, &t, note_match, times);
	for (size_t len = 0; len < c->text.len; len++)
		manifest_match(c->text.buf, len, &t, note_match, times);
}

static void an_empty_tree(void **state)
{
	struct case_data *c = *state;
	struct release_header h = { .id = "x" };
	struct manifest m;

	assert_int_equal(tree_init(&c->tree, c->entries, 0, &c->fail), 0);
	memcpy(h.tree, c->tree.id, SHA256_SIZE);
	manifest_format_header(&c->text, &h);
	assert_int_equal(read_text(c, &m, c->text.buf, c->text.len), 0);
	assert_int_equal(m.tree.count, 0);
	assert_int_equal(read_text(c, &m, "", 0), -1);
	assert_int_equal(read_text(c, &m, "{}\n", 3), -1);
}

/* Longer than the block that is read at once. */
static void long_lines(void **state)
{
	struct case_data *c = *state;
	struct release_header h = { .id = "x" };
	struct manifest m;
	char *message = malloc(200001);

	assert_non_null(message);
	memset(message, 'm', 200000);
	message[200000] = '\0';
	h.message = message;
	assert_int_equal(tree_init(&c->tree, c->entries, 0, &c->fail), 0);
	memcpy(h.tree, c->tree.id, SHA256_SIZE);
	manifest_format_header(&c->text, &h);
	assert_int_equal(read_text(c, &m, c->text.buf, c->text.len), 0);
	assert_int_equal(strlen(m.header.message), 200000);
	free(message);
	message = malloc(2000000);
	assert_non_null(message);
	memset(message, 'm', 2000000);
	assert_int_equal(read_text(c, &m, message, 2000000), -1);
	assert_non_null(strstr(c->fail.text, "too long"));
	free(message);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(round_trip), TEST(any_damage), TEST(what_is_wrong), TEST(a_stream), TEST(matching), TEST(an_empty_tree),
		TEST(long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
