#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/db.h"
#include "deploy/ledger.h"
#include "deploy/ledger_seen.h"

#define NOW 1795424400LL
#define HOUR 3600

struct book {
	struct scratch dir;
	struct ledger *l;
	struct arena mem;
	struct fail f;
};

static void open_book(struct book *b)
{
	if (ledger_open(&b->l, b->dir.path, &b->f) < 0)
		fail_msg("%s", b->f.text);
}

static void begin(struct book *b)
{
	*b = (struct book){ .mem = ARENA_INIT, .f = FAIL_INIT };
	scratch_begin(&b->dir);
	open_book(b);
}

static void end(struct book *b)
{
	ledger_close(b->l);
	arena_clear(&b->mem);
	scratch_end(&b->dir);
}

static struct ledger_run run_of(const char *run, const char *release, int64_t at_s)
{
	return (struct ledger_run){ .run = run, .command = "deploy", .environment = "production", .release = release,
		.builds = "b1", .config = "c1", .who = { .by = "ana" }, .started_s = at_s };
}

static void add_run(struct book *b, const char *run, const char *release, int64_t at_s)
{
	const struct ledger_run r = run_of(run, release, at_s);

	if (ledger_begin(b->l, &r, &b->f) < 0)
		fail_msg("%s", b->f.text);
}

static void add_place(struct book *b, const char *run, const char *place, const char *state, int64_t at_s)
{
	const struct ledger_place p = { .run = run, .target = place, .place = place, .host = "box", .kind = "dir",
		.state = state, .to = "R", .added = 3, .seconds = 0.5, .at_s = at_s };

	if (ledger_result(b->l, &p, 1, &b->f) < 0)
		fail_msg("%s", b->f.text);
}

static void end_run(struct book *b, const char *run, int64_t at_s)
{
	if (ledger_end(b->l, run, 0, at_s, &b->f) < 0)
		fail_msg("%s", b->f.text);
}

static const char *unfinished(struct book *b, int64_t now_s)
{
	const struct ledger_run wish = run_of("x", NULL, 0);
	struct ledger_run found = { .run = NULL };
	int rc = ledger_unfinished(b->l, &wish, now_s, &found, &b->mem, &b->f);

	assert_true(rc >= 0);
	return rc == 1 ? found.release : NULL;
}

/* ---- the 12 h rule ---- */

static void a_run_without_an_end_is_unfinished(void **state)
{
	struct book b;
	(void)state;

	begin(&b);
	assert_null(unfinished(&b, NOW));
	add_run(&b, "r1", "R1", NOW - 60);
	assert_string_equal(unfinished(&b, NOW), "R1");
	end_run(&b, "r1", NOW);
	assert_null(unfinished(&b, NOW));
	end(&b);
}

static void so_is_one_in_which_a_place_is_left(void **state)
{
	struct book b;
	(void)state;

	begin(&b);
	add_run(&b, "r1", "R1", NOW - 60);
	add_place(&b, "r1", "a", "deployed", NOW);
	add_place(&b, "r1", "b", "intended", NOW);
	add_place(&b, "r1", "b", "failed", NOW);
	add_place(&b, "r1", "c", "held", NOW);
	end_run(&b, "r1", NOW);
	assert_string_equal(unfinished(&b, NOW), "R1");
	/* Another run under the same id brings b there: nothing is left of it. */
	add_run(&b, "r2", "R1", NOW + 60);
	add_place(&b, "r2", "b", "deployed", NOW + 60);
	end_run(&b, "r2", NOW + 60);
	assert_null(unfinished(&b, NOW + 120));
	end(&b);
}

static void a_killed_run_that_was_finished_later_is_finished(void **state)
{
	struct book b;
	(void)state;

	begin(&b);
	add_run(&b, "r1", "R1", NOW);
	add_run(&b, "r2", "R1", NOW + 60);
	add_place(&b, "r2", "a", "deployed", NOW + 60);
	end_run(&b, "r2", NOW + 60);
	assert_null(unfinished(&b, NOW + 120));
	end(&b);
}

static void after_12_hours_a_run_is_left_alone(void **state)
{
	struct book b;
	(void)state;

	begin(&b);
	add_run(&b, "r1", "R1", NOW);
	assert_string_equal(unfinished(&b, NOW + 12 * HOUR - 1), "R1");
	assert_null(unfinished(&b, NOW + 12 * HOUR));
	end(&b);
}

