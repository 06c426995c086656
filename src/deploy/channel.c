#include "deploy/channel.h"

#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "deploy/fleet_inside.h"

static int refuse_name(const char *text, const char *why, struct fail *f)
{
	struct strbuf shown = STRBUF_INIT;

	strbuf_addescaped(&shown, text, strlen(text));
	fail_set(f, FAIL_USAGE, "\"%s\" cannot name a channel: %s", shown.buf, why);
	strbuf_clear(&shown);
	return -1;
}

int channel_name(const char **out, const char *text, struct arena *mem, struct fail *f)
{
	static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	char *name = arena_strdup(mem, text);

	for (char *c = name; *c; c++)
		if (strchr("/:_#", *c))
			*c = '-';
	if (!*name)
		return refuse_name(text, "it is empty", f);
	if (strcmp(name, CHANNEL_LIVE) == 0)
		return refuse_name(text, "that is what visitors see, not a preview", f);
	if (name[strspn(name, legal)])
		return refuse_name(text, "letters, digits and dashes only", f);
	*out = name;
	return 0;
}

int channel_expires(int64_t *ttl_s, const char *text, struct fail *f)
{
	size_t digits = strspn(text, "0123456789");
	struct fail why = FAIL_INIT;
	struct strbuf shown = STRBUF_INIT;
	int64_t ms = 0;
	bool right = digits > 0 && text[digits] && strchr("mhd", text[digits]) && !text[digits + 1] &&
		     clock_parse_duration(&ms, text, &why) == 0;

	if (right && ms > 0 && ms <= CHANNEL_MOST_S * 1000) {
		*ttl_s = ms / 1000;
		return 0;
	}
	strbuf_addescaped(&shown, text, strlen(text));
	fail_set(f, FAIL_USAGE, "--expires: \"%s\" is not a time such as 30m, 12h or 7d, of at most 30 days", shown.buf);
	strbuf_clear(&shown);
	return -1;
}

int channel_none(const char *kind, struct fail *f)
{
	return fail_set(f, FAIL_CONFIG, "a %s host has no channels", kind);
}

/* ---- reading ---- */

static void start_list(struct run *r)
{
	r->channels = (struct channel_list){ NULL, 0 };
	r->ops->channels(r->place, &r->channels, run_op(r, run_op_done));
}

static bool has_channels(const struct run *r)
{
	return r->active && r->ops->channels;
}

void channel_list_all(struct fleet *fl)
{
	static const struct phase ph = { .id = PHASE_READ, .start = start_list };

	fleet_walk(fl, &ph, has_channels);
}

static void was_prolonged(struct op *op)
{
	struct run *r = op->owner;

	/* It was asked for, so it is no side issue; and what is there stays what was to be there. */
	if (op->rc < 0) {
		r->row.result = RESULT_NONE;
		r->row.release = r->live.id;
	}
	run_done(r, op->rc);
}

static void start_prolong(struct run *r)
{
	r->ops->channel_prolong(r->place, run_op(r, was_prolonged));
}

static bool is_unchanged(const struct run *r)
{
	return r->ops && r->ops->channel_prolong && r->row.result == RESULT_UNCHANGED;
}

void channel_prolong(struct fleet *fl)
{
	static const struct phase ph = { .id = PHASE_SWITCH, .start = start_prolong };
	const struct context *c = fleet_context(fl);

	if (c->channel && c->channel_ttl_s && !fleet_interrupted(fl))
		fleet_walk(fl, &ph, is_unchanged);
}

static void was_listed(struct op *op)
{
	struct run *r = op->owner;
	const char *channel = fleet_context(r->fleet)->channel;

	if (op->rc < 0 && op->fail.kind != FAIL_CANCELLED)
		run_note(r, "where it is seen could not be asked: %s", op->fail.text);
	for (size_t i = 0; op->rc == 0 && i < r->channels.count; i++)
		if (strcmp(r->channels.items[i].name, channel) == 0)
			r->row.url = r->channels.items[i].url;
	run_done(r, 0);
}

static void start_url(struct run *r)
{
	r->channels = (struct channel_list){ NULL, 0 };
	r->ops->channels(r->place, &r->channels, run_op(r, was_listed));
}

static bool is_well(const struct run *r)
{
	bool well = r->row.result == RESULT_DEPLOYED || r->row.result == RESULT_UNCHANGED;

	return r->ops && r->ops->channels && (r->active || well);
}

void channel_urls(struct fleet *fl)
{
	static const struct phase ph = { .id = PHASE_READ, .start = start_url };

	if (fleet_context(fl)->channel)
		fleet_walk(fl, &ph, is_well);
}
