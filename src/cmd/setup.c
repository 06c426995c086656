#include "cmd/setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/format.h"
#include "cmd/problems_text.h"
#include "host/host.h"
#include "net/http.h"
#include "target/select.h"

struct fbjson_request setup_firebase(struct invocation *in)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct fbjson_request rq = {
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
	const struct fbjson_request firebase = setup_firebase(in);
	const struct project_request rq = { .dir = ".", .config = in->common.config, .firebase = &firebase };
	if (project_open(&c->project, &rq, &in->problems, f) == 0)
		return 0;
	if (f->kind == FAIL_MISSING)
		f->kind = FAIL_CONFIG;
	return -1;
}

/* "environment production (branch main), as ana@host (local)"; of a firebase.json "project kiosks (-P prod), as ...".
 * Who: as the service knows us where there is one service. */
static void say_environment(struct invocation *in, const struct host_identity *id)
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
	format_name(&line, id ? id->who : c->who.by);
	strbuf_addf(&line, " (%s)", id ? id->source : c->who.ci ? "CI" : "local");
	console_say(&in->console, STYLE_DIM, "%s", line.buf);
	strbuf_clear(&line);
}

int setup_environment(struct invocation *in, struct fail *f)
{
	struct context *c = &in->context;
	if (environment_choose(&c->env, c->project, in->common.environment, &c->mem, f) < 0)
		return -1;
	provenance_read(&c->who, project_root(c->project), &c->mem);
	if (!(in->command->flags & NEEDS_ENGINE))
		say_environment(in, NULL);
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
		s.except = fbjson_other_words(s.except, s.except_count, &s.except_count, &c->mem);
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

static void trace_request(void *arg, const struct http_trace *t)
{
	struct invocation *in = arg;
	struct strbuf detail = STRBUF_INIT;
	struct jw w;
	if (!in->talking)       /* a sign-in that nobody waits for any more */
		return;
	jw_init(&w, &detail, 0);
	jw_object(&w);
	jw_kstr(&w, "place", t->lane);
	jw_kstr(&w, "method", t->method);
	jw_kstr(&w, "path", t->path);
	jw_kint(&w, "status", t->status);
	jw_kstr(&w, "failure", t->failure);
	jw_key(&w, "ms");
	jw_double(&w, t->ms, 1);
	jw_kint(&w, "sent", (int64_t)t->sent);
	jw_kint(&w, "received", (int64_t)t->received);
	jw_kint(&w, "attempt", t->attempt);
	jw_end(&w);
	console_event(&in->console, "request", NULL, detail.buf);
	strbuf_clear(&detail);
	if (in->common.verbose)
		console_say(&in->console, STYLE_DIM, "%s: %s %s %ld%s%s, %.0f ms, %llu B out, %llu B in, attempt %u", t->lane,
		            t->method, t->path, t->status, t->failure ? " " : "", t->failure ? t->failure : "", t->ms,
		            (unsigned long long)t->sent, (unsigned long long)t->received, t->attempt);
}

static void setup_network(struct invocation *in)
{
	struct context *c = &in->context;
	const struct http_options o = {
		.width = c->jobs, .ca_file = getenv("SLIPWAY_CA_FILE"), .user_agent = "slipway/" SLIPWAY_VERSION,
		.trace = trace_request, .trace_arg = in,
	};
	c->http = http_new(c->loop, &o);
	for (size_t i = 0; i < c->target_count; i++) {
		const struct host_ops *ops = host_find(c->targets[i]->kind);

		if (ops && ops->requests) {
			http_warm(c->http);
			break;
		}
	}
	c->store = host_store_new();
}

/* One for each host manifest that needs a credential; where none can be used, its places will say so. */
static size_t find_identities(struct invocation *in, struct host_identity *ids, const struct target **of)
{
	struct context *c = &in->context;
	const struct host_env env = { .loop = c->loop, .secrets = c->secrets, .project_root = project_root(c->project) };
	size_t n = 0;
	for (size_t i = 0; i < c->target_count; i++) {
		const struct target *t = c->targets[i];
		const struct host_ops *ops = host_find(t->kind);
		struct fail ignored = FAIL_INIT;
		bool seen = false;
		for (size_t k = 0; k < n; k++)
			seen |= strcmp(of[k]->host, t->host) == 0;
		if (!ops || !ops->identity || seen)
			continue;
		if (ops->identity(t, &env, &ids[n], &c->mem, &ignored) < 0)
			continue;
		of[n++] = t;
	}
	return n;
}

static bool is_the_one(const struct context *c, const struct host_identity *ids, const struct target *const *of,
                       size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(ids[i].who, ids[0].who) != 0 || strcmp(ids[i].source, ids[0].source) != 0)
			return false;
	for (size_t i = 0; i < c->target_count; i++)
		if (strcmp(c->targets[i]->kind, of[0]->kind) != 0)
			return false;
	return true;
}

static void say_identities(struct invocation *in)
{
	struct context *c = &in->context;
	struct host_identity *ids = arena_alloc(&c->mem, (c->target_count + 1) * sizeof *ids);
	const struct target **of = arena_alloc(&c->mem, (c->target_count + 1) * sizeof(struct target *));
	size_t n = find_identities(in, ids, of);
	bool one = n > 0 && is_the_one(c, ids, of, n);
	say_environment(in, one ? &ids[0] : NULL);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < ids[i].note_count; k++)
			console_warn(&in->console, "%s", ids[i].notes[k]);
		if (!one)
			console_say(&in->console, STYLE_DIM, "host %s: as %s (%s)", of[i]->host, ids[i].who, ids[i].source);
	}
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
	setup_network(in);
	say_identities(in);
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
	if (c->index)
		http_remember(c->http, arena_printf(&c->mem, "%s/widths", c->cache_dir));
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
	if (in->command->verb->words && in->command->verb->words(in, f) < 0)
		return -1;
	if (!(flags & NEEDS_PROJECT))
		return 0;
	if (setup_project(in, f) < 0 || setup_environment(in, f) < 0)
		return -1;
	if (flags & NEEDS_ENGINE && setup_engine(in, f) < 0)
		return -1;
	say_warnings(in);       /* after the line that says where and who */
	return flags & NEEDS_ENGINE ? setup_state(in, f) : 0;
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
	host_store_free(c->store);
	http_free(c->http);
	in->console.loop = NULL;
	in->console.secrets = NULL;
	loop_free(c->loop);
	secrets_free(c->secrets);
	project_free(c->project);
	problems_clear(&in->problems);
	arena_clear(&c->mem);
}
