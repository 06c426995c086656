/* compose: a target's tree: the build, the overlays laid over it, and then the rendered files. Contents that several
 * targets share are one blob; a target that changes nothing shares the build's entries.
 *
 * A render rule names a path or a glob. `from` is a template in the tree, which stays there as well. A path without
 * wildcards that the tree does not have is an error: a forgotten file would go unnoticed until a visitor meets it. */
#ifndef SLIPWAY_DEPLOY_COMPOSE_H
#define SLIPWAY_DEPLOY_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/mem.h"
#include "dist/build.h"
#include "release/tree.h"
#include "target/project.h"
#include "target/secret.h"

struct composer;
/* secrets NULL: not resolved; what is rendered from one is known at deploy. Trees live in mem, which must outlive the
 * composer; of contents made from a secret only the digest outlives it. */
struct composer *composer_new(const struct secrets *secrets, struct arena *mem);
void composer_free(struct composer *co);        /* wipes contents made from secrets */

struct composed {
	struct tree tree;
	bool exact;                     /* false: some contents are known at deploy */
	const char **unknown;           /* their paths, sorted as found */
	size_t unknown_count;
};
/* Overlays in laying order. FAIL_BUILD for what must not be deployed: a missing file, a place that is a file here and a
 * directory there, a rendered or overlaid path that the build pins by hash; FAIL_CONFIG for unknown names. */
int compose(struct composer *co, struct composed *out, const struct target *t, const struct build *build,
	    const struct build *const *overlays, size_t overlay_count, struct fail *f);

/* Lists names that are one on a host that folds case or normalisation: FAIL_BUILD with all of them, as far as fits. */
int compose_check_folding(const struct tree *t, struct fail *f);

#endif
