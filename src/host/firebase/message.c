#include "host/firebase/message.h"

#include <string.h>

#include "base/json.h"

#define FIELD_MOST 80                   /* of by and the like: five of them leave room for a text */

/* As many characters as fit; continuation bytes belong to the character before. */
static size_t cut(const char *text, size_t characters)
{
	size_t n = 0;

	for (size_t i = 0; text[i]; i++) {
		if (((unsigned char)text[i] & 0xC0) != 0x80 && n++ == characters)
			return i;
	}
	return strlen(text);
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

static void field(struct jw *w, const char *key, const char *value)
{
	struct strbuf part = STRBUF_INIT;

	if (!value || !*value)
		return;
	strbuf_add(&part, value, cut(value, FIELD_MOST));
	jw_kstr(w, key, part.buf);
	strbuf_clear(&part);
}

void message_format(struct strbuf *out, const struct message *m)
{
	struct strbuf tail = STRBUF_INIT;
	struct jw w;

	jw_init(&w, &tail, 0);
	jw_object(&w);
	field(&w, "by", m->by);
	field(&w, "action", m->action);
	field(&w, "env", m->environment);
	field(&w, "approver", m->approver);
	field(&w, "ci", m->ci);
	jw_end(&w);
	if (m->text && *m->text) {
		size_t left = MESSAGE_MOST - 1 - characters(tail.buf);
		strbuf_add(out, m->text, cut(m->text, left));
		strbuf_addch(out, ' ');
	}
	strbuf_add(out, tail.buf, tail.len);
	strbuf_clear(&tail);
}

static const char *take(const json *tail, const char *key, struct arena *mem)
{
	const char *text = json_string(json_get(tail, key));

	return text ? arena_strdup(mem, text) : NULL;
}

/* The tail has no objects inside, so it begins at the last brace that opens one outside of a string; trying each from
 * the end is simpler than telling strings apart. */
static struct json_doc *find_tail(const char *text, const char **at)
{
	size_t len = strlen(text);
	struct fail ignored = FAIL_INIT;

	if (!len || text[len - 1] != '}')
		return NULL;
	for (const char *p = text + len - 1; p >= text; p--) {
		struct json_doc *doc = NULL;
		if (*p != '{' || (p > text && p[-1] != ' '))
			continue;
		if (json_parse(&doc, "message", p, len - (size_t)(p - text), 0, &ignored) < 0)
			continue;
		if (json_string(json_get(json_root(doc), "action"))) {
			*at = p;
			return doc;
		}
		json_doc_free(doc);
	}
	return NULL;
}

void message_parse(struct message *out, const char *text, struct arena *mem)
{
	const char *at = NULL;
	struct json_doc *doc = find_tail(text, &at);

	*out = (struct message){ .text = NULL };
	if (!doc) {
		out->text = *text ? arena_strdup(mem, text) : NULL;
		return;
	}
	out->by = take(json_root(doc), "by", mem);
	out->action = take(json_root(doc), "action", mem);
	out->environment = take(json_root(doc), "env", mem);
	out->approver = take(json_root(doc), "approver", mem);
	out->ci = take(json_root(doc), "ci", mem);
	if (at > text + 1)
		out->text = arena_strndup(mem, text, (size_t)(at - text) - 1);
	json_doc_free(doc);
}
