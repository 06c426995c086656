/* What is particular to directories: the layout, links, times and modes, and what people do to a document root. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "release/release_id.h"
#include "dir_row.h"
#include "world.h"

#define A "20261123-090501-aaaaaaaa"
#define B "20261123-090602-bbbbbbbb"
#define C "20261123-090703-cccccccc"

static struct stat stat_of(struct world *w, const char *path)
{
	struct stat st;

	if (fstatat(w->scratch.fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("%s: errno %d", path, errno);
	return st;
}

static bool exists(struct world *w, const char *path)
{
	struct stat st;

	return fstatat(w->scratch.fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_link(struct world *w, const char *path, const char *text)
{
	char got[512];
	ssize_t n = readlinkat(w->scratch.fd, path, got, sizeof got - 1);

	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, text);
}

static void layout(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	const struct tree *t = world_tree(w, "index.html", "1", "a/b", "2", NULL);
	struct stat st;

	seat_deploy(w, s, A, t);
	assert_link(w, "p/current", "releases/" A);
	assert_int_equal(scratch_count(&w->scratch, "p"), 3);
	assert_int_equal(scratch_count(&w->scratch, "p/releases"), 1);
	assert_int_equal(scratch_count(&w->scratch, "p/.slipway"), 3);
	assert_int_equal(scratch_count(&w->scratch, "p/.slipway/releases"), 1);
	st = stat_of(w, "p/releases/" A "/a/b");
	assert_int_equal(st.st_mode, S_IFREG | 0444);
	assert_int_equal(st.st_mtim.tv_sec, release_id_time(A));
	assert_int_equal(st.st_mtim.tv_nsec, 0);
	assert_int_equal(stat_of(w, "p/releases/" A "/a").st_mode, S_IFDIR | 0755);
	assert_int_equal(stat_of(w, "p/releases/" A).st_mode, S_IFDIR | 0755);
	assert_true(exists(w, "p/.slipway/releases/" A ".jsonl"));
}

static void unchanged_is_linked(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	struct stat a, b;

	seat_deploy(w, s, A, world_tree(w, "same", "s", "other", "1", "moved", "m", NULL));
	seat_deploy(w, s, B, world_tree(w, "same", "s", "other", "2", "there", "m", NULL));
	a = stat_of(w, "p/releases/" A "/same");
	b = stat_of(w, "p/releases/" B "/same");
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(a.st_nlink, 2);
	assert_int_equal(stat_of(w, "p/releases/" B "/other").st_mtim.tv_sec, release_id_time(B));
	assert_int_equal(stat_of(w, "p/releases/" B "/other").st_nlink, 1);
	/* Its content is known, but not at this path: the time is new, so the inode must be. */
	assert_int_equal(stat_of(w, "p/releases/" B "/there").st_mtim.tv_sec, release_id_time(B));
	assert_int_equal(stat_of(w, "p/releases/" A "/moved").st_nlink, 1);
}

static void equal_files_are_not_one(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");

	seat_deploy(w, s, A, world_tree(w, "one", "same", "two", "same", NULL));
	assert_true(stat_of(w, "p/releases/" A "/one").st_ino != stat_of(w, "p/releases/" A "/two").st_ino);
}

/* What comes back after a rollback is the file that it was, times included. */
static void returning_content(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	const struct tree *a = world_tree(w, "f", "1", NULL), *b = world_tree(w, "f", "2", NULL);

	seat_deploy(w, s, A, a);
	seat_deploy(w, s, B, b);
	assert_int_equal(seat_deploy(w, s, C, a).count, 0);
	assert_int_equal(stat_of(w, "p/releases/" C "/f").st_ino, stat_of(w, "p/releases/" A "/f").st_ino);
	assert_holds(w, s, C, a);
}

/* A file whose size, time or mode is not what the manifest says is not linked; what is linked is never written to. */
static void touched_files(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	const struct tree *a = world_tree(w, "mode", "1", "time", "2", "size", "3", "fine", "4", NULL);
	const struct tree *b = world_tree(w, "mode", "1", "time", "2", "size", "3", "fine", "4", "new", "5", NULL);
	struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };

	seat_deploy(w, s, A, a);
	assert_int_equal(fchmodat(w->scratch.fd, "p/releases/" A "/mode", 0600, 0), 0);
	assert_int_equal(utimensat(w->scratch.fd, "p/releases/" A "/time", now, 0), 0);
	assert_int_equal(unlinkat(w->scratch.fd, "p/releases/" A "/size", 0), 0);
	scratch_write(&w->scratch, "p/releases/" A "/size", "33");
	assert_int_equal(seat_deploy(w, s, B, b).count, 4);
	assert_holds(w, s, B, b);
	assert_int_equal(stat_of(w, "p/releases/" A "/mode").st_mode, S_IFREG | 0600);
	assert_int_equal(stat_of(w, "p/releases/" A "/fine").st_nlink, 2);
}

