/* put: contents to the upload host, each once, all side by side: POST uploadUrl/DIGEST with the gzip bytes. The service
 * checks that they have the digest. 409: another upload of the same content is under way or over; whether it arrived is
 * what finalize tells.
 *
 * A body is opened when a request for it may start soon, not before: a fleet's uploads are more than descriptors. The
 * places of a session take turns. */
#include <stdlib.h>
#include <string.h>

#include "host/firebase/staging.h"

#define AHEAD 16                        /* bodies that wait open for a free connection */

struct putting {
	struct fan fan;                 /* first */
	struct putting *next;           /* in the session's ring of those with something left to start */
	struct stage_stats *stats;
	size_t *entries;
	size_t count, at;
};

struct upload {
	struct putting *putting;
	const struct entry *entry;
	struct packed_body body;
	struct op opening;
	struct arena mem;
};

static void start_more(struct session *s);

static void all_over(struct fan *fan)
{
	struct putting *pt = (struct putting *)fan;
	struct place *p = fan->p;
	struct op *op = fan->op;
	int rc = fan->rc;

	free(pt->entries);
	free(pt);
	op_finish(p->session->loop, op, rc);
}

static void end_upload(struct upload *u, int rc, const struct fail *f)
{
	struct putting *pt = u->putting;
	struct session *s = pt->fan.p->session;

	if (rc == 0) {
		pt->stats->sent_files++;
		pt->stats->sent_bytes += u->body.size;
		if (pt->stats->files_now)
			atomic_fetch_add(pt->stats->files_now, 1);
		if (pt->stats->bytes_now)
			atomic_fetch_add(pt->stats->bytes_now, u->entry->blob->size);
	}
	s->packer->close(s->packer, &u->body);
	s->open_bodies--;
	arena_clear(&u->mem);
	free(u);
	fan_one_done(&pt->fan, rc, f);
	start_more(s);
}

static void was_uploaded(struct call *c)
{
	struct upload *u = c->owner;
	struct fail f = c->rq.fail;
	int rc = c->rc < 0 && c->rq.status == 409 ? 0 : c->rc;

	if (rc < 0) {
		fail_wrap(&f, "%s", u->entry->path);
		if (c->rq.status == 400)
			fail_hint(&f, "what was sent is not what was hashed: run it again with --no-cache");
	}
	call_free(c);
	end_upload(u, rc, &f);
}

static void was_opened(struct op *op)
{
	struct upload *u = op->owner;
	struct fan *fan = &u->putting->fan;
	struct place *p = fan->p;
	char hex[SHA256_HEX];
	struct fail f = op->fail;       /* the op goes with the upload */

	/* One failure is enough to know that this release will not come about. */
	if (op->rc < 0 || fan->rc < 0) {
		end_upload(u, -1, &f);
		return;
	}
	struct call *c = call_new(p, fan->op, "POST", was_uploaded);
	hex_encode(hex, p->session->packer->find(p->session->packer, u->entry->blob)->sha256, SHA256_SIZE);
	c->owner = u;
	strbuf_addf(&c->path, "%s/%s", p->staging->upload_url, hex);
	c->raw = true;
	c->rq.content_type = "application/octet-stream";
	c->rq.fd = u->body.fd;
	c->rq.body = u->body.data;
	c->rq.size = u->body.size;
	call_send(c);
}

static void start_one(struct putting *pt)
{
	struct session *s = pt->fan.p->session;
	struct upload *u = xcalloc(1, sizeof *u);

	*u = (struct upload){ .putting = pt, .body = { .fd = -1 },
		.entry = &pt->fan.p->staging->rq.want->entries[pt->entries[pt->at++]] };
	u->opening = (struct op){ .done = was_opened, .owner = u, .mem = &u->mem };
	pt->fan.pending++;
	s->open_bodies++;
	s->packer->open(s->packer, u->entry->blob, &u->body, &u->opening);
}

/* Its own count among the pending goes with the last that was started. */
static void leave_ring(struct session *s)
{
	struct putting *last = s->putting, *pt = last->next;

	if (pt == last)
		s->putting = NULL;
	else
		last->next = pt->next;
	fan_one_done(&pt->fan, 0, NULL);
}

/* Whose turn it is; NULL when there is nothing to start, or enough is open. s->putting is the one that had its turn
 * last: a ring of one link. */
static struct putting *next_turn(const struct session *s)
{
	return s->putting && s->open_bodies < http_peer_width(s->peer) + AHEAD ? s->putting->next : NULL;
}

static void start_more(struct session *s)
{
	struct putting *pt;

	while ((pt = next_turn(s)) != NULL) {
		if (pt->at == pt->count || pt->fan.rc < 0 || atomic_load(&pt->fan.op->cancel)) {
			if (pt->at < pt->count && pt->fan.rc == 0)
				pt->fan.rc = fail_set(&pt->fan.op->fail, FAIL_CANCELLED, "interrupted");
			leave_ring(s);
			continue;
		}
		start_one(pt);
		s->putting = pt;
	}
}

void firebase_put(struct place *p, const size_t *entries, size_t count, struct stage_stats *stats, struct op *op)
{
	struct session *s = p->session;
	struct putting *pt;

	if (!p->staging) {
		fail_set(&op->fail, FAIL_LOCAL, "nothing is staged on site %s", p->site);
		op_finish(s->loop, op, -1);
		return;
	}
	pt = xcalloc(1, sizeof *pt);
	pt->fan = (struct fan){ .p = p, .op = op, .pending = 1, .over = all_over };
	http_expect(s->http, count);
	pt->stats = stats;
	pt->count = count;
	pt->entries = xmalloc((count + 1) * sizeof *pt->entries);
	memcpy(pt->entries, entries, count * sizeof *pt->entries);
	if (s->putting) {
		pt->next = s->putting->next;
		s->putting->next = pt;
	} else {
		pt->next = pt;
	}
	s->putting = pt;
	start_more(s);
}
