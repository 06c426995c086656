#include "releases.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "wire.h"

enum { CHANNELS_MAX = 50, MESSAGE_MAX = 512, TTL_MAX = 30 * 86400 };

static int not_found(struct call *c)
{
	return refuse(c, NOT_FOUND, "Requested entity was not found.");
}

static struct channel *channel_of(struct call *c)
{
	struct channel *ch = site_channel(c->site, c->args[1] ? c->args[1] : "live");

	if (!ch)
		not_found(c);
	return ch;
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* The version of ?versionName=, which must be there unless the site is being disabled. */
static int read_version(struct call *c, const struct channel *ch, struct version **out)
{
	const char *name = params_get(&c->query, "versionName");
	struct version *v = name ? version_named(c, name) : NULL;

	if (!name)
		return refuse(c, INVALID_ARGUMENT, "A version_name is expected");
	if (!v)
		return not_found(c);
	if (v->site != c->site)
		return refuse(c, INVALID_ARGUMENT, "Version %s does not belong to site %s", name, c->site->id);
	if (v->status != VERSION_FINALIZED)
		return refuse(c, FAILED_PRECONDITION, "Version %s is %s: only FINALIZED can be released", name,
			      version_status_name(v->status));
	if (ch->release && ch->release->version == v)
		return refuse(c, INVALID_ARGUMENT, "Version %s is the current active version of channel %s", name, ch->id);
	*out = v;
	return 0;
}

int releases_create(struct call *c)
{
	struct channel *ch = channel_of(c);
	const json *message = json_get(c->body, "message"), *type = json_get(c->body, "type");
	struct version *v = NULL;

	if (!ch || check_keys(c, c->body, "release", "message type") < 0)
		return -1;
	if (message && (!json_string(message) || characters(json_string(message)) > MESSAGE_MAX))
		return refuse(c, INVALID_ARGUMENT, "Invalid value at 'release.message': at most %d characters", MESSAGE_MAX);
	bool disable = type && json_string(type) && strcmp(json_string(type), "SITE_DISABLE") == 0;
	if (type && !disable)
		return refuse(c, INVALID_ARGUMENT, "Invalid value at 'release.type'");
	if (disable && params_get(&c->query, "versionName"))
		return refuse(c, INVALID_ARGUMENT, "A version_name is not expected with SITE_DISABLE");
	if (!disable && read_version(c, ch, &v) < 0)
		return -1;
	const struct release *r = world_add_release(c->world, c->site, ch, v, message ? json_string(message) : "", c->user);
	write_release(c, c->site, r);
	return 0;
}

int releases_list(struct call *c)
{
	const struct site *s = c->site;
	const char *channel = c->args[1];
	size_t size, from, shown = 0;

	if ((channel && !channel_of(c)) || read_page(c, 100, 100, &size, &from) < 0)
		return -1;
	jw_object(&c->w);
	for (size_t i = from; i < s->release_count; i++) {
		const struct release *r = s->releases[s->release_count - 1 - i];
		if (channel && strcmp(channel, r->channel) != 0)
			continue;
		if (shown == size) {
			jw_end(&c->w);
			write_page_token(c, i);
			break;
		}
		if (!shown++) {
			jw_key(&c->w, "releases");
			jw_array(&c->w);
		}
		write_release(c, s, r);
	}
	while (c->w.depth)
		jw_end(&c->w);
	return 0;
}

int releases_get(struct call *c)
{
	const char *id = c->args[2] ? c->args[2] : c->args[1], *channel = c->args[2] ? c->args[1] : NULL;
	char *end;
	long long number = strtoll(id, &end, 10);

	for (size_t i = 0; !*end && i < c->site->release_count; i++) {
		const struct release *r = c->site->releases[i];
		if (r->id != number || (channel && strcmp(channel, r->channel) != 0))
			continue;
		write_release(c, c->site, r);
		return 0;
	}
	return not_found(c);
}

/* "604800s"; the absolute time it means. */
static int read_ttl(struct call *c, int64_t *expire_us)
{
	const json *ttl = json_get(c->body, "ttl");
	const char *text = json_string(ttl);
	char *end = NULL;

	*expire_us = 0;
	if (!ttl)
		return 0;
	long long seconds = text ? strtoll(text, &end, 10) : 0;
	if (!text || end == text || strcmp(end, "s") != 0 || seconds < 1 || seconds > TTL_MAX)
		return refuse(c, INVALID_ARGUMENT, "Invalid value at 'channel.ttl': 1s to %ds", TTL_MAX);
	*expire_us = clock_wall_ns() / 1000 + seconds * 1000000;
	return 0;
}

static bool is_channel_id(const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

	return *id && strlen(id) <= 63 && !id[strspn(id, allowed)];
}

static int add_channel(struct call *c, const char *id, int64_t expire_us)
{
	if (!is_channel_id(id))
		return refuse(c, INVALID_ARGUMENT, "Invalid channel id \"%s\"", id);
	if (c->site->channel_count > CHANNELS_MAX)              /* live is none of the 50 */
		return refuse(c, RESOURCE_EXHAUSTED, "channel quota reached");
	struct channel *ch = world_add_channel(c->world, c->site, id);
	ch->expire_us = expire_us;
	write_channel(c, c->site, ch);
	return 0;
}

int channels_create(struct call *c)
{
	const char *id = params_get(&c->query, "channelId");
	int64_t expire_us;

	if (check_keys(c, c->body, "channel", "ttl") < 0 || read_ttl(c, &expire_us) < 0)
		return -1;
	if (!id)
		return refuse(c, INVALID_ARGUMENT, "A channel_id is expected");
	if (site_channel(c->site, id))
		return refuse(c, ALREADY_EXISTS, "Requested entity already exists");
	return add_channel(c, id, expire_us);
}

int channels_list(struct call *c)
{
	const struct site *s = c->site;
	size_t size, from;

	if (read_page(c, 10, 100, &size, &from) < 0)
		return -1;
	site_expire(c->site);
	jw_object(&c->w);
	if (from < s->channel_count) {
		jw_key(&c->w, "channels");
		jw_array(&c->w);
		for (size_t i = from; i < s->channel_count && i < from + size; i++)
			write_channel(c, s, s->channels[i]);
		jw_end(&c->w);
	}
	if (from + size < s->channel_count)
		write_page_token(c, from + size);
	jw_end(&c->w);
	return 0;
}

int channels_get(struct call *c)
{
	const struct channel *ch = channel_of(c);

	if (!ch)
		return -1;
	write_channel(c, c->site, ch);
	return 0;
}

int channels_patch(struct call *c)
{
	struct channel *ch = site_channel(c->site, c->args[1]);
	const char *mask;
	int64_t expire_us;

	if (check_keys(c, c->body, "channel", "name ttl") < 0 || read_mask(c, "ttl", &mask) < 0
	    || read_ttl(c, &expire_us) < 0)
		return -1;
	if (!ch)
		return add_channel(c, c->args[1], expire_us);
	if (ch == c->site->channels[0])
		return refuse(c, INVALID_ARGUMENT, "The live channel does not expire");
	if (among(mask, "ttl")) {
		ch->expire_us = expire_us;
		ch->update_us = world_now_us(c->world);
	}
	write_channel(c, c->site, ch);
	return 0;
}

int channels_delete(struct call *c)
{
	struct channel *ch = channel_of(c);

	if (!ch)
		return -1;
	if (ch == c->site->channels[0])
		return refuse(c, INVALID_ARGUMENT, "The live channel cannot be deleted");
	site_drop_channel(c->site, ch);
	jw_object(&c->w);
	jw_end(&c->w);
	return 0;
}
