#include "dist/collide.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/strmap.h"
#include "base/utf8.h"

struct names {
	struct arena keys;
	struct strmap files;            /* fold key to the first path that has it */
	struct notes *notes;
};

static void note_pair(struct names *n, const char *path, const char *partner)
{
	struct strbuf rule = STRBUF_INIT;

	strbuf_addstr(&rule, "is one name with ");
	strbuf_addescaped(&rule, partner, strlen(partner));
	strbuf_addstr(&rule, " where case or normalisation is folded");
	notes_add(n->notes, NOTE_PROBLEM, path, rule.buf, false, false);
	strbuf_clear(&rule);
}

static void add(struct names *n, const char *path)
{
	struct strbuf key = STRBUF_INIT;

	utf8_fold_key(&key, path, strlen(path));
	const char *first = strmap_get(&n->files, key.buf);
	if (first) {
		note_pair(n, first, path);
		note_pair(n, path, first);
	} else {
		const char *kept = arena_strdup(&n->keys, key.buf);
		union { const char *in; void *out; } value = { .in = path };
		strmap_set(&n->files, kept, value.out);
	}
	strbuf_clear(&key);
}

/* A directory of this path that folds to the name of a file. */
static void check_above(struct names *n, const char *path)
{
	struct strbuf key = STRBUF_INIT;

	utf8_fold_key(&key, path, strlen(path));
	for (char *slash = strchr(key.buf, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		const char *file = strmap_get(&n->files, key.buf);
		*slash = '/';
		if (file) {
			note_pair(n, file, path);
			note_pair(n, path, file);
			break;
		}
	}
	strbuf_clear(&key);
}

void collide(struct notes *notes, const struct entry *entries, size_t count)
{
	struct names n = { .keys = ARENA_INIT, .files = STRMAP_INIT, .notes = notes };

	for (size_t i = 0; i < count; i++)
		add(&n, entries[i].path);
	for (size_t i = 0; i < count; i++)
		check_above(&n, entries[i].path);
	strmap_clear(&n.files);
	arena_clear(&n.keys);
}
