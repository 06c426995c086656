#include "versions.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "config.h"
#include "wire.h"

int sites_list(struct call *c)
{
	size_t size, from;
	struct project *p = c->project;

	if (!p)
		return refuse(c, INVALID_ARGUMENT, "A project is expected");
	if (read_page(c, 40, 100, &size, &from) < 0)
		return -1;
	jw_object(&c->w);
	if (from < p->site_count) {
		jw_key(&c->w, "sites");
		jw_array(&c->w);
		for (size_t i = from; i < p->site_count && i < from + size; i++)
			write_site(c, p->sites[i]);
		jw_end(&c->w);
	}
	if (from + size < p->site_count)
		write_page_token(c, from + size);
	jw_end(&c->w);
	return 0;
}

int sites_get(struct call *c)
{
	write_site(c, c->site);
	return 0;
}

struct version *version_of(struct call *c)
{
	struct version *v = site_version(c->site, c->args[1]);

	if (!v)
		refuse(c, NOT_FOUND, "Requested entity was not found.");
	return v;
}

int versions_create(struct call *c)
{
	const json *status = json_get(c->body, "status"), *config = json_get(c->body, "config");
	const json *labels = json_get(c->body, "labels");
	const char *config_text = "{}", *labels_text = "{}";

	if (check_keys(c, c->body, "version", "status config labels") < 0)
		return -1;
	if (status && (!json_string(status) || strcmp(json_string(status), "CREATED") != 0))
		return refuse(c, INVALID_ARGUMENT, "Invalid value at 'version.status'");
	if ((config && config_read(c, config, &config_text) < 0) || (labels && labels_read(c, labels, &labels_text) < 0))
		return -1;
	struct version *v = world_add_version(c->world, c->site, VERSION_CREATED, c->user);
	v->config = config_text;
	v->labels = labels_text;
	write_version(c, v);
	return 0;
}

int versions_get(struct call *c)
{
	const struct version *v = version_of(c);

	if (!v)
		return -1;
	write_version(c, v);
	return 0;
}

/* status = "FINALIZED", with or without blanks and quotes; "" means every status. */
static int read_filter(struct call *c, const char **status)
{
	const char *filter = params_get(&c->query, "filter");
	char word[64] = "";
	int end = 0;

	*status = "";
	if (!filter || !*filter)
		return 0;
	if (sscanf(filter, "status = \"%63[A-Z]\" %n", word, &end) != 1)
		sscanf(filter, "status = %63[A-Z] %n", word, &end);
	if (!end || filter[end])
		return refuse(c, INVALID_ARGUMENT, "Invalid filter: %s", filter);
	*status = arena_strdup(c->mem, word);
	return 0;
}

int versions_list(struct call *c)
{
	size_t size, from, shown = 0;
	const char *status;
	const struct site *s = c->site;

	if (read_page(c, 25, 100, &size, &from) < 0 || read_filter(c, &status) < 0)
		return -1;
	jw_object(&c->w);
	for (size_t i = from; i < s->version_count; i++) {
		const struct version *v = s->versions[s->version_count - 1 - i];
		if (*status && strcmp(status, version_status_name(v->status)) != 0)
			continue;
		if (shown == size) {
			jw_end(&c->w);
			write_page_token(c, i);
			break;
		}
		if (!shown++) {
			jw_key(&c->w, "versions");
			jw_array(&c->w);
		}
		write_version(c, v);
	}
	while (c->w.depth)
		jw_end(&c->w);
	return 0;
}

static int finalize(struct call *c, struct version *v)
{
	size_t missing = 0;

	if (v->status != VERSION_CREATED)
		return refuse(c, FAILED_PRECONDITION, "Version %s is %s: only CREATED can become FINALIZED", v->id,
			      version_status_name(v->status));
	for (size_t i = 0; i < v->file_count; i++)
		missing += v->files[i]->content && !site_knows(c->world, v->site, v->files[i]->content);
	if (missing)
		return refuse(c, FAILED_PRECONDITION, "Precondition check failed: %zu files of version %s are not uploaded",
			      missing, v->id);
	version_finalize(v, world_now_us(c->world), arena_strdup(&c->world->mem, c->user));
	return 0;
}

int versions_patch(struct call *c)
{
	struct version *v = version_of(c);
	const json *status = json_get(c->body, "status"), *config = json_get(c->body, "config");
	const json *labels = json_get(c->body, "labels");
	const char *mask, *config_text = "{}", *labels_text = "{}";

	if (!v || check_keys(c, c->body, "version", "name status config labels") < 0
	    || read_mask(c, "status config labels", &mask) < 0)
		return -1;
	if (!*mask)
		mask = "status";
	if (v->status != VERSION_CREATED && (among(mask, "config") || among(mask, "status")))
		return refuse(c, FAILED_PRECONDITION, "Version %s is %s", v->id, version_status_name(v->status));
	if ((config && config_read(c, config, &config_text) < 0) || (labels && labels_read(c, labels, &labels_text) < 0))
		return -1;
	if (among(mask, "status") && (!json_string(status) || strcmp(json_string(status), "FINALIZED") != 0))
		return refuse(c, INVALID_ARGUMENT, "Invalid value at 'version.status'");
	if (among(mask, "status") && finalize(c, v) < 0)
		return -1;
	if (among(mask, "config"))
		v->config = config_text;
	if (among(mask, "labels"))
		v->labels = labels_text;
	write_version(c, v);
	return 0;
}

static bool is_released(const struct version *v)
{
	for (size_t i = 0; i < v->site->channel_count; i++) {
		const struct release *r = v->site->channels[i]->release;
		if (r && r->version == v)
			return true;
	}
	return false;
}

int versions_delete(struct call *c)
{
	struct version *v = version_of(c);

	if (!v)
		return -1;
	site_expire(c->site);
	if (is_released(v))
		return refuse(c, FAILED_PRECONDITION, "Version %s is currently released and cannot be deleted", v->id);
	if (v->status == VERSION_DELETED)
		return refuse(c, NOT_FOUND, "Requested entity was not found.");
	v->status = VERSION_DELETED;
	v->delete_us = world_now_us(c->world);
	v->delete_user = arena_strdup(&c->world->mem, c->user);
	jw_object(&c->w);
	jw_end(&c->w);
	return 0;
}
