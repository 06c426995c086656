/* read: what a site serves, by the newest releases of its channel; the whole list; the state of one release.
 *
 * GET .../channels/C/releases (Hosting API reference, sites.channels.releases.list): newest first, each with its whole
 * version. The newest 25 tell what is live, who went back from what, and where a rollback would go. */
#include <stdlib.h>
#include <string.h>

#include "host/firebase/call.h"
#include "host/firebase/releases.h"
#include "release/release_id.h"

#define PAGE 100                /* the service's most */
#define PAGES_MOST 200
#define VERSIONS_SEEN 100

struct reading {
	struct place *p;
	struct op *op;
	struct live_state *live;        /* read's out */
	struct release_list *list;      /* list's out */
	struct json_doc **docs;         /* further pages */
	size_t doc_count, doc_cap;
};

static void end(struct reading *rd, int rc)
{
	struct op *op = rd->op;
	struct loop *loop = rd->p->session->loop;

	for (size_t i = 0; i < rd->doc_count; i++)
		json_doc_free(rd->docs[i]);
	free(rd->docs);
	free(rd);
	op_finish(loop, op, rc);
}

static void ask_releases(struct reading *rd, unsigned size, const char *token, void (*done)(struct call *c))
{
	struct call *c = call_new(rd->p, rd->op, "GET", done);

	c->owner = rd;
	call_site(c);
	strbuf_addstr(&c->path, "/channels/");
	http_escape(&c->path, rd->p->channel, "");
	strbuf_addf(&c->path, "/releases?pageSize=%u", size);
	if (token) {
		strbuf_addstr(&c->path, "&pageToken=");
		http_escape(&c->path, token, "");
	}
	call_send(c);
}

/* A channel that was never made holds nothing; a missing site is an error. "live" exists wherever the site does. */
static bool is_absent_channel(const struct place *p, const struct call *c)
{
	return c->rc < 0 && c->rq.status == 404 && strcmp(p->channel, "live") != 0;
}

static int hint_site(const struct place *p, struct fail *f)
{
	if (f->kind == FAIL_MISSING)
		fail_hint(f, "is there a site %s in project %s? firebase hosting:sites:list shows them, "
				"hosting:sites:create makes one",
			  p->site, p->project);
	return -1;
}

void page_keep(struct place *p, struct call *c)
{
	struct json_doc *doc = c->doc;

	json_doc_free(p->page);
	p->page = doc;
	p->live_config = NULL;
	p->page_unread = p->page_old = false;
	p->channel_absent = false;
	c->doc = NULL;
}

static int empty_page(struct place *p, struct fail *f)
{
	p->channel_absent = strcmp(p->channel, "live") != 0;
	json_doc_free(p->page);
	p->page = NULL;
	p->live_config = NULL;
	p->page_old = false;
	return json_parse(&p->page, "releases", "{}", 2, 0, f);
}

static int64_t newest_id_s(const struct release_list *list, const struct switchlog *log)
{
	int64_t newest = -1;

	for (size_t i = 0; i < list->count; i++)
		if (release_id_time(list->items[i].header.id) > newest)
			newest = release_id_time(list->items[i].header.id);
	for (size_t i = 0; i < log->count; i++)
		if (release_id_time(log->records[i].id) > newest)
			newest = release_id_time(log->records[i].id);
	return newest;
}

static void fill_live(struct reading *rd)
{
	struct place *p = rd->p;
	struct live_state *out = rd->live;
	const json *root = json_root(p->page);
	struct release_list *list = arena_alloc(rd->op->mem, sizeof *list);
	const json *newest = releases_parse(p, &(struct release_page){ &root, 1 }, list, &out->log, rd->op->mem);
	const json *version = json_get(newest, "version");

	out->recent = list;
	out->recent_whole = !json_string(json_get(root, "nextPageToken"));
	out->newest_s = newest_id_s(list, &out->log);
	if (!newest)
		return;
	if (!version || releases_disabled(newest)) {
		out->broken = "the site is disabled";
		return;
	}
	p->live_config = json_get(version, "config");
	out->id = arena_strdup(rd->op->mem, releases_id(version) ? releases_id(version) : "unknown");
	const struct release_info *live = release_find(list, out->id);
	if (live)
		out->header = live->header;
	else
		out->broken = "the version it names is gone";
	out->has_header = live != NULL;
}

static void have_page(struct call *c)
{
	struct reading *rd = c->owner;
	struct place *p = rd->p;
	int rc = c->rc;

	if (is_absent_channel(p, c))
		rc = empty_page(p, &rd->op->fail);
	else if (rc < 0)
		hint_site(p, (call_fail(c, rd->op), &rd->op->fail));
	else if (c->doc)
		page_keep(p, c);
	else
		rc = empty_page(p, &rd->op->fail);
	call_free(c);
	p->page_unread = false;
	if (rc == 0)
		fill_live(rd);
	end(rd, rc);
}

static struct reading *reading(struct place *p, struct op *op)
{
	struct reading *rd = xcalloc(1, sizeof *rd);

	rd->p = p;
	rd->op = op;
	return rd;
}

void firebase_read(struct place *p, struct live_state *out, struct op *op)
{
	struct reading *rd = reading(p, op);

	*out = (struct live_state){ .newest_s = -1 };
	rd->live = out;
	if (p->page && p->page_unread) {        /* seal has brought it */
		p->page_unread = false;
		fill_live(rd);
		end(rd, 0);
		return;
	}
	ask_releases(rd, RECENT_RELEASES, NULL, have_page);
}

/* ---- the whole list ---- */

