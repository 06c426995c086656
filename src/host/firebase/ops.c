/* ops: sessions and places of the firebase host, and its table. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/firebase/config.h"
#include "host/firebase/credential.h"
#include "host/firebase/environment.h"
#include "host/firebase/staging.h"
#include "host/firebase/token.h"

#define GOOGLE_API "https://firebasehosting.googleapis.com"
#define CALLS_PLANNED 6         /* of one place, but for what is sent */
#define LABEL_PREFIX "slipway.firebase/1\n"

/* ---- sessions ---- */

static int64_t duration(const struct target *t, const char *key, struct fail *f)
{
	const char *text = json_string(json_get(target_value(t, "timeouts"), key));
	int64_t ms = 0;

	return text && clock_parse_duration(&ms, text, f) < 0 ? -1 : ms;
}

static int read_timeouts(struct http_peer_options *o, const struct target *any, struct fail *f)
{
	o->connect_ms = duration(any, "connect", f);
	o->idle_ms = duration(any, "idle", f);
	o->request_ms = duration(any, "request", f);
	return o->connect_ms < 0 || o->idle_ms < 0 || o->request_ms < 0 ? fail_wrap(f, "timeouts") : 0;
}

static int open_peer(struct session *s, const struct target *any, struct fail *f)
{
	struct http_peer_options o = { .name = any->host };
	int64_t width = 0;

	if (read_timeouts(&o, any, f) < 0)
		return -1;
	if (json_int(target_value(any, "width"), &width))
		o.width = (unsigned)width;
	s->peer = http_peer_new(s->http, &o);
	return http_peer_allow(s->peer, s->api, f);
}

static void token_is_there(struct op *op)
{
	((struct session *)op->owner)->token_wanted = false;
}

/* Signing in takes a round trip that nothing else need wait for. */
static void want_token(struct session *s)
{
	s->token_op = (struct op){ .done = token_is_there, .owner = s, .mem = &s->mem };
	s->token_wanted = true;
	token_want(s->token, &s->token_op);
}

static void session_close(struct session *s)
{
	if (!s)
		return;
	if (s->token_wanted)
		token_unwant(s->token, &s->token_op);
	while (s->token_wanted)
		loop_turn(s->loop, -1);
	http_peer_free(s->peer);
	arena_clear(&s->mem);
	free(s);
}

static void forget_tokens(void *tokens)
{
	tokens_free(tokens);
}

/* One access token for the whole run, whatever the number of sessions that have its credential. What there is to say
 * about the credential is said by identity(). */
static int find_token(struct token **out, const struct target *any, const struct host_env *env, struct fail *f)
{
	struct tokens *tokens = host_store_get(env->store, "firebase tokens");
	struct http_peer_options timeouts = { .name = "Google sign-in" };
	struct strbuf notes = STRBUF_INIT;
	struct credential *c = NULL;
	int rc = read_timeouts(&timeouts, any, f);

	if (rc == 0)
		rc = credential_find(&c, any, env->project_root, env->secrets, &notes, f);
	strbuf_clear(&notes);
	if (rc < 0)
		return -1;
	if (!tokens) {
		tokens = tokens_new(env->loop, env->http, env->secrets);
		host_store_set(env->store, "firebase tokens", tokens, forget_tokens);
	}
	*out = tokens_adopt(tokens, c, &timeouts);
	return 0;
}

/* As http_split writes it, so that it can be compared. */
static int set_api(struct session *s, const char *text, struct fail *f)
{
	struct strbuf origin = STRBUF_INIT, path = STRBUF_INIT;
	int rc = 0;

	if (http_split(text, &origin, &path) && strcmp(path.buf, "/") == 0)
		s->api = arena_strdup(&s->mem, origin.buf);
	else
		rc = fail_set(f, FAIL_CONFIG, "the API's endpoint must be an origin: https://HOST[:PORT]");
	s->local = rc == 0 && http_is_loopback(origin.buf);
	strbuf_clear(&origin);
	strbuf_clear(&path);
	return rc;
}

static int session_open(struct session **out, const struct target *any, const struct host_env *env, struct fail *f)
{
	struct session *s = xcalloc(1, sizeof *s);
	const char *api;

	s->loop = env->loop;
	s->http = env->http;
	s->packer = env->packer;
	s->state_dir = env->state_dir;
	s->channel = env->channel;
	s->channel_ttl_s = env->channel_ttl_s;
	api = environment_api(&s->mem);
	if (!api)
		api = target_string(any, "endpoint", &s->mem);
	if (set_api(s, api && *api ? api : GOOGLE_API, f) < 0 || open_peer(s, any, f) < 0 || find_token(&s->token,
			any, env, f) < 0) {
		session_close(s);
		return -1;
	}
	want_token(s);
	*out = s;
	return 0;
}

static void prepare(const struct target *any, const struct host_env *env)
{
	struct fail ignored = FAIL_INIT;
	struct token *t;

	if (find_token(&t, any, env, &ignored) == 0)
		token_begin(t);
}

static int identity(const struct target *any, const struct host_env *env, struct host_identity *out, struct arena *mem,
		    struct fail *f)
{
	struct strbuf notes = STRBUF_INIT;
	struct credential *c = NULL;
	int rc = credential_find(&c, any, env->project_root, env->secrets, &notes, f);

