/* Adopting a directory, and what goes wrong: no rights, no room, no names left. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "dir_row.h"
#include "world.h"

#define A "20261123-090501-aaaaaaaa"
#define B "20261123-090602-bbbbbbbb"
#define OLD "20261123-080000-00000000"

static void make_site(struct world *w, const char *dir)
{
	struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "%s/sub", dir);
	assert_int_equal(file_mkdirs(w->scratch.fd, path.buf, 0755, &w->fail), 0);
	strbuf_addstr(&path, "/page");
	scratch_write(&w->scratch, path.buf, "sub");
	strbuf_setlen(&path, strlen(dir));
	strbuf_addstr(&path, "/index.html");
	scratch_write(&w->scratch, path.buf, "old site");
	strbuf_clear(&path);
}

static int adopt(struct world *w, struct seat *s, bool dry_run, struct adopt_report *out)
{
	struct adopt_request rq = { .id = OLD, .by = "tester@here", .dry_run = dry_run };
	struct op *op = world_op(w);

	w->ops->adopt(s->place, &rq, out, op);
	return world_wait(w, op);
}

static void adopting(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	struct adopt_report r;
	struct live_state live;
	const struct tree *t = world_tree(w, "index.html", "new", "sub/page", "sub", NULL);

	make_site(w, "p/current");
	live = seat_read(w, s);
	assert_non_null(live.blocked);
	assert_string_equal(live.blocked_hint, "slipway adopt p");
	assert_int_equal(adopt(w, s, true, &r), 0);
	assert_int_equal(r.files, 2);
	assert_int_equal(r.bytes, 11);
	assert_non_null(r.steps);
	assert_int_equal(scratch_count(&w->scratch, "p"), 1);
	assert_failed(w, adopt(w, s, false, &r), FAIL_CONFLICT);
	assert_int_equal(seat_lock(w, s), 0);
	assert_failed(w, seat_switch(w, s, NULL, A, "deploy"), FAIL_CONFLICT);
	assert_int_equal(adopt(w, s, false, &r), 0);
	assert_false(r.needs_gap);
	assert_served(w, s, "index.html", "old site");
	live = seat_read(w, s);
	assert_string_equal(live.id, OLD);
	assert_true(live.has_header && live.header.foreign);
	assert_string_equal(switchlog_last(&live.log)->action, "adopt");
	assert_null(live.blocked);
	assert_failed(w, adopt(w, s, false, &r), FAIL_CONFLICT);
	assert_int_equal(seat_unlock(w, s), 0);
	assert_int_equal(seat_deploy(w, s, A, t).count, 2);
	assert_served(w, s, "index.html", "new");
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_switch(w, s, A, OLD, "rollback"), 0);
	assert_served(w, s, "sub/page", "sub");
}

/* A tree that no manifest can describe is kept all the same. */
static void adopting_odd_trees(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	struct adopt_report r;

	make_site(w, "p/current");
	assert_int_equal(symlinkat("index.html", w->scratch.fd, "p/current/link"), 0);
	scratch_write(&w->scratch, "p/current/line\nbreak", "x");
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(adopt(w, s, false, &r), 0);
	assert_non_null(strstr(r.steps, "no manifest"));
	assert_served(w, s, "link", "old site");
	assert_false(seat_read(w, s).has_header);
	assert_true(seat_list(w, s).items[0].header.foreign);
}

/* Stopped before the exchange: the site is as it was, and a second adopt does it. */
static void adopting_again(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	struct adopt_report r;
	struct op *op = world_op(w);

	make_site(w, "p/current");
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(symlinkat("releases/" OLD, w->scratch.fd, "p/releases/" OLD), 0);
	assert_int_equal(symlinkat("somewhere", w->scratch.fd, "p/releases/latest"), 0);
	scratch_write(&w->scratch, "p/.slipway/releases/" OLD ".jsonl", "{}");
	assert_int_equal(seat_list(w, s).count, 1);
	w->ops->sweep(s->place, NULL, op);
	assert_int_equal(world_wait(w, op), 0);
	assert_int_equal(scratch_count(&w->scratch, "p/releases"), 1);
	assert_int_equal(scratch_count(&w->scratch, "p/.slipway/releases"), 0);
	assert_int_equal(symlinkat("releases/" OLD, w->scratch.fd, "p/releases/" OLD), 0);
	assert_int_equal(adopt(w, s, false, &r), 0);
	assert_served(w, s, "index.html", "old site");
	assert_string_equal(seat_read(w, s).id, OLD);
}

