/* completion: scripts for shells, written from the tables that the parser reads. What a project has (targets,
 * environments, tags) the scripts ask of `slipway completion targets` and its kin, which print a name a line and
 * are silent without a project. */
#ifndef SLIPWAY_CMD_COMPLETION_H
#define SLIPWAY_CMD_COMPLETION_H

#include "base/strbuf.h"

/* Append the whole script. */
void completion_bash(struct strbuf *out);
void completion_zsh(struct strbuf *out);
void completion_fish(struct strbuf *out);

#endif
