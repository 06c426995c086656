/* world: what the service knows: projects, sites, channels, releases, versions and content. No HTTP and no JSON here.
 * Everything lives in one arena until the end; what is deleted is marked or unlinked.
 *
 * Times are microseconds since 1970 UTC; 0 = not yet, or never. */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "base/strmap.h"
#include "content.h"
#include "version.h"

enum release_type { RELEASE_DEPLOY, RELEASE_ROLLBACK, RELEASE_SITE_DISABLE };
struct release {
	int64_t id;                         /* microseconds, unique in the world; the release's time too */
	const char *channel;
	struct version *version;            /* NULL for SITE_DISABLE */
	enum release_type type;
	const char *message, *user;         /* message "" when none */
};

struct channel {
	const char *id, *suffix;            /* suffix: the 8 characters in a preview's URL */
	struct release *release;            /* NULL: nothing yet */
	int64_t create_us, update_us, expire_us;
};

struct project;
struct site {
	struct project *project;
	const char *id;
	struct channel **channels;          /* the first is "live" */
	struct version **versions;          /* the oldest first, as are releases */
	struct release **releases;
	size_t channel_count, channel_cap, version_count, version_cap, release_count, release_cap;
	struct strmap version_by_id;
	struct strmap known;                /* hash -> its content */
	struct strmap uploading;            /* hash -> non-NULL while its upload's answer is awaited */
};

struct project {
	const char *id, *number;
	struct site **sites;
	size_t site_count, site_cap;
	struct strmap known;
};

struct operation {
	const char *id;
	struct project *project;
	struct version *version;            /* CLONING until the operation is done */
	bool finalize;
	int64_t due_ns;                     /* monotonic: when it is done */
};

enum content_scope { SCOPE_SITE, SCOPE_PROJECT, SCOPE_GLOBAL };
struct world {
	struct arena mem;
	enum content_scope scope;           /* who else's content counts as known on a site */
	struct project **projects;
	struct content **contents;          /* every hash that was ever named */
	size_t project_count, project_cap, content_count, content_cap;
	struct strmap project_by_name;      /* by id and by number */
	struct strmap site_by_id;           /* site ids are unique in the world */
	struct strmap content_by_hash, known, operations;
	struct strmap paths;                /* interned: a fleet names the same paths again and again */
	int64_t last_us;
};

void world_init(struct world *w, enum content_scope scope);
void world_clear(struct world *w);
int64_t world_now_us(struct world *w);          /* never twice the same */
void world_random_hex(char *out, size_t digits);        /* an even number up to 64, and a NUL */

/* Adds; what is there already is returned as it is, but a site of another project is NULL. */
struct project *world_add_project(struct world *w, const char *id);
struct site *world_add_site(struct world *w, struct project *p, const char *id);
struct project *world_project(const struct world *w, const char *name);     /* by id or number, or NULL */
struct site *world_site(const struct world *w, const char *id);             /* or NULL */

struct version *world_add_version(struct world *w, struct site *s, enum version_status status, const char *user);
struct version *site_version(const struct site *s, const char *id);         /* or NULL */
const char *world_path(struct world *w, const char *path);                  /* the one lasting copy of a path */
struct content *world_content(struct world *w, const char *hash);           /* made, empty, when new */
/* Is the content stored where this site looks (see content_scope)? And: from now on it is. */
bool site_knows(struct world *w, struct site *s, const struct content *c);
void site_learns(struct world *w, struct site *s, struct content *c);

struct channel *world_add_channel(struct world *w, struct site *s, const char *id);
struct channel *site_channel(struct site *s, const char *id);               /* or NULL; see site_expire */
void site_drop_channel(struct site *s, struct channel *c);
void site_expire(struct site *s);                                           /* expired channels go away */
/* Makes v (NULL: nothing, the site is disabled) what the channel serves. The texts are copied. */
struct release *world_add_release(struct world *w, struct site *s, struct channel *c, struct version *v,
				  const char *message, const char *user);
/* The operation's version stops CLONING once the time has come; whether it has. */
bool operation_settle(struct operation *o);

#endif
