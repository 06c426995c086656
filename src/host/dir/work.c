#include "host/dir/work.h"

#include <stdlib.h>

enum work_phase { WORK_PREPARE, WORK_PARTS, WORK_FINISH };

struct work {
	struct session *session;
	struct op *op;
	const struct work_kind *kind;
	void *call;
	enum work_phase phase;
	size_t count, next;             /* entries, and the first one not yet handed out */
	unsigned in_flight;
	int rc;                         /* the first failure, with fail */
	struct fail fail;
};

struct slice {
	struct job job;                 /* first: the pool's view */
	struct work *work;
	size_t from, to;
	int rc;
	struct fail fail;
};

static void advance(struct work *w);

static void slice_run(struct job *j)
{
	struct slice *s = (struct slice *)j;
	struct work *w = s->work;

	if (dir_cancelled(w->op, &s->fail) < 0)
		s->rc = -1;
	else if (w->phase == WORK_PREPARE)
		s->rc = w->kind->prepare ? w->kind->prepare(w->call, &w->count, w->op, &s->fail) : 0;
	else if (w->phase == WORK_PARTS)
		s->rc = w->kind->part(w->call, s->from, s->to, w->op, &s->fail);
	else
		s->rc = w->kind->finish(w->call, w->op, &s->fail);
}

static void slice_done(struct job *j)
{
	struct slice *s = (struct slice *)j;
	struct work *w = s->work;

	w->in_flight--;
	if (s->rc < 0 && w->rc == 0) {
		w->rc = -1;
		w->fail = s->fail;
	}
	free(s);
	advance(w);
}

static void submit(struct work *w, size_t from, size_t to)
{
	struct slice *s = xcalloc(1, sizeof *s);

	s->job = (struct job){ .run = slice_run, .done = slice_done };
	s->work = w;
	s->from = from;
	s->to = to;
	w->in_flight++;
	if (w->kind->urgent)
		pool_submit_urgent(loop_pool(w->session->loop), &s->job);
	else
		pool_submit(loop_pool(w->session->loop), &s->job);
}

static void submit_parts(struct work *w)
{
	unsigned share = pool_threads(loop_pool(w->session->loop)) / w->session->busy;

	while (w->next < w->count && w->in_flight < (share ? share : 1)) {
		size_t left = w->count - w->next, take = left < WORK_SLICE ? left : WORK_SLICE;

		submit(w, w->next, w->next + take);
		w->next += take;
	}
}

static void complete(struct work *w)
{
	struct op *op = w->op;

	op->rc = w->rc;
	if (w->rc < 0) {
		op->fail = w->fail;
		fail_stage(&op->fail, w->kind->stage);
	}
	if (w->kind->end)
		w->kind->end(w->call, w->rc);
	else
		free(w->call);
	free(w);
	op->done(op);
}

/* Called on the loop after each slice: hands out what may run next, or completes. */
static void advance(struct work *w)
{
	if (w->phase == WORK_PREPARE && w->rc == 0 && w->kind->part && w->count) {
		w->phase = WORK_PARTS;
		w->session->busy++;
		submit_parts(w);
		return;
	}
	if (w->phase == WORK_PARTS) {
		if (w->rc == 0)
			submit_parts(w);
		if (w->in_flight)
			return;
		w->session->busy--;
	}
	if (w->phase != WORK_FINISH && w->rc == 0 && w->kind->finish) {
		w->phase = WORK_FINISH;
		submit(w, 0, 0);
		return;
	}
	complete(w);
}

void work_start(struct session *s, struct op *op, const struct work_kind *kind, void *call)
{
	struct work *w = xcalloc(1, sizeof *w);

	op->rc = 0;
	op->fail = (struct fail)FAIL_INIT;
	*w = (struct work){ .session = s, .op = op, .kind = kind, .call = call, .fail = FAIL_INIT };
	submit(w, 0, 0);
}
