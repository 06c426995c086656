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

struct batch {                          /* at most POPULATE_MOST entries */
	struct beginning *begin;
	struct op packing;
	struct arena mem;
	const struct entry *entries;
	size_t count;
	bool packed, sent;
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

static void was_populated(struct call *c)
{
	struct batch *batch = c->owner;
	struct fan *fan = &batch->begin->fan;
	struct fail f = FAIL_INIT;
	int rc = c->rc;

	if (rc < 0)
		f = c->rq.fail;
	else
		rc = staging_required(fan->p->staging, fan->p, c->answer, &f);
	call_free(c);
	fan_one_done(fan, rc, &f);
}

/* Both must be there: the version, and what its paths hold. */
static void populate(struct batch *batch)
{
	struct beginning *b = batch->begin;
	struct place *p = b->fan.p;
	struct call *c;

	if (!b->created || !batch->packed || batch->sent)
		return;
	batch->sent = true;
	if (b->fan.rc < 0) {
		fan_one_done(&b->fan, 0, NULL);
		return;
	}
	c = call_new(p, b->fan.op, "POST", was_populated);
	c->owner = batch;
	strbuf_addf(&c->path, "/v1beta1/%s:populateFiles", p->staging->version);
	staging_files(&c->body, p, batch->entries, batch->count);
	call_send(c);
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
}

static int take_version(struct beginning *b, const struct call *c, struct fail *f)
{
	struct place *p = b->fan.p;
	const char *name = json_string(json_get(c->answer, "name"));

	if (!name || !strstr(name, "/versions/"))
		return fail_set(f, FAIL_REMOTE, "the service made a version and does not say which");
	p->staging->version = arena_strdup(&p->staging->mem, name);
	version_note(p, p->staging->rq.id, name, VERSION_CREATED);
	return 0;
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
	for (size_t i = 0; i < b->count; i++)
		populate(&b->batches[i]);
	fan_one_done(&b->fan, 0, NULL);
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
	struct place *p = b->fan.p;
	int64_t ttl = p->session->channel_ttl_s ? p->session->channel_ttl_s : (int64_t)7 * 86400;
	struct call *c = call_new(p, b->fan.op, "PATCH", have_channel);

	c->owner = b;
	call_site(c);
	strbuf_addstr(&c->path, "/channels/");
	http_escape(&c->path, p->channel, "");
	strbuf_addstr(&c->path, "?updateMask=ttl");
	strbuf_addf(&c->body, "{\"ttl\":\"%llds\"}", (long long)ttl);
	call_send(c);
}

void firebase_begin(struct place *p, const struct begin_request *rq, struct missing *out, struct op *op)
{
	const struct version *known = version_find(p, rq->id);
	struct beginning *b;

	*out = (struct missing){ NULL, 0, 0 };
	if (lock_check(p, op) < 0)
		return;
	b = xcalloc(1, sizeof *b);
	staging_drop(p);
	p->staging = xcalloc(1, sizeof *p->staging);
	p->staging->rq = *rq;
	b->fan = (struct fan){ .p = p, .op = op, .over = all_over };
	b->out = out;
	if (known && known->status == VERSION_FINALIZED && !rq->fresh) {
		p->staging->version = arena_strdup(&p->staging->mem, known->name);
		p->staging->sealed = true;
		finish(b, 0);
	} else if (strcmp(p->channel, "live") != 0 && (!rq->live_id || p->session->channel_ttl_s)) {
		ensure_channel(b);
	} else {
		pack(b);
		create(b);
	}
}
