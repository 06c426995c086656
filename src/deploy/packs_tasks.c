#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "deploy/packs_inside.h"

#define PER_WORKER 4
#define BATCH_FILES 32
#define BATCH_BYTES ((uint64_t)512 * 1024)              /* some 5 ms */
#define STREAM_COST ((uint64_t)1024 * 1024)             /* what a content that is not read whole counts as */

/* Once, whatever else fails in it. */
static void say_spool(struct packs *p, const struct fail *why)
{
	struct strbuf text = STRBUF_INIT;

	if (p->spool_full)
		return;
	p->spool_full = true;
	strbuf_addstr(&text, "the spool in ");
	strbuf_addescaped(&text, p->c->cache_dir, strlen(p->c->cache_dir));
	strbuf_addf(&text, " is not kept: %s; contents are compressed again when they are sent", why->text);
	p->c->reporter->note(p->c->reporter, NULL, text.buf);
	strbuf_clear(&text);
}

static struct spool *spool_for(struct packs *p, const struct content *c)
{
	struct fail why = FAIL_INIT;

	if (c->secret || !p->c->cache_dir)
		return NULL;
	if (!p->spool_tried && spool_new(&p->spool, p->c->cache_dir, SPOOL_LIMIT, &why) < 0)
		say_spool(p, &why);
	p->spool_tried = true;
	return p->spool;
}

static uint64_t cost_of(const struct content *c)
{
	return c->blob->size > GZIP_WHOLE_MOST ? STREAM_COST : c->blob->size;
}

/* Some tasks in a row: waking the loop for each small content would cost more than they do. */
struct batch {
	struct job job;
	struct packs *packs;
	struct task *tasks, **end;
	unsigned count;
	uint64_t bytes;
};

static void run_batch(struct job *j)
{
	struct batch *batch = (struct batch *)(void *)j;
	struct bench *b = bench_take(&batch->packs->benches);

	for (struct task *t = batch->tasks; t; t = t->next)
		task_run(t, b);
	bench_return(&batch->packs->benches, b);
}

static void add_task(struct packs *p, struct batch *batch, struct content *c)
{
	struct task *t = xcalloc(1, sizeof *t);

	t->content = c;
	t->cancel = &p->cancel;
	t->blob = c->blob;
	t->spool = spool_for(p, c);
	t->may_write = !p->spool_full;
	t->fetch = c->fetch;
	t->known = c->known;
	t->secret = c->secret;
	t->sure_ns = p->c->now_s * 1000000000 - INDEX_RACY_NS;
	memcpy(t->sum.sha256, c->packed.sha256, SHA256_SIZE);
	t->sum.size = c->packed.size;
	c->state = CONTENT_RUNNING;
	*batch->end = t;
	batch->end = &t->next;
	batch->count++;
	batch->bytes += cost_of(c);
}

static bool fits(const struct packs *p, const struct batch *batch)
{
	uint64_t cost = cost_of(p->queue);

	if (batch->count > 0)
		return batch->count < BATCH_FILES && batch->bytes + cost <= BATCH_BYTES;
	return p->running == 0 || p->bytes + cost <= PACKS_BYTES;
}

static void batch_done(struct job *j);

static bool start_batch(struct packs *p)
{
	struct batch filled = { .job = { .run = run_batch, .done = batch_done }, .packs = p };

	filled.end = &filled.tasks;
	while (p->queue && fits(p, &filled)) {
		struct content *c = p->queue;
		p->queue = c->next;
		if (!p->queue)
			p->queue_end = &p->queue;
		add_task(p, &filled, c);
	}
	if (filled.count == 0)
		return false;
	struct batch *batch = xmalloc(sizeof *batch);
	*batch = filled;
	p->running++;
	p->bytes += batch->bytes;
	pool_submit(loop_pool(p->c->loop), &batch->job);
	return true;
}

void packs_feed(struct packs *p)
{
	while (p->running < PER_WORKER * pool_threads(loop_pool(p->c->loop)) && start_batch(p))
		;
}

void packs_queue_last(struct packs *p, struct content *c, bool fetch)
{
	c->state = CONTENT_QUEUED;
	c->fetch = fetch;
	c->next = NULL;
	*p->queue_end = c;
	p->queue_end = &c->next;
}

void packs_queue_first(struct packs *p, struct content *c, bool fetch)
{
	c->state = CONTENT_QUEUED;
	c->fetch = fetch;
	c->next = p->queue;
	if (!p->queue)
		p->queue_end = &c->next;
	p->queue = c;
}

static void learn(struct packs *p, const struct content *c, const struct gzipped *gz)
{
	if (p->c->index && !c->secret)
		index_learn_packing(p->c->index, c->blob->sha256, c->blob->size, gz);
}

static void take_result(struct packs *p, struct content *c, struct task *t)
{
	if (!c->known) {
		memcpy(c->packed.sha256, t->sum.sha256, SHA256_SIZE);
		c->packed.size = t->sum.size;
		c->known = true;
		learn(p, c, &t->sum);
	}
	c->spooled = t->spooled;
	c->fd = t->fd;
	c->data = t->data;
}

static void take_failure(struct packs *p, struct content *c, const struct task *t)
{
	if (t->differs)
		learn(p, c, &t->sum);
	if (!c->known)
		c->failed = arena_memdup(&p->mem, &t->fail, sizeof t->fail);
}

static void end_task(struct packs *p, struct task *t)
{
	struct content *c = t->content;

	c->state = CONTENT_IDLE;
	if (t->compressed) {
		p->counts.compressed++;
		p->counts.bytes += c->blob->size;
	}
	if (t->spool_fail.kind != FAIL_NONE)
		say_spool(p, &t->spool_fail);
	if (t->rc == 0) {
		take_result(p, c, t);
		packs_release(p, c, NULL);
	} else if (t->fail.kind != FAIL_CANCELLED) {
		take_failure(p, c, t);
		packs_release(p, c, &t->fail);
	} else if (c->waiters) {
		/* Cancelled since nobody waited; somebody came meanwhile. */
		packs_queue_first(p, c, t->fetch);
	}
	if (c->users == 0 && !c->secret)
		packs_drop_bytes(c);
	free(t);
}

static void batch_done(struct job *j)
{
	struct batch *batch = (struct batch *)(void *)j;
	struct packs *p = batch->packs;

	p->running--;
	p->bytes -= batch->bytes;
	for (struct task *t = batch->tasks, *next; t; t = next) {
		next = t->next;
		end_task(p, t);
	}
	free(batch);
	packs_feed(p);
}
