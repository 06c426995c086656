#include "deploy/rollback_choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strmap.h"
#include "release/release_id.h"

/* How many names stand in an error; the notes before it show more. */
enum { NAMES_IN_ERROR = 3 };

static bool is_mark(const struct switch_record *r)
{
	static const char *const marks[] = { "pin", "unpin", "drifted", "clean" };

	for (size_t i = 0; r->action && i < sizeof marks / sizeof *marks; i++)
		if (strcmp(r->action, marks[i]) == 0)
			return true;
	return false;
}

/* Did a run put this release here, as against somebody who went back to an older one? */
static bool is_arrival(const struct switch_record *r)
{
	return r->action && (strcmp(r->action, "deploy") == 0 || strcmp(r->action, "repair") == 0 ||
	                     strcmp(r->action, "adopt") == 0);
}

static int64_t made_s(const struct release_info *r)
{
	int64_t s = release_id_time(r->header.id);

	return s >= 0 ? s : r->header.created_s;
}

/* The newest release that is not bad and was made before end_s. */
static const struct release_info *newest_before(const struct release_list *list, int64_t end_s)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i].bad && made_s(&list->items[i]) < end_s)
			return &list->items[i];
	return NULL;
}

const struct release_info *rollback_served_with(const struct release_list *list, const struct switchlog *log,
                                                const char *id, int64_t next_s)
{
	const struct release_info *own = release_find(list, id), *then = NULL;
	const char *live = NULL;
	bool told = false;

	if (own)
		return own;
	if (!release_id_valid(id))
		return NULL;
	for (size_t i = 0; i < log->count; i++) {
		const struct switch_record *r = &log->records[i];

		if (is_mark(r))
			continue;
		if (!told)
			live = r->from;
		told = true;
		if (r->id && release_id_valid(r->id) && strcmp(r->id, id) > 0)
			break;
		if (!is_arrival(r) && r->at_s >= next_s)
			break;
		live = r->id;
	}
	if (live)
		then = release_find(list, live);
	return then ? then : newest_before(list, release_id_time(id) + 1);
}

const struct release_info *rollback_served_before(const struct release_list *list, const struct switchlog *log,
                                                  int64_t before_s)
{
	const struct release_info *then = NULL;
	const char *live = NULL;
	bool told = false;

	for (size_t i = 0; i < log->count; i++) {
		const struct switch_record *r = &log->records[i];

		if (is_mark(r))
			continue;
		if (!told)
			live = r->from;
		told = true;
		if (r->at_s >= before_s)
			break;
		live = r->id;
	}
	if (live)
		then = release_find(list, live);
	return then ? then : newest_before(list, before_s);
}

/* ---- groups ---- */

static bool same_id(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static int by_size(const void *a, const void *b)
{
	const struct rollback_group *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (!x->id || !y->id)
		return (x->id == NULL) - (y->id == NULL);
	return strcmp(y->id, x->id);
}

size_t rollback_groups(struct rollback_group **out, const struct rollback_place *places, size_t count,
                       struct arena *mem)
{
	struct rollback_group *groups = arena_alloc(mem, (count ? count : 1) * sizeof *groups);
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		size_t g = 0;

		while (g < n && !same_id(groups[g].id, places[i].live))
			g++;
		if (g == n) {
			groups[n].id = places[i].live;
			groups[n++].names = arena_alloc(mem, (count - i) * sizeof *groups->names);
		}
		groups[g].names[groups[g].count++] = places[i].name;
	}
	qsort(groups, n, sizeof *groups, by_size);
	*out = groups;
	return n;
}

static void add_names(struct strbuf *b, const char *const *names, size_t count, size_t most)
{
	for (size_t i = 0; i < count && i < most; i++) {
		strbuf_addstr(b, i ? ", " : "");
		strbuf_addescaped(b, names[i], strlen(names[i]));
	}
	if (count > most)
		strbuf_addf(b, " (+%zu)", count - most);
}

const char *rollback_group_text(const struct rollback_group *g, size_t most, struct arena *mem)
{
	struct strbuf b = STRBUF_INIT;
	const char *text;

	strbuf_addf(&b, "%zu target%s serve%s ", g->count, g->count == 1 ? "" : "s", g->count == 1 ? "s" : "");
	if (g->id)
		strbuf_addescaped(&b, g->id, strlen(g->id));
	else
		strbuf_addstr(&b, "nothing");
	strbuf_addstr(&b, ": ");
	add_names(&b, g->names, g->count, most);
	text = arena_strdup(mem, b.buf);
	strbuf_clear(&b);
	return text;
}

