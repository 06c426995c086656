#include "host/dir/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "host/dir/holder.h"
#include "host/dir/work.h"

#define GUARD_TRIES 2000
#define GUARD_PAUSE_NS 5000000

int lock_guard(int *guard, const struct spot *s, struct op *op, struct fail *f)
{
	const struct timespec pause = { .tv_nsec = GUARD_PAUSE_NS };

	*guard = openat(s->state, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*guard < 0)
		return dir_errno(f, errno, "open", ".slipway");
	for (int i = 0; i < GUARD_TRIES; i++) {
		if (flock(*guard, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR) {
			close(*guard);
			*guard = -1;
			return 0;
		}
		if (op && dir_cancelled(op, f) < 0)
			break;
		nanosleep(&pause, NULL);
	}
	close(*guard);
	*guard = -1;
	if (op && atomic_load(&op->cancel))
		return -1;
	fail_set(f, FAIL_CONFLICT, "another process is in the middle of a change here and does not move");
	return fail_hint(f, "end that process; its hold on the place ends with it");
}

void lock_unguard(int guard)
{
	if (guard >= 0)
		close(guard);
}

static void format_lock(struct strbuf *out, const struct place *p, const char *by, const char *command, int64_t since_s)
{
	char since[CLOCK_TEXT], expires[CLOCK_TEXT];
	struct jw w;

	clock_format(since, since_s);
	clock_format(expires, clock_wall_s() + LOCK_LEASE_S);
	jw_init(&w, out, 0);
	jw_object(&w);
	jw_kstr(&w, "by", by);
	jw_kstr(&w, "command", command);
	jw_kstr(&w, "since", since);
	jw_kstr(&w, "expires", expires);
	jw_kstr(&w, "token", p->token);
	holder_write(&w);
	jw_end(&w);
	strbuf_addch(out, '\n');
}

static const char *text_of(const json *o, const char *key, struct arena *mem)
{
	const char *s = json_string(json_get(o, key));

	return s ? arena_strdup(mem, s) : NULL;
}

static int64_t time_of(const json *o, const char *key, int64_t otherwise)
{
	const char *s = json_string(json_get(o, key));
	struct fail ignored = FAIL_INIT;
	int64_t t;

	return s && clock_parse(&t, s, 0, &ignored) == 0 ? t : otherwise;
}

/* A lock that cannot be understood (cut short by a power failure) still counts for one lease after it was written. */
static void parse_lock(struct lock_info *info, const struct strbuf *text, int64_t mtime_s, struct arena *mem)
{
	struct json_doc *doc = NULL;
	struct fail ignored = FAIL_INIT;
	const json *o;

	*info = (struct lock_info){ .since_s = mtime_s, .expires_s = mtime_s + LOCK_LEASE_S, .now_s = clock_wall_s(),
		.by = "somebody", .where = "unknown", .command = "unknown" };
	if (json_parse(&doc, "lock", text->buf, text->len, 0, &ignored) < 0) {
		info->token = arena_printf(mem, "damaged-%" PRId64, mtime_s);
		return;
	}
	o = json_root(doc);
	info->by = text_of(o, "by", mem);
	info->command = text_of(o, "command", mem);
	info->token = text_of(o, "token", mem);
	if (!info->token)
		info->token = arena_printf(mem, "damaged-%" PRId64, mtime_s);
	info->since_s = time_of(o, "since", mtime_s);
	info->expires_s = time_of(o, "expires", mtime_s + LOCK_LEASE_S);
	info->where = holder_where(o, mem);
	if (holder_dead(o) && info->expires_s > info->now_s)
		info->expires_s = info->now_s;
	json_doc_free(doc);
}

int lock_read(struct lock_info *info, int state, const char *name, struct arena *mem, struct fail *f)
{
	struct strbuf text = STRBUF_MAX(65536);
	struct fail problem = FAIL_INIT;
	struct stat st;

	*info = (struct lock_info){ .now_s = clock_wall_s() };
	if (state < 0)
		return 0;
	if (fstatat(state, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    file_read(&text, state, name, 65536, FILE_NOFOLLOW, &problem) < 0) {
		int err = problem.kind ? problem.code : errno;

		strbuf_clear(&text);
		return err == ENOENT ? 0 : dir_errno(f, err, "read", ".slipway/lock");
	}
	parse_lock(info, &text, st.st_mtim.tv_sec, mem);
	strbuf_clear(&text);
	return 1;
}

static int held(struct fail *f, const struct place *p, const struct lock_info *h)
{
	struct strbuf who = STRBUF_INIT;
	char age[CLOCK_TEXT];

	clock_age(age, h->now_s - h->since_s);
	strbuf_addescaped(&who, h->by ? h->by : "somebody", strlen(h->by ? h->by : "somebody"));
	strbuf_addstr(&who, " (");
	strbuf_addescaped(&who, h->where, strlen(h->where));
	fail_set(f, FAIL_CONFLICT, "locked %s ago by %s) for %s", age, who.buf, h->command ? h->command : "a command");
	strbuf_clear(&who);
	return fail_hint(f, "wait, or free it: slipway unlock %s%s%s", p->target->name,
	                 p->target->environment ? " --env " : "", p->target->environment ? p->target->environment : "");
}

static int lost(struct fail *f)
{
	fail_set(f, FAIL_CONFLICT, "the lock on this place was lost (its lease ran out, or somebody freed it)");
	return fail_hint(f, "look who is at work here, then run the same command again");
}

static bool is_token(const struct lock_info *info, const char *token)
{
	return info->token && strcmp(info->token, token) == 0;
}

int lock_ours(const struct place *p, const struct spot *s, struct fail *f)
{
	struct arena mem = ARENA_INIT;
	struct lock_info info;
	int rc = p->token[0] ? lock_read(&info, s->state, "lock", &mem, f) : 0;

	if (rc >= 0)
		rc = rc == 1 && is_token(&info, p->token) && info.expires_s > info.now_s ? 0 : lost(f);
	arena_clear(&mem);
	return rc;
}

/* Moves a lock with that token out of the way for good: 1 done, 0 it is gone or another one, -1. */
static int take_away(const struct spot *s, const char *token, struct fail *f)
{
	struct arena mem = ARENA_INIT;
	struct lock_info info;
	char aside[64], random[33];
	int rc;

	dir_random(random);
	snprintf(aside, sizeof aside, ".lock-%s", random);
	if (renameat(s->state, "lock", s->state, aside) < 0)
		return errno == ENOENT ? 0 : dir_errno(f, errno, "take over", ".slipway/lock");
	rc = lock_read(&info, s->state, aside, &mem, f);
	if (rc == 1 && !is_token(&info, token)) {
		/* Somebody else won in between: theirs goes back, unless a third one has it by now. */
		(void)!linkat(s->state, aside, s->state, "lock", 0);
		rc = 0;
	}
	unlinkat(s->state, aside, 0);
	arena_clear(&mem);
	return rc;
}

/* 1 when the lock is now ours, 0 when somebody was faster, -1. */
static int put_lock(const struct spot *s, const struct strbuf *text, struct fail *f)
{
	char aside[64], random[33];
	int fd, err = 0;

	dir_random(random);
	snprintf(aside, sizeof aside, ".lock-%s", random);
	fd = openat(s->state, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return dir_errno(f, errno, "write", ".slipway/lock");
	if (file_write_all(fd, text->buf, text->len) < 0)
		err = errno;
	close(fd);
	if (!err && linkat(s->state, aside, s->state, "lock", 0) < 0) {
		err = errno;
		/* A file system without hard links: a rename that replaces nothing decides as well. */
		if ((err == EPERM || err == EOPNOTSUPP || err == ENOSYS) &&
		    renameat2(s->state, aside, s->state, "lock", RENAME_NOREPLACE) == 0)
			return 1;
	}
	unlinkat(s->state, aside, 0);
	if (err == EEXIST || err == ENOENT)
		return 0;
	return err ? dir_errno(f, err, "write", ".slipway/lock") : 1;
}

struct lock_call {
	struct place *p;
	char *by, *command, *token;
	struct lock_info *holder;
};

static void lock_call_free(void *arg, int rc)
{
	struct lock_call *c = arg;

	(void)rc;
	free(c->by);
	free(c->command);
	free(c->token);
	free(c);
}

static struct lock_call *lock_call(struct place *p, const char *by, const char *command, const char *token)
{
	struct lock_call *c = xcalloc(1, sizeof *c);

	c->p = p;
	c->by = by ? xstrdup(by) : NULL;
	c->command = command ? xstrdup(command) : NULL;
	c->token = token ? xstrdup(token) : NULL;
	return c;
}

/* One try: 1 the lock is ours, 0 look again, -1. */
static int try_lock(const struct lock_call *c, const struct spot *s, struct op *op, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	struct lock_info info;
	int rc = lock_read(&info, s->state, "lock", op->mem, f);

	if (rc < 0)
		return -1;
	if (rc == 1 && is_token(&info, c->p->token) && info.expires_s > info.now_s)
		return 1;
	if (rc == 1 && info.expires_s > info.now_s) {
		*c->holder = info;
		return held(f, c->p, &info);
	}
	if (rc == 1 && take_away(s, info.token, f) < 0)
		return -1;
	dir_random(c->p->token);
	format_lock(&text, c->p, c->by, c->command, clock_wall_s());
	rc = put_lock(s, &text, f);
	strbuf_clear(&text);
	return rc;
}

static int lock_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct lock_call *c = arg;
	struct spot s;
	int guard = -1, rc;

	(void)count;
	rc = spot_open(&s, c->p, SPOT_CREATE, f);
	if (rc == 0)
		rc = lock_guard(&guard, &s, op, f);
	if (rc == 0)
		while ((rc = try_lock(c, &s, op, f)) == 0 && (rc = dir_cancelled(op, f)) == 0)
			;
	lock_unguard(guard);
	spot_close(&s);
	if (rc < 0)
		c->p->token[0] = '\0';
	return rc < 0 ? -1 : 0;
}

void dir_lock(struct place *p, const char *by, const char *command, struct lock_info *holder, struct op *op)
{
	static const struct work_kind kind = { .stage = "lock", .prepare = lock_run, .end = lock_call_free };
	struct lock_call *c = lock_call(p, by, command, NULL);

	*holder = (struct lock_info){ 0 };
	c->holder = holder;
	work_start(p->session, op, &kind, c);
}

static int renew_guarded(const struct place *p, const struct spot *s, struct arena *mem, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	struct lock_info info;
	int rc = lock_ours(p, s, f);

	if (rc == 0 && lock_read(&info, s->state, "lock", mem, f) != 1)
		rc = lost(f);
	if (rc == 0) {
		format_lock(&text, p, info.by, info.command, info.since_s);
		rc = file_replace(s->state, "lock", text.buf, text.len, 0, f);
	}
	strbuf_clear(&text);
	return rc;
}

static int renew_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct lock_call *c = arg;
	struct spot s;
	int guard = -1, rc;

	(void)count;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0 && s.state < 0)
		rc = lost(f);
	if (rc == 0)
		rc = lock_guard(&guard, &s, op, f);
	if (rc == 0)
		rc = renew_guarded(c->p, &s, op->mem, f);
	lock_unguard(guard);
	spot_close(&s);
	return rc;
}

