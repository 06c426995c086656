/* step: the switch and what belongs to it. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "host/dir/link.h"
#include "host/dir/lock.h"
#include "host/dir/read.h"
#include "host/dir/work.h"

int dir_switch_plan(struct place *p, const char *from, const char *to, struct switch_plan *out, struct arena *mem,
                    struct fail *f)
{
	const char *name = strrchr(p->live, '/') + 1;

	if (to && to[0] != '/' && !dir_name_ok(to))
		return fail_set(f, FAIL_USAGE, "%s cannot be the name of a release", to);
	*out = (struct switch_plan){ .group_count = 1, .step_count = 1 };
	out->steps = arena_alloc(mem, sizeof *out->steps);
	out->group_ends = arena_alloc(mem, sizeof *out->group_ends);
	out->group_ends[0] = 1;
	out->steps[0].from = from ? arena_strdup(mem, from) : NULL;
	out->steps[0].to = to ? arena_strdup(mem, to) : NULL;
	if (!to)
		out->steps[0].what = arena_printf(mem, "%s -> nothing", name);
	else
		out->steps[0].what = arena_printf(mem, "%s -> %s%s", name, to[0] == '/' ? "" : "releases/", to);
	return 0;
}

struct step_call {
	struct place *p;
	char *from, *to;                /* NULL = nothing live; mark: to = the release */
	char *action, *by, *reason;
};

static char *copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void step_call_free(void *arg, int rc)
{
	struct step_call *c = arg;

	(void)rc;
	free(c->from);
	free(c->to);
	free(c->action);
	free(c->by);
	free(c->reason);
	free(c);
}

static struct step_call *step_call(struct place *p, const char *from, const char *to, const struct switch_note *note)
{
	struct step_call *c = xcalloc(1, sizeof *c);

	c->p = p;
	c->from = copy(from);
	c->to = copy(to);
	c->action = copy(note->action ? note->action : "deploy");
	c->by = copy(note->by);
	c->reason = copy(note->reason);
	return c;
}

static bool same_id(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static int moved(const struct step_call *c, const struct live_link *live, struct fail *f)
{
	if (live->kind == LIVE_DIRECTORY || live->kind == LIVE_ODD) {
		dir_errno(f, live->kind == LIVE_DIRECTORY ? EISDIR : ENOTDIR, "switch", c->p->live);
		f->kind = FAIL_CONFLICT;
		return fail_hint(f, "slipway adopt %s", c->p->target->name);
	}
	fail_set(f, FAIL_CONFLICT, "somebody else switched: live is %s, not %s", live->id ? live->id : "nothing",
	         c->from ? c->from : "nothing");
	return fail_hint(f, "look at it (slipway status), then run the same command again");
}

/* Only what is there to be served may become live. */
static int check_wanted(const struct step_call *c, const struct spot *s, struct fail *f)
{
	struct stat st;

	if (!c->to)
		return 0;
	if (c->to[0] == '/' ? stat(c->to, &st) < 0 || !S_ISDIR(st.st_mode) : !read_is_dir(s->releases, c->to, &st))
		return fail_set(f, FAIL_MISSING, "release %s is not here any more", c->to);
	return 0;
}

static int switch_link(const struct step_call *c, const struct spot *s, struct arena *mem, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	struct live_link now;
	int rc = 0;

	if (c->to)
		rc = link_text(&text, c->p, c->to, f);
	if (rc == 0)
		rc = link_put(s, c->to ? text.buf : NULL, f);
	strbuf_clear(&text);
	if (rc == 0)
		rc = link_read(&now, c->p, s, mem, f);
	if (rc == 0 && !same_id(now.id, c->to))
		rc = moved(c, &now, f);
	return rc;
}

static int record(const struct step_call *c, const struct spot *s, const struct switchlog *log, struct fail *f)
{
	struct switch_record r = { .id = c->to ? c->to : "", .from = c->from, .at_s = clock_wall_s(), .by = c->by,
		.action = c->action, .reason = c->reason };

	if (log_append(s, log, &r, f) == 0)
		return 0;
	return fail_wrap(f, "the switch was made, but not recorded");
}

/* Outside the guard: a slow disk must not keep our own renewal waiting. */
static int sync_switch(const struct place *p, const struct spot *s, struct fail *f)
{
	if (p->durability == DURABLE_NONE)
		return 0;
	if (log_sync(s, f) < 0 || file_sync_dir(s->live_dir, ".", f) < 0)
		return -1;
	return file_sync_dir(s->root, ".", f);
}

static int step_guarded(const struct step_call *c, const struct spot *s, struct arena *mem, struct fail *f)
{
	struct live_link live;
	struct switchlog log;

	if (lock_ours(c->p, s, f) < 0 || link_read(&live, c->p, s, mem, f) < 0 || log_read(&log, s, &live, mem, f) < 0)
		return -1;
	if (same_id(live.id, c->to)) {
		/* Done already: by an earlier try that could not record it, or recorded too. */
		const struct switch_record *last;

		if (log.completed) {
			log.completed = false;
			log.count--;
		}
		last = switchlog_last(&log);
		if (last ? strcmp(last->id, c->to ? c->to : "") == 0 : !c->to)
			return 0;
	} else {
		if (!same_id(live.id, c->from) || live.kind == LIVE_DIRECTORY || live.kind == LIVE_ODD)
			return moved(c, &live, f);
		if (check_wanted(c, s, f) < 0 || switch_link(c, s, mem, f) < 0)
			return -1;
	}
	return record(c, s, &log, f);
}

static int step_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	const struct step_call *c = arg;
	struct spot s;
	int guard = -1, rc;

	(void)count;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0 && (s.state < 0 || s.live_dir < 0))
		rc = fail_set(f, FAIL_MISSING, "there is nothing of slipway's below the root");
	if (rc == 0)
		rc = lock_guard(&guard, &s, op, f);
	if (rc == 0)
		rc = step_guarded(c, &s, op->mem, f);
	lock_unguard(guard);
	if (rc == 0)
		rc = sync_switch(c->p, &s, f);
	spot_close(&s);
	return rc;
}

