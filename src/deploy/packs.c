#include "deploy/packs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "deploy/packs_inside.h"

#define LOOK_MS 100                     /* how often ops are asked whether they were cancelled */

/* ---- contents ---- */

static size_t slot_of(const struct packs *p, const uint8_t sha256[SHA256_SIZE])
{
	uint64_t h;

	memcpy(&h, sha256, sizeof h);
	size_t i = (size_t)h & (p->slot_count - 1);
	while (p->slots[i] && memcmp(p->slots[i]->blob->sha256, sha256, SHA256_SIZE) != 0)
		i = (i + 1) & (p->slot_count - 1);
	return i;
}

static void grow(struct packs *p)
{
	struct content **old = p->slots;
	size_t n = p->slot_count;

	p->slot_count = n ? n * 2 : 256;
	p->slots = xcalloc(p->slot_count, sizeof(struct content *));
	for (size_t i = 0; i < n; i++)
		if (old[i])
			p->slots[slot_of(p, old[i]->blob->sha256)] = old[i];
	free(old);
}

static struct content *find_content(const struct packs *p, const struct blob *b)
{
	return p->count ? p->slots[slot_of(p, b->sha256)] : NULL;
}

static void ask_index(struct packs *p, struct content *c)
{
	struct gzipped gz;

	if (!p->c->index || c->secret || !index_packing(p->c->index, c->blob->sha256, c->blob->size, &gz))
		return;
	memcpy(c->packed.sha256, gz.sha256, SHA256_SIZE);
	c->packed.size = gz.size;
	c->known = true;
	p->counts.known++;
}

static struct content *want_content(struct packs *p, const struct blob *b)
{
	struct content *c = find_content(p, b);

	if (!c) {
		if (p->count + p->count / 2 >= p->slot_count)
			grow(p);
		c = arena_alloc(&p->mem, sizeof *c);
		*c = (struct content){ .blob = b, .packs = p, .secret = b->secret, .fd = -1 };
		p->slots[slot_of(p, b->sha256)] = c;
		p->count++;
		ask_index(p, c);
	}
	c->secret = c->secret || b->secret;
	return c;
}

void packs_drop_bytes(struct content *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->data && c->secret)
		explicit_bzero(c->data, (size_t)c->packed.size);
	free(c->data);
	c->data = NULL;
}

/* ---- waiters ---- */

static void forget_queue(struct packs *p)
{
	for (struct content *c = p->queue; c; c = c->next)
		c->state = CONTENT_IDLE;
	p->queue = NULL;
	p->queue_end = &p->queue;
	atomic_store(&p->cancel, true);
}

static void look_at_waiters(struct timer *t);

static struct waiter *add_waiter(struct packs *p, const struct waiter *filled)
{
	struct waiter *w = xmalloc(sizeof *w);

	*w = *filled;
	w->after = p->waiting;
	if (w->after)
		w->after->before = w;
	p->waiting = w;
	atomic_store(&p->cancel, false);
	if (!p->look.armed)
		loop_timer(p->c->loop, &p->look, LOOK_MS);
	return w;
}

/* It is in no content's list any more. */
static void end_waiter(struct packs *p, struct waiter *w, const struct fail *why)
{
	if (w->before)
		w->before->after = w->after;
	else
		p->waiting = w->after;
	if (w->after)
		w->after->before = w->before;
	if (why)
		w->op->fail = *why;
	op_finish(p->c->loop, w->op, why ? -1 : 0);
	free(w);
	if (!p->waiting) {
		loop_timer_stop(p->c->loop, &p->look);
		forget_queue(p);
	}
}

static void wait_for(struct waiter *w, struct content *c)
{
	w->content = c;
	w->next = c->waiters;
	c->waiters = w;
}

/* On to the next entry that is not known. (It is idle when its task ended early, as somebody else was cancelled.) */
static void advance(struct packs *p, struct waiter *w)
{
	for (; w->at < w->count; w->at++) {
		struct content *c = find_content(p, w->entries[w->at].blob);
		if (!c->known && c->failed) {
			end_waiter(p, w, c->failed);
			return;
		}
		if (!c->known) {
			if (c->state == CONTENT_IDLE)
				packs_queue_first(p, c, false);
			wait_for(w, c);
			return;
		}
	}
	end_waiter(p, w, NULL);
}

static void hand_out(struct content *c, struct packed_body *out)
{
	*out = (struct packed_body){ .fd = c->fd, .data = c->data, .size = c->packed.size, .hold = c };
	c->users++;
}

void packs_release(struct packs *p, struct content *c, const struct fail *why)
{
	struct waiter *next, *w = c->waiters;

	c->waiters = NULL;
	for (; w; w = next) {
		next = w->next;
		if (!why && !w->out) {
			advance(p, w);
		} else {
			if (!why)
				hand_out(c, w->out);
			end_waiter(p, w, why);
		}
	}
}