static void repair_has_fresh_inodes(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	const struct tree *t = world_tree(w, "f", "1234", NULL);
	struct missing missing;

	seat_deploy(w, s, A, t);
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_begin(w, s, B, t, true, &missing), 0);
	assert_int_equal(seat_put(w, s, &missing, NULL), 0);
	assert_int_equal(seat_seal(w, s, NULL), 0);
	assert_int_equal(stat_of(w, "p/releases/" A "/f").st_nlink, 1);
	/* A new time too: a browser that holds the damaged bytes under the old ETag must be told. */
	assert_int_equal(stat_of(w, "p/releases/" B "/f").st_mtim.tv_sec, release_id_time(B));
}

static void umask_does_not_matter(void **state)
{
	struct world *w = *state;
	mode_t before = umask(0077);
	struct seat *s = world_seat(w, "p");
	const struct tree *t = world_tree(w, "a/b", "1", NULL);

	seat_deploy(w, s, A, t);
	umask(before);
	assert_int_equal(stat_of(w, "p/releases/" A "/a/b").st_mode, S_IFREG | 0444);
	assert_int_equal(stat_of(w, "p/releases/" A "/a").st_mode, S_IFDIR | 0755);
	assert_holds(w, s, A, t);
}

static void live_elsewhere(void **state)
{
	struct world *w = *state;
	struct seat *s;
	char live[256];

	assert_int_equal(mkdirat(w->scratch.fd, "www", 0755), 0);
	assert_int_equal(symlinkat("www", w->scratch.fd, "alias"), 0);
	snprintf(live, sizeof live, "\"%s/alias/dist\"", w->scratch.path);
	s = world_seat_with(w, "p", "live", live);
	seat_deploy(w, s, A, world_tree(w, "f", "1", NULL));
	assert_link(w, "www/dist", "../p/releases/" A);
	assert_false(exists(w, "p/current"));
	assert_string_equal(seat_read(w, s).id, A);
	seat_deploy(w, s, B, world_tree(w, "f", "2", NULL));
	assert_link(w, "www/dist", "../p/releases/" B);
	assert_int_equal(scratch_count(&w->scratch, "www"), 1);
}

static void relative_to_the_project(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat_with(w, "p", "root", "\"local/sites/\"");

	assert_true(seat_read(w, s).absent);
	seat_deploy(w, s, A, world_tree(w, "f", "1", NULL));
	assert_link(w, "local/sites/current", "releases/" A);
}

static void missing_parent(void **state)
{
	struct world *w = *state;
	struct live_state live;
	struct op *op = world_op(w);
	struct seat *s;
	char root[256];

	snprintf(root, sizeof root, "\"%s/no/such/place\"", w->scratch.path);
	s = world_seat_with(w, "p", "root", root);

	w->ops->read(s->place, &live, op);
	assert_failed(w, world_wait(w, op), FAIL_MISSING);
	assert_non_null(strstr(w->fail.text, "no/such"));
	assert_true(w->fail.hint[0] != '\0');
	assert_string_equal(w->fail.stage, "read");
	assert_failed(w, seat_lock(w, s), FAIL_MISSING);
	assert_false(exists(w, "no"));
	s = world_seat(w, "q");
	assert_true(seat_read(w, s).absent);
	assert_false(exists(w, "q"));
}

/* Somebody pointed the link elsewhere before slipway came: that is foreign, and a place to go back to. */
static void outside_link(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	struct live_state live;
	struct release_list l;
	char outside[128];

	snprintf(outside, sizeof outside, "%s/old", w->scratch.path);
	assert_int_equal(mkdirat(w->scratch.fd, "p", 0755), 0);
	assert_int_equal(mkdirat(w->scratch.fd, "old", 0755), 0);
	scratch_write(&w->scratch, "old/index.html", "old");
	assert_int_equal(symlinkat("../old", w->scratch.fd, "p/current"), 0);
	live = seat_read(w, s);
	assert_string_equal(live.id, outside);
	assert_false(live.has_header);
	assert_null(live.blocked);
	seat_deploy(w, s, A, world_tree(w, "index.html", "new", NULL));
	l = seat_list(w, s);
	assert_int_equal(l.count, 2);
	assert_non_null(release_find(&l, outside));
	assert_true(release_find(&l, outside)->header.foreign);
	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_switch(w, s, A, outside, "rollback"), 0);
	assert_served(w, s, "index.html", "old");
	assert_true(release_find(&(struct release_list){ seat_list(w, s).items, 2 }, outside)->live);
}

/* A link whose release was removed by hand: the next deploy must not take it for unchanged. */
static void dangling_link(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	const struct tree *t = world_tree(w, "f", "1", NULL);

	seat_deploy(w, s, A, t);
	assert_int_equal(file_remove_tree(w->scratch.fd, "p/releases/" A, &w->fail), 0);
	assert_false(seat_read(w, s).has_header);
	seat_deploy(w, s, B, t);
	assert_served(w, s, "f", "1");
}

