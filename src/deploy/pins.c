#include "deploy/pins.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "target/render.h"

#define DOCUMENT_MAX ((size_t)16 * 1024 * 1024)

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && strcmp(text + len - tail, end) == 0;
}

/* Only these are read; render_pins knows what to look for in them. */
static bool may_pin(const struct entry *e)
{
	const char *slash = strrchr(e->path, '/'), *name = slash ? slash + 1 : e->path;

	if (e->blob->size > DOCUMENT_MAX || e->blob->source == BLOB_REMOTE)
		return false;
	if (ends_with(name, ".html") || ends_with(name, ".htm") || strcmp(name, "ngsw.json") == 0)
		return true;
	if (!ends_with(name, ".js") && !ends_with(name, ".mjs") && !ends_with(name, ".json"))
		return false;
	return strstr(name, "precache") || strstr(name, "workbox") || strstr(name, "service-worker") ||
	       strncmp(name, "sw.", 3) == 0 || strstr(name, "-sw.") || strstr(name, "firebase-messaging-sw");
}

/* Reads a document once for all paths. hit[i] becomes e where it pins paths[i]. */
static int look_into(const struct entry *e, const char *const *paths, size_t count, const struct entry **hit,
		     struct fail *f)
{
	char *text = xmalloc((size_t)e->blob->size + 1);
	int rc = blob_read(e->blob, text, DOCUMENT_MAX, f);

	for (size_t i = 0; rc == 0 && i < count; i++)
		if (!hit[i] && strcmp(e->path, paths[i]) != 0 &&
		    render_pins(e->path, text, (size_t)e->blob->size, paths[i]))
			hit[i] = e;
	free(text);
	return rc;
}

static const char *verdict_key(const struct pins *p, const struct tree *build, const char *path)
{
	char id[SHA256_HEX];

	hex_encode(id, build->id, SHA256_SIZE);
	return arena_printf(p->mem, "%s/%s", id, path);
}

/* What the build's own documents say, remembered. */
static int ask_build(struct pins *p, const struct tree *build, const char *const *changed, size_t count,
		     const struct entry **hit, struct fail *f)
{
	const char **asked = xcalloc(count, sizeof *asked);
	size_t *where = xcalloc(count, sizeof *where), n = 0;
	const struct entry **found = xcalloc(count, sizeof *found);
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		void *known = strmap_get(&p->verdicts, verdict_key(p, build, changed[i]));
		if (known && known != p)
			hit[i] = known;
		if (known)
			continue;
		where[n] = i;
		asked[n++] = changed[i];
	}
	for (size_t i = 0; n && rc == 0 && i < build->count; i++)
		if (may_pin(&build->entries[i]))
			rc = look_into(&build->entries[i], asked, n, found, f);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		union { const struct entry *given; void *value; } it = { .given = found[i] };
		strmap_set(&p->verdicts, verdict_key(p, build, asked[i]), found[i] ? it.value : p);
		hit[where[i]] = found[i];
	}
	free(asked);
	free(where);
	free(found);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

int pins_check(struct pins *p, const struct tree *build, const struct entry *entries, size_t count,
	       const char *const *changed, size_t changed_count, struct fail *f)
{
	const struct entry **hit = xcalloc(changed_count, sizeof *hit);
	int rc = ask_build(p, build, changed, changed_count, hit, f);

	assert(entries || count == 0);
	/* A document that was itself replaced speaks for itself, in its new text. */
	for (size_t i = 0; rc == 0 && i < changed_count; i++) {
		const struct entry key = { .path = hit[i] ? hit[i]->path : "" };
		const struct entry *now = hit[i] ? bsearch(&key, entries, count, sizeof *entries, by_path) : NULL;
		if (hit[i] && (!now || !blob_equal(now->blob, hit[i]->blob)))
			hit[i] = NULL;
	}
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct entry *was = may_pin(&entries[i]) ? tree_find(build, entries[i].path) : &entries[i];
		if (!was || !blob_equal(was->blob, entries[i].blob))
			rc = look_into(&entries[i], changed, changed_count, hit, f);
	}
	for (size_t i = 0; rc == 0 && i < changed_count; i++) {
		struct strbuf text = STRBUF_INIT;
		if (!hit[i])
			continue;
		strbuf_addescaped(&text, changed[i], strlen(changed[i]));
		strbuf_addstr(&text, " is rendered or overlaid, but ");
		strbuf_addescaped(&text, hit[i]->path, strlen(hit[i]->path));
		fail_set(f, FAIL_BUILD, "%s names it by its hash: browsers would refuse it", text.buf);
		rc = fail_hint(f, "take it out of that document, or set \"allow_pinned\": true");
		strbuf_clear(&text);
	}
	free(hit);
	return rc;
}
