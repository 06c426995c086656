#include "deploy/compose.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/strbuf.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "deploy/pins.h"
#include "target/render.h"

#define TEXT_MAX ((size_t)16 * 1024 * 1024)     /* of a rendered file */

struct composer {
	const struct secrets *secrets;
	struct arena *mem;
	struct strmap contents;         /* SHA-256 hex -> struct blob *, of rendered texts */
	struct blob **secret;           /* those to be wiped */
	size_t secret_count, secret_cap;
	struct pins pins;
};

/* One target's tree while it is made: sorted, growing. */
struct draft {
	struct composer *co;
	const struct target *t;
	struct composed *out;
	struct entry *entries;
	size_t count, cap;
	bool changed;                   /* entries is our own copy */
};

struct composer *composer_new(const struct secrets *secrets, struct arena *mem)
{
	struct composer *co = xcalloc(1, sizeof *co);

	co->secrets = secrets;
	co->mem = mem;
	co->pins.mem = mem;
	return co;
}

void composer_free(struct composer *co)
{
	if (!co)
		return;
	for (size_t i = 0; i < co->secret_count; i++) {
		struct blob *b = co->secret[i];
		/* The composer made the text; blob has it read-only for everybody else. */
		union { const void *given; void *own; } data = { .given = b->data };
		explicit_bzero(data.own, (size_t)b->size);
		b->source = BLOB_REMOTE;
	}
	free(co->secret);
	strmap_clear(&co->contents);
	strmap_clear(&co->pins.verdicts);
	free(co);
}

/* ---- the draft ---- */