void dir_renew(struct place *p, struct op *op)
{
	static const struct work_kind kind = { .stage = "lock", .prepare = renew_run, .end = lock_call_free };

	work_start(p->session, op, &kind, lock_call(p, NULL, NULL, NULL));
}

/* Frees the lock with that token. Absent is success; another token is *changed. */
static int free_lock(const struct place *p, const char *token, bool *changed, struct fail *f)
{
	struct arena mem = ARENA_INIT;
	struct lock_info info;
	struct spot s;
	int guard = -1, rc;

	*changed = false;
	rc = spot_open(&s, p, SPOT_READ, f);
	if (rc == 0 && s.state >= 0)
		rc = lock_guard(&guard, &s, NULL, f);
	if (rc == 0 && (rc = lock_read(&info, s.state, "lock", &mem, f)) == 1) {
		*changed = !is_token(&info, token);
		rc = *changed ? 0 : take_away(&s, token, f);
	}
	lock_unguard(guard);
	spot_close(&s);
	arena_clear(&mem);
	return rc < 0 ? -1 : 0;
}

void lock_release(struct place *p)
{
	struct fail ignored = FAIL_INIT;
	bool changed;

	if (p->token[0])
		free_lock(p, p->token, &changed, &ignored);
	p->token[0] = '\0';
}