static void root_inside_the_site(void **state)
{
	struct world *w = *state;
	char root[256];
	struct seat *s;
	struct adopt_report r;

	make_site(w, "site");
	snprintf(root, sizeof root, "\"%s/site\",\"live\":\"%s/site\"", w->scratch.path, w->scratch.path);
	s = world_seat_with(w, "p", "root", root);
	assert_int_equal(seat_lock(w, s), 0);
	assert_failed(w, adopt(w, s, false, &r), FAIL_CONFIG);
}

/* Runs in a child without root's rights; the child's answer is 0 when all was as it should be. */
static int as_nobody(struct world *w, int (*run)(struct world *w))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct world *mine;

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(99);
		mine = world_new(&dir_row);
		mine->scratch = w->scratch;
		_exit(run(mine));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int lock_denied(struct world *w)
{
	struct seat *s = world_seat(w, "p");

	if (seat_lock(w, s) == 0)
		return 1;
	if (w->fail.kind != FAIL_AUTH || strcmp(w->fail.stage, "lock") != 0)
		return 2;
	return seat_read(w, s).id != NULL && strcmp(seat_read(w, s).id, A) == 0 ? 0 : 3;
}

static void no_rights(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");

	if (getuid() != 0) {
		skip_here("dropping rights needs root");
		return;
	}
	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	assert_int_equal(chmod(w->scratch.path, 0755), 0);
	assert_int_equal(as_nobody(w, lock_denied), 0);
	assert_served(w, s, "index.html", "1");
}

static const struct tree *heavy(struct world *w, char fill)
{
	char *text = xmalloc(300001);
	const struct tree *t;

	memset(text, fill, 300000);
	text[300000] = '\0';
	t = world_tree(w, "big", text, "small", "s", NULL);
	free(text);
	return t;
}

/* A full disk stops the staging, not the site; removing what is old needs no room. */
static void full_disk(void **state)
{
	struct world *w = *state;
	struct seat *s;
	struct missing missing;
	char path[128];
	uint64_t freed;
	int fd;

	assert_int_equal(mkdirat(w->scratch.fd, "disk", 0755), 0);
	snprintf(path, sizeof path, "%s/disk", w->scratch.path);
	if (mount("tmpfs", path, "tmpfs", 0, "size=1m") < 0) {
		skip_here("mounting a small disk needs root");
		return;
	}
	s = world_seat(w, "disk/p");
	seat_deploy(w, s, A, heavy(w, 'a'));
	seat_deploy(w, s, B, heavy(w, 'b'));
	assert_int_equal(seat_lock(w, s), 0);
	fd = openat(w->scratch.fd, "disk/filler", O_WRONLY | O_CREAT, 0600);
	while (write(fd, path, sizeof path) > 0)
		;
	close(fd);
	assert_int_equal(seat_begin(w, s, "20261123-100000-cccccccc", heavy(w, 'c'), false, &missing) < 0 ||
	                 seat_put(w, s, &missing, NULL) < 0, 1);
	assert_int_equal(w->fail.code, ENOSPC);
	assert_string_equal(w->fail.stage, "stage");
	assert_non_null(strstr(w->fail.hint, "prune"));
	assert_string_equal(seat_read(w, s).id, B);
	assert_int_equal(seat_drop(w, s, A, &freed), 0);
	assert_int_equal(freed, 300000);
	unlinkat(w->scratch.fd, "disk/filler", 0);
	seat_stage(w, s, "20261123-100001-cccccccc", heavy(w, 'c'));
	assert_int_equal(seat_unlock(w, s), 0);
	world_unseat(w);
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

int main(void)
{
	void *start = (void *)(uintptr_t)&dir_row;
	const struct CMUnitTest tests[] = {
		TEST(adopting), TEST(adopting_odd_trees), TEST(adopting_again), TEST(root_inside_the_site), TEST(no_rights),
		TEST(full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
