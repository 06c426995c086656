#include "cmd/result.h"

#include "base/clock.h"
#include "dist/build.h"

void result_fail(struct jw *w, const char *key, const struct fail *f)
{
	jw_key(w, key);
	if (f->kind == FAIL_NONE) {
		jw_null(w);
		return;
	}
	jw_object(w);
	jw_kstr(w, "kind", fail_kind_name(f->kind));
	jw_kstr(w, "stage", f->stage[0] ? f->stage : NULL);
	jw_kstr(w, "message", f->text);
	jw_kstr(w, "hint", f->hint[0] ? f->hint : NULL);
	jw_end(w);
}

void result_time(struct jw *w, const char *key, int64_t at_s)
{
	char text[CLOCK_TEXT];
	if (at_s > 0)
		clock_format(text, at_s);
	jw_kstr(w, key, at_s > 0 ? text : NULL);
}

void result_digest(struct jw *w, const char *key, const uint8_t digest[SHA256_SIZE])
{
	char hex[SHA256_HEX];
	uint8_t any = 0;
	for (size_t i = 0; i < SHA256_SIZE; i++)
		any |= digest[i];
	hex_encode(hex, digest, SHA256_SIZE);
	jw_kstr(w, key, any ? hex : NULL);
}

struct outcome_sums outcome_sum(const struct outcome *o)
{
	struct outcome_sums s = { .requests = o->requests };
	for (size_t i = 0; i < o->row_count; i++) {
		s.results[o->rows[i]->result]++;
		s.sent_files += o->rows[i]->sent_files;
		s.sent_bytes += o->rows[i]->sent_bytes;
	}
	return s;
}

static void write_seconds(struct jw *w, int64_t started_ns, int64_t ended_ns)
{
	jw_key(w, "seconds");
	jw_double(w, started_ns > 0 && ended_ns > started_ns ? (double)(ended_ns - started_ns) / 1e9 : 0, 3);
}

static void write_problems(struct jw *w, const struct build_row *b)
{
	jw_key(w, "refused");
	jw_array(w);
	for (size_t i = 0; i < b->problem_count; i++) {
		jw_object(w);
		jw_kstr(w, "path", b->problems[i].path);
		jw_kstr(w, "rule", b->problems[i].rule);
		jw_end(w);
	}
	jw_end(w);
}

static void write_builds(struct jw *w, const struct outcome *o)
{
	jw_key(w, "builds");
	jw_array(w);
	for (size_t i = 0; i < o->build_count; i++) {
		const struct build_row *b = &o->builds[i];
		jw_object(w);
		jw_kstr(w, "name", b->name);
		result_digest(w, "id", b->id);
		jw_kint(w, "files", (int64_t)b->files);
		jw_kint(w, "bytes", (int64_t)b->bytes);
		jw_kint(w, "ignored", (int64_t)(b->hidden_user + b->hidden_builtin));
		write_problems(w, b);
		jw_end(w);
	}
	jw_end(w);
}

static void write_count(struct jw *w, const char *key, const struct row *r, size_t count)
{
	jw_key(w, key);
	if (r->uncounted)
		jw_null(w);
	else
		jw_int(w, (int64_t)count);
}

static void write_row(struct jw *w, struct invocation *in, const struct row *r, size_t i)
{
	jw_object(w);
	jw_kstr(w, "name", r->target);
	jw_kstr(w, "place", r->place);
	jw_kstr(w, "host", r->host);
	jw_kstr(w, "kind", r->kind);
	jw_kstr(w, "where", r->where);
	jw_kstr(w, "result", r->result == RESULT_NONE ? NULL : result_name(r->result));
	jw_kstr(w, "release", r->release);
	jw_kstr(w, "previous", r->previous);
	jw_kstr(w, "live", r->live);
	write_count(w, "added", r, r->added);
	write_count(w, "changed", r, r->changed);
	write_count(w, "removed", r, r->removed);
	write_count(w, "kept", r, r->kept);
	jw_kint(w, "sent_files", (int64_t)r->sent_files);
	jw_kint(w, "sent_bytes", (int64_t)r->sent_bytes);
	jw_kint(w, "requests", (int64_t)r->requests);
	write_seconds(w, r->started_ns, r->ended_ns);
	jw_kstr(w, "url", r->url);
	jw_kstr(w, "held", r->held);
	jw_key(w, "notes");
	jw_array(w);
	for (size_t n = 0; n < r->note_count; n++)
		jw_str(w, r->notes[n]);
	jw_end(w);
	result_fail(w, "error", &r->fail);
	if (in->report && in->command->verb->json_place)
		in->command->verb->json_place(in, w, i);
	jw_end(w);
}

static void write_totals(struct jw *w, const struct outcome *o)
{
	struct outcome_sums s = outcome_sum(o);
	jw_key(w, "totals");
	jw_object(w);
	for (int r = RESULT_DEPLOYED; r <= RESULT_INTERRUPTED; r++)
		jw_kint(w, result_name((enum result)r), (int64_t)s.results[r]);
	jw_kint(w, "sent_bytes", (int64_t)s.sent_bytes);
	jw_kint(w, "requests", (int64_t)s.requests);
	write_seconds(w, o->started_ns, o->ended_ns);
	jw_end(w);
}

void result_json(struct strbuf *out, struct invocation *in, int exit_code)
{
	const struct outcome *o = in->outcome;
	const struct environment *environment = in->context.env.environment;
	struct jw w;

	jw_init(&w, out, 2);
	jw_object(&w);
	jw_kstr(&w, "schema", "slipway.result/1");
	jw_kstr(&w, "tool", SLIPWAY_VERSION);
	jw_kstr(&w, "command", in->command ? in->command->name : NULL);
	jw_kbool(&w, "ok", exit_code == 0);
	jw_kint(&w, "exit", exit_code);
	result_fail(&w, "error", &o->error);
	jw_kstr(&w, "environment", environment ? environment->name : NULL);
	if (in->command && in->command->flags & SHOWS_PLACES) {
		jw_kstr(&w, "release", o->release);
		write_builds(&w, o);
		jw_key(&w, "targets");
		jw_array(&w);
		for (size_t i = 0; i < o->row_count; i++)
			write_row(&w, in, o->rows[i], i);
		jw_end(&w);
		write_totals(&w, o);
	}
	if (in->command && in->command->verb->json)
		in->command->verb->json(in, &w);
	jw_end(&w);
	strbuf_addch(out, '\n');
}
