/* --only and --except, as the official client reads them. */
#include "target/fbjson.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"

static const char hosting[] = "hosting", scoped[] = "hosting:";

/* What else the client deploys: such a word of --except leaves out what slipway never deploys. */
static const char *const other_products[] = {
	"apphosting", "auth", "database", "dataconnect", "extensions", "firestore", "functions", "remoteconfig", "storage"
};

static bool is_other_product(const char *word)
{
	size_t n = strcspn(word, ":");

	for (size_t i = 0; i < sizeof other_products / sizeof *other_products; i++)
		if (strlen(other_products[i]) == n && strncmp(other_products[i], word, n) == 0)
			return true;
	return false;
}

/* NAME of "hosting:NAME", or NULL. */
static const char *scope_of(const char *word)
{
	return strncmp(word, scoped, sizeof scoped - 1) == 0 ? word + sizeof scoped - 1 : NULL;
}

/* The next word, copied to mem, or NULL; *text moves on. */
static const char *next_word(const char **text, struct arena *mem)
{
	size_t n;
	const char *word;

	*text += strspn(*text, ", \t\n");
	n = strcspn(*text, ", \t\n");
	word = n ? arena_strndup(mem, *text, n) : NULL;
	*text += n;
	return word;
}

const char *const *fbjson_other_words(const char *const *lists, size_t list_count, size_t *count, struct arena *mem)
{
	size_t room = 1;
	const char **out, *word;

	for (size_t i = 0; i < list_count; i++)
		room += strlen(lists[i]) / 2 + 1;
	out = arena_alloc(mem, room * sizeof *out);
	*count = 0;
	for (size_t i = 0; i < list_count; i++)
		for (const char *at = lists[i]; (word = next_word(&at, mem)) != NULL;)
			if (strcmp(word, hosting) != 0 && !scope_of(word) && !is_other_product(word))
				out[(*count)++] = word;
	return out;
}

/* ---- --only ---- */

static bool has_site(const struct fbjson *fb, const struct fbjson_entry *e, const char *name)
{
	const char *site = e->site || e->target || fb->list ? e->site : fb->project;

	return site && strcmp(site, name) == 0;
}

/* The entry a name means: the last with this site, else the last with this target. */
static struct fbjson_entry *find(struct fbjson *fb, const char *name)
{
	struct fbjson_entry *by_site = NULL, *by_target = NULL;

	for (size_t i = 0; i < fb->entry_count; i++) {
		struct fbjson_entry *e = &fb->entries[i];

		if (has_site(fb, e, name))
			by_site = e;
		if (e->target && strcmp(e->target, name) == 0)
			by_target = e;
	}
	return by_site ? by_site : by_target;
}

static int fail_unknown(struct fbjson *fb, const char *name, struct fail *f)
{
	const char **names = arena_alloc(&fb->mem, (fb->entry_count + 1) * sizeof *names), *near;
	struct strbuf shown = STRBUF_INIT, all = STRBUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < fb->entry_count; i++) {
		const struct fbjson_entry *e = &fb->entries[i];

		if (!e->target && !e->site)
			continue;
		names[n++] = e->target ? e->target : e->site;
		if (n <= 8)
			strbuf_addf(&all, "%s%s", n > 1 ? ", " : "", names[n - 1]);
	}
	near = utf8_nearest(name, names, n);
	strbuf_addescaped(&shown, name, strlen(name));
	fail_set(f, FAIL_USAGE, "--only hosting:%s: firebase.json has no entry with this site or target", shown.buf);
	if (near)
		fail_hint(f, "did you mean hosting:%s?", near);
	else if (n)
		fail_hint(f, "there is %s%s", all.buf, n > 8 ? ", ..." : "");
	strbuf_clear(&shown);
	strbuf_clear(&all);
	return -1;
}

static int fail_foreign(const char *word, struct fail *f)
{
	struct strbuf shown = STRBUF_INIT;

	strbuf_addescaped(&shown, word, strlen(word));
	if (is_other_product(word)) {
		fail_set(f, FAIL_USAGE, "--only names %s: slipway deploys hosting and nothing else", shown.buf);
		fail_hint(f, "deploy that with the firebase tools, and hosting with --only hosting");
	} else {
		fail_set(f, FAIL_USAGE, "--only takes hosting or hosting:NAME, not \"%s\"", shown.buf);
		fail_hint(f, "--only hosting:%.100s, or name the target: slipway deploy %.100s", shown.buf, shown.buf);
	}
	strbuf_clear(&shown);
	return -1;
}

static int keep_only(struct fbjson *fb, const char *only, struct fail *f)
{
	bool all = false, any = false;
	const char *word;

	for (size_t i = 0; i < fb->entry_count; i++)
		fb->entries[i].chosen = false;
	for (const char *at = only; (word = next_word(&at, &fb->mem)) != NULL;) {
		const char *name = scope_of(word);
		struct fbjson_entry *e = name ? find(fb, name) : NULL;

		any = true;
		if (!name && strcmp(word, hosting) != 0)
			return fail_foreign(word, f);
		if (name && !e)
			return fail_unknown(fb, name, f);
		all |= !name;
		if (e)
			e->chosen = true;
	}
	for (size_t i = 0; all && i < fb->entry_count; i++)
		fb->entries[i].chosen = true;
	return any ? 0 : fail_set(f, FAIL_USAGE, "--only names nothing");
}

/* ---- --except ---- */
static void drop(struct fbjson *fb, const char *name)
{
	for (size_t i = 0; i < fb->entry_count; i++) {
		struct fbjson_entry *e = &fb->entries[i];

		if (has_site(fb, e, name) || (e->target && strcmp(e->target, name) == 0))
			e->chosen = false;
	}
}

static bool any_chosen(const struct fbjson *fb)
{
	for (size_t i = 0; i < fb->entry_count; i++)
		if (fb->entries[i].chosen)
			return true;
	return false;
}

int fbjson_filter(struct fbjson *fb, const struct fbjson_request *rq, struct fail *f)
{
	const char *word;

	if (rq->only && rq->except_count)
		return fail_set(f, FAIL_USAGE, "--only and --except cannot be used together");
	if (rq->only)
		return keep_only(fb, rq->only, f);
	for (size_t i = 0; i < rq->except_count; i++) {
		for (const char *at = rq->except[i]; (word = next_word(&at, &fb->mem)) != NULL;) {
			if (strcmp(word, hosting) == 0)
				return fail_set(f, FAIL_USAGE, "--except hosting leaves nothing to deploy");
			if (scope_of(word))
				drop(fb, scope_of(word));
		}
	}
	return any_chosen(fb) ? 0 : fail_set(f, FAIL_USAGE, "--except leaves nothing to deploy");
}
