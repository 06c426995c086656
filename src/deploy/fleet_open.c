#include "deploy/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "deploy/channel.h"
#include "deploy/fleet_inside.h"
#include "deploy/packs.h"
#include "net/retry.h"

#define WIDTH_DEFAULT 64
#define TARGET_MS ((int64_t)15 * 60 * 1000)
#define WIDTH_PER_WORKER 4      /* of places on this machine */

static const struct host_ops *table_for(const struct context *c, const char *kind)
{
	return c->find_host ? c->find_host(kind) : host_find(kind);
}

static struct host_env env_of(struct context *c)
{
	return (struct host_env){ .loop = c->loop, .secrets = c->secrets, .project_root = project_root(c->project),
		.http = c->http, .store = c->store, .channel = c->channel, .channel_ttl_s = c->channel_ttl_s,
		.state_dir = arena_printf(&c->mem, "%s/.slipway", project_root(c->project)) };
}

static bool is_first_of(const struct context *c, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(c->targets[i]->host, c->targets[at]->host) == 0)
			return false;
	return true;
}

void fleet_prepare(struct context *c)
{
	const struct host_env env = env_of(c);

	for (size_t i = 0; i < c->target_count; i++) {
		const struct host_ops *ops = table_for(c, c->targets[i]->kind);

		if (ops && ops->prepare && is_first_of(c, i))
			ops->prepare(c->targets[i], &env);
	}
}

/* One session a host manifest and kind; the first target that needs it opens it. */
static struct link *link_for(struct fleet *fl, const struct target *t)
{
	for (size_t i = 0; i < fl->link_count; i++)
		if (strcmp(fl->links[i].host, t->host) == 0 && strcmp(fl->links[i].kind, t->kind) == 0)
			return &fl->links[i];

	struct link *l = &fl->links[fl->link_count++];
	*l = (struct link){ .host = t->host, .kind = t->kind, .ops = table_for(fl->c, t->kind) };
	if (!l->ops)
		fail_set(&l->fail, FAIL_CONFIG, "this slipway cannot deploy to %s yet", t->kind);
	else if (fl->c->channel && !l->ops->channels)
		channel_none(t->kind, &l->fail);
	else if (l->ops->session_open(&l->session, t, &fl->env, &l->fail) < 0)
		l->session = NULL;
	return l;
}

static void fill_row(struct run *r, const char *name)
{
	const struct target *t = r->target;
	const char *channel = r->fleet->c->channel;
	struct arena *mem = &r->fleet->c->mem;

	r->row = (struct row){ .target = t->name, .place = name, .host = t->host, .kind = t->kind, .where = "",
			       .phase = PHASE_WAIT };
	/* What the documents say is seen under "url" is not what a preview shows. */
	if (channel)
		r->row.place = arena_printf(mem, "%s@%s", name, channel);
	else
		r->row.url = target_string(t, "url", mem);
	if (r->place)
		r->row.where = arena_strdup(mem, r->ops->describe(r->place));
	if (r->place && !r->row.url && r->ops->url && r->ops->url(r->place))
		r->row.url = arena_strdup(mem, r->ops->url(r->place));
	r->row.uncounted = r->place && r->ops->traits & HOST_UNLISTED;
}

static void open_run(struct run *r, const struct target *t, const char *name, const struct link *l)
{
	struct fail f = FAIL_INIT;

	r->target = t;
	r->ops = l->ops;
	r->session = l->session;
	r->live.newest_s = -1;
	if (!l->session)
		f = l->fail;
	else if (r->ops->place_open(&r->place, r->session, t, name, &f) < 0)
		r->place = NULL;
	fill_row(r, name);
	r->active = r->place != NULL;
	if (r->active)
		return;
	if (f.kind == FAIL_NONE)
		fail_set(&f, FAIL_LOCAL, "cannot be opened");
	fail_stage(&f, "open");
	r->row.fail = f;
}

static size_t count_places(const struct context *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->target_count; i++)
		n += c->targets[i]->place_count;
	return n;
}

