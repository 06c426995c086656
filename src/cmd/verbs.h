/* verbs: one per file of this room. */
#ifndef SLIPWAY_CMD_VERBS_H
#define SLIPWAY_CMD_VERBS_H

#include "cmd/command.h"

extern const struct cmd_verb cmd_init, cmd_check, cmd_plan, cmd_deploy, cmd_status, cmd_releases, cmd_rollback,
	cmd_verify, cmd_prune, cmd_history, cmd_unlock, cmd_adopt, cmd_completion, cmd_help, cmd_version, cmd_channels,
	cmd_channel_delete, cmd_promote, cmd_disable, cmd_enable;

#endif
