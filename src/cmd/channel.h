/* channel: --channel, wherever a command can look at a preview channel instead of at what visitors see. */
#ifndef SLIPWAY_CMD_CHANNEL_H
#define SLIPWAY_CMD_CHANNEL_H

#include "base/fail.h"
#include "cmd/command.h"

/* A row of a verb's options; the value is a const char *, NULL when it is not given. */
#define CHANNEL_ROW(offset) \
	{ "channel", 0, OPT_STRING, offset, "NAME", WORDS_NONE, "this preview channel instead of what visitors see" }

/* Makes it the context's; NULL leaves that as it is. FAIL_USAGE: no channel can have this name. */
int channel_take(struct invocation *in, const char *text, struct fail *f);

#endif
