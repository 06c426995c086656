/* releases: one answer of the release list, understood. Pure: no request is made here. */
#ifndef SLIPWAY_HOST_FIREBASE_RELEASES_H
#define SLIPWAY_HOST_FIREBASE_RELEASES_H

#include "host/firebase/firebase.h"

struct release_page {
	const json *const *answers;     /* of releases.list, newest page first */
	size_t count;
};
/* The releases of a channel, newest first, each version once, under our id or (foreign) the version's; versions that
 * cannot be released any more are left out. log (may be NULL): one record a release, oldest first. Notes every version
 * in p. Returns the newest release, or NULL when there is none. */
const json *releases_parse(struct place *p, const struct release_page *page, struct release_list *list,
			   struct switchlog *log, struct arena *mem);
/* A release that took the site off the net. */
bool releases_disabled(const json *release);
/* Was time a ("2026-11-27T14:02:12.513182Z", with as many digits as the service likes) before b? */
bool releases_before(const char *a, const char *b);
/* The release id that a version goes by. */
const char *releases_id(const json *version);
/* The compressor that named the contents of the version of this name, in mem: its label slipway-gz; "unknown" when the
 * page does not have it, or others made it. */
const char *releases_compressor(const struct json_doc *page, const char *version, struct arena *mem);

#endif
