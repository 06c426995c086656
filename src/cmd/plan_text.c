#include "cmd/plan_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "cmd/format.h"
#include "cmd/summary.h"

#define INLINE_ITEMS 8                  /* so many changes fit a sentence; more become counts and a list */
#define LISTED_ITEMS 20                 /* of that list, unless -v */
#define CONFIG_LEAST 24                 /* columns of one side of a changed setting */
#define NAMED_TARGETS 3                 /* so few targets are named instead of counted */

struct plan_group {
	const struct place_plan **places;
	size_t count, cap;
};

struct plan_groups {
	struct plan_group *items;
	size_t count, cap;
};

/* May be a change: a secret is read when it is deployed. */
static bool known_at_deploy(const struct place_plan *p, size_t i)
{
	return p->plan.items[i].kind == PLAN_CHANGE && p->why && p->why[i] && strcmp(p->why[i], PLAN_WHY_AT_DEPLOY) == 0;
}

static bool new_encoding(const struct place_plan *p, size_t i)
{
	return p->why && p->why[i] && strcmp(p->why[i], PLAN_WHY_ENCODING) == 0;
}

/* What is worth a word beside the path; NULL = nothing. */
static const char *remark(const struct place_plan *p, size_t i)
{
	return known_at_deploy(p, i) ? "known at deploy" : new_encoding(p, i) ? "new encoding" : NULL;
}

/* Nothing else would change. */
static bool all_known_at_deploy(const struct place_plan *p)
{
	size_t i = 0;
	while (i < p->plan.count && known_at_deploy(p, i))
		i++;
	return i > 0 && i == p->plan.count && p->config_count == 0;
}

/* Two places with equal signatures are told together. */
static const char *signature(const struct place_plan *p, struct arena *mem)
{
	struct strbuf text = STRBUF_INIT;
	struct sha256 *h = sha256_new();
	uint8_t digest[SHA256_SIZE];
	strbuf_addf(&text, "%d %d %zu %zu %d|", (int)p->row->result, p->plan.first, p->plan.keep, p->config_count,
	            p->exact);
	sha256_update(h, text.buf, text.len);
	for (size_t i = 0; i < p->plan.count; i++) {
		const struct plan_item *item = &p->plan.items[i];
		strbuf_setlen(&text, 0);
		strbuf_addf(&text, "%d%s %s", (int)item->kind, remark(p, i) ? remark(p, i) : "", item->path);
		sha256_update(h, text.buf, text.len + 1);
	}
	for (size_t i = 0; i < p->config_count; i++) {
		strbuf_setlen(&text, 0);
		strbuf_addf(&text, "%s %s %s", p->config[i].key, p->config[i].from ? p->config[i].from : "",
		            p->config[i].to ? p->config[i].to : "");
		sha256_update(h, text.buf, text.len + 1);
	}
	sha256_final(h, digest);
	sha256_free(h);
	strbuf_clear(&text);
	char *hex = arena_bytes(mem, SHA256_HEX);
	hex_encode(hex, digest, SHA256_SIZE);
	return hex;
}

static bool has_plan(const struct place_plan *p)
{
	return p->row->result == RESULT_NONE || p->row->result == RESULT_UNCHANGED;
}

static struct plan_groups group_places(const struct plan_report *report, struct arena *mem)
{
	struct plan_groups groups = { NULL, 0, 0 };
	struct strmap known = STRMAP_INIT;
	for (size_t i = 0; i < report->outcome.row_count; i++) {
		const struct place_plan *p = &report->places[i];
		if (!has_plan(p))
			continue;
		const char *key = signature(p, mem);
		size_t at = (size_t)(uintptr_t)strmap_get(&known, key);
		if (at == 0) {
			groups.items = vec_grow(groups.items, &groups.cap, groups.count + 1, sizeof(*groups.items));
			groups.items[groups.count++] = (struct plan_group){ NULL, 0, 0 };
			at = groups.count;
			strmap_set(&known, key, (void *)(uintptr_t)at);
		}
		struct plan_group *g = &groups.items[at - 1];
		g->places = vec_grow(g->places, &g->cap, g->count + 1, sizeof(*g->places));
		g->places[g->count++] = p;
	}
	strmap_clear(&known);
	return groups;
}

static void group_free(struct plan_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->items[i].places);
	free(groups->items);
}

static char sign_of(enum plan_kind kind)
{
	return kind == PLAN_ADD ? '+' : kind == PLAN_REMOVE ? '-' : '~';
}

static enum style style_of(enum plan_kind kind)
{
	return kind == PLAN_ADD ? STYLE_GOOD : kind == PLAN_REMOVE ? STYLE_BAD : STYLE_WARN;
}

/* "38 targets: " or "jarupa, lanta: "; returns its width. */
static size_t group_title(struct page *p, const struct plan_group *g)
{
	struct strbuf title = STRBUF_INIT;
	if (g->count > NAMED_TARGETS)
		format_plural(&title, g->count, "target", "targets");
	else
		for (size_t i = 0; i < g->count; i++) {
			strbuf_addstr(&title, i > 0 ? ", " : "");
			format_name(&title, g->places[i]->row->place);
		}
	style_text(&p->text, p->term.color, STYLE_STRONG, title.buf);
	strbuf_addstr(&p->text, ": ");
	size_t width = utf8_width(title.buf, title.len) + 2;
	strbuf_clear(&title);
	return width;
}

