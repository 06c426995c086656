#include "packing.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

/* ---- once for all ---- */

static void packs_each_content_once(void **state)
{
	struct packing *t = *state;
	struct waited ops[50];
	const struct entry *entries[50];

	/* 50 places, the same three contents, in other files and rendered; and one of each place's own. */
	for (size_t i = 0; i < 50; i++) {
		char one[20], two[20], empty[20], own[40];
		snprintf(one, sizeof one, "one%zu", i);
		snprintf(two, sizeof two, "two%zu", i);
		snprintf(empty, sizeof empty, "empty%zu", i);
		snprintf(own, sizeof own, "window.id = %zu", i);
		const struct blob *blobs[] = { packing_text(t, one, "one()"), packing_text(t, two, "two()"),
			packing_rendered(t, "three()", false), packing_rendered(t, own, false), packing_text(t, empty, "") };
		entries[i] = packing_entries(t, blobs, 5);
	}
	assert_null(t->packer->find(t->packer, entries[0][0].blob));
	for (size_t i = 0; i < 50; i++)
		packing_pack(t, &ops[i], entries[i], 5);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(packing_wait(t, &ops[i]), 0);
	assert_int_equal(packing_compressed(t), 54);
	assert_int_equal(packs_counts(t->packs).known, 0);
	for (size_t i = 0; i < 50; i++) {
		packing_check(t, entries[i][0].blob, "one()", 5);
		packing_check(t, entries[i][1].blob, "two()", 5);
		packing_check(t, entries[i][2].blob, "three()", 7);
		packing_check(t, entries[i][4].blob, "", 0);
		assert_ptr_equal(t->packer->find(t->packer, entries[i][1].blob),
			t->packer->find(t->packer, entries[0][1].blob));
	}
	packing_check(t, entries[7][3].blob, "window.id = 7", 13);
	/* Asked again, and for nothing. */
	packing_do(t, entries[3], 5);
	packing_do(t, NULL, 0);
	assert_int_equal(packing_compressed(t), 54);
	assert_string_equal(t->notes.buf, "");
}

static void names_its_compressor(void **state)
{
	struct packing *t = *state;
	const char *id = t->packer->compressor;

	assert_memory_equal(id, "libdeflate-", 11);
	assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(id));
	/* Nothing was asked for, and nothing is on disk. */
	packing_close(t);
	assert_int_equal(faccessat(t->scratch.fd, "cache/spool", F_OK, 0), -1);
	assert_int_equal(faccessat(t->scratch.fd, "cache/cache.db", F_OK, 0), -1);
	packing_open(t, false);
}

/* An op ends when its own contents are known, though others are still at work for another one. */
static void ends_ops_in_turn(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 600);
	struct waited first, second, third;

	/* More than can be under way at once, which is 4 batches of 32 on each of 3 workers. */
	packing_pack(t, &first, many, 200);
	packing_pack(t, &second, many + 200, 200);
	packing_pack(t, &third, many + 300, 300);
	assert_int_equal(packing_wait(t, &first), 0);
	assert_false(third.done);
	assert_true(packing_compressed(t) < 600);
	assert_int_equal(packing_wait(t, &third), 0);
	assert_int_equal(packing_wait(t, &second), 0);
	assert_int_equal(packing_compressed(t), 600);
	for (size_t i = 0; i < 600; i++)
		assert_non_null(t->packer->find(t->packer, many[i].blob));
}

static void packs_what_is_long(void **state)
{
	struct packing *t = *state;
	char *data = packing_large();
	const struct blob *b = packing_file(t, "video", data, PACKING_LARGE);
	const struct blob *blobs[] = { b, packing_text(t, "small", "small") };

	packing_do(t, packing_entries(t, blobs, 2), 2);
	assert_true(packing_check(t, b, data, PACKING_LARGE));
	packing_again(t);
	packing_do(t, packing_entries(t, blobs, 2), 2);
	assert_int_equal(packing_compressed(t), 0);
	assert_true(packing_check(t, b, data, PACKING_LARGE));
	assert_int_equal(packing_compressed(t), 0);
	free(data);
}