static int refuse_groups(const struct rollback_group *groups, size_t n, struct arena *mem, struct fail *f)
{
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < n && i < NAMES_IN_ERROR; i++)
		strbuf_addf(&b, "%s%s", i ? "; " : "", rollback_group_text(&groups[i], NAMES_IN_ERROR, mem));
	if (n > NAMES_IN_ERROR)
		strbuf_addf(&b, "; and %zu more groups", n - NAMES_IN_ERROR);
	fail_set(f, FAIL_USAGE, "the selected targets do not all serve the same run: %s", b.buf);
	fail_hint(f, "--undo ID takes back only those that serve ID, --to ID takes all to what they served then, "
	             "--each takes each to its own previous release");
	strbuf_clear(&b);
	return -1;
}

/* ---- which release is meant ---- */

struct meant {
	const char *exact;
	const char **ids;               /* distinct ids that begin with the text */
	size_t count, cap;
	struct strmap seen;
};

static void meant_add(struct meant *m, const char *text, const char *id)
{
	if (!id || strncmp(id, text, strlen(text)) != 0)
		return;
	if (strcmp(id, text) == 0)
		m->exact = id;
	if (strmap_get(&m->seen, id))
		return;
	strmap_set(&m->seen, id, m);
	m->ids = vec_grow(m->ids, &m->cap, m->count + 1, sizeof *m->ids);
	m->ids[m->count++] = id;
}

static int refuse_ambiguous(const struct meant *m, const char *text, struct fail *f)
{
	struct strbuf b = STRBUF_INIT;

	add_names(&b, m->ids, m->count, NAMES_IN_ERROR);
	fail_set(f, FAIL_USAGE, "\"%s\" could be %zu releases: %s", text, m->count, b.buf);
	strbuf_clear(&b);
	return -1;
}

static bool logged(const struct rollback_place *places, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < places[i].log->count; k++)
			if (same_id(places[i].log->records[k].id, id))
				return true;
	return false;
}

/* The id that wish->id means on these places. A whole id that none of them holds any more, or never held, is still
 * a moment that TO can go to, provided that a log or the ledger has seen it: a mistyped one must not pass for
 * that. */
static int resolve(const struct rollback_place *places, size_t count, const struct rollback_wish *wish,
                   const char **out, struct arena *mem, struct fail *f)
{
	struct meant m = { .seen = STRMAP_INIT };
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		meant_add(&m, wish->id, places[i].live);
		for (size_t k = 0; k < places[i].list->count; k++)
			meant_add(&m, wish->id, places[i].list->items[k].header.id);
	}
	if (*wish->id == '\0')
		rc = fail_set(f, FAIL_USAGE, "the release id is empty");
	else if (m.exact || m.count == 1)
		*out = arena_strdup(mem, m.exact ? m.exact : m.ids[0]);
	else if (m.count > 1)
		rc = refuse_ambiguous(&m, wish->id, f);
	else if (release_id_valid(wish->id) && (wish->id_known || logged(places, count, wish->id)))
		*out = wish->id;
	else {
		rc = fail_set(f, FAIL_USAGE, "no selected target knows a release \"%s\"", wish->id);
		fail_hint(f, "`slipway releases` lists them; --before TIME goes by time");
	}
	free(m.ids);
	strmap_clear(&m.seen);
	return rc;
}

/* The time of the next run after `id` that any of the places has seen. */
static int64_t next_run(const struct rollback_place *places, size_t count, const char *id)
{
	const char *next = NULL;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < places[i].list->count; k++) {
			const char *it = places[i].list->items[k].header.id;

			if (release_id_valid(it) && strcmp(it, id) > 0 && (!next || strcmp(it, next) < 0))
				next = it;
		}
	return next ? release_id_time(next) : INT64_MAX;
}

/* ---- the choice ---- */

/* A live release that is not among the listed ones (a link that somebody pointed elsewhere) has no parents to
 * follow: the newest good release counts as one step back from it. */
static const struct release_info *step_back(const struct rollback_place *p, unsigned steps)
{
	const struct release_info *from = p->live ? release_find(p->list, p->live) : NULL;

	if (!p->live)
		return NULL;
	if (from)
		return release_previous(p->list, from, steps);
	from = newest_before(p->list, INT64_MAX);
	return from && steps > 1 ? release_previous(p->list, from, steps - 1) : from;
}

