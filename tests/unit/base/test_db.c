#include "base/db.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define APP 0x534C5053U
static const char schema[] = "CREATE TABLE IF NOT EXISTS t (a INTEGER, b TEXT, c BLOB, d REAL)";

struct place {
	struct scratch s;
	char path[96];
};

static int setup(void **state)
{
	struct place *p = malloc(sizeof *p);

	if (!p)
		return -1;
	scratch_begin(&p->s);
	snprintf(p->path, sizeof p->path, "%s/test.db", p->s.path);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	scratch_end(&p->s);
	free(p);
	return 0;
}

static struct db *opened(const struct place *p, int version, unsigned flags)
{
	struct fail f = FAIL_INIT;
	struct db *d = NULL;

	if (db_open(&d, p->path, APP, version, schema, flags, &f) < 0)
		fail_msg("%s", f.text);
	return d;
}

static void refused(const struct place *p, int version, unsigned flags, enum fail_kind kind, const char *word)
{
	struct fail f = FAIL_INIT;
	struct db *d = NULL;

	assert_int_equal(db_open(&d, p->path, APP, version, schema, flags, &f), -1);
	assert_null(d);
	if (f.kind != kind || !strstr(f.text, word))
		fail_msg("got %s: %s", fail_kind_name(f.kind), f.text);
}

static void run(struct db *d, const char *sql)
{
	struct fail f = FAIL_INIT;

	if (db_exec(d, sql, &f) < 0)
		fail_msg("%s", f.text);
}

static int64_t rows_in(struct db *d)
{
	struct db_row *r;
	struct fail f = FAIL_INIT;

	assert_int_equal(db_query(d, &r, &f, "SELECT count(*) FROM t", ""), 0);
	assert_int_equal(db_next(r, &f), 1);
	int64_t n = db_int(r, 0);
	db_done(r);
	return n;
}

static void test_values_come_back(void **state)
{
	struct db *d = opened(*state, 1, 0);
	struct fail f = FAIL_INIT;
	struct db_row *r;
	size_t len;

	for (int64_t i = 0; i < 3; i++)
		assert_int_equal(db_run(d, &f, "INSERT INTO t VALUES (?,?,?,?)", "isbd", INT64_MAX - i, i ? "x\xC3\xA9" : NULL,
			(const void *)"\0z", (size_t)2, 0.5), 0);
	assert_int_equal(db_query(d, &r, &f, "SELECT a, b, c, d FROM t WHERE a <= ? ORDER BY a DESC", "i", INT64_MAX), 0);
	assert_int_equal(db_next(r, &f), 1);
	assert_true(db_int(r, 0) == INT64_MAX);
	assert_null(db_text(r, 1));
	const void *blob = db_blob(r, 2, &len);
	assert_int_equal(len, 2);
	assert_memory_equal(blob, "\0z", 2);
	assert_true(db_double(r, 3) > 0.49 && db_double(r, 3) < 0.51);
	assert_int_equal(db_next(r, &f), 1);
	assert_string_equal(db_text(r, 1), "x\xC3\xA9");
	assert_int_equal(db_next(r, &f), 1);
	assert_int_equal(db_next(r, &f), 0);
	db_done(r);
	db_done(NULL);
	db_close(d);
	db_close(NULL);
}

static void test_nested_use_of_one_text(void **state)
{
	struct db *d = opened(*state, 1, 0);
	struct fail f = FAIL_INIT;
	struct db_row *outer, *inner;
	static const char sql[] = "SELECT a FROM t ORDER BY a";

	run(d, "INSERT INTO t(a) VALUES (1), (2)");
	assert_int_equal(db_query(d, &outer, &f, sql, ""), 0);
	assert_int_equal(db_next(outer, &f), 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(db_query(d, &inner, &f, sql, ""), 0);
		assert_int_equal(db_next(inner, &f), 1);
		assert_int_equal(db_int(inner, 0), 1);
		db_done(inner);
	}
	assert_int_equal(db_next(outer, &f), 1);
	assert_int_equal(db_int(outer, 0), 2);
	/* Left in flight on purpose: db_close takes it along. */
	db_close(d);
}

