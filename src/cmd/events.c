#include "cmd/events.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

void events_format(struct strbuf *out, int64_t wall_ns, const char *name, const struct row *row, const char *detail)
{
	char second[CLOCK_TEXT];
	struct strbuf at = STRBUF_INIT;
	struct jw w;
	clock_format(second, wall_ns / 1000000000);
	strbuf_add(&at, second, strcspn(second, "Z"));
	strbuf_addf(&at, ".%03" PRId64 "Z", wall_ns / 1000000 % 1000);

	jw_init(&w, out, 0);
	jw_object(&w);
	jw_kstr(&w, "at", at.buf);
	jw_kstr(&w, "event", name);
	if (row) {
		jw_kstr(&w, "target", row->target);
		jw_kstr(&w, "place", row->place);
	}
	jw_end(&w);
	size_t len = detail ? strlen(detail) : 0;
	if (len > 2) {
		strbuf_setlen(out, out->len - 1);
		strbuf_addch(out, ',');
		strbuf_add(out, detail + 1, len - 1);
	}
	strbuf_addch(out, '\n');
	strbuf_clear(&at);
}

void events_phase(struct strbuf *out, const struct row *row)
{
	struct jw w;
	jw_init(&w, out, 0);
	jw_object(&w);
	jw_kstr(&w, "phase", phase_name(row->phase));
	jw_kstr(&w, "result", row->result == RESULT_NONE ? NULL : result_name(row->result));
	if (row->result != RESULT_NONE) {
		jw_kstr(&w, "live", row->live);
		jw_kint(&w, "sent_bytes", (int64_t)row->sent_bytes);
	}
	if (row->fail.kind != FAIL_NONE) {
		jw_kstr(&w, "error", fail_kind_name(row->fail.kind));
		jw_kstr(&w, "message", row->fail.text);
	}
	jw_end(&w);
}

void events_note(struct strbuf *out, const char *text)
{
	struct jw w;
	jw_init(&w, out, 0);
	jw_object(&w);
	jw_kstr(&w, "text", text);
	jw_end(&w);
}
