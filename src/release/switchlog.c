#include "release/switchlog.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/json.h"

void switch_format(struct strbuf *out, const struct switch_record *r)
{
	char at[CLOCK_TEXT];
	struct jw w;

	clock_format(at, r->at_s);
	jw_init(&w, out, 0);
	jw_object(&w);
	jw_kint(&w, "seq", (int64_t)r->seq);
	jw_kstr(&w, "id", r->id);
	jw_kstr(&w, "from", r->from);
	jw_kstr(&w, "at", at);
	jw_kstr(&w, "by", r->by);
	jw_kstr(&w, "action", r->action);
	jw_kstr(&w, "reason", r->reason);
	jw_end(&w);
	strbuf_addch(out, '\n');
}

static const char *text_of(const json *object, const char *key, struct arena *mem)
{
	const char *s = json_string(json_get(object, key));

	return s ? arena_strdup(mem, s) : NULL;
}

static bool parse_record(struct switch_record *r, const char *line, size_t len, struct arena *mem)
{
	struct json_doc *doc;
	struct fail ignored = FAIL_INIT;
	const json *root;
	const char *at;
	int64_t seq;
	bool good;

	if (json_parse(&doc, "switches.jsonl", line, len, 0, &ignored) < 0)
		return false;
	root = json_root(doc);
	*r = (struct switch_record){ .id = text_of(root, "id", mem), .from = text_of(root, "from", mem),
		.by = text_of(root, "by", mem), .action = text_of(root, "action", mem),
		.reason = text_of(root, "reason", mem) };
	at = json_string(json_get(root, "at"));
	good = r->id && r->action && at && clock_parse(&r->at_s, at, 0, &ignored) == 0 &&
	       json_int(json_get(root, "seq"), &seq) && seq >= 0;
	if (good)
		r->seq = (uint64_t)seq;
	json_doc_free(doc);
	return good;
}

void switchlog_parse(struct switchlog *log, const char *text, size_t len, struct arena *mem, size_t *damaged)
{
	struct switch_record *v = NULL;
	size_t cap = 0, n = 0, bad = 0;
	const char *end = text + len;

	*log = (struct switchlog){ 0 };
	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));

		if (!nl) {
			log->torn = true;
			break;
		}
		v = vec_grow(v, &cap, n + 1, sizeof *v);
		if (parse_record(&v[n], text, (size_t)(nl - text), mem))
			n++;
		else if (nl > text)
			bad++;
		text = nl + 1;
	}
	log->records = n ? arena_memdup(mem, v, n * sizeof *v) : NULL;
	log->count = n;
	if (damaged)
		*damaged = bad;
	free(v);
}

static bool is(const struct switch_record *r, const char *action)
{
	return strcmp(r->action, action) == 0;
}

static bool is_mark(const struct switch_record *r)
{
	return is(r, "pin") || is(r, "unpin") || is(r, "drifted") || is(r, "clean");
}

/* By the first `count` records. A rollback onto a release that was bad takes an earlier rollback back: that says
 * nothing against the release it leaves, which would else have nowhere good to go back to. */
static const struct switch_record *bad_by(const struct switchlog *log, size_t count, const char *id)
{
	for (size_t i = count; i-- > 0;) {
		const struct switch_record *r = &log->records[i];

		if (is_mark(r))
			continue;
		if (strcmp(r->id, id) == 0)
			return NULL;
		if (!r->from || strcmp(r->from, id) != 0)
			continue;
		if (is(r, "undo") || (is(r, "rollback") && !bad_by(log, i, r->id)))
			return r;
	}
	return NULL;
}

const struct switch_record *switchlog_bad(const struct switchlog *log, const char *id)
{
	return bad_by(log, log->count, id);
}

bool switchlog_pinned(const struct switchlog *log, const char *id)
{
	for (size_t i = log->count; i-- > 0;) {
		const struct switch_record *r = &log->records[i];

		if ((is(r, "pin") || is(r, "unpin")) && strcmp(r->id, id) == 0)
			return is(r, "pin");
	}
	return false;
}

const struct switch_record *switchlog_drifted(const struct switchlog *log)
{
	const struct switch_record *live = switchlog_last(log);

	for (size_t i = log->count; i-- > 0;) {
		const struct switch_record *r = &log->records[i];

		if (!is_mark(r))
			return NULL;
		/* A verify that was at work while somebody switched speaks of what is not live any more. */
		if (live && strcmp(r->id, live->id) != 0)
			continue;
		if (is(r, "drifted"))
			return r;
		if (is(r, "clean"))
			return NULL;
	}
	return NULL;
}

const char *switchlog_live_at(const struct switchlog *log, int64_t at_s)
{
	for (size_t i = log->count; i-- > 0;)
		if (!is_mark(&log->records[i]) && log->records[i].at_s <= at_s)
			return *log->records[i].id ? log->records[i].id : NULL;
	return NULL;
}

const struct switch_record *switchlog_last(const struct switchlog *log)
{
	for (size_t i = log->count; i-- > 0;)
		if (!is_mark(&log->records[i]))
			return &log->records[i];
	return NULL;
}
