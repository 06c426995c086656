#include "engine.h"

#include <sys/stat.h>

#include "base/clock.h"

static struct engine *engine_of(struct reporter *r)
{
	return (struct engine *)((char *)r - offsetof(struct engine, reporter));
}

static void on_phase(struct reporter *r, const struct row *row)
{
	(void)r;
	(void)row;
}

static void on_note(struct reporter *r, const struct row *row, const char *text)
{
	strbuf_addf(&engine_of(r)->notes, "%s: %s\n", row ? row->place : "run", text);
}

static void on_problem(struct reporter *r, const char *text)
{
	strbuf_addf(&engine_of(r)->notes, "problem: %s\n", text);
}

static void on_tick(struct reporter *r)
{
	(void)r;
}

static void on_rows(struct reporter *r, struct row *const *rows, size_t count)
{
	(void)r;
	(void)rows;
	(void)count;
}

static int on_confirm(struct reporter *r, const char *question, const char *word, struct fail *f)
{
	(void)r;
	(void)question;
	(void)word;
	return fail_set(f, FAIL_USAGE, "nobody to ask");
}

static void on_event(struct reporter *r, const char *name, const struct row *row, const char *detail_json)
{
	strbuf_addf(&engine_of(r)->events, "%s %s %s\n", name, row ? row->place : "-", detail_json ? detail_json : "");
}

static void open_context(struct engine *e)
{
	static const struct selection all = { .names = NULL };
	struct context *c = &e->c;
	struct fail f = FAIL_INIT;
	size_t environments;

	memset(c, 0, sizeof *c);
	e->problems = (struct problems)PROBLEMS_INIT;
	if (project_load(&c->project, e->dir.path, NULL, &e->problems, &f) < 0)
		fail_msg("%s", f.text);
	c->env.environment = project_environments(c->project, &environments);
	if (environments != 1)
		c->env.environment = NULL;
	if (project_resolve(c->project, environments ? c->env.environment->name : NULL, &c->all, &e->problems, &f) < 0 ||
	    select_targets(&c->targets, &c->target_count, &c->all, &all, &c->mem, &f) < 0 ||
	    loop_new(&c->loop, 2, true, &f) < 0)
		fail_msg("%s", f.text);
	c->find_host = fake_find;
	c->reporter = &e->reporter;
	c->who.by = "ana";
	c->command = "deploy";
	c->now_s = clock_wall_s();
	c->secrets = secrets_new(c->project);
	if (context_open_state(c, STATE_REQUIRED, true, &f) < 0)
		fail_msg("%s", f.text);
}

static void close_context(struct engine *e)
{
	context_close_state(&e->c);
	loop_free(e->c.loop);
	secrets_free(e->c.secrets);
	project_free(e->c.project);
	problems_clear(&e->problems);
	arena_clear(&e->c.mem);
}

void engine_begin(struct engine *e, size_t targets, const char *extra)
{
	struct strbuf text = STRBUF_INIT;

	memset(e, 0, sizeof *e);
	e->notes = e->events = e->world.calls = (struct strbuf)STRBUF_INIT;
	e->reporter = (struct reporter){ .phase = on_phase, .note = on_note, .problem = on_problem, .tick = on_tick,
		.rows = on_rows, .confirm = on_confirm, .event = on_event };
	scratch_begin(&e->dir);
	strbuf_addstr(&text, "{ \"slipway\": 1, \"name\": \"p\", \"builds\": { \"kiosk\": { \"dir\": \"dist\" } },"
		" \"manifests\": { \"box\": { \"kind\": \"dir\" } }, \"targets\": {");
	for (size_t i = 0; i < targets; i++)
		strbuf_addf(&text, "%s \"%c\": { \"root\": \"/srv/%c\", \"vars\": { \"WHO\": \"%c\" } }", i ? "," : "",
			    (char)('a' + i), (char)('a' + i), (char)('a' + i));
	strbuf_addf(&text, " }%s }", extra);
	scratch_write(&e->dir, "slipway.json", text.buf);
	strbuf_clear(&text);
	assert_int_equal(mkdirat(e->dir.fd, "dist", 0755), 0);
	scratch_write(&e->dir, "dist/index.html", "<p>one</p>");
	scratch_write(&e->dir, "dist/app.js", "one()");
	fake_use(&e->world);
	open_context(e);
}

void engine_again(struct engine *e)
{
	close_context(e);
	strbuf_setlen(&e->notes, 0);
	strbuf_setlen(&e->events, 0);
	strbuf_setlen(&e->world.calls, 0);
	open_context(e);
}

void engine_end(struct engine *e)
{
	close_context(e);
	strbuf_clear(&e->notes);
	strbuf_clear(&e->events);
	fake_clear(&e->world);
	scratch_end(&e->dir);
}

struct fake_place *engine_place(struct engine *e, const char *name)
{
	return fake_place(&e->world, name);
}

const struct row *engine_row(const struct outcome *o, const char *place)
{
	for (size_t i = 0; i < o->row_count; i++)
		if (strcmp(o->rows[i]->place, place) == 0)
			return o->rows[i];
	fail_msg("no row %s", place);
	return NULL;
}

int engine_deploy(struct engine *e, const struct deploy_options *o, struct deploy_report *out)
{
	static const struct deploy_options none = { .dist = NULL };

	return deploy_run(&e->c, o ? o : &none, out);
}
