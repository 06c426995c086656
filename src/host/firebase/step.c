/* step: the one visible call: POST .../channels/C/releases?versionName=NAME {"message"}
 * (sites.channels.releases.create).
 *
 * It is never sent twice blindly: after a lost answer the engine probes and reads first. A second one for what is live
 * already is refused with "is the current active version", which is what we want to hear. */
#include <string.h>

#include "host/firebase/message.h"
#include "host/firebase/staging.h"

static void end(struct call *c, int rc)
{
	struct place *p = c->place;
	struct op *op = c->op;

	/* What was read before is not what is live now. */
	json_doc_free(p->page);
	p->page = NULL;
	p->live_config = NULL;
	call_free(c);
	op_finish(p->session->loop, op, rc);
}

/* What was answered must be what was asked for; else the place is read back. */
static int check_release(struct call *c)
{
	const char *want = c->owner, *name = json_string(json_get(json_get(c->answer, "version"), "name"));

	if (!want || (name && strcmp(version_id(name), version_id(want)) == 0))
		return 0;
	return fail_set(&c->rq.fail, FAIL_REMOTE, "the release was answered with %s", name ? "another version" : "nothing");
}

static void was_released(struct call *c)
{
	int rc = c->rc;

	if (rc < 0 && c->rq.status == 400 && call_says(c, "is the current active version"))
		rc = 0;
	else if (rc == 0)
		rc = check_release(c);
	if (rc < 0)
		call_fail(c, c->op);
	end(c, rc);
}

static void add_message(struct strbuf *body, const struct place *p, const struct switch_note *note)
{
	const struct message m = { .text = note->reason, .by = note->by, .action = note->action,
		.environment = p->target->environment, .ci = note->ci };
	struct strbuf text = STRBUF_INIT;
	struct jw w;

	message_format(&text, &m);
	jw_init(&w, body, 0);
	jw_object(&w);
	jw_kstr(&w, "message", text.buf);
	jw_end(&w);
	strbuf_clear(&text);
}

static struct call *release_call(struct place *p, struct op *op)
{
	struct call *c = call_new(p, op, "POST", was_released);

	c->once = true;
	call_site(c);
	strbuf_addstr(&c->path, "/channels/");
	http_escape(&c->path, p->channel, "");
	strbuf_addstr(&c->path, "/releases");
	return c;
}

int firebase_switch_plan(struct place *p, const char *from, const char *to, struct switch_plan *out, struct arena *mem,
			 struct fail *f)
{
	const struct version *v = version_find(p, to);

	if (!to) {
		fail_set(f, FAIL_MISSING, "site %s cannot go back to nothing", p->site);
		return fail_hint(f, "slipway disable takes it off the net");
	}
	if (!v || v->status != VERSION_FINALIZED)
		return fail_set(f, FAIL_MISSING, "release %s has no finished version on site %s", to, p->site);
	out->steps = arena_alloc(mem, sizeof *out->steps);
	out->steps[0] = (struct switch_step){ .what = arena_printf(mem, "%s releases %s", p->where, version_id(v->name)),
		.from = from, .to = to };
	out->group_ends = arena_alloc(mem, sizeof *out->group_ends);
	out->group_ends[0] = 1;
	out->group_count = out->step_count = 1;
	return 0;
}

void firebase_step(struct place *p, const struct switch_step *step, const struct switch_note *note, struct op *op)
{
	const struct version *v = version_find(p, step->to);
	struct call *c;

	if (lock_check(p, op) < 0)
		return;
	if (!v) {
		fail_set(&op->fail, FAIL_MISSING, "release %s has no version on site %s", step->to, p->site);
		op_finish(p->session->loop, op, -1);
		return;
	}
	c = release_call(p, op);
	c->owner = arena_strdup(op->mem, v->name);
	strbuf_addstr(&c->path, "?versionName=");
	http_escape(&c->path, v->name, "");
	add_message(&c->body, p, note);
	call_send(c);
}

void firebase_disable(struct place *p, const struct switch_note *note, struct op *op)
{
	struct strbuf message = STRBUF_INIT;
	struct call *c;

	if (lock_check(p, op) < 0)
		return;
	c = release_call(p, op);
	/* The message's object, with the type before it. */
	add_message(&message, p, note);
	strbuf_addf(&c->body, "{\"type\":\"SITE_DISABLE\",%s", message.buf + 1);
	strbuf_clear(&message);
	call_send(c);
}

/* ---- dropping ---- */

struct removal {
	const char *id;                 /* in op->mem */
	uint64_t bytes, *freed;         /* freed NULL = nobody asks */
};

static void was_deleted(struct call *c)
{
	const struct removal *rm = c->owner;
	struct place *p = c->place;
	struct op *op = c->op;
	bool gone = c->rc < 0 && c->rq.status == 404;
	int rc = gone ? 0 : c->rc;

	if (rc < 0) {
		call_fail(c, op);
	} else {
		version_note(p, rm->id, version_find(p, rm->id)->name, VERSION_OTHER);
		p->page_old = true;
		if (rm->freed && !gone)
			*rm->freed += rm->bytes;
	}
	call_free(c);
	op_finish(p->session->loop, op, rc);
}

static void delete_version(struct place *p, const struct version *v, uint64_t *freed, struct op *op)
{
	struct removal *rm = arena_alloc(op->mem, sizeof *rm);
	struct call *c = call_new(p, op, "DELETE", was_deleted);

	*rm = (struct removal){ .id = arena_strdup(op->mem, v->release), .bytes = v->bytes, .freed = freed };
	c->owner = rm;
	strbuf_addf(&c->path, "/v1beta1/%s", v->name);
	call_send(c);
}

/* As far as was read; the service refuses it in any case. */
static bool is_live(const struct place *p, const struct version *v)
{
	const json *newest = p->page ? json_first(json_get(json_root(p->page), "releases")) : NULL;
	const char *name = json_string(json_get(json_get(newest, "version"), "name"));

	return name && strcmp(version_id(name), version_id(v->name)) == 0;
}

/* What was sealed stays, but for what was sealed before anybody looked: it stands on what turned out not to be live. */
static bool may_go(const struct place *p, const struct version *v)
{
	const struct staging *st = p->staging;
	bool unseen = st && st->rq.unseen && st->version && strcmp(st->version, v->name) == 0;

	return v->status == VERSION_CREATED || (unseen && !is_live(p, v));
}

void firebase_abandon(struct place *p, const char *id, struct op *op)
{
	const struct version *v = version_find(p, id);

	if (!v || !may_go(p, v)) {
		op_finish(p->session->loop, op, 0);
		return;
	}
	staging_drop(p);
	delete_version(p, v, NULL, op);
}

void firebase_drop(struct place *p, const char *id, uint64_t *freed_bytes, struct op *op)
{
	const struct version *v = version_find(p, id);

	if (lock_check(p, op) < 0)
		return;
	if (!v || v->status == VERSION_OTHER)
		op_finish(p->session->loop, op, 0);
	else if (is_live(p, v))
		op_finish(p->session->loop, op, fail_set(&op->fail, FAIL_CONFLICT, "release %s is live", id));
	else
		delete_version(p, v, freed_bytes, op);
}
