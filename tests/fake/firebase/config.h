/* config: the ServingConfig of a version (headers, redirects, rewrites, ...): checked field by field, kept without
 * what is empty or a default, as the service shows it. And labels. */
#ifndef FAKE_CONFIG_H
#define FAKE_CONFIG_H

#include "call.h"

/* The JSON text of what was given, in the world's memory; refuses what the API does not know. */
int config_read(struct call *c, const json *config, const char **text);
/* The same for labels: at most 64, keys [a-z][a-z0-9_-]{0,62}, values [a-z0-9_-]{0,63} (Google's rule for labels). */
int labels_read(struct call *c, const json *labels, const char **text);

#endif
