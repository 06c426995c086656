#include "host/firebase/releases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/firebase/message.h"
#include "release/release_id.h"

/* ---- versions ---- */

const char *version_id(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

enum version_status version_status_of(const json *version)
{
	const char *status = json_string(json_get(version, "status"));

	if (status && strcmp(status, "FINALIZED") == 0)
		return VERSION_FINALIZED;
	return status && strcmp(status, "CREATED") == 0 ? VERSION_CREATED : VERSION_OTHER;
}

/* version_count when there is none. */
static size_t version_index(const struct place *p, const char *release)
{
	size_t i = 0;

	while (i < p->version_count && strcmp(p->versions[i].release, release) != 0)
		i++;
	return i;
}

const struct version *version_find(const struct place *p, const char *release)
{
	size_t i = release ? version_index(p, release) : p->version_count;

	return i < p->version_count ? &p->versions[i] : NULL;
}

struct version *version_note(struct place *p, const char *release, const char *name, enum version_status status)
{
	size_t i = version_index(p, release);

	if (i == p->version_count) {
		p->versions = vec_grow(p->versions, &p->version_cap, i + 1, sizeof *p->versions);
		p->versions[p->version_count++] = (struct version){ .release = arena_strdup(&p->mem, release) };
	}
	if (!p->versions[i].name || strcmp(p->versions[i].name, name) != 0)
		p->versions[i].name = arena_strdup(&p->mem, name);
	p->versions[i].status = status;
	return &p->versions[i];
}

static const char *label(const json *version, const char *key)
{
	return json_string(json_get(json_get(version, "labels"), key));
}

void version_label(struct version *v, const json *version)
{
	const char *tree = label(version, "slipway-tree");

	snprintf(v->tree, sizeof v->tree, "%s", tree ? tree : "");
}

static const char *parent(const json *version)
{
	const char *id = label(version, "slipway-parent");

	return id && *id ? id : NULL;
}

static const char *own_id(const json *version)
{
	const char *id = label(version, "slipway-release");

	return id && release_id_valid(id) ? id : NULL;
}

const char *releases_id(const json *version)
{
	const char *name = json_string(json_get(version, "name"));

	return own_id(version) ? own_id(version) : name ? version_id(name) : NULL;
}

const char *releases_compressor(const struct json_doc *page, const char *version, struct arena *mem)
{
	const json *releases = page ? json_get(json_root(page), "releases") : NULL;

	for (const json *r = json_first(releases); r; r = json_next(r)) {
		const json *v = json_get(r, "version");
		const char *name = json_string(json_get(v, "name")), *gz = label(v, "slipway-gz");

		if (name && strcmp(name, version) == 0 && gz && own_id(v))
			return arena_strdup(mem, gz);
	}
	return "unknown";
}

/* ---- one release ---- */

static const char *kept(const char *text, struct arena *mem)
{
	return text ? arena_strdup(mem, text) : NULL;
}

static int64_t time_of(const json *o, const char *key)
{
	const char *text = json_string(json_get(o, key));
	struct fail ignored = FAIL_INIT;
	int64_t at;

	return text && clock_parse(&at, text, 0, &ignored) == 0 ? at : 0;
}

/* int64 fields are strings in JSON. */
static uint64_t number_of(const json *o, const char *key)
{
	const char *text = json_string(json_get(o, key));
	int64_t n = 0;

	if (text)
		return strtoull(text, NULL, 10);
	return json_int(json_get(o, key), &n) && n > 0 ? (uint64_t)n : 0;
}

static void read_header(struct release_header *h, const json *version, const struct message *m, struct arena *mem)
{
	const char *tree = label(version, "slipway-tree");

	*h = (struct release_header){
		.id = kept(releases_id(version), mem), .parent = kept(parent(version), mem),
		.commit = kept(label(version, "slipway-commit"), mem), .foreign = !own_id(version),
		.created_s = time_of(version, "createTime"), .files = number_of(version, "fileCount"),
		.bytes = number_of(version, "versionBytes"), .by = m->by, .message = m->text, .ci = m->ci,
		.environment = m->environment, .approver = m->approver,
	};
	if (!h->foreign && release_id_time(h->id) >= 0)
		h->created_s = release_id_time(h->id);
	if (!h->by)
		h->by = kept(json_string(json_get(json_get(version, "createUser"), "email")), mem);
	if (tree && strlen(tree) == SHA256_SIZE && !h->foreign)
		(void)hex_decode(h->tree, tree, SHA256_SIZE / 2);
}

static const char *action_of(const json *release, const struct message *m)
{
	const char *type = json_string(json_get(release, "type"));

	if (m->action)
		return m->action;
	return type && strcmp(type, "ROLLBACK") == 0 ? "rollback" : "deploy";
}

static void read_message(const json *release, struct message *m, struct arena *mem)
{
	const char *text = json_string(json_get(release, "message"));

	message_parse(m, text ? text : "", mem);
	if (!m->by)
		m->by = kept(json_string(json_get(json_get(release, "releaseUser"), "email")), mem);
}

bool releases_disabled(const json *release)
{
	const char *type = json_string(json_get(release, "type"));

	return type && strcmp(type, "SITE_DISABLE") == 0;
}

/* Of the ".513182Z" behind the seconds. */
static long nanoseconds(const char *at)
{
	long n = 0;
	int digits = 0;

	if (*at == '.')
		for (at++; digits < 9 && *at >= '0' && *at <= '9'; at++, digits++)
			n = n * 10 + (*at - '0');
	for (; digits < 9; digits++)
		n *= 10;
	return n;
}

bool releases_before(const char *a, const char *b)
{
	size_t seconds = strlen("2026-11-27T14:02:12");
	int differ = strncmp(a, b, seconds);

	if (differ || strlen(a) < seconds || strlen(b) < seconds)
		return differ < 0;
	return nanoseconds(a + seconds) < nanoseconds(b + seconds);
}

/* ---- all of them ---- */

struct sorted { const json *release; const char *number; };

/* A release's name ends in microseconds since 1970: a longer number is a later one. */
static int newest_first(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	size_t m = strlen(x->number), n = strlen(y->number);

	return m != n ? (m > n ? -1 : 1) : strcmp(y->number, x->number);
}

static struct sorted *sort(const struct release_page *page, size_t *count, struct arena *mem)
{
	size_t room = 0, n = 0;

	for (size_t i = 0; i < page->count; i++)
		room += json_count(json_get(page->answers[i], "releases"));
	struct sorted *all = arena_alloc(mem, (room + 1) * sizeof *all);
	for (size_t i = 0; i < page->count; i++) {
		for (const json *r = json_first(json_get(page->answers[i], "releases")); r; r = json_next(r)) {
			const char *name = json_string(json_get(r, "name"));
			all[n++] = (struct sorted){ .release = r, .number = name ? version_id(name) : "" };
		}
	}
	qsort(all, n, sizeof *all, newest_first);
	*count = n;
	return all;
}

static void fill_log(struct switchlog *log, const struct sorted *all, size_t count, struct arena *mem)
{
	const char *before = NULL;

	*log = (struct switchlog){ .records = arena_alloc(mem, (count + 1) * sizeof *log->records) };
	for (size_t i = count; i-- > 0;) {
		const json *r = all[i].release;
		const char *id = releases_disabled(r) ? "" : kept(releases_id(json_get(r, "version")), mem);
		struct message m;

		if (!id)
			continue;
		read_message(r, &m, mem);
		log->records[log->count] = (struct switch_record){ .seq = log->count + 1, .id = id, .from = before,
			.at_s = time_of(r, "releaseTime"), .by = m.by, .action = action_of(r, &m), .reason = m.text };
		log->count++;
		before = *id ? id : NULL;
	}
}

/* A version counts where it was released first, with the message that it came with. Two versions may carry one id when
 * a run was cut short and began anew: the one that was released last is meant by it. */
static void add_item(struct release_list *list, struct place *p, const json *release, struct arena *mem)
{
	const json *version = json_get(release, "version");
	const char *name = json_string(json_get(version, "name"));
	struct release_info *it = &list->items[list->count];
	struct message m;

	if (!name)
		return;
	struct version *v = version_note(p, releases_id(version), name, version_status_of(version));
	v->bytes = number_of(version, "versionBytes");
	v->files = number_of(version, "fileCount");
	version_label(v, version);
	if (version_status_of(version) != VERSION_FINALIZED || release_find(list, releases_id(version)))
		return;
	read_message(release, &m, mem);
	read_header(&it->header, version, &m, mem);
	list->count++;
}

static void reverse(struct release_list *list)
{
	for (size_t i = 0; i < list->count / 2; i++) {
		struct release_info it = list->items[i];
		list->items[i] = list->items[list->count - 1 - i];
		list->items[list->count - 1 - i] = it;
	}
}

const json *releases_parse(struct place *p, const struct release_page *page, struct release_list *list,
			   struct switchlog *log, struct arena *mem)
{
	struct switchlog own;
	size_t count;
	struct sorted *all = sort(page, &count, mem);
	const char *live = count && !releases_disabled(all[0].release) ? releases_id(json_get(all[0].release,
			"version")) : NULL;

	if (!log)
		log = &own;
	fill_log(log, all, count, mem);
	*list = (struct release_list){ .items = arena_alloc(mem, (count + 1) * sizeof *list->items) };
	for (size_t i = count; i-- > 0;)
		if (!releases_disabled(all[i].release))
			add_item(list, p, all[i].release, mem);
	reverse(list);
	for (size_t i = 0; i < list->count; i++) {
		struct release_info *it = &list->items[i];
		it->live = live && strcmp(it->header.id, live) == 0;
		it->bad_record = switchlog_bad(log, it->header.id);
		it->bad = it->bad_record != NULL;
	}
	return count ? all[0].release : NULL;
}