static void only_the_same_wish_counts(void **state)
{
	struct ledger_run wish = run_of("x", NULL, 0), found;
	struct book b;
	(void)state;

	begin(&b);
	add_run(&b, "r1", "R1", NOW);
	wish.config = "c2";
	assert_int_equal(ledger_unfinished(b.l, &wish, NOW, &found, &b.mem, &b.f), 0);
	wish = run_of("x", NULL, 0);
	wish.builds = "b2";
	assert_int_equal(ledger_unfinished(b.l, &wish, NOW, &found, &b.mem, &b.f), 0);
	wish = run_of("x", NULL, 0);
	wish.environment = NULL;
	assert_int_equal(ledger_unfinished(b.l, &wish, NOW, &found, &b.mem, &b.f), 0);
	end(&b);
}

static void the_newest_of_several_is_taken(void **state)
{
	struct book b;
	(void)state;

	begin(&b);
	add_run(&b, "r1", "R1", NOW - 120);
	add_run(&b, "r2", "R2", NOW - 60);
	assert_string_equal(unfinished(&b, NOW), "R2");
	end(&b);
}

/* ---- questions ---- */

static void failed_targets_are_those_whose_newest_deploy_did_not_end_well(void **state)
{
	const char **names;
	size_t count;
	struct book b;
	(void)state;

	begin(&b);
	add_run(&b, "r1", "R1", NOW);
	add_place(&b, "r1", "a", "failed", NOW);
	add_place(&b, "r1", "b", "failed", NOW);
	add_place(&b, "r1", "c", "intended", NOW);
	add_place(&b, "r1", "d", "deployed", NOW);
	add_run(&b, "r2", "R2", NOW + 1);
	add_place(&b, "r2", "a", "unchanged", NOW + 1);
	assert_int_equal(ledger_failed_targets(b.l, "production", NULL, &names, &count, &b.mem, &b.f), 0);
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "b");
	assert_string_equal(names[1], "c");
	assert_int_equal(ledger_failed_targets(b.l, "staging", NULL, &names, &count, &b.mem, &b.f), 0);
	assert_int_equal(count, 0);
	end(&b);
}

static void failures_of_a_channel_are_its_own(void **state)
{
	const char **names;
	size_t count;
	struct book b;
	(void)state;

	begin(&b);
	add_run(&b, "r1", "R1", NOW);
	add_place(&b, "r1", "a@pr-42", "failed", NOW);
	add_place(&b, "r1", "b@pr-42", "deployed", NOW);
	add_place(&b, "r1", "c@pr-4", "failed", NOW);
	add_run(&b, "r2", "R2", NOW + 1);
	add_place(&b, "r2", "a", "deployed", NOW + 1);
	add_place(&b, "r2", "b", "failed", NOW + 1);
	assert_int_equal(ledger_failed_targets(b.l, "production", NULL, &names, &count, &b.mem, &b.f), 0);
	assert_int_equal(count, 1);
	assert_string_equal(names[0], "b");
	assert_int_equal(ledger_failed_targets(b.l, "production", "pr-42", &names, &count, &b.mem, &b.f), 0);
	assert_int_equal(count, 1);
	assert_string_equal(names[0], "a@pr-42");
	assert_int_equal(ledger_failed_targets(b.l, "production", "pr", &names, &count, &b.mem, &b.f), 0);
	assert_int_equal(count, 0);
	end(&b);
}

static void history_shows_the_newest_row_of_a_run_and_place(void **state)
{
	struct ledger_filter all = { .environment = NULL }, failed = { .result = "failed" };
	struct ledger_row *rows;
	size_t count;
	struct book b;
	(void)state;

	begin(&b);
	add_run(&b, "r1", "R1", NOW);
	add_place(&b, "r1", "a", "intended", NOW);
	add_place(&b, "r1", "a", "deployed", NOW + 1);
	add_place(&b, "r1", "b", "intended", NOW);
	add_run(&b, "r2", "R2", NOW + 10);
	assert_int_equal(ledger_history(b.l, &all, &rows, &count, &b.mem, &b.f), 0);
	assert_int_equal(count, 3);
	assert_string_equal(rows[0].run.run, "r2");
	assert_false(rows[0].has_place);
	assert_string_equal(rows[1].place.state, "deployed");
	assert_int_equal(rows[1].place.added, 3);
	assert_string_equal(rows[1].run.who.by, "ana");
	assert_string_equal(rows[2].place.state, "intended");
	assert_int_equal(ledger_history(b.l, &failed, &rows, &count, &b.mem, &b.f), 0);
	assert_int_equal(count, 0);
	all.limit = 1;
	assert_int_equal(ledger_history(b.l, &all, &rows, &count, &b.mem, &b.f), 0);
	assert_int_equal(count, 1);
	end(&b);
}

