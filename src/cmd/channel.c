#include "cmd/channel.h"

#include "deploy/channel.h"

int channel_take(struct invocation *in, const char *text, struct fail *f)
{
	return text ? channel_name(&in->context.channel, text, &in->mem, f) : 0;
}
