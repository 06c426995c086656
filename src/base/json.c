#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json_scan.h"
#include "base/mem.h"
#include "base/strmap.h"

#define FILE_MAX ((size_t)16 << 20)

struct place {
	const json *value;
	struct json_spot spot;
	const json *original;           /* in `from` */
};

struct json_doc {
	char *name, *text;              /* text: comments blanked out, else as read */
	size_t len;
	cJSON *root;
	const struct json_doc *from;    /* made from this one, whose positions count */
	struct place *places;           /* sorted by address */
	size_t place_count;
	size_t *lines;                  /* offset of each line's first byte */
	size_t line_count;
};

/* cJSON reports memory exhaustion as NULL; here it ends the program, as everywhere. */
static cJSON *must(cJSON *v)
{
	if (!v)
		abort();
	return v;
}

static void index_lines(struct json_doc *d)
{
	size_t cap = 0;

	d->lines = vec_grow(NULL, &cap, 1, sizeof *d->lines);
	d->lines[d->line_count++] = 0;
	for (const char *p = d->text; (p = memchr(p, '\n', (size_t)(d->text + d->len - p))) != NULL;) {
		d->lines = vec_grow(d->lines, &cap, d->line_count + 1, sizeof *d->lines);
		d->lines[d->line_count++] = (size_t)(++p - d->text);
	}
}

