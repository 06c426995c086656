/* Peers and lanes, and whose turn it is. */
#include "net/http_inside.h"
#include "net/http_memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

static int64_t or_else(int64_t ms, int64_t otherwise)
{
	return ms > 0 ? ms : otherwise;
}

struct http_peer *http_peer_new(struct http *h, const struct http_peer_options *o)
{
	size_t len = strlen(o->name) + 1;
	struct http_peer *p = xcalloc(1, sizeof *p + len);
	unsigned most = o->width && o->width < h->width ? o->width : h->width;

	p->http = h;
	memcpy(p->name, o->name, len);
	http_width_init(&p->width, HTTP_WIDTH_START, most, clock_mono_ns());
	p->connect_ms = or_else(o->connect_ms, 10000);
	p->idle_ms = or_else(o->idle_ms, 30000);
	p->request_ms = or_else(o->request_ms, 60000);
	for (int c = 0; c < HTTP_CLASS_OVER; c++)
		link_init(&p->ring[c]);
	link_before(&h->peers, &p->link);
	return p;
}

/* As wide as the last run ended there, but never narrower than without a memory: a bad hour is not for ever. */
static void begin_at(struct http_peer *p, const struct http_origin *home)
{
	unsigned width = p->http->memory ? http_memory_find(p->http->memory, home->text) : 0;

	p->home = home;
	if (width > HTTP_WIDTH_START)
		http_width_init(&p->width, width, p->width.most, clock_mono_ns());
	p->started = p->width.now;
}

/* A width on trial has not proved itself. */
static void remember(const struct http_peer *p)
{
	unsigned width = p->width.now < p->width.base ? p->width.now : p->width.base;

	if (p->width.most <= HTTP_WIDTH_START)
		return;
	width = width < HTTP_WIDTH_START ? HTTP_WIDTH_START : width;
	if (p->home && p->http->memory && width != p->started)
		http_memory_keep(p->http->memory, p->home->text, width);
}

void http_peer_free(struct http_peer *p)
{
	if (!p)
		return;
	assert(p->lanes == 0);
	remember(p);
	for (struct http_origin *next, *o = p->origins; o; o = next) {
		next = o->next;
		free(o);
	}
	link_out(&p->link);
	free(p);
}

static int allow(struct http_peer *p, const char *origin, bool (*plainly)(const char *origin), struct fail *f)
{
	struct strbuf text = STRBUF_INIT, path = STRBUF_INIT, shown = STRBUF_INIT;
	bool split = http_split(origin, &text, &path) && !strchr(origin, '?') && strcmp(path.buf, "/") == 0;
	bool plain = split && strncmp(text.buf, "http:", 5) == 0;
	int rc = 0;

	strbuf_addescaped(&shown, origin, strnlen(origin, 200));
	if (!split) {
		rc = fail_set(f, FAIL_CONFIG, "%s: \"%s\" is no origin (https://HOST[:PORT])", p->name, shown.buf);
	} else if (plain && !http_is_loopback(text.buf) && !(plainly && plainly(text.buf))) {
		rc = fail_set(f, FAIL_CONFIG, "%s: %s must be https (plain http may go to loopback only)", p->name, text.buf);
	} else if (!http_peer_origin(p, text.buf)) {
		struct http_origin *o = xcalloc(1, sizeof *o + text.len + 1);
		memcpy(o->text, text.buf, text.len + 1);
		o->plain = plain;
		o->next = p->origins;
		p->origins = o;
		if (!p->home)
			begin_at(p, o);
	}
	strbuf_clear(&text);
	strbuf_clear(&path);
	strbuf_clear(&shown);
	return rc;
}

int http_peer_allow(struct http_peer *p, const char *origin, struct fail *f)
{
	return allow(p, origin, NULL, f);
}

int http_peer_allow_metadata(struct http_peer *p, const char *origin, struct fail *f)
{
	return allow(p, origin, http_is_metadata, f);
}

unsigned http_peer_width(const struct http_peer *p)
{
	return p->width.now;
}

struct http_origin *http_peer_origin(const struct http_peer *p, const char *origin)
{
	struct http_origin *o = p->origins;

