/* ops: sessions and places of the dir host, and its table. */
#include <stdlib.h>
#include <string.h>
#include "host/dir/lock.h"
#include "host/dir/stage.h"

static int session_open(struct session **out, const struct target *any, const struct host_env *env, struct fail *f)
{
	struct session *s = xcalloc(1, sizeof *s);

	(void)any;
	(void)f;
	s->loop = env->loop;
	s->project_root = env->project_root;
	s->cache = cache_new();
	*out = s;
	return 0;
}

static void session_close(struct session *s)
{
	if (!s)
		return;
	cache_free(s->cache);
	free(s);
}

/* Absolute, without a slash at its end. */
static const char *absolute(struct place *p, const char *path)
{
	const char *whole = path[0] == '/' ? path : arena_printf(&p->mem, "%s/%s", p->session->project_root, path);
	size_t len = strlen(whole);

	while (len > 1 && whole[len - 1] == '/')
		len--;
	return arena_strndup(&p->mem, whole, len);
}

static int read_durability(struct place *p, struct fail *f)
{
	const char *text = target_string(p->target, "durability", &p->mem);

	if (!text || strcmp(text, "switch") == 0)
		p->durability = DURABLE_SWITCH;
	else if (strcmp(text, "none") == 0)
		p->durability = DURABLE_NONE;
	else if (strcmp(text, "full") == 0)
		p->durability = DURABLE_FULL;
	else
		return fail_set(f, FAIL_CONFIG, "durability \"%s\": must be none, switch or full", text);
	return 0;
}

/* Given relative to the project, and below it: such directories are made. */
static bool is_inside(const char *path)
{
	return path[0] != '/' && !strstr(path, "..");
}

static int read_settings(struct place *p, struct fail *f)
{
	const char *root = target_string(p->target, "root", &p->mem);
	const char *live = target_string(p->target, "live", &p->mem);

	if (!root || !*root)
		return fail_set(f, FAIL_CONFIG, "a dir host needs \"root\"");
	p->root = absolute(p, root);
	p->inside = is_inside(root);
	p->live_inside = live && *live && is_inside(live);
	p->live = live && *live ? absolute(p, live) : arena_printf(&p->mem, "%s/current", p->root);
	/* Room for what is put behind them. */
	if (strlen(p->root) > PATH_MAX / 2 || strlen(p->live) > PATH_MAX / 2)
		return fail_set(f, FAIL_CONFIG, "root and live must not be longer than %d bytes", PATH_MAX / 2);
	if (strcmp(p->root, "/") == 0 || strcmp(p->live, "/") == 0)
		return fail_set(f, FAIL_CONFIG, "root and live cannot be /");
	return read_durability(p, f);
}

static void place_close(struct place *p)
{
	if (!p)
		return;
	lock_release(p);
	staging_free(p->staging);
	p->session->places--;
	arena_clear(&p->mem);
	free(p);
}

static int place_open(struct place **out, struct session *s, const struct target *t, const char *name, struct fail *f)
{
	struct place *p = xcalloc(1, sizeof *p);

	p->session = s;
	p->target = t;
	p->name = arena_strdup(&p->mem, name);
	s->places++;
	if (read_settings(p, f) < 0) {
		place_close(p);
		return -1;
	}
	*out = p;
	return 0;
}

static const char *describe(const struct place *p)
{
	return p->live;
}

const struct host_ops dir_host = {
	.kind = "dir",
	.traits = HOST_FINDS_MISSING | HOST_INSTANT_SWITCH | HOST_HTACCESS | HOST_BY_PATH,
	.session_open = session_open,
	.session_close = session_close,
	.place_open = place_open,
	.place_close = place_close,
	.describe = describe,
	.read = dir_read,
	.list = dir_list,
	.fetch = dir_fetch,
	.probe = dir_probe,
	.verify = dir_verify,
	.check = dir_check,
	.lock = dir_lock,
	.renew = dir_renew,
	.unlock = dir_unlock,
	.peek_lock = dir_peek_lock,
	.break_lock = dir_break_lock,
	.begin = dir_begin,
	.put = dir_put,
	.seal = dir_seal,
	.flush = dir_flush,
	.abandon = dir_abandon,
	.switch_plan = dir_switch_plan,
	.step = dir_step,
	.mark = dir_mark,
	.drop = dir_drop,
	.sweep = dir_sweep,
	.adopt = dir_adopt,
};