static void line_of(const struct json_doc *d, size_t offset, unsigned *line, unsigned *column)
{
	size_t low = 0, high = d->line_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (d->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	*line = (unsigned)low + 1;
	*column = (unsigned)(offset - d->lines[low]) + 1;
}

static int fail_at(const struct json_doc *d, size_t offset, struct fail *f, const char *what)
{
	struct strbuf shown = STRBUF_INIT;
	unsigned line, column;

	line_of(d, offset, &line, &column);
	strbuf_addescaped(&shown, d->name, strlen(d->name));
	fail_set(f, FAIL_CONFIG, "%s:%u:%u: %s", shown.buf, line, column, what);
	strbuf_clear(&shown);
	return -1;
}

/* Gives the values of one subtree their spots; both come in document order. */
struct marking {
	struct json_doc *doc;
	const struct json_scan *scan;
	size_t next;
	bool last_wins;
};

static int mark(struct marking *m, cJSON *value, struct fail *f);

static size_t subtree_size(const cJSON *value)
{
	size_t n = 1;

	for (const cJSON *c = value->child; c; c = c->next)
		n += subtree_size(c);
	return n;
}

static int refuse_duplicate(struct marking *m, const cJSON *value, struct fail *f)
{
	struct strbuf shown = STRBUF_INIT;

	strbuf_addstr(&shown, "duplicate key \"");
	strbuf_addescaped(&shown, value->string, strlen(value->string));
	strbuf_addch(&shown, '"');
	fail_at(m->doc, m->scan->spots[m->next].key, f, shown.buf);
	strbuf_clear(&shown);
	return -1;
}

/* Which member of an object counts when a key stands twice: the last, or (strictly) nobody may. */
static int mark_members(struct marking *m, cJSON *object, struct fail *f)
{
	struct strmap last = STRMAP_INIT;
	cJSON *dropped = must(cJSON_CreateArray());     /* freed after the map, which borrows their keys */
	int rc = 0;

	for (cJSON *c = object->child; c && m->last_wins; c = c->next)
		strmap_set(&last, c->string, c);
	for (cJSON *c = object->child, *next; c && rc == 0; c = next) {
		next = c->next;
		if (m->last_wins && strmap_get(&last, c->string) != c) {
			m->next += subtree_size(c);
			cJSON_AddItemToArray(dropped, cJSON_DetachItemViaPointer(object, c));
		} else if (!m->last_wins && strmap_set(&last, c->string, c)) {
			rc = refuse_duplicate(m, c, f);
		} else {
			rc = mark(m, c, f);
		}
	}
	strmap_clear(&last);
	cJSON_Delete(dropped);
	return rc;
}

static int mark(struct marking *m, cJSON *value, struct fail *f)
{
	struct json_doc *d = m->doc;

	if (cJSON_IsNumber(value) && !isfinite(value->valuedouble))
		return fail_at(d, m->scan->spots[m->next].value, f, "this number is too large");
	d->places[d->place_count++] = (struct place){ value, m->scan->spots[m->next++], NULL };
	if (cJSON_IsObject(value))
		return mark_members(m, value, f);
	for (cJSON *c = value->child; c; c = c->next)
		if (mark(m, c, f) < 0)
			return -1;
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return ((uintptr_t)x->value > (uintptr_t)y->value) - ((uintptr_t)x->value < (uintptr_t)y->value);
}

static int build(struct json_doc *d, const struct json_scan *scan, unsigned flags, struct fail *f)
{
	struct marking m = { .doc = d, .scan = scan, .last_wins = flags & JSON_DUPLICATES_LAST_WINS };

	d->root = cJSON_ParseWithLengthOpts(d->text, d->len + 1, NULL, 1);
	if (!d->root)
		return fail_set(f, FAIL_CONFIG, "%s: cannot be read as JSON", d->name);
	d->places = xcalloc(scan->count, sizeof *d->places);
	if (subtree_size(d->root) != scan->count)
		return fail_set(f, FAIL_CONFIG, "%s: cannot be read as JSON", d->name);
	if (mark(&m, d->root, f) < 0)
		return -1;
	qsort(d->places, d->place_count, sizeof *d->places, by_address);
	return 0;
}

int json_parse(struct json_doc **out, const char *name, const char *text, size_t len, unsigned flags, struct fail *f)
{
	struct json_doc *d = xcalloc(1, sizeof *d);
	struct json_scan scan = { 0 };
	int rc;

	d->name = xstrdup(name);
	d->text = xmalloc(len + 1);
	if (len)
		memcpy(d->text, text, len);
	d->text[len] = '\0';
	d->len = len;
	index_lines(d);
	rc = json_scan(&scan, d->text, len, flags);
	rc = rc < 0 ? fail_at(d, scan.wrong_at, f, scan.wrong) : build(d, &scan, flags, f);
	json_scan_clear(&scan);
	if (rc < 0)
		json_doc_free(d);
	else
		*out = d;
	return rc;
}

int json_load(struct json_doc **out, int dirfd, const char *path, const char *name, unsigned flags, struct fail *f)
{
	struct strbuf text = STRBUF_MAX(FILE_MAX + 1);
	int rc = file_read(&text, dirfd, path, FILE_MAX, 0, f);

	if (rc == 0)
		rc = json_parse(out, name, text.buf, text.len, flags, f);
	strbuf_clear(&text);
	return rc;
}

void json_doc_free(struct json_doc *d)
{
	if (!d)
		return;
	cJSON_Delete(d->root);
	free(d->places);
	free(d->lines);
	free(d->text);
	free(d->name);
	free(d);
}

static void wipe_strings(cJSON *v)
{
	if (cJSON_IsString(v))
		explicit_bzero(v->valuestring, strlen(v->valuestring));
	for (cJSON *c = v->child; c; c = c->next)
		wipe_strings(c);
}

void json_doc_wipe(struct json_doc *d)
{
	if (!d)
		return;
	explicit_bzero(d->text, d->len);
	wipe_strings(d->root);
	json_doc_free(d);
}

const json *json_root(const struct json_doc *d)
{
	return d->root;
}

const char *json_doc_name(const struct json_doc *d)
{
	return d->name;
}

static struct place *place_of(const struct json_doc *d, const json *v)
{
	struct place key = { .value = v };

	return d ? bsearch(&key, d->places, d->place_count, sizeof *d->places, by_address) : NULL;
}

bool json_position(const struct json_doc *d, const json *v, enum json_where where, unsigned *line, unsigned *column)
{
	const struct place *p = place_of(d, v);

	if (p && d->from)
		return json_position(d->from, p->original, where, line, column);
	if (!p)
		return false;
	line_of(d, where == JSON_AT_KEY && p->spot.key != JSON_NO_KEY ? p->spot.key : p->spot.value, line, column);
	return true;
}

void json_made_from(struct json_doc *d, const json *v, const struct json_doc *from, const json *original)
{
	struct place *p = place_of(d, v);
	const json *item = json_first(original);

	d->from = from;
	if (!p || !original)
		return;
	p->original = original;
	for (const json *c = json_first(v); c; c = c->next) {
		json_made_from(d, c, from, cJSON_IsArray(original) ? item : json_get(original, c->string ? c->string : ""));
		item = item ? item->next : NULL;
	}
}

bool json_raw(const struct json_doc *d, const json *v, const char **text, size_t *len)
{
	const struct place *place = place_of(d, v);
	const char *p;

	if (!place || json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT)
		return false;
	p = *text = d->text + place->spot.value;
	if (*p == '"') {
		for (p++; *p != '"'; p++)
			p += *p == '\\';
		p++;
	} else {
		p += strcspn(p, " \t\r\n,]}");
	}
	*len = (size_t)(p - *text);
	return true;
}

enum json_type json_type(const json *v)
{
	if (cJSON_IsObject(v))
		return JSON_OBJECT;
	if (cJSON_IsArray(v))
		return JSON_ARRAY;
	if (cJSON_IsString(v))
		return JSON_STRING;
	if (cJSON_IsNumber(v))
		return JSON_NUMBER;
	return cJSON_IsBool(v) ? JSON_BOOL : JSON_NULL;
}

const char *json_key(const json *v)
{
	return v->string;
}

const json *json_get(const json *object, const char *key)
{
	if (!object || !cJSON_IsObject(object))
		return NULL;
	for (const cJSON *c = object->child; c; c = c->next)
		if (strcmp(c->string, key) == 0)
			return c;
	return NULL;
}

const json *json_first(const json *container)
{
	return container ? container->child : NULL;
}

const json *json_next(const json *v)
{
	return v->next;
}

size_t json_count(const json *container)
{
	size_t n = 0;

	for (const json *c = json_first(container); c; c = c->next)
		n++;
	return n;
}

const char *json_string(const json *v)
{
	return v && cJSON_IsString(v) ? v->valuestring : NULL;
}

bool json_bool(const json *v, bool otherwise)
{
	return v && cJSON_IsBool(v) ? cJSON_IsTrue(v) : otherwise;
}

double json_number(const json *v, double otherwise)
{
	return v && cJSON_IsNumber(v) ? v->valuedouble : otherwise;
}

bool json_int(const json *v, int64_t *out)
{
	double n;

	if (!v || !cJSON_IsNumber(v))
		return false;
	n = v->valuedouble;
	if (n <= -9007199254740992.0 || n >= 9007199254740992.0 || n < floor(n) || n > floor(n))
		return false;
	*out = (int64_t)n;
	return true;
}

static bool equal_members(const json *a, const json *b)
{
	if (json_count(a) != json_count(b))
		return false;
	for (const json *c = a->child; c; c = c->next) {
		const json *other = json_get(b, c->string);

		if (!other || !json_equal(c, other))
			return false;
	}
	return true;
}

bool json_equal(const json *a, const json *b)
{
	enum json_type type = json_type(a);
	const json *x = json_first(a), *y = json_first(b);

	if (type != json_type(b))
		return false;
	if (type == JSON_OBJECT)
		return equal_members(a, b);
	if (type == JSON_STRING)
		return strcmp(a->valuestring, b->valuestring) == 0;
	if (type == JSON_NUMBER)        /* bit for bit, as the canonical text tells 0 from -0. NOLINTNEXTLINE */
		return memcmp(&a->valuedouble, &b->valuedouble, sizeof a->valuedouble) == 0;
	if (type == JSON_BOOL)
		return cJSON_IsTrue(a) == cJSON_IsTrue(b);
	for (; x && y; x = x->next, y = y->next)
		if (!json_equal(x, y))
			return false;
	return x == y;
}

json *json_copy(const json *v)
{
	cJSON *copy = must(cJSON_Duplicate(v, 1));

	free(copy->string);
	copy->string = NULL;
	return copy;
}

json *json_merge(const json *under, const json *over, bool (*whole)(const json *))
{
	cJSON *out;

	if (!under || !cJSON_IsObject(under) || !cJSON_IsObject(over) || (whole && (whole(under) || whole(over))))
		return json_copy(over);
	out = must(cJSON_CreateObject());
	for (const cJSON *c = under->child; c; c = c->next) {
		const json *winner = json_get(over, c->string);

		cJSON_AddItemToObject(out, c->string, winner ? json_merge(c, winner, whole) : json_copy(c));
	}
	for (const cJSON *c = over->child; c; c = c->next)
		if (!json_get(under, c->string))
			cJSON_AddItemToObject(out, c->string, json_copy(c));
	return out;
}

json *json_concat(const json *a, const json *b)
{
	cJSON *out = must(cJSON_CreateArray());

	for (const json *c = json_first(a); c; c = c->next)
		cJSON_AddItemToArray(out, json_copy(c));
	for (const json *c = json_first(b); c; c = c->next)
		cJSON_AddItemToArray(out, json_copy(c));
	return out;
}

json *json_map_strings(const json *v, char *(*fn)(void *arg, const char *text), void *arg)
{
	cJSON *out;
	char *text;

	if (cJSON_IsString(v)) {
		text = fn(arg, v->valuestring);
		out = text ? must(cJSON_CreateString(text)) : NULL;
		free(text);
		return out;
	}
	if (!cJSON_IsObject(v) && !cJSON_IsArray(v))
		return json_copy(v);
	out = must(cJSON_IsObject(v) ? cJSON_CreateObject() : cJSON_CreateArray());
	for (const cJSON *c = v->child; c; c = c->next) {
		cJSON *item = json_map_strings(c, fn, arg);

		if (!item) {
			cJSON_Delete(out);
			return NULL;
		}
		if (cJSON_IsObject(v))
			cJSON_AddItemToObject(out, c->string, item);
		else
			cJSON_AddItemToArray(out, item);
	}
	return out;
}

void json_free(json *v)
{
	cJSON_Delete(v);
}
