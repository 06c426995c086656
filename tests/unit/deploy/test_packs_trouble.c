#include "packing.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "dist/gzip.h"

/* ---- trouble with files ---- */

static void assert_refused(struct packing *t, struct waited *w, const char *name)
{
	assert_int_equal(packing_wait(t, w), -1);
	assert_int_equal(w->op.fail.kind, FAIL_BUILD);
	if (!strstr(w->op.fail.text, name))
		fail_msg("%s is not in: %s", name, w->op.fail.text);
}

static void refuses_what_changed(void **state)
{
	struct packing *t = *state;
	const struct blob *gone = packing_text(t, "gone", "gone"), *changed = packing_text(t, "changed", "changed");
	const struct blob *fine = packing_text(t, "fine", "fine");
	const struct blob *with_gone[] = { fine, gone }, *with_changed[] = { changed, fine };
	struct waited w[3];

	assert_int_equal(unlinkat(t->dist.fd, "gone", 0), 0);
	packing_text(t, "changed", "CHANGED");
	packing_pack(t, &w[0], packing_entries(t, with_gone, 2), 2);
	packing_pack(t, &w[1], packing_entries(t, with_changed, 2), 2);
	packing_pack(t, &w[2], packing_entries(t, &fine, 1), 1);
	assert_refused(t, &w[0], "dist/gone");
	assert_refused(t, &w[1], "dist/changed: changed while read");
	assert_int_equal(packing_wait(t, &w[2]), 0);
	assert_null(t->packer->find(t->packer, gone));
	packing_check(t, fine, "fine", 4);

	/* Never packed: there is nothing to open. And it may be tried again. */
	packing_fetch(t, &w[0], gone);
	assert_int_equal(packing_wait(t, &w[0]), -1);
	const struct blob *back = packing_text(t, "back", "gone");
	packing_do(t, packing_entries(t, &back, 1), 1);
	packing_check(t, back, "gone", 4);
	assert_int_equal(packing_compressed(t), 2);
}

/* The stamp is that of the file, but the file was written too shortly before it was hashed for that to say anything. */
static void hashes_again_what_is_young(void **state)
{
	struct packing *t = *state;
	char *data = packing_large();
	struct blob small = *packing_text(t, "small", "after"), large = *packing_file(t, "large", data, PACKING_LARGE);
	const struct blob *blobs[] = { &small, &large };
	struct waited w;

	sha256_bytes("befor", 5, small.sha256);
	large.sha256[0] ^= 1;
	packing_close(t);
	packing_open(t, true);
	t->c.now_s = small.mtime_ns / 1000000000 + 1;
	for (size_t i = 0; i < 2; i++) {
		packing_pack(t, &w, packing_entries(t, &blobs[i], 1), 1);
		assert_refused(t, &w, i ? "large: is no longer what was hashed" : "small: is no longer what was hashed");
	}
	/* The right ones pass. */
	sha256_bytes("after", 5, small.sha256);
	large.sha256[0] ^= 1;
	packing_close(t);
	packing_open(t, true);
	t->c.now_s = small.mtime_ns / 1000000000 + 1;
	packing_do(t, packing_entries(t, blobs, 2), 2);
	free(data);
}

/* The index is right when it is said that the compressor is another one; so the next run is. */
static void corrects_what_differs(void **state)
{
	struct packing *t = *state;
	const struct blob *b = packing_text(t, "app.js", "one()");
	const struct gzipped wrong = { .sha256 = { 1 }, .size = 30 };
	struct waited w;

	index_learn_packing(t->c.index, b->sha256, b->size, &wrong);
	packing_again(t);
	packing_do(t, packing_entries(t, &b, 1), 1);
	assert_int_equal(t->packer->find(t->packer, b)->size, 30);
	packing_fetch(t, &w, b);
	assert_refused(t, &w, "app.js: its gzip form is not the one that was announced");
	assert_non_null(strstr(w.op.fail.hint, "deploy again"));
	packing_again(t);
	packing_do(t, packing_entries(t, &b, 1), 1);
	packing_check(t, b, "one()", 5);
}

/* ---- secrets ---- */

struct search { const char *what; size_t found; };

