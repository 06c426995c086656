#include "fake_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/release_id.h"

struct session {
	struct loop *loop;
	const char *channel;
};

struct place {
	struct fake_place *fp;
	char *name;                     /* without a channel */
	struct loop *loop;
	struct begin_request rq;
};

struct hang {                           /* an op that answers only to its cancel */
	struct timer timer;
	struct loop *loop;
	struct op *op;
};

static struct fake_world **slot(void)
{
	static struct fake_world *world;

	return &world;
}

void fake_use(struct fake_world *w)
{
	*slot() = w;
}

void fake_clear(struct fake_world *w)
{
	strbuf_clear(&w->calls);
	arena_clear(&w->mem);
}

struct fake_place *fake_place(struct fake_world *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->places[i].name, name) == 0)
			return &w->places[i];
	struct fake_place *p = &w->places[w->count++];
	snprintf(p->name, sizeof p->name, "%s", name);
	return p;
}

void fake_fault(struct fake_world *w, struct fake_fault fault)
{
	w->faults[w->fault_count++] = fault;
}

unsigned fake_calls(const struct fake_world *w, const char *place, const char *op)
{
	struct strbuf want = STRBUF_INIT;
	unsigned n = 0;

	strbuf_addf(&want, "%s:%s ", place ? place : "", op);
	for (const char *at = w->calls.buf; at && (at = strstr(at, want.buf)); at += want.len)
		n++;
	strbuf_clear(&want);
	return n;
}

struct fake_release *fake_find_release(struct fake_place *p, const char *id)
{
	for (size_t i = 0; id && i < p->count; i++)
		if (strcmp(p->releases[i].header.id, id) == 0)
			return &p->releases[i];
	return NULL;
}

void fake_release(struct fake_world *w, struct fake_place *p, const char *id, bool live)
{
	struct fake_release *r = &p->releases[p->count++];

	r->header = (struct release_header){ .id = arena_strdup(&w->mem, id), .created_s = release_id_time(id) };
	r->sealed = true;
	if (live)
		p->live = r->header.id;
}

void fake_log(struct fake_place *p, const char *id, const char *from, const char *action, const char *reason,
	int64_t at_s)
{
	p->records[p->record_count] = (struct switch_record){ .seq = p->record_count + 1, .id = id, .from = from,
		.at_s = at_s, .by = "ana", .action = action, .reason = reason };
	p->record_count++;
}

/* ---- faults ---- */

static void look_for_cancel(struct timer *t)
{
	struct hang *h = (struct hang *)t;

	if (!atomic_load(&h->op->cancel)) {
		loop_timer(h->loop, t, 5);
		return;
	}
	fail_set(&h->op->fail, FAIL_CANCELLED, "cancelled");
	op_finish(h->loop, h->op, -1);
	free(h);
}

/* What the call is to do: 0 its work; 1 its work, but the answer is lost; 2 nothing, it has been answered. */
static int meet_fault(struct place *p, const char *name, struct op *op)
{
	struct fake_world *w = *slot();

	strbuf_addf(&w->calls, "%s:%s ", p->fp->name, name);
	if (w->hook)
		w->hook(w, p->fp, name);
	if (atomic_load(&op->cancel)) {
		fail_set(&op->fail, FAIL_CANCELLED, "cancelled before it began");
		op_finish(p->loop, op, -1);
		return 2;
	}
	for (size_t i = 0; i < w->fault_count; i++) {
		struct fake_fault *f = &w->faults[i];
		if (strcmp(f->op, name) != 0 || (f->place && strcmp(f->place, p->fp->name) != 0))
			continue;
		f->seen++;
		if (f->seen <= f->skip || (f->times && f->seen > f->skip + f->times))
			continue;
		if (f->way == FAULT_HANG) {
			struct hang *h = xcalloc(1, sizeof *h);
			*h = (struct hang){ .timer = { .fire = look_for_cancel }, .loop = p->loop, .op = op };
			loop_timer(p->loop, &h->timer, 1);
			return 2;
		}
		fail_set(&op->fail, f->kind, "injected at %s", name);
		op->fail.retry_after_ms = f->retry_after_ms;
		if (f->way == FAULT_AFTER)
			return 1;
		op_finish(p->loop, op, -1);
		return 2;
	}
	return 0;
}