static void test_it_lasts(void **state)
{
	const struct place *p = *state;
	struct stat st;
	struct db *d = opened(p, 1, DB_SYNC_FULL);

	run(d, "INSERT INTO t(a) VALUES (7)");
	db_close(d);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	d = opened(p, 1, DB_READ_ONLY);
	assert_int_equal(rows_in(d), 1);
	struct fail f = FAIL_INIT;
	assert_int_equal(db_exec(d, "INSERT INTO t(a) VALUES (8)", &f), -1);
	assert_int_equal(f.kind, FAIL_STATE);
	db_close(d);
}

static void test_versions(void **state)
{
	const struct place *p = *state;
	struct db *d = opened(p, 2, 0);

	run(d, "INSERT INTO t(a) VALUES (7)");
	db_close(d);
	refused(p, 1, 0, FAIL_STATE, "has format 2, this slipway knows formats up to 1");
	refused(p, 1, DB_READ_ONLY, FAIL_STATE, "format 2");
	refused(p, 3, DB_READ_ONLY, FAIL_STATE, "older format");
	d = opened(p, 3, 0);
	assert_int_equal(rows_in(d), 1);
	db_close(d);
	refused(p, 2, 0, FAIL_STATE, "has format 3");
}

static void test_anothers_database(void **state)
{
	const struct place *p = *state;
	struct fail f = FAIL_INIT;
	struct db *d;

	assert_int_equal(db_open(&d, p->path, 77, 1, schema, 0, &f), 0);
	db_close(d);
	refused(p, 1, 0, FAIL_STATE, "another program");
}

static void test_a_failing_schema_leaves_nothing(void **state)
{
	const struct place *p = *state;
	struct fail f = FAIL_INIT;
	struct db *d = NULL;

	assert_int_equal(db_open(&d, p->path, APP, 1, "CREATE TABLE t (a); CREATE NONSENSE", 0, &f), -1);
	assert_null(d);
	d = opened(p, 1, 0);
	assert_int_equal(rows_in(d), 0);
	db_close(d);
}

static void test_damage(void **state)
{
	const struct place *p = *state;

	scratch_write(&p->s, "test.db", "this is no database, and it is longer than the header of one would be: "
		"a hundred bytes and more are what SQLite reads first");
	refused(p, 1, 0, FAIL_CORRUPT, "not a database");
}

static void test_torn_pages(void **state)
{
	const struct place *p = *state;
	struct db *d = opened(p, 1, DB_SYNC_FULL);
	struct fail f = FAIL_INIT;
	static const char noise[4096] = { 42 };

	run(d, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
		"INSERT INTO t(a, b) SELECT i, hex(zeroblob(50)) FROM n");
	db_close(d);
	int fd = open(p->path, O_WRONLY | O_CLOEXEC);
	for (int page = 1; page < 20; page++)
		assert_int_equal(pwrite(fd, noise, sizeof noise, page * 4096L), sizeof noise);
	close(fd);
	d = opened(p, 1, 0);
	struct db_row *r;
	int rc = db_query(d, &r, &f, "SELECT sum(length(b)) FROM t", "");
	assert_int_equal(rc, 0);
	assert_int_equal(db_next(r, &f), -1);
	assert_int_equal(f.kind, FAIL_CORRUPT);
	db_done(r);
	db_close(d);
}

static void test_absent_places(void **state)
{
	struct place p = *(struct place *)*state;

	refused(&p, 1, DB_READ_ONLY, FAIL_MISSING, "cannot open");
	snprintf(p.path, sizeof p.path, "%s/no/test.db", p.s.path);
	refused(&p, 1, 0, FAIL_STATE, "cannot create");
	snprintf(p.path, sizeof p.path, "%s", p.s.path);
	refused(&p, 1, 0, FAIL_STATE, "");
}

static void test_names_are_only_names(void **state)
{
	const struct place *p = *state;
	struct fail f = FAIL_INIT;
	struct db *d;
	char here[200];

	assert_non_null(getcwd(here, sizeof here));
	assert_int_equal(fchdir(p->s.fd), 0);
	assert_int_equal(db_open(&d, ":memory:", APP, 1, schema, 0, &f), 0);
	db_close(d);
	assert_int_equal(access(":memory:", F_OK), 0);
	assert_int_equal(chdir(here), 0);
}