static void torn_log(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	struct live_state live;
	int fd;

	seat_deploy(w, s, A, world_tree(w, "f", "1", NULL));
	fd = openat(w->scratch.fd, "p/.slipway/switches.jsonl", O_WRONLY | O_APPEND);
	assert_int_equal(file_write_all(fd, "{\"seq\":2,\"id\":", 14), 0);
	close(fd);
	assert_true(seat_read(w, s).log.torn);
	seat_deploy(w, s, B, world_tree(w, "f", "2", NULL));
	live = seat_read(w, s);
	assert_false(live.log.torn);
	assert_int_equal(live.log.count, 2);
	assert_string_equal(live.log.records[1].id, B);
}

/* The holder's process is gone: its lease does not keep anybody waiting. */
static void dead_holder(void **state)
{
	struct world *w = *state;
	struct seat *s;
	int status, gate[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(gate), 0);
	pid = fork();
	if (pid == 0) {
		struct world *mine = world_new(&dir_row);

		mine->scratch = w->scratch;
		status = seat_lock(mine, world_seat(mine, "p"));
		(void)!write(gate[1], "x", 1);
		pause();
		_exit(status);
	}
	assert_int_equal(read(gate[0], &byte, 1), 1);
	s = world_seat(w, "p");
	assert_failed(w, seat_lock(w, s), FAIL_CONFLICT);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(seat_lock(w, s), 0);
	close(gate[0]);
	close(gate[1]);
}

/* A lock file that a power failure emptied counts for one lease, not for ever. */
static void empty_lock(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };

	assert_int_equal(seat_lock(w, s), 0);
	assert_int_equal(seat_unlock(w, s), 0);
	scratch_write(&w->scratch, "p/.slipway/lock", "");
	assert_failed(w, seat_lock(w, s), FAIL_CONFLICT);
	assert_int_equal(utimensat(w->scratch.fd, "p/.slipway/lock", old, 0), 0);
	assert_int_equal(seat_lock(w, s), 0);
}

/* Links planted where slipway writes lead nobody astray. */
static void planted_links(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	const struct tree *a = world_tree(w, "d/f", "1", NULL), *b = world_tree(w, "d/f", "1", "d/g", "2", NULL);

	assert_int_equal(mkdirat(w->scratch.fd, "target", 0755), 0);
	scratch_write(&w->scratch, "target/f", "mine");
	seat_deploy(w, s, A, a);
	assert_int_equal(symlinkat("../../target", w->scratch.fd, "p/releases/." B ".partial"), 0);
	assert_int_equal(file_remove_tree(w->scratch.fd, "p/releases/" A "/d", &w->fail), 0);
	assert_int_equal(symlinkat("../../../target", w->scratch.fd, "p/releases/" A "/d"), 0);
	assert_int_equal(seat_deploy(w, s, B, b).count, 2);
	assert_holds(w, s, B, b);
	assert_int_equal(scratch_count(&w->scratch, "target"), 1);
}

static void odd_modes_are_found(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "p");
	struct verify_report r;

	seat_deploy(w, s, A, world_tree(w, "a", "1", "d/b", "2", NULL));
	assert_int_equal(fchmodat(w->scratch.fd, "p/releases/" A "/a", 0644, 0), 0);
	assert_int_equal(fchmodat(w->scratch.fd, "p/releases/" A "/d", 0700, 0), 0);
	assert_int_equal(mkdirat(w->scratch.fd, "p/releases/" A "/empty", 0755), 0);
	assert_int_equal(seat_verify(w, s, A, &r), 0);
	assert_int_equal(r.count, 3);
	assert_string_equal(r.findings[0].what, "mode");
	assert_string_equal(r.findings[1].path, "d");
	assert_string_equal(r.findings[2].what, "extra");
}

static void bad_settings(void **state)
{
	struct world *w = *state;
	struct target t = { .name = "t", .kind = "dir" };
	struct host_env env = { .loop = w->loop, .project_root = "/nowhere" };
	struct session *session;
	struct place *place;

	assert_int_equal(w->ops->session_open(&session, &t, &env, &w->fail), 0);
	assert_int_equal(w->ops->place_open(&place, session, &t, "t", &w->fail), -1);
	assert_int_equal(w->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(w->fail.text, "root"));
	w->ops->session_close(session);
	assert_null(host_find("ftp"));
}

int main(void)
{
	void *start = (void *)(uintptr_t)&dir_row;
	const struct CMUnitTest tests[] = {
		TEST(layout), TEST(unchanged_is_linked), TEST(equal_files_are_not_one), TEST(returning_content),
		TEST(touched_files), TEST(repair_has_fresh_inodes), TEST(umask_does_not_matter), TEST(live_elsewhere),
		TEST(relative_to_the_project), TEST(missing_parent), TEST(outside_link), TEST(dangling_link), TEST(torn_log),
		TEST(dead_holder), TEST(empty_lock), TEST(planted_links), TEST(odd_modes_are_found), TEST(bad_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
