/* events: lines of --events. A JSON object a line: "at" (RFC 3339 with milliseconds), "event", "target" and
 * "place" where it is about one, and what the event brings. */
#ifndef SLIPWAY_CMD_EVENTS_H
#define SLIPWAY_CMD_EVENTS_H

#include <stdint.h>
#include "base/strbuf.h"
#include "deploy/report.h"

/* With its newline. detail is a compact JSON object whose members are taken over, or NULL. */
void events_format(struct strbuf *out, int64_t wall_ns, const char *name, const struct row *row, const char *detail);
/* Details. */
void events_phase(struct strbuf *out, const struct row *row);
void events_note(struct strbuf *out, const char *text);

#endif
