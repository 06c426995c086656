/* layers: what the documents say about one target, merged. */
#ifndef SLIPWAY_TARGET_LAYERS_H
#define SLIPWAY_TARGET_LAYERS_H

#include "target/project_inside.h"
#include "target/shape.h"

/* Fills out (room for environment chain + 6) with the layers of a target in an environment, in order; host may be
 * NULL. */
size_t layers_of(struct layer *out, struct project *p, const struct target_def *t, const char *environment,
                 const struct host_def *host);
#define LAYERS_ROOM(chain) ((chain) + 6)

/* Every setting that some layer makes and that means something to the kind (enum kind_bits), sorted by key.
 * Memory: the project's. */
struct setting *layers_merge(struct project *p, const struct layer *layers, size_t layer_count, unsigned kind,
                             size_t *count);
/* Ignore rules of all layers count; other lists replace each other. */
bool layers_add_up(const char *key);
/* The last layer that says something about a path of keys (keys[0] is the setting), and what it says. */
const struct layer *layers_origin(const struct layer *layers, size_t layer_count, const char *const *keys, size_t depth,
                                  const json **value);

#endif
