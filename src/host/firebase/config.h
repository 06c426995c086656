/* config: the serving configuration of a site: firebase.json's hosting keys, as documents and layers say them, in the
 * API's words (ServingConfig), in one canonical text.
 *
 *   source, glob -> glob; regex -> regex            destination of a rewrite -> path, of a redirect -> location
 *   function "f" | {functionId, region} -> function, functionRegion     run {serviceId, region} -> run (us-central1)
 *   type -> statusCode       headers [{key, value}] -> a map; a repeated key keeps its last value
 *   trailingSlash -> trailingSlashBehavior ADD | REMOVE        cleanUrls, appAssociation, i18n, dynamicLinks as they
 * are
 *
 * The order of rules is kept. Source: Hosting API reference, ServingConfig; the mapping is firebase-tools'. */
#ifndef SLIPWAY_HOST_FIREBASE_CONFIG_H
#define SLIPWAY_HOST_FIREBASE_CONFIG_H

#include "base/strbuf.h"
#include "host/host.h"
#include "target/project.h"

/* Appends the target's configuration; "{}" when it says nothing. FAIL_CONFIG names what the API has no word for. */
int config_format(struct strbuf *out, const struct target *t, struct fail *f);
/* What differs, key by key. Values that the API leaves out of its answers (false, empty) are as if absent. */
void config_compare(struct config_changes *out, const json *live, const json *want, struct arena *mem);

#endif