/* The index of path, or of where it would stand. */
static size_t place_of(const struct draft *d, const char *path, bool *found)
{
	size_t low = 0, high = d->count;

	*found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(d->entries[mid].path, path);
		if (order == 0) {
			*found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct entry *own_entries(struct draft *d, size_t room)
{
	if (d->changed) {
		d->entries = vec_grow(d->entries, &d->cap, room, sizeof *d->entries);
		return d->entries;
	}
	struct entry *copy = xmalloc(room * sizeof *copy);
	if (d->count)
		memcpy(copy, d->entries, d->count * sizeof *copy);
	d->entries = copy;
	d->cap = room;
	d->changed = true;
	return copy;
}

static void put_entry(struct draft *d, const char *path, const struct blob *blob)
{
	bool found;
	size_t at = place_of(d, path, &found);

	if (found && blob_equal(d->entries[at].blob, blob))
		return;
	own_entries(d, d->count + 1);
	if (!found) {
		memmove(d->entries + at + 1, d->entries + at, (d->count - at) * sizeof *d->entries);
		d->entries[at] = (struct entry){ .path = path };
		d->count++;
	}
	d->entries[at].blob = blob;
	d->entries[at].headers = NULL;
}

/* A merge, since an overlay may be as large as the build. */
static void lay(struct draft *d, const struct tree *over)
{
	size_t i = 0, k = 0, n = 0;

	if (over->count == 0)
		return;
	struct entry *merged = xmalloc((d->count + over->count) * sizeof *merged);
	while (i < d->count || k < over->count) {
		int order = i == d->count ? 1 : k == over->count ? -1 : strcmp(d->entries[i].path, over->entries[k].path);
		merged[n++] = order < 0 ? d->entries[i] : over->entries[k];
		i += order <= 0;
		k += order >= 0;
	}
	if (d->changed)
		free(d->entries);
	d->entries = merged;
	d->count = d->cap = n;
	d->changed = true;
}

/* ---- rendering ---- */

static const struct blob *keep_text(struct composer *co, const struct rendered *r)
{
	uint8_t id[SHA256_SIZE];
	char hex[SHA256_HEX];

	sha256_bytes(r->text.buf, r->text.len, id);
	hex_encode(hex, id, SHA256_SIZE);
	struct blob *b = strmap_get(&co->contents, hex);
	if (!b) {
		b = arena_alloc(co->mem, sizeof *b);
		memcpy(b->sha256, id, SHA256_SIZE);
		b->size = r->text.len;
		b->source = BLOB_MEMORY;
		b->data = arena_memdup(co->mem, r->text.buf, r->text.len);
		strmap_set(&co->contents, arena_strdup(co->mem, hex), b);
	}
	if (r->secret && !b->secret) {
		b->secret = true;
		co->secret = vec_grow(co->secret, &co->secret_cap, co->secret_count + 1, sizeof(struct blob *));
		co->secret[co->secret_count++] = b;
	}
	return b;
}

static void note_unknown(struct draft *d, const char *path)
{
	struct composed *out = d->out;
	const char **paths = arena_alloc(d->co->mem, (out->unknown_count + 1) * sizeof *paths);

	for (size_t i = 0; i < out->unknown_count; i++)
		paths[i] = out->unknown[i];
	paths[out->unknown_count++] = path;
	out->unknown = paths;
	out->exact = false;
}

static int render_one(struct draft *d, const struct render_rule *rule, const char *path, const struct blob *from,
		      struct fail *f)
{
	struct rendered r = { .text = STRBUF_INIT };
	struct fail why = FAIL_INIT;

	if (from->size > TEXT_MAX)
		return fail_set(f, FAIL_BUILD, "%s is too large to be rendered (16 MiB)", path);
	char *text = xmalloc((size_t)from->size + 1);
	int rc = blob_read(from, text, TEXT_MAX, &why);
	if (rc == 0)
		rc = render_text(&r, rule->from ? rule->from : path, text, (size_t)from->size, rule, d->t, d->co->secrets,
				 &why);
	if (rc == 0 && (r.changed || rule->from))
		put_entry(d, path, keep_text(d->co, &r));
	if (rc == 0 && r.unknown_secret)
		note_unknown(d, path);
	if (from->secret || r.secret) {
		explicit_bzero(text, (size_t)from->size);
		explicit_bzero(r.text.buf, r.text.len);
	}
	free(text);
	strbuf_clear(&r.text);
	if (rc < 0)
		*f = why;
	return rc;
}

static int missing(const struct draft *d, const char *path, struct fail *f)
{
	struct strbuf name = STRBUF_INIT;

	strbuf_addescaped(&name, path, strlen(path));
	fail_set(f, FAIL_BUILD, "%s is to be rendered but is not in the build", name.buf);
	strbuf_clear(&name);
	return fail_hint(f, "if %s has nothing to render, give it \"render\": []", d->t->name);
}

static int render_exact(struct draft *d, const struct render_rule *rule, struct fail *f)
{
	const char *source = rule->from ? rule->from : rule->path;
	bool found;
	size_t at = place_of(d, source, &found);

	if (!found)
		return missing(d, source, f);
	return render_one(d, rule, rule->path, d->entries[at].blob, f);
}

/* Rendering replaces contents and adds no entry here, so the indexes stay. */
static int render_matching(struct draft *d, const struct render_rule *rule, struct fail *f)
{
	struct glob *g;
	int rc = 0;

	if (glob_new(&g, rule->path, f) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < d->count; i++)
		if (glob_match(g, d->entries[i].path))
			rc = render_one(d, rule, d->entries[i].path, d->entries[i].blob, f);
	glob_free(g);
	return rc;
}

static int render_all(struct draft *d, struct fail *f)
{
	for (size_t i = 0; i < d->t->render_count; i++) {
		const struct render_rule *rule = &d->t->render[i];
		bool exact = rule->from || !strpbrk(rule->path, "*?[]{}()!+@\\");
		bool found = false;
		if (!exact)
			place_of(d, rule->path, &found);
		if ((exact || found ? render_exact(d, rule, f) : render_matching(d, rule, f)) < 0)
			return -1;
	}
	return 0;
}

/* ---- what cannot be ---- */

static bool holds_below(const struct draft *d, const char *dir)
{
	struct strbuf prefix = STRBUF_INIT;
	bool found;

	strbuf_addf(&prefix, "%s/", dir);
	size_t at = place_of(d, prefix.buf, &found);
	bool holds = at < d->count && strncmp(d->entries[at].path, prefix.buf, prefix.len) == 0;
	strbuf_clear(&prefix);
	return holds;
}

static int clash(const char *path, struct fail *f)
{
	struct strbuf name = STRBUF_INIT;

	strbuf_addescaped(&name, path, strlen(path));
	fail_set(f, FAIL_BUILD, "%s is a file in one of build and overlays and a directory in another", name.buf);
	strbuf_clear(&name);
	return -1;
}

/* Only what was added can clash: a walk does not find a file and a directory of one name. */
static int check_added(const struct draft *d, const char *path, struct fail *f)
{
	char *part = xstrdup(path);
	int rc = holds_below(d, path) ? clash(path, f) : 0;

	for (char *slash = strchr(part, '/'); rc == 0 && slash; slash = strchr(slash + 1, '/')) {
		bool found;
		*slash = '\0';
		place_of(d, part, &found);
		if (found)
			rc = clash(part, f);
		*slash = '/';
	}
	free(part);
	return rc;
}

static int check_changes(struct draft *d, const struct build *build, struct fail *f)
{
	bool allowed = json_bool(target_value(d->t, "allow_pinned"), false);
	const char **changed = NULL;
	size_t n = 0, cap = 0, b = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && d->changed && i < d->count; i++) {
		const struct entry *was = b < build->tree.count ? &build->tree.entries[b] : NULL;
		/* Nothing of the build ever goes, so its entries come by in step. */
		if (!was || strcmp(was->path, d->entries[i].path) != 0) {
			rc = check_added(d, d->entries[i].path, f);
		} else if (!blob_equal(was->blob, d->entries[i].blob)) {
			changed = vec_grow(changed, &cap, n + 1, sizeof *changed);
			changed[n++] = was->path;
			b++;
		} else {
			b++;
		}
	}
	if (rc == 0 && n && !allowed)
		rc = pins_check(&d->co->pins, &build->tree, d->entries, d->count, changed, n, f);
	free(changed);
	return rc;
}

static int finish(struct draft *d, struct fail *f)
{
	struct composed *out = d->out;

	struct entry *entries = arena_memdup(d->co->mem, d->entries, d->count * sizeof *entries);
	return tree_init(&out->tree, entries, d->count, f);
}

int compose(struct composer *co, struct composed *out, const struct target *t, const struct build *build,
	    const struct build *const *overlays, size_t overlay_count, struct fail *f)
{
	union { const struct entry *given; struct entry *shared; } entries = { .given = build->tree.entries };
	struct draft d = { .co = co, .t = t, .out = out, .entries = entries.shared, .count = build->tree.count };

	*out = (struct composed){ .tree = build->tree, .exact = true };
	for (size_t i = 0; i < overlay_count; i++)
		lay(&d, &overlays[i]->tree);
	int rc = render_all(&d, f);
	if (rc == 0 && d.changed) {
		rc = check_changes(&d, build, f);
		if (rc == 0)
			rc = finish(&d, f);
	}
	if (d.changed)
		free(d.entries);
	return rc < 0 ? fail_wrap(f, "%s", t->name) : 0;
}

/* ---- folding ---- */

#define FOLDED_SHOWN 5

int compose_check_folding(const struct tree *t, struct fail *f)
{
	struct strmap seen = STRMAP_INIT;
	struct arena mem = ARENA_INIT;
	struct strbuf text = STRBUF_INIT, key = STRBUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++) {
		const char *path = t->entries[i].path;
		strbuf_setlen(&key, 0);
		utf8_fold_key(&key, path, strlen(path));
		union { const char *text; void *value; } mine = { .text = path };
		const char *other = strmap_set(&seen, arena_strndup(&mem, key.buf, key.len), mine.value);
		if (!other || n++ >= FOLDED_SHOWN)
			continue;
		strbuf_addstr(&text, n > 1 ? "; " : "");
		strbuf_addescaped(&text, other, strlen(other));
		strbuf_addstr(&text, " and ");
		strbuf_addescaped(&text, path, strlen(path));
	}
	if (n > FOLDED_SHOWN)
		strbuf_addf(&text, "; and %zu more", n - FOLDED_SHOWN);
	if (n)
		fail_set(f, FAIL_BUILD, "names that this host cannot tell apart: %s", text.buf);
	strmap_clear(&seen);
	arena_clear(&mem);
	strbuf_clear(&text);
	strbuf_clear(&key);
	return n ? -1 : 0;
}