static int refuse(struct place *p, struct op *op, enum fail_kind kind, const char *text)
{
	fail_set(&op->fail, kind, "%s", text);
	op_finish(p->loop, op, -1);
	return -1;
}

static bool not_ours(struct place *p, struct op *op)
{
	return !p->fp->ours && refuse(p, op, FAIL_CONFLICT, "the lock is not ours") < 0;
}

/* ---- reading ---- */

static int fake_session_open(struct session **out, const struct target *any, const struct host_env *env, struct fail *f)
{
	(void)any;
	(void)f;
	*out = xcalloc(1, sizeof **out);
	(*out)->loop = env->loop;
	(*out)->channel = env->channel;
	(*slot())->ttl_s = env->channel_ttl_s;
	return 0;
}

static void fake_session_close(struct session *s)
{
	free(s);
}

static struct fake_place *channel_place(const char *name, const char *channel)
{
	char full[160];

	snprintf(full, sizeof full, "%s%s%s", name, channel ? "@" : "", channel ? channel : "");
	return fake_place(*slot(), full);
}

static int fake_place_open(struct place **out, struct session *s, const struct target *t, const char *name,
	struct fail *f)
{
	(void)t;
	if (strcmp(name, "unopenable") == 0)
		return fail_set(f, FAIL_CONFIG, "cannot be opened");
	*out = xcalloc(1, sizeof **out);
	(*out)->loop = s->loop;
	(*out)->name = xstrdup(name);
	(*out)->fp = channel_place(name, s->channel);
	return 0;
}

static void fake_place_close(struct place *p)
{
	p->fp->ours = false;
	free(p->name);
	free(p);
}

static const char *fake_describe(const struct place *p)
{
	return p->fp->name;
}

static void fake_read(struct place *p, struct live_state *out, struct op *op)
{
	int fault = meet_fault(p, "read", op);
	struct fake_release *live = fake_find_release(p->fp, p->fp->live);

	if (fault == 2)
		return;
	*out = (struct live_state){ .id = p->fp->live, .newest_s = -1, .has_header = live != NULL,
		.folds_names = (*slot())->folds, .blocked = p->fp->blocked,
		.blocked_hint = p->fp->blocked ? "slipway adopt it" : NULL,
		.log = { .records = p->fp->records, .count = p->fp->record_count } };
	if (live)
		out->header = live->header;
	for (size_t i = 0; i < p->fp->count; i++)
		if (release_id_time(p->fp->releases[i].header.id) > out->newest_s)
			out->newest_s = release_id_time(p->fp->releases[i].header.id);
	op_finish(p->loop, op, fault ? -1 : 0);
}

static void fake_list(struct place *p, struct release_list *out, struct op *op)
{
	const struct switchlog log = { .records = p->fp->records, .count = p->fp->record_count };
	int fault = meet_fault(p, "list", op);

	if (fault == 2)
		return;
	out->items = arena_alloc(op->mem, (p->fp->count + 1) * sizeof *out->items);
	out->count = 0;
	for (size_t i = p->fp->count; i-- > 0;) {
		const struct fake_release *r = &p->fp->releases[i];
		if (!r->sealed)
			continue;
		const struct switch_record *bad = switchlog_bad(&log, r->header.id);
		out->items[out->count++] = (struct release_info){ .header = r->header, .bad = bad != NULL, .bad_record = bad,
			.live = p->fp->live && strcmp(p->fp->live, r->header.id) == 0 };
	}
	op_finish(p->loop, op, fault ? -1 : 0);
}

