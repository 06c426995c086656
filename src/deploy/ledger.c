#include "deploy/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/db.h"
#include "base/strbuf.h"
#include "deploy/ledger_inside.h"
#include "deploy/ledger_seen.h"

#define LEDGER_APP 0x534C4C47u          /* "SLLG" */
#define LEDGER_VERSION 1
/* Above this a full look would cost more than it finds. */
#define QUICK_CHECK_BYTES (64 * 1024 * 1024)

/* places is append-only: an intent and its result are two rows, the newest of a run and place says how it stands. */
static const char schema[] =
	"CREATE TABLE runs(seq INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, command TEXT, environment TEXT, release TEXT,"
	" message TEXT, builds TEXT, config TEXT, by_whom TEXT, commit_id TEXT, branch TEXT, ci TEXT,"
	" started_s INTEGER NOT NULL, ended_s INTEGER NOT NULL DEFAULT 0, exit INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE places(seq INTEGER PRIMARY KEY, run TEXT NOT NULL, target TEXT, place TEXT NOT NULL, host TEXT,"
	" kind TEXT, state TEXT NOT NULL, from_id TEXT, to_id TEXT, tree TEXT, stage TEXT, error TEXT,"
	" added INTEGER, changed INTEGER, removed INTEGER, sent_bytes INTEGER, seconds REAL, at_s INTEGER NOT NULL);"
	"CREATE INDEX runs_release ON runs(release);"
	"CREATE INDEX places_run ON places(run, place);"
	"CREATE INDEX places_place ON places(place);";

int ledger_fail(struct fail *f)
{
	if (f->kind != FAIL_CORRUPT)
		return -1;
	f->kind = FAIL_STATE;
	return fail_hint(f, "move .slipway/ledger.db away: the hosts hold what is needed to go on");
}

/* A damaged page may lie far from what opening looks at, and would then end every run with an error. */
static int look_through(struct db *db, const char *path, bool seen, struct fail *f)
{
	struct db_row *row;
	struct stat st;
	int rc = 0;

	if (seen || stat(path, &st) < 0 || st.st_size > QUICK_CHECK_BYTES)
		return 0;
	if (db_query(db, &row, f, "PRAGMA quick_check(1)", "") < 0)
		return -1;
	int got = db_next(row, f);
	if (got < 0)
		rc = -1;
	else if (got == 1 && strcmp(db_text(row, 0) ? db_text(row, 0) : "", "ok") != 0)
		rc = fail_set(f, FAIL_CORRUPT, "%s is damaged", path);
	db_done(row);
	return rc;
}

static int open_sound(struct db **db, const char *path, struct fail *f)
{
	/* Before it is opened: a journal that is played back changes it. */
	bool seen = ledger_seen(path);

	if (db_open(db, path, LEDGER_APP, LEDGER_VERSION, schema, DB_SYNC_FULL, f) < 0)
		return -1;
	if (look_through(*db, path, seen, f) == 0)
		return 0;
	db_close(*db);
	*db = NULL;
	return -1;
}

/* The journal goes with its database: replayed into a new one it would damage that as well. */
static int set_aside(struct ledger *l, const char *path, struct fail *f)
{
	struct strbuf from = STRBUF_INIT, to = STRBUF_INIT, text = STRBUF_INIT;
	struct tm tm;
	time_t now = (time_t)clock_wall_s();
	char stamp[32];
	int rc = 0;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
	strbuf_addf(&from, "%s-journal", path);
	strbuf_addf(&to, "%s.damaged-%s-journal", path, stamp);
	if (rename(from.buf, to.buf) < 0 && errno != ENOENT)
		rc = fail_errno(f, errno, "cannot set the journal of the damaged ledger aside");
	strbuf_setlen(&to, to.len - strlen("-journal"));
	if (rc == 0 && rename(path, to.buf) < 0)
		rc = fail_errno(f, errno, "cannot set the damaged ledger aside");
	if (rc < 0)
		f->kind = FAIL_STATE;
	strbuf_addf(&text, "the ledger was damaged and is set aside as ledger.db.damaged-%s; a new one was begun", stamp);
	l->warning = strbuf_detach(&text);
	strbuf_clear(&from);
	strbuf_clear(&to);
	return rc;
}

