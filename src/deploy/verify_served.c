#include "deploy/verify_served.h"

#include <string.h>

#include "base/clock.h"
#include "deploy/channel.h"
#include "deploy/served.h"
#include "dist/gzip.h"

#define FINDINGS_MOST 1000              /* of a place: whoever has so many needs no more */

struct serving {                        /* one place's; r->data while it lasts */
	struct web *web;
	struct web_turn turn;
	struct verify_report *report;
	struct arena scratch;           /* the list of files: only for its turn */
	struct manifest manifest;
	struct served_item *items;
	size_t count;
	struct served_sum sum;
};

static void leave_turn(struct run *r, int rc)
{
	struct serving *s = r->data;

	arena_clear(&s->scratch);
	web_turn_end(s->web);
	run_done(r, rc);
}

static void fill_report(struct run *r)
{
	struct serving *s = r->data;
	struct verify_report *out = s->report;
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		count += s->items[i].what != NULL;
	*out = (struct verify_report){ .id = r->live.id, .files = s->sum.files, .bytes = s->sum.bytes };
	out->findings = arena_alloc(&r->mem, (count + 1) * sizeof *out->findings);
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i].what)
			out->findings[out->count++] = (struct verify_finding){ .path = arena_strdup(&r->mem, s->items[i].path),
				.what = s->items[i].what };
	if (s->sum.cut)
		run_note(r, "%zu findings: its other files were not asked for", out->count);
}

static void was_compared(struct op *op)
{
	struct run *r = op->owner;
	struct serving *s = r->data;

	run_asked(r, s->sum.requests);
	if (op->rc == 0)
		fill_report(r);
	leave_turn(r, op->rc);
}

/* Served to the server, not to visitors. */
static bool is_hidden(const struct run *r, const char *path)
{
	const char *slash = strrchr(path, '/');

	return r->ops->traits & HOST_HTACCESS && strcmp(slash ? slash + 1 : path, ".htaccess") == 0;
}

static void list_items(struct run *r)
{
	struct serving *s = r->data;
	const struct tree *t = &s->manifest.tree;

	s->items = arena_alloc(&s->scratch, (t->count + 1) * sizeof *s->items);
	s->count = 0;
	for (size_t i = 0; i < t->count; i++)
		if (!is_hidden(r, t->entries[i].path))
			s->items[s->count++] = (struct served_item){ .path = t->entries[i].path,
				.sha256 = t->entries[i].blob->sha256 };
	r->row.total_files = s->count;
}

/* Digests of a gzip form can be held against what is served when its compressor is ours. */
static int check_compressor(const struct manifest *m, struct fail *f)
{
	char ours[GZIP_ID_SIZE];

	gzip_id(ours, 0);
	if (!m->compressor || strcmp(m->compressor, ours) == 0)
		return 0;
	fail_set(f, FAIL_REMOTE, "what is served cannot be compared: its contents were compressed by another compressor "
		 "(%s) than this program's (%s)", m->compressor, ours);
	return fail_hint(f, "slipway plan --compare-content compares it with the build");
}

static void was_fetched(struct op *op)
{
	struct run *r = op->owner;
	struct serving *s = r->data;

	if (op->rc < 0 || check_compressor(&s->manifest, &op->fail) < 0) {
		leave_turn(r, -1);
		return;
	}
	list_items(r);
	struct config_changes changes = { NULL, 0 };
	if (r->ops->compare_config)
		r->ops->compare_config(r->place, &changes, &s->scratch);
	const struct served_site site = { .name = r->row.place, .url = r->row.url,
		.rules = served_rules_live(r->target, changes.items, changes.count), .gzip = s->manifest.compressor != NULL,
		.findings_most = FINDINGS_MOST, .files_now = &r->row.progress_files, .bytes_now = &r->row.progress_bytes };
	served_compare(s->web, &site, s->items, s->count, &s->sum, run_op(r, was_compared));
}

static void have_turn(struct op *op)
{
	struct run *r = op->owner;
	struct serving *s = r->data;

	r->row.started_ns = clock_mono_ns();
	if (op->rc < 0) {
		run_done(r, -1);
		return;
	}
	struct op *next = run_op(r, was_fetched);
	next->mem = &s->scratch;
	r->ops->fetch(r->place, r->live.id, NULL, &s->manifest, next);
}

/* The time that a place may take begins with its turn. */
static void start_serving(struct run *r)
{
	struct serving *s = r->data;

	r->row.started_ns = 0;
	web_turn(s->web, &s->turn, run_op(r, have_turn));
}

void verify_served(struct errand *v, struct verify_report *reports)
{
	static const struct phase serving = { .id = PHASE_VERIFY, .start = start_serving, .once = true };
	struct context *c = v->c;
	struct web *web = web_new(c->http, c->loop, fleet_active(v->fleet), c->cache_dir);
	struct serving *all = errand_items(v, sizeof *all);

	channel_urls(v->fleet);
	for (size_t i = 0; i < v->count; i++) {
		all[i].web = web;
		all[i].report = &reports[i];
	}
	fleet_phase(v->fleet, &serving);
	web_free(web);
}
