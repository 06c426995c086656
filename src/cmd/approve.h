/* approve: environments that want a word before anything becomes visible in them ("approve" in the project). */
#ifndef SLIPWAY_CMD_APPROVE_H
#define SLIPWAY_CMD_APPROVE_H

#include <stdbool.h>
#include "base/fail.h"
#include "cmd/command.h"

/* "ask" wants the environment's name typed, or -y; "signed" is refused, FAIL_USAGE. what: "deploy to", before the
 * number of targets. show (may be NULL) says on stderr what the question is about: 1 it is worth asking, 0 nothing
 * would change, -1 it failed. */
int approve(struct invocation *in, const char *what, int (*show)(struct invocation *in, struct fail *f),
            struct fail *f);

#endif
