/* help: what --help and `slipway help` print. */
#ifndef SLIPWAY_CMD_HELP_H
#define SLIPWAY_CMD_HELP_H

#include "cmd/command.h"

void help_command(struct page *page, const struct command *c);

#endif
