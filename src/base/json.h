/* json: reading (cJSON underneath, positions added) and writing JSON.
 *
 * A document is parsed once; values know their document, so that an error can say `slipway.json:12:7: ...`. Strict:
 * RFC 8259 plus (when asked) // and slash-star comments; no trailing commas, no duplicate keys, valid UTF-8, no raw
 * control characters, no NUL inside strings, no byte order mark, numbers of at most 60 digits, depth <= 64. Keys are
 * case-sensitive. */
#ifndef SLIPWAY_BASE_JSON_H
#define SLIPWAY_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/strbuf.h"

struct cJSON;
typedef struct cJSON json;          /* the one typedef of the project: cJSON's own name stays inside json.c */

enum json_flags { JSON_COMMENTS = 1, JSON_DUPLICATES_LAST_WINS = 2 };
enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_doc;
/* Parses len bytes. `name` (copied) stands in messages. FAIL_CONFIG with name:line:column on bad input. */
int json_parse(struct json_doc **out, const char *name, const char *text, size_t len, unsigned flags, struct fail *f);
/* Reads and parses a file (<= 16 MiB). */
int json_load(struct json_doc **out, int dirfd, const char *path, const char *name, unsigned flags, struct fail *f);
void json_doc_free(struct json_doc *d);
void json_doc_wipe(struct json_doc *d);                 /* frees; the text and every string are overwritten first */
const json *json_root(const struct json_doc *d);
const char *json_doc_name(const struct json_doc *d);
/* Line and column (1-based, in bytes) of a value's own text, or of its key with JSON_AT_KEY. False if v is not in d. */
enum json_where { JSON_AT_VALUE, JSON_AT_KEY };
bool json_position(const struct json_doc *d, const json *v, enum json_where where, unsigned *line, unsigned *column);

/* For a document d that was made from another one, which outlives it: v and what is below it (members by their keys,
 * items in their order) stand where `original` stands in `from`. From then on what was not paired has no position. */
void json_made_from(struct json_doc *d, const json *v, const struct json_doc *from, const json *original);

enum json_type json_type(const json *v);
const char *json_key(const json *v);                    /* the key under which v stands in its object, or NULL */
const json *json_get(const json *object, const char *key);      /* NULL when absent or not an object; exact case */
const json *json_first(const json *container);          /* for (c = json_first(v); c; c = json_next(c)) */
const json *json_next(const json *v);
size_t json_count(const json *container);
const char *json_string(const json *v);                 /* NULL unless a string */
bool json_bool(const json *v, bool otherwise);
double json_number(const json *v, double otherwise);
bool json_int(const json *v, int64_t *out);             /* false unless a whole number below 2^53 */
bool json_equal(const json *a, const json *b);
/* Compact text with object keys sorted by bytes: equal values have equal text. */
void json_canonical(struct strbuf *out, const json *v);
/* The text of a number, string or word as it stands in the document (not NUL-terminated, borrowed from d). False if v
 * is not in d. */
bool json_raw(const struct json_doc *d, const json *v, const char **text, size_t *len);

/* New values, owned by the caller, made from others by copying. They belong to no document and have no position. */
json *json_copy(const json *v);
/* Objects merge key by key, over wins; anything else is a copy of over. A key that both have keeps its place. An
 * object that `whole` (may be NULL) says true of is never merged into: the later one replaces it. */
json *json_merge(const json *under, const json *over, bool (*whole)(const json *));
/* A copy with every string replaced by what fn returns (malloc'd, taken over); NULL as soon as fn returns NULL. */
json *json_map_strings(const json *v, char *(*fn)(void *arg, const char *text), void *arg);
/* The items of list a, then those of list b. */
json *json_concat(const json *a, const json *b);
void json_free(json *v);

/* Writing: a value at a time, commas and nesting by itself. Usage: jw_object(w); jw_key(w,"a"); jw_int(w,1);
 * jw_end(w). */
struct jw {
	struct strbuf *out;
	int indent;                 /* 0 = compact, else spaces a level */
	unsigned depth;
	bool comma, keyed;
	char closers[128];          /* a parsed value of 64 levels fits below 64 of our own */
};
void jw_init(struct jw *w, struct strbuf *out, int indent);
void jw_object(struct jw *w);
void jw_array(struct jw *w);
void jw_end(struct jw *w);                              /* closes the innermost object or array */
void jw_key(struct jw *w, const char *key);
void jw_str(struct jw *w, const char *value);           /* NULL writes null; invalid UTF-8 becomes U+FFFD */
void jw_int(struct jw *w, int64_t value);
void jw_double(struct jw *w, double value, int decimals);
void jw_bool(struct jw *w, bool value);
void jw_null(struct jw *w);
void jw_json(struct jw *w, const json *value);
void jw_kstr(struct jw *w, const char *key, const char *value);
void jw_kint(struct jw *w, const char *key, int64_t value);
void jw_kbool(struct jw *w, const char *key, bool value);

#endif