/* RLIMIT_FSIZE stands for the full disk. */
static void test_full_disk(void **state)
{
	const struct place *p = *state;
	struct rlimit before, small;
	struct fail f = FAIL_INIT;
	struct db *d = opened(p, 1, DB_SYNC_FULL);

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 100000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int rc = db_run(d, &f, "INSERT INTO t(c) VALUES (zeroblob(?))", "i", (int64_t)500000);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, -1);
	assert_int_equal(f.kind, FAIL_STATE);
	assert_int_equal(rows_in(d), 0);
	assert_int_equal(db_run(d, &f, "INSERT INTO t(c) VALUES (zeroblob(?))", "i", (int64_t)500000), 0);
	db_close(d);
}

static int open_denied(const struct place *p)
{
	struct fail f = FAIL_INIT;
	struct db *d;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 99;
	if (db_open(&d, p->path, APP, 1, schema, DB_SYNC_FULL, &f) == 0)
		return 1;
	return f.kind == FAIL_STATE ? 0 : 2;
}

static void test_no_permission(void **state)
{
	const struct place *p = *state;
	int status;

	db_close(opened(p, 1, DB_SYNC_FULL));
	assert_int_equal(chmod(p->path, 0444), 0);
	assert_int_equal(fchmod(p->s.fd, 0755), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(open_denied(p));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int insert_some(const struct place *p)
{
	struct fail f = FAIL_INIT;
	struct db *d;

	if (db_open(&d, p->path, APP, 1, schema, 0, &f) < 0) {
		fprintf(stderr, "# %s\n", f.text);
		return 1;
	}
	for (int64_t i = 0; i < 20; i++)
		if (db_run(d, &f, "INSERT INTO t(a) VALUES (?)", "i", i) < 0)
			return 2;
	db_close(d);
	return 0;
}

static void test_many_processes_at_once(void **state)
{
	const struct place *p = *state;
	pid_t pids[6];
	int status;

	for (int i = 0; i < 6; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(insert_some(p));
	}
	for (int i = 0; i < 6; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	struct db *d = opened(p, 1, 0);
	assert_int_equal(rows_in(d), 120);
	db_close(d);
}

static void test_bad_sql(void **state)
{
	struct db *d = opened(*state, 1, 0);
	struct fail f = FAIL_INIT;
	struct db_row *r;

	assert_int_equal(db_query(d, &r, &f, "SELECT nothing FROM nowhere", ""), -1);
	assert_int_equal(f.kind, FAIL_CORRUPT);
	assert_int_equal(db_query(d, &r, &f, "SELECT 1", "i", (int64_t)1), -1);
	db_close(d);
}

static int peek(const struct place *p, uint32_t app, int version, struct fail *f)
{
	*f = (struct fail)FAIL_INIT;
	return db_peek(p->path, app, version, f);
}

static void test_peek_refuses_as_open_does(void **state)
{
	const struct place *p = *state;
	struct fail f;

	assert_int_equal(peek(p, APP, 1, &f), 0);
	assert_int_equal(faccessat(p->s.fd, "test.db", F_OK, 0), -1);
	scratch_write(&p->s, "test.db", "");
	assert_int_equal(peek(p, APP, 1, &f), 0);
	db_close(opened(p, 7, DB_SYNC_OFF));
	assert_int_equal(peek(p, APP, 7, &f), 0);
	assert_int_equal(peek(p, APP, 8, &f), 0);
	assert_int_equal(peek(p, APP, 6, &f), -1);
	assert_int_equal(f.kind, FAIL_STATE);
	assert_non_null(strstr(f.text, "test.db has format 7, this slipway knows formats up to 6"));
	assert_int_equal(peek(p, APP + 1, 7, &f), -1);
	assert_int_equal(f.kind, FAIL_STATE);
	assert_non_null(strstr(f.text, "another program"));
	scratch_write(&p->s, "test.db", "no database, but long enough to hold a header of a hundred bytes, "
		"which is what is looked at before it is opened");
	assert_int_equal(peek(p, APP, 1, &f), 0);
}

int main(void)
{
#define PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		PLACE(test_values_come_back),
		PLACE(test_nested_use_of_one_text),
		PLACE(test_it_lasts),
		PLACE(test_peek_refuses_as_open_does),
		PLACE(test_versions),
		PLACE(test_anothers_database),
		PLACE(test_a_failing_schema_leaves_nothing),
		PLACE(test_damage),
		PLACE(test_torn_pages),
		PLACE(test_absent_places),
		PLACE(test_names_are_only_names),
		PLACE(test_full_disk),
		PLACE(test_no_permission),
		PLACE(test_many_processes_at_once),
		PLACE(test_bad_sql),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
