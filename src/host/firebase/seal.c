/* seal: finalize, and the fence: the live release is read again beside it, since nothing keeps others from releasing.
 *
 * PATCH VERSION?updateMask=status {"status":"FINALIZED"} (sites.versions.patch): legal once, so a repeated one whose
 * first answer was lost is refused; then the version itself tells. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/firebase/message.h"
#include "host/firebase/releases.h"
#include "host/firebase/staging.h"

/* ---- the fence ---- */

static const json *newest_of(const json *answer)
{
	return json_first(json_get(answer, "releases"));
}

static int moved(const struct place *p, const json *newest, struct fail *f)
{
	const char *message = json_string(json_get(newest, "message")), *at = json_string(json_get(newest, "releaseTime"));
	const char *is = json_get(newest, "version") ? releases_id(json_get(newest, "version")) : NULL;
	const char *email = json_string(json_get(json_get(newest, "releaseUser"), "email"));
	struct arena mem = ARENA_INIT;
	struct strbuf text = STRBUF_INIT;
	struct message m;

	message_parse(&m, message ? message : "", &mem);
	strbuf_addf(&text, "%s went live", is ? is : "something else");
	if (at)
		strbuf_addf(&text, " at %s", at);
	if (m.by || email)
		strbuf_addf(&text, " by %s", m.by ? m.by : email);
	struct strbuf safe = STRBUF_INIT;
	strbuf_addescaped(&safe, text.buf, text.len);
	fail_set(f, FAIL_CONFLICT, "moved: %s while this run was at work; it is left as it is", safe.buf);
	fail_hint(f, "look at slipway releases %s, then deploy again", p->name);
	strbuf_clear(&text);
	strbuf_clear(&safe);
	arena_clear(&mem);
	return -1;
}

/* Does what is live now still have the name that the plan stood on? */
static int check_fence(const struct place *p, const json *answer, struct fail *f)
{
	const struct staging *st = p->staging;
	const json *newest = newest_of(answer), *version = json_get(newest, "version");
	const char *name = json_string(json_get(version, "name"));
	const struct version *base = version_find(p, st->rq.live_id);

	if (!newest || !version || releases_disabled(newest))
		return st->rq.live_id ? moved(p, newest, f) : 0;
	if (name && strcmp(version_id(name), version_id(st->version)) == 0)
		return 0;
	if (name && base && strcmp(version_id(name), version_id(base->name)) == 0)
		return 0;
	return moved(p, newest, f);
}

/* Nobody has looked before: what is live is judged by the look that comes now, unless it went live after this version
 * was made. Both times are the service's. */
static int check_unseen(const struct place *p, const json *answer, struct fail *f)
{
	const struct staging *st = p->staging;
	const json *newest = newest_of(answer), *version = json_get(newest, "version");
	const char *at = json_string(json_get(newest, "releaseTime")), *id = version ? releases_id(version) : NULL;

	if (!at || !st->created || releases_before(at, st->created))
		return 0;
	return id && st->rq.live_id && strcmp(id, st->rq.live_id) == 0 ? 0 : moved(p, newest, f);
}

static void was_read(struct call *c)
{
	struct fan *fan = c->owner;
	struct fail f = FAIL_INIT;
	int rc = 0;

	if (c->rc == 0) {
		bool unseen = fan->p->staging->rq.unseen;
		rc = unseen ? check_unseen(fan->p, c->answer, &f) : check_fence(fan->p, c->answer, &f);
		if (unseen || rc < 0) {         /* whoever asks next what is live is told this */
			page_keep(fan->p, c);
			fan->p->page_unread = fan->p->page != NULL;
		}
	} else if (c->rq.status != 404 || strcmp(fan->p->channel, "live") == 0) {
		f = c->rq.fail;
		rc = -1;
	}
	call_free(c);
	fan_one_done(fan, rc, &f);
}

static void read_again(struct fan *fan)
{
	struct call *c = call_new(fan->p, fan->op, "GET", was_read);

	c->owner = fan;
	call_site(c);
	strbuf_addstr(&c->path, "/channels/");
	http_escape(&c->path, fan->p->channel, "");
	strbuf_addf(&c->path, "/releases?pageSize=%d", fan->p->staging->rq.unseen ? RECENT_RELEASES : 1);
	call_send(c);
}

/* ---- finalizing ---- */

static int check_version(const json *version, struct fail *f)
{
	if (version_status_of(version) == VERSION_FINALIZED)
		return 0;
	return fail_set(f, FAIL_REMOTE, "the version is not finalized, though the service did not say why");
}

static void end_finalize(struct fan *fan, int rc, const struct fail *f)
{
	if (rc == 0)
		version_note(fan->p, fan->p->staging->rq.id, fan->p->staging->version, VERSION_FINALIZED);
	fan_one_done(fan, rc, f);
}

static void have_version(struct call *c)
{
	struct fan *fan = c->owner;
	struct fail f = c->rq.fail;
	int rc = c->rc;

	if (rc == 0)
		rc = check_version(c->answer, &f);
	if (rc < 0 && fan->p->staging->refused.kind != FAIL_NONE)
		f = fan->p->staging->refused;
	call_free(c);
	end_finalize(fan, rc, &f);
}

/* What a refusal or a lost answer means is what the version says of itself. */
static void ask_version(struct fan *fan, const struct fail *refused)
{
	struct call *c = call_new(fan->p, fan->op, "GET", have_version);

	fan->p->staging->refused = *refused;
	c->owner = fan;
	strbuf_addf(&c->path, "/v1beta1/%s", fan->p->staging->version);
	call_send(c);
}

static bool in_doubt(const struct call *c)
{
	return c->rq.status == 400 || (c->rq.maybe_arrived && c->rq.fail.kind != FAIL_CANCELLED);
}

static void was_finalized(struct call *c)
{
	struct fan *fan = c->owner;
	struct fail f = c->rq.fail;
	bool doubt = c->rc < 0 && in_doubt(c);
	int rc = c->rc;

	if (rc == 0)
		rc = check_version(c->answer, &f);
	call_free(c);
	if (doubt)
		ask_version(fan, &f);
	else
		end_finalize(fan, rc, &f);
}

static void finalize(struct fan *fan)
{
	struct place *p = fan->p;
	struct call *c = call_new(p, fan->op, "PATCH", was_finalized);

	c->owner = fan;
	strbuf_addf(&c->path, "/v1beta1/%s?updateMask=status", p->staging->version);
	strbuf_addstr(&c->body, "{\"status\":\"FINALIZED\"}");
	call_send(c);
}

static void all_over(struct fan *fan)
{
	struct place *p = fan->p;
	struct op *op = fan->op;
	int rc = fan->rc;

	free(fan);
	op_finish(p->session->loop, op, rc);
}

void firebase_seal(struct place *p, struct stage_stats *stats, struct op *op)
{
	struct staging *st = p->staging;
	struct fan *fan;

	(void)stats;
	if (!st || !st->version) {
		fail_set(&op->fail, FAIL_LOCAL, "nothing is staged on site %s", p->site);
		op_finish(p->session->loop, op, -1);
		return;
	}
	fan = xcalloc(1, sizeof *fan);
	*fan = (struct fan){ .p = p, .op = op, .over = all_over,
		.pending = 1U + (st->sealed ? 0 : 1) };
	read_again(fan);
	if (!st->sealed)
		finalize(fan);
}