static void look_at_waiters(struct timer *t)
{
	struct packs *p = (struct packs *)((char *)t - offsetof(struct packs, look));
	struct fail why = FAIL_INIT;

	fail_set(&why, FAIL_CANCELLED, "interrupted");
	loop_timer(p->c->loop, t, LOOK_MS);
	for (struct waiter *w = p->waiting, *after; w; w = after) {
		struct waiter **at = &w->content->waiters;
		after = w->after;
		if (!atomic_load(&w->op->cancel))
			continue;
		while (*at != w)
			at = &(*at)->next;
		*at = w->next;
		end_waiter(p, w, &why);
	}
}

/* ---- the packer ---- */

static struct packs *packs_of(struct packer *packer)
{
	return (struct packs *)(void *)packer;
}

static int larger_first(const void *a, const void *b)
{
	uint64_t x = (*(struct content *const *)a)->blob->size, y = (*(struct content *const *)b)->blob->size;

	return (x < y) - (x > y);
}

static void pack(struct packer *packer, const struct entry *entries, size_t count, struct op *op)
{
	struct packs *p = packs_of(packer);
	struct waiter w = { .op = op, .entries = entries, .count = count, .at = count };
	struct content **fresh = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < count; i++) {
		struct content *c = want_content(p, entries[i].blob);
		if (c->known)
			continue;
		if (w.at == count)
			w.at = i;
		if (c->state != CONTENT_IDLE)
			continue;
		c->failed = NULL;
		c->blob = entries[i].blob;
		c->state = CONTENT_QUEUED;
		fresh = vec_grow(fresh, &cap, n + 1, sizeof(struct content *));
		fresh[n++] = c;
	}
	if (n > 0)
		qsort(fresh, n, sizeof(struct content *), larger_first);
	for (size_t i = 0; i < n; i++)
		packs_queue_last(p, fresh[i], false);
	free(fresh);
	advance(p, add_waiter(p, &w));
	packs_feed(p);
}

static const struct packed *find(const struct packer *packer, const struct blob *b)
{
	const struct content *c = find_content((const struct packs *)(const void *)packer, b);

	return c && c->known ? &c->packed : NULL;
}

/* True when the bytes are at hand. */
static bool have_bytes(struct packs *p, struct content *c)
{
	if (c->fd >= 0 || c->data)
		return true;
	if (c->spooled) {
		struct gzipped gz = { .size = c->packed.size };
		memcpy(gz.sha256, c->packed.sha256, SHA256_SIZE);
		c->fd = spool_open(p->spool, &gz, false);
		c->spooled = c->fd >= 0;
	}
	return c->spooled;
}

static void open_body(struct packer *packer, const struct blob *b, struct packed_body *out, struct op *op)
{
	struct packs *p = packs_of(packer);
	struct content *c = find_content(p, b);
	const struct waiter w = { .op = op, .out = out };

	if (!c || !c->known) {
		fail_set(&op->fail, FAIL_LOCAL, "a content is to be sent that was not packed");
		op_finish(p->c->loop, op, -1);
		return;
	}
	if (c->state == CONTENT_IDLE && have_bytes(p, c)) {
		hand_out(c, out);
		op_finish(p->c->loop, op, 0);
		return;
	}
	wait_for(add_waiter(p, &w), c);
	if (c->state == CONTENT_IDLE) {
		c->blob = b;
		packs_queue_first(p, c, true);
	}
	packs_feed(p);
}

static void close_body(struct packer *packer, struct packed_body *body)
{
	struct content *c = body->hold;

	(void)packer;
	if (c && --c->users == 0 && !c->secret)
		packs_drop_bytes(c);
	*body = (struct packed_body){ .fd = -1 };
}

/* ---- the whole ---- */

struct packs *packs_new(struct context *c)
{
	struct packs *p = xcalloc(1, sizeof *p);

	gzip_id(p->id, 0);
	p->packer = (struct packer){
		.compressor = p->id, .pack = pack, .find = find, .open = open_body, .close = close_body
	};
	p->c = c;
	p->queue_end = &p->queue;
	p->look.fire = look_at_waiters;
	benches_init(&p->benches, (size_t)PACKS_BYTES / pool_threads(loop_pool(c->loop)));
	return p;
}

void packs_free(struct packs *p)
{
	if (!p)
		return;
	assert(!p->waiting);
	atomic_store(&p->cancel, true);
	while (p->running > 0)
		loop_turn(p->c->loop, -1);
	for (size_t i = 0; i < p->slot_count; i++)
		if (p->slots[i])
			packs_drop_bytes(p->slots[i]);
	benches_clear(&p->benches);
	spool_free(p->spool);
	free(p->slots);
	arena_clear(&p->mem);
	free(p);
}

struct packer *packs_packer(struct packs *p)
{
	return &p->packer;
}

struct packs_counts packs_counts(const struct packs *p)
{
	return p->counts;
}
