#include "deploy/record.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

struct ledger_run record_wish(const struct wish *w)
{
	struct context *c = w->c;
	const uint8_t (*ids)[SHA256_SIZE];
	size_t count;

	return (struct ledger_run){
		.command = "deploy", .environment = c->env.environment ? c->env.environment->name : NULL,
		.builds = builds_ids(w->builds, &ids, &count), .config = w->config, .message = c->message, .who = c->who,
	};
}

int record_begin(struct record *rec, struct wish *w, const char *release, struct fail *f)
{
	struct ledger_run r = record_wish(w);
	uint8_t random[16];

	rec->c = w->c;
	rec->run[0] = '\0';
	rec->release = release;
	if (!w->c->ledger)
		return 0;
	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return fail_errno(f, errno, "cannot make an id for this run");
	hex_encode(rec->run, random, sizeof random);
	r.run = rec->run;
	r.release = release;
	r.started_s = clock_wall_s();
	if (ledger_begin(w->c->ledger, &r, f) == 0)
		return 0;
	rec->run[0] = '\0';
	return fail_stage(f, "record");
}

static struct ledger_place account(const struct record *rec, const struct run *r, const char *state)
{
	const struct row *row = &r->row;
	const struct place_wish *pw = r->data;
	char *tree = arena_bytes(&rec->c->mem, SHA256_HEX);
	bool failed = row->fail.kind != FAIL_NONE;

	hex_encode(tree, pw->label, SHA256_SIZE);
	return (struct ledger_place){
		.run = rec->run, .target = row->target, .place = row->place, .host = row->host, .kind = row->kind,
		.state = state, .from = row->previous, .to = row->release, .tree = tree,
		.stage = failed ? row->fail.stage : NULL, .error = failed ? row->fail.text : NULL,
		.added = row->added, .changed = row->changed, .removed = row->removed, .sent_bytes = row->sent_bytes,
		.seconds = row->ended_ns > row->started_ns ? (double)(row->ended_ns - row->started_ns) / 1e9 : 0,
		.at_s = clock_wall_s(),
	};
}

int record_intend(struct record *rec, struct fleet *fl, const char *release, struct fail *f)
{
	size_t count, n = 0;
	struct run *runs = fleet_runs(fl, &count);

	if (!*rec->run)
		return 0;
	struct ledger_place *p = arena_alloc(&rec->c->mem, (count + 1) * sizeof *p);
	for (size_t i = 0; i < count; i++) {
		if (!runs[i].active)
			continue;
		p[n] = account(rec, &runs[i], "intended");
		p[n++].to = release;
	}
	return n && ledger_intend(rec->c->ledger, p, n, f) < 0 ? fail_stage(f, "record") : 0;
}

int record_results(struct record *rec, struct fleet *fl, struct fail *f)
{
	size_t count;
	struct run *runs = fleet_runs(fl, &count);

	if (!*rec->run || !count)
		return 0;
	struct ledger_place *p = arena_alloc(&rec->c->mem, count * sizeof *p);
	for (size_t i = 0; i < count; i++) {
		enum result result = runs[i].row.result;
		p[i] = account(rec, &runs[i], result_name(result == RESULT_NONE ? RESULT_SKIPPED : result));
		/* Where it was to go is what status calls behind; a row claims only what it reached. */
		if (!p[i].to && result != RESULT_UNCHANGED && result != RESULT_HELD)
			p[i].to = rec->release;
	}
	return ledger_result(rec->c->ledger, p, count, f) < 0 ? fail_stage(f, "record") : 0;
}

int record_end(struct record *rec, int exit_code, struct fail *f)
{
	if (!*rec->run)
		return 0;
	if (ledger_end(rec->c->ledger, rec->run, exit_code, clock_wall_s(), f) == 0)
		return 0;
	return fail_stage(f, "record");
}

static bool says_otherwise(struct context *c, const struct run *r)
{
	const char *env = c->env.environment ? c->env.environment->name : NULL;
	struct ledger_place last;
	struct fail ignored = FAIL_INIT;

	if (r->row.result != RESULT_UNCHANGED)
		return true;
	if (ledger_last(c->ledger, env, r->row.place, &last, &c->mem, &ignored) != 1)
		return false;
	return strcmp(last.state, "deployed") != 0 && strcmp(last.state, "unchanged") != 0;
}

int record_nothing(struct record *rec, struct wish *w, struct fleet *fl, struct fail *f)
{
	size_t count;
	struct run *runs = fleet_runs(fl, &count);
	bool worth = false;

	rec->c = w->c;
	rec->run[0] = '\0';
	for (size_t i = 0; w->c->ledger && !worth && i < count; i++)
		worth = says_otherwise(w->c, &runs[i]);
	if (!worth)
		return 0;
	return record_begin(rec, w, NULL, f) < 0 ? -1 : record_results(rec, fl, f);
}
