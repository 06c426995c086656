#include "faults.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server.h"

struct rule {
	int kind;                           /* -1: any */
	const char *site;                   /* a shell pattern; NULL: any */
	int64_t nth, times;                 /* nth 0: no nth; times -1: without end */
	double rate;                        /* < 0: no rate */
	int64_t seen, fired;
	struct fault fault;
};

static const struct fault known[] = {
	{ .name = "status", .status = 503 },
	{ .name = "reset_before", .manner = SEND_RESET },
	{ .name = "reset_after", .manner = SEND_RESET, .effect = true },
	{ .name = "lost", .manner = SEND_RESET, .effect = true },
	{ .name = "close_after", .manner = SEND_END, .effect = true },
	{ .name = "stall", .manner = SEND_NEVER },
	{ .name = "stall_after", .manner = SEND_NEVER, .effect = true },
	{ .name = "drip", .manner = SEND_DRIP, .effect = true },
	{ .name = "truncate", .manner = SEND_HALF, .effect = true },
	{ .name = "garbage", .garbage = true },
	{ .name = "huge", .manner = SEND_ENDLESS, .huge = true },
	{ .name = "expire_token", .expire = true, .status = 401, .message = "The access token has expired." },
	{ .name = "tls", .bad_host = true, .effect = true },
};

void faults_init(struct faults *s)
{
	*s = (struct faults){ .mem = ARENA_INIT, .random = 1 };
}

void faults_clear(struct faults *s)
{
	arena_clear(&s->mem);
}

/* xorshift64: the same rules meet the same fate in every run. */
static double next_random(struct faults *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (double)(s->random >> 11) / 9007199254740992.0;
}

static bool fires(struct faults *s, struct rule *r, enum kind kind, const char *site)
{
	if ((r->kind >= 0 && r->kind != (int)kind) || (r->site && fnmatch(r->site, site, 0) != 0))
		return false;
	r->seen++;
	if (r->nth && r->seen < r->nth)
		return false;
	if (r->rate >= 0 && next_random(s) >= r->rate)
		return false;
	if (r->times >= 0 && r->fired >= r->times)
		return false;
	r->fired++;
	return true;
}

/* A token bucket: may one more go? */
static bool within_rate(struct faults *s)
{
	int64_t now = clock_mono_ns();

	if (s->per_second <= 0)
		return true;
	s->held += (double)(now - s->filled_ns) / 1e9 * s->per_second;
	s->filled_ns = now;
	if (s->held > s->burst)
		s->held = s->burst;
	if (s->held < 1)
		return false;
	s->held -= 1;
	return true;
}

const struct fault *faults_decide(struct faults *s, enum kind kind, const char *site)
{
	const struct fault *chosen = NULL;

	for (size_t i = 0; i < s->count; i++)           /* all of them count, the first that fires decides */
		if (fires(s, &s->rules[i], kind, site) && !chosen)
			chosen = &s->rules[i].fault;
	return chosen ? chosen : within_rate(s) ? NULL : &s->limited;
}

int64_t faults_latency(const struct faults *s, enum kind kind, const char *method)
{
	if (kind == KIND_TOKEN)
		return s->token_ms;
	if (kind == KIND_UPLOAD)
		return s->upload_ms;
	return strcmp(method, "GET") == 0 ? s->read_ms : s->control_ms;
}

static bool set_latency(struct faults *s, const char *name, int64_t ms)
{
	if (ms < 0 || ms > 3600000)
		return false;
	if (strcmp(name, "token") == 0)
		s->token_ms = ms;
	else if (strcmp(name, "read") == 0)
		s->read_ms = ms;
	else if (strcmp(name, "control") == 0)
		s->control_ms = ms;
	else if (strcmp(name, "upload") == 0)
		s->upload_ms = ms;
	else if (strcmp(name, "clone") == 0)
		s->clone_ms = ms;
	else
		return false;
	return true;
}

bool faults_set_latency(struct faults *s, const char *text)
{
	char name[16];
	long ms;
	int used;
	bool read = false;

	for (; *text; text += used + (text[used] == ',')) {
		if (sscanf(text, "%15[a-z]=%ld%n", name, &ms, &used) != 2 || !set_latency(s, name, ms))
			return false;
		read |= strcmp(name, "read") == 0;
		if (strcmp(name, "control") == 0 && !read)
			s->read_ms = ms;
	}
	return true;
}