	*out = (struct host_identity){ .who = NULL };
	if (rc == 0) {
		out->who = arena_strdup(mem, credential_who(c));
		out->source = arena_strdup(mem, credential_source(c));
	}
	for (char *line = notes.buf, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		const char **more = arena_alloc(mem, (out->note_count + 1) * sizeof *more);
		for (size_t i = 0; i < out->note_count; i++)
			more[i] = out->notes[i];
		more[out->note_count++] = arena_strndup(mem, line, (size_t)(end - line));
		out->notes = more;
	}
	credential_free(c);
	strbuf_clear(&notes);
	return rc;
}

/* ---- places ---- */

static void place_close(struct place *p)
{
	if (!p)
		return;
	lock_drop(p);
	staging_drop(p);
	http_lane_free(p->lane);
	json_doc_free(p->page);
	free(p->versions);
	arena_clear(&p->mem);
	free(p);
}

static int read_settings(struct place *p, struct fail *f)
{
	const struct target *t = p->target;
	const char *slash = strchr(p->name, '/'), *channel = p->session->channel;
	struct strbuf config = STRBUF_INIT;

	p->project = target_string(t, "project", &p->mem);
	if (!p->project || !*p->project)
		return fail_set(f, FAIL_CONFIG, "a firebase host needs \"project\"");
	p->site = slash ? slash + 1 : target_string(t, "site", &p->mem);
	if (!p->site || !*p->site)
		p->site = t->name;
	if (!channel)
		channel = target_string(t, "channel", &p->mem);
	p->channel = channel && *channel ? arena_strdup(&p->mem, channel) : "live";
	bool live = strcmp(p->channel, "live") == 0;
	p->where = live ? arena_printf(&p->mem, "firebase:%s/%s", p->project, p->site)
			: arena_printf(&p->mem, "firebase:%s/%s@%s", p->project, p->site, p->channel);
	p->url = live ? environment_site_url(p->site, &p->mem) : NULL;
	int rc = config_format(&config, t, f);
	p->config = arena_strdup(&p->mem, config.buf);
	strbuf_clear(&config);
	return rc;
}

static int place_open(struct place **out, struct session *s, const struct target *t, const char *name, struct fail *f)
{
	struct place *p = xcalloc(1, sizeof *p);

	p->session = s;
	p->target = t;
	p->lock_fd = -1;
	p->name = arena_strdup(&p->mem, name);
	if (read_settings(p, f) < 0) {
		place_close(p);
		return -1;
	}
	p->lane = http_lane_new(s->peer, name);
	http_expect(s->http, CALLS_PLANNED);
	*out = p;
	return 0;
}

static const char *describe(const struct place *p)
{
	return p->where;
}

static const char *url(const struct place *p)
{
	return p->url;
}

static const char *group(const struct place *p)
{
	return p->project;
}

static uint64_t requests(const struct place *p)
{
	return http_lane_attempts(p->lane);
}

/* Half of a digest, since a label holds 63 characters; the other half reads as zeros. */
static void label(const struct place *p, const struct tree *want, uint8_t out[SHA256_SIZE])
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addstr(&text, LABEL_PREFIX);
	strbuf_addhex(&text, want->id, SHA256_SIZE);
	strbuf_addch(&text, '\n');
	strbuf_addstr(&text, p->config);
	sha256_bytes(text.buf, text.len, out);
	memset(out + SHA256_SIZE / 2, 0, SHA256_SIZE / 2);
	strbuf_clear(&text);
}

void firebase_compare_config(struct place *p, struct config_changes *out, struct arena *mem)
{
	struct json_doc *want = NULL;
	struct fail ignored = FAIL_INIT;

	*out = (struct config_changes){ NULL, 0 };
	if (!p->page || json_parse(&want, "configuration", p->config, strlen(p->config), 0, &ignored) < 0)
		return;
	config_compare(out, p->live_config, json_root(want), mem);
	json_doc_free(want);
}

const struct host_ops firebase_host = {
	.kind = "firebase",
	.traits = HOST_BODY_GZIP | HOST_FINDS_MISSING | HOST_INSTANT_SWITCH | HOST_RETRIES | HOST_FENCES | HOST_UNLISTED |
		  HOST_RETAINS,
	.prepare = prepare, .session_open = session_open,
	.session_close = session_close,
	.place_open = place_open,
	.place_close = place_close,
	.describe = describe,
	.url = url,
	.identity = identity,
	.group = group,
	.requests = requests,
	.label = label,
	.cancel = call_cancel,
	.read = firebase_read,
	.list = firebase_list,
	.fetch = firebase_fetch,
	.compare_config = firebase_compare_config,
	.probe = firebase_probe,
	.verify = firebase_verify,
	.check = firebase_check,
	.lock = firebase_lock,
	.unlock = firebase_unlock,
	.peek_lock = firebase_peek_lock,
	.break_lock = firebase_break_lock,
	.begin = firebase_begin,
	.put = firebase_put,
	.clone = firebase_clone,
	.seal = firebase_seal,
	.abandon = firebase_abandon,
	.switch_plan = firebase_switch_plan,
	.step = firebase_step,
	.drop = firebase_drop,
	.channels = firebase_channels,
	.channel_delete = firebase_channel_delete,
	.channel_prolong = firebase_channel_prolong,
	.channel_live = firebase_channel_live,
	.disable = firebase_disable,
};
