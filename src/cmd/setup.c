#include "cmd/setup.h"

#include <stdlib.h>

#include "base/clock.h"
#include "cmd/format.h"
#include "cmd/problems_text.h"
#include "target/select.h"

struct firebase_request setup_firebase(struct invocation *in)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct firebase_request rq = {
		.project = in->common.project, .only = in->common.only,
		.except = in->common.except.items, .except_count = in->common.except.count,
	};
	if ((!config || !*config) && home && *home)
		config = arena_printf(&in->mem, "%s/.config", home);
	if (config && *config)
		rq.store = arena_printf(&in->mem, "%s/configstore/firebase-tools.json", config);
	return rq;
}

int setup_project(struct invocation *in, struct fail *f)
{
	struct context *c = &in->context;
	const struct firebase_request firebase = setup_firebase(in);
	const struct project_request rq = { .dir = ".", .config = in->common.config, .firebase = &firebase };
	if (project_open(&c->project, &rq, &in->problems, f) == 0)
		return 0;
	if (f->kind == FAIL_MISSING)
		f->kind = FAIL_CONFIG;
	return -1;
}

/* "environment production (branch main), as ana@host (local)"; of a firebase.json "project kiosks (-P prod), as ..." */
static void say_environment(struct invocation *in)
{
	const struct context *c = &in->context;
	struct strbuf line = STRBUF_INIT;
	if (project_firebase(c->project)) {
		strbuf_addstr(&line, "project ");
		format_name(&line, project_firebase(c->project));
		strbuf_addstr(&line, " (");
		format_name(&line, project_firebase_why(c->project));
		strbuf_addch(&line, ')');
	} else if (c->env.environment) {
		strbuf_addstr(&line, "environment ");
		format_name(&line, c->env.environment->name);
		strbuf_addstr(&line, " (");
		format_name(&line, c->env.why);
		strbuf_addch(&line, ')');
	} else {
		strbuf_addstr(&line, "project ");
		format_name(&line, project_name(c->project));
	}
	strbuf_addstr(&line, ", as ");
	format_name(&line, c->who.by);
	strbuf_addf(&line, " (%s)", c->who.ci ? "CI" : "local");
	console_say(&in->console, STYLE_DIM, "%s", line.buf);
	strbuf_clear(&line);
}

int setup_environment(struct invocation *in, struct fail *f)
{
	struct context *c = &in->context;
	if (environment_choose(&c->env, c->project, in->common.environment, &c->mem, f) < 0)
		return -1;
	provenance_read(&c->who, project_root(c->project), &c->mem);
	say_environment(in);
	const char *name = c->env.environment ? c->env.environment->name : NULL;
	return project_resolve(c->project, name, &c->all, &in->problems, f);
}

static int select_named(struct invocation *in, struct fail *f)
{
	struct context *c = &in->context;
	struct selection s = {
		.names = in->words.items, .name_count = in->words.count,
		.tags = in->common.tags.items, .tag_count = in->common.tags.count,
		.except = in->common.except.items, .except_count = in->common.except.count,
	};
	if (project_firebase(c->project))
		s.except = firebase_other_words(s.except, s.except_count, &s.except_count, &c->mem);
	return select_targets(&c->targets, &c->target_count, &c->all, &s, &c->mem, f);
}

static void tell_begin(struct invocation *in)
{
	const struct context *c = &in->context;
	struct strbuf detail = STRBUF_INIT;
	struct jw w;
	jw_init(&w, &detail, 0);
	jw_object(&w);
	jw_kstr(&w, "command", in->command->name);
	jw_kstr(&w, "environment", c->env.environment ? c->env.environment->name : NULL);
	jw_kstr(&w, "by", c->who.by);
	jw_kint(&w, "targets", (int64_t)c->target_count);
	jw_end(&w);
	console_event(&in->console, "begin", NULL, detail.buf);
	strbuf_clear(&detail);
}

int setup_engine(struct invocation *in, struct fail *f)
{
	struct context *c = &in->context;
	if (select_named(in, f) < 0)
		return -1;
	c->command = in->command->name;
	c->jobs = (unsigned)in->common.jobs;
	c->yes = in->common.yes;
	c->now_s = clock_wall_s();
	c->reporter = &in->console.reporter;
	c->secrets = secrets_new(c->project);
	in->console.secrets = c->secrets;
	if (loop_new(&c->loop, 0, true, f) < 0)
		return -1;
	in->console.loop = c->loop;
	tell_begin(in);
	return 0;
}

int setup_state(struct invocation *in, struct fail *f)
{
	struct context *c = &in->context;
	const struct cmd_verb *verb = in->command->verb;
	bool no_cache = verb->no_cache && verb->no_cache(in->opts);
	enum state_need need = in->command->flags & NEEDS_STATE ? STATE_REQUIRED : STATE_OPTIONAL;
	if (context_open_state(c, need, no_cache, f) < 0)
		return -1;
	if (!c->ledger && c->ledger_note)
		console_warn(&in->console, "%s", c->ledger_note);
	if (c->ledger && ledger_warning(c->ledger))
		console_warn(&in->console, "%s", ledger_warning(c->ledger));
	return 0;
}

static void say_warnings(struct invocation *in)
{
	for (size_t i = 0; i < in->problems.count; i++) {
		const struct document_problem *p = &in->problems.items[i];
		struct strbuf line = STRBUF_INIT;
		if (p->level == PROBLEM_WARNING) {
			problem_sentence(&line, p);
			console_warn(&in->console, "%s", line.buf);
		}
		strbuf_clear(&line);
	}
}

int setup_open(struct invocation *in, struct fail *f)
{
	unsigned flags = in->command->flags;
	if (!(flags & NEEDS_PROJECT))
		return 0;
	if (setup_project(in, f) < 0 || setup_environment(in, f) < 0)
		return -1;
	say_warnings(in);
	if (!(flags & NEEDS_ENGINE))
		return 0;
	return setup_engine(in, f) < 0 ? -1 : setup_state(in, f);
}

void setup_save(struct invocation *in)
{
	struct index *x = in->context.index;
	if (!x)
		return;
	index_save(x);
	if (index_warning(x))
		console_warn(&in->console, "%s", index_warning(x));
}

void setup_close(struct invocation *in)
{
	struct context *c = &in->context;
	context_close_state(c);
	in->console.loop = NULL;
	in->console.secrets = NULL;
	loop_free(c->loop);
	secrets_free(c->secrets);
	project_free(c->project);
	problems_clear(&in->problems);
	arena_clear(&c->mem);
}