int faults_post_latency(struct call *c)
{
	struct faults *s = &c->server->faults;
	int64_t ms;

	for (const json *v = json_first(c->body); v; v = json_next(v))
		if (!json_int(v, &ms) || !set_latency(s, json_key(v), ms))
			return refuse(c, INVALID_ARGUMENT, "latency: %s", json_key(v));
	if (json_get(c->body, "control") && !json_get(c->body, "read"))
		s->read_ms = s->control_ms;
	jw_object(&c->w);
	jw_end(&c->w);
	return 0;
}

static int64_t int_or(const json *object, const char *key, int64_t otherwise)
{
	int64_t n;

	return json_int(json_get(object, key), &n) ? n : otherwise;
}

static int read_kind(struct call *c, const json *one, int *kind)
{
	const char *name = json_string(json_get(one, "kind"));

	*kind = -1;
	if (!name || strcmp(name, "any") == 0)
		return 0;
	for (int k = 0; k < KIND_COUNT; k++)
		if (strcmp(name, kind_name((enum kind)k)) == 0) {
			*kind = k;
			return 0;
		}
	return refuse(c, INVALID_ARGUMENT, "There is no kind \"%s\"", name);
}

static int read_do(struct call *c, struct faults *s, const json *one, struct fault *f)
{
	const char *name = json_string(json_get(one, "do")), *message = json_string(json_get(one, "message"));

	for (size_t i = 0; name && i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(name, known[i].name) != 0)
			continue;
		*f = known[i];
		f->status = (int)int_or(one, "status", f->status);
		f->retry_after = int_or(one, "retry_after", -1);
		f->effect = json_bool(json_get(one, "effect"), f->effect);
		if (message)
			f->message = arena_strdup(&s->mem, message);
		return 0;
	}
	return refuse(c, INVALID_ARGUMENT, "There is no fault \"%s\"", name ? name : "");
}

static int read_rule(struct call *c, struct faults *s, const json *one, struct rule *r)
{
	static const char keys[] = "nth kind site rate times do status retry_after message effect";
	const char *site = json_string(json_get(one, "site"));

	if (check_keys(c, one, "rule", keys) < 0 || read_kind(c, one, &r->kind) < 0 || read_do(c, s, one, &r->fault) < 0)
		return -1;
	r->site = site ? arena_strdup(&s->mem, site) : NULL;
	r->nth = int_or(one, "nth", 0);
	r->rate = json_number(json_get(one, "rate"), -1);
	r->times = int_or(one, "times", r->nth ? 1 : -1);
	return 0;
}

int faults_post(struct call *c)
{
	struct faults *s = &c->server->faults, fresh = { .mem = ARENA_INIT };

	if (json_type(c->body) != JSON_ARRAY)
		return refuse(c, INVALID_ARGUMENT, "A list of rules is expected");
	fresh.rules = arena_alloc(&fresh.mem, json_count(c->body) * sizeof *fresh.rules);
	for (const json *one = json_first(c->body); one; one = json_next(one))
		if (read_rule(c, &fresh, one, &fresh.rules[fresh.count++]) < 0) {
			arena_clear(&fresh.mem);
			return -1;
		}
	arena_clear(&s->mem);
	s->mem = fresh.mem;
	s->rules = fresh.rules;
	s->count = fresh.count;
	s->random = 88172645463325252U;
	jw_object(&c->w);
	jw_end(&c->w);
	return 0;
}

int faults_post_rate(struct call *c)
{
	struct faults *s = &c->server->faults;

	if (check_keys(c, c->body, "rate", "per_second burst status retry_after") < 0)
		return -1;
	s->per_second = json_number(json_get(c->body, "per_second"), 0);
	s->burst = s->held = json_number(json_get(c->body, "burst"), s->per_second > 1 ? s->per_second : 1);
	s->filled_ns = clock_mono_ns();
	s->limited = (struct fault){ .name = "rate", .message = "Quota exceeded for quota metric 'Requests'",
				     .status = (int)int_or(c->body, "status", 429),
				     .retry_after = int_or(c->body, "retry_after", -1) };
	jw_object(&c->w);
	jw_end(&c->w);
	return 0;
}
