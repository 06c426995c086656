/* switchlog: whatever the bytes, parsing ends, and what was understood is written as text that reads back equal. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "release/switchlog.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena mem = ARENA_INIT;
	struct strbuf text = STRBUF_INIT, twice = STRBUF_INIT;
	struct switchlog log, again;
	size_t damaged;

	switchlog_parse(&log, (const char *)data, size, &mem, &damaged);
	for (size_t i = 0; i < log.count; i++) {
		const struct switch_record *r = &log.records[i];

		(void)switchlog_bad(&log, r->id);
		(void)switchlog_pinned(&log, r->id);
		(void)switchlog_live_at(&log, r->at_s);
		switch_format(&text, r);
	}
	(void)switchlog_drifted(&log);
	assert(log.count == 0 || switchlog_last(&log) || !switchlog_live_at(&log, INT64_MAX));
	switchlog_parse(&again, text.buf, text.len, &mem, &damaged);
	assert(again.count == log.count && damaged == 0 && !again.torn);
	for (size_t i = 0; i < again.count; i++)
		switch_format(&twice, &again.records[i]);
	assert(text.len == twice.len && memcmp(text.buf, twice.buf, text.len) == 0);
	strbuf_clear(&text);
	strbuf_clear(&twice);
	arena_clear(&mem);
	return 0;
}
