#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_usage[] =
	"usage: firebase-server [--port N] [--tls-port N --cert FILE --key FILE] [--project P=SITE,SITE...]...\n"
	"                       [--sites PREFIX:COUNT@PROJECT]... [--service-account FILE]... [--refresh-token TEXT]...\n"
	"                       [--token-lifetime SECONDS] [--allow-owner] [--allow-foreign-clone] [--local-urls]\n"
	"                       [--content site|project|global] [--latency token=MS,control=MS,upload=MS...]\n"
	"                       [--log FILE] [--ready FILE] [--die-with-parent]\n";

enum option_type { OPTION_FLAG, OPTION_TEXT, OPTION_TEXTS, OPTION_NUMBER, OPTION_PORT, OPTION_SCOPE };
static const struct option_row { const char *name; enum option_type type; size_t at; } rows[] = {
	{ "--port", OPTION_PORT, offsetof(struct options, port) },
	{ "--tls-port", OPTION_PORT, offsetof(struct options, tls_port) },
	{ "--cert", OPTION_TEXT, offsetof(struct options, cert) },
	{ "--key", OPTION_TEXT, offsetof(struct options, key) },
	{ "--latency", OPTION_TEXT, offsetof(struct options, latency) },
	{ "--log", OPTION_TEXT, offsetof(struct options, log) },
	{ "--ready", OPTION_TEXT, offsetof(struct options, ready) },
	{ "--project", OPTION_TEXTS, offsetof(struct options, projects) },
	{ "--sites", OPTION_TEXTS, offsetof(struct options, sites) },
	{ "--service-account", OPTION_TEXTS, offsetof(struct options, accounts) },
	{ "--refresh-token", OPTION_TEXTS, offsetof(struct options, refresh) },
	{ "--content", OPTION_SCOPE, offsetof(struct options, scope) },
	{ "--token-lifetime", OPTION_NUMBER, offsetof(struct options, token_lifetime) },
	{ "--allow-owner", OPTION_FLAG, offsetof(struct options, allow_owner) },
	{ "--allow-foreign-clone", OPTION_FLAG, offsetof(struct options, allow_foreign_clone) },
	{ "--local-urls", OPTION_FLAG, offsetof(struct options, local_urls) },
	{ "--die-with-parent", OPTION_FLAG, offsetof(struct options, die_with_parent) },
	{ "--help", OPTION_FLAG, offsetof(struct options, help) },
};

static bool read_number(const char *text, long most, long *out)
{
	char *end;

	*out = strtol(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *out <= most;
}

static bool read_scope(const char *text, enum content_scope *out)
{
	static const char *const names[] = {
		[SCOPE_SITE] = "site", [SCOPE_PROJECT] = "project", [SCOPE_GLOBAL] = "global",
	};

	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum content_scope)i;
			return true;
		}
	return false;
}

static bool add_text(const char **list, const char *text)
{
	for (int i = 0; i < OPTION_LIST; i++)
		if (!list[i]) {
			list[i] = text;
			return true;
		}
	return false;
}

static bool read_value(const struct option_row *row, void *field, const char *text)
{
	long number;

	switch (row->type) {
	case OPTION_TEXT:
		*(const char **)field = text;
		return true;
	case OPTION_TEXTS:
		return add_text(field, text);
	case OPTION_SCOPE:
		return read_scope(text, field);
	case OPTION_NUMBER:
		return read_number(text, 1000000000, field);
	case OPTION_PORT:
		if (!read_number(text, 65535, &number))
			return false;
		*(unsigned *)field = (unsigned)number;
		return true;
	case OPTION_FLAG:
		break;
	}
	return false;
}

int options_read(struct options *o, int argc, char **argv, struct fail *f)
{
	*o = (struct options){ .token_lifetime = 3600 };
	for (int i = 1; i < argc; i++) {
		const struct option_row *row = rows, *end = rows + sizeof rows / sizeof rows[0];
		while (row < end && strcmp(row->name, argv[i]) != 0)
			row++;
		if (row == end)
			return fail_set(f, FAIL_USAGE, "there is no option %s", argv[i]);
		void *field = (char *)o + row->at;
		if (row->type == OPTION_FLAG)
			*(bool *)field = true;
		else if (i + 1 == argc || !read_value(row, field, argv[i + 1]))
			return fail_set(f, FAIL_USAGE, "%s needs another value", row->name);
		else
			i++;
	}
	if (!o->cert != !o->key || (o->tls_port && !o->cert))
		return fail_set(f, FAIL_USAGE, "TLS needs --cert and --key");
	return 0;
}

static int add_project(struct world *w, const char *text, struct fail *f)
{
	size_t len = strcspn(text, "=");
	struct project *p = world_add_project(w, arena_strndup(&w->mem, text, len));
	const char *site = text + len;

	while (*site) {
		size_t n = strcspn(++site, ",");
		if (!n || !world_add_site(w, p, arena_strndup(&w->mem, site, n)))
			return fail_set(f, FAIL_USAGE, "--project %s: a site is empty or taken", text);
		site += n;
	}
	return 0;
}

static int add_sites(struct world *w, const char *text, struct fail *f)
{
	char prefix[64], project[64];
	unsigned count;

	if (sscanf(text, "%63[^:]:%u@%63s", prefix, &count, project) != 3 || count > 100000)
		return fail_set(f, FAIL_USAGE, "--sites %s: PREFIX:COUNT@PROJECT is expected", text);
	struct project *p = world_add_project(w, project);
	for (unsigned i = 1; i <= count; i++)
		if (!world_add_site(w, p, arena_printf(&w->mem, "%s%u", prefix, i)))
			return fail_set(f, FAIL_USAGE, "--sites %s: a site is taken", text);
	return 0;
}

int options_populate(const struct options *o, struct world *w, struct fail *f)
{
	for (int i = 0; i < OPTION_LIST && o->projects[i]; i++)
		if (add_project(w, o->projects[i], f) < 0)
			return -1;
	for (int i = 0; i < OPTION_LIST && o->sites[i]; i++)
		if (add_sites(w, o->sites[i], f) < 0)
			return -1;
	return 0;
}