static int unlock_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct lock_call *c = arg;
	bool changed;

	(void)count;
	(void)op;
	if (!c->p->token[0])
		return 0;
	if (free_lock(c->p, c->p->token, &changed, f) < 0)
		return -1;
	c->p->token[0] = '\0';
	return 0;
}

void dir_unlock(struct place *p, struct op *op)
{
	static const struct work_kind kind = { .stage = "unlock", .prepare = unlock_run, .end = lock_call_free };

	work_start(p->session, op, &kind, lock_call(p, NULL, NULL, NULL));
}

static int peek_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct lock_call *c = arg;
	struct spot s;
	int rc;

	(void)count;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0)
		rc = lock_read(c->holder, s.state, "lock", op->mem, f);
	spot_close(&s);
	return rc < 0 ? -1 : 0;
}

void dir_peek_lock(struct place *p, struct lock_info *holder, struct op *op)
{
	static const struct work_kind kind = { .stage = "lock", .prepare = peek_run, .end = lock_call_free };
	struct lock_call *c = lock_call(p, NULL, NULL, NULL);

	c->holder = holder;
	work_start(p->session, op, &kind, c);
}

static int break_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	struct lock_call *c = arg;
	bool changed;

	(void)count;
	(void)op;
	if (free_lock(c->p, c->token, &changed, f) < 0)
		return -1;
	return changed ? fail_set(f, FAIL_CONFLICT, "the lock changed hands in the meantime; nothing was freed") : 0;
}

void dir_break_lock(struct place *p, const char *token, struct op *op)
{
	static const struct work_kind kind = { .stage = "unlock", .prepare = break_run, .end = lock_call_free };

	work_start(p->session, op, &kind, lock_call(p, NULL, NULL, token));
}
