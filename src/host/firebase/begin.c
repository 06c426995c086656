/* begin: a new version with labels and configuration, then its paths, 1,000 a call, each call as soon as the gzip form
 * of its contents is known. What the service lacks is what it answers; it may know contents per site, per project or
 * everywhere, so it is asked and never assumed.
 *
 * POST .../versions, POST VERSION:populateFiles (Hosting API reference, sites.versions). A version that a dead run left
 * is not taken up again unless it is complete: contents that were sent stay known to the service, and a version that
 * is never finalized goes away by itself after 12 hours. */
#include <stdlib.h>
#include <string.h>

#include "host/firebase/staging.h"

#define AHEAD 16                        /* bodies that wait written for a free connection */

struct batch {                          /* at most POPULATE_MOST entries */
	struct beginning *begin;
	struct op packing;
	struct arena mem;
	const struct entry *entries;
	size_t count;
	bool packed, sent;
	struct batch *next;             /* among the session's that wait */
};

struct beginning {
	struct fan fan;                 /* first */
	struct missing *out;
	struct batch *batches;
	size_t count;
	bool created;
};

static void finish(struct beginning *b, int rc)
{
	struct place *p = b->fan.p;
	struct op *op = b->fan.op;

	for (size_t i = 0; i < b->count; i++)
		arena_clear(&b->batches[i].mem);
	free(b->batches);
	free(b);
	p->beginning = NULL;
	if (rc < 0)
		staging_drop(p);
	op_finish(p->session->loop, op, rc);
}

static void all_over(struct fan *fan)
{
	struct beginning *b = (struct beginning *)fan;
	struct place *p = fan->p;

	if (fan->rc == 0)
		staging_missing(p->staging, p, b->out, fan->op->mem);
	finish(b, fan->rc);
}

static void send_batches(struct session *s);

static void was_populated(struct call *c)
{
	struct batch *batch = c->owner;
	struct fan *fan = &batch->begin->fan;
	struct session *s = fan->p->session;
	struct fail f = FAIL_INIT;
	int rc = c->rc;

	if (rc < 0)
		f = c->rq.fail;
	else
		rc = staging_required(fan->p->staging, fan->p, c->answer, &f);
	call_free(c);
	s->batches_out--;
	fan_one_done(fan, rc, &f);
	send_batches(s);
}

static void send_batch(struct batch *batch)
{
	struct beginning *b = batch->begin;
	struct place *p = b->fan.p;
	struct call *c;

	c = call_new(p, b->fan.op, "POST", was_populated);
	c->owner = batch;
	strbuf_addf(&c->path, "/v1beta1/%s:populateFiles", p->staging->version);
	staging_files(&c->body, p, batch->entries, batch->count);
	call_send(c);
}

/* A body is written when it may soon be sent: a thousand sites' paths at once would be much text. */
static void send_batches(struct session *s)
{
	while (s->batches && s->batches_out < http_peer_width(s->peer) + AHEAD) {
		struct batch *batch = s->batches;
		s->batches = batch->next;
		if (batch->begin->fan.rc < 0) {
			fan_one_done(&batch->begin->fan, 0, NULL);
			continue;
		}
		s->batches_out++;
		send_batch(batch);
	}
}

/* Both must be there: the version, and what its paths hold. */
static void populate(struct batch *batch)
{
	struct beginning *b = batch->begin;
	struct session *s = b->fan.p->session;

	if (!b->created || !batch->packed || batch->sent)
		return;
	batch->sent = true;
	if (s->batches)
		s->last_batch->next = batch;
	else
		s->batches = batch;
	s->last_batch = batch;
}

static void was_packed(struct op *op)
{
	struct batch *batch = op->owner;

	batch->packed = true;
	if (op->rc < 0) {
		batch->sent = true;
		fan_one_done(&batch->begin->fan, -1, &op->fail);
		return;
	}
	populate(batch);
	send_batches(batch->begin->fan.p->session);
}

static int take_version(struct beginning *b, const struct call *c, struct fail *f)
{
	struct place *p = b->fan.p;
	const char *name = json_string(json_get(c->answer, "name"));
	const char *created = json_string(json_get(c->answer, "createTime"));

	if (!name || !strstr(name, "/versions/"))
		return fail_set(f, FAIL_REMOTE, "the service made a version and does not say which");
	p->staging->version = arena_strdup(&p->staging->mem, name);
	p->staging->created = created ? arena_strdup(&p->staging->mem, created) : NULL;
	version_note(p, p->staging->rq.id, name, VERSION_CREATED);
	return 0;
}

