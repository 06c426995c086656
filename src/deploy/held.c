#include "deploy/held.h"

#include "base/clock.h"
#include "base/strbuf.h"

void held_leave(struct run *r, const struct switch_record *bad)
{
	struct strbuf text = STRBUF_INIT, raw = STRBUF_INIT;
	char age[CLOCK_TEXT];
	int64_t now = fleet_context(r->fleet)->now_s;

	strbuf_addstr(&raw, "rolled back");
	if (bad) {
		clock_age(age, now > bad->at_s ? now - bad->at_s : 0);
		strbuf_addf(&raw, " %s ago", age);
	}
	if (bad && bad->by)
		strbuf_addf(&raw, " by %s", bad->by);
	if (bad && bad->reason && *bad->reason)
		strbuf_addf(&raw, ": %s", bad->reason);
	strbuf_addescaped(&text, raw.buf, raw.len);
	r->row.held = arena_strdup(&r->mem, text.buf);
	strbuf_clear(&raw);
	strbuf_clear(&text);
	run_leave(r, RESULT_HELD, NULL);
}