/* ---- across runs ---- */

static void compresses_nothing_in_a_second_run(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 300);
	struct packed before[300];

	packing_do(t, many, 300);
	for (size_t i = 0; i < 300; i++)
		before[i] = *t->packer->find(t->packer, many[i].blob);
	packing_again(t);
	const struct blob *fresh = packing_text(t, "fresh", "fresh");
	packing_do(t, many, 300);
	packing_do(t, packing_entries(t, &fresh, 1), 1);
	assert_int_equal(packing_compressed(t), 1);
	assert_int_equal(packs_counts(t->packs).known, 300);
	for (size_t i = 0; i < 300; i++)
		assert_memory_equal(t->packer->find(t->packer, many[i].blob)->sha256, before[i].sha256, SHA256_SIZE);
	assert_true(packing_check_one(t, many, 0));
	assert_int_equal(packing_compressed(t), 1);
}

/* Digests are known, bytes are gone: packed again for whoever asks, once, and spooled again. */
static void packs_again_what_the_spool_lost(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 3);
	struct fail f = FAIL_INIT;
	struct waited w[5];

	packing_do(t, many, 3);
	packing_again(t);
	packing_do(t, many, 3);
	assert_int_equal(file_remove_tree(t->scratch.fd, "cache/spool", &f), 0);
	for (size_t i = 0; i < 5; i++)
		packing_fetch(t, &w[i], many[1].blob);
	for (size_t i = 0; i < 5; i++) {
		if (packing_wait(t, &w[i]) < 0)
			fail_msg("%s", w[i].op.fail.text);
		assert_int_equal(w[i].body.fd, w[0].body.fd);
	}
	for (size_t i = 0; i < 5; i++)
		t->packer->close(t->packer, &w[i].body);
	assert_int_equal(packing_compressed(t), 1);
	assert_int_equal(packing_spooled(t), 1);
	assert_true(packing_check_one(t, many, 1));
	/* Lost while the run goes on. */
	assert_int_equal(file_remove_tree(t->scratch.fd, "cache/spool", &f), 0);
	packing_check_one(t, many, 1);
	assert_int_equal(packing_compressed(t), 2);
}

static void spoil(void *arg, const char *path, const struct strbuf *bytes)
{
	struct packing *t = arg;
	char whole[600];

	(void)bytes;
	if (strncmp(path, "spool/", 6) != 0 || path[7] != '/')
		return;
	snprintf(whole, sizeof whole, "cache/%s", path);
	int fd = openat(t->scratch.fd, whole, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10, 0), 10);
	close(fd);
}

static void never_sends_a_spoilt_file(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 20);

	packing_do(t, many, 20);
	packing_again(t);
	packing_walk(t, spoil, t);
	packing_do(t, many, 20);
	assert_int_equal(packing_compressed(t), 0);
	for (size_t i = 0; i < 20; i++)
		packing_check_one(t, many, i);
	assert_int_equal(packing_compressed(t), 20);
	/* They were put right. */
	packing_again(t);
	packing_do(t, many, 20);
	packing_check_one(t, many, 0);
	assert_int_equal(packing_compressed(t), 0);
}

/* --no-cache: nothing kept is believed, and bytes wait in the spool all the same. */
static void works_without_an_index(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 20);

	packing_do(t, many, 20);
	packing_walk(t, spoil, t);
	packing_close(t);
	packing_open(t, true);
	packing_do(t, many, 20);
	assert_int_equal(packing_compressed(t), 20);
	assert_true(packing_check_one(t, many, 0));
	assert_int_equal(packing_compressed(t), 20);
	assert_int_equal(packing_spooled(t), 20);
}

