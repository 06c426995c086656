/* help: what --help and `slipway help` print. */
#ifndef SLIPWAY_CMD_HELP_H
#define SLIPWAY_CMD_HELP_H

#include "cmd/command.h"

/* The page of one command: usage, what it does, its options and those of every command. */
void help_command(struct page *page, const struct command *c);

#endif