static void fake_fetch(struct place *p, const char *id, const struct tree *want, struct manifest *out, struct op *op)
{
	struct fake_release *r = fake_find_release(p->fp, id);
	int fault = meet_fault(p, "fetch", op);

	(void)want;
	if (fault == 2 || (!r && refuse(p, op, FAIL_MISSING, "no manifest") < 0))
		return;
	*out = (struct manifest){ .header = r->header, .tree = r->tree };
	op_finish(p->loop, op, fault ? -1 : 0);
}

static void fake_probe(struct place *p, const char *id, enum release_state *out, struct op *op)
{
	struct fake_release *r = fake_find_release(p->fp, id);
	int fault = meet_fault(p, "probe", op);

	if (fault == 2)
		return;
	*out = !r ? RELEASE_ABSENT : !r->sealed ? RELEASE_BEGUN : RELEASE_SEALED;
	if (r && p->fp->live && strcmp(p->fp->live, id) == 0)
		*out = RELEASE_LIVE;
	op_finish(p->loop, op, fault ? -1 : 0);
}

/* ---- the lock ---- */

static void fake_lock(struct place *p, const char *by, const char *command, struct lock_info *holder, struct op *op)
{
	int fault = meet_fault(p, "lock", op);

	if (fault == 2)
		return;
	if (p->fp->lock.token) {
		*holder = p->fp->lock;
		refuse(p, op, FAIL_CONFLICT, "held");
		return;
	}
	p->fp->lock = (struct lock_info){ .by = by, .where = "here", .command = command, .token = "ours" };
	p->fp->ours = true;
	op_finish(p->loop, op, fault ? -1 : 0);
}

static void fake_renew(struct place *p, struct op *op)
{
	if (meet_fault(p, "renew", op) == 0)
		op_finish(p->loop, op, 0);
}

static void fake_unlock(struct place *p, struct op *op)
{
	int fault = meet_fault(p, "unlock", op);

	if (fault == 2)
		return;
	p->fp->lock = (struct lock_info){ .token = NULL };
	p->fp->ours = false;
	op_finish(p->loop, op, fault ? -1 : 0);
}

/* ---- staging ---- */

static struct tree copy_tree(const struct tree *t)
{
	struct arena *mem = &(*slot())->mem;
	struct entry *entries = arena_alloc(mem, (t->count + 1) * sizeof *entries);
	struct tree copy = *t;

	for (size_t i = 0; i < t->count; i++) {
		struct blob *b = arena_alloc(mem, sizeof *b);
		memcpy(b->sha256, t->entries[i].blob->sha256, SHA256_SIZE);
		b->size = t->entries[i].blob->size;
		entries[i] = (struct entry){ .path = arena_strdup(mem, t->entries[i].path), .blob = b };
	}
	copy.entries = entries;
	return copy;
}

static struct release_header copy_header(const struct release_header *h)
{
	struct arena *mem = &(*slot())->mem;
	struct release_header copy = *h;

	copy.id = arena_strdup(mem, h->id);
	copy.parent = h->parent ? arena_strdup(mem, h->parent) : NULL;
	copy.target = h->target ? arena_strdup(mem, h->target) : NULL;
	copy.message = h->message ? arena_strdup(mem, h->message) : NULL;
	copy.environment = copy.by = copy.commit = copy.branch = copy.ci = copy.approver = NULL;
	return copy;
}

static void fake_begin(struct place *p, const struct begin_request *rq, struct missing *out, struct op *op)
{
	int fault = meet_fault(p, "begin", op);
	struct fake_release *r = fake_find_release(p->fp, rq->id);

	if (fault == 2 || not_ours(p, op))
		return;
	if (r && r->sealed && memcmp(r->header.tree, rq->want->id, SHA256_SIZE) != 0) {
		refuse(p, op, FAIL_CONFLICT, "sealed already");
		return;
	}
	if (!r || strcmp(r->cookie, rq->cookie) != 0) {
		r = r ? r : &p->fp->releases[p->fp->count++];
		*r = (struct fake_release){ .fresh = rq->fresh };
		r->header = copy_header(rq->header);
		r->tree = copy_tree(rq->want);
		snprintf(r->cookie, sizeof r->cookie, "%s", rq->cookie);
	}
	p->rq = *rq;
	out->count = rq->want->count - r->put;
	out->entries = arena_alloc(op->mem, (out->count + 1) * sizeof *out->entries);
	for (size_t i = 0; i < out->count; i++)
		out->entries[i] = r->put + i;
	out->bytes = 1;
	op_finish(p->loop, op, fault ? -1 : 0);
}

