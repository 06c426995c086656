#include "world.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "net/http.h"

static const char *state_dir(struct world *w)
{
	return arena_printf(&w->mem, "%s/.slipway", w->scratch.path);
}

static void on_note(struct reporter *r, const struct row *row, const char *text)
{
	(void)r;
	(void)row;
	fail_msg("%s", text);
}

struct world *world_new(const struct host_row *row)
{
	struct world *w = xcalloc(1, sizeof *w);

	w->row = row;
	w->ops = host_find(row->kind);
	assert_non_null(w->ops);
	scratch_begin(&w->scratch);
	assert_int_equal(mkdirat(w->scratch.fd, ".slipway", 0700), 0);
	assert_int_equal(loop_new(&w->loop, 2, false, &w->fail), 0);
	w->http = http_new(w->loop, &(struct http_options){ .width = 0 });
	w->store = host_store_new();
	w->reporter.note = on_note;
	/* No spool: thousands of small contents are sooner packed twice than written and read. Files that were just
	 * written are older than the run: they need not be hashed twice. */
	w->context = (struct context){ .loop = w->loop, .reporter = &w->reporter, .now_s = clock_wall_s() + 60 };
	w->packs = packs_new(&w->context);
	return w;
}

void world_unseat(struct world *w)
{
	struct seat *seat = &w->seats[--w->seat_count];

	if (seat->place)
		w->ops->place_close(seat->place);
	w->ops->session_close(seat->session);
	json_doc_free(seat->doc);
	*seat = (struct seat){ 0 };
}

void world_kill(struct world *w, struct seat *s)
{
	if (w->row->expire_lock) {
		w->row->expire_lock(&w->scratch, s->name);
		return;
	}
	w->ops->place_close(s->place);
	s->place = NULL;
}

void world_free(struct world *w)
{
	while (w->seat_count)
		world_unseat(w);
	host_store_free(w->store);
	packs_free(w->packs);
	http_free(w->http);
	loop_free(w->loop);
	for (size_t i = 0; i < MAX_RESULTS; i++)
		arena_clear(&w->results[i]);
	scratch_end(&w->scratch);
	arena_clear(&w->mem);
	free(w);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct setting *)a)->key, ((const struct setting *)b)->key);
}

static void set_settings(struct world *w, struct seat *seat)
{
	const json *root = json_root(seat->doc);
	struct setting *v = arena_alloc(&w->mem, (json_count(root) + 1) * sizeof *v);
	size_t n = 0;

	/* A key that was given twice counts as its last one. */
	for (const json *c = json_first(root); c; c = json_next(c)) {
		size_t i = 0;

		while (i < n && strcmp(v[i].key, json_key(c)) != 0)
			i++;
		v[i] = (struct setting){ .key = json_key(c), .value = c, .origin = "test" };
		n += i == n;
	}
	qsort(v, n, sizeof *v, by_key);
	seat->target = (struct target){ .name = seat->name, .kind = w->row->kind, .host = "test", .settings = v,
		.setting_count = n };
}

struct seat *world_seat_with(struct world *w, const char *name, const char *key, const char *value)
{
	struct seat *seat = &w->seats[w->seat_count++];
	struct strbuf text = STRBUF_INIT;
	struct host_env env = { .loop = w->loop, .project_root = w->scratch.path, .http = w->http, .store = w->store,
		.packer = packs_packer(w->packs), .state_dir = state_dir(w) };

	assert_true(w->seat_count <= MAX_SPOTS);
	w->row->settings(&text, &w->scratch, name);
	if (key) {
		assert_true(text.len > 1 && text.buf[text.len - 1] == '}');
		strbuf_setlen(&text, text.len - 1);
		strbuf_addf(&text, ",\"%s\":%s}", key, value);
	}
	seat->name = arena_strdup(&w->mem, name);
	assert_int_equal(json_parse(&seat->doc, "settings", text.buf, text.len, JSON_DUPLICATES_LAST_WINS, &w->fail), 0);
	strbuf_clear(&text);
	set_settings(w, seat);
	assert_int_equal(w->ops->session_open(&seat->session, &seat->target, &env, &w->fail), 0);
	assert_int_equal(w->ops->place_open(&seat->place, seat->session, &seat->target, seat->name, &w->fail), 0);
	return seat;
}

