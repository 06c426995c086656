/* clone: a version made on the service's side from one of another site, then the paths that differ.
 *
 * POST .../versions:clone {"sourceVersion","finalize":false} gives an operation, which is asked until it is done; then
 * populateFiles with what differs, "" for what must go, and PATCH with labels and configuration, which the copy has
 * from its source (Hosting API reference, sites.versions.clone, populateFiles, patch). Whether the service keeps them
 * is checked: a copy that nobody knows again is none. The version that begin made stays in use until the copy stands;
 * then it is left, and goes away by itself. */
#include <stdlib.h>
#include <string.h>

#include "host/firebase/releases.h"
#include "host/firebase/staging.h"

#define POLL_FIRST_MS 50
#define POLL_MOST_MS 5000
#define POLL_PATIENCE_MS ((int64_t)10 * 60 * 1000)

struct cloning {
	struct fan fan;                 /* first: the populate calls */
	struct missing *out;
	struct staging *made;           /* what the place's staging becomes */
	const struct entry *differ;     /* entries of want that the source does not have so */
	size_t differ_count;
	const char **gone;
	size_t gone_count;
	const char *operation;
	struct timer timer;
	int64_t pause_ms, waited_ms;
	struct arena mem;
};

static void free_made(struct staging *st)
{
	strmap_clear(&st->required);
	arena_clear(&st->mem);
	free(st);
}

static void finish(struct cloning *cl, int rc)
{
	struct place *p = cl->fan.p;
	struct op *op = cl->fan.op;

	if (rc == 0) {
		staging_drop(p);
		p->staging = cl->made;
		version_note(p, p->staging->rq.id, p->staging->version, VERSION_CREATED);
		staging_missing(p->staging, p, cl->out, op->mem);
	} else {
		free_made(cl->made);
	}
	arena_clear(&cl->mem);
	p->cloning = NULL;
	free(cl);
	op_finish(p->session->loop, op, rc);
}

static void all_over(struct fan *fan)
{
	finish((struct cloning *)fan, fan->rc);
}

static void was_populated(struct call *c)
{
	struct cloning *cl = c->owner;
	struct fail f = c->rq.fail;
	int rc = c->rc;

	if (rc == 0)
		rc = staging_required(cl->made, cl->fan.p, c->answer, &f);
	call_free(c);
	fan_one_done(&cl->fan, rc, &f);
}

static void was_labelled(struct call *c)
{
	struct cloning *cl = c->owner;
	const char *id = releases_id(c->answer);
	struct fail f = c->rq.fail;
	int rc = c->rc;

	if (rc == 0 && (!id || strcmp(id, cl->made->rq.id) != 0))
		rc = fail_set(&f, FAIL_REMOTE, "the service did not keep the labels of the copy");
	call_free(c);
	fan_one_done(&cl->fan, rc, &f);
}

static void set_labels(struct cloning *cl)
{
	struct place *p = cl->fan.p;
	struct call *c = call_new(p, cl->fan.op, "PATCH", was_labelled);

	c->owner = cl;
	strbuf_addf(&c->path, "/v1beta1/%s?updateMask=labels,config", cl->made->version);
	strbuf_addch(&c->body, '{');
	staging_labels(&c->body, p, cl->made);
	if (strcmp(p->config, "{}") == 0)
		strbuf_addstr(&c->body, ",\"config\":{}");
	strbuf_addch(&c->body, '}');
	cl->fan.pending++;
	call_send(c);
}

static struct call *populate_call(struct cloning *cl)
{
	struct call *c = call_new(cl->fan.p, cl->fan.op, "POST", was_populated);

	c->owner = cl;
	strbuf_addf(&c->path, "/v1beta1/%s:populateFiles", cl->made->version);
	return c;
}

static void put_gone(struct strbuf *body, const char *const *gone, size_t count)
{
	struct strbuf path = STRBUF_INIT;
	struct jw w;

	jw_init(&w, body, 0);
	jw_object(&w);
	jw_key(&w, "files");
	jw_object(&w);
	for (size_t i = 0; i < count; i++) {
		strbuf_setlen(&path, 0);
		strbuf_addf(&path, "/%s", gone[i]);
		jw_kstr(&w, path.buf, "");
	}
	jw_end(&w);
	jw_end(&w);
	strbuf_clear(&path);
}

static size_t batch(size_t left)
{
	return left < POPULATE_MOST ? left : POPULATE_MOST;
}

static void populate(struct cloning *cl)
{
	cl->fan.pending = 1;
	cl->fan.over = all_over;
	set_labels(cl);
	for (size_t i = 0; i < cl->differ_count; i += POPULATE_MOST) {
		struct call *c = populate_call(cl);
		staging_files(&c->body, cl->fan.p, cl->differ + i, batch(cl->differ_count - i));
		cl->fan.pending++;
		call_send(c);
	}
	for (size_t i = 0; i < cl->gone_count; i += POPULATE_MOST) {
		struct call *c = populate_call(cl);
		put_gone(&c->body, cl->gone + i, batch(cl->gone_count - i));
		cl->fan.pending++;
		call_send(c);
	}
	fan_one_done(&cl->fan, 0, NULL);
}