static void fake_put(struct place *p, const size_t *entries, size_t count, struct stage_stats *stats, struct op *op)
{
	int fault = meet_fault(p, "put", op);
	struct fake_release *r = fake_find_release(p->fp, p->rq.id);

	(void)entries;
	if (fault == 2 || not_ours(p, op))
		return;
	r->put += count;
	stats->sent_files += count;
	op_finish(p->loop, op, fault ? -1 : 0);
}

static void fake_seal(struct place *p, struct stage_stats *stats, struct op *op)
{
	int fault = meet_fault(p, "seal", op);
	struct fake_release *r = fake_find_release(p->fp, p->rq.id);

	(void)stats;
	if (fault == 2 || not_ours(p, op))
		return;
	if (r->put != r->tree.count) {
		refuse(p, op, FAIL_CORRUPT, "incomplete");
		return;
	}
	r->sealed = true;
	op_finish(p->loop, op, fault ? -1 : 0);
}

static void fake_flush(struct place *const *places, size_t count, struct op *op)
{
	(void)count;
	int fault = meet_fault(places[0], "flush", op);
	if (fault != 2)
		op_finish(places[0]->loop, op, fault ? -1 : 0);
}

/* ---- switching ---- */

static int fake_switch_plan(struct place *p, const char *from, const char *to, struct switch_plan *out,
	struct arena *mem,
			    struct fail *f)
{
	size_t n = (*slot())->steps ? (*slot())->steps : 1;

	(void)p;
	(void)f;
	out->steps = arena_alloc(mem, n * sizeof *out->steps);
	out->group_ends = arena_alloc(mem, n * sizeof *out->group_ends);
	out->group_count = out->step_count = n;
	for (size_t i = 0; i < n; i++) {
		out->steps[i] = (struct switch_step){ .what = "switch", .from = from, .to = to,
			.detail = i + 1 == n ? out->steps : NULL };
		out->group_ends[i] = i + 1;
	}
	return 0;
}

static void fake_step(struct place *p, const struct switch_step *step, const struct switch_note *note, struct op *op)
{
	int fault = meet_fault(p, "step", op);
	struct fake_release *r = fake_find_release(p->fp, step->to);

	if (fault == 2 || not_ours(p, op))
		return;
	if (!r || !r->sealed) {
		refuse(p, op, FAIL_MISSING, "no such release");
		return;
	}
	if (step->detail) {
		fake_log(p->fp, r->header.id, p->fp->live, arena_strdup(&(*slot())->mem, note->action), NULL, 100);
		p->fp->live = r->header.id;
	}
	op_finish(p->loop, op, fault ? -1 : 0);
}

static void fake_drop(struct place *p, const char *id, uint64_t *freed, struct op *op)
{
	int fault = meet_fault(p, "drop", op);
	struct fake_release *r = fake_find_release(p->fp, id);

	if (fault == 2)
		return;
	*freed = 1;
	if (r) {
		size_t at = (size_t)(r - p->fp->releases);
		memmove(r, r + 1, (p->fp->count - at - 1) * sizeof *r);
		p->fp->count--;
	}
	op_finish(p->loop, op, fault ? -1 : 0);
}

static void fake_sweep(struct place *p, const char *keep_id, struct op *op)
{
	(void)keep_id;
	if (meet_fault(p, "sweep", op) == 0)
		op_finish(p->loop, op, 0);
}

/* ---- channels ---- */