static void finish_list(struct reading *rd)
{
	const json **answers = arena_alloc(rd->op->mem, (rd->doc_count + 1) * sizeof(const json *));

	answers[0] = json_root(rd->p->page);
	for (size_t i = 0; i < rd->doc_count; i++)
		answers[i + 1] = json_root(rd->docs[i]);
	releases_parse(rd->p, &(struct release_page){ answers, rd->doc_count + 1 }, rd->list, NULL, rd->op->mem);
	end(rd, 0);
}

static void next_page(struct reading *rd);

static void have_more(struct call *c)
{
	struct reading *rd = c->owner;
	int rc = c->rc;

	if (rc < 0) {
		call_fail(c, rd->op);
	} else if (c->doc) {
		rd->docs = vec_grow(rd->docs, &rd->doc_cap, rd->doc_count + 1, sizeof(struct json_doc *));
		rd->docs[rd->doc_count++] = c->doc;
		c->doc = NULL;
	}
	bool over = rc == 0 && !c->answer;
	call_free(c);
	if (rc < 0)
		end(rd, -1);
	else if (over)
		finish_list(rd);
	else
		next_page(rd);
}

static void next_page(struct reading *rd)
{
	const json *last = json_root(rd->doc_count ? rd->docs[rd->doc_count - 1] : rd->p->page);
	const char *token = json_string(json_get(last, "nextPageToken"));

	if (token && *token && rd->doc_count < PAGES_MOST)
		ask_releases(rd, PAGE, token, have_more);
	else
		finish_list(rd);
}

static void have_first(struct call *c)
{
	struct reading *rd = c->owner;
	int rc = c->rc;

	if (is_absent_channel(rd->p, c) || (rc == 0 && !c->doc))
		rc = empty_page(rd->p, &rd->op->fail);
	else if (rc < 0)
		hint_site(rd->p, (call_fail(c, rd->op), &rd->op->fail));
	else
		page_keep(rd->p, c);
	call_free(c);
	if (rc < 0)
		end(rd, -1);
	else
		next_page(rd);
}

/* What read has brought is not asked for again. */
void firebase_list(struct place *p, struct release_list *out, struct op *op)
{
	struct reading *rd = reading(p, op);

	*out = (struct release_list){ NULL, 0 };
	rd->list = out;
	if (p->page && !p->page_old)
		next_page(rd);
	else
		ask_releases(rd, RECENT_RELEASES, NULL, have_first);
}

/* ---- one release ---- */

struct probing {
	struct place *p;
	struct op *op;
	const char *id;
	enum release_state *out;
};

static void probed(struct probing *pr, int rc)
{
	struct op *op = pr->op;
	struct loop *loop = pr->p->session->loop;

	free(pr);
	op_finish(loop, op, rc);
}

/* The newest version with this id among all that were made lately. */
static void have_versions(struct call *c)
{
	struct probing *pr = c->owner;
	int rc = c->rc;

	if (rc < 0)
		call_fail(c, pr->op);
	for (const json *v = json_first(json_get(c->answer, "versions")); rc == 0 && v; v = json_next(v)) {
		const char *id = releases_id(v), *name = json_string(json_get(v, "name"));
		enum version_status status = version_status_of(v);
		if (!id || !name || strcmp(id, pr->id) != 0 || status == VERSION_OTHER)
			continue;
		*pr->out = status == VERSION_FINALIZED ? RELEASE_SEALED : RELEASE_BEGUN;
		version_label(version_note(pr->p, id, name, status), v);
		if (status == VERSION_FINALIZED)
			break;
	}
	call_free(c);
	probed(pr, rc);
}

static void look_for_version(struct probing *pr)
{
	struct call *c = call_new(pr->p, pr->op, "GET", have_versions);

	c->owner = pr;
	call_site(c);
	strbuf_addf(&c->path, "/versions?pageSize=%d", VERSIONS_SEEN);
	call_send(c);
}

static void judge_page(struct probing *pr)
{
	const json *root = json_root(pr->p->page);
	struct release_list list;
	const json *newest = releases_parse(pr->p, &(struct release_page){ &root, 1 }, &list, NULL, pr->op->mem);
	const json *version = json_get(newest, "version");
	const struct version *known = version_find(pr->p, pr->id);

	*pr->out = RELEASE_ABSENT;
	if (version && releases_id(version) && strcmp(releases_id(version), pr->id) == 0)
		*pr->out = RELEASE_LIVE;
	else if (known && known->status == VERSION_FINALIZED)
		*pr->out = RELEASE_SEALED;
	if (*pr->out != RELEASE_ABSENT || !release_id_valid(pr->id))
		probed(pr, 0);
	else
		look_for_version(pr);
}

static void have_probe_page(struct call *c)
{
	struct probing *pr = c->owner;
	int rc = c->rc;

	if (is_absent_channel(pr->p, c) || (rc == 0 && !c->doc))
		rc = empty_page(pr->p, &pr->op->fail);
	else if (rc < 0)
		call_fail(c, pr->op);
	else
		page_keep(pr->p, c);
	call_free(c);
	if (rc < 0)
		probed(pr, -1);
	else
		judge_page(pr);
}

void firebase_probe(struct place *p, const char *id, enum release_state *out, struct op *op)
{
	struct probing *pr = xcalloc(1, sizeof *pr);
	struct call *c;

	*pr = (struct probing){ .p = p, .op = op, .id = id, .out = out };
	if (p->page && !p->page_old) {
		judge_page(pr);
		return;
	}
	c = call_new(p, op, "GET", have_probe_page);
	c->owner = pr;
	call_site(c);
	strbuf_addstr(&c->path, "/channels/");
	http_escape(&c->path, p->channel, "");
	strbuf_addf(&c->path, "/releases?pageSize=%d", RECENT_RELEASES);
	call_send(c);
}