/* ---- the operation ---- */

static int fail_operation(const json *error, struct fail *f)
{
	const char *message = json_string(json_get(error, "message"));
	struct strbuf safe = STRBUF_INIT;

	if (message)
		strbuf_addescaped(&safe, message, strnlen(message, 200));
	fail_set(f, FAIL_REMOTE, "the copy failed%s%s", safe.len ? ": " : "", safe.buf);
	strbuf_clear(&safe);
	return -1;
}

static void poll(struct timer *t);

/* True when cl is at an end. */
static bool judge(struct cloning *cl, const json *answer)
{
	const json *response = json_get(answer, "response"), *error = json_get(answer, "error");
	const char *name = json_string(json_get(answer, "name")), *version = json_string(json_get(response, "name"));

	if (error) {
		finish(cl, fail_operation(error, &cl->fan.op->fail));
		return true;
	}
	if (json_bool(json_get(answer, "done"), false) && version) {
		cl->made->version = arena_strdup(&cl->made->mem, version);
		populate(cl);
		return true;
	}
	if (name && !cl->operation)
		cl->operation = arena_strdup(&cl->mem, name);
	return false;
}

static void asked(struct call *c)
{
	struct cloning *cl = c->owner;
	bool over = true;

	if (c->rc < 0)
		finish(cl, call_fail(c, cl->fan.op));
	else
		over = judge(cl, c->answer);
	call_free(c);
	if (over)
		return;
	if (!cl->operation || cl->waited_ms > POLL_PATIENCE_MS) {
		fail_set(&cl->fan.op->fail, FAIL_REMOTE, "the copy was begun and never came to an end");
		finish(cl, -1);
		return;
	}
	cl->timer.fire = poll;
	loop_timer(cl->fan.p->session->loop, &cl->timer, cl->pause_ms);
}

static void poll(struct timer *t)
{
	struct cloning *cl = (struct cloning *)((char *)t - offsetof(struct cloning, timer));
	struct call *c = call_new(cl->fan.p, cl->fan.op, "GET", asked);

	cl->waited_ms += cl->pause_ms;
	cl->pause_ms = cl->pause_ms * 2 > POLL_MOST_MS ? POLL_MOST_MS : cl->pause_ms * 2;
	c->owner = cl;
	strbuf_addf(&c->path, "/v1beta1/%s", cl->operation);
	call_send(c);
}

/* A pause ends at once; the call that follows sees why. */
void clone_cancel(struct place *p)
{
	struct cloning *cl = p->cloning;

	if (cl && cl->timer.armed)
		loop_timer(p->session->loop, &cl->timer, 0);
}

static void begin(struct cloning *cl, const char *source)
{
	struct call *c = call_new(cl->fan.p, cl->fan.op, "POST", asked);
	const char *sites = strstr(source, "sites/");
	struct jw w;

	c->owner = cl;
	call_site(c);
	strbuf_addstr(&c->path, "/versions:clone");
	jw_init(&w, &c->body, 0);
	jw_object(&w);
	jw_kstr(&w, "sourceVersion", sites ? sites : source);
	jw_kbool(&w, "finalize", false);
	jw_end(&w);
	call_send(c);
}

/* ---- what differs ---- */

static void compare(struct cloning *cl, const struct tree *want, const struct tree *have)
{
	struct entry *differ = arena_alloc(&cl->mem, (want->count + 1) * sizeof *differ);
	size_t i = 0, k = 0;

	cl->gone = arena_alloc(&cl->mem, (have->count + 1) * sizeof *cl->gone);
	while (i < want->count || k < have->count) {
		int order = i == want->count ? 1 : k == have->count ? -1 :
			strcmp(want->entries[i].path, have->entries[k].path);
		if (order > 0)
			cl->gone[cl->gone_count++] = have->entries[k].path;
		else if (order < 0 || !blob_equal(want->entries[i].blob, have->entries[k].blob))
			differ[cl->differ_count++] = want->entries[i];
		i += order <= 0;
		k += order >= 0;
	}
	cl->differ = differ;
}

void firebase_clone(struct place *p, const struct place *from, struct missing *out, struct stage_stats *stats,
		    struct op *op)
{
	struct cloning *cl;

	(void)stats;
	if (!from->staging || !p->staging || p->staging->sealed) {
		fail_set(&op->fail, FAIL_REMOTE, "there is nothing to copy");
		op_finish(p->session->loop, op, -1);
		return;
	}
	cl = xcalloc(1, sizeof *cl);
	cl->fan = (struct fan){ .p = p, .op = op };
	cl->out = out;
	cl->pause_ms = POLL_FIRST_MS;
	p->cloning = cl;
	cl->made = xcalloc(1, sizeof *cl->made);
	cl->made->rq = p->staging->rq;
	compare(cl, p->staging->rq.want, from->staging->rq.want);
	begin(cl, from->staging->version);
}
