/* link: the live link, and the switch log beside it. */
#ifndef SLIPWAY_HOST_DIR_LINK_H
#define SLIPWAY_HOST_DIR_LINK_H

#include "host/dir/dir.h"

enum live_kind {
	LIVE_NOTHING,           /* no such name */
	LIVE_RELEASE,           /* a link into releases/ */
	LIVE_OUTSIDE,           /* a link to somewhere else */
	LIVE_DIRECTORY,         /* a real directory: needs `adopt` */
	LIVE_ODD                /* a file or worse */
};

struct live_link {
	enum live_kind kind;
	const char *id;         /* in mem: LIVE_RELEASE its name, LIVE_OUTSIDE and LIVE_DIRECTORY an absolute path */
	int64_t at_s;           /* when it was made */
};

int link_read(struct live_link *out, const struct place *p, const struct spot *s, struct arena *mem, struct fail *f);
/* What the link must hold to mean id (a release's name, or the absolute path of what lies outside): relative for a
 * release, through the real paths of both directories. */
int link_text(struct strbuf *out, const struct place *p, const char *id, struct fail *f);
/* Replaces the live link in one step (never a directory). text NULL removes it. */
int link_put(const struct spot *s, const char *text, struct fail *f);

/* The log as it lies there, completed in memory with a "found" record when it lags behind the link. */
int log_read(struct switchlog *log, const struct spot *s, const struct live_link *live, struct arena *mem,
             struct fail *f);
/* Appends in one write, after a newline when the last line is torn: first what the log lacks (log->completed), then r
 * with the next sequence number. */
int log_append(const struct spot *s, const struct switchlog *log, struct switch_record *r, struct fail *f);
int log_sync(const struct spot *s, struct fail *f);

#endif
