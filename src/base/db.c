#include "base/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define BUSY_MS 10000

struct db_row {
	struct db *db;
	sqlite3_stmt *stmt;
	const char *sql;            /* the caller's literal; its address is the cache key */
	bool busy;                  /* between db_query and db_done */
};

struct db {
	sqlite3 *sqlite;
	char *path;
	struct db_row **rows;       /* every statement ever prepared: row pointers stay valid while this array moves */
	size_t count, cap;
	bool damaged;
};

static enum fail_kind kind_of(int code)
{
	code &= 0xFF;
	return code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? FAIL_CORRUPT : FAIL_STATE;
}

static int fail_db(struct db *d, struct fail *f)
{
	int code = sqlite3_extended_errcode(d->sqlite);
	int err = sqlite3_system_errno(d->sqlite);
	struct strbuf name = STRBUF_INIT;

	strbuf_addescaped(&name, d->path, strlen(d->path));
	fail_set(f, kind_of(code), "%s: %s", name.buf, sqlite3_errmsg(d->sqlite));
	d->damaged |= f->kind == FAIL_CORRUPT;
	if ((code & 0xFF) == SQLITE_CANTOPEN || (code & 0xFF) == SQLITE_IOERR)
		f->code = err;
	strbuf_clear(&name);
	return -1;
}