static void look_for(void *arg, const char *path, const struct strbuf *bytes)
{
	struct search *s = arg;

	(void)path;
	s->found += bytes->len > 0 && memmem(bytes->buf, bytes->len, s->what, strlen(s->what)) != NULL;
}

static size_t found(struct packing *t, const char *what)
{
	struct search s = { .what = what };

	packing_walk(t, look_for, &s);
	return s.found;
}

static void keeps_secrets_in_memory(void **state)
{
	struct packing *t = *state;
	const char *secret = "token = 'canary-4711-secret'", *plain = "token = 'canary-4712-public'";
	const struct blob *blobs[] = { packing_rendered(t, secret, true), packing_rendered(t, plain, false) };
	char digest[SHA256_SIZE + 1] = "";

	packing_do(t, packing_entries(t, blobs, 2), 2);
	assert_false(packing_check(t, blobs[0], secret, strlen(secret)));
	assert_true(packing_check(t, blobs[1], plain, strlen(plain)));
	/* It stays, and is not packed again. */
	packing_check(t, blobs[0], secret, strlen(secret));
	assert_int_equal(packing_compressed(t), 2);
	memcpy(digest, blobs[0]->sha256, SHA256_SIZE);
	packing_close(t);
	assert_int_equal(found(t, "canary-4711"), 0);
	assert_true(found(t, "canary-4712") > 0);
	if (strlen(digest) == SHA256_SIZE)
		assert_int_equal(found(t, digest), 0);
	assert_int_equal(packing_spooled(t), 1);
	packing_open(t, false);
	packing_do(t, packing_entries(t, blobs, 2), 2);
	assert_int_equal(packing_compressed(t), 1);
	packing_check(t, blobs[0], secret, strlen(secret));
}

/* ---- no room ---- */

static void goes_on_without_a_spool(void **state)
{
	struct packing *t = *state;
	char *data = packing_large();
	const struct blob *blobs[] = { packing_file(t, "large", data, PACKING_LARGE), packing_text(t, "small", "small") };
	struct waited w[2];
	struct fail f = FAIL_INIT;

	packing_close(t);
	assert_int_equal(file_remove_tree(t->scratch.fd, "cache", &f), 0);
	scratch_write(&t->scratch, "cache", "a file where the directory should be");
	packing_open(t, true);
	packing_do(t, packing_entries(t, blobs, 2), 2);
	assert_int_equal(packing_compressed(t), 2);
	assert_true(packing_check(t, blobs[0], data, PACKING_LARGE));
	assert_false(packing_check(t, blobs[1], "small", 5));
	assert_int_equal(packing_compressed(t), 4);
	/* As long as somebody uses it, it is at hand. */
	packing_fetch(t, &w[0], blobs[1]);
	assert_int_equal(packing_wait(t, &w[0]), 0);
	packing_fetch(t, &w[1], blobs[1]);
	assert_int_equal(packing_wait(t, &w[1]), 0);
	assert_ptr_equal(w[0].body.data, w[1].body.data);
	t->packer->close(t->packer, &w[0].body);
	t->packer->close(t->packer, &w[1].body);
	assert_int_equal(packing_compressed(t), 5);
	/* Said once. */
	assert_non_null(strstr(t->notes.buf, "is not kept: "));
	assert_non_null(strstr(t->notes.buf, "contents are compressed again when they are sent\n"));
	assert_ptr_equal(strchr(t->notes.buf, '\n'), t->notes.buf + t->notes.len - 1);
	free(data);
	packing_close(t);
	assert_int_equal(unlinkat(t->scratch.fd, "cache", 0), 0);
	packing_open(t, false);
}

/* The spool goes while it is in use: what is still to be packed is not kept, and said so. */
static void goes_on_when_the_spool_goes(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 100);
	struct fail f = FAIL_INIT;

	packing_do(t, many, 50);
	assert_int_equal(file_remove_tree(t->scratch.fd, "cache/spool", &f), 0);
	packing_do(t, many, 100);
	assert_int_equal(packing_compressed(t), 100);
	packing_check_one(t, many, 0);
	packing_check_one(t, many, 99);
	assert_int_equal(packing_compressed(t), 102);
	assert_non_null(strstr(t->notes.buf, "is not kept"));
}

