/* routes: which handler answers a method and path, and what else the request may carry. */
#ifndef FAKE_ROUTES_H
#define FAKE_ROUTES_H

#include "call.h"

enum kind {
	KIND_OTHER, KIND_TOKEN, KIND_CREATE, KIND_POPULATE, KIND_UPLOAD, KIND_FINALIZE, KIND_RELEASE, KIND_LIST, KIND_FILES,
	KIND_CLONE, KIND_OPERATION, KIND_CHANNEL, KIND_DELETE, KIND_GET, KIND_COUNT
};
enum route_flags {
	ROUTE_BODY = 1,             /* a JSON object must come; without it none may */
	ROUTE_RAW = 2,              /* the handler reads the body itself */
	ROUTE_OPEN = 4,             /* no bearer */
	ROUTE_LONG = 8              /* only in its projects/P/ form */
};
struct route {
	const char *method, *path;          /* "*" is one segment, "*:verb" one with its verb cut off */
	enum kind kind;
	unsigned flags;
	const char *query;                  /* blank-separated keys, besides alt, fields and prettyPrint */
	int (*handle)(struct call *c);
};

const char *kind_name(enum kind k);             /* as in logs and fault rules; KIND_OTHER is "other" */
/* Finds c->request's route and fills c->route, c->args and c->project_name; NULL when there is none. A path below
 * projects/P/sites is looked up from sites on. */
const struct route *route_find(struct call *c);

#endif
