/* environment: what firebase-tools' own variables say of the service, so that what works for it works here. */
#ifndef SLIPWAY_HOST_FIREBASE_ENVIRONMENT_H
#define SLIPWAY_HOST_FIREBASE_ENVIRONMENT_H

#include "base/mem.h"

/* FIREBASE_HOSTING_API_URL: an origin in place of Google's, without a slash at its end; NULL = Google's. */
const char *environment_api(struct arena *mem);
/* Where visitors see a site: https://SITE.web.app, or SITE in front of FIREBASE_HOSTING_URL's host. */
const char *environment_site_url(const char *site, struct arena *mem);

#endif