	while (o && strcmp(o->text, origin) != 0)
		o = o->next;
	return o;
}

struct http_lane *http_lane_new(struct http_peer *p, const char *name)
{
	size_t len = strlen(name) + 1;
	struct http_lane *l = xcalloc(1, sizeof *l + len);

	l->peer = p;
	memcpy(l->name, name, len);
	for (int c = 0; c < HTTP_CLASSES; c++) {
		link_init(&l->queue[c]);
		link_init(&l->turn[c]);
	}
	link_init(&l->out);
	p->lanes++;
	return l;
}

uint64_t http_lane_attempts(const struct http_lane *l)
{
	return l->attempts;
}

void http_queue_add(struct http_work *w, bool again)
{
	struct http_lane *l = w->rq->lane;
	enum http_class c = w->class;
	struct link *queue = &l->queue[c];

	link_before(again ? queue->next : queue, &w->link);
	w->waits = c != HTTP_CLASS_OVER;
	l->peer->waiting += w->waits;
	if (link_empty(&l->turn[c]))
		link_before(c == HTTP_CLASS_OVER ? &l->peer->http->over : &l->peer->ring[c], &l->turn[c]);
}

void http_queue_remove(struct http_work *w)
{
	struct http_lane *l = w->rq->lane;

	link_out(&w->link);
	l->peer->waiting -= w->waits;
	w->waits = false;
	for (int c = 0; c < HTTP_CLASSES; c++)
		if (link_empty(&l->queue[c]))
			link_out(&l->turn[c]);
}

/* The first work of the lane whose turn it is. Nothing while the name of its host is being resolved. */
static struct http_work *head(const struct http_peer *p, enum http_class c)
{
	const struct link *ring = &p->ring[c];

	if (link_empty(ring))
		return NULL;
	struct http_lane *l = link_owner(ring->next - c, struct http_lane, turn);
	struct http_work *w = link_owner(l->queue[c].next, struct http_work, link);
	return w->origin->scout ? NULL : w;
}

bool http_queue_waits(const struct http_peer *p)
{
	return p->sending + p->waiting > p->width.now;
}

static struct http_work *next_of(struct http_peer *p, bool urgent_only)
{
	if (p->sending >= p->width.now && !(http_queue_waits(p) && http_width_pressed(&p->width, clock_mono_ns())))
		return NULL;
	struct http_work *urgent = head(p, HTTP_CLASS_URGENT);
	if (urgent || urgent_only)
		return urgent;
	struct http_work *light = head(p, HTTP_CLASS_LIGHT);
	struct http_work *heavy = p->bytes < p->width.now * HTTP_SHARE ? head(p, HTTP_CLASS_HEAVY) : NULL;
	return heavy && (p->heavy_next || !light) ? heavy : light;
}

/* The lane, and the peer among peers, go to the end of their rings. */
static struct http_work *take(struct http_peer *p, struct http_work *w)
{
	enum http_class c = w->class;
	struct http_lane *l = w->rq->lane;

	http_queue_remove(w);
	link_out(&l->turn[c]);
	if (!link_empty(&l->queue[c]))
		link_before(&p->ring[c], &l->turn[c]);
	p->heavy_next = c != HTTP_CLASS_HEAVY;
	link_out(&p->link);
	link_before(&p->http->peers, &p->link);
	return w;
}

struct http_work *http_queue_next(struct http *h)
{
	for (int pass = 0; pass < 2 && h->sending < h->width; pass++) {
		for (struct link *at = h->peers.next; at != &h->peers; at = at->next) {
			struct http_peer *p = link_owner(at, struct http_peer, link);
			struct http_work *w = next_of(p, pass == 0);
			if (w)
				return take(p, w);
		}
	}
	return NULL;
}

struct http_work *http_queue_over_in(const struct http_lane *l)
{
	const struct link *queue = &l->queue[HTTP_CLASS_OVER];

	return link_empty(queue) ? NULL : link_owner(queue->next, struct http_work, link);
}

struct http_work *http_queue_over(const struct http *h)
{
	if (link_empty(&h->over))
		return NULL;
	return http_queue_over_in(link_owner(h->over.next - HTTP_CLASS_OVER, struct http_lane, turn));
}