/* The documents were checked: what does not parse is not there. */
static int64_t target_timeout(const struct target *t)
{
	const char *text = json_string(json_get(target_value(t, "timeouts"), "target"));
	struct fail ignored = FAIL_INIT;
	int64_t ms;

	return text && clock_parse_duration(&ms, text, &ignored) == 0 && ms > 0 ? ms : TARGET_MS;
}

static void open_runs(struct fleet *fl)
{
	struct context *c = fl->c;
	size_t n = 0;

	for (size_t i = 0; i < c->target_count; i++) {
		const struct link *l = link_for(fl, c->targets[i]);
		for (size_t k = 0; k < c->targets[i]->place_count; k++, n++) {
			struct run *r = &fl->runs[n];
			r->fleet = fl;
			fl->seats[n].run = r;
			fl->seats[n].most_ms = target_timeout(c->targets[i]);
			fl->rows[n] = &r->row;
			open_run(r, c->targets[i], c->targets[i]->places[k], l);
		}
	}
}

/* Local places share the workers. More of them at once are no faster, and a lock's renewal would wait behind them
 * all. */
static unsigned width_of(const struct context *c)
{
	if (c->jobs)
		return c->jobs;
	for (size_t i = 0; i < c->target_count; i++)
		if (strcmp(c->targets[i]->kind, "dir") != 0)
			return WIDTH_DEFAULT;
	return WIDTH_PER_WORKER * pool_threads(loop_pool(c->loop));
}

static bool wants_gzip(const struct context *c)
{
	for (size_t i = 0; i < c->target_count; i++) {
		const struct host_ops *ops = table_for(c, c->targets[i]->kind);
		if (ops && ops->traits & HOST_BODY_GZIP)
			return true;
	}
	return false;
}

int fleet_open(struct fleet **out, struct context *c, struct fail *f)
{
	struct fleet *fl = xcalloc(1, sizeof *fl);

	(void)f;
	fl->c = c;
	fl->env = env_of(c);
	fl->width = width_of(c);
	fl->count = count_places(c);
	fl->retries = retry_budget(fl->count * 10);
	fl->links = xcalloc(c->target_count, sizeof *fl->links);
	/* Rows outlive the fleet: the command's result points at them. */
	fl->runs = arena_alloc(&c->mem, fl->count * sizeof *fl->runs);
	fl->rows = arena_alloc(&c->mem, fl->count * sizeof(struct row *));
	fl->seats = xcalloc(fl->count, sizeof *fl->seats);
	if (wants_gzip(c))
		fl->packs = packs_new(c);
	fl->env.packer = fl->packs ? packs_packer(fl->packs) : NULL;
	open_runs(fl);
	c->reporter->rows(c->reporter, fl->rows, fl->count);
	for (size_t i = 0; i < fl->count; i++)
		if (!fl->runs[i].active)
			run_leave(&fl->runs[i], RESULT_FAILED, &fl->runs[i].row.fail);
	*out = fl;
	return 0;
}

static bool renewing(const struct fleet *fl)
{
	for (size_t i = 0; i < fl->count; i++)
		if (fl->seats[i].renewing)
			return true;
	return false;
}

void fleet_close(struct fleet *fl)
{
	if (!fl)
		return;
	loop_timer_stop(fl->c->loop, &fl->renew);
	while (renewing(fl))
		fleet_turn(fl, -1);
	for (size_t i = 0; i < fl->count; i++) {
		struct run *r = &fl->runs[i];
		if (r->place)
			r->ops->place_close(r->place);
		r->place = NULL;
		/* Rows and reports point at what hosts put there. */
		arena_join(&fl->c->mem, &r->mem);
		arena_clear(&fl->seats[i].renewal_mem);
	}
	for (size_t i = 0; i < fl->link_count; i++)
		if (fl->links[i].session)
			fl->links[i].ops->session_close(fl->links[i].session);
	packs_free(fl->packs);
	free(fl->links);
	free(fl->seats);
	free(fl);
}
