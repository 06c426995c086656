/* verbs: one per file of this room. */
#ifndef SLIPWAY_CMD_VERBS_H
#define SLIPWAY_CMD_VERBS_H

#include "cmd/command.h"

extern const struct verb verb_init, verb_check, verb_plan, verb_deploy, verb_status, verb_releases, verb_rollback,
	verb_verify, verb_prune, verb_history, verb_unlock, verb_adopt, verb_completion, verb_help, verb_version;

#endif
