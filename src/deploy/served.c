#include "deploy/served.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deploy/served_body.h"

#define TURNS 8                         /* places at once */
#define REQUESTS 256                    /* of all of them together */
#define LOOK_MS 100                     /* how often a cancel is looked for */
#define PAGE_MOST ((size_t)4 * 1024 * 1024)     /* of an error page */

struct site;

struct web {
	struct http_peer *peer;
	struct http *http;
	struct loop *loop;
	const char *dir;
	size_t window;                  /* requests of one place */
	size_t turns;                   /* under way */
	struct web_turn *first, **last; /* waiting */
	struct site *sites;
	struct timer look;
};

struct fetch {                          /* one file on its way */
	struct http_request rq;         /* first */
	struct site *site;
	struct served_item *item;       /* NULL = free */
	struct strbuf url, path;        /* path: what is asked */
	struct served_body body;
	uint8_t digest[SHA256_SIZE];
	struct op packing;              /* the digest of a gzip form, on a worker */
	struct strbuf moved;            /* the path of a redirect that may be followed */
	unsigned asked;                 /* how often */
};

struct site {
	struct web *web;
	struct site *next;
	struct served_site of;
	struct served_item *items;
	size_t count, at, busy, findings;
	struct served_sum *sum;
	struct op *op;
	struct strbuf origin, prefix;
	struct http_lane *lane;
	struct fetch *fetches;
	size_t width;
	bool over;                      /* nothing is begun any more */
	struct fail fail;
};

/* ---- turns ---- */

static void look(struct timer *t);

static void look_again(struct web *w)
{
	if (!w->look.armed && (w->first || w->sites))
		loop_timer(w->loop, &w->look, LOOK_MS);
}

struct web *web_new(struct http *h, struct loop *l, size_t places, const char *dir)
{
	const struct http_peer_options o = { .name = "the addresses of the places" };
	struct web *w = xcalloc(1, sizeof *w);
	size_t at_once = places < 1 ? 1 : places < TURNS ? places : TURNS;

	w->http = h;
	w->loop = l;
	w->dir = dir;
	w->peer = http_peer_new(h, &o);
	w->window = REQUESTS / at_once;
	w->last = &w->first;
	w->look.fire = look;
	return w;
}

void web_free(struct web *w)
{
	if (!w)
		return;
	assert(!w->turns && !w->first && !w->sites);
	loop_timer_stop(w->loop, &w->look);
	http_peer_free(w->peer);
	free(w);
}

void web_turn(struct web *w, struct web_turn *t, struct op *op)
{
	t->op = op;
	t->next = NULL;
	if (w->turns < TURNS) {
		w->turns++;
		op_finish(w->loop, op, 0);
		return;
	}
	*w->last = t;
	w->last = &t->next;
	look_again(w);
}

void web_turn_end(struct web *w)
{
	struct web_turn *t = w->first;

	if (!t) {
		w->turns--;
		return;
	}
	w->first = t->next;
	if (!w->first)
		w->last = &w->first;
	op_finish(w->loop, t->op, 0);
}

static void cancel_waiting(struct web *w)
{
	struct web_turn **at = &w->first;

	while (*at) {
		struct web_turn *t = *at;
		if (!atomic_load(&t->op->cancel)) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		fail_set(&t->op->fail, FAIL_CANCELLED, "cancelled before its turn");
		op_finish(w->loop, t->op, -1);
	}
	w->last = at;
}

/* ---- the end of a site ---- */

static void end_site(struct site *s)
{
	struct web *w = s->web;
	struct op *op = s->op;
	struct site **at = &w->sites;
	int rc = s->fail.kind == FAIL_NONE ? 0 : -1;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	for (size_t i = 0; i < s->width; i++) {
		struct fetch *x = &s->fetches[i];
		http_request_clear(&x->rq);
		served_body_clear(&x->body);
		strbuf_clear(&x->url);
		strbuf_clear(&x->path);
		strbuf_clear(&x->moved);
	}
	if (s->lane) {
		s->sum->requests = http_lane_attempts(s->lane);
		http_lane_free(s->lane);
	}
	if (rc < 0)
		op->fail = s->fail;
	strbuf_clear(&s->origin);
	strbuf_clear(&s->prefix);
	free(s->fetches);
	free(s);
	op_finish(w->loop, op, rc);
}