/* In an own mount namespace: a file system of 64 KiB, which a part of the large content's gzip form fills. */
static int use_full_disk(struct packing *t, const struct entry *entries, const char *const *datas, size_t count)
{
	struct waited w;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", t->cache, "tmpfs", 0, "size=64k") < 0)
		return 77;
	packing_open(t, false);
	packing_pack(t, &w, entries, count);
	if (packing_wait(t, &w) < 0)
		return 1;
	for (size_t i = 0; i < count; i++)
		packing_check(t, entries[i].blob, datas[i], (size_t)entries[i].blob->size);
	if (!strstr(t->notes.buf, "No space left on device"))
		return 2;
	packing_close(t);
	return strchr(t->notes.buf, '\n') == t->notes.buf + t->notes.len - 1 ? 0 : 3;
}

static void goes_on_with_a_full_disk(void **state)
{
	struct packing *t = *state;
	char *large = packing_large(), noise[100000];
	uint32_t x = 1;
	int status;

	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
	const char *const datas[] = { large, noise, "small" };
	const struct blob *blobs[] = { packing_file(t, "large", large, PACKING_LARGE),
		packing_file(t, "noise", noise, sizeof noise), packing_text(t, "small", "small") };
	const struct entry *entries = packing_entries(t, blobs, 3);
	packing_close(t);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(use_full_disk(t, entries, datas, 3));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	free(large);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip_here("a small file system cannot be mounted");
	else
		assert_int_equal(status, 0);
	packing_open(t, false);
}

/* ---- cancelling ---- */

/* Noise, so that packing it takes longer than a look at the ops. */
static void sees_a_cancelled_op(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 100);
	char *data = packing_large();
	uint32_t x = 1;
	struct waited first, second, third;

	for (size_t i = 0; i < PACKING_LARGE; i++)
		data[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
	const struct blob *blobs[] = { packing_file(t, "large", data, PACKING_LARGE), many[0].blob };

	/* Nobody else waits: the task ends early. */
	packing_pack(t, &first, packing_entries(t, blobs, 1), 1);
	atomic_store(&first.op.cancel, true);
	assert_int_equal(packing_wait(t, &first), -1);
	assert_int_equal(first.op.fail.kind, FAIL_CANCELLED);
	assert_int_equal(packing_compressed(t), 0);
	/* Somebody comes before the task has seen it. */
	packing_pack(t, &second, packing_entries(t, blobs, 2), 2);
	packing_pack(t, &third, many, 100);
	assert_int_equal(packing_wait(t, &third), 0);
	/* One of two is cancelled. */
	packing_pack(t, &first, packing_entries(t, blobs, 1), 1);
	atomic_store(&second.op.cancel, true);
	assert_int_equal(packing_wait(t, &second), -1);
	assert_int_equal(packing_wait(t, &first), 0);
	assert_int_equal(packing_compressed(t), 101);
	packing_check(t, blobs[0], data, PACKING_LARGE);
	free(data);
}

static void forgets_what_nobody_waits_for(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 600);
	struct waited w;

	packing_pack(t, &w, many, 600);
	atomic_store(&w.op.cancel, true);
	/* The op is looked at before everything is packed, or after: either way it ends once. */
	packing_wait(t, &w);
	uint64_t before = packing_compressed(t);
	packing_again(t);
	packing_do(t, many, 600);
	assert_int_equal(packing_compressed(t) + packs_counts(t->packs).known, 600);
	assert_true(packs_counts(t->packs).known >= before);
}

#define PACKING(test) cmocka_unit_test_setup_teardown(test, packing_setup, packing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PACKING(refuses_what_changed),
		PACKING(hashes_again_what_is_young),
		PACKING(corrects_what_differs),
		PACKING(keeps_secrets_in_memory),
		PACKING(goes_on_without_a_spool),
		PACKING(goes_on_when_the_spool_goes),
		PACKING(goes_on_with_a_full_disk),
		PACKING(sees_a_cancelled_op),
		PACKING(forgets_what_nobody_waits_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
