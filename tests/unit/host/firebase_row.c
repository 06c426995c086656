#include "firebase_row.h"

#include "firebase/standin.h"
#include "net/http.h"

static void settings(struct strbuf *out, const struct scratch *s, const char *name)
{
	char site[64];

	standin_site(site, s, name);
	strbuf_addf(out, "{\"project\":\"" STANDIN_PROJECT "\",\"site\":\"%s\"}", site);
}

static char *served(const struct scratch *s, const char *name, const char *path)
{
	struct strbuf escaped = STRBUF_INIT;
	char site[64], *got;

	standin_site(site, s, name);
	http_escape(&escaped, path, "/");
	got = standin_call("GET", NULL, "/_site/%s/%s", site, escaped.buf);
	strbuf_clear(&escaped);
	return got;
}

static char *live_version(const char *site)
{
	struct json_doc *doc = standin_ask("GET", NULL, "/v1beta1/sites/%s/releases?pageSize=1", site);
	const json *release = json_first(json_get(json_root(doc), "releases"));
	char *name = xstrdup(json_string(json_get(json_get(release, "version"), "name")));

	json_doc_free(doc);
	return name;
}

/* The service lists what was released: it is live for a moment. */
static void make_foreign(const struct scratch *s, const char *name, char id[ROW_ID])
{
	char site[64], *live, *foreign;

	standin_site(site, s, name);
	live = live_version(site);
	foreign = standin_foreign_version(site, "foreign");
	standin_release(site, foreign);
	standin_release(site, live);
	snprintf(id, ROW_ID, "%s", strrchr(foreign, '/') + 1);
	free(live);
	free(foreign);
}

static void switch_behind(const struct scratch *s, const char *name, const char *id)
{
	char site[64], *version;

	standin_site(site, s, name);
	version = standin_version(site, id);
	assert_non_null(version);
	standin_release(site, version);
	free(version);
}

const struct host_row firebase_row = {
	.kind = "firebase",
	.settings = settings,
	.served = served,
	.make_foreign = make_foreign,
	.switch_behind = switch_behind,
	.behind = "rollback",
};