/* The first failure is the site's; what is on its way ends as cancelled. */
static void fail_site(struct site *s, const struct fail *f)
{
	if (s->fail.kind == FAIL_NONE)
		s->fail = *f;
	s->over = true;
	http_lane_cancel(s->lane);
}

static void look(struct timer *t)
{
	struct web *w = (struct web *)((char *)t - offsetof(struct web, look));

	cancel_waiting(w);
	for (struct site *s = w->sites; s; s = s->next) {
		struct fail f = FAIL_INIT;
		if (s->over || !atomic_load(&s->op->cancel))
			continue;
		fail_set(&f, FAIL_CANCELLED, "interrupted while its files were fetched");
		fail_site(s, &f);
	}
	look_again(w);
}

/* ---- one file ---- */

static void pump(struct site *s);
static void ask(struct fetch *x);

static void end_fetch(struct fetch *x, const char *what)
{
	struct site *s = x->site;

	x->item->what = what;
	x->item = NULL;
	s->busy--;
	if (what && ++s->findings == s->of.findings_most) {
		s->sum->cut = s->at < s->count;
		s->over = true;
	}
	pump(s);
}

static void compare(struct fetch *x)
{
	bool same = memcmp(x->digest, x->item->sha256, SHA256_SIZE) == 0;

	struct site *s = x->site;

	s->sum->files++;
	s->sum->bytes += x->body.size;
	if (s->of.files_now)
		atomic_fetch_add(s->of.files_now, 1);
	if (s->of.bytes_now)
		atomic_fetch_add(s->of.bytes_now, x->body.size);
	end_fetch(x, same ? NULL : "served content differs");
}

static void was_packed(struct op *op)
{
	struct fetch *x = op->owner;

	if (op->rc == 0) {
		compare(x);
		return;
	}
	fail_site(x->site, &op->fail);
	end_fetch(x, NULL);
}

static int pack(void *arg, struct op *op)
{
	struct fetch *x = arg;

	return served_body_digest(&x->body, x->digest, &op->fail);
}

static void digest(struct fetch *x)
{
	struct fail ignored = FAIL_INIT;

	if (!x->site->of.gzip) {
		(void)served_body_digest(&x->body, x->digest, &ignored);
		compare(x);
		return;
	}
	x->packing.done = was_packed;
	x->packing.owner = x;
	atomic_store(&x->packing.cancel, false);
	op_run(x->site->web->loop, &x->packing, pack, x);
}

static const char *words(const struct fetch *x)
{
	struct arena *mem = x->site->op->mem;
	long status = x->rq.status;

	if (status == 404 || status == 410)
		return status == 404 ? "not served (404)" : "not served (410)";
	if (status == 401 || status == 403)
		return status == 401 ? "not served to everybody (401)" : "not served to everybody (403)";
	return arena_printf(mem, status >= 300 && status < 400 ? "redirected (%ld)" : "answered %ld", status);
}

static void was_answered(struct http_request *rq)
{
	struct fetch *x = (struct fetch *)rq;
	struct site *s = x->site;

	if (rq->rc < 0) {
		fail_site(s, &rq->fail);
		end_fetch(x, NULL);
	} else if (rq->status == 200) {
		digest(x);
	} else if (x->moved.len && x->asked < 2 && !s->over) {
		strbuf_setlen(&x->path, 0);
		strbuf_addstr(&x->path, x->moved.buf);
		ask(x);
	} else {
		end_fetch(x, words(x));
	}
}

/* A status says something about a file; only what may pass by itself is the engine's to repeat. */
static enum http_verdict judge(struct http_request *rq)
{
	struct fetch *x = (struct fetch *)rq;
	struct site *s = x->site;
	const char *location = rq->status >= 300 && rq->status < 400 ? http_header(rq, "Location") : NULL;

	if (rq->status == 408 || rq->status == 429 || rq->status >= 500)
		return http_judge(rq);
	strbuf_setlen(&x->moved, 0);
	if (location)
		served_moved(&x->moved, location, s->origin.buf, s->prefix.buf, x->path.buf, x->item->path, &s->of.rules);
	return HTTP_OK;
}

static int take(struct http_request *rq, const void *data, size_t len)
{
	struct fetch *x = (struct fetch *)rq;

	if (len)
		return served_body_feed(&x->body, data, len, &rq->fail);
	served_body_begin(&x->body, x->site->of.gzip, x->site->web->dir);
	return 0;
}

