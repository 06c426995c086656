/* pins: documents of a build that name other files by their hash (ngsw.json, precache manifests, integrity=). A file
 * that is rendered or overlaid would not match its pin any more: a browser would refuse it. */
#ifndef SLIPWAY_DEPLOY_PINS_H
#define SLIPWAY_DEPLOY_PINS_H

#include <stddef.h>
#include "base/fail.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "release/tree.h"

struct pins {                           /* what was found so far, so that many targets cost one look */
	struct arena *mem;
	struct strmap verdicts;         /* "build id/path" -> the entry that pins it, or the struct itself: none */
};

/* Is any of the paths `changed` pinned by a document of the target's tree (entries, sorted)? FAIL_BUILD names file and
 * document. */
int pins_check(struct pins *p, const struct tree *build, const struct entry *entries, size_t count,
	       const char *const *changed, size_t changed_count, struct fail *f);

#endif