static void intents_and_results_come_all_or_none(void **state)
{
	struct ledger_place p[2] = { { .run = "r1", .place = "a", .state = "intended", .at_s = NOW },
		{ .run = "r1", .place = NULL, .state = "intended", .at_s = NOW } };
	struct ledger_filter all = { .environment = NULL };
	struct ledger_row *rows;
	size_t count;
	struct book b;
	(void)state;

	begin(&b);
	add_run(&b, "r1", "R1", NOW);
	assert_int_equal(ledger_intend(b.l, p, 2, &b.f), -1);
	assert_int_equal(ledger_history(b.l, &all, &rows, &count, &b.mem, &b.f), 0);
	assert_int_equal(count, 1);
	assert_false(rows[0].has_place);
	p[1].place = "b";
	assert_int_equal(ledger_intend(b.l, p, 2, &b.f), 0);
	end(&b);
}

/* ---- the file ---- */

static void it_survives_closing(void **state)
{
	struct book b;
	(void)state;

	begin(&b);
	add_run(&b, "r1", "R1", NOW);
	ledger_close(b.l);
	open_book(&b);
	assert_null(ledger_warning(b.l));
	assert_string_equal(unfinished(&b, NOW), "R1");
	end(&b);
}

static bool holds_damaged(const struct book *b)
{
	DIR *d = opendir(b->dir.path);
	bool found = false;

	for (struct dirent *e; (e = readdir(d));)
		found = found || strncmp(e->d_name, "ledger.db.damaged-", 18) == 0;
	closedir(d);
	return found;
}

/* Overwrites `len` bytes of the file from `at`. */
static void scribble(const struct book *b, off_t at, size_t len)
{
	int fd = openat(b->dir.fd, "ledger.db", O_WRONLY | O_CLOEXEC);
	char noise[64];

	assert_true(fd >= 0);
	memset(noise, 0xA5, sizeof noise);
	for (size_t done = 0; done < len; done += sizeof noise)
		assert_int_equal(pwrite(fd, noise, sizeof noise, at + (off_t)done), sizeof noise);
	close(fd);
}

static void damage_is_set_aside(void **state)
{
	static const off_t where[] = { 0, 4096 };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct book b;
		begin(&b);
		add_run(&b, "r1", "R1", NOW);
		ledger_close(b.l);
		scribble(&b, where[i], 4096);
		open_book(&b);
		assert_non_null(strstr(ledger_warning(b.l), "damaged"));
		assert_true(holds_damaged(&b));
		assert_null(unfinished(&b, NOW));
		add_run(&b, "r1", "R1", NOW);
		end(&b);
	}
}

/* How often a ledger has to be looked through is told by what is kept beside it. */
static void what_nobody_touched_is_not_looked_through_again(void **state)
{
	struct book b;
	char path[512], seen[512], was[256] = "", is[256] = "";

	(void)state;
	begin(&b);
	snprintf(path, sizeof path, "%s/ledger.db", b.dir.path);
	snprintf(seen, sizeof seen, "%s/ledger.db.seen", b.dir.path);
	assert_false(ledger_seen(path));
	add_run(&b, "R1", "R1", NOW);
	ledger_close(b.l);
	assert_true(ledger_seen(path));
	open_book(&b);
	assert_true(ledger_seen(path));
	add_run(&b, "R2", "R2", NOW + 1);
	assert_false(ledger_seen(path));        /* a run that is killed here leaves it so */
	ledger_close(b.l);
	assert_true(ledger_seen(path));
	/* Somebody else, and a stamp that is nonsense. */
	int fd = open(path, O_WRONLY);
	assert_int_equal(futimens(fd, (struct timespec[2]){ { .tv_sec = 1 }, { .tv_sec = 1 } }), 0);
	close(fd);
	assert_false(ledger_seen(path));
	ledger_seen_keep(path);
	assert_true(ledger_seen(path));
	fd = open(seen, O_RDWR);
	assert_true(read(fd, was, sizeof was - 1) > 0);
	assert_int_equal(ftruncate(fd, 3), 0);
	close(fd);
	assert_false(ledger_seen(path));
	ledger_seen_keep(path);
	fd = open(seen, O_RDONLY);
	assert_true(read(fd, is, sizeof is - 1) > 0);
	close(fd);
	assert_string_equal(is, was);
	assert_int_equal(remove(seen), 0);
	assert_int_equal(mkdir(seen, 0700), 0);
	assert_false(ledger_seen(path));
	ledger_seen_keep(path);                 /* cannot be kept: no harm */
	assert_int_equal(rmdir(seen), 0);
	b.l = NULL;
	end(&b);
}

