#include "peers.h"

#include <string.h>

static struct project *project_of(struct call *c)
{
	struct project *p = world_project(c->world, c->args[0]);

	if (!p)
		refuse(c, PERMISSION_DENIED, "The caller does not have permission");
	return p;
}

int peers_project(struct call *c)
{
	const struct project *p = project_of(c);

	if (!p)
		return -1;
	jw_object(&c->w);
	jw_kstr(&c->w, "projectId", p->id);
	jw_kstr(&c->w, "projectNumber", p->number);
	jw_kstr(&c->w, "displayName", p->id);
	jw_kstr(&c->w, "name", arena_printf(c->mem, "projects/%s", p->id));
	jw_key(&c->w, "resources");
	jw_object(&c->w);
	if (p->site_count)
		jw_kstr(&c->w, "hostingSite", p->sites[0]->id);
	jw_end(&c->w);
	jw_kstr(&c->w, "state", "ACTIVE");
	jw_end(&c->w);
	return 0;
}

int peers_resource(struct call *c)
{
	const struct project *p = project_of(c);

	if (!p)
		return -1;
	jw_object(&c->w);
	jw_kstr(&c->w, "projectId", p->id);
	jw_kstr(&c->w, "projectNumber", p->number);
	jw_kstr(&c->w, "lifecycleState", "ACTIVE");
	jw_end(&c->w);
	return 0;
}

int peers_permissions(struct call *c)
{
	if (!project_of(c) || check_keys(c, c->body, "test_iam_permissions_request", "permissions") < 0)
		return -1;
	jw_json(&c->w, c->body);
	return 0;
}

int peers_functions(struct call *c)
{
	if (!project_of(c))
		return -1;
	jw_object(&c->w);
	jw_end(&c->w);
	return 0;
}

int peers_domains(struct call *c)
{
	if (!project_of(c) || (c->body && check_keys(c, c->body, "config", "authorizedDomains") < 0))
		return -1;
	if (c->body) {
		jw_json(&c->w, c->body);
		return 0;
	}
	jw_object(&c->w);
	jw_key(&c->w, "authorizedDomains");
	jw_array(&c->w);
	jw_str(&c->w, "localhost");
	jw_end(&c->w);
	jw_end(&c->w);
	return 0;
}

int peers_service(struct call *c)
{
	const struct project *p = project_of(c);

	if (!p)
		return -1;
	jw_object(&c->w);
	jw_kstr(&c->w, "name", arena_printf(c->mem, "projects/%s/services/%s", p->number, c->args[1]));
	jw_kstr(&c->w, "state", "ENABLED");
	jw_end(&c->w);
	return 0;
}
