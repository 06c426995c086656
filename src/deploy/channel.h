/* channel: preview channels, as a command line names them: what such a name may be, how long a channel may live, and
 * where visitors see what it serves. A kind of host has channels when its table has `channels`. */
#ifndef SLIPWAY_DEPLOY_CHANNEL_H
#define SLIPWAY_DEPLOY_CHANNEL_H

#include <stdint.h>
#include "base/fail.h"
#include "base/mem.h"
#include "deploy/fleet.h"

#define CHANNEL_LIVE "live"                             /* what visitors see is one too, but never a preview */
#define CHANNEL_MOST_S ((int64_t)30 * 24 * 3600)

/* The name in mem, as firebase-tools would make it of the text: "/", ":", "_" and "#" become "-" (a branch's name will
 * do). FAIL_USAGE: it is empty, "live", or has anything but letters, digits and dashes. */
int channel_name(const char **out, const char *text, struct arena *mem, struct fail *f);
/* "12h", "7d", "30m" to seconds, as firebase-tools reads them; FAIL_USAGE for anything else, 0, or over 30 days. */
int channel_expires(int64_t *ttl_s, const char *text, struct fail *f);

/* FAIL_CONFIG: "a dir host has no channels". */
int channel_none(const char *kind, struct fail *f);
/* The channels of each active place whose kind has any, in run.channels. */
void channel_list_all(struct fleet *fl);
/* The context's channel lives for its channel_ttl_s from now on at the places that were unchanged; the others were
 * given that when they were staged. A place that refuses has failed. Nothing to do without --expires. */
void channel_prolong(struct fleet *fl);
/* Where the context's channel is seen, in row.url of every place that is well: its host chooses that when it makes the
 * channel. One request a place; what cannot be read is a note. Nothing to do without a channel. */
void channel_urls(struct fleet *fl);

#endif