static bool is_channel_of(const struct fake_place *p, const char *name)
{
	size_t len = strlen(name);

	return strncmp(p->name, name, len) == 0 && (p->name[len] == '@' || !p->name[len]);
}

static void fake_channels(struct place *p, struct channel_list *out, struct op *op)
{
	struct fake_world *w = *slot();
	int fault = meet_fault(p, "channels", op);

	if (fault == 2)
		return;
	*out = (struct channel_list){ .items = arena_alloc(op->mem, w->count * sizeof *out->items) };
	for (size_t i = 0; i < w->count; i++) {
		const char *at = strchr(w->places[i].name, '@');
		if (!is_channel_of(&w->places[i], p->name))
			continue;
		out->items[out->count++] = (struct channel_info){ .name = at ? at + 1 : "live", .live = w->places[i].live,
			.url = arena_printf(op->mem, "https://%s.example", w->places[i].name), .expires_s = at ? 1000 : -1 };
	}
	op_finish(p->loop, op, fault ? -1 : 0);
}

static struct fake_place *find_channel(const struct place *p, const char *channel)
{
	struct fake_world *w = *slot();
	char full[160];

	snprintf(full, sizeof full, "%s@%s", p->name, channel);
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->places[i].name, full) == 0)
			return &w->places[i];
	return NULL;
}

static void fake_channel_delete(struct place *p, const char *channel, struct op *op)
{
	struct fake_place *there = find_channel(p, channel);
	int fault = meet_fault(p, "channel_delete", op);

	if (fault == 2 || (!there && refuse(p, op, FAIL_MISSING, "no such channel") < 0))
		return;
	snprintf(there->name, sizeof there->name, "deleted");
	op_finish(p->loop, op, fault ? -1 : 0);
}

/* The channels of a place share its releases. */
static void fake_channel_live(struct place *p, const char *channel, const char **id, struct op *op)
{
	struct fake_place *there = find_channel(p, channel);
	int fault = meet_fault(p, "channel_live", op);

	if (fault == 2 || (!there && refuse(p, op, FAIL_MISSING, "no such channel") < 0))
		return;
	*id = there->live ? arena_strdup(op->mem, there->live) : NULL;
	if (there->live && !fake_find_release(p->fp, there->live))
		p->fp->releases[p->fp->count++] = *fake_find_release(there, there->live);
	op_finish(p->loop, op, fault ? -1 : 0);
}

static void fake_disable(struct place *p, const struct switch_note *note, struct op *op)
{
	int fault = meet_fault(p, "disable", op);

	if (fault == 2 || not_ours(p, op))
		return;
	fake_log(p->fp, "", p->fp->live, arena_strdup(&(*slot())->mem, note->action), NULL, 100);
	p->fp->live = NULL;
	op_finish(p->loop, op, fault ? -1 : 0);
}

#define FAKE_OPS \
	.kind = "dir", .traits = HOST_INSTANT_SWITCH, .session_open = fake_session_open, \
	.session_close = fake_session_close, .place_open = fake_place_open, .place_close = fake_place_close, \
	.describe = fake_describe, .read = fake_read, .list = fake_list, .fetch = fake_fetch, .probe = fake_probe, \
	.lock = fake_lock, .renew = fake_renew, .unlock = fake_unlock, .begin = fake_begin, .put = fake_put, \
	.seal = fake_seal, .flush = fake_flush, .switch_plan = fake_switch_plan, .step = fake_step, .drop = fake_drop, \
	.sweep = fake_sweep

const struct host_ops *fake_find(const char *kind)
{
	static const struct host_ops plain = { FAKE_OPS };
	static const struct host_ops ops = {
		FAKE_OPS, .channels = fake_channels, .channel_delete = fake_channel_delete,
		.channel_live = fake_channel_live, .disable = fake_disable,
	};

	if (strcmp(kind, "dir") != 0)
		return NULL;
	return (*slot())->no_channels ? &plain : &ops;
}
