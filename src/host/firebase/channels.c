/* channels: preview channels of a site: GET .../channels (100 a page), DELETE .../channels/C (sites.channels). */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/firebase/call.h"
#include "host/firebase/releases.h"

struct listing {
	struct channel_list *out;
	size_t cap, pages;
};

#define PAGES_MOST 100
#define TTL_DEFAULT_S ((int64_t)7 * 86400)           /* as firebase-tools has it */

static int64_t time_of(const json *o, const char *key)
{
	const char *text = json_string(json_get(o, key));
	struct fail ignored = FAIL_INIT;
	int64_t at;

	return text && clock_parse(&at, text, 0, &ignored) == 0 ? at : -1;
}

static void add(struct listing *l, const json *channel, struct arena *mem)
{
	const json *version = json_get(json_get(channel, "release"), "version");
	const char *name = json_string(json_get(channel, "name")), *url = json_string(json_get(channel, "url"));
	struct channel_list *out = l->out;

	if (!name)
		return;
	if (out->count == l->cap) {
		struct channel_info *more = arena_alloc(mem, (l->cap * 2 + 16) * sizeof *more);
		for (size_t i = 0; i < out->count; i++)
			more[i] = out->items[i];
		out->items = more;
		l->cap = l->cap * 2 + 16;
	}
	out->items[out->count++] = (struct channel_info){ .name = arena_strdup(mem, version_id(name)),
		.url = url ? arena_strdup(mem, url) : NULL, .expires_s = time_of(channel, "expireTime"),
		.live = version && releases_id(version) ? arena_strdup(mem, releases_id(version)) : NULL };
}

static void ask(struct place *p, struct op *op, struct listing *l, const char *token);

static void have_page(struct call *c)
{
	struct listing *l = c->owner;
	struct place *p = c->place;
	struct op *op = c->op;
	const char *token = json_string(json_get(c->answer, "nextPageToken"));
	int rc = c->rc;

	if (rc < 0)
		call_fail(c, op);
	for (const json *ch = json_first(json_get(c->answer, "channels")); rc == 0 && ch; ch = json_next(ch))
		add(l, ch, op->mem);
	bool more = rc == 0 && token && *token && ++l->pages < PAGES_MOST;
	if (more)
		ask(p, op, l, token);
	call_free(c);
	if (more)
		return;
	free(l);
	op_finish(p->session->loop, op, rc);
}

static void ask(struct place *p, struct op *op, struct listing *l, const char *token)
{
	struct call *c = call_new(p, op, "GET", have_page);

	c->owner = l;
	call_site(c);
	strbuf_addstr(&c->path, "/channels?pageSize=100");
	if (token) {
		strbuf_addstr(&c->path, "&pageToken=");
		http_escape(&c->path, token, "");
	}
	call_send(c);
}

void firebase_channels(struct place *p, struct channel_list *out, struct op *op)
{
	struct listing *l = xcalloc(1, sizeof *l);

	*out = (struct channel_list){ NULL, 0 };
	l->out = out;
	ask(p, op, l, NULL);
}

/* ---- what another channel serves ---- */

static void have_channel(struct call *c)
{
	struct place *p = c->place;
	struct op *op = c->op;
	const char **id = c->owner;
	const json *version = json_get(json_get(c->answer, "release"), "version");
	const char *name = json_string(json_get(version, "name"));
	int rc = c->rc;

	if (rc < 0) {
		call_fail(c, op);
	} else if (name && version_status_of(version) == VERSION_FINALIZED) {
		*id = arena_strdup(op->mem, releases_id(version));
		version_note(p, *id, name, VERSION_FINALIZED);
	}
	call_free(c);
	op_finish(p->session->loop, op, rc);
}

void firebase_channel_live(struct place *p, const char *channel, const char **id, struct op *op)
{
	struct call *c = call_new(p, op, "GET", have_channel);

	*id = NULL;
	c->owner = id;
	call_site(c);
	strbuf_addstr(&c->path, "/channels/");
	http_escape(&c->path, channel, "");
	call_send(c);
}

/* ---- how long it lives ---- */

static void was_changed(struct call *c)
{
	struct place *p = c->place;
	struct op *op = c->op;
	int rc = c->rc;

	if (rc < 0)
		call_fail(c, op);
	call_free(c);
	op_finish(p->session->loop, op, rc);
}

void call_channel_ttl(struct call *c)
{
	struct place *p = c->place;
	int64_t ttl = p->session->channel_ttl_s ? p->session->channel_ttl_s : TTL_DEFAULT_S;

	call_site(c);
	strbuf_addstr(&c->path, "/channels/");
	http_escape(&c->path, p->channel, "");
	strbuf_addstr(&c->path, "?updateMask=ttl");
	strbuf_addf(&c->body, "{\"ttl\":\"%llds\"}", (long long)ttl);
}

void firebase_channel_prolong(struct place *p, struct op *op)
{
	struct call *c = call_new(p, op, "PATCH", was_changed);

	call_channel_ttl(c);
	call_send(c);
}

/* ---- deleting ---- */

void firebase_channel_delete(struct place *p, const char *channel, struct op *op)
{
	struct call *c = call_new(p, op, "DELETE", was_changed);

	call_site(c);
	strbuf_addstr(&c->path, "/channels/");
	http_escape(&c->path, channel, "");
	call_send(c);
}