struct seat *world_seat(struct world *w, const char *name)
{
	return world_seat_with(w, name, NULL, NULL);
}

static void add_file(struct world *w, const struct blob_dir *dir, struct entry *e, const char *path, const char *text)
{
	struct blob *b = arena_alloc(&w->mem, sizeof *b);
	char *where = arena_printf(&w->mem, "%s/%s", dir->name, path);
	struct stat st;
	char *below = where + strlen(w->scratch.path) + 1, *slash = strrchr(below, '/');

	*slash = '\0';
	assert_int_equal(file_mkdirs(w->scratch.fd, below, 0755, &w->fail), 0);
	*slash = '/';
	scratch_write(&w->scratch, below, text);
	assert_int_equal(stat(where, &st), 0);
	sha256_bytes(text, strlen(text), b->sha256);
	b->size = strlen(text);
	b->source = BLOB_FILE;
	b->dir = dir;
	b->path = arena_strdup(&w->mem, path);
	b->inode = st.st_ino;
	b->mtime_ns = file_mtime_ns(&st);
	b->ctime_ns = file_ctime_ns(&st);
	*e = (struct entry){ .path = b->path, .blob = b };
}

static const struct blob_dir *new_dir(struct world *w)
{
	struct blob_dir *dir = arena_alloc(&w->mem, sizeof *dir);

	dir->name = arena_printf(&w->mem, "%s/build-%u", w->scratch.path, w->trees++);
	assert_int_equal(mkdir(dir->name, 0755), 0);
	dir->fd = open(dir->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir->fd >= 0);
	return dir;
}

static const struct tree *finish(struct world *w, struct entry *entries, size_t n)
{
	struct tree *t = arena_alloc(&w->mem, sizeof *t);

	assert_int_equal(tree_init(t, arena_memdup(&w->mem, entries, n * sizeof *entries), n, &w->fail), 0);
	return t;
}

const struct tree *world_tree(struct world *w, ...)
{
	const struct blob_dir *dir = new_dir(w);
	struct entry entries[64];
	const char *path;
	size_t n = 0;
	va_list ap;

	va_start(ap, w);
	while ((path = va_arg(ap, const char *)) != NULL)
		add_file(w, dir, &entries[n++], path, va_arg(ap, const char *));
	va_end(ap);
	return finish(w, entries, n);
}

const struct tree *world_big_tree(struct world *w, size_t count, const char *salt, size_t salted)
{
	struct entry *entries = xcalloc(count, sizeof *entries);
	struct blob *blobs = arena_alloc(&w->mem, count * sizeof *blobs);
	const struct tree *t;

	for (size_t i = 0; i < count; i++) {
		char *text = arena_printf(&w->mem, "%zu%s\n", i, i < salted ? salt : "");

		blobs[i] = (struct blob){ .size = strlen(text), .source = BLOB_MEMORY, .data = text };
		sha256_bytes(text, strlen(text), blobs[i].sha256);
		entries[i] = (struct entry){ .path = arena_printf(&w->mem, "d%02zu/f%05zu.txt", i % 50, i),
			.blob = &blobs[i] };
	}
	t = finish(w, entries, count);
	free(entries);
	return t;
}

static void op_done(struct op *op)
{
	op->owner = NULL;
}

struct op *world_op(struct world *w)
{
	struct op *op = arena_alloc(&w->mem, sizeof *op);

	op->done = op_done;
	op->owner = w;
	op->mem = &w->results[w->result_count++ % MAX_RESULTS];
	return op;
}

int world_wait(struct world *w, struct op *op)
{
	while (op->owner)
		loop_turn(w->loop, 10000);
	w->fail = op->fail;
	return op->rc;
}

size_t tests_add(struct CMUnitTest *out, size_t n, const struct CMUnitTest *more, size_t count)
{
	memcpy(out + n, more, count * sizeof *more);
	return n + count;
}

int world_setup(void **state)
{
	*state = world_new(*state);
	return 0;
}

int world_teardown(void **state)
{
	world_free(*state);
	return 0;
}