static void sql(struct packing *t, const char *text)
{
	char path[120];
	sqlite3 *d;

	snprintf(path, sizeof path, "%s/cache.db", t->cache);
	assert_int_equal(sqlite3_open(path, &d), SQLITE_OK);
	if (sqlite3_exec(d, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(d));
	sqlite3_close(d);
}

static void believes_sealed_rows_only(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 4);

	packing_do(t, many, 4);
	packing_close(t);
	sql(t, "UPDATE packing SET gz_sha256 = zeroblob(32) WHERE sha256 = (SELECT min(sha256) FROM packing);"
		"UPDATE packing SET compressor = 'libdeflate-0-1-6' WHERE sha256 = (SELECT max(sha256) FROM packing)");
	packing_open(t, false);
	packing_do(t, many, 4);
	assert_int_equal(packing_compressed(t), 2);
	assert_int_equal(packs_counts(t->packs).known, 2);
	packing_again(t);
	packing_do(t, many, 4);
	assert_int_equal(packing_compressed(t), 0);
	sql(t, "CREATE TEMP TABLE t AS SELECT 1 / (SELECT count(*) = 5 FROM packing) AS x;"
		"CREATE TEMP TABLE u (x NOT NULL); INSERT INTO u SELECT x FROM t");
}

/* ---- several processes ---- */

static int pack_in_child(const char *cache, const struct packing *of, const struct entry *entries, size_t count)
{
	struct packing t = { .reporter = of->reporter, .notes = STRBUF_INIT };
	struct waited w;

	snprintf(t.cache, sizeof t.cache, "%s", cache);
	packing_open(&t, false);
	packing_pack(&t, &w, entries, count);
	if (packing_wait(&t, &w) < 0)
		return 1;
	for (size_t i = 0; i < count; i += 7) {
		packing_fetch(&t, &w, entries[i].blob);
		if (packing_wait(&t, &w) < 0 || w.body.fd < 0)
			return 2;
		t.packer->close(t.packer, &w.body);
	}
	packing_close(&t);
	return t.notes.len > 0 ? 3 : 0;
}

static void processes_share_a_cache(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 200);
	pid_t pids[3];

	packing_close(t);
	for (size_t i = 0; i < 3; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(pack_in_child(t->cache, t, many + 50 * i, 100));
	}
	for (size_t i = 0; i < 3; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	packing_open(t, false);
	packing_do(t, many, 200);
	assert_int_equal(packs_counts(t->packs).known, 200);
	packing_check_one(t, many, 199);
	assert_int_equal(packing_compressed(t), 0);
}

/* Says each thirty that are packed. */
static void pack_and_tell(const struct packing *of, const struct entry *entries, size_t count, int tell)
{
	struct packing t = { .reporter = of->reporter, .notes = STRBUF_INIT };

	memcpy(t.cache, of->cache, sizeof t.cache);
	packing_open(&t, false);
	for (size_t i = 0; i < count; i += 30) {
		packing_do(&t, entries + i, 30);
		if (write(tell, "x", 1) != 1)
			_exit(1);
	}
	packing_close(&t);
}

/* Killed in the middle of it: what it left does no harm, and the next run has all it needs. */
static void survives_a_kill(void **state)
{
	struct packing *t = *state;
	const struct entry *many = packing_many(t, 450);

	packing_close(t);
	for (int after = 0; after < 15; after += 4) {
		int ends[2], status;
		char c;
		assert_int_equal(pipe(ends), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			pack_and_tell(t, many, 450, ends[1]);
			_exit(0);
		}
		close(ends[1]);
		for (int i = 0; i < after; i++)
			assert_int_equal(read(ends[0], &c, 1), 1);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		close(ends[0]);
	}
	packing_open(t, false);
	packing_do(t, many, 450);
	assert_int_equal(packing_compressed(t) + packs_counts(t->packs).known, 450);
	for (size_t i = 0; i < 450; i += 50)
		packing_check_one(t, many, i);
	assert_string_equal(t->notes.buf, "");
}

#define PACKING(test) cmocka_unit_test_setup_teardown(test, packing_setup, packing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PACKING(packs_each_content_once),
		PACKING(names_its_compressor),
		PACKING(ends_ops_in_turn),
		PACKING(packs_what_is_long),
		PACKING(compresses_nothing_in_a_second_run),
		PACKING(packs_again_what_the_spool_lost),
		PACKING(never_sends_a_spoilt_file),
		PACKING(works_without_an_index),
		PACKING(believes_sealed_rows_only),
		PACKING(processes_share_a_cache),
		PACKING(survives_a_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
