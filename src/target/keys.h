/* keys: every key that a document of a project may hold, once: its shape, the host kinds it means something to,
 * and where it may stand. Layered keys are those that a target, "defaults", an environment or a host manifest may
 * set. */
#ifndef SLIPWAY_TARGET_KEYS_H
#define SLIPWAY_TARGET_KEYS_H

#include "target/shape.h"

extern const struct shape keys_project;         /* slipway.json */
extern const struct shape keys_target;          /* one target: a file of its own, or inline */
extern const struct shape keys_secret;          /* a reference to a secret */
extern const struct key_row keys_layered[];     /* every layered key and the keys of host manifests */

/* Does the key take part in layering as a setting? ("vars" does too, but a variable at a time.) */
bool key_is_setting(const struct key_row *row);

/* A host manifest's shape depends on its kind; NULL for an unknown kind. */
const struct shape *keys_host(const char *kind);
extern const char *const keys_kinds[];          /* "dir", "firebase", "s3", "ssh", NULL */
unsigned keys_kind_bit(const char *kind);       /* enum kind_bits, 0 = unknown */

#endif