/* Damage that the file's size and times do not show is met on the way; the next run sets the ledger aside. */
static void damage_that_is_met_later_is_set_aside_by_the_next_run(void **state)
{
	struct book b;
	char path[512], page[4096];

	(void)state;
	begin(&b);
	snprintf(path, sizeof path, "%s/ledger.db", b.dir.path);
	for (int i = 0; i < 50; i++) {
		char run[16];
		snprintf(run, sizeof run, "R%d", i);
		add_run(&b, run, run, NOW + i);
		add_place(&b, run, "bern", "deployed", NOW + i);
	}
	ledger_close(b.l);
	int fd = open(path, O_WRONLY);
	memset(page, 0x5A, sizeof page);
	for (off_t at = 4096; at < lseek(fd, 0, SEEK_END); at += (off_t)sizeof page)
		assert_int_equal(pwrite(fd, page, sizeof page, at), sizeof page);
	close(fd);
	ledger_seen_keep(path);
	open_book(&b);
	assert_null(ledger_warning(b.l));
	const struct ledger_run r = run_of("R99", "R99", NOW + 99);
	assert_int_equal(ledger_begin(b.l, &r, &b.f), -1);
	assert_int_equal(b.f.kind, FAIL_STATE);
	ledger_close(b.l);
	b.f = (struct fail)FAIL_INIT;
	open_book(&b);
	assert_non_null(ledger_warning(b.l));
	add_run(&b, "R99", "R99", NOW + 99);
	end(&b);
}

static void a_newer_format_is_refused(void **state)
{
	struct book b;
	struct db *db;
	struct strbuf path = STRBUF_INIT;
	(void)state;

	begin(&b);
	ledger_close(b.l);
	b.l = NULL;
	strbuf_addf(&path, "%s/ledger.db", b.dir.path);
	assert_int_equal(db_open(&db, path.buf, 0x534C4C47u, 1, "", DB_SYNC_FULL, &b.f), 0);
	assert_int_equal(db_exec(db, "PRAGMA user_version = 99", &b.f), 0);
	db_close(db);
	strbuf_clear(&path);
	assert_int_equal(ledger_open(&b.l, b.dir.path, &b.f), -1);
	assert_int_equal(b.f.kind, FAIL_STATE);
	assert_non_null(strstr(b.f.text, "99"));
	assert_false(holds_damaged(&b));
	b.l = NULL;
	end(&b);
}

static void the_file_is_private(void **state)
{
	struct book b;
	struct stat st;
	(void)state;

	begin(&b);
	assert_int_equal(fstatat(b.dir.fd, "ledger.db", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_without_an_end_is_unfinished),
		cmocka_unit_test(so_is_one_in_which_a_place_is_left),
		cmocka_unit_test(a_killed_run_that_was_finished_later_is_finished),
		cmocka_unit_test(after_12_hours_a_run_is_left_alone),
		cmocka_unit_test(only_the_same_wish_counts),
		cmocka_unit_test(the_newest_of_several_is_taken),
		cmocka_unit_test(failed_targets_are_those_whose_newest_deploy_did_not_end_well),
		cmocka_unit_test(failures_of_a_channel_are_its_own),
		cmocka_unit_test(history_shows_the_newest_row_of_a_run_and_place),
		cmocka_unit_test(intents_and_results_come_all_or_none),
		cmocka_unit_test(it_survives_closing),
		cmocka_unit_test(damage_is_set_aside),
		cmocka_unit_test(what_nobody_touched_is_not_looked_through_again),
		cmocka_unit_test(damage_that_is_met_later_is_set_aside_by_the_next_run),
		cmocka_unit_test(a_newer_format_is_refused),
		cmocka_unit_test(the_file_is_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