static void counts(struct page *p, const struct plan *plan)
{
	static const struct { enum plan_kind kind; const char *word; } kinds[] = {
		{ PLAN_ADD, "added" }, { PLAN_CHANGE, "changed" }, { PLAN_REMOVE, "removed" },
	};
	const char *between = "";
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		size_t n = k == 0 ? plan->add : k == 1 ? plan->change : plan->remove;
		if (n == 0)
			continue;
		strbuf_addstr(&p->text, between);
		format_count(&p->text, n);
		strbuf_addf(&p->text, " %s", kinds[k].word);
		between = ", ";
	}
}

static void inline_items(struct page *p, const struct place_plan *place, size_t at)
{
	const struct plan *plan = &place->plan;
	const char *words[INLINE_ITEMS];
	for (size_t i = 0; i < plan->count; i++) {
		struct strbuf word = STRBUF_INIT;
		strbuf_addf(&word, "%c ", sign_of(plan->items[i].kind));
		format_name(&word, plan->items[i].path);
		if (remark(place, i))
			strbuf_addf(&word, " (%s)", remark(place, i));
		words[i] = arena_strdup(p->mem, word.buf);
		strbuf_clear(&word);
	}
	page_words(p, words, plan->count, at, 4, 0);
	strbuf_addch(&p->text, '\n');
}

static void listed_items(struct page *p, const struct place_plan *place, size_t max)
{
	const struct plan *plan = &place->plan;
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_item *item = &plan->items[i];
		const struct entry *e = item->want ? item->want : item->have;
		char sign[3] = { sign_of(item->kind), ' ', '\0' };
		if (max > 0 && i == max) {
			strbuf_addf(&p->text, "  +%zu more (-v lists them)\n", plan->count - max);
			return;
		}
		strbuf_addstr(&p->text, "  ");
		style_text(&p->text, p->term.color, style_of(item->kind), sign);
		format_name(&p->text, item->path);
		strbuf_addstr(&p->text, "  ");
		format_bytes(&p->text, e->blob->size);
		if (p->verbose && place->why && place->why[i])
			strbuf_addf(&p->text, "  %s", place->why[i]);
		else if (remark(place, i))
			strbuf_addf(&p->text, "  %s", remark(place, i));
		strbuf_addch(&p->text, '\n');
	}
}

#define CONTEXT 8                       /* bytes of what is alike that stand before a difference */

