/* lock: this machine's own, since the API has none: a file in .slipway/locks, held by flock(2). The kernel frees it
 * when its holder ends, however it ends, so it never goes stale; what it says of the holder is for people. Runs on
 * other machines meet the fence in seal. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "host/firebase/firebase.h"

#define LOCK_MOST 4096

/* Site and channel as a file name: both are made of letters, digits and dashes, but the documents are not asked. */
static const char *file_of(const struct place *p, struct arena *mem)
{
	struct strbuf name = STRBUF_INIT;
	const char *copy;

	strbuf_addstr(&name, "locks/");
	http_escape(&name, p->site, "");
	strbuf_addch(&name, '@');
	http_escape(&name, p->channel, "");
	copy = arena_strdup(mem, name.buf);
	strbuf_clear(&name);
	return copy;
}

static int open_lock(const struct place *p, struct arena *mem, int flags, struct fail *f)
{
	int dir = open(p->session->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;

	if (dir < 0)
		return flags & O_CREAT ? fail_errno(f, errno, "cannot open the state directory") : -1;
	if (!(flags & O_CREAT) || file_mkdirs(dir, "locks", 0700, f) == 0) {
		fd = openat(dir, file_of(p, mem), flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && flags & O_CREAT)
			fail_errno(f, errno, "cannot write a lock for site %s", p->site);
	}
	close(dir);
	return fd;
}

static void read_holder(struct lock_info *info, int fd, struct arena *mem)
{
	char text[LOCK_MOST];
	ssize_t n = pread(fd, text, sizeof text, 0);
	struct json_doc *doc = NULL;
	struct fail ignored = FAIL_INIT;

	*info = (struct lock_info){ .by = "somebody", .where = "this machine", .command = "a command",
		.now_s = clock_wall_s() };
	info->since_s = info->now_s;
	info->expires_s = info->now_s + 120;
	info->token = "held";
	if (n <= 0 || json_parse(&doc, "lock", text, (size_t)n, 0, &ignored) < 0)
		return;
	const json *o = json_root(doc);
	int64_t since = 0, pid = 0;
	if (json_string(json_get(o, "by")))
		info->by = arena_strdup(mem, json_string(json_get(o, "by")));
	if (json_string(json_get(o, "command")))
		info->command = arena_strdup(mem, json_string(json_get(o, "command")));
	if (json_int(json_get(o, "pid"), &pid))
		info->where = arena_printf(mem, "this machine, pid %lld", (long long)pid);
	if (json_int(json_get(o, "since"), &since))
		info->since_s = since;
	info->token = arena_printf(mem, "%lld-%lld", (long long)pid, (long long)since);
	json_doc_free(doc);
}

static void write_holder(int fd, const char *by, const char *command)
{
	struct strbuf text = STRBUF_INIT;
	struct jw w;

	jw_init(&w, &text, 0);
	jw_object(&w);
	jw_kstr(&w, "by", by);
	jw_kstr(&w, "command", command);
	jw_kint(&w, "pid", getpid());
	jw_kint(&w, "since", clock_wall_s());
	jw_end(&w);
	/* A holder that cannot be named still holds. */
	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, text.buf, text.len, 0);
	strbuf_clear(&text);
}

static int held(const struct place *p, const struct lock_info *h, struct fail *f)
{
	fail_set(f, FAIL_CONFLICT, "locked by %s (%s) for %s", h->by, h->where, h->command);
	return fail_hint(f, "wait with --lock-timeout, or end that process: slipway unlock %s shows it", p->target->name);
}

/* It only keeps two runs of this machine apart. Going back must work where nothing can be written. */
static bool may_go_without(struct fail *f)
{
	bool may = f->code == EACCES || f->code == EROFS || f->code == ENOSPC || f->code == EDQUOT || f->code == ENOENT;

	if (may)
		*f = (struct fail)FAIL_INIT;
	return may;
}

static int take(struct place *p, const char *by, const char *command, struct lock_info *holder, struct op *op)
{
	int fd = open_lock(p, op->mem, O_CREAT, &op->fail);

	if (fd < 0) {
		p->lock_waived = may_go_without(&op->fail);
		return p->lock_waived ? 0 : -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		write_holder(fd, by, command);
		p->lock_fd = fd;
		return 0;
	}
	int err = errno;
	if (err == EWOULDBLOCK)
		read_holder(holder, fd, op->mem);
	close(fd);
	if (err == EWOULDBLOCK)
		return held(p, holder, &op->fail);
	return fail_errno(&op->fail, err, "cannot lock site %s", p->site);
}

void firebase_lock(struct place *p, const char *by, const char *command, struct lock_info *holder, struct op *op)
{
	*holder = (struct lock_info){ .by = NULL };
	op_finish(p->session->loop, op, p->lock_fd >= 0 ? 0 : take(p, by, command, holder, op));
}

void lock_drop(struct place *p)
{
	if (p->lock_fd >= 0)
		close(p->lock_fd);
	p->lock_fd = -1;
	p->lock_waived = false;
}

int lock_check(const struct place *p, struct op *op)
{
	if (p->lock_fd >= 0 || p->lock_waived)
		return 0;
	fail_set(&op->fail, FAIL_CONFLICT, "the lock on site %s is not held", p->site);
	op_finish(p->session->loop, op, -1);
	return -1;
}

void firebase_unlock(struct place *p, struct op *op)
{
	lock_drop(p);
	op_finish(p->session->loop, op, 0);
}

void firebase_peek_lock(struct place *p, struct lock_info *holder, struct op *op)
{
	int fd = open_lock(p, op->mem, 0, &op->fail);

	*holder = (struct lock_info){ .now_s = clock_wall_s() };
	op->fail = (struct fail)FAIL_INIT;
	if (fd >= 0) {
		if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
			read_holder(holder, fd, op->mem);
		close(fd);
	}
	op_finish(p->session->loop, op, 0);
}

/* Whoever holds it lives. */
void firebase_break_lock(struct place *p, const char *token, struct op *op)
{
	struct lock_info now = { .by = NULL };
	int fd = open_lock(p, op->mem, 0, &op->fail), rc = 0;

	(void)token;
	op->fail = (struct fail)FAIL_INIT;
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		read_holder(&now, fd, op->mem);
		rc = fail_set(&op->fail, FAIL_CONFLICT, "held by %s (%s), which lives", now.by, now.where);
		fail_hint(&op->fail, "end that process: its hold ends with it");
	}
	if (fd >= 0)
		close(fd);
	op_finish(p->session->loop, op, rc);
}