int ledger_open(struct ledger **out, const char *dir, struct fail *f)
{
	struct ledger *l = xcalloc(1, sizeof *l);
	struct strbuf path = STRBUF_INIT;
	struct fail why = FAIL_INIT;

	strbuf_addf(&path, "%s/ledger.db", dir);
	int rc = open_sound(&l->db, path.buf, &why);
	if (rc < 0 && why.kind == FAIL_CORRUPT) {
		rc = set_aside(l, path.buf, &why);
		if (rc == 0)
			rc = open_sound(&l->db, path.buf, &why);
	}
	l->path = strbuf_detach(&path);
	if (rc == 0) {
		*out = l;
		return 0;
	}
	ledger_close(l);
	*f = why;
	return ledger_fail(f);
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	bool damaged = l->db && db_damaged(l->db);
	db_close(l->db);
	if (damaged)
		ledger_seen_forget(l->path);    /* so that the next run looks through it */
	else if (l->db)
		ledger_seen_keep(l->path);
	free(l->path);
	free(l->warning);
	free(l);
}

const char *ledger_warning(const struct ledger *l)
{
	return l->warning;
}

int ledger_begin(struct ledger *l, const struct ledger_run *r, struct fail *f)
{
	if (db_run(l->db, f,
		   "INSERT INTO runs(run, command, environment, release, message, builds, config, by_whom, commit_id, branch,"
		   " ci, started_s, ended_s, exit) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		   "sssssssssssiii", r->run, r->command, r->environment, r->release, r->message, r->builds, r->config,
		   r->who.by, r->who.commit, r->who.branch, r->who.ci, r->started_s, r->ended_s, (int64_t)r->exit) < 0)
		return ledger_fail(f);
	return 0;
}

static int insert_place(struct ledger *l, const struct ledger_place *p, struct fail *f)
{
	return db_run(l->db, f,
		      "INSERT INTO places(run, target, place, host, kind, state, from_id, to_id, tree, stage, error, added,"
		      " changed, removed, sent_bytes, seconds, at_s) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      "sssssssssssiiiidi", p->run, p->target, p->place, p->host, p->kind, p->state, p->from, p->to, p->tree,
		      p->stage, p->error, (int64_t)p->added, (int64_t)p->changed, (int64_t)p->removed, (int64_t)p->sent_bytes,
		      p->seconds, p->at_s);
}

/* One transaction: after a crash either all of a wave is known or none of it. */
static int insert_places(struct ledger *l, const struct ledger_place *p, size_t count, struct fail *f)
{
	struct fail ignored = FAIL_INIT;
	int rc = db_exec(l->db, "BEGIN IMMEDIATE", f);

	if (rc < 0)
		return ledger_fail(f);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = insert_place(l, &p[i], f);
	if (rc == 0)
		rc = db_exec(l->db, "COMMIT", f);
	if (rc == 0)
		return 0;
	db_exec(l->db, "ROLLBACK", &ignored);
	return ledger_fail(f);
}

int ledger_intend(struct ledger *l, const struct ledger_place *p, size_t count, struct fail *f)
{
	return insert_places(l, p, count, f);
}

int ledger_result(struct ledger *l, const struct ledger_place *p, size_t count, struct fail *f)
{
	return insert_places(l, p, count, f);
}

int ledger_end(struct ledger *l, const char *run, int exit_code, int64_t ended_s, struct fail *f)
{
	if (db_run(l->db, f, "UPDATE runs SET ended_s = ?, exit = ? WHERE run = ?", "iis", ended_s, (int64_t)exit_code,
		   run) < 0)
		return ledger_fail(f);
	return 0;
}