int db_exec(struct db *d, const char *sql, struct fail *f)
{
	return sqlite3_exec(d->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail_db(d, f);
}

static int pragma_int(struct db *d, int64_t *value, const char *sql, struct fail *f)
{
	struct db_row *row;

	if (db_query(d, &row, f, sql, "") < 0)
		return -1;
	int rc = db_next(row, f);
	if (rc == 1)
		*value = db_int(row, 0);
	db_done(row);
	return rc < 0 ? -1 : 0;
}

static int refuse_foreign(const char *path, struct fail *f)
{
	struct strbuf name = STRBUF_INIT;

	strbuf_addescaped(&name, path, strlen(path));
	fail_set(f, FAIL_STATE, "%s is a database of another program", name.buf);
	strbuf_clear(&name);
	return -1;
}

static int refuse_newer(const char *path, int64_t found, int version, struct fail *f)
{
	struct strbuf name = STRBUF_INIT;

	strbuf_addescaped(&name, path, strlen(path));
	fail_set(f, FAIL_STATE, "%s has format %lld, this slipway knows formats up to %d", name.buf, (long long)found,
		version);
	strbuf_clear(&name);
	return fail_hint(f, "use the newer slipway that wrote it");
}

/* What the file says of itself: 1 ours and current, 0 new or older (the schema must run), -1 refused. */
static int judge(struct db *d, uint32_t app, int version, struct fail *f)
{
	int64_t found_app = 0, found_version = 0, tables = 0;

	if (pragma_int(d, &found_app, "PRAGMA application_id", f) < 0 ||
		pragma_int(d, &found_version, "PRAGMA user_version", f) < 0 ||
		pragma_int(d, &tables, "SELECT count(*) FROM sqlite_master", f) < 0)
		return -1;
	if ((uint32_t)found_app != app && (found_app != 0 || found_version != 0 || tables != 0))
		return refuse_foreign(d->path, f);
	if (found_version > version)
		return refuse_newer(d->path, found_version, version, f);
	return found_version == version && (uint32_t)found_app == app;
}

/* Two processes may come here at once: the second one finds the first one's work. */
static int create(struct db *d, uint32_t app, int version, const char *schema, struct fail *f)
{
	struct strbuf sql = STRBUF_INIT;
	int rc = db_exec(d, "BEGIN IMMEDIATE", f);

	if (rc < 0)
		return -1;
	rc = judge(d, app, version, f);
	if (rc == 0) {
		strbuf_addstr(&sql, schema);
		strbuf_addf(&sql, ";PRAGMA application_id = %d;PRAGMA user_version = %d", (int)app, version);
		rc = db_exec(d, sql.buf, f);
	}
	strbuf_clear(&sql);
	if (rc >= 0 && db_exec(d, "COMMIT", f) == 0)
		return 0;
	sqlite3_exec(d->sqlite, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

static int settle(struct db *d, uint32_t app, int version, const char *schema, unsigned flags, struct fail *f)
{
	sqlite3_busy_timeout(d->sqlite, BUSY_MS);
	sqlite3_db_config(d->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);

	/* One transaction, or the three answers may be from before and after another process's create. */
	if (db_exec(d, "BEGIN", f) < 0)
		return -1;
	int rc = judge(d, app, version, f);
	sqlite3_exec(d->sqlite, "COMMIT", NULL, NULL, NULL);
	if (rc < 0)
		return -1;
	if (flags & DB_READ_ONLY)
		return rc == 1 ? 0 : fail_set(f, FAIL_STATE, "%s has an older format and cannot be upgraded read-only",
			d->path);
	if (sqlite3_db_readonly(d->sqlite, "main") == 1)
		return fail_set(f, FAIL_STATE, "%s may not be written", d->path);
	/* No WAL: two processes that switch a new file to it at once fail each other, and one commit a run gains
	 * nothing. */
	const char *sync = flags & DB_SYNC_FULL ? "PRAGMA synchronous = FULL" : flags & DB_SYNC_OFF ?
		"PRAGMA synchronous = OFF" : "PRAGMA synchronous = NORMAL";
	if (db_exec(d, sync, f) < 0)
		return -1;
	return rc == 1 ? 0 : create(d, app, version, schema, f);
}

/* SQLite would create the file with the umask's mode. O_EXCL: closing a descriptor of a database that is open elsewhere
 * in this process would drop its locks. */
static int precreate(const struct db *d, struct fail *f)
{
	int fd = open(d->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	fail_errno(f, errno, "cannot create %s", d->path);
	f->kind = FAIL_STATE;
	return -1;
}

int db_open(struct db **out, const char *path, uint32_t app, int version, const char *schema, unsigned flags,
	struct fail *f)
{
	struct db *d = xcalloc(1, sizeof *d);
	struct strbuf name = STRBUF_INIT;
	int mode = flags & DB_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;

	/* So that no name can be taken for a URI or for ":memory:". */
	strbuf_addf(&name, "%s%s", *path == '/' ? "" : "./", path);
	d->path = strbuf_detach(&name);
	if (!(flags & DB_READ_ONLY) && precreate(d, f) < 0) {
		db_close(d);
		return -1;
	}
	if ((flags & DB_READ_ONLY) && access(d->path, F_OK) < 0) {
		fail_errno(f, errno, "cannot open %s", d->path);
		db_close(d);
		return -1;
	}
	int rc = sqlite3_open_v2(d->path, &d->sqlite, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (!d->sqlite)
		abort();        /* the one case in which SQLite gives no handle is that it has no memory for one */
	if (rc != SQLITE_OK)
		rc = fail_db(d, f);
	else
		rc = settle(d, app, version, schema, flags, f);
	if (rc < 0) {
		db_close(d);
		return -1;
	}
	*out = d;
	return 0;
}

static uint32_t get_be32(const uint8_t in[4])
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* SQLite's file format: user_version at byte 60, application id at 68, both most significant byte first. */
int db_peek(const char *path, uint32_t app, int version, struct fail *f)
{
	static const char magic[16] = "SQLite format 3";
	uint8_t head[100];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return 0;
	ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? pread(fd, head, sizeof head, 0) : -1;
	close(fd);
	if (n != (ssize_t)sizeof head || memcmp(head, magic, sizeof magic) != 0)
		return 0;
	uint32_t found_version = get_be32(head + 60), found_app = get_be32(head + 68);
	if (found_app != app && (found_app != 0 || found_version != 0))
		return refuse_foreign(path, f);
	return (int32_t)found_version > version ? refuse_newer(path, (int32_t)found_version, version, f) : 0;
}

bool db_damaged(const struct db *d)
{
	return d->damaged;
}

void db_close(struct db *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++) {
		sqlite3_finalize(d->rows[i]->stmt);
		free(d->rows[i]);
	}
	free(d->rows);
	sqlite3_close(d->sqlite);
	free(d->path);
	free(d);
}

static struct db_row *prepare(struct db *d, const char *sql, struct fail *f)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->rows[i]->sql == sql && !d->rows[i]->busy)
			return d->rows[i];

	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v3(d->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
		fail_db(d, f);
		/* Our text is right: the tables are not what the file's version says. */
		if ((sqlite3_extended_errcode(d->sqlite) & 0xFF) == SQLITE_ERROR)
			f->kind = FAIL_CORRUPT;
		return NULL;
	}
	struct db_row *row = xmalloc(sizeof *row);
	*row = (struct db_row){ .db = d, .stmt = stmt, .sql = sql };
	d->rows = vec_grow(d->rows, &d->cap, d->count + 1, sizeof(struct db_row *));
	d->rows[d->count++] = row;
	return row;
}

static int bind_all(sqlite3_stmt *stmt, const char *format, va_list ap)
{
	int rc = SQLITE_OK;

	for (int i = 1; *format && rc == SQLITE_OK; format++, i++) {
		const char *text;
		const void *blob;
		switch (*format) {
		case 'i':
			rc = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 'd':
			rc = sqlite3_bind_double(stmt, i, va_arg(ap, double));
			break;
		case 's':
			text = va_arg(ap, const char *);
			rc = text ? sqlite3_bind_text(stmt, i, text, -1, SQLITE_TRANSIENT) : sqlite3_bind_null(stmt, i);
			break;
		case 'b':
			blob = va_arg(ap, const void *);
			rc = sqlite3_bind_blob64(stmt, i, blob, va_arg(ap, size_t), SQLITE_TRANSIENT);
			break;
		default:
			abort();
		}
	}
	return rc;
}

static int vquery(struct db *d, struct db_row **out, struct fail *f, const char *sql, const char *format, va_list ap)
{
	struct db_row *row = prepare(d, sql, f);

	if (!row)
		return -1;
	row->busy = true;
	if (bind_all(row->stmt, format, ap) != SQLITE_OK) {
		fail_db(d, f);
		db_done(row);
		return -1;
	}
	*out = row;
	return 0;
}

int db_query(struct db *d, struct db_row **out, struct fail *f, const char *sql, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	int rc = vquery(d, out, f, sql, format, ap);
	va_end(ap);
	return rc;
}

int db_run(struct db *d, struct fail *f, const char *sql, const char *format, ...)
{
	struct db_row *row;
	va_list ap;

	va_start(ap, format);
	int rc = vquery(d, &row, f, sql, format, ap);
	va_end(ap);
	if (rc < 0)
		return -1;
	do
		rc = db_next(row, f);
	while (rc == 1);
	db_done(row);
	return rc;
}

int db_next(struct db_row *r, struct fail *f)
{
	switch (sqlite3_step(r->stmt)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return fail_db(r->db, f);
	}
}

int64_t db_int(struct db_row *r, int column)
{
	return sqlite3_column_int64(r->stmt, column);
}

double db_double(struct db_row *r, int column)
{
	return sqlite3_column_double(r->stmt, column);
}

const char *db_text(struct db_row *r, int column)
{
	return (const char *)sqlite3_column_text(r->stmt, column);
}

const void *db_blob(struct db_row *r, int column, size_t *len)
{
	const void *blob = sqlite3_column_blob(r->stmt, column);

	*len = (size_t)sqlite3_column_bytes(r->stmt, column);
	return blob;
}

void db_done(struct db_row *r)
{
	if (!r)
		return;
	sqlite3_reset(r->stmt);
	sqlite3_clear_bindings(r->stmt);
	r->busy = false;
}