static bool is_among(const char *const *ids, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

/* What a preview served is as new to visitors as what is deployed. */
static bool came_new(const struct switch_record *r)
{
	return is_arrival(r) || (r->action && strcmp(r->action, "promote") == 0);
}

size_t rollback_passed(const char ***out, const struct rollback_place *p, const char *to, struct arena *mem)
{
	size_t n = 0, i = p->log->count;

	*out = arena_alloc(mem, (i + 1) * sizeof **out);
	while (i > 0 && !(came_new(&p->log->records[i - 1]) && same_id(p->log->records[i - 1].id, p->live)))
		i--;
	for (i = i ? i - 1 : 0; i > 0; i--) {
		const struct switch_record *r = &p->log->records[i - 1];

		if (is_mark(r) || !r->id || !*r->id || same_id(r->id, p->live))
			continue;
		if (strcmp(r->id, to) == 0)
			return n;
		if (came_new(r) && !release_find(p->list, r->id) && !is_among(*out, n, r->id))
			(*out)[n++] = r->id;
	}
	return 0;
}

static int refuse_lost(const struct rollback_place *places, size_t count, const struct rollback_wish *wish,
                       struct fail *f)
{
	struct strbuf names = STRBUF_INIT, except = STRBUF_INIT;
	size_t lost = 0;

	for (size_t i = 0; i < count; i++) {
		if (!places[i].lost)
			continue;
		if (lost++ < NAMES_IN_ERROR)
			strbuf_addf(&names, "%s%s", lost > 1 ? ", " : "", places[i].name);
		strbuf_addf(&except, "%s%s", lost > 1 ? "," : "", places[i].name);
	}
	if (lost > NAMES_IN_ERROR)
		strbuf_addf(&names, " (+%zu)", lost - NAMES_IN_ERROR);
	if (wish->way == ROLLBACK_BACK || wish->way == ROLLBACK_UNDO)
		fail_set(f, FAIL_MISSING, "nothing was moved: %s %s no %s to go back to", names.buf, lost == 1 ? "has" : "have",
		         wish->steps > 1 ? "release that far back" : "earlier good release");
	else
		fail_set(f, FAIL_MISSING, "nothing was moved: %s %s no release from then", names.buf,
		         lost == 1 ? "has" : "have");
	if (except.len < 200)
		fail_hint(f, "--except %s leaves %s as %s", except.buf, lost == 1 ? "it" : "them",
		          lost == 1 ? "it is" : "they are");
	else
		fail_hint(f, "--except leaves targets out");
	strbuf_clear(&names);
	strbuf_clear(&except);
	return -1;
}

static void choose_place(struct rollback_place *p, const struct rollback_wish *wish, const char *id, int64_t next_s)
{
	p->to = NULL;
	p->lost = false;
	switch (wish->way) {
	case ROLLBACK_UNDO:
		if (!same_id(p->live, id))
			return;
		p->to = step_back(p, wish->steps);
		break;
	case ROLLBACK_BACK:
		p->to = step_back(p, wish->steps);
		break;
	case ROLLBACK_TO:
		if (same_id(p->live, id))
			return;
		p->to = rollback_served_with(p->list, p->log, id, next_s);
		break;
	case ROLLBACK_BEFORE:
		p->to = rollback_served_before(p->list, p->log, wish->before_s);
		break;
	}
	p->lost = p->to == NULL;
	if (p->to && same_id(p->to->header.id, p->live))
		p->to = NULL;
}

int rollback_choose(struct rollback_place *places, size_t count, const struct rollback_wish *wish, struct arena *mem,
                    struct fail *f)
{
	struct rollback_group *groups;
	const char *id = NULL;
	int64_t next_s = INT64_MAX;
	bool lost = false;
	size_t n;

	if (wish->way == ROLLBACK_BACK && !wish->each && (n = rollback_groups(&groups, places, count, mem)) > 1)
		return refuse_groups(groups, n, mem, f);
	if (wish->way == ROLLBACK_UNDO || wish->way == ROLLBACK_TO) {
		if (resolve(places, count, wish, &id, mem, f) < 0)
			return -1;
		next_s = next_run(places, count, id);
	}
	for (size_t i = 0; i < count; i++) {
		choose_place(&places[i], wish, id, next_s);
		lost = lost || places[i].lost;
	}
	return lost ? refuse_lost(places, count, wish, f) : 0;
}