void dir_step(struct place *p, const struct switch_step *step, const struct switch_note *note, struct op *op)
{
	static const struct work_kind kind = { .stage = "switch", .prepare = step_run, .end = step_call_free };

	work_start(p->session, op, &kind, step_call(p, step->from, step->to, note));
}

static int mark_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	const struct step_call *c = arg;
	struct live_link live;
	struct switchlog log;
	struct spot s;
	int rc;

	(void)count;
	rc = spot_open(&s, c->p, SPOT_READ, f);
	if (rc == 0 && s.state < 0)
		rc = fail_set(f, FAIL_MISSING, "there is nothing of slipway's below the root");
	if (rc == 0 && (link_read(&live, c->p, &s, op->mem, f) < 0 || log_read(&log, &s, &live, op->mem, f) < 0))
		rc = -1;
	if (rc == 0) {
		struct switch_record r = { .id = c->to, .at_s = clock_wall_s(), .by = c->by, .action = c->action,
			.reason = c->reason };

		rc = log_append(&s, &log, &r, f);
		if (rc == 0 && c->p->durability != DURABLE_NONE)
			rc = log_sync(&s, f);
	}
	spot_close(&s);
	return rc;
}

void dir_mark(struct place *p, const char *id, const struct switch_note *note, struct op *op)
{
	static const struct work_kind kind = { .stage = "record", .prepare = mark_run, .end = step_call_free };

	work_start(p->session, op, &kind, step_call(p, NULL, id, note));
}

struct flush_call {
	struct place **places;
	size_t count;
};

static void flush_end(void *arg, int rc)
{
	struct flush_call *c = arg;

	(void)rc;
	free(c->places);
	free(c);
}

/* One syncfs for each file system, however many places lie on it. */
static int flush_run(void *arg, size_t *count, struct op *op, struct fail *f)
{
	const struct flush_call *c = arg;
	dev_t *seen = xcalloc(c->count + 1, sizeof *seen);
	size_t n = 0;
	int rc = 0;

	(void)count;
	for (size_t i = 0; rc == 0 && i < c->count; i++) {
		const struct place *p = c->places[i];
		struct stat st;
		size_t k = 0;
		int fd;

		if (p->durability == DURABLE_NONE || dir_cancelled(op, f) < 0) {
			rc = p->durability == DURABLE_NONE ? 0 : -1;
			continue;
		}
		fd = open(p->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) < 0) {
			rc = dir_errno(f, errno, "open", p->root);
		} else {
			while (k < n && seen[k] != st.st_dev)
				k++;
			if (k == n && syncfs(fd) < 0)
				rc = dir_errno(f, errno, "sync the file system of", p->root);
			seen[n++] = st.st_dev;
		}
		if (fd >= 0)
			close(fd);
	}
	free(seen);
	return rc;
}

void dir_flush(struct place *const *places, size_t count, struct op *op)
{
	static const struct work_kind kind = { .stage = "flush", .prepare = flush_run, .end = flush_end };
	struct flush_call *c = xcalloc(1, sizeof *c);

	assert(count > 0);
	c->count = count;
	c->places = xcalloc(count + 1, sizeof(struct place *));
	memcpy(c->places, places, count * sizeof *places);
	work_start(places[0]->session, op, &kind, c);
}
