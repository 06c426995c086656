/* keys_host: the shapes of what host manifests say, for the table in keys.c. */
#ifndef SLIPWAY_TARGET_KEYS_HOST_H
#define SLIPWAY_TARGET_KEYS_HOST_H

#include "target/shape.h"

extern const struct shape shape_any_text, shape_text, shape_name, shape_bool, shape_count, shape_duration, shape_url,
	shape_texts;
extern const struct key_row secret_rows[];
extern const struct shape shape_keep, shape_health, shape_hooks, shape_fuse, shape_timeouts, shape_width, shape_lock;
extern const struct shape shape_durability;
extern const struct shape shape_site, shape_rewrites, shape_redirects, shape_headers, shape_i18n, shape_associations;
extern const struct shape shape_addressing, shape_precompress, shape_cdn, shape_website;
extern const struct shape shape_address, shape_port;

#endif