static void add_headers(struct http_request *rq)
{
	http_add_header(rq, "Accept-Encoding: identity");
}

static void ask(struct fetch *x)
{
	struct site *s = x->site;

	x->asked++;
	strbuf_setlen(&x->url, 0);
	strbuf_addf(&x->url, "%s%s", s->origin.buf, x->path.buf);
	strbuf_setlen(&x->moved, 0);
	served_body_begin(&x->body, s->of.gzip, s->web->dir);
	http_request_clear(&x->rq);
	x->rq = (struct http_request)HTTP_REQUEST_INIT;
	x->rq.method = "GET";
	x->rq.url = x->url.buf;
	x->rq.flags = HTTP_REPEATABLE;
	x->rq.answer_most = PAGE_MOST;
	x->rq.headers = add_headers;
	x->rq.judge = judge;
	x->rq.sink = take;
	x->rq.done = was_answered;
	http_send(s->lane, &x->rq);
}

static void begin_fetch(struct fetch *x, struct served_item *item)
{
	struct site *s = x->site;

	x->item = item;
	x->asked = 0;
	s->busy++;
	strbuf_setlen(&x->path, 0);
	served_path(&x->path, s->prefix.buf, item->path, &s->of.rules);
	ask(x);
}

static void pump(struct site *s)
{
	for (size_t i = 0; i < s->width && !s->over && s->at < s->count; i++)
		if (!s->fetches[i].item)
			begin_fetch(&s->fetches[i], &s->items[s->at++]);
	if (s->busy == 0)
		end_site(s);
}

/* ---- a place ---- */

static enum trailing_slash slash_of(const char *behavior)
{
	if (!behavior)
		return SLASH_UNSET;
	return strcmp(behavior, "\"ADD\"") == 0 ? SLASH_ALWAYS : SLASH_NEVER;
}

/* Keys and values of a change are the service's (ServingConfig of the Hosting API). */
struct served_rules served_rules_live(const struct target *t, const struct config_change *changes, size_t count)
{
	const json *slash = target_value(t, "trailingSlash");
	struct served_rules rules = { .clean_urls = json_bool(target_value(t, "cleanUrls"), false),
		.slash = !slash ? SLASH_UNSET : json_bool(slash, false) ? SLASH_ALWAYS : SLASH_NEVER };

	for (size_t i = 0; i < count; i++) {
		if (strcmp(changes[i].key, "cleanUrls") == 0)
			rules.clean_urls = changes[i].from && strcmp(changes[i].from, "true") == 0;
		else if (strcmp(changes[i].key, "trailingSlashBehavior") == 0)
			rules.slash = slash_of(changes[i].from);
	}
	return rules;
}

static int open_site(struct site *s, struct fail *f)
{
	if (!s->of.url) {
		fail_set(f, FAIL_CONFIG, "where it is seen is not known");
		return fail_hint(f, "give the target its \"url\"");
	}
	if (served_base(&s->origin, &s->prefix, s->of.url, f) < 0 || http_peer_allow(s->web->peer, s->origin.buf, f) < 0)
		return -1;
	s->lane = http_lane_new(s->web->peer, s->of.name);
	http_expect(s->web->http, s->count);
	return 0;
}

void served_compare(struct web *w, const struct served_site *site, struct served_item *items, size_t count,
                    struct served_sum *sum, struct op *op)
{
	struct site *s = xcalloc(1, sizeof *s);

	*s = (struct site){ .web = w, .next = w->sites, .of = *site, .items = items, .count = count, .sum = sum, .op = op,
		.origin = STRBUF_INIT, .prefix = STRBUF_INIT };
	w->sites = s;
	*sum = (struct served_sum){ .files = 0 };
	if (open_site(s, &s->fail) < 0) {
		end_site(s);
		return;
	}
	s->width = count < w->window ? count : w->window;
	s->fetches = xcalloc(s->width, sizeof *s->fetches);
	for (size_t i = 0; i < s->width; i++)
		s->fetches[i] = (struct fetch){ .rq = HTTP_REQUEST_INIT, .site = s, .url = STRBUF_INIT, .path = STRBUF_INIT,
			.moved = STRBUF_INIT, .body = SERVED_BODY_INIT };
	look_again(w);
	pump(s);
}
