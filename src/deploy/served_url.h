/* served_url: where a file of a release is seen. Pure.
 *
 * Firebase Hosting with "cleanUrls" serves a.html as /a and sends whoever asks for /a.html there; index.html is seen
 * as its directory. "trailingSlash" decides what such an address ends in: true always "/", false never; unset, only
 * a directory's does (firebase.google.com/docs/hosting/full-config, "Control .html extensions" and "Control trailing
 * slashes"). */
#ifndef SLIPWAY_DEPLOY_SERVED_URL_H
#define SLIPWAY_DEPLOY_SERVED_URL_H

#include <stdbool.h>
#include "base/fail.h"
#include "base/strbuf.h"

enum trailing_slash { SLASH_UNSET, SLASH_ALWAYS, SLASH_NEVER };

struct served_rules {
	bool clean_urls;
	enum trailing_slash slash;
};

/* Where a place is seen, taken apart: its origin, and the path before every file, without a slash at its end.
 * FAIL_CONFIG: it is no http(s) address, is plain http to another machine, or has a query. */
int served_base(struct strbuf *origin, struct strbuf *prefix, const char *url, struct fail *f);

/* The path and query-less address of a file: "/base/dir/a%20b.js". */
void served_path(struct strbuf *out, const char *prefix, const char *file, const struct served_rules *rules);

/* Is `location` (of a redirect that answered `asked`) only another way to write the clean address of `file`? Then its
 * path is in out. */
bool served_moved(struct strbuf *out, const char *location, const char *origin, const char *prefix, const char *asked,
                  const char *file, const struct served_rules *rules);

#endif