static void stop_packing(struct beginning *b)
{
	for (size_t i = 0; i < b->count; i++)
		atomic_store(&b->batches[i].packing.cancel, true);
}

static void was_created(struct call *c)
{
	struct beginning *b = c->owner;
	struct fail f = FAIL_INIT;
	int rc = c->rc;

	if (rc < 0)
		f = c->rq.fail;
	else
		rc = take_version(b, c, &f);
	call_free(c);
	b->created = true;
	if (rc < 0 && b->fan.rc == 0) {
		b->fan.rc = -1;
		b->fan.op->fail = f;
	}
	/* Those that are packed go now, or end when they see the failure; creating itself is the last that is pending. */
	struct session *s = b->fan.p->session;
	if (rc < 0)
		stop_packing(b);
	for (size_t i = 0; i < b->count; i++)
		populate(&b->batches[i]);
	fan_one_done(&b->fan, 0, NULL);
	send_batches(s);
}

void begin_cancel(struct place *p)
{
	if (p->beginning)
		stop_packing(p->beginning);
}

static void create(struct beginning *b)
{
	struct place *p = b->fan.p;
	struct call *c = call_new(p, b->fan.op, "POST", was_created);

	c->owner = b;
	call_site(c);
	strbuf_addstr(&c->path, "/versions");
	strbuf_addstr(&c->body, "{\"status\":\"CREATED\",");
	staging_labels(&c->body, p, p->staging);
	strbuf_addch(&c->body, '}');
	call_send(c);
}

static void pack(struct beginning *b)
{
	const struct tree *want = b->fan.p->staging->rq.want;
	struct packer *packer = b->fan.p->session->packer;

	b->count = (want->count + POPULATE_MOST - 1) / POPULATE_MOST;
	b->batches = xcalloc(b->count, sizeof *b->batches);
	b->fan.pending = b->count + 1;  /* and creating the version */
	for (size_t i = 0; i < b->count; i++) {
		struct batch *batch = &b->batches[i];
		size_t from = i * POPULATE_MOST, left = want->count - from;
		*batch = (struct batch){ .begin = b, .entries = want->entries + from,
			.count = left < POPULATE_MOST ? left : POPULATE_MOST };
		batch->packing = (struct op){ .done = was_packed, .owner = batch, .mem = &batch->mem };
		packer->pack(packer, batch->entries, batch->count, &batch->packing);
	}
}

/* A preview channel is made on its first deploy. PATCH makes it when it is missing (sites.channels.patch). */
static void have_channel(struct call *c)
{
	struct beginning *b = c->owner;
	int rc = c->rc;
	struct fail f = c->rq.fail;

	call_free(c);
	if (rc < 0) {
		b->fan.op->fail = f;
		finish(b, -1);
		return;
	}
	pack(b);
	create(b);
}

static void ensure_channel(struct beginning *b)
{
	struct call *c = call_new(b->fan.p, b->fan.op, "PATCH", have_channel);

	c->owner = b;
	call_channel_ttl(c);
	call_send(c);
}

/* A version that an earlier run finalized, of the same tree and configuration: one of the same id need not be. */
static const struct version *whole(const struct place *p, const struct begin_request *rq)
{
	const struct version *v = version_find(p, rq->id);
	char tree[SHA256_HEX];

	hex_encode(tree, rq->header->tree, SHA256_SIZE / 2);
	return v && v->status == VERSION_FINALIZED && !rq->fresh && strcmp(v->tree, tree) == 0 ? v : NULL;
}

void firebase_begin(struct place *p, const struct begin_request *rq, struct missing *out, struct op *op)
{
	const struct version *known;
	struct beginning *b;

	*out = (struct missing){ NULL, 0, 0 };
	if (lock_check(p, op) < 0)
		return;
	known = whole(p, rq);
	b = xcalloc(1, sizeof *b);
	staging_drop(p);
	p->staging = xcalloc(1, sizeof *p->staging);
	p->staging->rq = *rq;
	p->beginning = b;
	b->fan = (struct fan){ .p = p, .op = op, .over = all_over };
	b->out = out;
	if (known) {
		p->staging->version = arena_strdup(&p->staging->mem, known->name);
		p->staging->sealed = true;
		finish(b, 0);
	} else if (strcmp(p->channel, "live") != 0 && (p->channel_absent || p->session->channel_ttl_s)) {
		ensure_channel(b);
	} else {
		pack(b);
		create(b);
	}
}