/* Where the part worth showing of two long values begins: a little before they differ. */
static size_t difference(const char *a, const char *b)
{
	size_t at = 0;
	while (a && b && a[at] && a[at] == b[at])
		at++;
	at = at > 2 * CONTEXT ? at - CONTEXT : 0;
	while (at > 0 && ((unsigned char)a[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static void config_value(struct page *p, const char *value, size_t from, size_t width)
{
	struct strbuf text = STRBUF_INIT;
	if (value && from > 0)
		strbuf_addstr(&text, p->term.utf8 ? "\xe2\x80\xa6" : "~");
	format_name(&text, value ? value + from : NULL);
	format_cut(&text, width, p->term.utf8);
	strbuf_addstr(&p->text, text.buf);
	strbuf_clear(&text);
}

/* Values may be whole lists of rules: so much of each as fits half a line, unless -v. */
static void group_config(struct page *p, const struct place_plan *place)
{
	for (size_t i = 0; i < place->config_count; i++) {
		const struct config_change *c = &place->config[i];
		struct strbuf head = STRBUF_INIT;
		strbuf_addstr(&head, "  ~ ");
		format_name(&head, c->key);
		strbuf_addstr(&head, ": ");
		size_t taken = utf8_width(head.buf, head.len) + 4, longest = c->from ? strlen(c->from) : 1;
		size_t width = p->term.columns > taken + 2 * CONFIG_LEAST ? (p->term.columns - taken) / 2 : CONFIG_LEAST;
		longest = c->to && strlen(c->to) > longest ? strlen(c->to) : longest;
		bool whole = p->verbose || longest <= width;
		size_t from = whole ? 0 : difference(c->from, c->to);
		strbuf_addstr(&p->text, head.buf);
		config_value(p, c->from, from, whole ? longest * 4 + 1 : width);
		strbuf_addf(&p->text, " %s ", page_arrow(p));
		config_value(p, c->to, from, whole ? longest * 4 + 1 : width);
		strbuf_addch(&p->text, '\n');
		strbuf_clear(&head);
	}
}

static void group_text(struct page *p, const struct plan_group *g)
{
	const struct place_plan *place = g->places[0];
	const struct plan *plan = &place->plan;
	size_t at = group_title(p, g);
	if (place->row->result == RESULT_UNCHANGED) {
		strbuf_addstr(&p->text, "unchanged\n");
		return;
	}
	if (plan->first) {
		strbuf_addstr(&p->text, "first release, ");
		format_plural(&p->text, plan->add, "file", "files");
		strbuf_addstr(&p->text, ", ");
		format_bytes(&p->text, plan->send_bytes);
		strbuf_addch(&p->text, '\n');
		if (p->verbose)
			listed_items(p, place, 0);
	} else if (plan->count > 0 && plan->count <= INLINE_ITEMS && !p->verbose) {
		inline_items(p, place, at);
	} else if (plan->count > 0) {
		counts(p, plan);
		strbuf_addch(&p->text, '\n');
		listed_items(p, place, p->verbose ? 0 : LISTED_ITEMS);
	} else {
		strbuf_addstr(&p->text, place->config_count > 0 ? "configuration\n" : "a new release of the same files\n");
	}
	group_config(p, place);
}

void plan_ignored(struct page *p, const struct build *builds, size_t count)
{
	for (size_t b = 0; b < count; b++) {
		const struct build *build = &builds[b];
		const char *between = "";
		if (build->hidden_user + build->hidden_builtin == 0)
			continue;
		strbuf_addstr(&p->text, "ignored");
		if (count > 1) {
			strbuf_addstr(&p->text, " in ");
			format_name(&p->text, build->name);
		}
		strbuf_addf(&p->text, ": %zu by your rules, %zu built in", build->hidden_user, build->hidden_builtin);
		for (size_t i = 0; i < build->hidden_count; i++) {
			bool told = !build->hidden[i].builtin;
			for (size_t k = 0; k < i && !told; k++)
				told = build->hidden[k].builtin && strcmp(build->hidden[k].rule, build->hidden[i].rule) == 0;
			if (told)
				continue;
			strbuf_addf(&p->text, "%s%s", *between ? between : " (", build->hidden[i].rule);
			between = ", ";
		}
		strbuf_addf(&p->text, "%s\n", *between ? ")" : "");
	}
}

static void closing(struct page *p, const struct plan_report *report)
{
	size_t change = 0, later = 0, unchanged = 0;
	uint64_t files = 0, bytes = 0;
	bool exact = true;
	for (size_t i = 0; i < report->outcome.row_count; i++) {
		const struct place_plan *place = &report->places[i];
		unchanged += place->row->result == RESULT_UNCHANGED;
		if (place->row->result != RESULT_NONE)
			continue;
		if (all_known_at_deploy(place))
			later++;
		else
			change++;
		files += place->plan.send_files;
		bytes += place->plan.send_bytes;
		exact &= place->exact;
	}
	format_plural(&p->text, report->outcome.row_count, "target", "targets");
	strbuf_addf(&p->text, ": %zu to change, %zu unchanged", change, unchanged);
	if (later > 0)
		strbuf_addf(&p->text, ", %zu known at deploy", later);
	change += later;
	if (report->outcome.row_count > change + unchanged)
		strbuf_addf(&p->text, ", %zu that cannot be deployed now", report->outcome.row_count - change - unchanged);
	if (files > 0) {
		strbuf_addstr(&p->text, page_dot(p));
		format_plural(&p->text, files, "file", "files");
		strbuf_addstr(&p->text, exact ? ", " : ", about ");
		format_bytes(&p->text, bytes);
		strbuf_addstr(&p->text, " to send");
	}
	strbuf_addch(&p->text, '\n');
}

/* Does a change anywhere stand in doubt? */
static bool any_unsure(const struct plan_report *report)
{
	for (size_t i = 0; i < report->outcome.row_count; i++)
		for (size_t k = 0; report->places[i].why && k < report->places[i].plan.count; k++)
			if (strcmp(report->places[i].why[k], PLAN_WHY_UNSURE) == 0)
				return true;
	return false;
}

static void notes(struct page *p, const struct outcome *o)
{
	for (size_t i = 0; i < o->row_count; i++)
		for (size_t n = 0; n < o->rows[i]->note_count; n++) {
			format_name(&p->text, o->rows[i]->place);
			strbuf_addstr(&p->text, ": ");
			format_name(&p->text, o->rows[i]->notes[n]);
			strbuf_addch(&p->text, '\n');
		}
}

void plan_page(struct page *p, const struct plan_report *report)
{
	if (report->outcome.row_count == 0 || !report->places)
		return;
	if (!p->quiet) {
		struct plan_groups groups = group_places(report, p->mem);
		summary_builds(p, &report->outcome);
		plan_ignored(p, report->builds, report->build_count);
		for (size_t i = 0; i < groups.count; i++)
			group_text(p, &groups.items[i]);
		notes(p, &report->outcome);
		group_free(&groups);
	}
	summary_failures(p, &report->outcome);
	if (!p->quiet && any_unsure(report))
		strbuf_addstr(&p->text, "another compressor made what is live: --compare-content tells what differs\n");
	closing(p, report);
}

void plan_hidden_json(struct jw *w, const struct build *build, const struct hidden *h)
{
	jw_object(w);
	jw_kstr(w, "build", build->name);
	jw_kstr(w, "path", h->path);
	jw_kstr(w, "rule", h->rule);
	jw_kbool(w, "built_in", h->builtin);
	jw_end(w);
}
